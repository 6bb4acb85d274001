"""What is seen so faintly that it may be there or not is said to be in doubt, and no such picture passes."""

from __future__ import annotations

import pytest

from grounding.verify.thresholds import Cut, Thresholds
from planner.scene import Absent, Box, Group, Relation, Scene
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


CLEAR = DOUBTING.model_copy(update={"clear": 0.8, "rival": 0.2})


@pytest.mark.parametrize(("score", "reserve"), [(0.9, ""), (0.8, ""), (0.79, "is not clear to see (0.79)")])
def test_what_is_less_clear_than_known_things_holds_with_a_reserve(score: float, reserve: str) -> None:
    report = verify(Scene(things=(cat(),)), [("cat", LEFT, score)], thresholds=CLEAR, cat1=LEFT)
    assert report.passed
    assert only(report, "exists").reserve == reserve
    assert len(report.reserved) == bool(reserve)
    assert only(report, "exists").sentence.endswith(reserve or "on the left")


@pytest.mark.parametrize(("score", "place", "reserve"), [
    (0.3, LEFT, "looks a little like a bus too (0.30)"), (0.2, LEFT, ""), (0.35, RIGHT, "")])
def test_what_looks_like_something_else_too_holds_with_a_reserve(score: float, place: Box, reserve: str) -> None:
    seen = [("cat", LEFT, 0.9), ("bus", place, score)]
    scene = Scene(things=(cat(),), absent=(Absent(noun="bus", phrase="buses"),))
    assert only(verify(scene, seen, thresholds=CLEAR, cat1=LEFT), "exists").reserve == reserve


def test_another_thing_that_does_lie_there_is_no_rival() -> None:
    inside = Box.of(0.08, 0.33, 0.28, 0.78)
    seen = [("cat", LEFT, 0.9), ("dog", inside, 0.9)]
    report = verify(Scene(things=(cat(), dog())), seen, thresholds=CLEAR, cat1=LEFT, dog1=inside)
    assert not report.reserved


@pytest.mark.parametrize(("seen", "planned", "cut"), [
    (Box.of(0.0, 0.3, 0.2, 0.8), LEFT, True), (Box.of(0.7, 0.4, 0.9, 1.0), RIGHT, True),
    (Box.of(0.0, 0.3, 0.2, 0.8), Box.of(0.0, 0.3, 0.2, 0.8), False), (LEFT, LEFT, False)])
def test_what_an_edge_cuts_off_that_it_was_planned_away_from_holds_with_a_reserve(seen: Box, planned: Box,
                                                                                  cut: bool) -> None:
    report = verify(Scene(things=(cat(),)), [("cat", seen, 0.9)], thresholds=CLEAR, cat1=planned)
    assert only(report, "exists").reserve == ("is cut off by the edge" if cut else "")


def test_where_nothing_was_measured_only_the_edge_is_a_reserve() -> None:
    seen = [("cat", LEFT, 0.61), ("dog", LEFT, 0.39)]
    assert not verify(Scene(things=(cat(),)), seen, thresholds=DOUBTING, cat1=LEFT).reserved


def test_an_order_in_depth_that_does_not_show_is_in_doubt_and_a_picture_without_claims_passes_for_nothing() -> None:
    behind = Relation(kind="behind", subjects=("cat1",), objects=("dog1",))
    near = Box.of(0.2, 0.3, 0.5, 0.8)
    report = verify(Scene(things=(cat(), dog()), relations=(behind,)), [("cat", LEFT, 0.9), ("dog", near, 0.9)],
                    cat1=LEFT, dog1=near)
    assert only(report, "relation").ruling == "cannot tell"
    assert (report.doubtful, report.passed) == ((only(report, "relation"),), False)
    (problem,) = report.problems
    assert (problem.kind, problem.things) == ("misplaced", ("cat1", "dog1"))
    assert not verify(Scene(), []).passed
