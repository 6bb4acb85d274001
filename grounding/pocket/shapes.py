"""The silhouettes of the pocket world: every kind of thing as polygons in a unit square."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
XY = tuple[float, float]


@dataclass(frozen=True)
class Part:
    """One polygon. Parts with `ink` make the silhouette; the others are details within it."""

    points: Points
    tone: str = "body"
    ink: bool = True


@dataclass(frozen=True)
class Shape:
    """A kind's parts, scaled so that its silhouette fills the unit square, and its width over height."""

    parts: tuple[Part, ...]
    aspect: float


def disc(cx: float, cy: float, rx: float, ry: float | None = None, n: int = 40) -> Points:
    angles = np.linspace(0, 2 * math.pi, n, endpoint=False)
    return np.stack([cx + rx * np.cos(angles), cy + (ry or rx) * np.sin(angles)], axis=1)


def poly(*points: XY) -> Points:
    return np.array(points, dtype=np.float64)


def blob(*points: XY, steps: int = 6) -> Points:
    """A closed Catmull-Rom curve through the points."""
    p = np.array(points, dtype=np.float64)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2))


def slab(x0: float, y0: float, x1: float, y1: float, r: float = 0.0) -> Points:
    """A rectangle with rounded corners."""
    if r <= 0:
        return poly((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    quarter = np.linspace(0, math.pi / 2, 6)
    corners = []
    for k, (cx, cy) in enumerate(((x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r))):
        angle = quarter + k * math.pi / 2
        corners.append(np.stack([cx + r * np.cos(angle), cy + r * np.sin(angle)], axis=1))
    return np.concatenate(corners)


def band(cx: float, cy: float, outer: float, inner: float, start: float, end: float) -> Points:
    """A piece of a ring, angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 20))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.concatenate([ring * outer, ring[::-1] * inner]) + np.array([cx, cy])


def detail(points: Points, tone: str) -> Part:
    return Part(points, tone, ink=False)


def _ball() -> list[Part]:
    return [
        Part(disc(50, 50, 50, n=56)),
        detail(blob((8, 42), (50, 56), (92, 42), (96, 54), (50, 72), (4, 54)), "shade"),
        detail(disc(33, 24, 11, 7), "light"),
    ]


def _box() -> list[Part]:
    return [
        Part(poly((50, 0), (100, 20), (100, 78), (50, 100), (0, 78), (0, 20))),
        detail(poly((50, 2), (97, 20), (50, 40), (3, 20)), "light"),
        detail(poly((52, 42), (98, 22), (98, 77), (52, 97)), "shade"),
        detail(poly((24, 9), (32, 6), (80, 26), (80, 38), (73, 41), (73, 29)), "line"),
    ]


def _star() -> list[Part]:
    angles = np.radians(np.arange(10) * 36 - 90)
    radius = np.where(np.arange(10) % 2 == 0, 52.0, 23.0)
    return [Part(np.stack([50 + radius * np.cos(angles), 50 + radius * np.sin(angles)], axis=1))]


def _heart() -> list[Part]:
    t = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [Part(np.stack([x, y], axis=1) * 3), detail(disc(-25, -20, 9, 7), "light")]


def _moon() -> list[Part]:
    outer = np.radians(np.linspace(-52, -308, 40))
    inner = np.radians(np.linspace(-290, -70, 34))
    a = np.stack([50 + 50 * np.cos(outer), 50 + 50 * np.sin(outer)], axis=1)
    b = np.stack([68 + 39 * np.cos(inner), 50 + 41 * np.sin(inner)], axis=1)
    return [Part(np.concatenate([a, b])), detail(disc(13, 48, 4), "shade"), detail(disc(24, 74, 5), "shade")]


def _cat() -> list[Part]:
    return [
        Part(blob((66, 96), (88, 92), (97, 72), (92, 52), (84, 50), (84, 60), (86, 72), (78, 82), (62, 84))),
        Part(blob((24, 100), (18, 78), (26, 56), (48, 48), (68, 56), (76, 78), (70, 100), (48, 102))),
        Part(poly((12, 2), (34, 16), (14, 36))),
        Part(poly((82, 2), (60, 16), (80, 36))),
        Part(disc(47, 34, 36, 27)),
        detail(poly((18, 11), (28, 18), (19, 26)), "shade"),
        detail(poly((76, 11), (66, 18), (75, 26)), "shade"),
        detail(disc(33, 32, 4.5, 6), "eye"),
        detail(disc(61, 32, 4.5, 6), "eye"),
        detail(poly((43, 43), (51, 43), (47, 48)), "eye"),
        detail(blob((40, 98), (38, 74), (47, 68), (56, 74), (54, 98)), "light"),
    ]


def _dog() -> list[Part]:
    return [
        Part(blob((18, 46), (4, 34), (2, 18), (8, 18), (13, 30), (26, 40))),
        Part(slab(18, 56, 30, 92, 4)),
        Part(slab(32, 60, 43, 92, 4)),
        Part(slab(66, 60, 77, 92, 4)),
        Part(slab(79, 56, 90, 92, 4)),
        Part(blob((16, 46), (30, 38), (70, 38), (90, 44), (92, 62), (74, 72), (34, 70), (16, 64))),
        Part(blob((68, 50), (66, 14), (82, 2), (100, 6), (106, 20), (124, 24), (124, 36), (104, 42), (96, 54), (82, 60))),
        detail(blob((72, 8), (82, 6), (86, 22), (80, 40), (70, 38), (66, 22)), "shade"),
        detail(disc(99, 16, 3.6), "eye"),
        detail(disc(121, 26, 4.5, 4), "eye"),
    ]


def _rabbit() -> list[Part]:
    return [
        Part(disc(84, 84, 11)),
        Part(blob((34, 46), (22, 20), (26, 0), (36, 2), (44, 22), (46, 46))),
        Part(blob((50, 46), (52, 22), (62, 2), (72, 4), (72, 22), (60, 48))),
        Part(blob((18, 98), (20, 76), (36, 62), (62, 62), (80, 78), (82, 98), (50, 103))),
        Part(disc(47, 55, 24, 20)),
        detail(blob((34, 38), (29, 20), (31, 8), (38, 22), (40, 38)), "light"),
        detail(blob((56, 38), (58, 22), (65, 9), (67, 20), (60, 38)), "light"),
        detail(disc(38, 52, 3.4, 4.6), "eye"),
        detail(disc(57, 52, 3.4, 4.6), "eye"),
        detail(poly((44, 60), (51, 60), (47.5, 64)), "eye"),
        detail(disc(49, 88, 15, 11), "light"),
    ]


def _bird() -> list[Part]:
    return [
        Part(slab(44, 74, 48, 96)),
        Part(slab(56, 74, 60, 96)),
        Part(poly((36, 92), (48, 92), (48, 97), (36, 97))),
        Part(poly((48, 92), (60, 92), (60, 97), (48, 97))),
        Part(poly((0, 20), (22, 14), (16, 30)), "line"),
        Part(poly((74, 44), (112, 30), (114, 40), (104, 46), (112, 54), (80, 68))),
        Part(blob((16, 22), (24, 6), (42, 4), (54, 22), (80, 40), (88, 58), (72, 78), (44, 80), (26, 66), (20, 44))),
        detail(blob((42, 44), (62, 38), (84, 54), (78, 64), (60, 66), (46, 58)), "shade"),
        detail(disc(30, 19, 4.2), "eye"),
    ]


def _fish() -> list[Part]:
    return [
        Part(poly((36, 14), (58, 0), (66, 18))),
        Part(poly((42, 58), (56, 74), (64, 56))),
        Part(blob((74, 36), (98, 8), (110, 6), (104, 36), (110, 68), (98, 66))),
        Part(blob((0, 38), (22, 14), (50, 8), (76, 24), (88, 36), (76, 50), (50, 64), (22, 60))),
        detail(disc(19, 31, 5), "eye"),
        detail(blob((34, 18), (41, 38), (34, 58), (38, 58), (46, 38), (38, 16)), "line"),
        detail(blob((52, 36), (68, 32), (66, 46)), "shade"),
    ]


def _car() -> list[Part]:
    return [
        Part(blob((0, 40), (4, 28), (24, 24), (40, 4), (52, 0), (80, 0), (92, 6), (104, 26), (118, 30), (120, 44), (118, 52),
                  (60, 54), (4, 52))),
        Part(disc(28, 52, 14), "eye"),
        Part(disc(92, 52, 14), "eye"),
        detail(disc(28, 52, 6), "light"),
        detail(disc(92, 52, 6), "light"),
        detail(poly((34, 24), (46, 8), (60, 8), (60, 24)), "glass"),
        detail(poly((66, 24), (66, 8), (82, 8), (94, 24)), "glass"),
        detail(slab(3, 33, 11, 38, 2), "light"),
    ]


def _bus() -> list[Part]:
    windows = [detail(slab(8 + 26 * k, 10, 28 + 26 * k, 28, 3), "glass") for k in range(5)]
    return [
        Part(slab(0, 0, 142, 64, 9)),
        Part(disc(32, 64, 13), "eye"),
        Part(disc(110, 64, 13), "eye"),
        detail(disc(32, 64, 5), "light"),
        detail(disc(110, 64, 5), "light"),
        *windows,
        detail(slab(2, 38, 140, 43), "shade"),
    ]


def _boat() -> list[Part]:
    return [
        Part(slab(47, 2, 52, 74), "line"),
        Part(blob((56, 4), (74, 30), (92, 62), (74, 66), (56, 66)), "light"),
        Part(poly((43, 16), (43, 66), (12, 64))),
        Part(poly((0, 72), (104, 72), (88, 100), (18, 100))),
        detail(poly((3, 76), (101, 76), (98, 81), (6, 81)), "shade"),
    ]


def _house() -> list[Part]:
    return [
        Part(slab(72, 6, 84, 36), "shade"),
        Part(slab(12, 42, 88, 100)),
        Part(poly((50, 0), (104, 50), (-4, 50)), "shade"),
        detail(slab(42, 66, 60, 98, 3), "line"),
        detail(slab(20, 60, 36, 78), "glass"),
        detail(slab(66, 60, 82, 78), "glass"),
    ]


def _tree() -> list[Part]:
    return [
        Part(poly((42, 60), (58, 60), (60, 100), (66, 108), (34, 108), (40, 100)), "shade"),
        Part(disc(25, 48, 25, 23)),
        Part(disc(75, 48, 25, 23)),
        Part(disc(50, 26, 29, 26)),
        Part(disc(50, 54, 28, 22)),
        detail(disc(40, 20, 9, 6), "light"),
        detail(disc(22, 42, 7, 5), "light"),
        detail(disc(72, 40, 7, 5), "light"),
    ]


def _flower() -> list[Part]:
    petals = [
        Part(disc(50 + 24 * math.cos(a), 32 + 24 * math.sin(a), 15)) for a in (math.radians(60 * k - 90) for k in range(6))
    ]
    return [
        Part(slab(47, 40, 53, 118), "shade"),
        Part(blob((50, 106), (34, 100), (22, 82), (40, 84), (50, 96)), "shade"),
        Part(blob((50, 106), (66, 100), (78, 82), (60, 84), (50, 96)), "shade"),
        *petals,
        Part(disc(50, 32, 20)),
        detail(disc(50, 32, 11), "line"),
        detail(disc(48, 30, 7), "light"),
    ]


def _mushroom() -> list[Part]:
    return [
        Part(blob((36, 44), (64, 44), (64, 76), (72, 96), (50, 100), (28, 96), (36, 76)), "light"),
        Part(blob((0, 46), (10, 18), (50, -2), (90, 18), (100, 46), (84, 56), (50, 52), (16, 56))),
        detail(disc(28, 30, 8, 7), "light"),
        detail(disc(56, 20, 9, 7), "light"),
        detail(disc(77, 36, 7, 6), "light"),
    ]


def _cup() -> list[Part]:
    return [
        Part(band(80, 42, 27, 15, -88, 92)),
        Part(blob((0, 6), (42, 0), (84, 6), (82, 50), (76, 84), (62, 94), (22, 94), (8, 84), (2, 50), steps=8)),
        detail(disc(42, 9, 38, 6), "shade"),
        detail(blob((12, 26), (18, 26), (22, 68), (16, 68)), "light"),
    ]


def _chair() -> list[Part]:
    return [
        Part(slab(0, 0, 12, 112, 3)),
        Part(slab(0, 6, 12, 50, 3)),
        Part(slab(0, 52, 72, 66, 3)),
        Part(slab(60, 60, 71, 112, 3)),
        Part(slab(6, 84, 66, 90)),
        detail(slab(3, 54, 69, 58, 2), "light"),
    ]


def _table() -> list[Part]:
    return [
        Part(poly((12, 14), (24, 14), (20, 72), (12, 72)), "shade"),
        Part(poly((108, 14), (96, 14), (100, 72), (108, 72)), "shade"),
        Part(slab(0, 0, 120, 17, 5)),
        detail(slab(4, 3, 116, 7, 2), "light"),
    ]


def _lamp() -> list[Part]:
    return [
        Part(slab(35, 44, 41, 92), "line"),
        Part(blob((12, 100), (18, 90), (38, 87), (58, 90), (64, 100), (38, 102)), "shade"),
        Part(poly((22, 0), (54, 0), (76, 50), (0, 50))),
        detail(poly((25, 4), (34, 4), (20, 46), (7, 46)), "light"),
    ]


def _book() -> list[Part]:
    return [
        Part(blob((0, 8), (26, 0), (56, 10), (86, 0), (112, 8), (112, 44), (112, 76), (86, 68), (56, 80), (26, 68), (0, 76), (0, 44),
                  steps=4)),
        detail(poly((7, 13), (26, 8), (53, 17), (53, 70), (26, 60), (7, 66)), "light"),
        detail(poly((105, 13), (86, 8), (59, 17), (59, 70), (86, 60), (105, 66)), "light"),
        *[detail(poly((15, y), (44, y + 6), (44, y + 10), (15, y + 4)), "body") for y in (20, 34, 48)],
        *[detail(poly((97, y), (68, y + 6), (68, y + 10), (97, y + 4)), "body") for y in (20, 34, 48)],
    ]


def _umbrella() -> list[Part]:
    return [
        Part(slab(47.5, -4, 52.5, 96), "line"),
        Part(band(42, 94, 11, 5.5, 0, 180), "line"),
        Part(blob((0, 52), (8, 22), (32, 4), (50, 0), (68, 4), (92, 22), (100, 52), (84, 44), (68, 52), (50, 44), (32, 52), (16, 44))),
        detail(blob((33, 46), (38, 20), (50, 4), (62, 20), (67, 46), (50, 42)), "shade"),
    ]


def _apple() -> list[Part]:
    return [
        Part(poly((46, 22), (50, 4), (57, 6), (53, 24)), "line"),
        Part(blob((54, 14), (66, 0), (84, 2), (74, 14)), "shade"),
        Part(blob((50, 22), (72, 14), (94, 28), (96, 56), (82, 86), (64, 98), (50, 93), (36, 98), (18, 86), (4, 56), (6, 28), (28, 14))),
        detail(blob((18, 34), (30, 26), (30, 36), (20, 52)), "light"),
    ]


def _hat() -> list[Part]:
    return [
        Part(poly((24, 0), (86, 0), (82, 62), (28, 62))),
        Part(blob((0, 60), (18, 58), (55, 66), (92, 58), (110, 60), (100, 76), (55, 82), (10, 76))),
        detail(poly((26, 38), (84, 38), (83, 54), (27, 54)), "line"),
    ]


def _crown() -> list[Part]:
    return [
        Part(poly((0, 18), (26, 42), (50, 4), (74, 42), (100, 18), (92, 82), (8, 82))),
        Part(disc(4, 16, 7)),
        Part(disc(96, 16, 7)),
        Part(disc(50, 5, 8)),
        detail(slab(9, 66, 91, 74), "shade"),
        *[detail(disc(x, 56, 5), "light") for x in (28, 50, 72)],
    ]


def _rocket() -> list[Part]:
    return [
        Part(blob((18, 64), (0, 84), (0, 104), (20, 94)), "shade"),
        Part(blob((54, 64), (72, 84), (72, 104), (52, 94)), "shade"),
        Part(poly((24, 96), (48, 96), (44, 116), (36, 126), (28, 116)), "light"),
        Part(blob((36, 0), (54, 26), (58, 62), (50, 98), (22, 98), (14, 62), (18, 26))),
        detail(disc(36, 44, 11), "line"),
        detail(disc(36, 44, 8), "glass"),
    ]


def _butterfly() -> list[Part]:
    left = blob((46, 34), (30, 6), (4, 0), (2, 26), (18, 46), (8, 62), (16, 84), (36, 78), (47, 56))
    right = left * np.array([-1, 1]) + np.array([100, 0])
    return [
        Part(left),
        Part(right),
        Part(blob((50, 18), (54, 30), (54, 60), (50, 78), (46, 60), (46, 30)), "line"),
        detail(disc(20, 22, 8), "light"),
        detail(disc(80, 22, 8), "light"),
        detail(disc(26, 66, 6), "light"),
        detail(disc(74, 66, 6), "light"),
    ]


_MAKERS: dict[str, Callable[[], list[Part]]] = {
    "ball": _ball, "box": _box, "star": _star, "heart": _heart, "moon": _moon, "cat": _cat, "dog": _dog,
    "rabbit": _rabbit, "bird": _bird, "fish": _fish, "butterfly": _butterfly, "car": _car, "bus": _bus, "boat": _boat,
    "rocket": _rocket, "house": _house, "tree": _tree, "flower": _flower, "mushroom": _mushroom, "cup": _cup,
    "chair": _chair, "table": _table, "lamp": _lamp, "book": _book, "umbrella": _umbrella, "apple": _apple,
    "hat": _hat, "crown": _crown,
}
KINDS = tuple(_MAKERS)


@lru_cache(maxsize=None)
def shape(kind: str) -> Shape:
    """The shape of a kind, its silhouette scaled to the unit square."""
    parts = _MAKERS[kind]()
    ink = np.concatenate([part.points for part in parts if part.ink])
    low, span = ink.min(axis=0), np.ptp(ink, axis=0)
    scaled = tuple(Part((part.points - low) / span, part.tone, part.ink) for part in parts)
    return Shape(scaled, float(span[0] / span[1]))
