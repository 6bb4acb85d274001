"""Relations of support, containment and contact: boxes overlap, and one end mostly goes where the other goes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from planner import geometry
from planner.relations.aim import Aim, Body, Style, sides, within
from planner.relations.row import Fitting, Pair, Ratio, Row
from planner.sizes import worn_at


def _on(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    i, j = a.at, b.at
    low, touch = min(a.h, b.h), (a.h + b.h) / 2
    yield from within(a, b, touch - 0.12 * low, touch - 0.04 * low, 1)
    slack = max((b.w - 0.6 * a.w) / 2, 0.05 * a.w)
    yield from within(a, b, -slack, slack, 0)
    yield Aim(i, j, 1.0, 0.85, 0.0, True)
    yield Aim(i, j, -1.0, 0.85, 0.0, True)


def _under(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    touch = (a.h + b.h) / 2
    yield Aim(b.at, a.at, 0.0, 1.0, touch - 0.08 * min(a.h, b.h))
    yield Aim(b.at, a.at, 0.0, -1.0, -touch - 0.12, True)
    yield Aim(b.at, a.at, 1.0, 0.85, 0.01)
    yield Aim(b.at, a.at, -1.0, 0.85, 0.01)
    yield from within(b, a, -0.45 * b.w, 0.45 * b.w, 0)


def lying_in(a: Body, b: Body, style: Style, slanted: bool = False) -> Iterator[Aim]:
    """Within the other on all sides."""
    dx, dy = max((b.w - a.w) / 2, 0.0), max((b.h - a.h) / 2, 0.0)
    yield from within(b, a, -0.92 * dx, 0.92 * dx, 0)
    yield from within(b, a, -0.92 * dy, 0.92 * dy, 1)


def _holding(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    """At one side of it; where another claim asks for it, every other turn over its head or at its feet."""
    if style.contact and style.turn % 4 >= 2:
        p, q = (b, a) if style.turn % 4 == 2 else (a, b)
        touch = (a.h + b.h) / 2
        yield from within(p, q, touch - 0.2 * b.h, touch - 0.12 * b.h, 1)
        yield from within(a, b, -0.3 * (a.w - b.w), 0.3 * (a.w - b.w), 0)
        return
    p, q = sides(a, b, style)
    yield from within(p, q, 0.25 * a.w, 0.5 * a.w + (0.38 * b.w if style.contact else 0.0), 0)
    yield from within(a, b, -0.15 * a.h, 0.18 * a.h, 1)


def _wearing(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    slot = worn_at(b.noun)
    reach = min(abs(slot) * a.h, max(a.h / 2 - 0.2 * b.h, 0.0))
    level = math.copysign(reach, slot)
    yield from within(a, b, level - 0.02, level + 0.02, 1)
    yield from within(a, b, -0.05 * a.w, 0.05 * a.w, 0)


def _part_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    for axis, slack in enumerate(((b.w - 0.6 * a.w) / 2, (b.h - 0.6 * a.h) / 2)):
        yield from within(b, a, -max(slack, 0.0), max(slack, 0.0), axis)


def _riding(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    touch = (a.h + b.h) / 2
    low = min(a.h, b.h)
    yield from within(a, b, touch - 0.5 * low, touch - 0.3 * low, 1)
    yield from within(a, b, -0.15 * b.w, 0.15 * b.w, 0)


ROWS: tuple[Row, ...] = (
    Pair("on", ("on", "on top of", "atop", "upon", "standing on", "sitting on", "lying on", "resting on", "perched on"),
         overlap="may", nearer=+1, denial="next_to", share="some", say="{a} is on {b}", order=("y", 1), seat=0.9,
         guest="subject", test=geometry.on, aim=_on),
    Pair("under", ("under",),
         overlap="may", denial="above", share="some", say="{a} is under {b}", order=("y", -1), seat=0.6,
         test=geometry.under, aim=_under),
    Pair("in", ("in", "inside", "inside of", "within", "contained in", "into"),
         overlap="must", nearer=+1, denial="next_to", share="some", say="{a} is in {b}", order=("size", -1),
         guest="subject", grip="within", test=geometry.inside, aim=lying_in),
    Pair("holding", ("holding", "carrying", "holds", "carries", "with in hand", "hugging", "grasping"),
         overlap="must", nearer=-1, denial="next_to", share="some", say="{a} holds {b}", sided=True,
         guest="object", grip="within", sizes=(Fitting(0.7),), test=geometry.holding, aim=_holding),
    Pair("wearing", ("wearing", "wears", "dressed in"),
         overlap="must", nearer=-1, denial="next_to", share="some", say="{a} wears {b}",
         guest="object", grip="grown", sizes=(Fitting(0.7),), test=geometry.wearing, aim=_wearing),
    Pair("part_of", (),
         overlap="may", nearer=+1, denial="next_to", share="some", say="{a} is part of {b}",
         guest="subject", grip="grown", test=geometry.part_of, aim=_part_of),
    Pair("riding", ("riding", "rides", "astride"),
         overlap="must", nearer=+1, denial="next_to", share="some", say="{a} rides {b}", order=("y", 1), seat=0.9,
         guest="subject", sizes=(Ratio("w", 0.9, turned=True),), test=geometry.riding, aim=_riding),
)
