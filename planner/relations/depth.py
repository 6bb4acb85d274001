"""Relations in depth: one thing covers a part of another."""

from __future__ import annotations

from collections.abc import Iterator

from planner import geometry
from planner.relations.aim import Aim, Body, Style, sides, within
from planner.relations.row import Pair, Ratio, Row


def _in_front_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    wide, high = (a.w + b.w) / 2, (a.h + b.h) / 2
    yield from within(a, b, -wide + 0.5 * min(a.w, b.w), wide - 0.5 * min(a.w, b.w), 0)
    yield from within(a, b, -high + 0.55 * min(a.h, b.h), high - 0.55 * min(a.h, b.h), 1)
    yield Aim(b.at, a.at, 0.0, 1.0, (b.h - a.h) / 2 + 0.02, True)
    if a.w * a.h > 0.5 * b.w * b.h:
        p, q = sides(a, b, style)
        yield Aim(p.at, q.at, 1.0, 0.0, wide - 0.6 * b.w)


def _behind(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _in_front_of(b, a, style, slanted)


def _hidden_by(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    wide, high = (a.w + b.w) / 2, (a.h + b.h) / 2
    p, q = sides(a, b, style)
    yield from within(p, q, wide - 0.7 * min(a.w, b.w), wide - 0.58 * min(a.w, b.w), 0)
    yield from within(a, b, -high + 0.7 * min(a.h, b.h), high - 0.7 * min(a.h, b.h), 1)


ROWS: tuple[Row, ...] = (
    Pair("in_front_of", ("in front of", "in the front of"),
         overlap="must", nearer=+1, opposite="behind", denial="behind", share="any", say="{a} is in front of {b}",
         sizes=(Ratio("area", 0.5, turned=True), Ratio("area", 0.12)),
         test=geometry.in_front_of, aim=_in_front_of),
    Pair("behind", ("behind", "in back of", "at the back of"),
         overlap="must", nearer=-1, opposite="in_front_of", denial="in_front_of", share="any",
         say="{a} is behind {b}",
         sizes=(Ratio("area", 0.5), Ratio("area", 0.12, turned=True)),
         test=geometry.behind, aim=_behind),
    Pair("hidden_by", ("hidden by", "obscured by", "occluded by", "partially hidden by", "covered by", "hidden behind"),
         overlap="must", nearer=-1, denial="in_front_of", share="some", say="{a} is partly hidden by {b}", sided=True,
         sizes=(Ratio("w", 0.85, turned=True), Ratio("h", 0.85, turned=True), Ratio("area", 0.5),
                Ratio("area", 0.12, turned=True)),
         test=geometry.hidden_by, aim=_hidden_by),
)
