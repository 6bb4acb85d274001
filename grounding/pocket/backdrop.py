"""Backgrounds: quiet, greyish tones with a few large shapes, so that every item stands out from them."""

from __future__ import annotations

import random
from functools import lru_cache

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
    "room": ((214, 202, 198), (184, 166, 154), (198, 184, 178)),
    "sea": ((154, 192, 200), (120, 164, 178), (170, 202, 208)),
}
"""Per background: upper tone, lower tone, accent, as they are in the `flat` style."""


def _wave(draw: ImageDraw.ImageDraw, side: int, top: float, sway: float, tone: RGB, rng: random.Random) -> None:
    """A hill line across the canvas, filled to the bottom."""
    heights = [top + sway * rng.uniform(-1, 1) for _ in range(5)]
    points: list[tuple[float, float]] = []
    for k in range(33):
        at = k / 8
        i = min(int(at), 3)
        t = at - i
        t = t * t * (3 - 2 * t)
        points.append((k / 32 * side, (heights[i] * (1 - t) + heights[i + 1] * t) * side))
    draw.polygon([*points, (side, side), (0, side)], fill=tone)


def _cloud(draw: ImageDraw.ImageDraw, side: int, tone: RGB, rng: random.Random) -> None:
    x, y, s = rng.uniform(0.05, 0.85) * side, rng.uniform(0.06, 0.8) * side, rng.uniform(0.06, 0.1) * side
    for dx, dy, r in ((0, 0, 1.0), (1.1, -0.35, 1.2), (2.2, 0.05, 0.9)):
        draw.ellipse([x + dx * s - r * s, y + dy * s - r * s * 0.7, x + dx * s + r * s, y + dy * s + r * s * 0.7], fill=tone)


def _fade(side: int, upper: RGB, lower: RGB) -> Image.Image:
    column = Image.new("RGB", (1, 2), upper)
    column.putpixel((0, 1), lower)
    return column.resize((side, side), Image.Resampling.BICUBIC)


def _scene(name: str, side: int, tones: tuple[RGB, RGB, RGB], rng: random.Random) -> Image.Image:
    upper, lower, accent = tones
    lift = rng.uniform(-0.06, 0.06)
    image = _fade(side, upper, mix(upper, lower, 0.25 if name != "plain" else 1.0))
    draw = ImageDraw.Draw(image)
    if name == "sky":
        for _ in range(4):
            _cloud(draw, side, accent, rng)
    elif name in ("meadow", "snow", "desert"):
        _wave(draw, side, 0.56 + lift, 0.05, mix(upper, lower, 0.55), rng)
        _wave(draw, side, 0.66 + lift, 0.04, lower, rng)
        _wave(draw, side, 0.84 + lift, 0.03, accent, rng)
    elif name == "beach":
        draw.rectangle([0, (0.46 + lift) * side, side, side], fill=lower)
        _wave(draw, side, 0.66 + lift, 0.02, accent, rng)
    elif name == "forest":
        for k in range(7):
            x, w = (k + rng.uniform(0.2, 0.8)) / 7 * side, rng.uniform(0.02, 0.04) * side
            draw.rectangle([x - w, 0, x + w, 0.74 * side], fill=mix(upper, accent, 0.6))
        _wave(draw, side, 0.7 + lift, 0.03, lower, rng)
    elif name == "city":
        x = -0.02
        while x < 1:
            w, h = rng.uniform(0.08, 0.15), rng.uniform(0.2, 0.48)
            draw.rectangle([x * side, (0.72 + lift - h) * side, (x + w) * side, side], fill=mix(upper, lower, rng.uniform(0.5, 1)))
            x += w + rng.choice((0, 0.02))
        draw.rectangle([0, (0.74 + lift) * side, side, side], fill=accent)
    elif name == "room":
        draw.rectangle([0, (0.68 + lift) * side, side, side], fill=lower)
        draw.rectangle([0, (0.655 + lift) * side, side, (0.68 + lift) * side], fill=mix(accent, (230, 222, 218), 0.5))
    elif name == "sea":
        image = _fade(side, accent, lower)
        draw = ImageDraw.Draw(image)
        _wave(draw, side, 0.36 + lift, 0.03, mix(accent, lower, 0.6), rng)
        _wave(draw, side, 0.7 + lift, 0.03, mix(accent, lower, 0.9), rng)
    return image


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
    image = _scene(name, size * _OVERSAMPLE, (upper, lower, accent), rng)
    if style == "night":
        _sparkle(image, rng)
    return image.reduce(_OVERSAMPLE)


_kept = lru_cache(maxsize=512)(_paint)


def backdrop(name: str, style: str, seed: int, size: int) -> Image.Image:
    """A fresh copy of one of the `VARIANTS` drawings of a background."""
    paint = _kept if size <= _CACHED_SIDE else _paint
    return paint(name, style, seed % VARIANTS, size).copy()
