"""A judge of pocket pictures that shares no weights with the models: it knows only the world's tones and silhouettes.

A picture is read by analysis and synthesis. Every pixel is named after the nearest tone (a colour of an item, its
ink, or the background); what is not background falls into blobs; a blob is explained by the kind whose own drawing
fits it best, what that drawing covers is taken away, and the rest is explained in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grounding.pocket.judge_pixels import BEHIND, COLOUR_NAMES, INK, Labels, Mask, Reading, read
from grounding.pocket.judge_shapes import Fit, Window, fit
from grounding.pocket.pictures import BoxXYXY, size_of

_LEAST_AREA = 0.0022
"""Blobs below this share of the canvas are specks (the smallest item covers about 0.006)."""
_WHOLE = 0.8
"""A blob that a single drawing fits this well is a single item."""
_PLAUSIBLE = 0.5
"""Below this fit nothing recognisable is there."""


@dataclass(frozen=True)
class Found:
    """One thing the judge sees; `confidence` is how well the kind's own drawing fits, 0 to 1."""

    kind: str
    colour: str
    texture: str
    box: BoxXYXY
    confidence: float

    @property
    def size(self) -> str:
        return size_of(self.box)


def _blobs(mask: Mask, least: float) -> Iterator[Mask]:
    """Connected pieces of a mask, the largest first."""
    numbered, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    for k in sorted(range(1, count + 1), key=lambda n: -areas[n]):
        if areas[k] < least:
            return
        yield numbered == k


def _main_colour(labels: Labels, mask: Mask) -> int | None:
    """The colour of most pixels of a mask, its rim left out where that leaves any."""
    inner = ndimage.binary_erosion(mask)
    names = labels[inner if inner.sum() > 0.25 * mask.sum() else mask]
    counts = np.bincount(names[(names >= 0) & (names < INK)], minlength=INK)
    return int(counts.argmax()) if counts.any() else None


def _box(window: Window, side: int) -> BoxXYXY:
    return (window.x0 / side, window.y0 / side, window.x1 / side, window.y1 / side)


def _found(best: Fit, colour: str, reading: Reading) -> Found:
    return Found(best.kind, colour, best.texture, _box(best.window, len(reading.labels)), best.score)


def _explain(blob: Mask, reading: Reading) -> Iterator[Found]:
    """The items that a blob is made of, the largest first."""
    labels = reading.labels
    side = blob.shape[0]
    least = _LEAST_AREA * side * side
    rest = blob.copy()
    for _ in range(8):
        piece = next(_blobs(rest, least), None)
        number = None if piece is None else _main_colour(labels, piece)
        if piece is None or number is None:
            return
        colour = COLOUR_NAMES[number]
        best, taken = fit(piece, blob & ~piece, reading, colour), piece
        if best.score < _WHOLE:
            own = piece & (labels == number)
            others = ndimage.binary_opening(piece & (labels != number) & (labels != INK)) & ~own
            near = ndimage.binary_dilation(own, iterations=max(1, side // 64)) & piece & ~others
            part = next(_blobs(near, least), None)
            if part is not None:
                alone = fit(part, (blob & ~part) | others, reading, colour)
                if alone.score > best.score:
                    best, taken = alone, ndimage.binary_dilation(part)
        rest &= ~taken
        if best.score >= _PLAUSIBLE:
            yield _found(best, colour, reading)


def judge(
    image: npt.NDArray[np.uint8], *, background: str | None = None, style: str | None = None
) -> tuple[Found, ...]:
    """What is in a square RGB picture, best fit first; the setting is worked out where it is not given."""
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise ValueError(f"expected a square uint8 RGB picture `[n, n, 3]`, got {image.dtype} {list(image.shape)}")
    reading = read(image, background, style)
    seen = reading.labels != BEHIND
    found = [item for blob in _blobs(seen, _LEAST_AREA * seen.size) for item in _explain(blob, reading)]
    return tuple(sorted(found, key=lambda item: -item.confidence))
