"""A second plan without a language model: what was missing gets more room, and the rest is composed anew."""

from __future__ import annotations

import pytest

from grounding.verify.report import Problem, Report
from planner.read.grammar import read
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing
from scenewright.boxes import roomy
from scenewright.planning import PromptPlanner

BALL = Thing(id="ball", noun="ball", phrase="a ball")


def report(*missing: str) -> Report:
    problems = tuple(Problem(kind="missing", sentence=f"the {id} is missing", things=(id,)) for id in missing)
    return Report(canvas=Canvas(), problems=problems)


def at(box: Box) -> Layout:
    return Layout(scene=Scene(prompt="a ball", things=(BALL,)), placements=(Placement(thing="ball", box=box),))


def test_the_box_of_what_was_missing_grows_by_a_quarter_each_way_about_its_middle() -> None:
    grown = roomy(at(Box.of(0.4, 0.3, 0.6, 0.7)), report("ball"))["ball"]
    assert grown.corners == pytest.approx((0.375, 0.25, 0.625, 0.75))


def test_it_stays_on_the_canvas_and_never_fills_it() -> None:
    assert roomy(at(Box.of(0.0, 0.0, 0.4, 0.8)), report("ball"))["ball"].corners == pytest.approx((0.0, 0.0, 0.5, 0.9))


def test_what_was_there_has_no_hint() -> None:
    assert roomy(at(Box.of(0.4, 0.3, 0.6, 0.7)), report()) == {}


def test_a_new_layout_has_a_larger_box_for_what_was_missing() -> None:
    planner = PromptPlanner(spare=Canvas(width=128, height=128))
    first = planner.plan("a red ball left of a blue box", seed=1)
    ball = next(thing.id for thing in first.layout.scene.things if thing.noun == "ball")
    second = planner.replan(first.layout, report(ball), seed=2, calls=0)
    assert second.layout.boxes[ball].area == pytest.approx(1.5625 * first.layout.boxes[ball].area, rel=0.2)
    assert second.layout.scene == read("a red ball left of a blue box")
