"""Backgrounds: quiet, greyish tones with a few large shapes, so that every item stands out from them."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from grounding.pocket.palette import RGB, backdrop_tone, mix

VARIANTS = 8
_CACHED_SIDE = 160
_OVERSAMPLE = 2

TONES: dict[str, tuple[RGB, RGB, RGB]] = {
    "plain": ((202, 202, 204), (186, 186, 190), (178, 178, 182)),
    "sky": ((168, 194, 216), (196, 212, 224), (212, 222, 230)),
    "meadow": ((196, 212, 220), (172, 194, 156), (158, 184, 144)),
    "beach": ((192, 210, 220), (150, 184, 196), (222, 206, 176)),
    "snow": ((166, 180, 198), (208, 216, 226), (192, 202, 214)),
    "desert": ((220, 208, 192), (212, 188, 152), (200, 174, 138)),
    "forest": ((166, 184, 164), (142, 164, 142), (134, 152, 130)),
    "city": ((198, 196, 208), (172, 170, 184), (152, 152, 160)),
    "room": ((214, 202, 198), (184, 166, 154), (196, 208, 216)),
    "sea": ((154, 192, 200), (120, 164, 178), (170, 202, 208)),
}
"""Per background: upper tone, lower tone, accent, as they are in the `flat` style."""


class _Stage(NamedTuple):
    """What a background's drawing needs: the canvas, its tones and its own chance."""

    image: Image.Image
    side: int
    upper: RGB
    lower: RGB
    accent: RGB
    lift: float
    rng: random.Random

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def wave(self, top: float, sway: float, tone: RGB) -> None:
        """A hill line across the canvas, filled to the bottom."""
        heights = [top + self.lift + sway * self.rng.uniform(-1, 1) for _ in range(5)]
        points: list[tuple[float, float]] = []
        for k in range(33):
            i = min(k // 8, 3)
            t = k / 8 - i
            t = t * t * (3 - 2 * t)
            points.append((k / 32 * self.side, (heights[i] * (1 - t) + heights[i + 1] * t) * self.side))
        self.pen.polygon([*points, (self.side, self.side), (0, self.side)], fill=tone)

    def block(self, x0: float, y0: float, x1: float, y1: float, tone: RGB) -> None:
        self.pen.rectangle([v * self.side for v in (x0, y0, x1, y1)], fill=tone)

    def cloud(self) -> None:
        x, y, s = self.rng.uniform(0.05, 0.85), self.rng.uniform(0.06, 0.8), self.rng.uniform(0.06, 0.1)
        for dx, dy, r in ((0, 0, 1.0), (1.1, -0.35, 1.2), (2.2, 0.05, 0.9)):
            ends = (x + (dx - r) * s, y + (dy - 0.7 * r) * s, x + (dx + r) * s, y + (dy + 0.7 * r) * s)
            self.pen.ellipse([v * self.side for v in ends], fill=self.accent)

    def bubble(self) -> None:
        x, y, r = self.rng.uniform(0, 1), self.rng.uniform(0.05, 0.95), self.rng.uniform(0.008, 0.02)
        ends = [v * self.side for v in (x - r, y - r, x + r, y + r)]
        self.pen.ellipse(ends, outline=mix(self.accent, self.lower, 0.25), width=max(1, self.side // 128))


def _sky(stage: _Stage) -> None:
    for _ in range(4):
        stage.cloud()


def _hills(stage: _Stage) -> None:
    stage.wave(0.56, 0.05, mix(stage.upper, stage.lower, 0.55))
    stage.wave(0.66, 0.04, stage.lower)
    stage.wave(0.84, 0.03, stage.accent)


def _beach(stage: _Stage) -> None:
    stage.block(0, 0.46 + stage.lift, 1, 1, stage.lower)
    stage.wave(0.64, 0.02, mix(stage.lower, stage.upper, 0.6))
    stage.wave(0.67, 0.02, stage.accent)


def _forest(stage: _Stage) -> None:
    for k in range(7):
        x, half = (k + stage.rng.uniform(0.2, 0.8)) / 7, stage.rng.uniform(0.02, 0.04)
        stage.block(x - half, 0, x + half, 0.8, mix(stage.upper, stage.accent, 0.7))
    stage.wave(0.7, 0.03, stage.lower)


def _city(stage: _Stage) -> None:
    x, street = -0.02, 0.74 + stage.lift
    while x < 1:
        width, height = stage.rng.uniform(0.1, 0.17), stage.rng.uniform(0.2, 0.48)
        wall = mix(stage.upper, stage.lower, stage.rng.uniform(0.5, 1))
        stage.block(x, street - height, x + width, 1, wall)
        for row in range(int(height / 0.08)):
            for left in (0.25, 0.6):
                y = street - height + 0.025 + 0.08 * row
                stage.block(x + left * width, y, x + (left + 0.17) * width, y + 0.035, mix(wall, stage.upper, 0.45))
        x += width + stage.rng.choice((0, 0.02))
    stage.block(0, street, 1, 1, stage.accent)


def _room(stage: _Stage) -> None:
    floor, frame = 0.68 + stage.lift, mix(stage.upper, stage.lower, 0.45)
    x, y = stage.rng.uniform(0.08, 0.66), stage.rng.uniform(0.1, 0.2)
    stage.block(x, y, x + 0.28, y + 0.34, frame)
    for left in (0.02, 0.15):
        for top in (0.02, 0.18):
            stage.block(x + left, y + top, x + left + 0.11, y + top + 0.14, stage.accent)
    stage.block(0, floor, 1, 1, stage.lower)
    stage.block(0, floor - 0.025, 1, floor, frame)


def _sea(stage: _Stage) -> None:
    stage.wave(0.0, 0.03, mix(stage.accent, stage.lower, 0.3))
    stage.wave(0.34, 0.04, mix(stage.accent, stage.lower, 0.6))
    stage.wave(0.68, 0.04, stage.lower)
    for _ in range(12):
        stage.bubble()


_DRAWINGS: dict[str, Callable[[_Stage], None]] = {
    "sky": _sky,
    "meadow": _hills,
    "snow": _hills,
    "desert": _hills,
    "beach": _beach,
    "forest": _forest,
    "city": _city,
    "room": _room,
    "sea": _sea,
}


def _fade(side: int, upper: RGB, lower: RGB) -> Image.Image:
    column = Image.new("RGB", (1, 2), upper)
    column.putpixel((0, 1), lower)
    return column.resize((side, side), Image.Resampling.BICUBIC)


def _sparkle(image: Image.Image, rng: random.Random) -> None:
    """The night sky's tiny lights, too small to be taken for things."""
    draw = ImageDraw.Draw(image)
    side = image.width
    for _ in range(14):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side * 0.5), side * rng.uniform(0.003, 0.006)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(120, 128, 170))


def _paint(name: str, style: str, variant: int, size: int) -> Image.Image:
    rng = random.Random(f"{name}/{variant}")
    upper, lower, accent = (backdrop_tone(tone, style) for tone in TONES[name])
    side = size * _OVERSAMPLE
    image = _fade(side, upper, lower if name == "plain" else mix(upper, lower, 0.25))
    if name in _DRAWINGS:
        _DRAWINGS[name](_Stage(image, side, upper, lower, accent, rng.uniform(-0.06, 0.06), rng))
    if style == "night":
        _sparkle(image, rng)
    return image.reduce(_OVERSAMPLE)


_kept = lru_cache(maxsize=512)(_paint)


def backdrop(name: str, style: str, seed: int, size: int) -> Image.Image:
    """A fresh copy of one of the `VARIANTS` drawings of a background."""
    paint = _kept if size <= _CACHED_SIDE else _paint
    return paint(name, style, seed % VARIANTS, size).copy()
