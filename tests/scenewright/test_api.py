"""The public calls: one result, typed events, one run at a time, and going on without what is missing."""

from __future__ import annotations

import doctest
import os
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import scenewright
from grounding.errors import Cancelled
from planner.errors import BadInput, Conflict
from planner.scene import Canvas, Scene
from scenewright import api, config
from scenewright.api import open_picture, render, watch
from scenewright.config import Settings
from scenewright.errors import Busy, StorageFailed
from scenewright.loop import events
from scenewright.loop.runs import PAGE
from scenewright.loop.shelf import runs_in
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack
from tests.scenewright import fakes

MISSING = "exists:ball"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a folder of runs of the test's own."""
    return Settings(runs=tmp_path / "runs")


def slow(scene: Scene) -> Any:
    """Stages that take seconds to paint."""
    painter = fakes.DrawingPainter(steps=500, pause=lambda: time.sleep(0.01))
    return replace(fakes.stack(scene), painter=painter)


@pytest.mark.parametrize("module", [api, config])
def test_the_examples_in_the_documentation_are_true(
        module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stack = Stack(PromptPlanner(spare=Canvas()), fakes.DrawingPainter(steps=1), fakes.Oracle())
    monkeypatch.setattr("scenewright.stack.open_stack", lambda settings, *more: stack)
    outcome = doctest.testmod(module)
    assert outcome.attempted
    assert not outcome.failed


def test_a_prompt_becomes_a_picture_a_report_and_a_page(scene: Scene, settings: Settings) -> None:
    result = render(scene.prompt, settings=settings, stack=fakes.stack(scene))
    assert result.verified
    assert result.report is not None
    assert result.prompt == scene.prompt
    assert (result.folder / PAGE).read_text().startswith("<!doctype html>")
    assert [run.state for run in runs_in(settings.runs)] == ["done"]


def test_the_same_request_is_the_same_run_and_another_seed_another(scene: Scene, settings: Settings) -> None:
    first, again = (render(scene.prompt, settings=settings, stack=fakes.stack(scene)) for _ in range(2))
    other = render(scene.prompt, settings=settings.model_copy(update={"seed": 1}), stack=fakes.stack(scene))
    more_time = render(scene.prompt, settings=settings.model_copy(update={"seconds": 9.0}), stack=fakes.stack(scene))
    assert first.run == again.run == more_time.run != other.run


def test_a_continuing_run_remembers_the_run_it_continues(scene: Scene, settings: Settings) -> None:
    first = render(scene.prompt, settings=settings, stack=fakes.stack(scene))
    second = render(scene.prompt, settings=settings, stack=fakes.stack(scene), parent=first.run, layout=first.layout)
    assert second.run != first.run
    assert scenewright.loop.metadata.recipe_in(second.picture).parent == first.run


def test_closing_the_iterator_stops_the_run_and_a_second_call_goes_on(scene: Scene, settings: Settings) -> None:
    going = watch(scene.prompt, settings=settings, stack=slow(scene))
    for event in going:
        if isinstance(event, events.Stepped):
            break
    going.close()
    assert not any(t.name == "scenewright" for t in threading.enumerate())
    assert [run.state for run in runs_in(settings.runs)] == ["interrupted"]
    again = watch(scene.prompt, settings=settings, stack=fakes.stack(scene))
    began = next(e for e in again if isinstance(e, events.Began))
    assert began.resumed


def test_a_run_that_somebody_works_on_is_busy(scene: Scene, settings: Settings) -> None:
    going = watch(scene.prompt, settings=settings, stack=slow(scene))
    next(e for e in going if isinstance(e, events.Stepped))
    with pytest.raises(Busy, match=f"process {os.getpid()}"):
        render(scene.prompt, settings=settings, stack=slow(scene))
    going.close()


def test_errors_of_the_loop_reach_the_caller(scene: Scene, settings: Settings) -> None:
    twice = scene.model_copy(update={"relations": (*scene.relations, scene.relations[0].model_copy(
        update={"subjects": ("box",), "objects": ("ball",)}))})
    with pytest.raises(Conflict):
        render(twice.prompt, settings=settings, stack=fakes.stack(twice))


@pytest.mark.parametrize("prompt", ["", "   ", "x" * 20_001])
def test_a_prompt_that_is_none_is_refused_before_anything_is_loaded(prompt: str, settings: Settings) -> None:
    with pytest.raises(BadInput, match="prompt"):
        render(prompt, settings=settings)


def test_a_hostile_prompt_is_only_words(scene: Scene, settings: Settings) -> None:
    words = "../../etc {{7*7}} \ud800 \u202e \0 <script>alert(1)</script>"
    odd = scene.model_copy(update={"prompt": words.encode("utf-8", "replace").decode()})
    result = render(words, settings=settings, stack=fakes.stack(odd))
    page = (result.folder / PAGE).read_text()
    assert result.folder.parent == settings.runs
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page


def test_what_is_missing_is_told_and_the_rest_goes_on(scene: Scene, settings: Settings) -> None:
    stack = replace(fakes.stack(scene), verifier=None, missing=("there is no detector: none was found",))
    told = list(watch(scene.prompt, settings=settings, stack=stack))
    assert isinstance(told[0], events.Warned)
    last = told[-1]
    assert isinstance(last, events.Finished)
    assert last.result.outcome.ended == "unchecked"
    assert "not checked" in (last.result.folder / PAGE).read_text()


def test_where_runs_cannot_be_stored_nothing_is_painted_and_nothing_is_kept_elsewhere(
        scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    painter = fakes.DrawingPainter()
    with pytest.raises(StorageFailed, match="runs"):
        render(scene.prompt, settings=Settings(runs=tmp_path / "runs"),
               stack=replace(fakes.stack(scene), painter=painter))
    assert not painter.tasks
    assert not list((tmp_path / "temporary").iterdir())
def test_where_runs_cannot_be_stored_nothing_is_painted_and_the_folder_is_named(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    stack = fakes.stack(scene)
    with pytest.raises(StorageFailed, match="runs"):
        render(scene.prompt, runs=tmp_path / "runs", stack=stack)
    assert not stack.painter.tasks  # type: ignore[attr-defined]


def test_settings_can_be_given_by_name_and_a_misspelt_one_is_told(scene: Scene, settings: Settings) -> None:
    stack = fakes.stack(scene)
    assert render(scene.prompt, settings=settings, seed=7, stack=stack).run == render(
        scene.prompt, settings=settings.model_copy(update={"seed": 7}), stack=stack).run
    with pytest.raises(BadInput, match="did you mean `rounds`"):
        render(scene.prompt, settings=settings, round=2, stack=stack)


def test_a_cancelled_run_says_so(scene: Scene, settings: Settings) -> None:
    class Cancelling(fakes.DrawingPainter):
        def paint(self, task: Any, **options: Any) -> Any:
            raise Cancelled("cancelled before step 1 of 3")

    with pytest.raises(Cancelled):
        render(scene.prompt, settings=settings, stack=replace(fakes.stack(scene), painter=Cancelling()))


def test_only_pictures_are_opened_and_errors_repeat_nothing_of_them(tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n secret bytes")
    with pytest.raises(BadInput) as caught:
        open_picture(bad)
    assert "secret" not in str(caught.value)
    assert "0x" not in str(caught.value)
    with pytest.raises(BadInput, match="there is no picture"):
        open_picture(tmp_path / "none.png")
    Image.new("L", (4, 4)).save(tmp_path / "grey.png")
    assert open_picture(tmp_path / "grey.png").mode == "RGB"


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(BadInput):
        open_picture(tmp_path / "big.png")
