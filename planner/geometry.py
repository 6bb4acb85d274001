"""The geometry of relations: a test with a margin for what each of them demands of boxes.

A margin is the smallest slack among the conditions of a test: zero or more means that it holds. Lengths are in
units of the canvas's shorter side, so that angles are angles on canvases of any shape; shares are plain numbers.

The tests in the plane are the conjunction of the rules that the public benchmarks use, so that a layout which
passes here passes there: order of centres and of both edges (HRS-Bench), the dominant axis within 45 degrees (NSR-1K,
T2I-CompBench), the offset that remains after 10 % of both sizes (GenEval), little overlap (T2I-CompBench).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from planner.scene import Box, Canvas

STRICT = 1e-3
"""How much a strict inequality must be passed by; far above rounding, far below sight."""
TOUCH = 0.1
"""IoU above which two things count as overlapping."""

MIN_AREA = 0.002
MIN_SIDE = 0.02
"""The least share of the canvas, and of its width or height, that can be painted."""


class Rect(NamedTuple):
    """An upright rectangle in units of the canvas's shorter side: centre and size."""

    cx: float
    cy: float
    w: float
    h: float

    @classmethod
    def of(cls, box: Box, canvas: Canvas) -> Rect:
        """The rectangle of a box on this canvas."""
        x, y = canvas.units
        return cls(box.cx * x, box.cy * y, box.w * x, box.h * y)

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.cx - self.w / 2

    @property
    def x1(self) -> float:
        """Right edge."""
        return self.cx + self.w / 2

    @property
    def y0(self) -> float:
        """Upper edge."""
        return self.cy - self.h / 2

    @property
    def y1(self) -> float:
        """Lower edge."""
        return self.cy + self.h / 2

    @property
    def area(self) -> float:
        """Area."""
        return self.w * self.h

    def turned(self) -> Rect:
        """The same with x and y exchanged: tests along y are tests along x of turned rectangles."""
        return Rect(self.cy, self.cx, self.h, self.w)


class Frame(NamedTuple):
    """The canvas in units of its shorter side."""

    width: float
    height: float


def shared(a: Rect, b: Rect) -> float:
    """The area that both cover."""
    w = min(a.x1, b.x1) - max(a.x0, b.x0)
    h = min(a.y1, b.y1) - max(a.y0, b.y0)
    return w * h if w > 0 and h > 0 else 0.0


def iou(a: Rect, b: Rect) -> float:
    """Intersection over union."""
    both = shared(a, b)
    return both / (a.area + b.area - both)


def hull(some: Iterable[Rect]) -> Rect:
    """The smallest rectangle around all of them."""
    rects = list(some)
    x0, x1 = min(r.x0 for r in rects), max(r.x1 for r in rects)
    y0, y1 = min(r.y0 for r in rects), max(r.y1 for r in rects)
    return Rect((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)


def gap(a: Rect, b: Rect) -> float:
    """The distance between the nearest points of both; 0 when they touch or overlap."""
    x = max(abs(a.cx - b.cx) - (a.w + b.w) / 2, 0.0)
    y = max(abs(a.cy - b.cy) - (a.h + b.h) / 2, 0.0)
    return math.hypot(x, y)


def left_of(a: Rect, b: Rect, slanted: bool = False) -> float:
    """`a` is left of `b`: order of centres and both edges, GenEval's margin, and the dominant axis unless `slanted`.

    `slanted` is for pairs that are also ordered along the other axis ("above and to the left of"): no direction can be
    dominant for both.
    """
    dx, dy = b.cx - a.cx, abs(b.cy - a.cy)
    rest = dx - 0.1 * (a.w + b.w) - 0.5 * math.hypot(dx, dy)
    margin = min(dx, b.x0 - a.x0, b.x1 - a.x1, rest, TOUCH - iou(a, b))
    return (margin if slanted else min(margin, dx - dy)) - STRICT


def right_of(a: Rect, b: Rect, slanted: bool = False) -> float:
    """`a` is right of `b`."""
    return left_of(b, a, slanted)


def above(a: Rect, b: Rect, slanted: bool = False) -> float:
    """`a` is above `b`."""
    return left_of(a.turned(), b.turned(), slanted)


def below(a: Rect, b: Rect, slanted: bool = False) -> float:
    """`a` is below `b`."""
    return above(b, a, slanted)


NEAR_GAP = 0.18
NEAR_CENTRES = 150 / 512
"""T2I-CompBench: near when the centres are within 150 of 512 pixels on either axis."""


def near(a: Rect, b: Rect) -> float:
    """A small gap, and T2I-CompBench's rule on the centres."""
    offset = min(abs(a.cx - b.cx), abs(a.cy - b.cy))
    covered = shared(a, b) / min(a.area, b.area)
    return min(NEAR_GAP - gap(a, b), NEAR_CENTRES - offset, 0.5 - covered) - STRICT


def next_to(a: Rect, b: Rect) -> float:
    """Near, beside each other rather than one above the other, and apart."""
    return min(near(a, b), abs(a.cx - b.cx) - abs(a.cy - b.cy) - STRICT, TOUCH - iou(a, b) - STRICT)


def far_from(a: Rect, b: Rect) -> float:
    """A wide gap."""
    return gap(a, b) - 0.3


def on(a: Rect, b: Rect) -> float:
    """`b` carries `a`, which stands on it or, where that is seen from above or upright, lies or hangs on it."""
    return max(standing_on(a, b), lying_on(a, b))


def standing_on(a: Rect, b: Rect) -> float:
    """The foot of `a` is within `b`, its centre over `b` and above the centre of `b`."""
    over = (b.w + 0.2 * a.w) / 2 - abs(a.cx - b.cx)
    return min(over, a.y1 - b.y0 + 0.02, b.y1 - a.y1, b.cy - a.cy - STRICT, b.y0 - a.y0 - STRICT)


def lying_on(a: Rect, b: Rect) -> float:
    """Seven tenths of `a` are within `b`, which is larger, and its centre is."""
    centre = min(b.w / 2 - abs(a.cx - b.cx), b.h / 2 - abs(a.cy - b.cy))
    return min(shared(a, b) / a.area - 0.7, centre, 0.9 - a.area / b.area)


def under(a: Rect, b: Rect) -> float:
    """`a` is lower than `b` and beneath it rather than beside it."""
    dx, dy = abs(a.cx - b.cx), a.cy - b.cy
    return min(dy - dx, a.y1 - b.y1, (a.w + b.w) / 2 - dx) - STRICT


def inside(a: Rect, b: Rect) -> float:
    """`a` is within `b`, or stands in it and sticks out, as flowers do of a vase and people of a boat."""
    return max(within(a, b), standing_in(a, b))


def within(a: Rect, b: Rect) -> float:
    """Nine tenths of `a` are within `b`, which is larger."""
    return min(shared(a, b) / a.area - 0.9, 0.9 - a.area / b.area)


def standing_in(a: Rect, b: Rect) -> float:
    """A quarter of the height of `a` and its foot are within `b`, over whose upper edge the rest is."""
    aside = b.w / 2 - abs(a.cx - b.cx) - 0.25 * a.w
    return min(aside, a.y1 - b.y0 - 0.25 * a.h, a.y1 - b.y0 - 0.3 * b.h, b.y1 - a.y1, b.y0 - a.y0)


def holding(a: Rect, b: Rect) -> float:
    """`b` touches `a`: a tenth of the smaller one is shared."""
    return shared(a, b) / min(a.area, b.area) - 0.1


def wearing(a: Rect, b: Rect) -> float:
    """A fifth of what is worn lies on the wearer, or it sits on top: most of a hat is above the head."""
    on_top = min(b.y1 - a.y0 + 0.02, a.y0 - b.cy, a.w / 2 - abs(a.cx - b.cx))
    return max(shared(a, b) / b.area - 0.2, on_top)


def part_of(a: Rect, b: Rect) -> float:
    """Half of the part lies on the whole, which is larger."""
    return min(shared(a, b) / a.area - 0.5, 0.9 - a.area / b.area)


def riding(a: Rect, b: Rect) -> float:
    """`a` sits on `b`: its foot within `b`, centre above centre, over the middle."""
    return min(b.w / 2 - abs(a.cx - b.cx), a.y1 - b.y0, b.y1 - a.y1 + 0.05, b.cy - a.cy - STRICT)


def in_front_of(a: Rect, b: Rect) -> float:
    """`a` covers a visible part of `b` and leaves a visible part (the order in depth is tested apart)."""
    both = shared(a, b)
    return min(both / min(a.area, b.area) - 0.12, 0.8 - both / b.area)


def behind(a: Rect, b: Rect) -> float:
    """`b` is in front of `a`."""
    return in_front_of(b, a)


def hidden_by(a: Rect, b: Rect) -> float:
    """`b` covers a good part of `a`, not all of it."""
    share = shared(a, b) / a.area
    return min(share - 0.25, 0.85 - share)


LARGER = 1.3
TALLER = 1.15
SAME = 1.25


def larger_than(a: Rect, b: Rect) -> float:
    """Area, by a factor of at least 1.3."""
    return a.area / (b.area * LARGER) - 1


def smaller_than(a: Rect, b: Rect) -> float:
    """Area, by a factor of at least 1.3."""
    return larger_than(b, a)


def taller_than(a: Rect, b: Rect) -> float:
    """Height, by a factor of at least 1.15."""
    return a.h / (b.h * TALLER) - 1


def shorter_than(a: Rect, b: Rect) -> float:
    """Height, by a factor of at least 1.15."""
    return taller_than(b, a)


def wider_than(a: Rect, b: Rect) -> float:
    """Width, by a factor of at least 1.15."""
    return a.w / (b.w * TALLER) - 1


def narrower_than(a: Rect, b: Rect) -> float:
    """Width, by a factor of at least 1.15."""
    return wider_than(b, a)


def same_size(a: Rect, b: Rect) -> float:
    """Areas within a factor of 1.25."""
    return 1 - max(a.area / b.area, b.area / a.area) / SAME


def between(a: Rect, others: Sequence[Rect]) -> float:
    """Between two others along one axis, by centres and edges; among more than two."""
    if len(others) != 2:
        return surrounded_by(a, others)
    b, c = others
    turned = a.turned(), b.turned(), c.turned()
    return max(_after(a, b, c), _after(a, c, b), _after(*turned), _after(turned[0], turned[2], turned[1]))


def _after(a: Rect, first: Rect, last: Rect) -> float:
    order = (a.cx - first.cx, a.x0 - first.x0, a.x1 - first.x1, last.cx - a.cx, last.x0 - a.x0, last.x1 - a.x1)
    return min(order) - STRICT


def surrounded_by(a: Rect, others: Sequence[Rect]) -> float:
    """Seen from the centre of `a`, no half of the view is free of others; between two; within one."""
    if len(others) == 1:
        (b,) = others
        return min(b.w / 2 - abs(a.cx - b.cx), b.h / 2 - abs(a.cy - b.cy), 0.9 - a.area / b.area)
    if len(others) == 2:
        return between(a, others)
    angles = sorted(math.atan2(b.cy - a.cy, b.cx - a.cx) for b in others)
    widest = max(2 * math.pi + angles[0] - angles[-1], *(q - p for p, q in pairwise(angles)))
    return (math.pi - widest) / math.pi


def at_left(a: Rect, frame: Frame) -> float:
    """The centre is in the left third."""
    return frame.width / 3 - a.cx


def at_right(a: Rect, frame: Frame) -> float:
    """The centre is in the right third."""
    return a.cx - frame.width * 2 / 3


def at_top(a: Rect, frame: Frame) -> float:
    """The centre is in the upper third."""
    return frame.height / 3 - a.cy


def at_bottom(a: Rect, frame: Frame) -> float:
    """The centre is in the lower third."""
    return a.cy - frame.height * 2 / 3


def at_center(a: Rect, frame: Frame) -> float:
    """The centre is in the middle third of both axes."""
    return min(frame.width / 6 - abs(a.cx - frame.width / 2), frame.height / 6 - abs(a.cy - frame.height / 2))


def at_top_left(a: Rect, frame: Frame) -> float:
    """In the left and in the upper third."""
    return min(at_left(a, frame), at_top(a, frame))


def at_top_right(a: Rect, frame: Frame) -> float:
    """In the right and in the upper third."""
    return min(at_right(a, frame), at_top(a, frame))


def at_bottom_left(a: Rect, frame: Frame) -> float:
    """In the left and in the lower third."""
    return min(at_left(a, frame), at_bottom(a, frame))


def at_bottom_right(a: Rect, frame: Frame) -> float:
    """In the right and in the lower third."""
    return min(at_right(a, frame), at_bottom(a, frame))


FAR = 0.1


def at_far_left(a: Rect, frame: Frame) -> float:
    """In the left third, close to the edge."""
    return min(at_left(a, frame), FAR * frame.width - a.x0)


def at_far_right(a: Rect, frame: Frame) -> float:
    """In the right third, close to the edge."""
    return min(at_right(a, frame), a.x1 - (1 - FAR) * frame.width)


def at_corner(a: Rect, frame: Frame) -> float:
    """In a corner of the canvas, or standing at its left or right as in the corner of a room."""
    stands = min(max(at_left(a, frame), at_right(a, frame)), a.y1 - frame.height * 2 / 3)
    return max(at_top_left(a, frame), at_top_right(a, frame), stands)


def at_edge(a: Rect, frame: Frame) -> float:
    """Close to any edge."""
    return FAR - min(a.x0, a.y0, frame.width - a.x1, frame.height - a.y1)


def in_foreground(a: Rect, frame: Frame) -> float:
    """Stands in the lower part (the order in depth is tested apart)."""
    return a.y1 - 0.6 * frame.height


def in_background(a: Rect, frame: Frame) -> float:
    """Does not stand at the lower edge (the order in depth is tested apart)."""
    return 0.85 * frame.height - a.y1
