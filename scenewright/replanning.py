"""A second plan that knows what was wrong with the picture of the first, and makes room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.scene import Box, Layout

if TYPE_CHECKING:
    from grounding.verify.report import Report

ROOM = 1.25
"""By how much the box of a thing that was missing grows in the next layout."""


def roomy(layout: Layout, report: Report | None) -> dict[str, Box]:
    """Larger boxes for what was missing, where it was planned."""
    missing = {id for p in (report.problems if report else ()) if p.kind == "missing" for id in p.things}
    return {id: _grown(box) for id, box in layout.boxes.items() if id in missing}


def _grown(box: Box) -> Box:
    w, h = min(box.w * ROOM, 0.9), min(box.h * ROOM, 0.9)
    cx, cy = min(max(box.cx, w / 2), 1 - w / 2), min(max(box.cy, h / 2), 1 - h / 2)
    return Box.around(cx, cy, w, h)
