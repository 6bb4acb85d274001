"""The agent's bench judges fairly: drawn pictures of its own scenes are right, spoilt ones are not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grounding.pocket.world import Picture, Piece, draw, size_of
from planner.claims import claims_of
from planner.place import place
from planner.read.grammar import read
from planner.scene import Canvas, Layout
from scenewright.config import Settings
from scenewright.loop.stages import PaintTask
from scenewright.stack import Stack
from tests.bench.agent import run_arm
from tests.bench.agent_judge import Judged
from tests.bench.agent_prompts import MAKERS, Case, cases
from tests.scenewright import fakes

CASES = cases(60)


def drawn(layout: Layout) -> Picture:
    """The layout as a perfect painter would paint it."""
    def item(id: str) -> Piece:
        thing, box = layout.scene.thing(id), layout.boxes[id].corners
        return Piece(thing.noun, thing.attributes[-1], "plain", size_of(box), box, layout.depths[id])

    return Picture(tuple(item(t.id) for t in layout.scene.things), seed=3)


def image(picture: Picture) -> Image.Image:
    return Image.fromarray(draw(picture))


def test_the_cases_are_of_all_categories_and_of_one_to_six_things() -> None:
    assert Counter(case.category for case in CASES) == dict.fromkeys(MAKERS, 10)
    assert {case.objects for case in cases(200)} == {1, 2, 3, 4, 5, 6}
    assert cases(20) == cases(60)[:20]
    assert len({case.prompt for case in cases(200)}) > 190


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_grammar_reads_what_a_case_means(case: Case) -> None:
    scene = read(case.prompt)

    def said(s: object) -> Counter[tuple[object, ...]]:
        return Counter((t.noun, tuple(sorted(t.attributes))) for t in s.things)  # type: ignore[attr-defined]

    assert said(scene) == said(case.scene)
    assert [r.kind for r in scene.relations] == [r.kind for r in case.scene.relations]
    assert [a.noun for a in scene.absent] == [a.noun for a in case.scene.absent]


def test_a_perfect_picture_is_judged_a_success_and_a_spoilt_one_is_not() -> None:
    right = wrong = 0
    sample = [case for case in CASES if case.category in ("colour", "spatial", "absent")][:12]
    for case in sample:
        picture = drawn(place(case.scene, canvas=Canvas(width=128, height=128)))
        right += Judged(image(picture), case.scene).success
        first = picture.items[0]
        other = "green" if first.colour != "green" else "purple"
        spoilt = (replace(picture, items=(replace(first, colour=other), *picture.items[1:])),
                  replace(picture, items=picture.items[1:]))
        wrong += sum(Judged(image(bad), case.scene).success for bad in spoilt)
    assert right >= len(sample) - 1
    assert wrong == 0


def test_the_judge_sees_every_claim_but_settings_and_styles() -> None:
    case = CASES[2]
    judged = Judged(image(drawn(place(case.scene, canvas=Canvas(width=128, height=128)))), case.scene)
    assert {judged.holds(claim) for claim in claims_of(case.scene)} == {True}


def test_an_empty_picture_fails_every_case() -> None:
    blank = Image.fromarray(np.full((128, 128, 3), 128, np.uint8))
    assert not any(Judged(blank, case.scene).success for case in CASES[:6])


def test_an_arm_is_counted_and_a_second_call_paints_nothing(tmp_path: Path) -> None:
    class Planner(fakes.ScenePlanner):
        def plan(self, prompt: str, *, seed: int, calls: int) -> fakes.PlannedLayout:
            self.scene = read(prompt)
            return super().plan(prompt, seed=seed, calls=calls)

    def wrong(task: PaintTask, index: int) -> tuple[str, ...]:
        return () if len(task.seeds) > 1 else (f"exists:{task.layout.scene.things[0].id}",)

    painter = fakes.DrawingPainter(wrong)
    stack = Stack(Planner(CASES[0].scene), painter, fakes.Oracle())
    chosen = [case for case in CASES if case.category == "colour"][:3]
    told = run_arm(chosen, Settings(runs=tmp_path), stack, "full").told()
    assert told["prompts"] == 3
    assert (told["rounds"], told["cost"]) == (2, 3)
    assert told["agreement"] > 0.9
    assert 0 <= told["overhead"] <= 1
    begun = len(painter.tasks)
    again = run_arm(chosen, Settings(runs=tmp_path), stack, "full").told()
    assert len(painter.tasks) == begun
    assert again["success"] == told["success"]
