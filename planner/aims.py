"""What a claim asks of positions, as linear inequalities between centres, once the sizes are known.

Aims are a little stricter than the tests in `planner.geometry`: whatever meets the aims passes the tests with room to
spare. Aims marked `nice` make a better picture and are given up first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import FAR, Frame
from planner.relations import TABLE
from planner.sizes import worn_at

CANVAS = -1
"""The index that stands for the canvas, a thing at the origin that never moves."""


class Aim(NamedTuple):
    """`ax (x_j - x_i) + ay (y_j - y_i) >= c`."""

    i: int
    j: int
    ax: float
    ay: float
    c: float
    nice: bool = False


class Body(NamedTuple):
    """One thing as the aims see it: where it is now (to choose between sides) and how large."""

    at: int
    noun: str
    x: float
    y: float
    w: float
    h: float


class Style(NamedTuple):
    """How generous to be: the breathing room, and which of several ways to satisfy a claim to take."""

    room: float
    turn: int = 0


Pair = Callable[[Body, Body, Style, bool], Iterator[Aim]]


def has_sides(claim: Claim) -> bool:
    """Whether the claim can be satisfied in several ways between which no straight path leads."""
    row = TABLE[claim.relation]
    return row.kind in _SIDED or row.arity in ("pool", "ring") or row.share == "any"


_SIDED = frozenset(("far_from", "holding", "hidden_by", "at_corner", "at_edge"))


def aims_of(claim: Claim, bodies: dict[str, Body], frame: Frame, style: Style) -> list[Aim]:
    """The aims of one claim; a negated claim aims at the row that denies it."""
    row = TABLE[claim.relation]
    if claim.negated:
        row = TABLE.get(row.denial, TABLE["other"])
    some, others = [bodies[id] for id in claim.things], [bodies[id] for id in claim.objects]
    if row.arity == "alone":
        return [aim for a in some for aim in _PLACE[row.kind](a, frame, style)]
    if row.arity == "ring":
        return list(_ring(_massed(some), others, style))
    if row.kind not in _PAIR:
        return []
    if row.arity == "pool" or row.share == "any":
        some, others = _nearest(some, others, style)
    if claim.piled:
        some, others = [max(some, key=lambda a: a.y)], [min(others, key=lambda b: b.y)]
    a, b = some[style.turn % len(some)], others[style.turn % len(others)]
    return list(_PAIR[row.kind](a, b, style, claim.slanted))


def _nearest(some: Sequence[Body], others: Sequence[Body], style: Style) -> tuple[list[Body], list[Body]]:
    """The pair of neighbours through which two groups touch."""
    ranked = sorted((math.hypot(a.x - b.x, a.y - b.y), i, j) for i, a in enumerate(some) for j, b in enumerate(others))
    _, i, j = ranked[style.turn % len(ranked)]
    return [some[i]], [others[j]]


def _flip(aims: Iterator[Aim]) -> Iterator[Aim]:
    """Exchange x and y."""
    return (Aim(a.i, a.j, a.ay, a.ax, a.c, a.nice) for a in aims)


def _turned(a: Body) -> Body:
    return Body(a.at, a.noun, a.y, a.x, a.h, a.w)


def _within(a: Body, b: Body, low: float, high: float, axis: int, nice: bool = False) -> Iterator[Aim]:
    """`low <= b - a <= high` along an axis."""
    ax, ay = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
    yield Aim(a.at, b.at, ax, ay, low, nice)
    yield Aim(a.at, b.at, -ax, -ay, -high, nice)


def _left_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    i, j = a.at, b.at
    yield Aim(i, j, 1.0, 0.0, (a.w + b.w) / 2 + style.room)
    steep = 1.15 if slanted else 0.88
    yield Aim(i, j, steep, 1.0, 0.01)
    yield Aim(i, j, steep, -1.0, 0.01)
    if not slanted:
        yield Aim(i, j, 0.45, 1.0, 0.0, True)
        yield Aim(i, j, 0.45, -1.0, 0.0, True)


def _right_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _left_of(b, a, style, slanted)


def _above(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _flip(_left_of(_turned(a), _turned(b), style, slanted))


def _below(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _above(b, a, style, slanted)


def _sides(a: Body, b: Body, style: Style) -> tuple[Body, Body]:
    """The two from left to right, as they are now or, every other turn, the other way round."""
    return (a, b) if (a.x <= b.x) == (style.turn % 2 == 0) else (b, a)


def _next_to(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    p, q = _sides(a, b, style)
    touch = (p.w + q.w) / 2
    yield from _within(p, q, touch + 0.3 * style.room, touch + 0.3 * style.room + 0.1, 0)
    yield Aim(p.at, q.at, 0.85, 1.0, 0.01)
    yield Aim(p.at, q.at, 0.85, -1.0, 0.01)
    yield from _within(p, q, -0.25, 0.25, 1)
    yield from _same_ground(p, q)


def _same_ground(p: Body, q: Body) -> Iterator[Aim]:
    """Things beside each other stand on one ground."""
    level = (p.h - q.h) / 2
    return _within(p, q, level - 0.04, level + 0.04, 1, True)


def _near(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return _flip(_near_x(_turned(a), _turned(b), style))
    return chain(_near_x(a, b, style), _same_ground(a, b))


def _near_x(a: Body, b: Body, style: Style) -> Iterator[Aim]:
    p, q = _sides(a, b, style)
    touch = (p.w + q.w) / 2
    yield from _within(p, q, touch, touch + 0.12, 0)
    yield from _within(p, q, -0.22, 0.22, 1)


def _far_from(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return _flip(_far_x(_turned(a), _turned(b), style))
    return _far_x(a, b, style)


def _far_x(a: Body, b: Body, style: Style) -> Iterator[Aim]:
    p, q = _sides(a, b, style)
    yield Aim(p.at, q.at, 1.0, 0.0, (p.w + q.w) / 2 + 0.32)


def _on(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    i, j = a.at, b.at
    low, touch = min(a.h, b.h), (a.h + b.h) / 2
    yield from _within(a, b, touch - 0.12 * low, touch - 0.04 * low, 1)
    slack = max((b.w - 0.6 * a.w) / 2, 0.05 * a.w)
    yield from _within(a, b, -slack, slack, 0)
    yield Aim(i, j, 1.0, 0.85, 0.0, True)
    yield Aim(i, j, -1.0, 0.85, 0.0, True)


def _under(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    touch = (a.h + b.h) / 2
    yield Aim(b.at, a.at, 0.0, 1.0, touch - 0.08 * min(a.h, b.h))
    yield Aim(b.at, a.at, 0.0, -1.0, -touch - 0.12, True)
    yield Aim(b.at, a.at, 1.0, 0.85, 0.01)
    yield Aim(b.at, a.at, -1.0, 0.85, 0.01)
    yield from _within(b, a, -0.45 * b.w, 0.45 * b.w, 0)


def _in(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    dx, dy = max((b.w - a.w) / 2, 0.0), max((b.h - a.h) / 2, 0.0)
    yield from _within(b, a, -0.92 * dx, 0.92 * dx, 0)
    yield from _within(b, a, -0.92 * dy, 0.92 * dy, 1)


def _holding(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    p, q = _sides(a, b, style)
    yield from _within(p, q, 0.25 * a.w, 0.5 * a.w, 0)
    yield from _within(a, b, -0.15 * a.h, 0.18 * a.h, 1)


def _wearing(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    slot = worn_at(b.noun)
    reach = min(abs(slot) * a.h, max(a.h / 2 - 0.2 * b.h, 0.0))
    level = math.copysign(reach, slot)
    yield from _within(a, b, level - 0.02, level + 0.02, 1)
    yield from _within(a, b, -0.05 * a.w, 0.05 * a.w, 0)


def _part_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    for axis, slack in enumerate(((b.w - 0.6 * a.w) / 2, (b.h - 0.6 * a.h) / 2)):
        yield from _within(b, a, -max(slack, 0.0), max(slack, 0.0), axis)


def _riding(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    touch = (a.h + b.h) / 2
    low = min(a.h, b.h)
    yield from _within(a, b, touch - 0.5 * low, touch - 0.3 * low, 1)
    yield from _within(a, b, -0.15 * b.w, 0.15 * b.w, 0)


def _in_front_of(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    wide, high = (a.w + b.w) / 2, (a.h + b.h) / 2
    yield from _within(a, b, -wide + 0.5 * min(a.w, b.w), wide - 0.5 * min(a.w, b.w), 0)
    yield from _within(a, b, -high + 0.55 * min(a.h, b.h), high - 0.55 * min(a.h, b.h), 1)
    yield Aim(b.at, a.at, 0.0, 1.0, (b.h - a.h) / 2 + 0.02, True)
    if a.w * a.h > 0.5 * b.w * b.h:
        p, q = _sides(a, b, style)
        yield Aim(p.at, q.at, 1.0, 0.0, wide - 0.6 * b.w)


def _behind(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    return _in_front_of(b, a, style, slanted)


def _hidden_by(a: Body, b: Body, style: Style, slanted: bool) -> Iterator[Aim]:
    wide, high = (a.w + b.w) / 2, (a.h + b.h) / 2
    p, q = _sides(a, b, style)
    yield from _within(p, q, wide - 0.7 * min(a.w, b.w), wide - 0.58 * min(a.w, b.w), 0)
    yield from _within(a, b, -high + 0.7 * min(a.h, b.h), high - 0.7 * min(a.h, b.h), 1)


_PAIR: dict[str, Pair] = {
    "left_of": _left_of, "right_of": _right_of, "above": _above, "below": _below,
    "next_to": _next_to, "near": _near, "far_from": _far_from,
    "on": _on, "under": _under, "in": _in, "holding": _holding, "wearing": _wearing, "riding": _riding,
    "part_of": _part_of,
    "in_front_of": _in_front_of, "behind": _behind, "hidden_by": _hidden_by,
}


def _massed(some: Sequence[Body]) -> Body:
    """Several that keep together, as one: the middle one, as large as all of them."""
    x0, x1 = min(b.x - b.w / 2 for b in some), max(b.x + b.w / 2 for b in some)
    y0, y1 = min(b.y - b.h / 2 for b in some), max(b.y + b.h / 2 for b in some)
    middle = min(some, key=lambda b: (b.x - (x0 + x1) / 2) ** 2 + (b.y - (y0 + y1) / 2) ** 2)
    return middle._replace(w=x1 - x0, h=y1 - y0)


def _ring(a: Body, others: Sequence[Body], style: Style) -> Iterator[Aim]:
    if len(others) == 1:
        return _in(a, others[0], style, False)
    if len(others) == 2:
        return _between(a, others[0], others[1], style)
    return _around(a, others, style)


def _between(a: Body, b: Body, c: Body, style: Style) -> Iterator[Aim]:
    if style.turn % 4 >= 2:
        return _flip(_between_x(_turned(a), _turned(b), _turned(c), style))
    return _between_x(a, b, c, style)


def _between_x(a: Body, b: Body, c: Body, style: Style) -> Iterator[Aim]:
    p, q = _sides(b, c, style)
    for left, right in ((p, a), (a, q)):
        yield Aim(left.at, right.at, 1.0, 0.0, (left.w + right.w) / 2 + style.room)
        yield from _within(left, right, -0.12, 0.12, 1, True)


def _around(a: Body, others: Sequence[Body], style: Style) -> Iterator[Aim]:
    """The others at even angles round `a`, in the order in which they are seen from it now."""
    n = len(others)
    ordered = sorted(others, key=lambda b: (math.atan2(b.y - a.y, b.x - a.x), b.at))
    start = math.atan2(ordered[0].y - a.y, ordered[0].x - a.x) + 0.4 * style.turn
    wide = math.tan(min(0.5 * math.pi / n, 0.4))
    for k, b in enumerate(ordered):
        ux, uy = math.cos(start + 2 * math.pi * k / n), math.sin(start + 2 * math.pi * k / n)
        reach = min((a.w + b.w) / 2 / max(abs(ux), 1e-6), (a.h + b.h) / 2 / max(abs(uy), 1e-6))
        yield Aim(a.at, b.at, ux, uy, reach + 0.5 * style.room)
        yield Aim(a.at, b.at, wide * ux - uy, wide * uy + ux, 0.0)
        yield Aim(a.at, b.at, wide * ux + uy, wide * uy - ux, 0.0)


Place = Callable[[Body, Frame, Style], Iterator[Aim]]
INNER = 0.01
WELL = 0.1
"""How far inside, of the canvas, the centre of a thing rather is: who sees it should have no doubt."""


def _band(low: float | None, high: float | None, axis: int) -> Place:
    """The centre between two fractions of the canvas along an axis, and rather well inside."""
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        ax, ay = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
        well = min(WELL * frame[axis], frame[axis] * 0.3 - (a.w, a.h)[axis] / 2)
        for inner, nice in ((INNER, False), *(((well, True),) if well > INNER else ())):
            if low is not None:
                yield Aim(CANVAS, a.at, ax, ay, low * frame[axis] + inner, nice)
            if high is not None:
                yield Aim(CANVAS, a.at, -ax, -ay, inner - high * frame[axis], nice)
    return place


def _both(first: Place, second: Place) -> Place:
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        yield from first(a, frame, style)
        yield from second(a, frame, style)
    return place


def _edge(sign: float, axis: int) -> Place:
    """One edge of the box within reach of one edge of the canvas."""
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        ax, ay = (sign, 0.0) if axis == 0 else (0.0, sign)
        half = (a.w, a.h)[axis] / 2
        far = FAR * frame[axis] if sign < 0 else (FAR - 1) * frame[axis]
        yield Aim(CANVAS, a.at, ax, ay, -far - half + INNER)
    return place


def _corner(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    right = (a.x > frame.width / 2) ^ bool(style.turn & 1)
    low = (a.y > frame.height / 2) ^ bool(style.turn & 2)
    yield from (_RIGHT if right else _LEFT)(a, frame, style)
    yield from (_BOTTOM if low else _TOP)(a, frame, style)


def _any_edge(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    axis = style.turn // 2 % 2
    beyond = (a.x, a.y)[axis] > frame[axis] / 2
    yield from _edge(1.0 if beyond ^ bool(style.turn & 1) else -1.0, axis)(a, frame, style)


def _foreground(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    yield Aim(CANVAS, a.at, 0.0, 1.0, 0.72 * frame.height - a.h / 2)


def _background(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    yield Aim(CANVAS, a.at, 0.0, -1.0, a.h / 2 - 0.72 * frame.height)


_LEFT, _RIGHT = _band(None, 1 / 3, 0), _band(2 / 3, None, 0)
_TOP, _BOTTOM = _band(None, 1 / 3, 1), _band(2 / 3, None, 1)
_PLACE: dict[str, Place] = {
    "at_left": _LEFT, "at_right": _RIGHT, "at_top": _TOP, "at_bottom": _BOTTOM,
    "at_center": _both(_band(1 / 3, 2 / 3, 0), _band(1 / 3, 2 / 3, 1)),
    "at_top_left": _both(_LEFT, _TOP), "at_top_right": _both(_RIGHT, _TOP),
    "at_bottom_left": _both(_LEFT, _BOTTOM), "at_bottom_right": _both(_RIGHT, _BOTTOM),
    "at_far_left": _both(_LEFT, _edge(-1.0, 0)), "at_far_right": _both(_RIGHT, _edge(1.0, 0)),
    "at_corner": _corner, "at_edge": _any_edge, "in_foreground": _foreground, "in_background": _background,
}
