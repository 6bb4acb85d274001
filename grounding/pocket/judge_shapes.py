"""The judge's memory: how well each kind, drawn into a window of a picture, agrees with what is seen there."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from grounding.pocket.judge_pixels import COLOUR_NAMES, Floats, Mask, PixelReading, softer, to_lab
from grounding.pocket.paint import coverage, sprite
from grounding.pocket.palette import TEXTURES
from grounding.pocket.pictures import Piece
from grounding.pocket.shapes import KINDS, shape

_SHORTLIST, _CONTENDERS, _FINALISTS = 10, 5, 3
_CERTAIN, _LEAD = 0.85, 0.12
"""A fit this good that leads by so much is not looked into further."""
_ROUNDS = 5
_LEAST_SIDE = 4
_EDGES = tuple(tuple(sign * (k == edge) for k in range(4)) for edge in range(4) for sign in (-1, 1))
_STEPS = (*_EDGES, (-1, 0, 1, 0), (0, -1, 0, 1), (-1, -1, 1, 1), (1, 1, -1, -1))
_RIM = 3
_TEMPLATE = 96
_NOISE = 0.13
_WITHIN = 0.5
_CONTRASTS = (10.0, 30.0)
_FAINT = 0.5
_STRANGE = 22.0
_SAME_COLOUR, _CAST = 0.25, 3.5
"""All of an item may be off in colour by this share of its contrast, and by so much (Lab) at most."""


class Window(NamedTuple):
    """Half-open pixel bounds."""

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        return self.y1 - self.y0, self.x1 - self.x0


class ShapeFit(NamedTuple):
    kind: str
    score: float
    window: Window
    texture: str = TEXTURES[0]


def envelope(mask: Mask) -> Window:
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Window(int(ys[0]), int(xs[0]), int(ys[-1]) + 1, int(xs[-1]) + 1)


def _filling(kind: str, colour: str, texture: str, height: int, width: int, side: int) -> Piece:
    return Piece(kind, colour, texture, "large", (0.0, 0.0, width / side, height / side), 0)


@cache
def _template(kind: str) -> Image.Image:
    cover = coverage(_filling(kind, "red", "plain", _TEMPLATE, _TEMPLATE, _TEMPLATE), _TEMPLATE, "flat")
    return Image.fromarray((cover * 255).astype(np.uint8))


@lru_cache(maxsize=10_000)
def _silhouette(kind: str, height: int, width: int) -> Floats:
    """Roughly the coverage of a kind that fills a window of so many pixels; much cheaper than a drawing."""
    shrunk = _template(kind).resize((width, height), Image.Resampling.BOX)
    return np.asarray(shrunk, dtype=np.float64) / 255


def drawn(kind: str, style: str, height: int, width: int, side: int) -> Floats:
    """The coverage of a kind that fills a window of so many pixels, 0 to 1."""
    return _stretched(_drawn(kind, style, _near(height, side), _near(width, side), side), height, width)


def _painted(kind: str, colour: str, texture: str, style: str, height: int, width: int, side: int) -> Floats:
    return _stretched(_ink(kind, colour, texture, style, _near(height, side), _near(width, side), side), height, width)


@lru_cache(maxsize=2_000)
def _drawn(kind: str, style: str, height: int, width: int, side: int) -> Floats:
    return coverage(_filling(kind, "red", "plain", height, width, side), side, style).astype(np.float64)


@lru_cache(maxsize=2_000)
def _ink(kind: str, colour: str, texture: str, style: str, height: int, width: int, side: int) -> Floats:
    return sprite(_filling(kind, colour, texture, height, width, side), side, style).astype(np.float64)


def _near(length: int, most: int) -> int:
    """A length near by of which a drawing is kept; large drawings may be off by a pixel or two."""
    step = max(1, length // 24)
    return min(most, step * round(length / step))


def _stretched(drawing: Floats, height: int, width: int) -> Floats:
    if drawing.shape[:2] == (height, width):
        return drawing
    rows, columns = (np.arange(n) * of // n for n, of in zip((height, width), drawing.shape, strict=False))
    return np.asarray(drawing[rows[:, None], columns])


def _stretch(kind: str, window: Window) -> float:
    """The price of proportions that are not the kind's own."""
    height, width = window.shape
    return 0.3 * max(0.0, abs(float(np.log(width / height / shape(kind).aspect))) - 0.06)


class _Scene(NamedTuple):
    """What a piece of a picture is compared with."""

    reading: PixelReading
    colour: str
    seen: Floats
    """The piece itself: 1 or 0 per pixel."""
    others: Mask
    """Pixels that show other things."""
    hidden: bool
    """Whether the item may go on behind the others; if not, it must not reach over them."""
    contrast: float
    """Colour distance (Lab) from which on a pixel disagrees fully with a drawing."""


def _scene(piece: Mask, others: Mask, reading: PixelReading, colour: str, hidden: bool) -> _Scene:
    """The piece with its faint rim: pixels near by that differ from the background at least half as much as it does."""
    apart = reading.apart
    contrast = float(np.clip(np.median(apart[piece]), *_CONTRASTS))
    near = ndimage.binary_dilation(piece, iterations=max(1, len(piece) // 32)) & ~others
    whole = (piece & ~others) | (near & (apart > _FAINT * contrast))
    rooted = ndimage.binary_propagation(piece & ~others, structure=np.ones((3, 3), dtype=np.bool_), mask=whole)
    return _Scene(reading, colour, rooted.astype(np.float64), others, hidden, contrast)


def _overlap(kind: str, window: Window, scene: _Scene) -> float:
    """Soft intersection over union of the kind's drawing with what is seen, over the whole canvas."""
    here = _silhouette(kind, *window.shape)
    if scene.hidden:
        here = np.where(scene.others[window.slices], 0.0, here)
    both = np.minimum(here, scene.seen[window.slices]).sum()
    return float(both / max(1.0, scene.seen.sum() + here.sum() - both)) - _stretch(kind, window)


def _settle(guess: ShapeFit, scene: _Scene) -> ShapeFit:
    """The guess in the window near by where its silhouette overlaps best."""
    best = guess
    for _ in range(_ROUNDS):
        windows = _moves(best.window, len(scene.seen))
        tried = [ShapeFit(best.kind, _overlap(best.kind, window, scene), window) for window in windows]
        better = max(tried, key=lambda other: other.score, default=best)
        if better.score <= best.score:
            break
        best = better
    return best


def _around(window: Window, other: Window, side: int) -> Window:
    return Window(
        max(0, min(window.y0, other.y0) - _RIM),
        max(0, min(window.x0, other.x0) - _RIM),
        min(side, max(window.y1, other.y1) + _RIM),
        min(side, max(window.x1, other.x1) + _RIM),
    )


def _difference(guess: ShapeFit, colour: str, reading: PixelReading, view: Window,
                allowed: float) -> tuple[Floats, Floats]:
    """The coverage of a drawing in a view of the picture, and how far (Lab) the picture is from it.

    All of the item together may be off in colour by what is `allowed`.
    """
    side, window = len(reading.labels), guess.window
    cover = np.zeros(view.shape)
    inner = (slice(window.y0 - view.y0, window.y1 - view.y0), slice(window.x0 - view.x0, window.x1 - view.x0))
    cover[inner] = drawn(guess.kind, reading.setting.style, *window.shape, side)
    painted = reading.backdrop[view.slices].copy()
    ink = _painted(guess.kind, colour, guess.texture, reading.setting.style, *window.shape, side)
    painted[inner] += cover[inner][..., None] * (ink - painted[inner])
    there, here = to_lab(softer(painted, side)), reading.soft[view.slices]
    return cover, np.linalg.norm(there + cover[..., None] * _cast(there, here, cover, allowed) - here, axis=-1)


def _cast(there: Floats, here: Floats, cover: Floats, allowed: float) -> Floats:
    """How much (Lab) all of an item is off in colour, up to what is still called the same colour."""
    inner = cover > 0.9
    if not inner.any():
        return np.zeros(3)
    off = np.median(here[inner] - there[inner], axis=0)
    return np.asarray(off * min(1.0, allowed / max(1e-9, float(np.linalg.norm(off)))))


def _resemblance(kind: str, texture: str, window: Window, scene: _Scene) -> float:
    """How well the kind, painted over the background, reproduces the picture: 1 is perfect, 0 useless.

    Both are blurred first, so that soft edges cost nothing. The silhouette counts as much as what is within it.
    """
    view = _around(window, envelope(scene.seen > 0), len(scene.seen))
    allowed = min(_CAST, _SAME_COLOUR * scene.contrast)
    cover, distance = _difference(ShapeFit(kind, 0.0, window, texture), scene.colour, scene.reading, view, allowed)
    wrong = np.clip(distance / scene.contrast - _NOISE, 0, 1)
    counted = ~scene.others[view.slices] | ((cover > 0.5) & (not scene.hidden))
    seen = scene.seen[view.slices]
    area = max(1.0, np.maximum(cover, seen)[counted].sum())
    within = 1 - wrong[counted].sum() / area
    outline = np.minimum(cover, seen)[counted].sum() / area
    return float(_WITHIN * within + (1 - _WITHIN) * outline) - _stretch(kind, window)


def _scored(guess: ShapeFit, scene: _Scene) -> ShapeFit:
    return guess._replace(score=_resemblance(guess.kind, guess.texture, guess.window, scene))


def _best_texture(guess: ShapeFit, scene: _Scene) -> ShapeFit:
    """The guess in the texture that suits it best."""
    return max((_scored(guess._replace(texture=texture), scene) for texture in TEXTURES), key=_score)


def _moves(window: Window, side: int) -> list[Window]:
    """The window with one edge, two opposite edges or all edges moved by a pixel, as far as it stays in the picture."""
    moves = []
    for step in _STEPS:
        moved = Window(*(edge + by for edge, by in zip(window, step, strict=True)))
        if min(moved) >= 0 and max(moved) <= side and min(moved.shape) >= _LEAST_SIDE:
            moves.append(moved)
    return moves


def _adjust(guess: ShapeFit, scene: _Scene) -> ShapeFit:
    """The guess in the window near by where it reproduces the picture best."""
    known: set[Window] = {guess.window}
    for _ in range(_ROUNDS):
        windows = [window for window in _moves(guess.window, len(scene.seen)) if window not in known]
        known.update(windows)
        best = max((_scored(guess._replace(window=window), scene) for window in windows), key=_score, default=guess)
        if best.score <= guess.score:
            break
        guess = best
    return _best_texture(guess, scene)


def _starts(kind: str, seen: Window, scene: _Scene) -> list[Window]:
    """Where to look for a kind: where it is seen, and where it may go on behind other things."""
    height, width = seen.shape
    if not scene.hidden:
        return [seen]
    wider = max(0, round(height * shape(kind).aspect) - width)
    taller = max(0, round(width / shape(kind).aspect) - height)
    longer = [
        seen,
        seen._replace(x0=seen.x0 - wider),
        seen._replace(x1=seen.x1 + wider),
        seen._replace(x0=seen.x0 - wider // 2, x1=seen.x1 + wider // 2),
        seen._replace(y0=seen.y0 - taller),
        seen._replace(y1=seen.y1 + taller),
    ]
    return [window for window in dict.fromkeys(longer) if min(window) >= 0 and max(window) <= len(scene.seen)]


def fit(
    piece: Mask, others: Mask, reading: PixelReading, colour: str, *, hidden: bool = False, beat: float = -np.inf
) -> ShapeFit:
    """The kind that explains a piece of a picture best, given what belongs to others.

    The silhouette makes a shortlist and places it; the kind that reproduces the picture best wins. No trouble is taken
    over fits that have no chance to `beat` a score.
    """
    scene = _scene(piece, others, reading, colour, hidden)
    seen = envelope(scene.seen > 0)
    guesses = [
        max((ShapeFit(kind, _overlap(kind, start, scene), start) for start in _starts(kind, seen, scene)), key=_score)
        for kind in KINDS
    ]
    shortlist = sorted(guesses, key=_score)[-_SHORTLIST:]
    placed = [max((_scored(one, scene) for one in (guess, _settle(guess, scene))), key=_score) for guess in shortlist]
    likely = sorted(placed, key=_score)[-_CONTENDERS:]
    judged = sorted((_best_texture(guess, scene) for guess in likely), key=_score, reverse=True)
    rivals = [guess for guess in judged[:_FINALISTS] if guess.score > judged[0].score - _LEAD]
    if judged[0].score < beat - _LEAD or (len(rivals) == 1 and judged[0].score > _CERTAIN):
        return judged[0]
    return max((_adjust(guess, scene) for guess in rivals), key=_score)


def _score(guess: ShapeFit) -> float:
    return guess.score


def covered(best: ShapeFit, reading: PixelReading) -> Mask:
    """The pixels that a drawing covers."""
    side = len(reading.labels)
    whole = np.zeros((side, side), dtype=np.bool_)
    whole[best.window.slices] = drawn(best.kind, reading.setting.style, *best.window.shape, side) > 0.5
    return whole


def explained(best: ShapeFit, colour: str, reading: PixelReading) -> Mask:
    """The pixels that a drawing covers, but for patches in it that look like something else, of another colour."""
    side, seen = len(reading.labels), reading.labels[best.window.slices]
    other = seen != COLOUR_NAMES.index(colour)
    cover, distance = _difference(best, colour, reading, best.window, _CAST)
    covered = ndimage.binary_dilation(np.pad(cover > 0.5, 1))[1:-1, 1:-1]
    strange = ndimage.binary_opening(other & (distance > _STRANGE), structure=np.ones((3, 3), dtype=np.bool_))
    mine = np.zeros((side, side), dtype=np.bool_)
    mine[best.window.slices] = covered & ~strange
    return mine
