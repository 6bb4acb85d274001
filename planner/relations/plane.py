"""Relations in the plane: left, right, above, below, beside, near and far."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from planner import geometry
from planner.relations.aim import Aim, Body, Style, flipped, same_ground, sides, turned, within
from planner.relations.row import Pair, Pool, Row


def _left_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    i, j = a.at, b.at
    yield Aim(i, j, 1.0, 0.0, (a.w + b.w) / 2 + style.gap(a.w, b.w))
    steep = 1.15 if slanted else 0.88
    yield Aim(i, j, steep, 1.0, 0.01)
    yield Aim(i, j, steep, -1.0, 0.01)
    if not slanted:
        yield Aim(i, j, 0.45, 1.0, 0.0, True)
        yield Aim(i, j, 0.45, -1.0, 0.0, True)


def _right_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _left_of(b, a, style, slanted)


def _above(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return flipped(_left_of(turned(a), turned(b), style, slanted))


def _below(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _above(b, a, style, slanted)


def _next_to(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    p, q = sides(a, b, style)
    touch = (p.w + q.w) / 2
    gap = style.gap(p.w, q.w) * (1.0 if style.contact else 0.3)
    yield from within(p, q, touch + gap, touch + gap + 0.1, 0)
    yield Aim(p.at, q.at, 0.85, 1.0, 0.01)
    yield Aim(p.at, q.at, 0.85, -1.0, 0.01)
    yield from within(p, q, -0.25, 0.25, 1)
    yield from same_ground(p, q)


def _near(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return flipped(_near_x(turned(a), turned(b), style))
    return chain(_near_x(a, b, style), same_ground(a, b))


def _near_x(a: Body, b: Body, style: Style) -> Iterator[Aim]:
    p, q = sides(a, b, style)
    touch = (p.w + q.w) / 2
    yield from within(p, q, touch, touch + 0.12, 0)
    yield from within(p, q, -0.22, 0.22, 1)


def _far_from(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return flipped(_far_x(turned(a), turned(b), style))
    return _far_x(a, b, style)


def _far_x(a: Body, b: Body, style: Style) -> Iterator[Aim]:
    p, q = sides(a, b, style)
    yield Aim(p.at, q.at, 1.0, 0.0, (p.w + q.w) / 2 + 0.32)


ROWS: tuple[Row, ...] = (
    Pair("left_of", ("left of", "to the left of", "on the left of", "on the left side of", "at the left of",
                     "to the left side of", "left side of"),
         opposite="right_of", denial="right_of", say="{a} is left of {b}", order=("x", 1),
         test=geometry.left_of, slanted=geometry.left_of, aim=_left_of),
    Pair("right_of", ("right of", "to the right of", "on the right of", "on the right side of", "at the right of",
                      "to the right side of", "right side of"),
         opposite="left_of", denial="left_of", say="{a} is right of {b}", order=("x", -1),
         test=geometry.right_of, slanted=geometry.right_of, aim=_right_of),
    Pair("above", ("above", "over", "on the top of", "higher than", "on top side of"),
         opposite="below", denial="below", say="{a} is above {b}", order=("y", 1),
         test=geometry.above, slanted=geometry.above, aim=_above),
    Pair("below", ("below", "beneath", "underneath", "on the bottom of", "lower than", "at the bottom of"),
         opposite="above", denial="above", say="{a} is below {b}", order=("y", -1),
         test=geometry.below, slanted=geometry.below, aim=_below),
    Pool("next_to", ("next to", "beside", "alongside", "adjacent to", "by the side of", "on the side of",
                     "on side of", "at the side of", "to the side of", "side by side with"),
         opposite="next_to", denial="far_from", say="{a} is next to {b}", test=geometry.next_to, aim=_next_to),
    Pool("near", ("near", "close to", "by", "nearby"),
         overlap="may", opposite="near", denial="far_from", say="{a} is near {b}", test=geometry.near, aim=_near),
    Pair("far_from", ("far from", "far away from", "away from"), sided=True,
         opposite="far_from", denial="near", say="{a} is far from {b}", test=geometry.far_from, aim=_far_from),
)
