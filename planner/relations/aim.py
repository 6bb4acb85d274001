"""What a relation asks of positions, as linear inequalities between centres, once the sizes are known.

Aims are a little stricter than the tests in `planner.geometry`: whatever meets the aims passes the tests with room to
spare. Aims marked `nice` make a better picture and are given up first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

CANVAS = -1
"""The index that stands for the canvas, a thing at the origin that never moves."""


CONTACT = 0.16
"""How much of the smaller one two things overlap that are beside each other and touch."""


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
    """How generous to be: the breathing room, which of several ways to satisfy a claim to take, and whether the ends
    have to touch for another claim ("a man holds a kite; the kite is above the man").
    """

    room: float
    turn: int = 0
    contact: bool = False

    def gap(self, p: float, q: float) -> float:
        """The room between two beside each other, of these lengths along the line; below 0 they overlap."""
        return -CONTACT * min(p, q) if self.contact else self.room


def flipped(aims: Iterator[Aim]) -> Iterator[Aim]:
    """The same with x and y exchanged."""
    return (Aim(a.i, a.j, a.ay, a.ax, a.c, a.nice) for a in aims)


def turned(a: Body) -> Body:
    """The same with x and y exchanged."""
    return Body(a.at, a.noun, a.y, a.x, a.h, a.w)


def within(a: Body, b: Body, low: float, high: float, axis: int, nice: bool = False) -> Iterator[Aim]:
    """`low <= b - a <= high` along an axis."""
    ax, ay = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
    yield Aim(a.at, b.at, ax, ay, low, nice)
    yield Aim(a.at, b.at, -ax, -ay, -high, nice)


def sides(a: Body, b: Body, style: Style) -> tuple[Body, Body]:
    """The two from left to right, as they are now or, every other turn, the other way round."""
    return (a, b) if (a.x <= b.x) == (style.turn % 2 == 0) else (b, a)


def same_ground(p: Body, q: Body) -> Iterator[Aim]:
    """Things beside each other rather stand on one ground."""
    level = (p.h - q.h) / 2
    return within(p, q, level - 0.04, level + 0.04, 1, True)
