"""Runs that are stopped, killed or damaged: nothing is painted twice that is whole, and the end is the same."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from grounding.errors import AttemptFailed
from grounding.verify.report import Report
from planner.errors import Conflict
from planner.scene import Layout, Relation, Scene
from scenewright.errors import StorageFailed
from scenewright.loop.agent import Loop
from scenewright.loop.runs import PICTURE, REPORT, RESULT, Run
from scenewright.loop.shelf import runs_in
from scenewright.loop.stages import PaintTask, PlannedLayout
from tests.scenewright.fakes import DrawingPainter, Oracle, ScenePlanner

MISSING = "exists:ball"
Make = Callable[..., Loop]


def test_a_finished_run_is_given_back_without_painting_or_judging(loop: Make) -> None:
    first = loop().go()
    painter, oracle = DrawingPainter(), Oracle()
    again = loop(painter=painter, verifier=oracle).go()
    assert again.outcome == first.outcome
    assert not painter.tasks
    assert not oracle.judged


class Power(BaseException):
    """The power goes out."""


class Doomed(DrawingPainter):
    """Dies in the middle of a given picture."""

    def __init__(self, doom: int, **options: Any) -> None:
        super().__init__(**options)
        self.doom = doom

    def paint(self, task: PaintTask, **options: Any) -> Any:
        if len(self.tasks) + 1 == self.doom:
            raise Power
        return super().paint(task, **options)


@pytest.mark.parametrize("doom", [1, 2, 3, 4])
def test_a_run_that_died_while_painting_goes_on_there_and_ends_the_same(loop: Make, doom: int, tmp_path: Path) -> None:
    wrong = lambda task, index: (MISSING,)  # noqa: E731
    (tmp_path / "whole").mkdir()
    whole = loop(painter=DrawingPainter(wrong), run=Run(tmp_path / "whole" / "run")).go()
    with pytest.raises(Power):
        loop(painter=Doomed(doom, script=wrong)).go()
    painter = DrawingPainter(wrong)
    result = loop(painter=painter).go()
    assert len(painter.tasks) == 5 - doom
    assert result.picture.read_bytes() == whole.picture.read_bytes()
    assert result.outcome.tries == whole.outcome.tries


def test_a_run_that_died_while_judging_paints_nothing_twice(loop: Make) -> None:
    class Dying(Oracle):
        def verify(self, image: Any, layout: Layout) -> Report:
            raise Power

    with pytest.raises(Power):
        loop(verifier=Dying()).go()
    painter = DrawingPainter()
    assert loop(painter=painter).go().verified
    assert not painter.tasks


def test_a_run_goes_on_by_being_run_again_and_decides_as_it_did_before(loop: Make) -> None:
    first = loop(painter=DrawingPainter(lambda task, index: (MISSING,))).go()
    (first.folder / RESULT).unlink()
    painter, oracle = DrawingPainter(lambda task, index: (MISSING,)), Oracle()
    again = loop(painter=painter, verifier=oracle, clock=lambda: 1e9).go()
    assert again.outcome == first.outcome
    assert not painter.tasks
    assert not oracle.judged


def test_the_time_that_was_spent_before_a_stop_counts_after_it(loop: Make) -> None:
    now = iter(range(0, 100_000, 10))
    wrong = lambda task, index: (MISSING,)  # noqa: E731
    first = loop(painter=DrawingPainter(wrong), rounds=50, seconds=100.0, clock=lambda: float(next(now))).go()
    tasks = len({t.batch for t in first.outcome.tries})
    assert first.outcome.seconds == 10.0 * (1 + tasks + len(first.outcome.tries))  # a plan, the batches, the verdicts
    (first.folder / RESULT).unlink()
    painter = DrawingPainter(wrong)
    again = loop(painter=painter, rounds=50, seconds=100.0, clock=lambda: 0.0).go()
    assert (again.outcome.ended, again.outcome.seconds) == ("seconds", first.outcome.seconds)
    assert not painter.tasks


def test_a_plan_is_made_once_even_if_the_run_is_stopped_after_it(loop: Make, scene: Scene) -> None:
    class Once(ScenePlanner):
        made = 0

        def plan(self, prompt: str, *, seed: int, calls: int) -> PlannedLayout:
            self.made += 1
            return super().plan(prompt, seed=seed, calls=calls)

    planner = Once(scene)
    with pytest.raises(Power):
        loop(planner=planner, painter=Doomed(1)).go()
    assert loop(planner=planner).go().verified
    assert planner.made == 1


def test_a_round_that_failed_is_not_painted_again(loop: Make) -> None:
    class Broken(DrawingPainter):
        def paint(self, task: PaintTask, **options: Any) -> Any:
            super().paint(task, **options)
            raise AttemptFailed("the latents became non-finite")

    painter = Broken()
    for _ in range(2):
        with pytest.raises(AttemptFailed, match="none of 4 rounds"):
            loop(painter=painter).go()
    assert len(painter.tasks) == 4


def test_a_prompt_that_is_refused_is_no_run_that_was_interrupted(loop: Make, scene: Scene, tmp_path: Path) -> None:
    both = scene.model_copy(update={"relations": (
        *scene.relations, Relation(kind="left_of", subjects=("box",), objects=("ball",), words="left of"))})
    refused = loop(planner=ScenePlanner(both))
    with refused.run.locked():
        refused.run.describe({"prompt": scene.prompt}, {})
        with pytest.raises(Conflict):
            refused.go()
    assert [s.state for s in runs_in(tmp_path)] == ["refused"]


@pytest.mark.parametrize("damage", ["empty", "cut", "another picture", "a link", "gone"])
def test_a_stored_result_is_only_a_result_if_its_picture_is_that_picture(
        loop: Make, tmp_path: Path, damage: str) -> None:
    first = loop().go()
    before = first.picture.read_bytes()
    match damage:
        case "empty":
            first.picture.write_bytes(b"")
        case "cut":
            first.picture.write_bytes(before[: len(before) // 2])
        case "another picture":
            Image.new("RGB", (128, 128), "green").save(first.picture)
        case "a link":
            first.picture.rename(tmp_path / "elsewhere.png")
            first.picture.symlink_to(tmp_path / "elsewhere.png")
        case "gone":
            first.picture.unlink()
    painter = DrawingPainter()
    again = loop(painter=painter).go()
    assert again.verified
    assert again.picture.read_bytes() == before
    assert not again.picture.is_symlink()
    assert not painter.tasks


def test_a_trimmed_run_is_given_back_as_it_was(loop: Make) -> None:
    first = loop().go()
    first_run = Run(first.folder)
    first_run.trim(("labels",))
    painter = DrawingPainter()
    again = loop(painter=painter).go()
    assert not painter.tasks
    assert (again.outcome, again.layout, again.report, again.receipt) == (
        first.outcome, first.layout, first.report, first.receipt)
    first_run.trim(())
    assert loop(painter=painter).go().report is None
    assert not painter.tasks


def test_a_damaged_picture_is_painted_again(loop: Make) -> None:
    first = loop().go()
    stored = next(first.folder.glob("pictures/*/0.png"))
    before = stored.read_bytes()
    stored.write_bytes(before[:-20])
    (first.folder / RESULT).unlink()
    painter = DrawingPainter()
    again = loop(painter=painter).go()
    assert stored.read_bytes() == before
    assert again.picture.read_bytes() == first.picture.read_bytes()
    assert len(painter.tasks) == 1


def test_a_full_disk_is_told_in_words_and_the_run_goes_on_once_there_is_room(
        loop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.fsync
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    painter = DrawingPainter()
    full_loop = loop(painter=painter)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match="the disk is full"):
        full_loop.go()
    monkeypatch.setattr(os, "fsync", whole)
    assert loop().go().verified
    assert not list(full_loop.run.folder.rglob("*.part"))


@pytest.mark.parametrize("damage", ["gone", "cut", "strange", "empty"])
def test_whatever_file_of_a_run_is_damaged_the_same_request_gives_the_same_picture(loop: Make, damage: str) -> None:
    wrong = lambda task, index: () if task.how.mend else (MISSING,)  # noqa: E731
    first = loop(painter=DrawingPainter(wrong)).go()
    picture, folder = first.picture.read_bytes(), first.folder
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        before = path.read_bytes()
        match damage:
            case "gone":
                path.unlink()
            case "cut":
                path.write_bytes(before[: len(before) // 2])
            case "strange":
                path.write_bytes(b"\x00\xffstrange" * 30)
            case "empty":
                path.write_bytes(b"")
        if path.name not in (PICTURE, REPORT):
            (folder / RESULT).unlink(missing_ok=True)
        again = loop(painter=DrawingPainter(wrong)).go()
        assert again.verified, path
        assert again.picture.read_bytes() == picture, path
