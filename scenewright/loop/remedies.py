"""What can be done about a picture that fails: a value each, and the table that says which is tried for which fault.

A remedy says what it is, knows what it fits, and changes the course of the next round. Adding one is a value in `ALL`
and its name in the rows of `Remedies`, both here. In the settings file the table is overridden row by row:

    [remedies]
    missing = ["reseed", "guide", "replan"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from grounding.settings import How, Incant
from grounding.verify.report import Problem, Report, Trouble
from planner.scene import Box
from scenewright.loop.course import Course
from scenewright.loop.mending import patch
from scenewright.loop.stages import SourcePicture

STRONGER, STRONGEST = 1.8, 100.0
"""By how much the guidance of a thing grows each time it is treated, and how far."""
FIRM = 2.0
"""How much more firmly a thing is bound whose words went to the wrong thing."""
UPDATES = 10
"""How often tokens are updated: an update costs a tenth of a picture, and a new seed may do as well."""
MOST_AREAS = 64
CLEARABLE, GRID = 0.25, 8
"""The part of a surplus thing that must lie outside all planned boxes, seen on so many points each way."""


@dataclass(frozen=True)
class Failing:
    """A picture that fails: what was seen on it, all that is treated, and where it is stored. It is `whole` where any
    remedy asks for a new picture instead of a part of this one."""

    report: Report | None
    problems: Sequence[Problem]
    source: SourcePicture | None
    whole: bool = False


@dataclass(frozen=True)
class Remedy:
    """One thing to try. `apply` is given the course, the case, and those of its problems that the remedy is for.

    A `fresh` one starts from new noise; a `whole` one needs a new picture, so that nothing is mended beside it. What is
    not done `everywhere` is done by painters that offer it by its name.
    """

    name: str
    says: str
    apply: Callable[[Course, Failing, Sequence[Problem]], Course]
    fits: Callable[[How, Report, Problem], bool] = lambda how, report, problem: True
    fresh: bool = False
    whole: bool = False
    everywhere: bool = False


def _guide(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    refocus, bind = course.how.refocus, course.how.bind
    weights = dict(refocus.weights if refocus else bind.firmness if bind else {})
    firmness = dict(bind.firmness) if bind else {}
    for id in (id for problem in problems for id in dict.fromkeys(problem.things)):
        weights[id] = min(weights.get(id, 1.0) * STRONGER, STRONGEST)
        firmness[id] = max(firmness.get(id, 1.0), weights[id])
    return course.painted(refocus=refocus and refocus.model_copy(update={"weights": weights}),
                          bind=bind and bind.model_copy(update={"firmness": firmness}))


def _bind(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    bind = course.how.bind
    if bind is None:
        return course
    firm = {id: max(bind.firmness.get(id, 1.0), FIRM) for problem in problems for id in problem.things}
    return course.painted(bind=bind.model_copy(update={"firmness": {**bind.firmness, **firm}}))


def _clear(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    bind = course.how.bind
    areas = (*(bind.empty if bind else ()), *(box for problem in problems for box in problem.boxes))
    return course.emptied(tuple(dict.fromkeys(areas))[:MOST_AREAS])


def _mend(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    """Everything that is treated, not only what mending is for: what is painted anew may as well be right."""
    if case.whole or case.source is None or case.report is None:
        return course
    found = patch(case.report, case.problems)
    if found is None:
        return course
    return course.emptied(found.clear).painted(mend=found.mend).model_copy(update={"source": case.source})


def _apart(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    return course.painted(layered="apart")


def _tokens(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    return course.painted(tokens=Incant(iterations=UPDATES, checks=1))


def _replan(course: Course, case: Failing, problems: Sequence[Problem]) -> Course:
    """Guidance was for things in their places; how firmly words are bound to things is not."""
    refocus, bind = course.how.refocus, course.how.bind
    weights = refocus.weights if refocus else {}
    bound = {id: firm for id, firm in bind.firmness.items() if firm > weights.get(id, 1.0)} if bind else {}
    return course.painted(refocus=refocus and refocus.model_copy(update={"weights": {}}),
                          bind=bind and bind.model_copy(update={"firmness": bound})).model_copy(
                              update={"planning": course.planning + 1})


def _clearable(how: How, report: Report, problem: Problem) -> bool:
    """Only what lies outside the things' boxes can be left to the background."""
    planned = [match.planned for match in report.matches if match.planned]
    return how.bind is not None and any(_free(box, planned) > CLEARABLE for box in problem.boxes)


def _free(box: Box, others: Sequence[Box]) -> float:
    """The part of a box, on the canvas, that no other box covers; seen on a grid of points."""
    points = [(box.x0 + box.w * (i + 0.5) / GRID, box.y0 + box.h * (j + 0.5) / GRID)
              for i in range(GRID) for j in range(GRID)]
    free = [0 <= x <= 1 and 0 <= y <= 1 and not any(o.x0 <= x <= o.x1 and o.y0 <= y <= o.y1 for o in others)
            for x, y in points]
    return sum(free) / len(points)


ALL = (
    Remedy("guide", "stronger guidance", _guide, lambda how, report, problem: how.guides),
    Remedy("bind", "words bound to their things", _bind, lambda how, report, problem: how.bind is not None),
    Remedy("clear", "the surplus area bound to the background", _clear, _clearable),
    Remedy("mend", "painted anew where it is wrong, the rest kept", _mend,
           lambda how, report, problem: patch(report, [problem]) is not None, fresh=True),
    Remedy("reseed", "a new seed", lambda course, case, problems: course, fresh=True, whole=True, everywhere=True),
    Remedy("apart", "every kind painted apart, cut out and put together", _apart,
           lambda how, report, problem: how.layered != "no", fresh=True, whole=True),
    Remedy("replan", "a new layout", _replan, fresh=True, whole=True, everywhere=True),
    Remedy("tokens", "prompt tokens optimised", _tokens, lambda how, report, problem: how.tokens is None, whole=True),
)
"""In the order in which they are applied: what is kept, then what begins afresh, then what is learned for that."""

NAMED: Mapping[str, Remedy] = {remedy.name: remedy for remedy in ALL}


def _known(name: str) -> str:
    if name not in NAMED:
        raise ValueError(f"there is no remedy `{name}`; known are {', '.join(NAMED)}")
    return name


RemedyName = Annotated[str, AfterValidator(_known)]
Fault = Literal["missing", "surplus", "misplaced", "attribute", "whole"]
Remedied = tuple[RemedyName, ...]


class Remedies(BaseModel):
    """One row per fault. What is listed is tried from left to right, one step each time the fault shows again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    missing: Remedied = ("reseed", "apart", "mend", "reseed", "guide", "replan")
    """A thing that is not there, or too few of a kind."""
    surplus: Remedied = ("reseed", "apart", "mend", "reseed", "clear", "replan")
    """Something that must be absent, or too many of a kind."""
    misplaced: Remedied = ("reseed", "apart", "mend", "reseed", "guide", "replan")
    """A relation or a part that does not hold."""
    attribute: Remedied = ("reseed", "apart", "mend", "bind", "tokens")
    """A thing of the wrong colour, material, size …; a new seed is several times cheaper than learning tokens."""
    whole: Remedied = ("tokens", "reseed")
    """Background or style missed, or the prompt as a whole."""

    def row(self, row: Fault) -> Remedied:
        """The remedies of one row."""
        remedies: Remedied = getattr(self, row)
        return remedies


ROW: Mapping[Trouble, Fault] = {
    "missing": "missing", "surplus": "surplus", "absent": "surplus", "misplaced": "misplaced", "part": "misplaced",
    "attribute": "attribute", "background": "whole", "style": "whole", "whole": "whole",
}


def treated(course: Course, chosen: Sequence[tuple[str, Problem]], report: Report | None = None,
            source: SourcePicture | None = None) -> Course:
    """The course with these remedies, each for its problem; `source` is the picture that they are for, and `report`
    what was seen on it.

    A new seed forgets areas and learned tokens, which were for that picture: what was surplus there is not there any
    more, and learning costs as much as several new seeds.
    """
    names = {name for name, _ in chosen}
    case = Failing(report, [problem for _, problem in chosen], source,
                any(NAMED[name].whole for name in names))
    new, begun = course.whole().model_copy(update={"passed": report is not None and report.passed}), False
    for remedy in ALL:
        if remedy.name in names:
            if remedy.fresh and not begun:
                new, begun = new.seeded(), True
            new = remedy.apply(new, case, [problem for name, problem in chosen if name == remedy.name])
    return new
