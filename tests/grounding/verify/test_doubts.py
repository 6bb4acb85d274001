"""What is seen so faintly that it may be there or not is said to be in doubt, and no such picture passes."""

from __future__ import annotations

import pytest

from grounding.verify import Thresholds
from grounding.verify.thresholds import Cut
from planner.scene import Box, Group, Scene
from tests.grounding.verify.pets import LEFT, RIGHT, cat, dog, only, verify

DOUBTING = Thresholds(noun=Cut(at=0.4, unsure=0.2, samples=100), box_error=0.0)
MIDDLE = Box.of(0.35, 0.3, 0.55, 0.8)


@pytest.mark.parametrize(("score", "ruling", "passed"), [
    (0.9, "holds", True), (0.61, "holds", True), (0.59, "cannot tell", False), (0.4, "cannot tell", False),
    (0.39, "fails", False), (0.1, "fails", False)])
def test_a_thing_seen_faintly_may_be_there(score: float, ruling: str, passed: bool) -> None:
    report = verify(Scene(things=(cat(),)), [("cat", LEFT, score)], thresholds=DOUBTING, cat1=LEFT)
    assert only(report, "exists").ruling == ruling
    assert report.passed is passed
    if ruling == "cannot tell":
        assert report.words == f"the cat may be what is on the left ({score:.2f}, sure from 0.60)"
        (problem,) = report.problems
        assert (problem.kind, problem.things, problem.boxes) == ("missing", ("cat1",), (LEFT,))


@pytest.mark.parametrize(("scores", "ruling"), [
    ((0.9, 0.9), "holds"),
    ((0.9, 0.5), "cannot tell"),
    ((0.9, 0.9, 0.3), "cannot tell"),
    ((0.9, 0.9, 0.5), "fails"),
    ((0.9, 0.9, 0.1), "holds"),
    ((0.9, 0.3), "fails"),
    ((0.9, 0.5, 0.3), "cannot tell"),
])
def test_a_count_that_holds_is_in_doubt_while_a_faint_one_would_break_it(scores: tuple[float, ...],
                                                                        ruling: str) -> None:
    seen = [("cat", box, score) for box, score in zip((LEFT, RIGHT, MIDDLE), scores, strict=False)]
    report = verify(Scene(things=(cat(1), cat(2))), seen, thresholds=DOUBTING, cat1=LEFT, cat2=RIGHT)
    assert only(report, "count").ruling == ruling
    assert report.passed == (ruling == "holds")


def test_what_may_be_one_too_many_is_told_and_can_be_cleared() -> None:
    seen = [("cat", LEFT, 0.9), ("cat", RIGHT, 0.3)]
    report = verify(Scene(things=(cat(),)), seen, thresholds=DOUBTING, cat1=LEFT)
    assert report.words == "there is one cat, and perhaps a cat on the right: cannot tell"
    (problem,) = report.problems
    assert (problem.kind, problem.boxes, problem.claims) == ("surplus", (RIGHT,), ("count:cat",))


def test_an_open_count_is_not_in_doubt_about_more() -> None:
    scene = Scene(things=(cat(1, group="g"), cat(2, group="g")), groups=(
        Group(id="g", words="several cats", at_least=2, at_most=None),))
    seen = [("cat", LEFT, 0.9), ("cat", RIGHT, 0.9), ("cat", MIDDLE, 0.3)]
    assert verify(scene, seen, thresholds=DOUBTING).passed


def test_a_faint_sighting_where_another_thing_clearly_is_is_no_doubt() -> None:
    seen = [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9), ("cat", RIGHT, 0.3)]
    report = verify(Scene(things=(cat(), dog())), seen, thresholds=DOUBTING, cat1=LEFT, dog1=RIGHT)
    assert report.passed
    assert not report.doubtful


NEAR = Box.of(0.29, 0.35, 0.5, 0.75)


@pytest.mark.parametrize(("seen", "share", "ruling"), [
    (RIGHT, 0.0, "holds"), (NEAR, 0.0, "cannot tell"), (NEAR, 0.04, "cannot tell"), (NEAR, 0.05, "holds")])
def test_like_things_that_run_into_each_other_may_be_one(seen: Box, share: float, ruling: str) -> None:
    cut = DOUBTING.model_copy(update={"touching": share})
    report = verify(Scene(things=(cat(1), cat(2))), [("cat", LEFT, 0.9), ("cat", seen, 0.9)], thresholds=cut,
                    cat1=LEFT, cat2=RIGHT)
    assert only(report, "count").ruling == ruling
    assert report.passed == (ruling == "holds")
    if ruling == "cannot tell":
        assert report.words == "the left cat and the right cat run into each other: cannot tell whether they are two"
        (problem,) = report.problems
        assert (problem.kind, problem.things, problem.boxes) == ("misplaced", ("cat1", "cat2"), (LEFT, NEAR))


def test_things_may_touch_that_look_different_or_are_planned_so_or_of_which_nobody_says_where() -> None:
    seen = [("cat", LEFT, 0.9), ("cat", NEAR, 0.9)]
    cut = DOUBTING.model_copy(update={"touching": 0.0})
    alike = Scene(things=(cat(1), cat(2)))
    assert verify(alike, seen, thresholds=cut, cat1=LEFT, cat2=NEAR).passed
    assert verify(alike, seen, thresholds=cut).passed
    unlike = Scene(things=(cat(1, "red"), cat(2, "black")))
    assert only(verify(unlike, seen, thresholds=cut, cat1=LEFT, cat2=RIGHT), "count").ruling == "holds"


@pytest.mark.parametrize(("share", "ruling"), [(0.1, "holds"), (0.25, "cannot tell"), (0.6, "cannot tell")])
def test_a_thing_that_grew_into_another_may_not_be_whole(share: float, ruling: str) -> None:
    grown = Box.of(LEFT.x1 - 0.25 * share, 0.3, LEFT.x1 - 0.25 * share + 0.25, 0.8)
    seen = [("cat", LEFT, 0.9), ("dog", grown, 0.9)]
    scene, cut = Scene(things=(cat(), dog())), DOUBTING.model_copy(update={"touching": 0.0})
    report = verify(scene, seen, thresholds=cut, cat1=LEFT, dog1=RIGHT)
    assert report.finding("exists:cat1").ruling == "holds"
    assert report.finding("exists:dog1").ruling == ruling
    assert report.passed == (ruling == "holds")
    if ruling == "cannot tell":
        assert report.words.endswith("runs into the cat: cannot tell if it is whole")
        (problem,) = report.problems
        assert (problem.kind, problem.things, problem.boxes) == ("missing", ("dog1",), (RIGHT,))
    wide = cut.model_copy(update={"touching": 0.5})
    assert verify(scene, seen, thresholds=wide, cat1=LEFT, dog1=RIGHT).passed
    near = Box.of(0.25, 0.3, 0.5, 0.8)  # planned to overlap
    assert verify(scene, seen, thresholds=cut, cat1=LEFT, dog1=near).passed
