"""Whom "it" means: every single thing that was named is weighed by its place in the text and by what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.read.grammar.actor import Actor
from planner.read.grammar.classes import codes, klass
from planner.read.grammar.lexicon import listed

CLOSE = 0.5
"""A second choice that is no further behind than this makes the pronoun ambiguous."""
_ROOFS = frozenset({"furniture", "plant", "building", "thing"})
_ROOMY = frozenset({"container", "vehicle", "building", "furniture", "place"})
_FLAT = frozenset({"furniture", "vehicle", "animal", "place"})


@dataclass(frozen=True, slots=True)
class Use:
    """What is said of the pronoun: `kind` is the relation that it is the object of, `part` the noun that it owns."""

    kind: str = ""
    part: str = ""


def rank(actors: Sequence[Actor], near: Sequence[Actor], topic: Sequence[Actor], told: Sequence[Sequence[Actor]],
         sentence: int, use: Use) -> list[tuple[float, Actor]]:
    """The actors that "it" can mean, the likeliest first, each with its weight."""
    spoken: dict[Actor, float] = {}
    for age, subjects in enumerate(reversed(told[-6:])):
        for a in subjects if len(subjects) == 1 else ():
            spoken.setdefault(a, 0.8 * 0.6 ** age)
    weights = [(_weight(a, len(actors) - i, near, topic, sentence) + spoken.get(a, 0.0) + _fit(a, use), -i, a)
               for i, a in enumerate(reversed(actors)) if a.bunch is None or a.bunch.one or [a] in (near, topic)]
    return [(w, a) for w, _, a in sorted(weights, key=lambda entry: entry[:2], reverse=True)]


def _weight(a: Actor, place: int, near: Sequence[Actor], topic: Sequence[Actor], sentence: int) -> float:
    whole = a.bunch is not None and a.bunch.one
    weight = 1.0 * (a in near and (whole or len(near) == 1)) + 1.4 * (a in topic and (whole or len(topic) == 1))
    weight -= 1.2 * (a.bunch is not None and not whole)
    weight += 0.4 * (a.sentence == sentence) + 0.05 * place / (place + 1)
    weight -= 0.8 * (klass(a.noun) == "place")
    weight -= 4.0 * a.human + 4.0 * a.stuff + 3.0 * (a.whole is not None) + 2.0 * a.worn + 0.3 * a.ground
    return weight + 1.6 * a.it + 0.7 * a.again


def _fit(a: Actor, use: Use) -> float:
    """How well what is said of the pronoun can be true of it."""
    kind, fit = klass(a.noun), 0.0
    if use.part:
        lifeless = use.part in listed("lifeless_part")
        if codes(use.part)[:1] == "b" or (use.part in listed("part") and not lifeless):
            fit += 1.5 if a.living or kind == "plant" else -1.5
        elif lifeless:
            fit += -1.5 if a.living else 0.5
    if use.kind in ("in", "contains"):
        fit += 0.8 if kind in _ROOMY else -0.4
    elif use.kind == "on":
        fit += 1.5 if kind == "furniture" else 0.4 if kind in _FLAT else 0.0
    elif use.kind in ("under", "below"):
        fit += -0.8 if kind == "place" else 0.4 if kind in _ROOFS else 0.0
    elif use.kind == "riding":
        fit += 2.0 if kind in ("animal", "vehicle") else -1.0
    elif use.kind == "tending":
        fit += 2.0 if a.living else -0.5
    elif use.kind == "wearing":
        fit += 1.5 if kind == "garment" else -0.5
    return fit
