"""The edges a language model wrote become boxes: the grid meant is told from the numbers, or the solver places alone.

The plan asks for 0 to 1000. Models also answer in fractions, per cent and pixels, and give width and height where the
far corner was asked. A mistake that can be told for certain is mended with a note. Boxes are hints: those that cannot
be understood are no reason to ask again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from planner.scene import Box, Canvas

Edges = tuple[float, float, float, float]

GRID = 1000.0
_SLACK = 1.1
"""How far beyond the grid an edge may lie and still be a box that leaves the picture, not another unit."""
_THINNEST = 0.004


class Boxes(NamedTuple):
    """The boxes that could be used, and what was mended or left out."""

    boxes: dict[str, Box]
    notes: tuple[str, ...]


class _Unit(NamedTuple):
    """What one whole picture is across and down, and the unit's name where it is not the grid's."""

    across: float
    down: float
    name: str


def boxes_of(edges: Mapping[str, Edges], canvas: Canvas) -> Boxes:
    """The boxes that `edges` mean on `canvas`. A thing without a usable box is left to the solver."""
    notes: list[str] = []
    written = {id: e for id, e in edges.items() if all(map(math.isfinite, e))}
    if _sizes_for_corners(written):
        written = {id: (x, y, x + w, y + h) for id, (x, y, w, h) in written.items()}
        notes.append("the boxes were read as left, top, width and height")
    upright = {id: e for id, e in written.items() if e[0] < e[2] and e[1] < e[3]}
    unit = _unit(upright, canvas)
    if unit is None:
        return Boxes({}, ("the boxes of the language model could not be understood",))
    if unit.name:
        notes.append(f"the boxes were read as {unit.name}")
    found = {id: _clipped(e, unit) for id, e in upright.items()}
    if any(cut for _, cut in filter(None, found.values())):
        notes.append("boxes that left the picture were cut at its edge")
    boxes = {id: box[0] for id, box in found.items() if box is not None}
    if len(boxes) < len(written):
        notes.append("boxes without a size were left out")
    return Boxes(boxes, tuple(notes))


def _sizes_for_corners(edges: Mapping[str, Edges]) -> bool:
    """Whether most boxes end before they begin, and none would leave the picture if width and height were meant."""
    flipped = sum(right <= left or bottom <= top for left, top, right, bottom in edges.values())
    fits = all(x + w <= GRID * _SLACK and y + h <= GRID * _SLACK for x, y, w, h in edges.values())
    return flipped > 1 and 2 * flipped > len(edges) and fits


def _unit(edges: Mapping[str, Edges], canvas: Canvas) -> _Unit | None:
    """The unit of `edges`; None where they have none in common."""
    reach = [max(map(abs, e)) for e in edges.values()] or [GRID]
    if max(reach) <= _SLACK:
        return _Unit(1.0, 1.0, "fractions of the picture")
    if min(reach) <= 1.0:
        return None
    if max(reach) <= 100.0:
        return _Unit(100.0, 100.0, "per cent of the picture")
    if max(reach) <= GRID * _SLACK:
        return _Unit(GRID, GRID, "")
    x = max(max(abs(e[0]), abs(e[2])) for e in edges.values())
    y = max(max(abs(e[1]), abs(e[3])) for e in edges.values())
    if x <= canvas.width and y <= canvas.height:
        return _Unit(float(canvas.width), float(canvas.height), f"pixels of {canvas.width} × {canvas.height}")
    return None


def _clipped(edges: Edges, unit: _Unit) -> tuple[Box, bool] | None:
    shares = edges[0] / unit.across, edges[1] / unit.down, edges[2] / unit.across, edges[3] / unit.down
    inside = max(shares[0], 0.0), max(shares[1], 0.0), min(shares[2], 1.0), min(shares[3], 1.0)
    if inside[2] - inside[0] < _THINNEST or inside[3] - inside[1] < _THINNEST:
        return None
    return Box.of(*inside), inside != shares


def turned(boxes: Mapping[str, Box]) -> dict[str, Box]:
    """The boxes with across and down exchanged."""
    return {id: Box.of(box.y0, box.x0, box.y1, box.x1) for id, box in boxes.items()}
