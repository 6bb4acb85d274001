"""Judges by name, with what their folders say of them, and the verifier that asks those that could be opened."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from grounding.errors import ModelMissing
from grounding.folders import kind_of
from grounding.named import NONE, POCKET, model_folder
from grounding.profile import Profile
from grounding.verify.inspector import open_inspector
from grounding.verify.judges import OPEN, Detector, Inspector, Knowledge, Scorer
from grounding.verify.load import QUERY, open_detector, open_scorer
from grounding.verify.thresholds import DEFAULTS, Thresholds
from grounding.verify.verify import Verifier


class Judges(NamedTuple):
    """Both judges, what their folders say of themselves, and a sentence for each that is missing."""

    detector: Detector | None
    scorer: Scorer | None
    profiles: tuple[Profile, Profile]
    thresholds: Thresholds
    reasons: tuple[str, ...]
    inspector: Inspector | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What tells them from others."""
        judges = (self.detector, self.scorer, self.inspector)
        return (*(judge.name for judge in judges if judge), self.thresholds.model_dump_json())

    def verifier(self) -> Verifier:
        """The verifier that asks them."""
        finds, compares = self.profiles
        return Verifier(self.detector, self.scorer, self.thresholds, vocabulary=finds.vocabulary or compares.vocabulary,
                        bystanders=finds.nouns or (), scales=finds.scales or compares.scales or None,
                        reasons=self.reasons, inspector=self.inspector)


def open_judges(detector: str, scorer: str, device: str = "cpu", *, thresholds: Path | None = None,
                rank: str = "") -> Judges:
    """Both judges with what is known of them; `rank` is `second ` for those who are asked after others, and
    `thresholds` a file that was measured on them. One of the package that is missing is left out, with the reason; one
    that a person named is an error."""
    finder, first, lacking = _opened(f"{rank}detector", detector, device)
    comparer, second, silent = _opened(f"{rank}scorer", scorer, device)
    profiles = Profile.of(first) if first else Profile(), Profile.of(second) if second else Profile()
    measured = Thresholds.load(thresholds) if thresholds else _measured(first, profiles[0])
    inspector, unable = _inspector(finder, first, profiles[0]) if finder and first else (None, "")
    return Judges(finder, comparer, profiles, measured, tuple(r for r in (lacking, silent, unable) if r), inspector)


def _inspector(finder: Any, folder: Path, profile: Profile) -> tuple[Inspector | None, str]:
    """What stands beside a detector to tell sound things from broken ones, and why it cannot if it cannot."""
    try:
        return (open_inspector(folder / profile.inspector, finder) if profile.inspector else None), ""
    except ModelMissing as error:
        return None, str(error)


def _opened(role: str, name: str, device: str) -> tuple[Any, Path | None, str]:
    """A judge, its folder, and why it is missing if it is; nothing where none is wanted."""
    if name in ("", NONE):
        return None, None, ""
    try:
        return *_judge(role, name, device), ""
    except ModelMissing as error:
        if name != POCKET:
            raise
        return None, None, f"there is no {role}: {error}"


@lru_cache(maxsize=4)
def _judge(role: str, name: str, device: str) -> tuple[Any, Path]:
    """A judge and its folder. It stays loaded for whoever asks next."""
    folder = model_folder(name, role)
    profile = Profile.of(folder)
    if role.endswith("scorer"):
        return open_scorer(folder, device=device, knows=_knowledge(profile)), folder
    return open_detector(folder, device=device, query=profile.query or QUERY, knows=_knowledge(profile)), folder


def _knowledge(profile: Profile) -> Knowledge:
    """What a judge was taught, by its profile: everything, where that names no kinds of thing."""
    if profile.nouns is None:
        return OPEN
    return Knowledge(frozenset(profile.nouns), profile.vocabulary.told() if profile.vocabulary else None)


def _measured(folder: Path | None, profile: Profile) -> Thresholds:
    """What was measured on a detector, or what is usual for its kind."""
    if folder and profile.thresholds:
        return Thresholds.load(folder / profile.thresholds)
    return DEFAULTS.get(kind_of(folder) if folder else "", Thresholds())
