"""Boxes that a plan starts from: those of another layout, by name, and its own with room for what a picture lacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from planner.scene import Box, Layout, Scene, Thing

if TYPE_CHECKING:
    from grounding.verify.report import Report

ROOM = 1.25
"""By how much the box of a thing that was missing grows in the next layout."""
_SAME: tuple[Callable[[Thing, Thing], bool], ...] = (
    lambda a, b: a.id == b.id and a.noun == b.noun,
    lambda a, b: a.phrase.lower() == b.phrase.lower(),
    lambda a, b: a.noun == b.noun and set(a.attributes) == set(b.attributes),
    lambda a, b: a.noun == b.noun,
)
"""When two things are the same one, surest first."""


def hints_for(scene: Scene, other: Layout) -> dict[str, Box]:
    """For each thing of `scene` that `other` has too, its box there; every box serves once."""
    free = [t for t in other.scene.things if t.id in other.boxes]
    found: dict[str, Box] = {}
    for same in _SAME:
        for thing in (t for t in scene.things if t.id not in found):
            match = next((t for t in free if same(thing, t)), None)
            if match:
                free.remove(match)
                found[thing.id] = other.boxes[match.id]
    return found


def roomy(layout: Layout, report: Report | None) -> dict[str, Box]:
    """Larger boxes for what was missing, where it was planned."""
    missing = {id for p in (report.problems if report else ()) if p.kind == "missing" for id in p.things}
    return {id: _grown(box) for id, box in layout.boxes.items() if id in missing}


def _grown(box: Box) -> Box:
    w, h = min(box.w * ROOM, 0.9), min(box.h * ROOM, 0.9)
    cx, cy = min(max(box.cx, w / 2), 1 - w / 2), min(max(box.cy, h / 2), 1 - h / 2)
    return Box.around(cx, cy, w, h)
