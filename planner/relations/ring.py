"""Relations of one thing with several at once: between, among, surrounded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from planner import geometry
from planner.relations.aim import Aim, Body, Style, flipped, sides, turned, within
from planner.relations.row import Ring, Row
from planner.relations.support import lying_in


def _ringed(a: Body, others: Sequence[Body], style: Style) -> Iterator[Aim]:
    if len(others) == 1:
        return lying_in(a, others[0], style)
    if len(others) == 2:
        return _between(a, others[0], others[1], style)
    return _around(a, others, style)


def _between(a: Body, b: Body, c: Body, style: Style) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return flipped(_between_x(turned(a), turned(b), turned(c), style))
    return _between_x(a, b, c, style)


def _between_x(a: Body, b: Body, c: Body, style: Style) -> Iterator[Aim]:
    p, q = sides(b, c, style)
    for left, right in ((p, a), (a, q)):
        yield Aim(left.at, right.at, 1.0, 0.0, (left.w + right.w) / 2 + style.gap(left.w, right.w))
        yield from within(left, right, -0.12, 0.12, 1, True)


def _around(a: Body, others: Sequence[Body], style: Style) -> Iterator[Aim]:
    """The others at even angles round `a`, in the order in which they are seen from it now."""
    n = len(others)
    ordered = sorted(others, key=lambda b: (math.atan2(b.y - a.y, b.x - a.x), b.at))
    start = math.atan2(ordered[0].y - a.y, ordered[0].x - a.x) + 0.4 * style.turn
    wide = math.tan(min(0.5 * math.pi / n, 0.4))
    for k, b in enumerate(ordered):
        ux, uy = math.cos(start + 2 * math.pi * k / n), math.sin(start + 2 * math.pi * k / n)
        reach = min((a.w + b.w) / 2 / max(abs(ux), 1e-6), (a.h + b.h) / 2 / max(abs(uy), 1e-6))
        gap = style.gap(min(a.w, a.h), min(b.w, b.h))
        yield Aim(a.at, b.at, ux, uy, reach + (gap if style.contact else 0.5 * gap))
        yield Aim(a.at, b.at, wide * ux - uy, wide * uy + ux, 0.0)
        yield Aim(a.at, b.at, wide * ux + uy, wide * uy - ux, 0.0)


ROWS: tuple[Row, ...] = (
    Ring("between", ("between", "in between"),
         denial="near", say="{a} is between {b}", test=geometry.between, aim=_ringed),
    Ring("among", ("among", "amongst", "amid", "in the middle of", "in the midst of"),
         overlap="may", denial="far_from", say="{a} is among {b}", test=geometry.surrounded_by, aim=_ringed),
    Ring("surrounded_by", ("surrounded by", "encircled by", "ringed by", "flanked by"),
         overlap="may", denial="far_from", say="{a} is surrounded by {b}",
         test=geometry.surrounded_by, aim=_ringed),
)
