"""The edges a language model wrote become boxes: the grid it meant is told from the numbers, or asked for again.

The plan asks for 0 to 1000. Models also answer in fractions and in pixels, swap the axes, and give width and height
where the far corner was asked. A mistake that can be told for certain is mended with a note; a doubtful one is a
`BadReply`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from planner.errors import BadReply
from planner.scene import Box, Canvas

Edges = tuple[float, float, float, float]

GRID = 1000.0
_SLACK = 1.1
"""How far beyond the grid an edge may lie and still be a box that leaves the picture, not another unit."""
_THINNEST = 0.004
_ASK = "give left, top, right and bottom as whole numbers from 0 to 1000"


class Boxes(NamedTuple):
    """The boxes that could be used, and what was mended or left out."""

    boxes: dict[str, Box]
    notes: tuple[str, ...]


def boxes_of(edges: Mapping[str, Edges], canvas: Canvas) -> Boxes:
    """The boxes that `edges` mean on `canvas`. A thing without a usable box is left to the solver."""
    notes: list[str] = []
    written = {id: e for id, e in edges.items() if all(map(math.isfinite, e))}
    _refuse_sizes_for_corners(written)
    upright = {id: e for id, e in written.items() if e[0] < e[2] and e[1] < e[3]}
    across, down, unit = _unit(upright, canvas)
    if unit:
        notes.append(f"the boxes were read as {unit}")
    boxes = {}
    for id in edges:
        box = _clipped(upright[id], across, down) if id in upright else None
        if box is None:
            notes.append(f"`{id}` has no usable box")
            continue
        boxes[id], cut = box
        if cut:
            notes.append(f"the box of `{id}` left the picture and was cut at its edge")
    return Boxes(boxes, tuple(notes))


def _refuse_sizes_for_corners(edges: Mapping[str, Edges]) -> None:
    flipped = [id for id, (left, top, right, bottom) in edges.items() if right <= left or bottom <= top]
    if len(flipped) > 1 and 2 * len(flipped) > len(edges):
        raise BadReply(f"the boxes of {', '.join(f'`{id}`' for id in flipped[:5])} end before they begin, as if "
                       f"`right` and `bottom` were width and height; {_ASK}")


def _unit(edges: Mapping[str, Edges], canvas: Canvas) -> tuple[float, float, str]:
    """What one whole picture is across and down in the unit of `edges`, and its name where it is not the grid's."""
    reach = {id: max(map(abs, e)) for id, e in edges.items()}
    most, least = max(reach.values(), default=GRID), min(reach.values(), default=GRID)
    if most <= _SLACK:
        return 1.0, 1.0, "fractions of the picture"
    if least <= 1.0:
        raise BadReply(f"some boxes are in fractions and some are not; {_ASK}")
    if most <= 100.0:
        raise BadReply(f"all boxes lie within 0 to {most:g}, which is a corner of the picture or per cent; {_ASK}")
    if most <= GRID * _SLACK:
        return GRID, GRID, ""
    return _pixels(edges, canvas)


def _pixels(edges: Mapping[str, Edges], canvas: Canvas) -> tuple[float, float, str]:
    x = max(max(abs(e[0]), abs(e[2])) for e in edges.values())
    y = max(max(abs(e[1]), abs(e[3])) for e in edges.values())
    if x <= canvas.width and y <= canvas.height:
        return float(canvas.width), float(canvas.height), f"pixels of {canvas.width} × {canvas.height}"
    swapped = y <= canvas.width and x <= canvas.height
    raise BadReply(f"the boxes reach {x:g} across and {y:g} down" +
                   (", as if across and down were swapped" if swapped else "") + f"; {_ASK}")


def _clipped(edges: Edges, across: float, down: float) -> tuple[Box, bool] | None:
    left, top, right, bottom = edges[0] / across, edges[1] / down, edges[2] / across, edges[3] / down
    inside = max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0)
    if inside[2] - inside[0] < _THINNEST or inside[3] - inside[1] < _THINNEST:
        return None
    return Box.of(*inside), inside != (left, top, right, bottom)


def turned(boxes: Mapping[str, Box]) -> dict[str, Box]:
    """The boxes with across and down exchanged."""
    return {id: Box.of(box.y0, box.x0, box.y1, box.x1) for id, box in boxes.items()}
