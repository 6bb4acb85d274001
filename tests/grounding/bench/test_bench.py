"""The benchmark: prompts are repeatable and can hold, results survive a kill, the table says what it should."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grounding.backbones.gligen import Gligen
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.bench import command
from grounding.bench.prompts import CATEGORIES, trial
from grounding.bench.prompts import layout as layout_of
from grounding.bench.results import BenchResult, Ledger, cell, price, table
from grounding.bench.rows import ROWS, BenchRow, paint
from grounding.bench.sheet import FAILED, HELD, sheet
from grounding.errors import BadRequest
from grounding.painter import Painter
from grounding.pocket.judge import FoundThing
from grounding.pocket.trials import Wanted
from grounding.settings import How, Incant
from planner.check import check
from planner.scene import Layout

QUICK: Any = {"steps": 2, "guidance_scale": 7.5}


def result(row: str = "plain", index: int = 0, *, holds: bool = True, seconds: float = 2.0) -> BenchResult:
    return BenchResult(row=row, category="size", index=index, seed=index, prompt="a cat", holds=holds, seconds=seconds,
                  forward_equivalents=50.0, weak=False)


@pytest.mark.parametrize("sort", CATEGORIES)
def test_prompts_repeat_differ_and_are_placed_so_that_all_their_claims_hold(sort: str) -> None:
    trials = [trial(sort, i) for i in range(30)]
    assert [t.prompt for t in trials] == [trial(sort, i).prompt for i in range(30)]
    assert len({t.prompt for t in trials}) > 25
    for i, one in enumerate(trials[:8]):
        layout = layout_of(sort, i)
        assert check(layout) == []
        assert len(layout.placements) == len(one.things)


@pytest.mark.parametrize("sort", CATEGORIES)
def test_a_picture_that_shows_the_layout_holds_and_an_empty_one_does_not(sort: str) -> None:
    for i in range(20):
        one = trial(sort, i)
        layout = layout_of(sort, i)
        boxes = [layout.boxes[thing.id] for thing in layout.scene.things]
        things = _in_order(one.things, layout)
        assert one.holds([FoundThing(t.kind, t.colour, "plain", b.corners, 1.0)
                          for t, b in zip(things, boxes, strict=True)])
        assert not one.holds([])


def _in_order(things: Sequence[Wanted], layout: Layout) -> list[Wanted]:
    """The trial's things in the order of the layout's, matched by noun and colour."""
    left, ordered = list(things), []
    for thing in layout.scene.things:
        match = next(t for t in left if t.kind == thing.noun and t.colour in thing.attributes)
        left.remove(match)
        ordered.append(match)
    return ordered


def test_a_ledger_goes_on_where_a_kill_cut_it_short(tmp_path: Path) -> None:
    file = tmp_path / "out" / "results.jsonl"
    first = Ledger(file)
    first.add([result(index=i) for i in range(3)])
    file.write_text(file.read_text() + '{"row": "plain", "cat')
    again = Ledger(file)
    assert list(again.results) == [("plain", "size", i) for i in range(3)]
    again.add([result(index=3)])
    assert len(Ledger(file).results) == 4


def test_fewer_failures_are_counted_on_the_prompts_that_plain_painted_too() -> None:
    results = [result(index=i, holds=i >= 6) for i in range(10)]
    results += [result("ours", i, holds=i >= 2) for i in range(10)] + [result("ours", 99, holds=False)]
    found = cell(results, "ours", "size")
    assert (found.share.right, found.share.of) == (8, 11)
    assert found.fewer == pytest.approx(3)
    assert cell([result(holds=False), result("ours")], "ours", "size").fewer == math.inf


def test_the_price_is_a_ratio_on_the_same_prompt() -> None:
    results = [result(index=i, seconds=s) for i, s in enumerate((1.0, 2.0, 10.0))]
    results += [result("ours", i, seconds=s) for i, s in enumerate((1.2, 2.6, 12.0))]
    assert price(results, "ours").ratio == pytest.approx(1.2)
    assert price(results, "plain").ratio == 1


def test_the_table_has_a_line_for_each_row_that_painted() -> None:
    text = table([result(), result("ours", holds=False)], list(ROWS), ["size"])
    assert text.splitlines()[0] == "| row | size | forward-equivalents | s/picture | × plain |"
    assert len(text.splitlines()) == 4
    assert "| plain | 100% [21%–100%] | 50.0 | 2.00 | 1.00 |" in text


def test_a_sheet_frames_what_held_and_what_failed() -> None:
    grey = Image.new("RGB", (64, 64), "grey")
    paper = np.asarray(sheet(["a cat"], ["plain", "ours"], {("plain", 0): (grey, False), ("ours", 0): (grey, True)}))
    assert (paper == HELD).all(-1).any()
    assert (paper == FAILED).all(-1).any()


def test_the_best_of_several_seeds_is_the_scorers_choice_and_all_tries_are_paid(backbone: StableDiffusion) -> None:
    layouts = [layout_of("size", i) for i in range(2)]
    asked: list[Image.Image] = []

    def last_is_best(image: Image.Image, prompt: str) -> float:
        asked.append(image)
        return len(asked)

    best = paint(Painter(backbone), BenchRow(How(), tries=2), layouts, [1, 2], last_is_best, **QUICK)
    assert [p.painting.receipt.seed for p in best] == [1_000_004, 1_000_005]
    assert [p.forward_equivalents for p in best] == [8, 8]
    (plain,) = paint(Painter(backbone), ROWS["plain"], layouts[:1], [1], None, **QUICK)
    assert plain.painting.receipt.seed == 1


def test_tokens_are_kept_where_the_scorer_prefers_them_and_all_passes_are_paid(backbone: StableDiffusion) -> None:
    layouts, asked = [layout_of("size", 0)], list[str]()

    def second_is_best(image: Image.Image, prompt: str) -> float:
        asked.append(prompt)
        return len(asked)

    row = BenchRow(How(tokens=Incant(iterations=1, checks=1)))
    (found,) = paint(Painter(backbone), row, layouts, [1], second_is_best, **QUICK)
    assert asked == [layouts[0].scene.prompt] * 2
    assert 8 < found.forward_equivalents < 10
    assert (row.chooses, ROWS["plain"].chooses, ROWS["best-of-2"].chooses) == (True, False, True)
    with pytest.raises(BadRequest, match="scorer"):
        paint(Painter(backbone), row, layouts, [1], None, **QUICK)


def test_a_run_resumes_and_leaves_a_table_and_sheets(
        backbone: StableDiffusion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"steps": 2, "guidance": 4.0, "batch": 2, "device": "cpu", "first": 0, "model": Path(backbone.name)}
    painted: list[object] = []
    monkeypatch.setattr(command, "judge", lambda pixels: ())  # it is slow on what untrained models paint
    command.main(rows=["plain"], categories=["counting"], count=2, out=tmp_path, **options)  # type: ignore[arg-type]
    original = command.paint
    monkeypatch.setattr(command, "paint", lambda *a, **k: painted.append(a) or original(*a, **k))
    command.main(rows=["plain", "ours"], categories=["counting"], count=2, out=tmp_path, **options)  # type: ignore[arg-type]
    assert len(painted) == 1
    command.main(rows=["plain"], categories=["counting"], count=2, out=tmp_path, **options)  # type: ignore[arg-type]
    assert len(painted) == 1
    other = {**options, "guidance": 5.0}
    command.main(rows=["plain"], categories=["counting"], count=2, out=tmp_path, **other)  # type: ignore[arg-type]
    assert len(painted) == 2  # other settings, other pictures
    assert len(Ledger(tmp_path / "results.jsonl").results) == 4
    assert "| ours |" in (tmp_path / "table.md").read_text()
    with Image.open(tmp_path / "counting.png") as paper:
        assert paper.width > 256


@pytest.mark.parametrize("sort", CATEGORIES)
def test_a_picture_in_which_nothing_is_found_is_a_failure_not_a_gap(sort: str) -> None:
    assert not any(trial(sort, i).holds(()) for i in range(20))


def test_gated_rows_are_painted_where_there_are_gates(
        checkpoint: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = checkpoint()
    assert list(command.open_painters(model, "cpu")) == [False]
    gated = Gligen.load(checkpoint(attention_type="gated")).pipe
    monkeypatch.setattr(command, "GATES", Path(model.name) / "model_index.json")
    monkeypatch.setattr(command, "load_gated", lambda weights: gated)
    painters = command.open_painters(model, "cpu")
    assert painters[True].backbone.native_boxes > painters[False].backbone.native_boxes == 0
    assert {row.gated for row in ROWS.values()} == {False, True}
