"""A judge of pocket pictures that shares no weights with the models: it knows only the world's tones and silhouettes.

A picture is read by analysis and synthesis. Every pixel is named after the nearest tone (a colour of an item, its
ink, or the background); what is not background falls into blobs; a blob is explained by the kind whose own drawing
fits it best, what that drawing covers is taken away, and the rest is explained in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grounding.pocket.judge_exam import examine, scenes, softened, summary
from grounding.pocket.judge_pixels import BEHIND, COLOUR_NAMES, INK, Labels, Mask, Reading, read
from grounding.pocket.judge_shapes import Fit, Window, explained, fit
from grounding.pocket.palette import BACKGROUNDS, STYLES
from grounding.pocket.pictures import BoxXYXY, one_of, size_of

_LEAST_AREA = 0.0014
"""Blobs below this share of the canvas are specks (the smallest item covers about 0.006)."""
_WHOLE = 0.8
"""A blob that a single drawing fits this well is a single item."""
_HIDING = 0.05
"""What it costs to suppose that a part of an item is hidden."""
_BLACK = COLOUR_NAMES.index("black")
_COMMON, _COLOURS_TRIED = 0.12, 3
_FULL = 0.9
"""A picture with less background than the rest of this share cannot be read."""
_NEWS = 0.4
"""Of what an item covers of what is seen, this share must not have been explained before."""
_MOST_ITEMS = 16
_PLAUSIBLE = 0.55
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


def _colours(labels: Labels, piece: Mask) -> list[int]:
    """The colours that a piece may have, the commonest first; its rim does not count where that leaves anything.

    Ink has no colour of its own, but a piece that is mostly ink may be a black one.
    """
    inner = ndimage.binary_erosion(piece)
    names = labels[inner if inner.sum() > 0.25 * piece.sum() else piece]
    counts = np.bincount(names[names >= 0], minlength=INK + 1)
    counts[_BLACK] += counts[INK] if counts[INK] > counts[:INK].sum() else 0
    counts = counts[:INK]
    common = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k] > _COMMON * counts.sum()]
    return common[:_COLOURS_TRIED]


def _box(window: Window, side: int) -> BoxXYXY:
    return (window.x0 / side, window.y0 / side, window.x1 / side, window.y1 / side)


class _Explanation(NamedTuple):
    """A drawing, its colour, and the pixels that need no other explanation if it is true."""

    fit: Fit
    colour: str
    taken: Mask


def _found(one: _Explanation, reading: Reading) -> Found:
    kind, score, window, texture = one.fit
    return Found(kind, one.colour, texture, _box(window, len(reading.labels)), score)


def _own_part(piece: Mask, number: int, labels: Labels) -> tuple[Mask, Mask]:
    """The largest connected part of a piece that can be one item of this colour, and what belongs to others."""
    side = len(piece)
    own = piece & (labels == number)
    others = ndimage.binary_opening(piece & (labels != number) & (labels != INK)) & ~own
    near = ndimage.binary_dilation(own, iterations=max(1, side // 64)) & piece & ~others
    return next(_blobs(near, 0), near), others


def _explanations(piece: Mask, seen: Mask, reading: Reading) -> Iterator[_Explanation]:
    """What a piece may be: a whole item; else what one shows behind others; else the part of it that has one colour."""
    numbers = _colours(reading.labels, piece)
    beside = seen & ~piece
    for number in numbers:
        best = fit(piece, beside, reading, COLOUR_NAMES[number])
        yield _Explanation(best, COLOUR_NAMES[number], piece)
        if best.score > _WHOLE:
            return
    for number in numbers:
        part, others = _own_part(piece, number, reading.labels)
        for own, rest in ((piece, beside), (part, (seen & ~part) | others)):
            yield from _partial(own, rest, reading, COLOUR_NAMES[number])


def _partial(own: Mask, others: Mask, reading: Reading, colour: str) -> Iterator[_Explanation]:
    """An item in front of what it touches, or, if that does not fit, behind it."""
    if not own.any():
        return
    taken = ndimage.binary_dilation(own)
    best = fit(own, others, reading, colour)
    yield _Explanation(best, colour, taken)
    if best.score < _WHOLE and (ndimage.binary_dilation(own, iterations=3) & others).any():
        behind = fit(own, others, reading, colour, hidden=True)
        yield _Explanation(behind._replace(score=behind.score - _HIDING), colour, taken)


def _explain(reading: Reading) -> Iterator[Found]:
    """The items of a picture, the largest first."""
    seen = reading.labels != BEHIND
    if seen.mean() > _FULL:
        return
    rest, least = seen.copy(), _LEAST_AREA * seen.size
    for _ in range(_MOST_ITEMS):
        piece = next(_blobs(rest, least), None)
        if piece is None:
            return
        best = max(_explanations(piece, seen, reading), key=lambda one: one.fit.score, default=None)
        taken = piece if best is None else best.taken
        if best is not None and best.fit.score >= _PLAUSIBLE:
            mine = explained(best.fit, best.colour, reading)
            if (mine & rest).sum() > _NEWS * (mine & seen).sum():
                yield _found(best, reading)
            taken = mine | (taken & ~ndimage.binary_opening(taken & ~mine))
        rest &= ~(taken if (taken & rest).any() else piece)


def judge(
    image: npt.NDArray[np.uint8], *, background: str | None = None, style: str | None = None
) -> tuple[Found, ...]:
    """What is in a square RGB picture, best fit first; the setting is worked out where it is not given."""
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise ValueError(f"expected a square uint8 RGB picture `[n, n, 3]`, got {image.dtype} {list(image.shape)}")
    if background is not None:
        one_of(background, BACKGROUNDS, "background")
    if style is not None:
        one_of(style, STYLES, "style")
    reading = read(image, background, style)
    return tuple(sorted(_explain(reading), key=lambda item: -item.confidence))


def main(arguments: Sequence[str] | None = None) -> None:
    """Examines the judge on drawn pictures and prints its marks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--scenes", type=int, default=500, help="pictures per row")
    count = parser.parse_args(arguments).scenes
    print(summary("apart", examine(judge, scenes(count, overlapping=False))), flush=True)
    print(summary("apart, softened", examine(judge, scenes(count, overlapping=False), softened)), flush=True)
    print(summary("overlapping", examine(judge, scenes(count, overlapping=True))), flush=True)


if __name__ == "__main__":
    main()
