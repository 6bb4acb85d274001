"""Pictures to pixels: each item is drawn four times too large, reduced, and laid over what is behind it."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw

from grounding.pocket.backdrop import backdrop
from grounding.pocket.curves import Points, Stroke
from grounding.pocket.palette import RGB, Tones, mix, tones
from grounding.pocket.pictures import Picture, Piece
from grounding.pocket.shapes import shape

OVERSAMPLE = 4
LINE = {"flat": 0.0085, "sketch": 0.0125, "pastel": 0.0075, "night": 0.0085}
"""Width of the outline as a fraction of the canvas."""
GLASS: RGB = (200, 222, 232)
_SHADOW: RGB = (60, 56, 76)
_STILL = np.zeros(2)
_AROUND = np.array([(math.cos(k * math.pi / 6), math.sin(k * math.pi / 6)) for k in range(12)])
"""An outline is the union of the shape's copies moved by its width in all directions."""


@cache
def _light_field() -> Image.Image:
    """How much light falls where on a rounded thing: 255 upper left, 0 lower right."""
    y, x = np.mgrid[0:48, 0:48] / 47.0
    distance = np.hypot(x - 0.3, y - 0.22) / 1.0
    field = np.clip(1 - distance, 0, 1)
    return Image.fromarray((field * 255).astype(np.uint8), "L")


def _ramp(low: RGB, high: RGB, field: Image.Image) -> Image.Image:
    channels = [field.point([round(a + (b - a) * k / 255) for k in range(256)]) for a, b in zip(low, high, strict=True)]
    return Image.merge("RGB", channels)


class _Sheet:
    """The over-large drawing of one item: where it lies on the canvas and how unit points map to it."""

    def __init__(self, item: Piece, size: int, style: str) -> None:
        x0, y0, x1, y1 = (v * size for v in item.box)
        self.left, self.top = math.floor(x0), math.floor(y0)
        self.width = (math.ceil(x1) - self.left) * OVERSAMPLE
        self.height = (math.ceil(y1) - self.top) * OVERSAMPLE
        thick = min(LINE[style] * size, 0.12 * min(x1 - x0, y1 - y0))
        self.line = thick * OVERSAMPLE
        inset = thick
        self.offset = np.array([x0 + inset - self.left, y0 + inset - self.top]) * OVERSAMPLE - 0.5
        self.scale = np.array([x1 - x0 - 2 * inset, y1 - y0 - 2 * inset]) * OVERSAMPLE

    def place(self, part: Stroke, shift: Points = _STILL) -> list[float]:
        flat: list[float] = (part.points * self.scale + (self.offset + shift)).ravel().tolist()
        return flat


class _Layers(NamedTuple):
    """One item's coverage (outline included) and, per pixel, the number of its foremost tone (0 is the outline)."""

    coverage: Image.Image
    tone_numbers: Image.Image
    tone_names: tuple[str, ...]

    def where(self, tone: str) -> Image.Image:
        chosen = self.tone_names.index(tone) + 1
        return self.tone_numbers.point([255 if k == chosen else 0 for k in range(256)])


def _layers(item: Piece, sheet: _Sheet) -> _Layers:
    coverage = Image.new("L", (sheet.width, sheet.height))
    numbers = Image.new("L", (sheet.width, sheet.height))
    on_coverage, on_numbers = ImageDraw.Draw(coverage), ImageDraw.Draw(numbers)
    parts = shape(item.kind).parts
    names = tuple(dict.fromkeys(part.tone for part in parts if part.ink))
    for part in parts:
        if part.ink:
            for step in _AROUND:
                on_coverage.polygon(sheet.place(part, step * sheet.line), fill=255)
            on_numbers.polygon(sheet.place(part), fill=names.index(part.tone) + 1)
    return _Layers(coverage, numbers, names)


def _texture(item: Piece, sheet: _Sheet) -> Image.Image | None:
    """Where the second tone goes: slanted stripes, or spots in staggered rows."""
    if item.texture == "plain":
        return None
    pattern = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(pattern)
    pitch = max(sheet.width, sheet.height) / (5.0 if item.texture == "striped" else 4.6)
    if item.texture == "striped":
        for k in range(-6, 12):
            x = k * pitch
            draw.polygon(
                [
                    (x, 0),
                    (x + pitch * 0.46, 0),
                    (x + pitch * 0.46 + sheet.height * 0.6, sheet.height),
                    (x + sheet.height * 0.6, sheet.height),
                ],
                fill=255,
            )
        return pattern
    r = pitch * 0.27
    for row in range(int(sheet.height / pitch * 1.2) + 2):
        for column in range(int(sheet.width / pitch) + 2):
            x, y = (column + 0.5 * (row % 2)) * pitch, (row + 0.4) * pitch * 0.86
            draw.ellipse([x - r, y - r, x + r, y + r], fill=255)
    return pattern


def tone_of(name: str, ink: Tones, style: str) -> RGB:
    """The colour a part is painted with, by the name of its tone."""
    if name == "glass":
        return mix(ink.light, GLASS if style != "night" else (250, 226, 140), 0.6)
    value: RGB = getattr(ink, name)
    return value


def _body_paint(ink: Tones, style: str, size: tuple[int, int]) -> Image.Image:
    if style == "sketch":
        return Image.new("RGB", size, ink.body)
    field = _light_field().resize(size, Image.Resampling.BILINEAR)
    return _ramp(mix(ink.body, ink.shade, 0.7), mix(ink.body, ink.light, 0.8), field)


def _sprite(item: Piece, sheet: _Sheet, style: str) -> tuple[Image.Image, Image.Image]:
    """The item's colours and its coverage, at the final size."""
    ink = tones(item.colour, style)
    layers = _layers(item, sheet)
    body = layers.where("body")
    image = Image.new("RGB", body.size, ink.line)
    image.paste(_body_paint(ink, style, body.size), (0, 0), body)
    for name in layers.tone_names:
        if name != "body":
            image.paste(tone_of(name, ink, style), (0, 0), layers.where(name))
    pattern = _texture(item, sheet)
    if pattern is not None:
        image.paste(ink.second, (0, 0), ImageChops.multiply(pattern, body))
    draw = ImageDraw.Draw(image)
    for part in shape(item.kind).parts:
        if not part.ink:
            draw.polygon(sheet.place(part), fill=tone_of(part.tone, ink, style))
    return image.reduce(OVERSAMPLE), layers.coverage.reduce(OVERSAMPLE)


def _shadow(canvas: Image.Image, item: Piece) -> None:
    """A soft patch of shade under the item."""
    size = canvas.width
    x0, _, x1, y1 = (v * size for v in item.box)
    half, flat = (x1 - x0) * 0.46, max(1.5, (x1 - x0) * 0.09)
    centre = (x0 + x1) / 2
    box = (math.floor(centre - half), math.floor(y1 - flat), math.ceil(centre + half), math.ceil(y1 + flat))
    patch = _soft_disc().resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR)
    canvas.paste(_SHADOW, (box[0], box[1]), patch)


@cache
def _soft_disc() -> Image.Image:
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    return Image.fromarray((np.clip(1 - np.hypot(x, y), 0, 1) ** 0.8 * 80).astype(np.uint8), "L")


def _back_to_front(picture: Picture) -> list[tuple[int, Piece]]:
    return sorted(enumerate(picture.items), key=lambda pair: (pair[1].depth, pair[0]))


def draw(picture: Picture, size: int = 128) -> npt.NDArray[np.uint8]:
    """The picture as uint8 `[size, size, 3]`."""
    canvas = backdrop(picture.background, picture.style, picture.seed, size)
    for _, item in _back_to_front(picture):
        if picture.style == "flat":
            _shadow(canvas, item)
        sheet = _Sheet(item, size, picture.style)
        colours, coverage = _sprite(item, sheet, picture.style)
        canvas.paste(colours, (sheet.left, sheet.top), coverage)
    return np.array(canvas)


def masks(picture: Picture, size: int = 128) -> npt.NDArray[np.bool_]:
    """Bool `[items, size, size]`: the pixels that show each item and nothing nearer."""
    shown = np.zeros((len(picture.items), size, size), dtype=np.bool_)
    for index, item in _back_to_front(picture):
        sheet = _Sheet(item, size, picture.style)
        full = np.asarray(_layers(item, sheet).coverage.reduce(OVERSAMPLE)) >= 128
        window = (slice(sheet.top, sheet.top + full.shape[0]), slice(sheet.left, sheet.left + full.shape[1]))
        shown[:, window[0], window[1]] &= ~full
        shown[index, window[0], window[1]] = full
    return shown


def coverage(item: Piece, size: int, style: str) -> npt.NDArray[np.float64]:
    """How much of each pixel of its own window the item's ink covers, 0 to 1."""
    drawn = _layers(item, _Sheet(item, size, style)).coverage.reduce(OVERSAMPLE)
    return np.asarray(drawn, dtype=np.float64) / 255


def shadowed(tones_rgb: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """Background tones in the shade of an item."""
    return tones_rgb + (np.array(_SHADOW) - tones_rgb) * share


def sprite(item: Piece, size: int, style: str) -> npt.NDArray[np.uint8]:
    """The colours of the item's own window, its outline's tone where it covers nothing."""
    return np.asarray(_sprite(item, _Sheet(item, size, style), style)[0])
