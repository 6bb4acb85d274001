"""The decision table: in order, by row, never without an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grounding.settings import GUIDED, How, Incant
from grounding.verify.report import Finding, Match, Problem, Report
from planner.claims import Claim
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.loop.course import Course, Request
from scenewright.loop.decide import decide, rank
from scenewright.loop.remedies import NAMED, ROW, Remedies, treated

ALL = frozenset(NAMED)
KINDS = st.sampled_from(sorted(ROW))
CORNER = Box.of(0.7, 0.0, 1.0, 0.3)
CLAIM = Claim(id="c", kind="exists", sentence="the cat is there")


def report(*problems: Problem) -> Report:
    matches = tuple(Match(thing=id, name=id, planned=Box.of(0.0, 0.5, 0.2, 0.7)) for id in "abc")
    return Report(canvas=Canvas(), problems=problems, matches=matches)


def problem(kind: str, *things: str) -> Problem:
    return Problem(kind=kind, sentence=f"{kind} {things}", things=things, boxes=(CORNER,))  # type: ignore[arg-type]


def finding(ruling: str, score: float | None = None) -> Finding:
    return Finding(claim=CLAIM, ruling=ruling, sentence="", score=score, threshold=0.5)  # type: ignore[arg-type]


def remedies(kind: str, times: int, can: frozenset[str] = ALL) -> list[str]:
    return [decide(report(problem(kind, "a")), {ROW[kind]: n}, can)[0].remedy for n in range(times)]  # type: ignore[index]


def test_each_fault_is_treated_in_the_order_of_its_row() -> None:
    assert remedies("missing", 7) == ["reseed", "mend", "reseed", "guide", "replan", "reseed", "reseed"]
    assert remedies("surplus", 6) == ["reseed", "mend", "reseed", "clear", "replan", "reseed"]
    assert remedies("absent", 2) == ["reseed", "mend"]
    assert remedies("misplaced", 5) == remedies("part", 5) == ["reseed", "mend", "reseed", "guide", "replan"]
    assert remedies("attribute", 5) == ["reseed", "mend", "bind", "tokens", "reseed"]
    assert remedies("whole", 3) == remedies("style", 3) == ["tokens", "reseed", "reseed"]


def test_where_things_can_be_cut_out_what_failed_twice_is_painted_apart() -> None:
    how = GUIDED.but(layered="hiding")
    rows = [decide(report(problem("missing", "a")), {"missing": n}, ALL, None, how)[0].remedy for n in range(3)]
    assert rows == ["reseed", "apart", "mend"]
    apart = treated(Course(how=how), [("apart", problem("missing", "a"))])
    assert apart.how.layered == "apart"
    assert apart.seeding == 1
    assert len(apart.task(Layout(scene=Scene(prompt="x")), Request(prompt="x"), 3).seeds) == 1


def test_a_remedy_that_is_not_there_is_skipped_not_waited_for() -> None:
    assert remedies("attribute", 3, ALL - {"mend", "tokens"}) == ["reseed", "bind", "reseed"]
    assert remedies("attribute", 2, frozenset()) == ["reseed", "reseed"]


def test_a_row_can_be_replaced_and_the_others_stay() -> None:
    table = Remedies(missing=("replan",))
    assert decide(report(problem("missing", "a")), {}, ALL, table)[0].remedy == "replan"
    assert decide(report(problem("surplus", "a")), {}, ALL, table)[0].remedy == "reseed"


def test_what_follows_from_a_missing_thing_is_not_treated_by_itself() -> None:
    shown = report(problem("missing", "a"), problem("misplaced", "a", "b"), problem("attribute", "c"))
    actions = decide(shown, {}, ALL)
    assert [(a.remedy, a.problem.kind) for a in actions] == [("reseed", "missing"), ("reseed", "attribute")]


def test_an_area_is_cleared_only_where_there_is_one_outside_the_planned_boxes() -> None:
    def remedy(planned: Box, *surplus: Box) -> str:
        found = Problem(kind="surplus", sentence="one cat too many", things=("a",), boxes=surplus)
        matches = (Match(thing="a", name="the cat", planned=planned),)
        return decide(Report(canvas=Canvas(), problems=(found,), matches=matches), {}, ALL,
                      Remedies(surplus=("clear", "reseed")))[0].remedy

    left = Box.of(0.0, 0.0, 0.5, 1.0)
    assert remedy(left, Box.of(0.6, 0.2, 0.9, 0.6)) == "clear"
    assert remedy(left, Box.of(0.4, 0.2, 0.6, 0.6)) == "clear"  # half of it is free
    assert remedy(left, Box.of(0.1, 0.2, 0.4, 0.6)) == "reseed"
    assert remedy(left, Box.of(0.1, 0.2, 0.52, 0.6)) == "reseed"
    assert remedy(left, Box.of(1.1, 0.2, 1.4, 0.6)) == "reseed"  # outside the canvas there is nothing to clear
    assert remedy(left) == "reseed"
    assert remedy(left, Box.of(0.1, 0.2, 0.4, 0.6), CORNER) == "clear"


def test_guidance_never_grows_past_what_can_be_painted() -> None:
    course = Course()
    for _ in range(40):
        course = treated(course, [act("guide", "a")])
    assert weights(course) == firmness(course) == {"a": 100.0}


def test_a_report_that_names_no_problem_leads_to_a_new_seed() -> None:
    assert [a.remedy for a in decide(report(), {}, ALL)] == ["reseed"]


@given(st.lists(st.tuples(KINDS, st.sets(st.sampled_from("abc")))),
       st.dictionaries(st.sampled_from(sorted(set(ROW.values()))), st.integers(0, 60)),
       st.sets(st.sampled_from(sorted(ALL))))
def test_there_is_always_something_to_do_and_only_what_can_be_done(
        problems: list[tuple[str, set[str]]], used: dict[str, int], can: set[str]) -> None:
    actions = decide(report(*(problem(kind, *sorted(things)) for kind, things in problems)), used, can)
    assert actions
    assert {a.remedy for a in actions} <= can | {"reseed"}
    assert all(a.sentence for a in actions)


def act(remedy: str, *things: str, boxes: tuple[Box, ...] = ()) -> tuple[str, Problem]:
    return remedy, Problem(kind="missing", sentence="", things=things, boxes=boxes)


def weights(course: Course) -> dict[str, float]:
    assert course.how.refocus is not None
    return course.how.refocus.weights


def firmness(course: Course) -> dict[str, float]:
    assert course.how.bind is not None
    return course.how.bind.firmness


def empty(course: Course) -> tuple[Box, ...]:
    assert course.how.bind is not None
    return course.how.bind.empty


def test_guidance_grows_each_time_it_is_asked_for_and_things_are_bound_as_firmly() -> None:
    course = treated(treated(Course(), [act("guide", "a")]), [act("guide", "a", "b")])
    assert weights(course) == firmness(course) == {"a": pytest.approx(3.24), "b": 1.8}


def test_words_are_bound_twice_as_firmly_and_never_less_than_their_thing_is_guided() -> None:
    course = treated(treated(Course(), [act("guide", "a"), act("guide", "a")]), [act("bind", "a", "b")])
    assert firmness(course) == {"a": pytest.approx(3.24), "b": 2.0}
    assert firmness(treated(Course(), [act("bind", "a"), act("guide", "a")])) == {"a": 2.0}
    assert weights(course) == {"a": pytest.approx(3.24)}


def test_a_new_seed_keeps_guidance_and_forgets_areas_and_tokens_and_a_new_layout_forgets_guidance_too() -> None:
    box = Box.of(0, 0, 1, 1)
    course = treated(Course(), [act("guide", "a"), act("clear", boxes=(box,)), act("bind", "b"), act("tokens")])
    assert (empty(course), course.seeding, course.how.tokens is None) == ((box,), 0, False)
    assert treated(course, [act("guide", "a")]).how.tokens
    seeded = treated(course, [act("reseed")])
    assert (seeded.seeding, empty(seeded), weights(seeded), seeded.how.tokens) == (1, (), {"a": 1.8}, None)
    planned = treated(course, [act("replan")])
    assert (planned.planning, planned.seeding, weights(planned), empty(planned)) == (1, 1, {}, ())
    assert (firmness(planned), planned.how.tokens) == ({"b": 2.0}, None)
    assert treated(course, [act("replan"), act("tokens"), act("reseed")]).how.tokens
    assert treated(course, [act("replan"), act("reseed")]).seeding == 1


def test_areas_are_as_many_as_can_be_told_and_each_is_told_once() -> None:
    boxes = tuple(Box.of(i / 100, 0, 1, 1) for i in range(80))
    course = treated(Course(), [act("clear", boxes=boxes[:3]), act("clear", boxes=boxes)])
    assert empty(course) == boxes[:64]


def test_where_nothing_is_guided_or_bound_no_remedy_is_chosen_that_would_change_nothing() -> None:
    plain = How()
    for kind, remedy in (("missing", "guide"), ("attribute", "bind"), ("surplus", "clear")):
        table = Remedies.model_validate({kind: (remedy, "replan")})
        assert decide(report(problem(kind, "a")), {}, ALL, table)[0].remedy == remedy
        assert decide(report(problem(kind, "a")), {}, ALL, table, plain)[0].remedy == "replan"
    course = treated(Course(how=plain), [act("guide", "a"), act("bind", "a"), act("clear", boxes=(CORNER,))])
    assert course.how == plain


def test_tokens_that_are_learned_already_are_not_learned_again() -> None:
    learning = treated(Course(), [act("tokens")]).how
    assert learning.tokens == Incant(iterations=10, checks=1)
    assert decide(report(problem("style")), {}, ALL)[0].remedy == "tokens"
    assert decide(report(problem("style")), {}, ALL, how=learning)[0].remedy == "reseed"


def test_a_misspelt_remedy_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="no remedy `reseeed`; known are guide, bind"):
        Remedies(missing=("reseeed",))


def test_a_quarter_of_what_is_surplus_must_be_free_to_be_cleared() -> None:
    def fits(free: float) -> bool:
        found = problem("surplus", "a").model_copy(update={"boxes": (Box.of(0.2, 0.0, 1.0, 1.0),)})
        covered = Match(thing="a", name="a", planned=Box.of(0.2, 0.0, 0.2 + 0.8 * (1 - free), 1.0))
        return NAMED["clear"].fits(GUIDED, Report(canvas=Canvas(), matches=(covered,)), found)

    assert not fits(0.25)
    assert fits(0.375)


def test_what_rounds_have_failed_at_is_painted_more_often() -> None:
    request, layout = Request(prompt="a ball", candidates=2), Layout(scene=Scene(prompt="a ball"))
    tasks = [Course(seeding=1).task(layout, request, round) for round in (1, 2, 3, 4, 5, 50)]
    assert [len(set(task.seeds)) for task in tasks] == [2, 4, 6, 6, 6, 6]
    assert all(task.seeds[:2] == tasks[0].seeds for task in tasks)
    assert len(Course(how=GUIDED.but(tokens=Incant())).task(layout, request, 4).seeds) == 2
    assert len(Course(passed=True).task(layout, request, 4).seeds) == 2
    many = Request(prompt="a ball", candidates=12)
    assert [len(Course().task(layout, many, round).seeds) for round in (1, 2, 3)] == [12, 16, 16]


def test_a_picture_with_more_claims_that_hold_ranks_higher_and_then_the_clearer_one() -> None:
    def of(*findings: Finding) -> tuple[float, float]:
        return rank(Report(canvas=Canvas(), findings=findings))

    assert of(finding("holds"), finding("holds")) > of(finding("holds"), finding("cannot tell")) > of(
        finding("holds"), finding("fails"))
    assert of(finding("holds", 0.9)) > of(finding("holds", 0.6)) > of(finding("fails", 0.4)) > of(finding("fails", 0.1))
    assert of() == (0.5, 0.0)
