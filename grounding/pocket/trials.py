"""Prompts made up from the pocket world by seed, and what must be seen in a picture for each to hold."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from grounding.pocket.captions import NUMBERS, plural
from grounding.pocket.world import BACKGROUNDS, COLOURS, KINDS, BoxXYXY
from planner.articles import with_article
from planner.geometry import Frame, Rect
from planner.relations import TABLE

PLACES = {"meadow": "in a meadow", "beach": "on the beach", "city": "in the city", "room": "in a room", "plain": ""}
SIDES = {"left_of": "to the left of", "right_of": "to the right of", "above": "above", "below": "below"}


class TrialSeen(Protocol):
    """One thing that a judge or a detector found in a picture."""

    @property
    def kind(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def box(self) -> BoxXYXY: ...


class Wanted(NamedTuple):
    """A kind in a colour."""

    kind: str
    colour: str

    @property
    def words(self) -> str:
        return f"{self.colour} {self.kind}"

    def among(self, seen: Sequence[TrialSeen]) -> list[TrialSeen]:
        return [item for item in seen if (item.kind, item.colour) == self]


@dataclass(frozen=True)
class Puzzle:
    """A prompt, the things it names, and whether what was seen fulfils it."""

    prompt: str
    things: tuple[Wanted, ...]
    holds: Callable[[Sequence[TrialSeen]], bool]


def one_object(words: random.Random) -> Puzzle:
    (thing,) = _things(1, words)
    place = words.choice([PLACES[name] for name in BACKGROUNDS if name in PLACES])
    return Puzzle(f"{with_article(thing.words)} {place}".strip(), (thing,), lambda seen: bool(thing.among(seen)))


def two_objects(words: random.Random) -> Puzzle:
    first, second = _things(2, words)
    prompt = f"{with_article(first.words)} and {with_article(second.words)}"
    return Puzzle(prompt, (first, second), lambda seen: bool(first.among(seen)) and bool(second.among(seen)))


def counting(words: random.Random) -> Puzzle:
    (thing,) = _things(1, words)
    count = words.randint(2, 5)
    prompt = f"{NUMBERS[count]} {thing.colour} {plural(thing.kind)}"
    return Puzzle(prompt, (thing,) * count, lambda seen: len([1 for item in seen if item.kind == thing.kind]) == count)


def spatial(words: random.Random) -> Puzzle:
    first, second = _things(2, words)
    relation = words.choice(tuple(SIDES))
    prompt = f"{with_article(first.words)} {SIDES[relation]} {with_article(second.words)}"
    return Puzzle(prompt, (first, second), _some_pair(first, second, relation))


def size(words: random.Random) -> Puzzle:
    first, second = _things(2, words)
    prompt = f"a large {first.words} and a small {second.words}"
    return Puzzle(prompt, (first, second), _some_pair(first, second, "larger_than"))


TRIALS: dict[str, Callable[[random.Random], Puzzle]] = {
    "one object": one_object,
    "two objects": two_objects,
    "counting": counting,
    "spatial": spatial,
    "size": size,
}


class TrialShare(NamedTuple):
    """How many of how many, with the 95 % Wilson interval."""

    right: int
    of: int

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The interval that a normal test at 95 % would not reject; (0, 1) for no trials."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%}, {self.right} of {self.of})"


def _things(count: int, words: random.Random) -> list[Wanted]:
    kinds, colours = words.sample(KINDS, count), words.sample(tuple(COLOURS), count)
    return [Wanted(kind, colour) for kind, colour in zip(kinds, colours, strict=True)]


def _some_pair(first: Wanted, second: Wanted, relation: str) -> Callable[[Sequence[TrialSeen]], bool]:
    def holds(seen: Sequence[TrialSeen]) -> bool:
        pairs = [(a, b) for a in first.among(seen) for b in second.among(seen)]
        return any(TABLE[relation].margin((_rect(a.box),), (_rect(b.box),), Frame(1, 1)) >= 0 for a, b in pairs)

    return holds


def _rect(box: BoxXYXY) -> Rect:
    x0, y0, x1, y1 = box
    return Rect((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
