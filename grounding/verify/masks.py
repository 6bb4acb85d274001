"""Boxes as masks of pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from planner.scene import Box

Mask = npt.NDArray[np.bool_]


def inside(box: Box, shape: tuple[int, ...]) -> Mask:
    """The pixels whose middles lie within a box."""
    rows, columns = shape[0], shape[1]
    y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    found: Mask = ((y >= box.y0) & (y < box.y1))[:, None] & ((x >= box.x0) & (x < box.x1))[None]
    return found
