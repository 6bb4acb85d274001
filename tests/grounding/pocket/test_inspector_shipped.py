"""The shipped inspector knows the pocket's kinds, is small, and tells sound drawings from broken ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grounding.pocket.models import WEIGHTS
from grounding.pocket.profiles import INSPECTOR, profiles
from grounding.pocket.training.faults import Subject, spoil
from grounding.pocket.world import KINDS, picture
from grounding.profile import Profile
from grounding.verify.inspector import NetInspector, open_inspector
from grounding.verify.load import open_detector
from grounding.verify.opening import open_judges
from planner.scene import Box
from scenewright.config import Settings
from scenewright.stack import open_stack

FIRST = 64_000_000
"""No model was trained on any scene from here on."""


@pytest.fixture(scope="module")
def eye() -> NetInspector:
    seer: Any = open_detector(WEIGHTS / "detector")
    return open_inspector(WEIGHTS / "detector" / INSPECTOR, seer)


def test_it_is_small_and_knows_every_kind(eye: NetInspector) -> None:
    assert (WEIGHTS / "detector" / INSPECTOR).stat().st_size < 2_000_000
    assert eye.kinds == KINDS
    assert eye.needed == [(0.0, 0.05), (0.2, 0.1)]


def test_the_detectors_folder_names_it_and_the_loop_asks_it() -> None:
    assert Profile.of(WEIGHTS / "detector").inspector == profiles()["detector"].inspector == INSPECTOR
    verifier: Any = open_stack(Settings()).verifier
    assert isinstance(verifier.verifier.verifier.inspector, NetInspector)


def test_most_drawn_things_are_sound_to_it_and_most_that_were_broken_are_not(eye: NetInspector) -> None:
    rng = random.Random(0)
    sound, broken = [], []
    for seed in range(40):
        scene = picture(FIRST + seed, level=1)
        subject = Subject.of(scene, 0, 128)
        fault = rng.choice(("two colours", "mosaic", "two kinds", "shuffled", "blob"))
        made = spoil(subject, fault, rng)
        if made.where.sum() < 0.25 * subject.shown.sum():
            continue
        asked = [(subject.item.kind, Box.of(*subject.item.box))]
        for kept, pixels in ((sound, subject.pixels), (broken, made.pixels)):
            kept += eye.inspect(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), asked)
    assert len(sound) >= 20
    assert np.mean(np.array(sound) >= 0.3) >= 0.85
    assert np.mean(np.array(broken) < 0.3) >= 0.75


def test_a_foreign_detector_that_names_none_is_not_asked(tmp_path: Path) -> None:
    for file in (WEIGHTS / "detector").iterdir():
        if file.name not in (INSPECTOR, "profile.json"):
            (tmp_path / file.name).symlink_to(file)
    judges = open_judges(str(tmp_path), "")
    assert judges.detector is not None
    assert judges.inspector is None
    assert not judges.reasons


def test_a_named_inspector_that_is_missing_is_told_and_the_detector_still_works(tmp_path: Path) -> None:
    for file in (WEIGHTS / "detector").iterdir():
        if file.name != INSPECTOR:
            (tmp_path / file.name).symlink_to(file)
    judges = open_judges(str(tmp_path), "")
    assert judges.detector is not None
    assert judges.inspector is None
    assert any("is no inspector" in reason for reason in judges.reasons)
