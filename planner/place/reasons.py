"""Why a box that was given did not stay where it was, in words."""

from __future__ import annotations

from collections.abc import Sequence

from planner.claims import Claim, names_of
from planner.geometry import shared
from planner.margins import broken
from planner.overlap import COVERED
from planner.place.task import Task


def why_moved(id: str, claims: Sequence[Claim], task: Task) -> str:
    """What was wrong with the hint."""
    names = names_of(task.scene)
    hint, rect = task.hints[id], task.hinted[id]
    reasons = ["it left the canvas"] if min(hint.x0, hint.y0, 1 - hint.x1, 1 - hint.y1) < 0 else []
    for claim in claims:
        ends = (*claim.things, *claim.objects)
        if id in ends and all(e in task.hinted for e in ends) and broken(claim, task.hinted, task.frame):
            reasons.append(f"so that {claim.sentence}")
    for i, j in task.apart:
        pair = {task.ids[i], task.ids[j]}
        other = next(iter(pair - {id}), id)
        if id in pair and other in task.hinted and shared(rect, task.hinted[other]) > COVERED * min(
                rect.area, task.hinted[other].area):
            reasons.append(f"it overlapped {names[other]}")
    return "; ".join(reasons) or "to make room for the others"
