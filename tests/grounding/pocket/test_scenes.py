"""Rendered scenes are drawn once, are what their seeds say, and never mix with unseen ones or with an older world."""

import random
from pathlib import Path

import numpy as np
import pytest

from grounding.pocket.captions import caption
from grounding.pocket.training import scenes as module
from grounding.pocket.training.scenes import CAPTIONS, UNSEEN, scenes, world_fingerprint
from grounding.pocket.world import draw, picture


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD", 6)


def test_a_scene_is_what_its_seed_draws_and_says(tmp_path: Path) -> None:
    run = scenes(tmp_path, level=2, count=7)
    assert len(run) == len(run.rows) == len(run.pictures) == 12
    for number in (0, 11):
        scene = picture(number, level=2)
        np.testing.assert_array_equal(run.pictures[number], draw(scene))
        words = random.Random(number)
        assert run.rows[number]["captions"] == [caption(scene, words) for _ in range(CAPTIONS)]
        assert [item["kind"] for item in run.rows[number]["items"]] == [item.kind for item in scene.items]


def test_unseen_scenes_have_seeds_of_their_own(tmp_path: Path) -> None:
    seen = {row["seed"] for row in scenes(tmp_path, 0, 6).rows}
    unseen = {row["seed"] for row in scenes(tmp_path, 0, 6, unseen=True).rows}
    assert min(unseen) == UNSEEN
    assert not seen & unseen


def test_what_is_drawn_already_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = scenes(tmp_path, 1, 6)
    marks = [path.stat().st_mtime_ns for path in first.folders]
    monkeypatch.setattr(module, "_render", lambda job: pytest.fail(f"drew {job} again"))
    again = scenes(tmp_path, 1, 6)
    assert [path.stat().st_mtime_ns for path in again.folders] == marks


def test_another_world_has_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world_fingerprint()
    monkeypatch.setattr(module, "draw", lambda scene: 255 - draw(scene))
    assert world_fingerprint() != here
