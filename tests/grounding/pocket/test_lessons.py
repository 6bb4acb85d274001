"""What the painter is shown is what its captions and labels say it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import CLIPTextModel

from grounding.pocket.training import latents as latents_module
from grounding.pocket.training import lessons as module
from grounding.pocket.training import scenes as scenes_module
from grounding.pocket.training.lessons import CROP, Crops, Lesson, Read, Whole, cells_of, joined
from grounding.pocket.training.owners import owners
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.text import tower
from grounding.pocket.training.tokenizer import build
from grounding.pocket.training.unet import aim, what
from grounding.pocket.vocabulary import all_words
from grounding.pocket.world import COLOURS, KINDS, masks, picture

CPU = torch.device("cpu")
TOKENIZER = build(all_words())


@pytest.fixture
def text() -> Any:
    torch.manual_seed(0)
    return CLIPTextModel(tower(TOKENIZER)).eval().requires_grad_(False)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few scenes, and the mean colour of every cell for latents."""

    def mean(run: Any, vae: Any, device: torch.device) -> torch.Tensor:
        pixels = torch.from_numpy(run.pictures).float().permute(0, 3, 1, 2)
        cells = torch.nn.functional.avg_pool2d(pixels, 4) / 255
        return torch.cat([cells, cells[:, :1]], 1).half()

    monkeypatch.setattr(scenes_module, "SHARD", 12)
    monkeypatch.setattr(module, "latents", mean)
    assert latents_module.latents is not mean


def whole(tmp_path: Path, level: int, text: Any) -> Whole:
    return Whole(scenes(tmp_path, level, 12), None, text, TOKENIZER, CPU)


def test_a_cell_belongs_to_what_fills_most_of_it(tmp_path: Path) -> None:
    run = scenes(tmp_path, 2, 12)
    found = owners(run).numpy()
    for number in range(len(run)):
        shown = masks(picture(number, level=2))
        for row, column in np.ndindex(8, 8):
            cell = shown[:, 16 * row : 16 * row + 4, 16 * column : 16 * column + 4].reshape(len(shown), -1).mean(1)
            shares = [1 - cell.sum(), *cell]
            assert shares[found[number, 4 * row, 4 * column]] == max(shares)


def test_what_was_worked_out_once_is_read_back(tmp_path: Path) -> None:
    first = owners(scenes(tmp_path, 1, 12))
    for file in tmp_path.rglob("owners.npy"):
        np.save(file, np.load(file) + 1)
    assert torch.equal(owners(scenes(tmp_path, 1, 12)), first + 1)


def test_a_caption_is_read_as_the_tower_reads_it_and_only_once(text: Any) -> None:
    tokens = TOKENIZER(["a red ball", "two cats"], padding="max_length", return_tensors="pt").input_ids
    read = Read(tokens.to(torch.int16), text, CPU)
    with torch.no_grad():
        expected = text(input_ids=tokens).last_hidden_state
    found = read(torch.tensor([1, 0, 1]))
    torch.testing.assert_close(found, expected[[1, 0, 1]], atol=0.02, rtol=0.01)
    read.text = None
    assert torch.equal(read(torch.tensor([0])), found[1:2])


def test_a_crop_holds_its_thing_whole_and_no_other(tmp_path: Path, text: Any) -> None:
    wholes = {level: whole(tmp_path, level, text) for level in (0, 1)}
    crops = Crops([(level, scenes(tmp_path, level, 12), wholes[level]) for level in (0, 1)], text, TOKENIZER, CPU)
    lesson = crops.lesson(24, torch.Generator().manual_seed(0))
    assert lesson.clean.shape == (24, 4, CROP, CROP)
    every = [(w.latents.float(), w.owners, items, row) for w in wholes.values() for row, items in enumerate(w.items)]
    for clean, shown, (item,) in zip(lesson.clean, lesson.owners, lesson.items, strict=True):
        latents, cells, items, row = next(entry for entry in every if item in entry[2])
        mine = items.index(item) + 1
        assert int((shown == 1).sum()) == int((cells[row] == mine).sum())
        windows = latents[row].unfold(1, CROP, 1).unfold(2, CROP, 1)
        assert bool((windows == clean[:, None, None]).flatten(3).all(3).all(0).any())
    for spoken, nouns, (item,) in zip(lesson.spoken, lesson.nouns, lesson.items, strict=True):
        assert int(nouns.sum()) == 1
        assert set(spoken.tolist()) == {0, 1}
        assert item["kind"] in KINDS


def test_lessons_of_several_levels_are_joined_in_order(tmp_path: Path, text: Any) -> None:
    parts = [whole(tmp_path, level, text).lesson(count, torch.Generator()) for level, count in ((0, 2), (2, 3))]
    lesson = joined(parts)
    assert torch.equal(lesson.clean, torch.cat([part.clean for part in parts]))
    assert lesson.items == [*parts[0].items, *parts[1].items]
    for owner, look, items in zip(lesson.owners, lesson.looks, lesson.items, strict=True):
        assert int(owner.max()) <= len(items)
        assert [KINDS[kind] for kind in look[1 : len(items) + 1, 0]] == [item["kind"] for item in items]


def test_cells_of_a_box_cover_it() -> None:
    assert cells_of((0.0, 0.5, 0.26, 1.0)) == (0, 16, 9, 32)


def scene_of_two(words: int = 5) -> Lesson:
    """Two things side by side on a 2×4 grid; word 1 names the first, word 3 the second."""
    shown = torch.tensor([[[1, 1, 2, 2], [0, 1, 2, 0]]])
    looks = torch.tensor([[[len(KINDS), len(COLOURS), 3], [3, 1, 0], [5, 2, 0], *[[0, 0, 0]] * 6]])
    spoken = torch.tensor([[0, 1, 0, 2, 0]], dtype=torch.uint8)[:, :words]
    return Lesson(torch.zeros(1, 4, 2, 4), torch.zeros(1, words, 8), shown, looks, spoken, spoken > 0, [[{}, {}]])


def test_naming_every_cell_rightly_costs_nothing() -> None:
    lesson = scene_of_two()
    sure = torch.full((1, len(KINDS) + len(COLOURS) + 2, 2, 4), -30.0)
    for row, column in np.ndindex(2, 4):
        kind, colour, _ = lesson.looks[0, lesson.owners[0, row, column]].tolist()
        sure[0, kind, row, column] = sure[0, len(KINDS) + 1 + colour, row, column] = 30.0
    assert float(what(sure, lesson.owners, lesson.looks)) == pytest.approx(0, abs=1e-6)
    even = torch.zeros_like(sure)
    assert float(what(even, lesson.owners, lesson.looks)) == pytest.approx(
        float(np.log(len(KINDS) + 1) + np.log(len(COLOURS) + 1)), rel=1e-5
    )


def test_attention_on_the_right_things_costs_nothing_and_swapped_attention_much() -> None:
    lesson, told = scene_of_two(), torch.tensor([True])
    shown = lesson.owners.flatten(1)
    right = torch.full((1, 8, 5), 1e-7)
    right[0, shown[0] == 1, 1] = right[0, shown[0] == 2, 3] = 1.0
    assert float(aim(right, shown, lesson, told)) == pytest.approx(0, abs=1e-4)
    swapped = right[:, :, [0, 3, 2, 1, 4]]
    assert float(aim(swapped, shown, lesson, told)) > 5
    assert float(aim(swapped, shown, lesson, torch.tensor([False]))) == 0


def test_even_attention_misses_by_the_share_of_what_lies_outside() -> None:
    lesson = scene_of_two()
    shown = lesson.owners.flatten(1)
    found = float(aim(torch.full((1, 8, 5), 0.2), shown, lesson, torch.tensor([True])))
    assert found == pytest.approx((1 - 3 / 8) ** 2 + np.log(2), rel=1e-5)
