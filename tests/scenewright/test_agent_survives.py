"""Runs that are stopped, killed or damaged: nothing is painted twice that is whole, and the end is the same."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import ormsgpack
import pytest

from grounding.verify.report import Report
from planner.scene import Layout
from scenewright.errors import StorageFailed
from scenewright.fakes import DrawingPainter, Oracle
from scenewright.loop import events
from scenewright.loop.agent import Loop
from scenewright.loop.runs import PICTURE, RESULT, STATE, Run
from scenewright.loop.stages import Task

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

    def paint(self, task: Task, **options: Any) -> Any:
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


@pytest.mark.parametrize("damage", [b"not a database at all, however you look at it" * 40, b""])
def test_damaged_checkpoints_are_set_aside_and_stored_pictures_are_used_again(loop: Make, damage: bytes) -> None:
    first = loop(painter=DrawingPainter(lambda task, index: (MISSING,))).go()
    folder = first.folder
    (folder / RESULT).unlink()
    (folder / STATE).write_bytes(damage)
    painter = DrawingPainter(lambda task, index: (MISSING,))
    again = loop(painter=painter)
    told: list[events.Event] = []
    again.tell = told.append
    assert again.go().outcome.tries == first.outcome.tries
    assert not painter.tasks
    assert not damage or any(isinstance(e, events.Warned) for e in told)


@pytest.mark.parametrize("code", range(6))
def test_a_checkpoint_that_names_a_function_is_not_called(loop: Make, tmp_path: Path, code: int) -> None:
    first = loop().go()
    (first.folder / RESULT).unlink()
    trap = tmp_path / "trap"
    call = ormsgpack.packb(["os", "system", f"touch {trap}"])
    with closing(sqlite3.connect(first.folder / STATE)) as connection, connection:
        connection.execute("update checkpoints set checkpoint = ?", (ormsgpack.packb(ormsgpack.Ext(code, call)),))
    assert loop().go().outcome.tries == first.outcome.tries
    assert not trap.exists()


def test_a_damaged_picture_is_painted_again(loop: Make) -> None:
    first = loop().go()
    stored = next(first.folder.glob("pictures/*/0.png"))
    before = stored.read_bytes()
    stored.write_bytes(before[:-20])
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
    wrong = lambda task, index: () if task.mend else (MISSING,)  # noqa: E731
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
        if path.name != PICTURE:
            (folder / RESULT).unlink(missing_ok=True)
        again = loop(painter=DrawingPainter(wrong)).go()
        assert again.verified, path
        assert again.picture.read_bytes() == picture or path.name == PICTURE, path
