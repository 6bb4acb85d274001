"""Sound things and broken ones: a fault is where it says it is, and only what is left of it is learned as broken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from grounding.pocket.training import spoiled
from grounding.pocket.training.by_eye import marked_by_eye
from grounding.pocket.training.faults import FAULTS, Subject, cells, half, patches, spoil
from grounding.pocket.training.inspector import InspectorStage, seen, varied
from grounding.pocket.training.loop import TrainingSettings
from grounding.pocket.training.sight import VISION
from grounding.pocket.training.spoiled import KEPT, Lot, _apart, _crops, _Job, _kept, lots
from grounding.pocket.world import KINDS, Picture, Piece, draw
from grounding.verify.inspector import CONTEXTS, SIDE, NetInspector, around, open_inspector
from planner.scene import Box

CAT = Piece("cat", "red", "plain", "medium", (0.1, 0.35, 0.4, 0.7), 0)
BUS = Piece("bus", "blue", "plain", "medium", (0.55, 0.4, 0.9, 0.6), 0)
SCENE = Picture((CAT, BUS))


def job(sound: Any = None, spoiled_too: Any = None) -> _Job:
    drawn = draw(SCENE)
    return _Job(SCENE, drawn if sound is None else sound, drawn if spoiled_too is None else spoiled_too, "", "",
                np.zeros((128, 128), dtype=np.float32))


def painted_over(pixels: Any, colour: tuple[int, int, int], item: Piece) -> Any:
    """A third of a thing under another colour."""
    x0, y0, x1, y1 = (round(v * 128) for v in item.box)
    found = pixels.copy()
    found[y0 : y0 + 2 * (y1 - y0) // 3, x0 : x0 + 2 * (x1 - x0) // 3] = colour
    return found


# faults


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_where_it_says_it_is_and_nowhere_else(fault: str) -> None:
    changed = 0
    for seed in range(6):
        subject = Subject.of(SCENE, 0, 128)
        made = spoil(subject, fault, random.Random(seed))
        away = np.abs(made.pixels - subject.pixels).max(-1)
        assert made.pixels.shape == (128, 128, 3)
        assert away[made.where == 0].max() <= 12
        assert (away[made.where > 0] > 12).all()
        changed += made.where.sum() > 20
    assert changed >= 3


@pytest.mark.parametrize("fault", ["two colours", "mosaic", "two kinds", "hole", "warped", "shuffled", "blob"])
def test_a_fault_leaves_the_neighbour_alone(fault: str) -> None:
    x0, y0, x1, y1 = (round(v * 128) for v in BUS.box)
    for seed in range(5):
        made = spoil(Subject.of(SCENE, 0, 128), fault, random.Random(seed))
        assert made.where[y0:y1, x0 + 3 : x1].sum() == 0


def test_masks_go_from_nothing_to_all_within_the_thing() -> None:
    for seed in range(20):
        line, round_ones = (way(CAT.box, 128, random.Random(seed)) for way in (half, patches))
        for mask in (line, round_ones):
            assert mask.min() >= 0
            assert mask.max() <= 1
        x0, y0, x1, y1 = (round(v * 128) for v in CAT.box)
        assert 0.02 < line[y0:y1, x0:x1].mean() < 0.98
        assert round_ones[:, 100:].max() < 0.01


def test_a_box_is_cut_into_patches_that_cover_it() -> None:
    numbers = cells(CAT.box, 64, 9, random.Random(1))
    assert set(np.unique(numbers)) <= set(range(9))
    assert len(np.unique(numbers[22:45, 6:26])) >= 5


# what is learned from a pair


def test_what_came_out_as_it_was_is_sound() -> None:
    drawn = draw(SCENE)
    assert [(KINDS[kind], sound) for _, _, kind, sound in _crops(job(), drawn, drawn, surely=True)] == [
        ("cat", True), ("bus", True)]


def test_only_the_thing_in_which_a_fault_is_left_is_broken() -> None:
    drawn = draw(SCENE)
    broken = painted_over(drawn, (30, 200, 40), BUS)
    found = [(KINDS[kind], sound) for _, _, kind, sound in _crops(job(), drawn, broken, surely=True)]
    assert found == [("cat", True), ("bus", True), ("bus", False)]


def test_a_fault_that_was_healed_teaches_nothing() -> None:
    drawn = draw(SCENE)
    faint = np.clip(drawn.astype(int) + 6, 0, 255).astype(np.uint8)
    assert [sound for *_, sound in _crops(job(), drawn, faint, surely=True)] == [True, True]


@pytest.mark.parametrize(("surely", "expected"), [(True, [("cat", False), ("bus", True)]), (False, [("bus", True)])])
def test_what_went_wrong_by_itself_is_broken_only_where_that_can_be_told(surely: bool, expected: list[Any]) -> None:
    astray = painted_over(draw(SCENE), (20, 220, 230), CAT)
    found = [(KINDS[kind], sound) for _, _, kind, sound in _crops(job(), astray, astray, surely=surely)]
    assert found == expected


def test_a_thing_that_is_hidden_teaches_nothing() -> None:
    scene = Picture((CAT, Piece("box", "green", "plain", "large", (0.05, 0.25, 0.5, 0.75), 1)))
    drawn = draw(scene)
    found = _crops(job()._replace(scene=scene, sound=drawn, spoiled=drawn), drawn, drawn, surely=True)
    assert [KINDS[kind] for _, _, kind, _ in found] == ["box"]


def test_how_far_a_thing_is_from_itself_is_the_mean_of_its_most_changed_window() -> None:
    grey = np.full((128, 128, 3), 100, dtype=np.uint8)
    other = grey.copy()
    other[45:85, 15:50] = 130
    assert _apart(grey, other, CAT) == pytest.approx(30)
    assert _apart(grey, other, BUS) == 0


# what is kept


def test_what_was_painted_is_found_again_and_what_is_for_measuring_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "spoiled").mkdir()
    drawn = draw(SCENE)
    for first in (0, 96, spoiled.UNSEEN + 864):
        rows = [_kept(drawn, CAT, True), _kept(drawn, BUS, False)]
        np.savez(tmp_path / "spoiled" / f"{first:09d}.npz", **{
            name: np.array(column) for name, column in zip(KEPT, zip(*rows, strict=True), strict=True)})
    assert (len(lots(tmp_path)), len(lots(tmp_path, unseen=True))) == (4, 2)
    assert lots(tmp_path).sound.tolist() == [True, False, True, False]
    assert [KINDS[kind] for kind in lots(tmp_path).kinds] == ["cat", "bus"] * 2


def test_without_any_it_is_said_which_stage_makes_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage `spoiled` first"):
        lots(tmp_path)


def lot(*items: Piece) -> Lot:
    rows = [_kept(draw(SCENE), item, True) for item in items]
    return Lot(*(np.array(column) for column in zip(*rows, strict=True)))


def test_the_network_learns_from_what_the_verifier_will_show_it() -> None:
    crops, spots = varied(lot(CAT, BUS), [0, 1], None)
    for item, crop, spot in zip((CAT, BUS), crops, spots, strict=True):
        cut = around(Image.fromarray(draw(SCENE)), Box.of(*item.box), CONTEXTS[0], SIDE)
        shown = torch.from_numpy(cut.pixels.copy()).permute(2, 0, 1) / 127.5 - 1
        assert (crop - shown).abs().mean() < 0.03
        assert spot.tolist() == pytest.approx(cut.spot, abs=0.01)


def test_every_showing_is_a_little_different_and_shows_the_same() -> None:
    random_ = torch.Generator().manual_seed(0)
    exact, _ = varied(lot(CAT), [0], None)
    first, second = (varied(lot(CAT), [0], random_)[0] for _ in range(2))
    assert not torch.equal(first, second)
    for crop in (first, second):
        assert 0 < (crop - exact).abs().mean() < 0.3


class Coloured:
    """A tower that sees the mean colour of 4 by 4 patches, and nothing in the rest of its width; counts its looks."""

    name = "coloured 1"
    looks = 0

    def patches(self, images: Sequence[Image.Image]) -> torch.Tensor:
        self.looks += len(images)
        pixels = torch.from_numpy(np.stack([np.asarray(image) for image in images])).permute(0, 3, 1, 2) / 255
        found = torch.nn.functional.adaptive_avg_pool2d(pixels, 4).flatten(2).transpose(1, 2)
        return torch.nn.functional.pad(found, (0, VISION - 3))


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """A state with one sound and one broken cat to learn from, and the same two to measure on."""
    (tmp_path / "spoiled").mkdir()
    rows = [_kept(draw(SCENE), CAT, True), _kept(painted_over(draw(SCENE), (20, 220, 230), CAT), CAT, False)]
    for first in (0, spoiled.UNSEEN):
        np.savez(tmp_path / "spoiled" / f"{first:09d}.npz", **{
            name: np.array(column) for name, column in zip(KEPT, zip(*rows, strict=True), strict=True)})
    return tmp_path


def test_what_a_person_marked_is_a_crop_for_every_line_some_sound_and_some_broken() -> None:
    found = marked_by_eye()
    assert found.crops.shape == (len(found.sound), spoiled.SIDE, spoiled.SIDE, 3)
    assert 0.2 < found.sound.mean() < 0.8
    assert (found.boxes[:, :2] < found.boxes[:, 2:]).all()
    assert np.abs(found.boxes.mean(1) - 0.5).max() < 0.01  # each in the middle of its crop
    assert found.crops.astype(float).std(axis=(1, 2)).max(1).min() > 3  # no crop is empty


def test_the_last_part_of_a_run_learns_from_what_a_person_marked_too(painted: Path) -> None:
    stage = InspectorStage(TrainingSettings(painted, 0.1, batch=8), Coloured())
    stage.begin(0)
    shown = []
    evenly = stage._evenly
    stage._evenly = lambda some, count: (shown.append((some is stage.marked, count)), evenly(some, count))[1]
    stage.loss(0.5)
    assert shown == [(False, 8)]
    shown.clear()
    stage.loss(0.9)
    assert shown == [(False, 4), (True, 4)]


def test_the_tower_looks_once_at_everything(painted: Path) -> None:
    tower = Coloured()
    first = seen(painted, tower, unseen=False)
    assert tower.looks == 2
    again = seen(painted, tower, unseen=False)
    assert tower.looks == 2
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert first.sound.tolist() == [True, False]


def test_a_stage_learns_from_what_was_painted_and_is_saved_as_the_verifier_reads_it(painted: Path) -> None:
    tower = Coloured()
    stage = InspectorStage(TrainingSettings(painted, 0.1, batch=8), tower)
    stage.begin(0)
    optimiser = torch.optim.AdamW(stage.model.parameters(), 5e-3)
    for _ in range(40):
        optimiser.zero_grad()
        stage.loss(0.0)["loss"].backward()
        optimiser.step()
    sound, broken = stage.scores(stage.model.eval(), stage.exact).tolist()
    assert sound > 0.6 > 0.4 > broken
    assert stage.measure(stage.model) == {"found": 1.0, "apart": 1.0}
    (painted / "detector").mkdir()
    stage.save(stage.model, painted)
    eye = open_inspector(painted / "detector" / "inspector.safetensors", tower)
    asked = Image.fromarray(draw(SCENE)), [("cat", Box.of(*CAT.box))]
    (expected,) = NetInspector(tower, stage.model, KINDS, "in memory", ()).inspect(*asked)
    assert eye.inspect(*asked)[0] == pytest.approx(expected, abs=0.01)


# painted back twice in the same noise


class Still(nn.Module):
    """A painter that changes nothing: what it is told goes into the first channel."""

    def forward(self, x: torch.Tensor, step: Any, encoder_hidden_states: torch.Tensor) -> Any:
        told = encoder_hidden_states[:, 0, 0][:, None, None, None]
        return SimpleNamespace(sample=told.expand_as(x))


class Straight:
    """Steps that add what was predicted, and noise that adds nothing."""

    timesteps = torch.arange(4)

    def set_timesteps(self, steps: int) -> None:
        self.timesteps = torch.arange(steps)

    def add_noise(self, x: torch.Tensor, noise: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        return x + noise

    def step(self, predicted: torch.Tensor, step: Any, x: torch.Tensor) -> Any:
        return SimpleNamespace(prev_sample=x + predicted)


def pipeline() -> Any:
    def encode(texts: list[str], *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor([float(text or 0) for text in texts])[:, None, None].expand(-1, 1, 1), torch.zeros(
            len(texts), 1, 1)
    return SimpleNamespace(unet=Still(), scheduler=Straight(), encode_prompt=encode)


def test_the_other_caption_is_followed_where_the_mask_says_so_and_only_in_the_spoiled_half() -> None:
    where = torch.zeros(2, 1, 4, 4)
    where[1, :, :2] = 1
    found = spoiled._repaint(pipeline(), torch.zeros(2, 4, 4, 4), ["1"], ["2"], where, strength=0.25, seed=3)
    steps, noise = round(0.25 * spoiled.STEPS), torch.randn((1, 4, 4, 4), generator=torch.Generator().manual_seed(3))
    assert torch.allclose(found[:1], noise + steps * spoiled.GUIDANCE)
    assert torch.allclose(found[1:, :, 2:], noise[:, :, 2:] + steps * spoiled.GUIDANCE)
    assert torch.allclose(found[1:, :, :2], noise[:, :, :2] + 2 * steps * spoiled.GUIDANCE)
