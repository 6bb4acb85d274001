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
USUAL = {
    "star": ("yellow", "white", "orange"), "heart": ("red", "pink"), "moon": ("yellow", "white"),
    "cat": ("black", "orange", "white", "brown"), "dog": ("brown", "black", "white", "orange"),
    "rabbit": ("white", "brown"), "tree": ("green", "orange", "brown"),
    "flower": ("pink", "red", "yellow", "purple", "orange"), "mushroom": ("red", "brown"),
    "apple": ("red", "green"), "crown": ("yellow",), "lamp": ("yellow", "orange", "red"),
    "chair": ("brown", "red", "blue"), "table": ("brown", "white"),
}
"""The colours that things have in the world outside; what is not here may have any."""
LOST = {
    "in the sky": ("blue", "white"), "in a meadow": ("green",), "on the beach": ("yellow", "orange", "white"),
    "in the snow": ("white",), "in the desert": ("yellow", "orange"), "in the forest": ("green",),
    "under the sea": ("blue",), "in a room": ("brown", "orange"), "night picture": ("black", "blue"),
    "red": ("orange", "pink", "brown"), "orange": ("red", "yellow", "brown"), "yellow": ("orange",),
    "blue": ("purple",), "purple": ("blue", "pink"), "pink": ("red", "purple"), "brown": ("red", "orange", "black"),
    "black": ("brown",),
}
"""The colours in which things hardly stand out from a setting of the picture world, or from a thing of that colour."""


def profiles() -> Mapping[str, Profile]:
    """The profile of every folder below `weights`. A judge answers for the words of captions only; the painter has a
    token for a few more, which say nothing."""
    taught = tuple(sorted(captioned()))
    return {
        "pipeline": Profile(
            steps=STEPS, guidance_scale=GUIDANCE, scales=SCALES, nouns=kinds(), words=tuple(all_words()),
            vocabulary=VOCABULARY, usual=USUAL, lost=LOST, alone=VOCABULARY.settings[0][0],
            near=tuple(Near(kinds=kinds, words=words) for kinds, words in near())),
        "detector": Profile(query="{}", thresholds=THRESHOLDS, inspector=INSPECTOR, scales=SCALES, nouns=kinds(),
                            words=taught, vocabulary=VOCABULARY),
        "clip": Profile(scales=SCALES, nouns=kinds(), words=taught, vocabulary=VOCABULARY),
    }


def write_profiles(weights: Path) -> None:
    """Write the profile of every folder that is there."""
    for part, profile in profiles().items():
        if (weights / part).is_dir():
            profile.save(weights / part)
