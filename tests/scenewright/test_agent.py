"""The loop: what it does about failures, what it gives back, and what it never does twice."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounding.errors import AttemptFailed, Cancelled
from grounding.verify.report import Report
from planner.errors import Conflict
from planner.scene import Box, Layout, Relation, Scene
from scenewright.loop import events
from scenewright.loop.agent import Loop, best_of
from scenewright.loop.metadata import recipe_in
from scenewright.loop.remedies import Remedies
from scenewright.loop.result import Try
from scenewright.loop.runs import RESULT, Run
from scenewright.loop.stages import PaintTask, PlannedLayout, Step
from tests.scenewright.fakes import DrawingPainter, Oracle, ScenePlanner

MISSING, COLOUR = "exists:ball", "attribute:box:blue"
GUIDING = Remedies(missing=("guide", "reseed", "replan"), attribute=("bind", "reseed", "tokens"))
"""Whole pictures only, one remedy after the other."""
Make = Callable[..., Loop]


def guided(task: PaintTask) -> dict[str, float]:
    return task.how.refocus.weights if task.how.refocus else {}


def firm(task: PaintTask) -> dict[str, float]:
    return task.how.bind.firmness if task.how.bind else {}


def emptied(task: PaintTask) -> tuple[Box, ...]:
    return task.how.bind.empty if task.how.bind else ()


def failing_until(enough: Callable[[PaintTask], bool], *claims: str) -> Callable[[PaintTask, int], Collection[str]]:
    return lambda task, index: () if enough(task) else claims


def heard(loop: Loop) -> list[events.Event]:
    told: list[events.Event] = []
    loop.tell = told.append
    return told


def test_a_good_first_picture_is_accepted_without_a_second_round(loop: Make) -> None:
    painter = DrawingPainter()
    result = loop(painter=painter).go()
    assert result.verified
    assert (result.rounds, len(painter.tasks), result.outcome.ended) == (1, 1, "verified")
    assert result.image.size == (128, 128)
    assert result.report is not None
    assert result.report.passed


def test_a_missing_thing_is_guided_more_strongly_with_the_same_noise(loop: Make) -> None:
    painter = DrawingPainter(failing_until(lambda task: "ball" in guided(task), MISSING))
    result = loop(painter=painter, remedies=GUIDING).go()
    first, second = painter.tasks
    assert result.verified
    assert result.rounds == 2
    assert guided(second)["ball"] > 1
    assert second.seeds[:1] == first.seeds
    assert second.layout == first.layout


def test_what_stays_missing_gets_a_new_seed_and_then_a_new_layout(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (MISSING,))
    result = loop(painter=painter, remedies=GUIDING).go()
    seeds = [task.seeds for task in painter.tasks]
    layouts = [task.layout for task in painter.tasks]
    assert not result.verified
    assert (result.rounds, result.outcome.ended) == (4, "rounds")
    assert seeds[0] == seeds[1][:1] != seeds[2][:1] != seeds[3][:1]
    assert layouts[0] == layouts[1] == layouts[2] != layouts[3]


def test_a_wrong_attribute_is_bound_then_painted_anew_and_then_its_tokens_are_optimised(loop: Make) -> None:
    painter = DrawingPainter(failing_until(lambda task: task.how.tokens is not None, COLOUR))
    assert loop(painter=painter, remedies=GUIDING).go().verified
    assert [(firm(task), task.how.tokens is not None) for task in painter.tasks] == [
        ({}, False), ({"box": 2.0}, False), ({"box": 2.0}, False), ({"box": 2.0}, True)]
    assert painter.tasks[1].seeds[:1] != painter.tasks[2].seeds[:1] == painter.tasks[3].seeds


def test_something_surplus_has_its_area_given_to_the_background(loop: Make) -> None:
    painter = DrawingPainter(failing_until(lambda task: bool(emptied(task)), "count:ball"))
    assert loop(painter=painter, remedies=Remedies(surplus=("clear",))).go().verified
    assert emptied(painter.tasks[1])


def test_a_remedy_that_the_painter_does_not_have_is_passed_over(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (MISSING,), can=frozenset())
    loop(painter=painter, rounds=2).go()
    assert painter.tasks[0].seeds[0] not in painter.tasks[1].seeds
    assert not guided(painter.tasks[1])


def test_the_best_picture_is_given_back_even_if_it_is_an_early_one(loop: Make) -> None:
    wrong = {1: (COLOUR,), 2: (COLOUR, MISSING), 3: (COLOUR, MISSING), 4: (MISSING, COLOUR)}
    painter = DrawingPainter(lambda task, index: wrong[len(painter.tasks)])
    result = loop(painter=painter).go()
    assert result.outcome.best.round == 1
    assert result.report is not None
    assert [f.claim.id for f in result.report.failing] == [COLOUR]


@given(st.lists(st.sets(st.sampled_from([MISSING, COLOUR, "count:ball", "relation:0:left_of:ball-box"])), min_size=4,
                max_size=4))
def test_no_run_ends_worse_than_its_first_picture(wrong: list[set[str]]) -> None:
    tries = [Try(round=i, batch="", index=0, seed=0, rank=(1 - len(w) / 8, 0.0), verified=not w, report="")
             for i, w in enumerate(wrong)]
    best = best_of(tries)
    assert best is not None
    assert (best.verified, *best.rank) >= (tries[0].verified, *tries[0].rank)
    assert best.round == min(t.round for t in tries if t.rank == best.rank)


def test_several_candidates_are_painted_in_one_batch_and_one_good_one_is_enough(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: () if index == 2 else (MISSING,))
    result = loop(painter=painter, candidates=3).go()
    assert len(painter.tasks) == 1
    assert len(set(painter.tasks[0].seeds)) == 3
    assert result.verified
    assert result.outcome.best.index == 2


def test_contradicting_claims_are_explained_before_anything_is_painted(loop: Make, scene: Scene) -> None:
    both = scene.model_copy(update={"relations": (
        *scene.relations, Relation(kind="left_of", subjects=("box",), objects=("ball",), words="left of"))})
    painter = DrawingPainter()
    with pytest.raises(Conflict, match="the red ball is left of the blue box"):
        loop(planner=ScenePlanner(both), painter=painter).go()
    assert not painter.tasks


def test_without_a_verifier_the_picture_is_given_unchecked(loop: Make) -> None:
    result = loop(verifier=None).go()
    assert result.image
    assert result.report is None
    assert not result.verified
    assert result.outcome.ended == "unchecked"


def test_no_round_begins_after_the_seconds_are_used_up(loop: Make) -> None:
    now = iter(range(0, 10_000, 10))
    painter = DrawingPainter(lambda task, index: (MISSING,))
    result = loop(painter=painter, rounds=50, seconds=100.0, clock=lambda: float(next(now))).go()
    assert result.outcome.ended == "seconds"
    assert 1 < len(painter.tasks) < 10


def test_a_round_that_fails_is_followed_by_one_with_another_seed(loop: Make) -> None:
    class Fragile(DrawingPainter):
        def paint(self, task: PaintTask, **options: Any) -> Any:
            done = super().paint(task, **options)
            if len(self.tasks) == 1:
                raise AttemptFailed("the latents became non-finite")
            return done

    painter = Fragile()
    loop = loop(painter=painter)
    told = heard(loop)
    assert loop.go().verified
    assert painter.tasks[0].seeds != painter.tasks[1].seeds
    assert any(isinstance(e, events.Warned) and "non-finite" in e.sentence for e in told)


def test_a_run_whose_rounds_all_fail_says_so(loop: Make) -> None:
    class Broken(DrawingPainter):
        def paint(self, task: PaintTask, **options: Any) -> Any:
            raise AttemptFailed("the latents became non-finite")

    with pytest.raises(AttemptFailed, match="none of 4 rounds"):
        loop(painter=Broken()).go()


def test_a_planner_is_told_how_many_calls_are_left_and_what_was_seen(loop: Make, scene: Scene) -> None:
    class Counting(ScenePlanner):
        left: ClassVar[list[int]] = []

        def plan(self, prompt: str, *, seed: int, calls: int) -> PlannedLayout:
            self.left.append(calls)
            return PlannedLayout(layout=super().plan(prompt, seed=seed, calls=calls).layout, calls=2)

        def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> PlannedLayout:
            assert report is not None
            assert report.match("ball").seen is None
            self.left.append(calls)
            return super().replan(layout, report, seed=seed, calls=calls)

    planner = Counting(scene)
    painter = DrawingPainter(lambda task, index: (MISSING,))
    result = loop(planner=planner, painter=painter, llm_calls=3, remedies=GUIDING).go()
    assert planner.left == [3, 1]
    assert result.outcome.llm_calls == 2


def test_events_tell_the_whole_story_in_order(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (MISSING,) if len(painter.tasks) == 1 else ())
    loop = loop(painter=painter)
    told = heard(loop)
    loop.go()
    names = [type(e).__name__ for e in told if not isinstance(e, events.Stepped)]
    assert names == ["Began", "Planned", "RoundBegan", "Painted", "Verified", "Decided", "RoundBegan", "Painted",
                     "Verified", "Verified"]


def test_the_same_request_gives_the_same_file(loop: Make, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    script = failing_until(lambda task: task.how.mend is not None, MISSING)
    a = loop(painter=DrawingPainter(script), run=Run(tmp_path / "a" / "run")).go()
    b = loop(painter=DrawingPainter(script), run=Run(tmp_path / "b" / "run")).go()
    assert a.picture.read_bytes() == b.picture.read_bytes()
    assert recipe_in(a.picture).task == recipe_in(b.picture).task


def test_the_outcome_stays_small_over_fifty_rounds(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (MISSING, COLOUR), steps=1)
    result = loop(painter=painter, rounds=50, candidates=2).go()
    assert result.rounds == 50
    assert len((result.folder / RESULT).read_bytes()) < 256 * 1024


def test_painting_stops_at_the_next_step_when_it_is_cancelled(loop: Make) -> None:
    seen: list[int] = []
    stopping = loop()
    stopping.tell = lambda e: seen.append(e.step.index) if isinstance(e, events.Stepped) else None
    stopping.cancel = lambda: len(seen) == 2
    with pytest.raises(Cancelled):
        stopping.go()
    assert seen == [0, 1]
    assert loop().go().verified


def test_a_step_offers_a_preview(loop: Make) -> None:
    steps: list[Step] = []
    looking = loop()
    looking.tell = lambda e: steps.append(e.step) if isinstance(e, events.Stepped) else None
    looking.go()
    assert steps[0].preview()[0].size == (128, 128)


def test_a_run_of_which_nothing_can_be_told_is_not_painted_again_and_again(loop: Make) -> None:
    class Blind(Oracle):
        def verify(self, image: Any, layout: Layout) -> Report:
            whole = super().verify(image, layout)
            told = tuple(f.model_copy(update={"ruling": "cannot tell", "score": None}) for f in whole.findings)
            return whole.model_copy(update={"findings": told})

    painter = DrawingPainter()
    result = loop(painter=painter, verifier=Blind()).go()
    assert len(painter.tasks) == 1
    assert not result.verified
    assert result.outcome.ended == "untold"


def test_a_picture_that_leaves_a_thing_in_doubt_is_painted_again(loop: Make) -> None:
    class Doubting(Oracle):
        rounds = 0

        def verify(self, image: Any, layout: Layout) -> Report:
            whole = super().verify(image, layout)
            self.rounds += 1
            if self.rounds > 1:
                return whole
            open_ones = tuple(f.model_copy(update={"ruling": "cannot tell", "doubt": "unclear"})
                              if f.claim.kind == "exists" else f for f in whole.findings)
            return whole.model_copy(update={"findings": open_ones})

    painter = DrawingPainter()
    result = loop(painter=painter, verifier=Doubting()).go()
    assert len(painter.tasks) == 2
    assert result.verified
    assert [t.doubtful > 0 for t in result.outcome.tries] == [True, False, False]
    assert result.outcome.best.round == 2


def test_a_picture_that_passes_with_a_reserve_is_kept_while_one_more_round_looks_for_a_clearer_one(
        loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (f"?{MISSING}",) if len(painter.tasks) < 2 else ())
    result = loop(painter=painter).go()
    assert (result.verified, result.rounds, result.outcome.ended) == (True, 2, "verified")
    assert (result.outcome.best.round, result.outcome.best.reserved) == (2, 0)
    assert [len(task.seeds) for task in painter.tasks] == [1, 1]
    assert len({task.seeds for task in painter.tasks}) == 2


def test_with_no_clearer_one_the_first_that_passed_is_given(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (f"?{MISSING}",) if len(painter.tasks) == 1 else (COLOUR,))
    result = loop(painter=painter).go()
    assert (result.verified, result.rounds, result.outcome.ended) == (True, 2, "verified")
    assert (result.outcome.best.round, result.outcome.best.reserved) == (1, 1)


def test_with_no_rounds_left_a_reserve_is_no_obstacle(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (f"?{MISSING}",))
    result = loop(painter=painter, rounds=1).go()
    assert (result.verified, result.rounds, result.outcome.ended) == (True, 1, "verified")
    assert result.outcome.best.reserved == 1


def test_a_repaired_one_is_kept_in_the_same_way(loop: Make) -> None:
    said = {1: MISSING, 2: f"?{MISSING}"}
    painter = DrawingPainter(lambda task, index: (said[len(painter.tasks)],) if len(painter.tasks) in said else ())
    result = loop(painter=painter).go()
    assert (result.verified, result.rounds, result.outcome.best.round) == (True, 3, 3)
    assert [len(task.seeds) for task in painter.tasks] == [1, 2, 1]
    assert "the red ball is there" in result.outcome.decisions[1]


def test_of_those_that_pass_the_one_with_fewer_reserves_is_given(loop: Make) -> None:
    said = {1: (MISSING,), 2: (f"?{MISSING}",), 3: (f"?{MISSING}", f"?{COLOUR}")}
    painter = DrawingPainter(lambda task, index: said[len(painter.tasks)])
    result = loop(painter=painter).go()
    assert (result.verified, result.rounds, result.outcome.ended) == (True, 3, "verified")
    assert (result.outcome.best.round, result.outcome.best.reserved) == (2, 1)


def test_among_candidates_the_clear_one_is_taken(loop: Make) -> None:
    painter = DrawingPainter(lambda task, index: (f"?{COLOUR}",) if index == 0 else ())
    result = loop(painter=painter, candidates=2).go()
    assert result.outcome.best.index == 1
