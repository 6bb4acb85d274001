"""Who covers whom: the colours of the region that two boxes share, told apart by the colours of each box alone.

A box does not know depth. But where two things overlap, the shared region shows the nearer one: its colour histogram
is taken apart (non-negative least squares) into those of the part that only the first box covers, of the part that
only the second covers, and of the surroundings.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.optimize import nnls

from planner.scene import Box

LEVELS = 5
"""Levels per colour channel in a histogram."""
LEAST = 0.1
"""A part smaller than this share of its box has no histogram of its own."""
SURE = 0.35
"""How much more one thing must fill of the shared region than the other."""
CORE = 0.85
"""Boxes are shrunk to this share of their sides: the corners of a box rarely show the thing."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def coverage(image: Image.Image, a: Box, b: Box) -> float | None:
    """How much more of the shared region shows `a` than `b`: 1 all `a`, -1 all `b`; None where too little is shared."""
    pixels = _quantised(image)
    inner_a, inner_b = _inside(_core(a), pixels.shape), _inside(_core(b), pixels.shape)
    shared = inner_a & inner_b
    if shared.sum() < 12:
        return None
    whole_a, whole_b = _inside(a, pixels.shape), _inside(b, pixels.shape)
    only_a, only_b = inner_a & ~whole_b, inner_b & ~whole_a
    around = ~(whole_a | whole_b)
    parts = [_histogram(pixels, part) if part.sum() >= LEAST * whole.sum() else None
             for part, whole in ((only_a, inner_a), (only_b, inner_b))]
    if all(part is None for part in parts):
        return None
    return _balance(_histogram(pixels, shared), parts, _histogram(pixels, around))


def _balance(shared: Floats, parts: list[Floats | None], around: Floats) -> float:
    """The difference of what both fill; what nothing explains belongs to the thing that has no part of its own."""
    known = [part for part in parts if part is not None]
    columns = np.stack([*known, around], axis=1)
    weights, _ = nnls(columns, shared)
    unexplained = float(np.clip(shared - columns @ weights, 0, None).sum())
    filled = iter(weights[:len(known)])
    first, second = (float(next(filled)) if part is not None else unexplained for part in parts)
    total = first + second
    return (first - second) / total if total > 0.05 else 0.0


def _quantised(image: Image.Image) -> npt.NDArray[np.int64]:
    """Per pixel the number of its colour cell; large images are reduced, since only shares of colours are needed."""
    small = image.convert("RGB")
    small.thumbnail((256, 256), Image.Resampling.BOX)
    cells = np.asarray(small, dtype=np.int64) * LEVELS // 256
    numbers: npt.NDArray[np.int64] = cells @ np.array([LEVELS * LEVELS, LEVELS, 1])
    return numbers


def _core(box: Box) -> Box:
    return Box.around(box.cx, box.cy, box.w * CORE, box.h * CORE)


def _inside(box: Box, shape: tuple[int, ...]) -> Mask:
    rows, columns = shape[0], shape[1]
    y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    inside: Mask = ((y >= box.y0) & (y < box.y1))[:, None] & ((x >= box.x0) & (x < box.x1))[None]
    return inside


def _histogram(pixels: npt.NDArray[np.int64], mask: Mask) -> Floats:
    counts = np.bincount(pixels[mask], minlength=LEVELS ** 3).astype(np.float64)
    shares: Floats = counts / max(counts.sum(), 1.0)
    return shares
