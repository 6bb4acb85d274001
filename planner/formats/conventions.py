"""How four numbers are a box: their order and unit, named; and what numbers look like that were meant otherwise.

Axis order, origin, unit and clamping differ in nearly every pair of formats, and a wrong guess gives a plausible wrong
layout. So a file that does not fit its format is refused, with the reading under which it would fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from planner.errors import FormatError
from planner.scene import Box, Canvas

NumberOrder = Literal["xyxy", "xywh", "yxyx", "yxhw", "cxcywh"]

_NAMES: dict[NumberOrder, str] = {
    "xyxy": "[x_min, y_min, x_max, y_max]", "xywh": "[x, y, width, height]",
    "yxyx": "[y_min, x_min, y_max, x_max]", "yxhw": "[y, x, height, width]",
    "cxcywh": "[x_centre, y_centre, width, height]",
}
MOST_BOXES = 1000
_LARGEST = 1e6
_ROUNDING = 0.002
"""Share of the canvas by which a box may pass its edge through rounding alone."""


@dataclass(frozen=True)
class Convention:
    """An order of four numbers, and how much the whole canvas is in their unit (`None`: its pixels)."""

    order: NumberOrder
    whole: float | None
    decimals: int = 0
    slack: float = _ROUNDING
    """Share of the canvas by which a box may leave it."""

    def scale(self, canvas: Canvas) -> tuple[float, float]:
        """The canvas across and down, in the unit of the numbers."""
        return (canvas.width, canvas.height) if self.whole is None else (self.whole, self.whole)

    def words(self, canvas: Canvas) -> str:
        """The convention as a person would say it."""
        unit = f"pixels of {canvas.width} × {canvas.height}" if self.whole is None else f"0 to {self.whole:g}"
        return f"{_NAMES[self.order]} in {unit}"

    def corners(self, numbers: Sequence[float], canvas: Canvas) -> tuple[float, float, float, float]:
        """`x0, y0, x1, y1` in fractions of the canvas."""
        p, q, r, s = numbers
        x0, y0, x1, y1 = {"xyxy": (p, q, r, s), "xywh": (p, q, p + r, q + s), "yxyx": (q, p, s, r),
                          "yxhw": (q, p, q + s, p + r),
                          "cxcywh": (p - r / 2, q - s / 2, p + r / 2, q + s / 2)}[self.order]
        across, down = self.scale(canvas)
        return x0 / across, y0 / down, x1 / across, y1 / down

    def numbers(self, box: Box, canvas: Canvas) -> list[float]:
        """The four numbers of a box, rounded; a box never loses its size to rounding."""
        across, down = self.scale(canvas)
        x, w = self._span(box.x0, box.x1, across)
        y, h = self._span(box.y0, box.y1, down)
        four = {"xyxy": (x, y, x + w, y + h), "xywh": (x, y, w, h), "yxyx": (y, x, y + h, x + w), "yxhw": (y, x, h, w),
                "cxcywh": (x + w / 2, y + h / 2, w, h)}[self.order]
        halves = self.order == "cxcywh"  # A centre lies on half a step, so it takes one more decimal.
        return [round(n, self.decimals + halves) if self.decimals else int(n) for n in four]

    def _span(self, low: float, high: float, whole: float) -> tuple[float, float]:
        """Start and length in the format's own steps; at least one step long and, where the box was, on the canvas."""
        steps = 10 ** self.decimals
        first, last = round(low * whole * steps), round(high * whole * steps)
        if last <= first:
            first = min(first, math.ceil(whole * steps) - 1) if high <= 1.0 else first
            last = first + 1
        return first / steps, (last - first) / steps


def boxes_from(quads: Sequence[object], convention: Convention, canvas: Canvas) -> list[Box]:
    """The boxes that `quads` mean; `FormatError` where one is malformed, or where they do not fit the convention."""
    few_enough(quads)
    numbers = [four_numbers(quad, i) for i, quad in enumerate(quads, 1)]
    if trouble := _trouble(numbers, convention, canvas):
        raise FormatError(f"{trouble}.{_guess(numbers, convention, canvas)}")
    return [Box.of(*convention.corners(four, canvas)) for four in numbers]


def few_enough(boxes: Sequence[object]) -> None:
    """Refuse a file with more boxes than a layout may have, before anything is done with them."""
    if len(boxes) > MOST_BOXES:
        raise FormatError(f"the file has {len(boxes)} boxes; a layout has at most {MOST_BOXES}")


def four_numbers(quad: object, place: int) -> tuple[float, float, float, float]:
    """Four finite numbers, or a `FormatError` that says what is there instead."""
    if not isinstance(quad, list | tuple) or len(quad) != 4:
        what = f"{len(quad)} numbers" if isinstance(quad, list | tuple) else f"a {type(quad).__name__}"
        raise FormatError(f"box {place} needs a list of 4 numbers, got {what}")
    for number in quad:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise FormatError(f"box {place} needs 4 numbers, got a {type(number).__name__} among them")
        if not abs(number) < _LARGEST:
            raise FormatError(f"box {place} needs 4 finite numbers of less than {_LARGEST:g}")
    p, q, r, s = quad
    return float(p), float(q), float(r), float(s)


def leaving(box: Box, slack: float = _ROUNDING) -> bool:
    """Whether a box passes the edge of the canvas by more than `slack`."""
    return min(box.x0, box.y0) < -slack or max(box.x1, box.y1) > 1.0 + slack


def _trouble(quads: Sequence[Sequence[float]], convention: Convention, canvas: Canvas) -> str:
    """Why the numbers cannot be meant as the convention says; "" where they can."""
    said = convention.words(canvas)
    for place, quad in enumerate(quads, 1):
        x0, y0, x1, y1 = convention.corners(quad, canvas)
        if x1 <= x0 or y1 <= y0:
            return f"box {place}, {list(quad)}, has no size as {said}"
        if min(x0, y0) < -convention.slack or max(x1, y1) > 1.0 + convention.slack:
            return f"box {place}, {list(quad)}, is not on the canvas as {said}"
    out = sum(leaving(Box.of(*convention.corners(quad, canvas))) for quad in quads)
    if out > 1 and 2 * out > len(quads):
        return f"{out} of {len(quads)} boxes leave the canvas as {said}"
    if quads and convention.scale(canvas)[0] > 2.0 and max(map(max, quads)) <= 1.0:
        return f"all numbers are at most 1, which is next to nothing as {said}"
    return ""


def _guess(quads: Sequence[Sequence[float]], meant: Convention, canvas: Canvas) -> str:
    """The readings under which everything would fit, in words; those that differ in one respect first."""
    readings = sorted((Convention(order, whole) for whole in (1.0, 1000.0, None) for order in _NAMES
                       if (order, whole) != (meant.order, meant.whole)),
                      key=lambda reading: (reading.order != meant.order) + (reading.whole != meant.whole))
    fitting = [r.words(canvas) for r in readings if not _trouble(quads, r, canvas) and _spread(quads, r, canvas)]
    if not fitting:
        return f" Expected {meant.words(canvas)}; no other usual reading fits either"
    return f" Expected {meant.words(canvas)}; it looks like {' or '.join(fitting[:3])}"


def _spread(quads: Sequence[Sequence[float]], reading: Convention, canvas: Canvas) -> bool:
    """Whether the boxes use a fair part of the canvas, and not only a corner of it, as in a unit that is too large."""
    boxes = [reading.corners(quad, canvas) for quad in quads]
    return max(max(x1, y1) for _, _, x1, y1 in boxes) > 0.3
