"""Who covers whom: the colours of the region that two boxes share, told apart by the colours of each box alone.

A box does not know depth. But where two things overlap, the shared region shows the nearer one: its colour histogram
is explained (non-negative least squares) by that of the part that only the first box covers and of the surroundings,
then by that of the part that only the second box covers and of the surroundings. What explains better is nearer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.optimize import nnls

from grounding.verify.masks import Mask, inside
from planner.scene import Box

LEVELS = 6
"""Levels per colour channel in a histogram."""
LEAST = 0.1
"""A part smaller than this share of its box has no histogram of its own."""
SURE = 0.25
"""How far apart the two explanations must be."""
ALIKE = 0.1
"""Explanations that leave less than this unexplained are both good; their difference counts for less."""
CORE = 0.75
"""Boxes are shrunk to this share of their sides: the corners of a box rarely show the thing."""

Floats = npt.NDArray[np.float64]


def coverage(image: Image.Image, a: Box, b: Box) -> float | None:
    """How much more of the shared region shows `a` than `b`: 1 all `a`, -1 all `b`; None where too little is shared."""
    pixels = _quantised(image)
    inner_a, inner_b = inside(_core(a), pixels.shape), inside(_core(b), pixels.shape)
    shared = inner_a & inner_b
    if shared.sum() < 12:
        return None
    whole_a, whole_b = inside(a, pixels.shape), inside(b, pixels.shape)
    only_a, only_b = inner_a & ~whole_b, inner_b & ~whole_a
    around = ~(whole_a | whole_b)
    parts = [_histogram(pixels, part) if part.sum() >= LEAST * whole.sum() else None
             for part, whole in ((only_a, inner_a), (only_b, inner_b))]
    if all(part is None for part in parts):
        return None
    return _balance(_histogram(pixels, shared), parts, _histogram(pixels, around))


def _balance(shared: Floats, parts: list[Floats | None], around: Floats) -> float:
    """How much worse the second thing explains the shared colours than the first; alike explanations cancel out.

    A thing without a part of its own (it lies within the other) is what the other leaves unexplained.
    """
    left = [None if part is None else _unexplained(shared, part, around) for part in parts]
    first, second = left
    if first is None or second is None:
        alone = second if first is None else first
        assert alone is not None
        return 2 * alone - 1 if first is None else 1 - 2 * alone
    return (second - first) / max(first, second, ALIKE)


def _unexplained(shared: Floats, part: Floats, around: Floats) -> float:
    """The share of the colours that no mixture of a thing and the surroundings explains, from 0 to 1."""
    columns = np.stack([part, around], axis=1)
    weights, _ = nnls(columns, shared)
    return float(np.clip(shared - columns @ weights, 0, None).sum())


def _quantised(image: Image.Image) -> npt.NDArray[np.int64]:
    """Per pixel the number of its colour cell; large images are reduced, since only shares of colours are needed."""
    small = image.convert("RGB")
    small.thumbnail((256, 256), Image.Resampling.BOX)
    cells = np.asarray(small, dtype=np.int64) * LEVELS // 256
    numbers: npt.NDArray[np.int64] = cells @ np.array([LEVELS * LEVELS, LEVELS, 1])
    return numbers


def _core(box: Box) -> Box:
    return Box.around(box.cx, box.cy, box.w * CORE, box.h * CORE)


def _histogram(pixels: npt.NDArray[np.int64], mask: Mask) -> Floats:
    counts = np.bincount(pixels[mask], minlength=LEVELS ** 3).astype(np.float64)
    shares: Floats = counts / max(counts.sum(), 1.0)
    return shares
