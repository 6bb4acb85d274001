"""A second plan that knows what was wrong with the picture of the first: told to a model, or made room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planner.check import Violation, check
from planner.scene import Box, Layout

if TYPE_CHECKING:
    from grounding.verify.report import Report

Corners = tuple[float, float, float, float]
ROOM = 1.25
"""By how much the box of a thing that was missing grows in the next layout."""


class Evidence:
    """A check of a model's boxes that also says, of its first plan, what a picture of an earlier plan lacked: so the
    evidence goes back to the model in words, and a second plan is made with it in mind."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.first: set[Corners] = set()

    def __call__(self, layout: Layout) -> Sequence[Violation]:
        boxes = {box.corners for box in layout.boxes.values()}
        self.first = self.first or boxes
        if boxes != self.first and {(y0, x0, y1, x1) for x0, y0, x1, y1 in boxes} != self.first:
            return check(layout)
        told = "; ".join(line.strip().rstrip(".") for line in self.words.splitlines())
        return [*check(layout), Violation(kind="claim", sentence=(
            f"a picture painted from a plan like this one failed: {told}; give the things concerned larger boxes with "
            "more room around them"))]


def roomy(layout: Layout, report: Report | None) -> dict[str, Box]:
    """Larger boxes for what was missing, where it was planned."""
    missing = {id for p in (report.problems if report else ()) if p.kind == "missing" for id in p.things}
    return {id: _grown(box) for id, box in layout.boxes.items() if id in missing}


def _grown(box: Box) -> Box:
    w, h = min(box.w * ROOM, 0.9), min(box.h * ROOM, 0.9)
    cx, cy = min(max(box.cx, w / 2), 1 - w / 2), min(max(box.cy, h / 2), 1 - h / 2)
    return Box.around(cx, cy, w, h)
