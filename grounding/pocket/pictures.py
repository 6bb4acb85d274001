"""What a pocket picture is: its items, how they relate, where they stand and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from grounding.pocket.palette import BACKGROUNDS, COLOURS, STYLES, TEXTURES
from grounding.pocket.shapes import KINDS

BoxXYXY = tuple[float, float, float, float]

SIZES = ("small", "medium", "large")
SCALES = {"small": 0.19, "medium": 0.30, "large": 0.46}
"""Longer side of an item as a fraction of the canvas; neighbours differ by half as much again."""

RELATIONS = (
    "left_of", "right_of", "above", "below", "next_to", "on", "in", "in_front_of", "behind", "holding", "wearing",
)  # fmt: skip


def one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    """Refuses a word that this world does not have."""
    if value not in allowed:
        raise ValueError(f"unknown {what} `{value}`; the pocket world has {', '.join(allowed)}")


@dataclass(frozen=True)
class Piece:
    """One drawn thing. `box` is the envelope of its ink (outline included) if nothing hid it."""

    kind: str
    colour: str
    texture: str
    size: str
    box: BoxXYXY
    depth: int

    def __post_init__(self) -> None:
        one_of(self.kind, KINDS, "kind")
        one_of(self.colour, tuple(COLOURS), "colour")
        one_of(self.texture, TEXTURES, "texture")
        one_of(self.size, SIZES, "size")
        x0, y0, x1, y1 = self.box
        if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
            asked = "0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1"
            raise ValueError(f"the box of a `{self.kind}` must satisfy {asked}, got {self.box}")


@dataclass(frozen=True)
class Bond:
    """`items[subject]` stands in relation `kind` to `items[object]`."""

    kind: str
    subject: int
    object: int

    def __post_init__(self) -> None:
        one_of(self.kind, RELATIONS, "relation")


@dataclass(frozen=True)
class Picture:
    """Everything there is to know about a picture before it is drawn."""

    items: tuple[Piece, ...]
    relations: tuple[Bond, ...] = ()
    background: str = "plain"
    style: str = "flat"
    absent: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        one_of(self.background, BACKGROUNDS, "background")
        one_of(self.style, STYLES, "style")
        for link in self.relations:
            if not (0 <= link.subject < len(self.items) and 0 <= link.object < len(self.items)):
                raise ValueError(f"relation {link} names an item that is not there; there are {len(self.items)}")


def size_of(box: BoxXYXY) -> str:
    """The size word for a box: the scale nearest to its longer side, as a ratio."""
    side = max(box[2] - box[0], box[3] - box[1])
    return min(SIZES, key=lambda name: max(side / SCALES[name], SCALES[name] / side))
