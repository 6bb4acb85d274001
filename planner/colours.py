"""The colours of a drawing: one for each kind of thing, and those that colour words stand for."""

from __future__ import annotations

from collections.abc import Collection
from math import hypot

from planner.scene import Thing

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#332288", "#999933", "#882255", "#117733")
"""Colours that stay apart for colour-blind eyes (Okabe and Ito 2008, then Tol's muted scheme), strongest first."""

SWATCHES = {
    "red": "#d7262b", "orange": "#f28c1b", "yellow": "#f5d327", "green": "#3a9d4a", "blue": "#2b6fd3",
    "purple": "#7d3fb5", "violet": "#7d3fb5", "pink": "#f291b8", "brown": "#80532f", "black": "#17181b",
    "white": "#ffffff", "gray": "#8c9097", "grey": "#8c9097", "gold": "#cfa22e", "golden": "#cfa22e",
    "silver": "#bfc4ca", "turquoise": "#2fc0b5", "cyan": "#2cc6d9", "teal": "#138086", "beige": "#e6d8b8",
    "maroon": "#7a1f2b", "navy": "#1d2b64",
}
"""Colour words that a tag can show."""
ALIKE = 100
"""A dot in a colour this near to its plate would not be seen."""


def colours_of(things: Collection[Thing]) -> dict[str, str]:
    """One colour per group, and per noun for what stands alone, in the order of the prompt: the next of the palette on
    which the thing's own colour still shows.
    """
    keys = {t.id: t.group or f"noun {t.noun}" for t in things}
    own: dict[str, set[str]] = {key: set() for key in keys.values()}
    for thing in things:
        own[keys[thing.id]] |= {swatch for swatch in (swatch_of(thing),) if swatch}
    chosen: dict[str, str] = {}
    free: list[str] = []
    for key, shown in own.items():
        free = free or list(PALETTE)
        clear = (colour for colour in free if all(distance(colour, swatch) > ALIKE for swatch in shown))
        chosen[key] = next(clear, free[0])
        free.remove(chosen[key])
    return {id: chosen[key] for id, key in keys.items()}


def swatch_of(thing: Thing) -> str | None:
    """The colour that the prompt gives a thing."""
    return next((SWATCHES[a] for a in map(str.lower, thing.attributes) if a in SWATCHES), None)


def distance(a: str, b: str) -> float:
    """How far apart two colours are, 0 to 442."""
    return hypot(*(int(a[i:i + 2], 16) - int(b[i:i + 2], 16) for i in (1, 3, 5)))
