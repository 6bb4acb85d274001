"""The decision table: in order, by row, never without an answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grounding.verify.report import Finding, Match, Problem, Report
from planner.claims import Claim
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.loop.course import STRONGER, STRONGEST, Course, Request
from scenewright.loop.decide import ROW, SAID, Action, Remedies, decide, rank, reseed

ALL = frozenset(SAID)
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
        course = course.after([act("guide", "a")])
    assert course.guide == {"a": STRONGEST}


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


def act(remedy: str, *things: str, boxes: tuple[Box, ...] = ()) -> Action:
    fault = Problem(kind="missing", sentence="", things=things, boxes=boxes)
    return Action(remedy=remedy, row="missing", problem=fault)  # type: ignore[arg-type]


def test_guidance_grows_each_time_it_is_asked_for() -> None:
    course = Course().after([act("guide", "a")]).after([act("guide", "a", "b")])
    assert course.guide == {"a": STRONGER**2, "b": STRONGER}


def test_a_new_seed_keeps_guidance_and_forgets_areas_and_tokens_and_a_new_layout_forgets_all() -> None:
    box = Box.of(0, 0, 1, 1)
    course = Course().after([act("guide", "a"), act("clear", boxes=(box,)), act("bind", "b"), act("tokens")])
    assert (course.clear, course.seeding, course.tokens) == ((box,), 0, True)
    assert course.after([act("guide", "a")]).tokens
    seeded = course.after([reseed("why")])
    assert (seeded.seeding, seeded.clear, seeded.guide, seeded.tokens) == (1, (), course.guide, False)
    planned = course.after([act("replan")])
    assert (planned.planning, planned.seeding, planned.guide, planned.clear) == (1, 1, {}, ())
    assert (planned.bind, planned.tokens) == (("b",), False)
    assert course.after([act("replan"), act("tokens")]).tokens


def test_what_rounds_have_failed_at_is_painted_more_often() -> None:
    request, layout = Request(prompt="a ball", candidates=2), Layout(scene=Scene(prompt="a ball"))
    tasks = [Course(seeding=1).task(layout, request, round) for round in (1, 2, 3, 4, 5, 50)]
    assert [len(set(task.seeds)) for task in tasks] == [2, 4, 6, 6, 6, 6]
    assert all(task.seeds[:2] == tasks[0].seeds for task in tasks)
    assert len(Course(tokens=True).task(layout, request, 4).seeds) == 2
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
