"""The silhouettes of the pocket world: every kind of thing as polygons in a unit square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from grounding.pocket import living, made
from grounding.pocket.curves import Stroke


@dataclass(frozen=True)
class PocketShape:
    """A kind's parts, scaled so that its silhouette fills the unit square, and its width over height."""

    parts: tuple[Stroke, ...]
    aspect: float


_MAKERS: dict[str, Callable[[], list[Stroke]]] = {
    "ball": made.ball,
    "box": made.box,
    "star": made.star,
    "heart": made.heart,
    "moon": made.moon,
    "cat": living.cat,
    "dog": living.dog,
    "rabbit": living.rabbit,
    "bird": living.bird,
    "fish": living.fish,
    "butterfly": living.butterfly,
    "car": made.car,
    "bus": made.bus,
    "boat": made.boat,
    "rocket": made.rocket,
    "house": made.house,
    "tree": living.tree,
    "flower": living.flower,
    "mushroom": living.mushroom,
    "cup": made.cup,
    "chair": made.chair,
    "table": made.table,
    "lamp": made.lamp,
    "book": made.book,
    "umbrella": made.umbrella,
    "apple": living.apple,
    "hat": made.hat,
    "crown": made.crown,
}
KINDS = tuple(_MAKERS)


@cache
def shape(kind: str) -> PocketShape:
    """The shape of a kind, its silhouette scaled to the unit square."""
    parts = _MAKERS[kind]()
    ink = np.concatenate([part.points for part in parts if part.ink])
    low, span = ink.min(axis=0), np.ptp(ink, axis=0)
    scaled = tuple(Stroke((part.points - low) / span, part.tone, part.ink) for part in parts)
    return PocketShape(scaled, round(float(span[0] / span[1]), 9))
