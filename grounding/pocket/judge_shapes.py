"""The judge's memory: how well each kind, drawn into a window of a picture, agrees with what is seen there."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from grounding.pocket.judge_pixels import Floats, Mask, Reading, to_lab
from grounding.pocket.paint import coverage, sprite
from grounding.pocket.palette import TEXTURES
from grounding.pocket.pictures import Item
from grounding.pocket.shapes import KINDS, shape

_SHORTLIST, _FINALISTS = 8, 3
_CERTAIN = 0.9
"""A fit this good that leads by as much as it lacks is not looked into further."""
_ROUNDS = 6
_LEAST_SIDE = 4
_STEPS = (
    *(
        (-1, 0, 0, 0),
        (1, 0, 0, 0),
        (0, -1, 0, 0),
        (0, 1, 0, 0),
        (0, 0, -1, 0),
        (0, 0, 1, 0),
        (0, 0, 0, -1),
        (0, 0, 0, 1),
    ),
    *((-1, 0, 1, 0), (0, -1, 0, 1), (-1, -1, 1, 1), (1, 1, -1, -1)),
)
_RIM = 3
_BLUR = 1.0
_NOISE = 0.13
_CONTRASTS = (10.0, 30.0)
_FAINT = 0.5


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


class Fit(NamedTuple):
    kind: str
    score: float
    window: Window
    texture: str = TEXTURES[0]


def envelope(mask: Mask) -> Window:
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Window(int(ys[0]), int(xs[0]), int(ys[-1]) + 1, int(xs[-1]) + 1)


def _filling(kind: str, colour: str, texture: str, height: int, width: int, side: int) -> Item:
    return Item(kind, colour, texture, "large", (0.0, 0.0, width / side, height / side), 0)


@lru_cache(maxsize=50_000)
def drawn(kind: str, style: str, height: int, width: int, side: int) -> Floats:
    """The coverage of a kind that fills a window of so many pixels, 0 to 1."""
    return coverage(_filling(kind, "red", "plain", height, width, side), side, style).astype(np.float64)


@lru_cache(maxsize=2_000)
def _painted(kind: str, colour: str, texture: str, style: str, height: int, width: int, side: int) -> Floats:
    return sprite(_filling(kind, colour, texture, height, width, side), side, style).astype(np.float64)


def _stretch(kind: str, window: Window) -> float:
    """The price of proportions that are not the kind's own."""
    height, width = window.shape
    return 0.3 * max(0.0, abs(float(np.log(width / height / shape(kind).aspect))) - 0.06)


def _overlap(kind: str, seen: Floats, counted: Mask, window: Window, style: str) -> float:
    """Soft intersection over union of the kind's drawing with what is seen, over the whole canvas."""
    here = np.where(counted[window.slices], drawn(kind, style, *window.shape, seen.shape[0]), 0.0)
    both = np.minimum(here, seen[window.slices]).sum()
    return float(both / max(1.0, seen.sum() + here.sum() - both)) - _stretch(kind, window)


def _settle(kind: str, seen: Floats, counted: Mask, start: Window, style: str) -> Fit:
    """The kind in the best window near the first guess, moved edge by edge."""
    best = Fit(kind, _overlap(kind, seen, counted, start, style), start)
    for _ in range(_ROUNDS):
        tried = [
            Fit(kind, _overlap(kind, seen, counted, window, style), window) for window in _moves(best.window, len(seen))
        ]
        better = max(tried, key=lambda other: other.score, default=best)
        if better.score <= best.score:
            break
        best = better
    return best


class _Scene(NamedTuple):
    """What a piece of a picture is compared with: the picture, the pixels seen as the piece, those that count."""

    reading: Reading
    seen: Floats
    counted: Mask
    colour: str
    contrast: float
    """Colour distance (Lab) from which on a pixel disagrees fully with a drawing."""


def _scene(piece: Mask, ignored: Mask, reading: Reading, colour: str) -> _Scene:
    """The piece with its faint rim: pixels near by that differ from the background at least half as much as it does."""
    apart = np.linalg.norm(to_lab(reading.rgb) - to_lab(reading.backdrop), axis=-1)
    contrast = float(np.clip(np.median(apart[piece]), *_CONTRASTS))
    near = ndimage.binary_dilation(piece, iterations=max(1, len(piece) // 32)) & ~ignored
    whole = (piece & ~ignored) | (near & (apart > _FAINT * contrast))
    rooted = ndimage.binary_propagation(piece & ~ignored, structure=np.ones((3, 3), dtype=np.bool_), mask=whole)
    return _Scene(reading, rooted.astype(np.float64), ~ignored, colour, contrast)


def _around(window: Window, other: Window, side: int) -> Window:
    return Window(
        max(0, min(window.y0, other.y0) - _RIM),
        max(0, min(window.x0, other.x0) - _RIM),
        min(side, max(window.y1, other.y1) + _RIM),
        min(side, max(window.x1, other.x1) + _RIM),
    )


def _resemblance(kind: str, texture: str, window: Window, scene: _Scene) -> float:
    """How well the kind, painted over the background, reproduces the picture: 1 is perfect, 0 useless.

    Both are blurred first, so that soft edges cost nothing.
    """
    side, style = len(scene.seen), scene.reading.setting.style
    view = _around(window, envelope(scene.seen > 0), side)
    cover = np.zeros(view.shape)
    inner = (slice(window.y0 - view.y0, window.y1 - view.y0), slice(window.x0 - view.x0, window.x1 - view.x0))
    cover[inner] = drawn(kind, style, *window.shape, side)
    painted = scene.reading.backdrop[view.slices].copy()
    ink = _painted(kind, scene.colour, texture, style, *window.shape, side)
    painted[inner] += cover[inner][..., None] * (ink - painted[inner])
    soft = _BLUR * side / 128
    pair = np.stack([painted, scene.reading.rgb[view.slices]])
    there, here = to_lab(ndimage.gaussian_filter(pair, (0, soft, soft, 0)))
    wrong = np.clip(np.linalg.norm(there - here, axis=-1) / scene.contrast - _NOISE, 0, 1)
    counted = scene.counted[view.slices]
    area = np.maximum(cover, scene.seen[view.slices])[counted].sum()
    return 1 - float(wrong[counted].sum() / max(1.0, area)) - _stretch(kind, window)


def _best_texture(guess: Fit, scene: _Scene) -> Fit:
    scored = [(_resemblance(guess.kind, texture, guess.window, scene), texture) for texture in TEXTURES]
    score, texture = max(scored)
    return guess._replace(score=score, texture=texture)


def _moves(window: Window, side: int) -> list[Window]:
    """The window with one edge, two opposite edges or all edges moved by a pixel, as far as it stays in the picture."""
    moves = []
    for dy0, dx0, dy1, dx1 in _STEPS:
        moved = Window(window.y0 + dy0, window.x0 + dx0, window.y1 + dy1, window.x1 + dx1)
        if min(moved) >= 0 and max(moved) <= side and min(moved.shape) >= _LEAST_SIDE:
            moves.append(moved)
    return moves


def _adjust(guess: Fit, scene: _Scene) -> Fit:
    """The guess in the window near by where it reproduces the picture best."""
    for _ in range(_ROUNDS):
        tried = [
            guess._replace(window=window, score=_resemblance(guess.kind, guess.texture, window, scene))
            for window in _moves(guess.window, len(scene.seen))
        ]
        best = max(tried, key=lambda other: other.score, default=guess)
        if best.score <= guess.score:
            break
        guess = best
    return _best_texture(guess, scene)


def fit(piece: Mask, ignored: Mask, reading: Reading, colour: str) -> Fit:
    """The kind that explains a piece of a picture best; `ignored` pixels may be anything.

    The silhouette makes a shortlist and places it; the kind that reproduces the picture best wins.
    """
    style = reading.setting.style
    scene = _scene(piece, ignored, reading, colour)
    start = envelope(scene.seen > 0)
    first = sorted(KINDS, key=lambda kind: -_overlap(kind, scene.seen, scene.counted, start, style))[:_SHORTLIST]
    placed = [_settle(kind, scene.seen, scene.counted, start, style) for kind in first]
    judged = sorted((_best_texture(guess, scene) for guess in placed), key=lambda guess: -guess.score)
    if judged[0].score > _CERTAIN and judged[0].score - judged[1].score > 1 - _CERTAIN:
        return judged[0]
    return max((_adjust(guess, scene) for guess in judged[:_FINALISTS]), key=lambda guess: guess.score)


def footprint(best: Fit, side: int, style: str) -> Mask:
    """The pixels that the drawing covers."""
    covered = np.zeros((side, side), dtype=np.bool_)
    covered[best.window.slices] = drawn(best.kind, style, *best.window.shape, side) > 0.5
    return covered
