"""What the remedies make of sampling: one thing guided or bound more, one area cleared, and all else as it was."""

from __future__ import annotations

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline

from grounding.settings import GUIDED, Bind, How, Mend, Refocus
from grounding.verify.report import Problem
from planner.place import place
from planner.read.grammar import read
from planner.scene import Box, Canvas, Layout
from scenewright.loop.course import Course
from scenewright.loop.painter import SampledPainter
from scenewright.loop.remedies import treated
from scenewright.loop.stages import PaintTask
from scenewright.stack import open_painter
from tests.grounding.conftest import parts

AREA = Box.of(0.0, 0.0, 1.0, 0.15)


def layout() -> Layout:
    return place(read("a red ball left of a blue box"), seed=0, canvas=Canvas(width=128, height=128))


def repaired(remedy: str, *things: str, boxes: tuple[Box, ...] = (), how: How = GUIDED) -> How:
    fault = Problem(kind="missing", sentence="", things=things, boxes=boxes)
    return treated(Course(how=how), [(remedy, fault)]).how


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> SampledPainter:
    """A tiny Stable Diffusion."""
    folder = tmp_path_factory.mktemp("sd")
    StableDiffusionPipeline(**parts()).save_pretrained(folder)
    return open_painter(str(folder))


def test_what_is_asked_for_takes_the_place_of_what_is_usual_and_nothing_else() -> None:
    usual = How(steps=7, guidance_scale=4.0, refocus=Refocus(), bind=Bind(scales={"small": 0.2}))
    assert usual.asked() == usual
    assert usual.asked(steps=3, guidance_scale=2.0, strength=2.0) == usual.but(
        steps=3, guidance_scale=2.0, refocus=Refocus(scale=2.0))
    assert usual.asked(strength=0.0) == How(steps=7, guidance_scale=4.0)


def test_guidance_of_one_thing_weighs_that_thing_and_leaves_the_scale_alone() -> None:
    assert repaired("guide", "ball1") == GUIDED.but(
        refocus=Refocus(weights={"ball1": 1.8}), bind=Bind(firmness={"ball1": 1.8}))


def test_binding_of_one_thing_is_never_weaker_than_its_guidance_and_never_weaker_than_usual() -> None:
    before = GUIDED.but(refocus=Refocus(weights={"ball1": 50.0}), bind=Bind(firmness={"ball1": 50.0, "box1": 1.5}))
    assert repaired("bind", "ball1", "box1", how=before) == before.but(bind=Bind(firmness={"ball1": 50.0, "box1": 2.0}))


def test_an_area_is_cleared_as_it_was_seen_and_nothing_else_is_bound_differently() -> None:
    assert repaired("clear", boxes=(AREA,)) == GUIDED.but(bind=Bind(empty=(AREA,)))


def test_what_is_mended_is_bound_to_the_end() -> None:
    mended = GUIDED.but(mend=Mend(areas=(AREA,)))
    assert mended.terms == (Bind(until=1.0), Refocus())
    assert GUIDED.terms == (Bind(), Refocus())


def test_each_repair_changes_the_picture_and_none_changes_no_byte(painter: SampledPainter) -> None:
    def paint(how: How) -> bytes:
        task = PaintTask(layout=layout(), seeds=(3,), how=how.but(steps=3))
        return np.asarray(painter.paint(task, on_step=lambda step: None, cancel=lambda: False)[0].image).tobytes()

    usual, ball = paint(GUIDED), layout().placements[0].thing
    assert paint(GUIDED.but(refocus=Refocus(weights={ball: 1.0}), bind=Bind(firmness={ball: 1.0}))) == usual
    assert paint(repaired("clear", boxes=tuple(p.box for p in layout().placements))) == usual  # all of it is planned
    made = [paint(repaired("guide", ball)), paint(repaired("bind", ball)), paint(repaired("clear", boxes=(AREA,)))]
    assert len({usual, *made}) == 4
