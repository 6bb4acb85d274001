"""Mending: only the places of what is wrong are painted anew, of the best picture so far, and it can be reproduced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline
from PIL import Image
from pydantic import ValidationError

from grounding.settings import GUIDED, How, Incant, Mend, Refocus
from grounding.verify.judges import Sighting
from grounding.verify.report import Match, Problem, Report, Surplus
from planner.errors import BadInput
from planner.place import place
from planner.read.grammar import read
from planner.scene import Box, Canvas, Scene
from scenewright.commands.reproduce import reproduce
from scenewright.loop.agent import Loop
from scenewright.loop.course import Course, Request
from scenewright.loop.decide import decide
from scenewright.loop.mending import patch
from scenewright.loop.metadata import Recipe, recipe_in, with_recipe
from scenewright.loop.painter import SampledPainter
from scenewright.loop.remedies import Remedies, treated
from scenewright.loop.runs import Run
from scenewright.loop.stages import PaintTask, SourcePicture
from scenewright.stack import open_painter
from tests.grounding.conftest import parts
from tests.scenewright.fakes import DrawingPainter, Oracle, ScenePlanner

MISSING, COLOUR = "exists:ball", "attribute:box:blue"
LEFT, RIGHT, TOP = Box.of(0.0, 0.3, 0.3, 0.6), Box.of(0.6, 0.3, 0.9, 0.6), Box.of(0.4, 0.0, 0.6, 0.2)
SOURCE = SourcePicture(batch="0" * 32, index=0)
MENDED = Remedies(missing=("mend",))
Make = Callable[..., Loop]


def sighting(box: Box, noun: str = "cat") -> Sighting:
    return Sighting(query=noun, box=box, score=0.9)


def trouble(kind: str, *things: str, boxes: tuple[Box, ...] = ()) -> Problem:
    return Problem(kind=kind, sentence=kind, things=things, boxes=boxes)  # type: ignore[arg-type]


def report(*problems: Problem, surplus: tuple[Surplus, ...] = ()) -> Report:
    matches = (Match(thing="a", name="a", planned=LEFT), Match(thing="b", name="b", planned=RIGHT, seen=sighting(TOP)))
    return Report(canvas=Canvas(), matches=matches, problems=problems, surplus=surplus)


def patched(*problems: Problem, surplus: tuple[Surplus, ...] = ()) -> Mend | None:
    found = patch(report(*problems, surplus=surplus), problems)
    return found.mend if found else None


def test_a_thing_is_painted_anew_where_it_was_planned_and_where_it_was_seen() -> None:
    assert patched(trouble("missing", "a")) == Mend(areas=(LEFT,), things=("a",))
    assert patched(trouble("attribute", "b")) == Mend(areas=(RIGHT, TOP), things=("b",))
    assert patched(trouble("misplaced", "b", "a")) == Mend(areas=(RIGHT, TOP, LEFT), things=("b", "a"))


def test_what_is_in_the_way_of_a_thing_goes_and_what_stands_elsewhere_stays() -> None:
    near = Box.of(0.1, 0.2, 0.4, 0.5)
    strange = tuple(Surplus(noun="dog", sighting=sighting(box, "dog"), sentence="a dog", wrong=False)
                    for box in (near, TOP))
    assert patched(trouble("missing", "a"), surplus=strange) == Mend(areas=(LEFT, near), things=("a",))


def test_what_must_go_leaves_its_place_to_the_background() -> None:
    for kind in ("surplus", "absent"):
        shown = trouble(kind, "a", boxes=(TOP,))
        found = patch(report(shown), [shown])
        assert found is not None
        assert (found.mend, found.clear) == (Mend(areas=(TOP,)), (TOP,))
    both = patch(report(), [trouble("missing", "a"), trouble("surplus", "b", boxes=(TOP,))])
    assert both is not None
    assert (both.mend.things, both.mend.areas, both.clear) == (("a",), (TOP, LEFT), (TOP,))


def test_what_has_no_place_cannot_be_mended() -> None:
    assert patched(trouble("whole")) is None
    assert patched(trouble("style"), trouble("background")) is None
    assert patched(trouble("missing", "stranger")) is None
    assert decide(report(trouble("missing", "stranger")), {}, {"mend"})[0].remedy == "reseed"


def act(remedy: str, *problems: Problem) -> list[tuple[str, Problem]]:
    return [(remedy, problem) for problem in problems]


def emptied(how: How) -> tuple[Box, ...]:
    return how.bind.empty if how.bind else ()


def test_a_mended_round_has_a_new_seed_and_everything_wrong_is_in_its_areas() -> None:
    missing, colour = trouble("missing", "a"), trouble("attribute", "b")
    learning = Course(how=GUIDED.but(tokens=Incant()))
    course = treated(learning, [*act("mend", missing), *act("guide", colour)], report(), SOURCE)
    assert course.how.mend == Mend(areas=(LEFT, RIGHT, TOP), things=("a", "b"))
    assert (course.source, course.seeding, course.how.tokens) == (SOURCE, 1, None)
    assert course.how.refocus == Refocus(weights={"b": 1.8})
    again = treated(course, act("reseed", missing), report(), SOURCE)
    assert (again.how.mend, again.source, emptied(again.how), again.seeding) == (None, None, (), 2)


def test_what_must_go_is_left_to_the_background_while_it_is_mended_and_no_longer() -> None:
    surplus = trouble("surplus", "a", boxes=(TOP,))
    course = treated(Course(), act("mend", surplus), report(surplus), SOURCE)
    assert emptied(course.how) == (TOP,)
    assert emptied(treated(course, act("guide", trouble("missing", "a")), report(), SOURCE).how) == ()


@pytest.mark.parametrize("whole", ["reseed", "replan", "tokens"])
def test_nothing_is_mended_where_a_whole_picture_is_painted(whole: str) -> None:
    actions = [*act("mend", trouble("missing", "a")), *act(whole, trouble("attribute", "b"))]
    course = treated(Course(), actions, report(), SOURCE)
    assert (course.how.mend, course.source) == (None, None)
    assert course.seeding == 1


def task(mend: Mend | None = None, **more: Any) -> PaintTask:
    layout = place(read("a red ball left of a blue box"), seed=0, canvas=Canvas(width=128, height=128))
    return PaintTask(layout=layout, seeds=(3,), how=How(steps=3, mend=mend), **more)


def test_a_task_names_both_what_it_mends_and_the_picture() -> None:
    mend = Mend(areas=(LEFT,))
    wrong: dict[str, Any]
    for wrong in ({"mend": mend}, {"source": SOURCE}):
        with pytest.raises(ValidationError, match="come together"):
            task(**wrong)
    keys = {task(mend=m, source=s).key("painter") for m, s in (
        (None, None), (mend, SOURCE), (mend, SourcePicture(batch="1" * 32, index=0)), (Mend(areas=(RIGHT,)), SOURCE))}
    assert len(keys) == 4


class Mending(DrawingPainter):
    """Notes which pictures it was given to mend."""

    def paint(self, task: PaintTask, **options: Any) -> Any:
        self.given = [*getattr(self, "given", []), options.get("source")]
        return super().paint(task, **options)


def test_a_missing_thing_is_painted_into_the_picture_that_lacks_it(loop: Make) -> None:
    painter = Mending(lambda task, index: () if task.how.mend else (MISSING,))
    result = loop(painter=painter, remedies=MENDED).go()
    first, second = painter.tasks
    assert result.verified
    assert (result.rounds, second.layout) == (2, first.layout)
    assert second.how.mend is not None
    assert second.how.mend.things == ("ball",)
    assert second.source == SourcePicture(batch=first.key("drawing"), index=0)
    assert second.seeds[0] != first.seeds[0]
    stored = Image.open(result.folder / "pictures" / first.key("drawing") / "0.png")
    assert painter.given[0] is None
    assert np.array_equal(np.asarray(painter.given[1]), np.asarray(stored))


def test_the_best_picture_so_far_is_mended_not_the_last_one(loop: Make) -> None:
    wrong = {1: (COLOUR,), 2: (COLOUR, MISSING), 3: (COLOUR, MISSING)}
    painter = DrawingPainter(lambda task, index: wrong.get(len(painter.tasks), ()))
    only_mend = Remedies(missing=("mend",) * 9, attribute=("mend",) * 9)
    result = loop(painter=painter, remedies=only_mend).go()
    assert result.verified
    first = painter.tasks[0].key("drawing")
    assert [t.source.batch for t in painter.tasks[1:] if t.source] == [first] * 3
    assert [len(t.seeds) for t in painter.tasks] == [1, 2, 3, 3]
    assert len({seed for t in painter.tasks for seed in t.seeds[:1]}) == 4


def test_a_picture_mended_twice_carries_its_whole_history_and_is_reproduced(loop: Make) -> None:
    def script(task: PaintTask, index: int) -> tuple[str, ...]:
        mended = task.how.mend.things if task.how.mend else ()
        return () if "box" in mended else (COLOUR,) if "ball" in mended else (MISSING, COLOUR)

    class Blinkered(Oracle):
        """Sees one fault at a time."""

        def verify(self, image: Image.Image, layout: Any) -> Report:
            whole = super().verify(image, layout)
            return whole.model_copy(update={"problems": whole.problems[:1]})

    twice = Remedies(missing=("mend",), attribute=("mend",))
    result = loop(painter=DrawingPainter(script), verifier=Blinkered(), remedies=twice).go()
    assert result.verified
    recipe = recipe_in(result.picture)
    mends = [one.task.how.mend for one in recipe.history]
    assert [mend.things if mend else () for mend in mends] == [(), ("ball",), ("box",)]
    painter = Mending(script)
    assert reproduce(result.picture, painter).same_bytes
    assert [one is None for one in painter.given] == [True, False, False]


def recipe(**more: Any) -> Recipe:
    return Recipe(painter="p", versions={}, **more)


def test_a_recipe_without_the_picture_it_mends_is_refused(tmp_path: Path) -> None:
    first, mended = recipe(task=task()), task(mend=Mend(areas=(LEFT,)), source=SOURCE)
    with pytest.raises(ValidationError, match="needs the recipe"):
        recipe(task=mended)
    with pytest.raises(ValidationError, match="no other has one"):
        recipe(task=task(), source=first)
    deep = first
    for _ in range(49):
        deep = recipe(task=mended, source=deep)
    with pytest.raises(ValidationError, match="more than 50 times"):
        recipe(task=mended, source=deep)
    path = tmp_path / "deep.png"
    path.write_bytes(with_recipe(Image.new("RGB", (8, 8)), first, '{"source":' * 2000 + "{}" + "}" * 2000))
    with pytest.raises(BadInput, match="not one of ours"):
        recipe_in(path)


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> SampledPainter:
    """A tiny Stable Diffusion."""
    folder = tmp_path_factory.mktemp("sd")
    StableDiffusionPipeline(**parts()).save_pretrained(folder)
    return open_painter(str(folder))


def test_a_sampled_picture_is_mended_in_its_place_and_painted_again_from_its_recipe(
        painter: SampledPainter, scene: Scene, tmp_path: Path) -> None:
    class Seeing(Oracle):
        """Misses the ball in every picture but a mended one."""

        def verify(self, image: Image.Image, layout: Any) -> Report:
            wrong = () if self.judged else (MISSING,)
            drawn = DrawingPainter(lambda task, index: wrong).paint(
                PaintTask(layout=layout, seeds=(0,)), on_step=lambda step: None, cancel=lambda: False)[0]
            return super().verify(drawn.image, layout)

    run = Run(tmp_path / "run")
    run.folder.mkdir()
    request = Request(prompt=scene.prompt, how=painter.usual.asked(steps=3))
    result = Loop(request, run, ScenePlanner(scene), painter, Seeing(), MENDED).go()
    assert result.verified
    assert result.rounds == 2
    source = run.paintings(result.outcome.tries[0].batch)
    assert source
    changed = (np.asarray(source[0].image) != np.asarray(result.image)).any(-1)
    box = result.layout.boxes["ball"]
    assert changed[round(box.cy * 128), round(box.cx * 128)]
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    room = round(128 * (0.04 + 2 / 32))
    assert 128 * box.y0 - room <= rows.min() <= rows.max() <= 128 * box.y1 + room
    assert 128 * box.x0 - room <= columns.min() <= columns.max() <= 128 * box.x1 + room
    again = reproduce(result.picture, painter, together=True)
    assert again.same_bytes
    assert again.differences == ()
