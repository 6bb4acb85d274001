"""What the pocket's model folders say of themselves: each gets a `profile.json` that follows from the picture world."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grounding.pocket.pictures import SCALES
from grounding.pocket.vocabulary import all_words, captioned, kinds, near
from grounding.profile import Near, Profile
from grounding.verify.pocket import VOCABULARY

STEPS, GUIDANCE = 20, 5.0
"""As few steps, and as much guidance, as the pocket paints well with."""
THRESHOLDS = "thresholds.json"
INSPECTOR = "inspector.safetensors"


def profiles() -> Mapping[str, Profile]:
    """The profile of every folder below `weights`. A judge answers for the words of captions only; the painter has a
    token for a few more, which say nothing."""
    taught = tuple(sorted(captioned()))
    return {
        "pipeline": Profile(
            steps=STEPS, guidance_scale=GUIDANCE, scales=SCALES, nouns=kinds(), words=tuple(all_words()),
            vocabulary=VOCABULARY, near=tuple(Near(kinds=kinds, words=words) for kinds, words in near())),
        "detector": Profile(query="{}", thresholds=THRESHOLDS, inspector=INSPECTOR, scales=SCALES, nouns=kinds(),
                            words=taught, vocabulary=VOCABULARY),
        "clip": Profile(scales=SCALES, nouns=kinds(), words=taught, vocabulary=VOCABULARY),
    }


def write_profiles(weights: Path) -> None:
    """Write the profile of every folder that is there."""
    for part, profile in profiles().items():
        if (weights / part).is_dir():
            profile.save(weights / part)
