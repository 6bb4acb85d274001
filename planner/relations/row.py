"""What a relation is: its words, its test, what the solver aims at, and what follows for overlap, depth and size.

A relation is one object: a `Row` of the class that says how its ends combine. It is added in the module of its family;
one that lacks its test or its aim cannot be made.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Literal, NamedTuple

from planner.geometry import Frame, Rect, hull
from planner.relations.aim import Aim, Body, Style

Arity = Literal["pair", "pool", "ring", "alone", "arrangement", "words"]
"""How subjects and objects combine; each is a class below."""

Share = Literal["all", "some", "any"]
"""How a pair relation holds where there are several of a side.

all   every subject with every object ("three cats left of two dogs")
some  every subject with one of the objects, and what is carried by someone ("four birds on three poles", "men in hats")
any   at least one subject with one object ("five cows in front of two barns")
"""

Overlap = Literal["apart", "silent", "may", "must"]
"""What follows for overlap: forbidden, nothing, allowed, or demanded."""

End = Literal["", "subject", "object"]

Grip = Literal["atop", "within", "grown"]
"""How a guest goes along with its host: sits on it, takes no room of its own within it, or has a usual place on it."""

Axis = Literal["x", "y", "size", "height", "width"]
"""What a relation orders, so that it cannot run in a circle."""


class Ratio(NamedTuple):
    """The subject's `measure` is at least `least` times the object's; `turned`: the object's that of the subject.

    Where `eager`, who composes freely goes beyond it, so that it shows.
    """

    measure: Literal["area", "w", "h"]
    least: float
    turned: bool = False
    eager: bool = False


class Alike(NamedTuple):
    """The areas are within a factor of `within` of each other."""

    within: float


class Fitting(NamedTuple):
    """The object is at most `share` of the subject on both sides."""

    share: float


@dataclass(frozen=True)
class Row:
    """One relation."""

    kind: str
    cues: tuple[str, ...]
    _: KW_ONLY
    say: str
    """The sentence pattern, with {a} and {b}."""
    overlap: Overlap = "apart"
    nearer: int = 0
    """+1: the subject is nearer to the viewer than the object (or than all); -1: farther; 0: nothing follows."""
    opposite: str = ""
    """The row that says the same with the ends exchanged."""
    denial: str = ""
    """A row that makes this one false; what the solver aims at when the relation is negated."""
    share: Share = "all"
    order: tuple[Axis, int] | None = None
    """What it orders, and whether the subject comes first (+1) or last (-1)."""
    guest: End = ""
    """The end that goes where the other one goes, and so may overlap whatever that one overlaps."""
    grip: Grip = "atop"
    sizes: tuple[Ratio | Alike | Fitting, ...] = ()
    seat: float = 0.0
    """Several subjects stand side by side on or under the object, which may take up so much of the canvas's width."""
    sided: bool = False
    """Whether there are ways to satisfy it between which no straight path leads."""

    arity: ClassVar[Arity]

    def margin(self, some: Sequence[Rect], others: Sequence[Rect], frame: Frame, slanted: bool = False) -> float:
        """The smallest slack of its conditions: zero or more means that it holds."""
        raise NotImplementedError

    def aims(self, some: Sequence[Body], others: Sequence[Body], frame: Frame, style: Style,
             slanted: bool = False) -> Iterable[Aim]:
        """What it asks of positions."""
        return ()


@dataclass(frozen=True)
class Pair(Row):
    """Every subject with every object ("three cats left of a dog": each cat), or as `share` says."""

    _: KW_ONLY
    test: Callable[[Rect, Rect], float]
    aim: Callable[[Body, Body, Style, bool], Iterator[Aim]] | None
    """None only where sizes are all that it speaks of."""
    slanted: Callable[[Rect, Rect, bool], float] | None = None
    """The test in its form for pairs that are ordered along both axes."""

    arity: ClassVar[Arity] = "pair"

    def __post_init__(self) -> None:
        if self.aim is None and not self.sizes:
            raise TypeError(f"`{self.kind}` needs an aim, or sizes to aim at: nothing would lead the solver to it")

    def margin(self, some: Sequence[Rect], others: Sequence[Rect], frame: Frame, slanted: bool = False) -> float:
        """That of the best pair."""
        if slanted and self.slanted:
            return self.slanted(some[0], others[0], True)
        return max(self.test(a, b) for a in some for b in others)

    def aims(self, some: Sequence[Body], others: Sequence[Body], frame: Frame, style: Style,
             slanted: bool = False) -> Iterable[Aim]:
        """Those of one pair: in turn, or the nearest where any will do."""
        if self.aim is None:
            return ()
        if self.share == "any" or self.arity == "pool":
            a, b = _nearest(some, others, style)
        else:
            a, b = some[style.turn % len(some)], others[style.turn % len(others)]
        return self.aim(a, b, style, slanted)


def _nearest(some: Sequence[Body], others: Sequence[Body], style: Style) -> tuple[Body, Body]:
    """The pair of neighbours through which two groups touch."""
    ranked = sorted((math.hypot(a.x - b.x, a.y - b.y), i, j) for i, a in enumerate(some) for j, b in enumerate(others))
    _, i, j = ranked[style.turn % len(ranked)]
    return some[i], others[j]


@dataclass(frozen=True)
class Pool(Pair):
    """The subjects as one group with the objects as one group ("three cats next to a dog": the nearest ones)."""

    _: KW_ONLY
    sided: bool = True
    arity: ClassVar[Arity] = "pool"


@dataclass(frozen=True)
class Ring(Row):
    """The subjects as one with all of the objects together ("surrounded by"); each of them if "between"."""

    _: KW_ONLY
    test: Callable[[Rect, Sequence[Rect]], float]
    aim: Callable[[Body, Sequence[Body], Style], Iterator[Aim]]
    sided: bool = True

    arity: ClassVar[Arity] = "ring"

    def margin(self, some: Sequence[Rect], others: Sequence[Rect], frame: Frame, slanted: bool = False) -> float:
        """That of all subjects as one."""
        return self.test(hull(some), others)

    def aims(self, some: Sequence[Body], others: Sequence[Body], frame: Frame, style: Style,
             slanted: bool = False) -> Iterable[Aim]:
        """Those of all subjects as one."""
        return self.aim(_massed(some), others, style)


def _massed(some: Sequence[Body]) -> Body:
    """Several that keep together, as one: the middle one, as large as all of them."""
    x0, x1 = min(b.x - b.w / 2 for b in some), max(b.x + b.w / 2 for b in some)
    y0, y1 = min(b.y - b.h / 2 for b in some), max(b.y + b.h / 2 for b in some)
    middle = min(some, key=lambda b: (b.x - (x0 + x1) / 2) ** 2 + (b.y - (y0 + y1) / 2) ** 2)
    return middle._replace(w=x1 - x0, h=y1 - y0)


@dataclass(frozen=True)
class Alone(Row):
    """Every subject by itself, no objects ("in the top left corner")."""

    _: KW_ONLY
    test: Callable[[Rect, Frame], float]
    aim: Callable[[Body, Frame, Style], Iterator[Aim]]
    overlap: Overlap = "silent"
    most: float = 0.6
    """How much of the canvas's width or height it may take up there."""

    arity: ClassVar[Arity] = "alone"

    def margin(self, some: Sequence[Rect], others: Sequence[Rect], frame: Frame, slanted: bool = False) -> float:
        """That of the one subject."""
        return self.test(some[0], frame)

    def aims(self, some: Sequence[Body], others: Sequence[Body], frame: Frame, style: Style,
             slanted: bool = False) -> Iterable[Aim]:
        """Those of every subject."""
        return (aim for a in some for aim in self.aim(a, frame, style))


Offsets = list[tuple[float, float]]
Extents = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Arrangement(Row):
    """All subjects together, no objects ("in a row"). They move as one body, so it has a `form` instead of aims."""

    _: KW_ONLY
    test: Callable[[Sequence[Rect]], float]
    form: Callable[[Extents, float, random.Random], Offsets]
    """The centres of members of these sizes, with that much room between them, about the middle of the arrangement."""

    arity: ClassVar[Arity] = "arrangement"

    def margin(self, some: Sequence[Rect], others: Sequence[Rect], frame: Frame, slanted: bool = False) -> float:
        """That of all members."""
        return self.test(some)


@dataclass(frozen=True)
class Words(Row):
    """Kept as text: nothing about boxes follows ("facing", "chasing")."""

    _: KW_ONLY
    overlap: Overlap = "silent"

    arity: ClassVar[Arity] = "words"
