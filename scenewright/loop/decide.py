"""What to try next when a picture fails: a table from fault to remedies, in order, that a person can read and change.

`Remedies` is the table. In the settings file it is overridden row by row:

    [remedies]
    missing = ["reseed", "guide", "replan"]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from grounding.verify.report import Finding, Problem, Report, Trouble
from planner.scene import Box, Data
from scenewright.loop.mending import patch

Remedy = Literal["mend", "guide", "bind", "tokens", "clear", "reseed", "replan"]
Row = Literal["missing", "surplus", "misplaced", "attribute", "whole"]
Remedied = tuple[Remedy, ...]

CLEARABLE, GRID = 0.25, 8
"""The part of a surplus thing that must lie outside all planned boxes, seen on so many points each way."""

SAID: Mapping[Remedy, str] = {
    "mend": "painted anew where it is wrong, the rest kept",
    "guide": "stronger guidance",
    "bind": "words bound to their things",
    "tokens": "prompt tokens optimised",
    "clear": "the surplus area bound to the background",
    "reseed": "a new seed",
    "replan": "a new layout",
}


class Remedies(BaseModel):
    """One row per fault. What is listed is tried from left to right, one step each time the fault shows again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    missing: Remedied = ("reseed", "mend", "reseed", "guide", "replan")
    """A thing that is not there, or too few of a kind."""
    surplus: Remedied = ("reseed", "mend", "reseed", "clear", "replan")
    """Something that must be absent, or too many of a kind."""
    misplaced: Remedied = ("reseed", "mend", "reseed", "guide", "replan")
    """A relation or a part that does not hold."""
    attribute: Remedied = ("reseed", "mend", "bind", "tokens")
    """A thing of the wrong colour, material, size …; a new seed is several times cheaper than learning tokens."""
    whole: Remedied = ("tokens", "reseed")
    """Background or style missed, or the prompt as a whole."""

    def row(self, row: Row) -> Remedied:
        """The remedies of one row."""
        remedies: Remedied = getattr(self, row)
        return remedies


ROW: Mapping[Trouble, Row] = {
    "missing": "missing", "surplus": "surplus", "absent": "surplus", "misplaced": "misplaced", "part": "misplaced",
    "attribute": "attribute", "background": "whole", "style": "whole", "whole": "whole",
}


class Action(Data):
    """A remedy, the row that it comes from, and the problem that it is for."""

    remedy: Remedy
    row: Row
    problem: Problem

    @property
    def sentence(self) -> str:
        """What is done, and why."""
        return f"{SAID[self.remedy]}: {self.problem.sentence}"


def decide(report: Report, used: Mapping[str, int], can: Collection[str],
           remedies: Remedies | None = None) -> tuple[Action, ...]:
    """One remedy for every problem of a report; problems of one row get the same if it fits them.

    `used` counts how often a row was treated before, `can` is what there is to treat with here. A row that is used up
    comes down to a new seed, and so does a report that fails without naming a problem. A wrong colour or place of a
    thing that is missing is not treated apart from the thing.
    """
    table = remedies or Remedies()
    problems = report.problems or [_again(finding) for finding in report.reserved]
    missing = {id for p in problems if p.kind == "missing" for id in p.things}
    treated = [p for p in problems if p.kind == "missing" or not missing & set(p.things)]
    if not treated:
        return (reseed("a claim fails, and nothing says where" if report.failing else "nothing could be told"),)
    return tuple(Action(remedy=_next(table.row(ROW[p.kind]), used.get(ROW[p.kind], 0), _fitting(can, p, report)),
                        row=ROW[p.kind], problem=p) for p in treated)


def _again(finding: Finding) -> Problem:
    """What passes with a reserve is treated as if it failed."""
    kind: Trouble = "attribute" if finding.claim.kind == "attribute" else "missing"
    return Problem(kind=kind, sentence=finding.sentence, things=finding.claim.things, claims=(finding.claim.id,),
                   boxes=finding.evidence.boxes)


def told(actions: Sequence[Action]) -> str:
    """What is done, each remedy once, with all that it is for."""
    reasons: dict[Remedy, list[str]] = {}
    for action in actions:
        reasons.setdefault(action.remedy, []).append(action.problem.sentence)
    return "; ".join(f"{SAID[remedy]} ({', '.join(dict.fromkeys(why))})" for remedy, why in reasons.items())


def reseed(why: str) -> Action:
    """A new seed for want of anything better."""
    return Action(remedy="reseed", row="whole", problem=Problem(kind="whole", sentence=why))


def _fitting(can: Collection[str], problem: Problem, report: Report) -> set[str]:
    """Without what would change nothing: only what lies outside the things' boxes can be left to the background, and
    only what has a place can be painted anew."""
    planned = [match.planned for match in report.matches if match.planned]
    clearable = any(_free(box, planned) > CLEARABLE for box in problem.boxes)
    return set(can) - (set() if clearable else {"clear"}) - (set() if patch(report, [problem]) else {"mend"})


def _free(box: Box, others: Sequence[Box]) -> float:
    """The part of a box, on the canvas, that no other box covers; seen on a grid of points."""
    points = [(box.x0 + box.w * (i + 0.5) / GRID, box.y0 + box.h * (j + 0.5) / GRID)
              for i in range(GRID) for j in range(GRID)]
    free = [0 <= x <= 1 and 0 <= y <= 1 and not any(o.x0 <= x <= o.x1 and o.y0 <= y <= o.y1 for o in others)
            for x, y in points]
    return sum(free) / len(points)


def _next(row: Remedied, times: int, can: Collection[str]) -> Remedy:
    possible = [remedy for remedy in row if remedy in can]
    return possible[times] if times < len(possible) else "reseed"


def rank(report: Report) -> tuple[float, float]:
    """For choosing the best of several: the share of claims that hold (half for those nobody can tell), then how
    clearly they do on average, from −1 to 1."""
    worth = {"holds": 1.0, "cannot tell": 0.5, "fails": 0.0}
    shares = [worth[f.ruling] for f in report.findings]
    margins = [_margin(f) for f in report.findings if f.score is not None and f.threshold is not None]
    return _mean(shares, 0.5), _mean(margins, 0.0)


def _margin(finding: Finding) -> float:
    margin = (finding.score or 0.0) - (finding.threshold or 0.0)
    return max(-1.0, min(1.0, abs(margin) if finding.ruling == "holds" else -abs(margin)))


def _mean(values: Sequence[float], empty: float) -> float:
    return sum(values) / len(values) if values else empty
