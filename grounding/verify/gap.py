"""Whether two things stand apart: boxes that overlap a little say nothing, a strip of background between them does.

Pixels that look like nothing around the two are theirs; where no path of such pixels leads from one to the other, they
are two. On a background as colourful as the things, hardly any pixel looks like it, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from grounding.verify.masks import Mask, inside
from planner.scene import Box

ALIKE, COMMON = 0.1, 0.05
"""A pixel looks like the background if it is no farther than the first (in parts of the range of a channel) from at
least the second part of it: boxes are not exact, and a little of the things lies outside them."""
SIDE = 256
"""Larger pictures are reduced to this."""
MARGIN = 0.04
"""Background is looked for so far around the two, in parts of the picture."""
SAMPLES = 200
LEAST = 10

Floats = npt.NDArray[np.float32]


def parted(image: Image.Image, a: Box, b: Box, others: Iterable[Box] = ()) -> bool:
    """Whether background runs all the way between what two boxes show; `others` are boxes of further things."""
    small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    pixels: Floats = ndimage.median_filter(np.asarray(small, dtype=np.float32) / np.float32(255), size=(3, 3, 1))
    around = Box.of(max(min(a.x0, b.x0) - MARGIN, 0), max(min(a.y0, b.y0) - MARGIN, 0),
                    min(max(a.x1, b.x1) + MARGIN, 1), min(max(a.y1, b.y1) + MARGIN, 1))
    shape = pixels.shape[:2]
    near, first, second = (inside(box, shape) for box in (around, a, b))
    background = near & ~first & ~second
    for box in others:
        background &= ~inside(box, shape)
    if background.sum() < LEAST:
        return False
    strange = near & (_seconded(pixels, pixels[background]) < COMMON)
    areas, _ = ndimage.label(strange)
    one, other = _most(areas, first & ~second), _most(areas, second & ~first)
    return 0 not in (one, other) and one != other


def _seconded(pixels: Floats, background: Floats) -> Floats:
    """For each pixel, what part of (some of) the background looks like it."""
    some = background[np.linspace(0, len(background) - 1, min(SAMPLES, len(background))).astype(int)]
    alike = np.zeros(pixels.shape[:2], dtype=np.float32)
    for colour in some:
        alike += np.linalg.norm(pixels - colour, axis=-1) <= ALIKE
    return alike / np.float32(len(some))


def _most(areas: npt.NDArray[Any], within: Mask) -> int:
    """The number of the largest area within a mask; 0 for none."""
    sizes = np.bincount(areas[within], minlength=1)
    sizes[0] = 0
    return int(sizes.argmax())
