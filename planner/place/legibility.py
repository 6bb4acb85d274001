"""What can be made out in a picture: how far sizes in a layout may follow those in the world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Legibility:
    """Limits of who looks at a layout. Lengths are longer sides, in shorter sides of the canvas.

    In a picture a thing is as large as its size in the world to the power of `scale`: 1 would be true to scale, less
    draws sizes together and never turns them round. It is given up step by step where claims do not hold with it.
    """

    scale: float
    even: float
    """How far they are drawn together once more, in the full crowd."""
    readable: float
    """From here on down things shrink only slowly."""
    modest: float
    """From here on up things grow only slowly."""
    ranks: float
    """How many ranks of things may stand behind each other before they become smaller."""
    filled: float
    """How much of a fair share of the canvas things may cover together."""
    ground: bool
    """Whether things stand on one ground and fly above it; else they have the whole canvas to be apart on."""


EYE = Legibility(scale=0.62, even=0.15, readable=0.13, modest=0.56, ranks=0.95, filled=1.25, ground=True)
"""A person who looks at boxes."""
PAINTER = Legibility(scale=0.25, even=0.5, readable=0.2, modest=0.42, ranks=3.0, filled=1.0, ground=False)
"""A painter that has learned things of a sixth to six tenths of the canvas anywhere on it, and melts crowds."""
