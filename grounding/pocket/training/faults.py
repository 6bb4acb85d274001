"""What a painter gets wrong about a thing, done to a drawing of it: two colours, two kinds, holes, lumps, smears.

Each fault is a second drawing of the same scene that is let in where a soft mask says so; the mask tells afterwards
where to look for what became of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from grounding.pocket.palette import COLOURS
from grounding.pocket.pictures import BoxXYXY, Picture, Piece
from grounding.pocket.placing import fit
from grounding.pocket.shapes import KINDS
from grounding.pocket.world import draw, masks

Pixels = NDArray[np.float32]
Soft = NDArray[np.float32]
"""A mask [side, side] from 0 to 1."""


class Spoiled(NamedTuple):
    """A drawing with one fault, from 0 to 255, and where the fault is."""

    pixels: Pixels
    where: Soft


class Subject(NamedTuple):
    """A scene, its drawing from 0 to 255, the thing to be spoiled and where it shows."""

    scene: Picture
    pixels: Pixels
    number: int
    shown: NDArray[np.bool_]

    @classmethod
    def of(cls, scene: Picture, number: int, side: int) -> Subject:
        """One thing of a scene, drawn."""
        return cls(scene, draw(scene, side).astype(np.float32), number, masks(scene, side)[number])

    @property
    def item(self) -> Piece:
        """The thing."""
        return self.scene.items[self.number]

    @property
    def side(self) -> int:
        """How many pixels wide and high the drawing is."""
        return len(self.pixels)

    def drawn(self, colour: str, kind: str = "") -> Pixels:
        """The scene with the thing changed."""
        items = list(self.scene.items)
        items[self.number] = replace(self.item, colour=colour, kind=kind or self.item.kind)
        return draw(replace(self.scene, items=tuple(items)), self.side).astype(np.float32)

    def without(self) -> Pixels:
        """The scene without the thing."""
        items = tuple(item for number, item in enumerate(self.scene.items) if number != self.number)
        return draw(replace(self.scene, items=items, relations=()), self.side).astype(np.float32)

    def with_more(self, more: Piece) -> Pixels:
        """The scene with one thing more."""
        return draw(replace(self.scene, items=(*self.scene.items, more)), self.side).astype(np.float32)


def spoil(subject: Subject, fault: str, rng: random.Random) -> Spoiled:
    """The scene with this fault."""
    return FAULTS[fault](subject, rng)


def half(box: BoxXYXY, side: int, rng: random.Random) -> Soft:
    """All that lies on one side of a line through the inner part of a box."""
    x, y = _grid(side)
    angle = rng.uniform(0, 2 * np.pi)
    at = [rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)]
    cx, cy = box[0] + at[0] * (box[2] - box[0]), box[1] + at[1] * (box[3] - box[1])
    away = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
    return _sigmoid(away * 128 / rng.choice((0.6, 1.2, 2.5, 5.0, 10.0)))


def patches(box: BoxXYXY, side: int, rng: random.Random) -> Soft:
    """One to three round patches in a box that leave most of it free."""
    x, y = _grid(side)
    long = max(box[2] - box[0], box[3] - box[1])
    found: Soft = np.zeros((side, side), dtype=np.float32)
    for _ in range(rng.choice((1, 1, 2, 3))):
        cx, cy = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
        away = rng.uniform(0.16, 0.32) * long - np.hypot(x - cx, y - cy)
        found = np.maximum(found, _sigmoid(away * 128 / rng.choice((0.6, 1.2, 2.5))))
    return found


def cells(box: BoxXYXY, side: int, count: int, rng: random.Random) -> NDArray[np.int64]:
    """A box cut into so many patches: the number of its patch for every pixel."""
    x, y = _grid(side)
    points = [(rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])) for _ in range(count)]
    found: NDArray[np.int64] = np.stack([np.hypot(x - px, y - py) for px, py in points]).argmin(0)
    return found


def _somewhere(subject: Subject, rng: random.Random) -> Soft:
    return rng.choice((half, half, patches))(subject.item.box, subject.side, rng)


def _let_in(subject: Subject, other: Pixels, mask: Soft) -> Spoiled:
    """The other drawing where the mask says so."""
    pixels = subject.pixels + (other - subject.pixels) * mask[..., None]
    return Spoiled(pixels, (np.abs(pixels - subject.pixels).max(-1) > 12).astype(np.float32))


def _other_colour(subject: Subject, rng: random.Random) -> str:
    return rng.choice([colour for colour in COLOURS if colour != subject.item.colour])


def _other_kind(subject: Subject, rng: random.Random) -> str:
    return rng.choice([kind for kind in KINDS if kind != subject.item.kind])


def two_colours(subject: Subject, rng: random.Random) -> Spoiled:
    return _let_in(subject, subject.drawn(colour=_other_colour(subject, rng)), _somewhere(subject, rng))


def mosaic(subject: Subject, rng: random.Random) -> Spoiled:
    numbers = cells(subject.item.box, subject.side, rng.choice((6, 12, 25, 60)), rng)
    colours = [subject.item.colour, *(rng.choice(tuple(COLOURS)) for _ in range(rng.choice((1, 2, 3))))]
    drawn = [subject.drawn(colour=colour) for colour in dict.fromkeys(colours)]
    pixels = subject.pixels.copy()
    for number in range(int(numbers.max()) + 1):
        here = numbers == number
        tone = rng.uniform(-40, 40) * subject.shown[here][:, None]
        pixels[here] = rng.choice(drawn)[here] + tone
    mixed = ndimage.gaussian_filter(np.clip(pixels, 0, 255), (rng.uniform(0.3, 1.3),) * 2 + (0,))
    where = patches(subject.item.box, subject.side, rng) if rng.random() < 0.4 else np.ones_like(mixed[..., 0])
    return _let_in(subject, mixed, where * ndimage.gaussian_filter(subject.shown.astype(np.float32), 0.7))


def two_kinds(subject: Subject, rng: random.Random) -> Spoiled:
    colour = subject.item.colour if rng.random() < 0.6 else _other_colour(subject, rng)
    return _let_in(subject, subject.drawn(kind=_other_kind(subject, rng), colour=colour), _somewhere(subject, rng))


def hole(subject: Subject, rng: random.Random) -> Spoiled:
    return _let_in(subject, subject.without(), _somewhere(subject, rng))


def lump(subject: Subject, rng: random.Random) -> Spoiled:
    """Something that grows out of the thing, its outline lost where the two meet."""
    item = subject.item
    long = max(item.box[2] - item.box[0], item.box[3] - item.box[1]) * rng.uniform(0.3, 0.75)
    x, y = rng.choice(((0.0, rng.random()), (1.0, rng.random()), (rng.random(), 0.0), (rng.random(), 1.0)))
    wide = fit(kind := rng.choice(KINDS), long, 0, 0)
    cx, cy = item.box[0] + x * (item.box[2] - item.box[0]), item.box[1] + y * (item.box[3] - item.box[1])
    box = _within(cx - wide[2] / 2, cy - wide[3] / 2, wide[2], wide[3])
    depth = rng.choice((-1, max(other.depth for other in subject.scene.items) + 1))
    colour = item.colour if rng.random() < 0.8 else _other_colour(subject, rng)
    more = subject.with_more(replace(item, kind=kind, colour=colour, box=box, depth=depth))
    much = rng.uniform(0.01, 0.022) * subject.side
    return _welded(subject, ndimage.gaussian_filter(more, (much, much, 0)), rng)


def welded(subject: Subject, rng: random.Random) -> Spoiled:
    """A neighbour of the same look that runs into the thing."""
    item, angle, far = subject.item, rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.55)
    wide, high = item.box[2] - item.box[0], item.box[3] - item.box[1]
    box = _within(item.box[0] + far * wide * np.cos(angle), item.box[1] + far * high * np.sin(angle), wide, high)
    colour = item.colour if rng.random() < 0.85 else _other_colour(subject, rng)
    depth = max(other.depth for other in subject.scene.items) + 1
    return _welded(subject, subject.with_more(replace(item, colour=colour, box=box, depth=depth)), rng)


def _welded(subject: Subject, more: Pixels, rng: random.Random) -> Spoiled:
    """A drawing with one thing more, let in through a mask that is soft where the two meet."""
    new = np.abs(more - subject.pixels).max(-1) > 12
    soft = ndimage.gaussian_filter(new.astype(np.float32), rng.uniform(0.8, 2.6))
    seam = ndimage.gaussian_filter(subject.shown.astype(np.float32), 1.5)
    return _let_in(subject, more, np.where(seam > 0.1, soft, new))


def warped(subject: Subject, rng: random.Random) -> Spoiled:
    side, draws = subject.side, np.random.default_rng(rng.randrange(1 << 30))
    long = max(subject.item.box[2] - subject.item.box[0], subject.item.box[3] - subject.item.box[1]) * side
    near = ndimage.gaussian_filter(subject.shown.astype(np.float32), 2.5) ** 0.5
    fields = [ndimage.gaussian_filter(draws.standard_normal((side, side)), long * rng.uniform(0.06, 0.14))
              for _ in range(2)]
    moved = [field / np.abs(field[subject.shown]).max() * near * long * rng.uniform(0.16, 0.3) for field in fields]
    rows, columns = np.mgrid[0:side, 0:side]
    at = (rows + moved[0], columns + moved[1])
    channels = [ndimage.map_coordinates(subject.pixels[..., k], at, order=1, mode="nearest") for k in range(3)]
    return _let_in(subject, np.stack(channels, -1), np.ones((side, side), dtype=np.float32))


def shuffled(subject: Subject, rng: random.Random) -> Spoiled:
    """Pieces of the thing in each other's places."""
    side, box = subject.side, subject.item.box
    x0, y0, x1, y1 = (int(v * side) for v in box)
    tile = max(4, round(max(x1 - x0, y1 - y0) * rng.uniform(0.18, 0.35)))
    corners = [(x, y) for x in range(x0, x1 - tile + 1, tile) for y in range(y0, y1 - tile + 1, tile)]
    mixed = subject.pixels.copy()
    for (x, y), (u, v) in zip(corners, rng.sample(corners, len(corners)), strict=True):
        if rng.random() < 0.7:
            mixed[y : y + tile, x : x + tile] = subject.pixels[v : v + tile, u : u + tile]
    mixed = ndimage.gaussian_filter(mixed, (rng.uniform(0.4, 1.4),) * 2 + (0,))
    near = ndimage.gaussian_filter(subject.shown.astype(np.float32), 1.0)
    return _let_in(subject, mixed, (near > 0.2).astype(np.float32))


def smeared(subject: Subject, rng: random.Random) -> Spoiled:
    long = max(subject.item.box[2] - subject.item.box[0], subject.item.box[3] - subject.item.box[1]) * subject.side
    much = (rng.uniform(0.04, 0.16) * long, rng.uniform(0.04, 0.16) * long)
    return _let_in(subject, ndimage.gaussian_filter(subject.pixels, (*much, 0)), _somewhere(subject, rng))


def blob(subject: Subject, rng: random.Random) -> Spoiled:
    """A shape of no kind in the thing's place."""
    side, item = subject.side, subject.item
    x, y = _grid(side)
    cx, cy = (item.box[0] + item.box[2]) / 2, (item.box[1] + item.box[3]) / 2
    angle = np.arctan2((y - cy) / (item.box[3] - item.box[1]), (x - cx) / (item.box[2] - item.box[0]))
    far = np.hypot((x - cx) / (item.box[2] - item.box[0]), (y - cy) / (item.box[3] - item.box[1]))
    edge = 0.4 + sum(rng.uniform(-0.16, 0.16) / k * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(1, 6))
    inner = _sigmoid((edge - far) * 40)
    outline = inner * _sigmoid((far - edge + 0.06) * 40)
    colours = np.array([COLOURS[item.colour if rng.random() < 0.7 else _other_colour(subject, rng)]])
    tone = colours * (1 - 0.75 * outline[..., None]) + 30 * (0.5 - far[..., None])
    made = subject.without() * (1 - inner[..., None]) + np.clip(tone, 0, 255) * inner[..., None]
    return _let_in(subject, made.astype(np.float32), np.ones((side, side), dtype=np.float32))


FAULTS: dict[str, Callable[[Subject, random.Random], Spoiled]] = {
    "two colours": two_colours, "mosaic": mosaic, "two kinds": two_kinds, "hole": hole, "lump": lump,
    "welded": welded, "warped": warped, "shuffled": shuffled, "smeared": smeared, "blob": blob,
}


def _grid(side: int) -> tuple[Soft, Soft]:
    """The middle of each pixel, in parts of the picture: x, y."""
    at = ((np.arange(side) + 0.5) / side).astype(np.float32)
    return np.tile(at, (side, 1)), np.tile(at[:, None], (1, side))


def _sigmoid(x: NDArray[np.floating]) -> Soft:
    found: Soft = (1 / (1 + np.exp(-np.clip(x, -30, 30)))).astype(np.float32)
    return found


def _within(x: float, y: float, wide: float, high: float) -> BoxXYXY:
    x, y = min(max(x, 0.0), 1 - wide), min(max(y, 0.0), 1 - high)
    return (float(x), float(y), float(x + wide), float(y + high))
