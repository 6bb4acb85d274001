"""Repainted scenes: what is kept shows what it showed, and every picture knows its scene."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionImg2ImgPipeline

from grounding.pocket.models import load_pipeline
from grounding.pocket.training.loop import TrainingSettings
from grounding.pocket.training.repaint import CHANGED, FILE, PATCH, _paint, repainted, unchanged
from grounding.pocket.training.scenes import SHARD, SceneFeed
from grounding.pocket.training.sight import PAINTED, SightStage
from grounding.pocket.training.tokenizer import build
from grounding.pocket.vocabulary import all_words
from grounding.pocket.world import draw, picture


def grey(count: int = 1) -> np.ndarray:
    return np.full((count, 128, 128, 3), 128, dtype=np.uint8)


def test_what_is_the_same_is_unchanged() -> None:
    assert unchanged(grey(3), grey(3)).tolist() == [True] * 3


@pytest.mark.parametrize(("by", "kept"), [(0.8 * CHANGED, True), (1.5 * CHANGED, False)])
def test_a_patch_that_changes_too_much_is_noticed_wherever_it_is(by: float, kept: bool) -> None:
    rng = random.Random(0)
    for _ in range(20):
        after, side = grey(), 2 * PATCH
        x, y = rng.randrange(128 - side), rng.randrange(128 - side)
        after[0, y : y + side, x : x + side] += np.uint8(round(by * 255))
        assert unchanged(grey(), after).tolist() == [kept]


def test_grain_all_over_is_no_change() -> None:
    after = grey() + np.random.default_rng(0).integers(-30, 31, (1, 128, 128, 3)).astype(np.uint8)
    assert unchanged(grey(), after).tolist() == [True]


def test_pictures_are_judged_one_by_one() -> None:
    after = grey(3)
    after[1, :40, :40] = 255
    assert unchanged(grey(3), after).tolist() == [True, False, True]


def test_every_repainted_picture_knows_its_scene(tmp_path: Path) -> None:
    run = shards(tmp_path, painted={1: [3, 7], 2: [0]})
    found = repainted(run)
    assert found.rows.tolist() == [SHARD + 3, SHARD + 7, 2 * SHARD]
    assert [int(one[0, 0, 0]) for one in found.pictures] == [3, 7, 0]


def test_without_any_there_are_none(tmp_path: Path) -> None:
    found = repainted(shards(tmp_path, painted={}))
    assert found.pictures.shape == (0, 128, 128, 3)
    assert found.rows.shape == (0,)


def test_the_eyes_are_shown_both_and_told_the_right_scene(tmp_path: Path) -> None:
    build(all_words()).save_pretrained(tmp_path / "tokenizer")
    sight = SightStage(TrainingSettings(tmp_path, 0.1))
    sight.captions, sight.repainted = [["a"]] * 10, np.array([4, 2])
    words = random.Random(0)
    chosen = [sight._choose(words) for _ in range(2000)]
    assert {row for shown, row in chosen if shown == 10} == {4}
    assert {row for shown, row in chosen if shown == 11} == {2}
    assert all(shown == row for shown, row in chosen if shown < 10)
    assert sum(shown >= 10 for shown, _ in chosen) / len(chosen) == pytest.approx(PAINTED, abs=0.05)


def test_the_painter_repaints_a_large_thing_as_it_was() -> None:
    torch.set_num_threads(1)
    painter = StableDiffusionImg2ImgPipeline(**load_pipeline().components, requires_safety_checker=False)
    painter.set_progress_bar_config(disable=True)
    drawn = np.stack([draw(picture(seed, level=0)) for seed in (60_000_001, 60_000_002)])
    painted = _paint(painter, drawn, ["", ""], 0.25, seed=1)
    assert unchanged(drawn, painted).all()
    assert not np.array_equal(drawn, painted)


def shards(root: Path, painted: dict[int, list[int]]) -> SceneFeed:
    """Three shards of scenes, of which some have repainted pictures: each is filled with its number."""
    folders = tuple(root / str(number) for number in range(3))
    for number, folder in enumerate(folders):
        folder.mkdir()
        np.save(folder / "pictures.npy", np.zeros((SHARD, 128, 128, 3), dtype=np.uint8))
        if rows := painted.get(number):
            pictures = np.stack([np.full((128, 128, 3), row, dtype=np.uint8) for row in rows])
            np.savez(folder / FILE, pictures=pictures, rows=np.array(rows))
    return SceneFeed(folders)
