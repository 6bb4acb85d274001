"""By how much a relation holds on what was seen, and how far the detector's box error can move that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import Frame, Rect
from planner.margins import relation_margin


class Measured(NamedTuple):
    """A margin and its standard error."""

    margin: float
    error: float


def measured_margin(claim: Claim, rects: Mapping[str, Rect], frame: Frame, box_error: float) -> Measured:
    """The margin of a relation on seen boxes, and how far the detector's box error can move it.

    The error is propagated through the test: box_error · ‖∂margin/∂edges‖, by central differences. A negated claim has
    its margin with the other sign.
    """
    sign = -1.0 if claim.negated else 1.0
    ends = dict.fromkeys((*claim.things, *claim.objects))
    margin = relation_margin(claim, rects, None, frame)
    total = 0.0
    for id in ends if box_error else ():
        for edge in range(4):
            up, down = (relation_margin(claim, {**rects, id: _moved(rects[id], edge, step)}, None, frame)
                        for step in (box_error, -box_error))
            total += ((up - down) / 2) ** 2
    return Measured(sign * margin, total ** 0.5)


def _moved(rect: Rect, edge: int, step: float) -> Rect:
    """The rectangle with one edge (x0, y0, x1, y1) moved, never turned inside out."""
    sides = [rect.x0, rect.y0, rect.x1, rect.y1]
    sides[edge] += step
    w, h = max(sides[2] - sides[0], 1e-4), max(sides[3] - sides[1], 1e-4)
    return Rect((sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2, w, h)
