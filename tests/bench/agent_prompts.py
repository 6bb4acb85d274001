"""Prompts of mixed difficulty about the pocket world, each with the scene it means, made by code from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from grounding.pocket.captions import NUMBERS, plural
from grounding.pocket.palette import COLOURS
from grounding.pocket.shapes import KINDS
from planner.articles import with_article
from planner.scene import Absent, Relation, Scene, Thing

SIDES = {"left_of": "to the left of", "right_of": "to the right of", "above": "above", "below": "below"}


class Case(NamedTuple):
    """A prompt, what it means, and what makes it hard."""

    name: str
    category: str
    scene: Scene

    @property
    def prompt(self) -> str:
        """The words."""
        return self.scene.prompt

    @property
    def objects(self) -> int:
        """How many things there are."""
        return len(self.scene.things)


class Noun(NamedTuple):
    """Some of one kind: words before it, and how many."""

    kind: str
    words: tuple[str, ...]
    count: int = 1

    def said(self) -> str:
        """With its number or article."""
        words = " ".join((*self.words, self.kind if self.count == 1 else plural(self.kind)))
        return with_article(words) if self.count == 1 else f"{NUMBERS[self.count]} {words}"

    def things(self, first: int) -> list[Thing]:
        """One thing each."""
        phrase = with_article(" ".join((*self.words, self.kind)))
        return [Thing(id=f"{self.kind}{first + i}", noun=self.kind, phrase=phrase, attributes=self.words)
                for i in range(self.count)]


def _nouns(rng: random.Random, count: int) -> list[Noun]:
    """Different kinds in different colours."""
    pairs = zip(rng.sample(KINDS, count), rng.sample(list(COLOURS), count), strict=True)
    return [Noun(kind, (colour,)) for kind, colour in pairs]


def _scene(prompt: str, nouns: Sequence[Noun], relation: str = "", absent: str = "") -> Scene:
    things = [t for noun in nouns for t in noun.things(1)]
    relations = (Relation(kind=relation, subjects=(things[0].id,), objects=(things[1].id,)),) if relation else ()
    missing = (Absent(noun=absent, phrase=absent),) if absent else ()
    return Scene(prompt=prompt, things=tuple(things), relations=relations, absent=missing)


def _join(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _colour(rng: random.Random) -> Scene:
    nouns = _nouns(rng, rng.choice((1, 2, 2, 3)))
    return _scene(_join([n.said() for n in nouns]), nouns)


def _counting(rng: random.Random) -> Scene:
    first = _nouns(rng, 2)
    nouns = [first[0]._replace(count=rng.randint(2, 5))] + ([first[1]] if rng.random() < 0.4 else [])
    return _scene(_join([n.said() for n in nouns]), nouns)


def _spatial(rng: random.Random) -> Scene:
    nouns, side = _nouns(rng, 2), rng.choice(list(SIDES))
    return _scene(f"{nouns[0].said()} {SIDES[side]} {nouns[1].said()}", nouns, side)


def _size(rng: random.Random) -> Scene:
    a, b = _nouns(rng, 2)
    nouns = [a._replace(words=("large", *a.words)), b._replace(words=("small", *b.words))]
    return _scene(_join([n.said() for n in nouns]), nouns)


def _absence(rng: random.Random) -> Scene:
    nouns = _nouns(rng, rng.choice((1, 2)))
    absent = rng.choice([kind for kind in KINDS if kind not in {n.kind for n in nouns}])
    return _scene(f"{_join([n.said() for n in nouns])}, no {plural(absent)}", nouns, absent=absent)


def _many(rng: random.Random) -> Scene:
    a, b, c = _nouns(rng, 3)
    nouns = [a, b._replace(count=rng.randint(1, 2)), c._replace(count=rng.randint(2, 3))]
    return _scene(_join([n.said() for n in nouns]), nouns)


MAKERS: dict[str, Callable[[random.Random], Scene]] = {
    "colour": _colour, "counting": _counting, "spatial": _spatial, "size": _size, "absent": _absence, "many": _many}


def cases(count: int, seed: int = 0) -> list[Case]:
    """So many cases, the categories in turn."""
    names = list(MAKERS)
    found = []
    for i in range(count):
        category = names[i % len(names)]
        scene = MAKERS[category](random.Random(f"agent bench {seed}/{i}"))
        found.append(Case(f"{i:04d}", category, scene))
    return found
