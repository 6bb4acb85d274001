"""What pixels say without any model: is a thing of one colour, does a backdrop show anything, what stands out from it?

Colours are compared in CIE L*a*b*, where equal distances look about equally far apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from grounding.verify.masks import Mask, inside
from planner.scene import Box

SIDE = 256
"""Larger pictures are reduced to this."""
ALIKE, COMMON = 9.0, 0.05
"""A pixel is backdrop if it is no farther than the first from at least the second part of what surrounds the thing."""
RING = (0.02, 0.1)
"""The backdrop of a thing is looked for between so far and so far from its box, in parts of the picture."""
SAMPLES = 150
LEAST = 40
"""Fewer pixels than this say nothing."""
GREY = 16.0
"""Colours with less chroma than this have no hue worth a name."""
DARK, LIGHT = 45.0, 80.0
SECTOR = 35
"""Hues within so many degrees of each other are one colour."""
BROWN = 42.0
"""What is darker than this may be dark in places without being of two colours."""
EDGE, OUTLINE, LONG = 6.0, 25.0, 25
"""Where the picture is steeper than the first, in L*a*b* a pixel, there is an edge; one that is as steep as the second
on the whole, over so many pixels, is the outline of a thing and not of a cloud or a horizon."""

Floats = npt.NDArray[np.float32]


class Surface:
    """The pixels of one picture. `boxes` are all boxes in which something was seen."""

    def __init__(self, image: Image.Image, boxes: Sequence[Box]) -> None:
        small = image.convert("RGB")
        small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
        self.lab = to_lab(np.asarray(small, dtype=np.float32) / np.float32(255))
        self.boxes = tuple(boxes)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lab.shape[0], self.lab.shape[1]

    def second(self, box: Box) -> float:
        """What part of the thing in a box is of another colour than the most of it; 0 where that cannot be seen.

        Dark parts of a dark colour, light parts (windows, highlights) and grey ones are no second colour unless they
        make up so much that the thing falls into halves.
        """
        body = self.body(box)
        inner = ndimage.binary_erosion(body)
        colours = self.lab[inner if inner.sum() > 0.4 * body.sum() else body]
        return second_colour(colours) if len(colours) >= LEAST else 0.0

    def body(self, box: Box) -> Mask:
        """The pixels in a box that are neither backdrop nor in the box of another thing, if that leaves half of it."""
        own = inside(box, self.shape)
        others = self._covered(0.0, but=box)
        ring = inside(_grown(box, RING[1]), self.shape) & ~inside(_grown(box, RING[0]), self.shape) & ~others
        found: Mask = np.zeros(self.shape, dtype=bool)
        if ring.sum() < LEAST:
            return found
        free = own & ~others if (own & ~others).sum() > 0.5 * own.sum() else own
        found[free] = _seconded(self.lab[free], self.lab[ring]) < COMMON
        opened: Mask = ndimage.binary_opening(found)
        return opened

    def spread(self) -> float:
        """How far nine tenths of the backdrop stay from its middle colour: hardly any way where it is one even tone."""
        free = ~self._covered(0.05)
        smooth = ndimage.median_filter(self.lab, size=(5, 5, 1))[free]
        if len(smooth) < LEAST:
            return float("inf")
        return float(np.quantile(np.linalg.norm(smooth - np.median(smooth, axis=0), axis=-1), 0.9))

    def strays(self, least: float) -> tuple[Box, ...]:
        """The places of what has an outline as things have, no side shorter than that, and lies clear of every box."""
        steepness = _steepness(self.lab)
        edges = (steepness > EDGE) & ~self._covered(RING[0])
        areas, _ = ndimage.label(ndimage.binary_dilation(edges, iterations=2))
        near, (rows, columns) = self._covered(RING[0] + 0.02), self.shape
        found = []
        for number, (down, across) in enumerate(ndimage.find_objects(areas), 1):
            box = Box.of(across.start / columns, down.start / rows, across.stop / columns, down.stop / rows)
            area = areas == number
            line = steepness[area & edges]
            if (min(box.w, box.h) >= least and len(line) >= LONG and line.mean() > OUTLINE
                    and not (near & area).any()):
                found.append(box)
        return tuple(found)

    def _covered(self, by: float, but: Box | None = None) -> Mask:
        covered: Mask = np.zeros(self.shape, dtype=bool)
        for box in self.boxes:
            if box != but:
                covered |= inside(_grown(box, by), self.shape)
        return covered


def second_colour(colours: Floats) -> float:
    """The share of the second colour among the pixels of a thing: [n, 3] in L*a*b*."""
    lightness, chroma = colours[:, 0], np.hypot(colours[:, 1], colours[:, 2])
    hue = np.degrees(np.arctan2(colours[:, 2], colours[:, 1])) % 360
    coloured = chroma > GREY
    dark, light = ~coloured & (lightness < DARK), ~coloured & (lightness > LIGHT)
    sectors = np.bincount((hue[coloured] // 10).astype(int), minlength=36)
    around = np.array([sectors.take(range(k - SECTOR // 10, k + SECTOR // 10 + 1), mode="wrap").sum()
                       for k in range(36)])
    main = int(around.argmax())
    apart = np.minimum((np.arange(36) - main) % 36, (main - np.arange(36)) % 36) > SECTOR // 10
    rest = np.where(apart, sectors, 0)
    other = max(int(rest.take(range(k - SECTOR // 10, k + SECTOR // 10 + 1), mode="wrap").sum()) for k in range(36))
    first, rival, total = int(around[main]), other, len(colours)
    own = coloured & ~apart[(hue // 10).astype(int) % 36]
    murky = first > 0 and float(np.median(lightness[own])) < BROWN
    halves = [rival, 0 if murky else min(int(dark.sum()), first), min(int(light.sum()), first) // 2]
    return max(halves) / total if first > 0 else 0.0


def _seconded(pixels: Floats, backdrop: Floats) -> Floats:
    """For each pixel, what part of (some of) the backdrop looks like it."""
    some = backdrop[np.linspace(0, len(backdrop) - 1, min(SAMPLES, len(backdrop))).astype(int)]
    alike = np.zeros(len(pixels), dtype=np.float32)
    for colour in some:
        alike += np.linalg.norm(pixels - colour, axis=-1) < ALIKE
    return alike / np.float32(len(some))


def _steepness(lab: Floats) -> npt.NDArray[Any]:
    smooth = ndimage.gaussian_filter(lab, (0.7, 0.7, 0))
    across, down = ndimage.sobel(smooth, 1), ndimage.sobel(smooth, 0)
    steep: npt.NDArray[Any] = np.sqrt((across ** 2 + down ** 2).sum(-1)) / 8
    return steep


def _grown(box: Box, by: float) -> Box:
    return Box.of(box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by)


_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], dtype=np.float32)
_WHITE = np.array([0.9505, 1.0, 1.089], dtype=np.float32)


def to_lab(rgb: Floats) -> Floats:
    """sRGB from 0 to 1 as CIE L*a*b* under D65: [..., 3]."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab: Floats = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
                           axis=-1).astype(np.float32)
    return lab
