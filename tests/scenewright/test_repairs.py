"""What the remedies make of sampling: one thing guided or bound more, one area cleared, and all else as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline

from grounding.settings import Bind, Refocus
from planner.place import place
from planner.read.grammar import read
from planner.scene import Box, Canvas, Layout
from scenewright.loop.adapters import SampledPainter, bind_of, refocus_of
from scenewright.loop.stages import Task
from scenewright.stack import open_painter
from tests.grounding.conftest import parts


def layout() -> Layout:
    return place(read("a red ball left of a blue box"), seed=0, canvas=Canvas(width=128, height=128))


def task(**wishes: object) -> Task:
    return Task(layout=layout(), seeds=(3,), steps=3, **wishes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> SampledPainter:
    """A tiny Stable Diffusion."""
    folder = tmp_path_factory.mktemp("sd")
    StableDiffusionPipeline(**parts()).save_pretrained(folder)
    return open_painter(str(folder))


def test_a_task_without_repairs_is_painted_with_the_usual_settings() -> None:
    assert (refocus_of(task()), bind_of(task(), {})) == (Refocus(), Bind())
    assert refocus_of(task(strength=2.0)) == Refocus(scale=2.0)
    plain = task(strength=0.0, guide={"ball1": 5.0}, bind=("ball1",), clear=(Box.of(0, 0, 1, 1),))
    assert (refocus_of(plain), bind_of(plain, {})) == (None, None)


def test_guidance_of_one_thing_weighs_that_thing_and_leaves_the_scale_alone() -> None:
    assert refocus_of(task(guide={"ball1": 1.8})) == Refocus(weights={"ball1": 1.8})
    assert bind_of(task(guide={"ball1": 1.8}), {}) == Bind(firmness={"ball1": 1.8})


def test_binding_of_one_thing_is_never_weaker_than_its_guidance_and_never_weaker_than_usual() -> None:
    bound = bind_of(task(guide={"ball1": 50.0, "box1": 1.5}, bind=("ball1", "box1")), {})
    assert bound is not None
    assert bound.firmness["ball1"] == 50.0
    assert bound.firmness["box1"] > 1.5
    assert refocus_of(task(bind=("ball1",))) == Refocus()


def test_an_area_is_cleared_as_it_was_seen_and_nothing_else_is_bound_differently() -> None:
    area = Box.of(0.8, 0.0, 1.0, 0.2)
    assert bind_of(task(clear=(area,)), {}) == Bind(empty=(area,))


def test_each_repair_changes_the_picture_and_none_changes_no_byte(painter: SampledPainter, tmp_path: Path) -> None:
    def paint(**wishes: object) -> bytes:
        made = painter.paint(task(**wishes), on_step=lambda step: None, cancel=lambda: False)
        return np.asarray(made[0].image).tobytes()

    usual, ball = paint(), layout().placements[0].thing
    assert paint(guide={ball: 1.0}) == usual
    assert paint(clear=tuple(p.box for p in layout().placements)) == usual  # all of it is taken by what is planned
    repaired = [paint(guide={ball: 3.0}), paint(bind=(ball,)), paint(clear=(Box.of(0.0, 0.0, 1.0, 0.15),))]
    assert len({usual, *repaired}) == 4
