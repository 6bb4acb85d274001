"""The pocket world: a small picture world drawn by code, for models that learn and run anywhere."""

from __future__ import annotations

from grounding.pocket.compose import picture
from grounding.pocket.paint import draw, masks
from grounding.pocket.palette import BACKGROUNDS, COLOURS, STYLES, TEXTURES
from grounding.pocket.pictures import RELATIONS, SCALES, SIZES, Bond, BoxXYXY, Picture, Piece, size_of
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
    "Bond",
    "BoxXYXY",
    "Picture",
    "Piece",
    "draw",
    "masks",
    "picture",
    "size_of",
]
