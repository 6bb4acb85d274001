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
from PIL import Image
from scipy import ndimage

from grounding.pocket.judge_exam import examine, scenes, softened, summary
from grounding.pocket.judge_pixels import BEHIND, COLOUR_NAMES, INK, Labels, Mask, PixelReading, read
from grounding.pocket.judge_shapes import ShapeFit, Window, covered, explained, fit
from grounding.pocket.palette import BACKGROUNDS, STYLES
from grounding.pocket.pictures import BoxXYXY, one_of, size_of

_SIGHT = 128
"""A picture that is so many times as wide as this is looked at from as many times as far away."""
_LEAST_AREA = 0.003
"""What shows less than this share of the canvas is a speck (the smallest item covers about 0.006)."""
_SHOWN = 0.35
"""So much of an item must be seen for it to be told from a detail of another."""
_WHOLE = 0.8
"""A blob that a single drawing fits this well is a single item."""
_HIDING = 0.05
"""What it costs to suppose that a part of an item is hidden."""
_DETAIL, _ON, _CRISP = 0.3, 0.5, 0.75
"""What is so much smaller than a thing on which so much of it lies is taken for a part of that, unless it is crisp."""
_NEAR = 16
"""A dark patch lies on what is nearer to it than this part of the picture's side: shadows and outlines are dark."""
_LEFT = 0.15
"""What it costs an explanation of a piece to leave all of it unexplained."""
_NECK, _PART = 20, 0.15
"""How many necks' widths are as long as the picture, and what share of a piece is a part of it that may be a thing."""
_PARTING = 0.08
"""What it costs to suppose that a piece is several things that touch."""
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
class FoundThing:
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
    for k in sorted(range(1, count + 1), key=lambda n: -int(areas[n])):
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

    fit: ShapeFit
    colour: str
    taken: Mask

    def worth(self, piece: Mask) -> float:
        """How well it fits; what it leaves of a piece is yet to be explained, and costs a little."""
        return self.fit.score - _LEFT * (1 - float((self.taken & piece).sum() / piece.sum()))


def _found(one: _Explanation, reading: PixelReading) -> FoundThing:
    kind, score, window, texture = one.fit
    return FoundThing(kind, one.colour, texture, _box(window, len(reading.labels)), score)


def _own_part(piece: Mask, number: int, labels: Labels) -> tuple[Mask, Mask]:
    """The largest connected part of a piece that can be one item of this colour, and what belongs to others."""
    side = len(piece)
    own = piece & (labels == number)
    others = ndimage.binary_opening(piece & (labels != number) & (labels != INK)) & ~own
    near = ndimage.binary_dilation(own, iterations=max(1, side // 64)) & piece & ~others
    return next(_blobs(near, 0), near), others


def _explanations(piece: Mask, seen: Mask, reading: PixelReading) -> Iterator[_Explanation]:
    """What a piece may be: a whole item; else what one shows behind others; else the part of it that has one colour."""
    numbers = _colours(reading.labels, piece)
    beside = seen & ~piece
    top = -np.inf
    for number in numbers:
        best = fit(piece, beside, reading, COLOUR_NAMES[number], beat=top)
        yield _Explanation(best, COLOUR_NAMES[number], piece)
        top = max(top, best.score)
        if top > _WHOLE:
            return
    for number in numbers:
        colour = COLOUR_NAMES[number]
        if _among(piece, beside):
            yield _behind(piece, beside, reading, colour, top)
        if (apart := _parted(piece)) is not None:
            part = fit(apart, seen & ~apart, reading, colour, beat=top)
            yield _Explanation(part._replace(score=part.score - _PARTING), colour, apart)
        own, others = _own_part(piece, number, reading.labels)
        if not own.any():
            continue
        rest = (seen & ~own) | others
        best = fit(own, rest, reading, colour, beat=top)
        yield _Explanation(best, colour, ndimage.binary_dilation(own))
        top = max(top, best.score)
        if best.score < _WHOLE and _among(own, rest):
            yield _behind(own, rest, reading, colour, top)


def _parted(piece: Mask) -> Mask | None:
    """The largest part of a piece that hangs together with the rest by a neck only: things that touch."""
    core = piece
    for _ in range(max(1, len(piece) // _NECK)):
        core = ndimage.binary_erosion(core)
        numbered, _ = ndimage.label(core, structure=np.ones((3, 3)))
        areas = np.bincount(numbered.ravel())[1:]
        if not len(areas):
            return None
        kept = 1 + np.flatnonzero(areas > _PART * areas.sum())
        if len(kept) > 1:
            roots = np.where(np.isin(numbered, kept), numbered, 0)
            nearest = ndimage.distance_transform_edt(roots == 0, return_distances=False, return_indices=True)
            owner = np.where(piece, roots[tuple(nearest)], 0)
            return np.asarray(owner == 1 + int(np.argmax(np.bincount(owner[piece])[1:])))
    return None


def _among(own: Mask, others: Mask) -> bool:
    return bool((ndimage.binary_dilation(own, iterations=3) & others).any())


def _behind(own: Mask, others: Mask, reading: PixelReading, colour: str, top: float) -> _Explanation:
    """An item behind what it touches."""
    behind = fit(own, others, reading, colour, hidden=True, beat=top)
    return _Explanation(behind._replace(score=behind.score - _HIDING), colour, ndimage.binary_dilation(own))


def _detail(one: _Explanation, larger: _Explanation) -> bool:
    """Whether what seems a small thing is a part of a larger one, a stain on it, or its shadow."""
    if one.taken.sum() > _DETAIL * larger.taken.sum():
        return False
    if one.colour == larger.colour:
        return _inside(one.fit.window, larger.fit.window) > _ON
    whole, dark = larger.taken, one.colour == COLOUR_NAMES[_BLACK]
    reach = ndimage.binary_dilation(whole, iterations=max(1, len(whole) // _NEAR)) if dark else whole
    return one.fit.score < _CRISP and bool((one.taken & reach).sum() > _ON * one.taken.sum())


def _inside(small: Window, large: Window) -> float:
    """The share of a window that lies in another."""
    height = min(small.y1, large.y1) - max(small.y0, large.y0)
    width = min(small.x1, large.x1) - max(small.x0, large.x0)
    return max(0, height) * max(0, width) / (small.shape[0] * small.shape[1])


def _explain(reading: PixelReading) -> Iterator[FoundThing]:
    """The items of a picture, the largest first."""
    seen = reading.labels != BEHIND
    if seen.mean() > _FULL:
        return
    named: list[_Explanation] = []
    rest, least = seen.copy(), _LEAST_AREA * seen.size
    for _ in range(_MOST_ITEMS):
        piece = next(_blobs(rest, least), None)
        if piece is None:
            return
        best = max(_explanations(piece, seen, reading), key=lambda one: one.worth(piece), default=None)
        taken = piece if best is None else best.taken
        if best is not None and best.fit.score >= _PLAUSIBLE:
            mine = explained(best.fit, best.colour, reading)
            news = (mine & rest).sum()
            whole = best._replace(taken=covered(best.fit, reading))
            enough = max(_NEWS * (mine & seen).sum(), _SHOWN * whole.taken.sum(), least)
            if news > enough and not any(_detail(whole, one) for one in named):
                named.append(whole)
                yield _found(best, reading)
            taken = mine | (taken & ~ndimage.binary_opening(taken & ~mine))
        rest &= ~(taken if (taken & rest).any() else piece)


def judge(
    image: npt.NDArray[np.uint8], *, background: str | None = None, style: str | None = None
) -> tuple[FoundThing, ...]:
    """What is in a square RGB picture, best fit first; the setting is worked out where it is not given."""
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise ValueError(f"expected a square uint8 RGB picture `[n, n, 3]`, got {image.dtype} {list(image.shape)}")
    if background is not None:
        one_of(background, BACKGROUNDS, "background")
    if style is not None:
        one_of(style, STYLES, "style")
    reading = read(_from_afar(image), background, style)
    return tuple(sorted(_explain(reading), key=lambda item: -item.confidence))


def _from_afar(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A large picture, reduced by a whole number."""
    times = max(1, len(image) // _SIGHT)
    return image if times == 1 else np.array(Image.fromarray(image).reduce(times))


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
