"""The pocket world: a small picture world drawn by code, for models that learn and run anywhere."""

from __future__ import annotations

from grounding.pocket.compose import picture
from grounding.pocket.paint import draw, masks
from grounding.pocket.palette import BACKGROUNDS, COLOURS, STYLES, TEXTURES
from grounding.pocket.pictures import RELATIONS, SCALES, SIZES, BoxXYXY, Item, Link, Picture, size_of
from grounding.pocket.shapes import KINDS

__all__ = [
    "BACKGROUNDS",
    "COLOURS",
    "KINDS",
    "RELATIONS",
    "SCALES",
    "SIZES",
    "STYLES",
    "TEXTURES",
    "BoxXYXY",
    "Item",
    "Link",
    "Picture",
    "draw",
    "masks",
    "picture",
    "size_of",
]
