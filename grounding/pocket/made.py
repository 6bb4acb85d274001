"""Things that people make, and plain figures, as polygons in coordinates of roughly 0 to 100."""

from __future__ import annotations

import math

import numpy as np

from grounding.pocket.curves import Stroke, band, blob, detail, disc, poly, slab


def ball() -> list[Stroke]:
    return [
        Stroke(disc(50, 50, 50, n=56)),
        detail(blob((8, 42), (50, 56), (92, 42), (96, 54), (50, 72), (4, 54)), "shade"),
        detail(disc(33, 24, 11, 7), "light"),
    ]


def box() -> list[Stroke]:
    return [
        Stroke(poly((50, 0), (100, 20), (100, 78), (50, 100), (0, 78), (0, 20))),
        detail(poly((50, 2), (97, 20), (50, 40), (3, 20)), "light"),
        detail(poly((52, 42), (98, 22), (98, 77), (52, 97)), "shade"),
        detail(poly((24, 9), (32, 6), (80, 26), (80, 38), (73, 41), (73, 29)), "line"),
    ]


def star() -> list[Stroke]:
    angles = np.radians(np.arange(10) * 36 - 90)
    radius = np.where(np.arange(10) % 2 == 0, 52.0, 23.0)
    return [Stroke(np.stack([50 + radius * np.cos(angles), 50 + radius * np.sin(angles)], axis=1))]


def heart() -> list[Stroke]:
    t = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [Stroke(np.stack([x, y], axis=1) * 3), detail(disc(-25, -20, 9, 7), "light")]


def moon() -> list[Stroke]:
    outer = np.radians(np.linspace(-52, -308, 40))
    inner = np.radians(np.linspace(-290, -70, 34))
    a = np.stack([50 + 50 * np.cos(outer), 50 + 50 * np.sin(outer)], axis=1)
    b = np.stack([68 + 39 * np.cos(inner), 50 + 41 * np.sin(inner)], axis=1)
    return [Stroke(np.concatenate([a, b])), detail(disc(13, 48, 4), "shade"), detail(disc(24, 74, 5), "shade")]


def car() -> list[Stroke]:
    return [
        Stroke(
            blob(
                (0, 40),
                (4, 28),
                (24, 24),
                (40, 4),
                (52, 0),
                (80, 0),
                (92, 6),
                (104, 26),
                (118, 30),
                (120, 44),
                (118, 52),
                (60, 54),
                (4, 52),
            )
        ),
        Stroke(disc(28, 52, 14), "eye"),
        Stroke(disc(92, 52, 14), "eye"),
        detail(disc(28, 52, 6), "light"),
        detail(disc(92, 52, 6), "light"),
        detail(poly((34, 24), (46, 8), (60, 8), (60, 24)), "glass"),
        detail(poly((66, 24), (66, 8), (82, 8), (94, 24)), "glass"),
        detail(slab(3, 33, 11, 38, 2), "light"),
    ]


def bus() -> list[Stroke]:
    windows = [detail(slab(8 + 26 * k, 10, 28 + 26 * k, 28, 3), "glass") for k in range(5)]
    return [
        Stroke(slab(0, 0, 142, 64, 9)),
        Stroke(disc(32, 64, 13), "eye"),
        Stroke(disc(110, 64, 13), "eye"),
        detail(disc(32, 64, 5), "light"),
        detail(disc(110, 64, 5), "light"),
        *windows,
        detail(slab(2, 38, 140, 43), "shade"),
    ]


def boat() -> list[Stroke]:
    return [
        Stroke(slab(47, 2, 52, 74), "line"),
        Stroke(blob((56, 4), (74, 30), (92, 62), (74, 66), (56, 66)), "light"),
        Stroke(poly((43, 16), (43, 66), (12, 64))),
        Stroke(poly((0, 72), (104, 72), (88, 100), (18, 100))),
        detail(poly((3, 76), (101, 76), (98, 81), (6, 81)), "shade"),
    ]


def house() -> list[Stroke]:
    return [
        Stroke(slab(72, 6, 84, 36), "shade"),
        Stroke(slab(12, 42, 88, 100)),
        Stroke(poly((50, 0), (104, 50), (-4, 50)), "shade"),
        detail(slab(42, 66, 60, 98, 3), "line"),
        detail(slab(20, 60, 36, 78), "glass"),
        detail(slab(66, 60, 82, 78), "glass"),
    ]


def cup() -> list[Stroke]:
    return [
        Stroke(band(80, 42, 27, 15, -88, 92)),
        Stroke(blob((0, 6), (42, 0), (84, 6), (82, 50), (76, 84), (62, 94), (22, 94), (8, 84), (2, 50), steps=8)),
        detail(disc(42, 9, 38, 6), "shade"),
        detail(blob((12, 26), (18, 26), (22, 68), (16, 68)), "light"),
    ]


def chair() -> list[Stroke]:
    return [
        Stroke(slab(0, 0, 12, 112, 3)),
        Stroke(slab(0, 6, 12, 50, 3)),
        Stroke(slab(0, 52, 72, 66, 3)),
        Stroke(slab(60, 60, 71, 112, 3)),
        Stroke(slab(6, 84, 66, 90)),
        detail(slab(3, 54, 69, 58, 2), "light"),
    ]


def table() -> list[Stroke]:
    return [
        Stroke(poly((12, 14), (24, 14), (20, 72), (12, 72)), "shade"),
        Stroke(poly((108, 14), (96, 14), (100, 72), (108, 72)), "shade"),
        Stroke(slab(0, 0, 120, 17, 5)),
        detail(slab(4, 3, 116, 7, 2), "light"),
    ]


def lamp() -> list[Stroke]:
    return [
        Stroke(slab(35, 44, 41, 92), "line"),
        Stroke(blob((12, 100), (18, 90), (38, 87), (58, 90), (64, 100), (38, 102)), "shade"),
        Stroke(poly((22, 0), (54, 0), (76, 50), (0, 50))),
        detail(poly((25, 4), (34, 4), (20, 46), (7, 46)), "light"),
    ]


def book() -> list[Stroke]:
    return [
        Stroke(
            blob(
                (0, 8),
                (26, 0),
                (56, 10),
                (86, 0),
                (112, 8),
                (112, 44),
                (112, 76),
                (86, 68),
                (56, 80),
                (26, 68),
                (0, 76),
                (0, 44),
                steps=4,
            )
        ),
        detail(poly((7, 13), (26, 8), (53, 17), (53, 70), (26, 60), (7, 66)), "light"),
        detail(poly((105, 13), (86, 8), (59, 17), (59, 70), (86, 60), (105, 66)), "light"),
        *[detail(poly((15, y), (44, y + 6), (44, y + 10), (15, y + 4)), "body") for y in (20, 34, 48)],
        *[detail(poly((97, y), (68, y + 6), (68, y + 10), (97, y + 4)), "body") for y in (20, 34, 48)],
    ]


def umbrella() -> list[Stroke]:
    return [
        Stroke(slab(47.5, -4, 52.5, 96), "line"),
        Stroke(band(42, 94, 11, 5.5, 0, 180), "line"),
        Stroke(
            blob(
                (0, 52),
                (8, 22),
                (32, 4),
                (50, 0),
                (68, 4),
                (92, 22),
                (100, 52),
                (84, 44),
                (68, 52),
                (50, 44),
                (32, 52),
                (16, 44),
            )
        ),
        detail(blob((33, 46), (38, 20), (50, 4), (62, 20), (67, 46), (50, 42)), "shade"),
    ]


def hat() -> list[Stroke]:
    return [
        Stroke(poly((24, 0), (86, 0), (82, 62), (28, 62))),
        Stroke(blob((0, 60), (18, 58), (55, 66), (92, 58), (110, 60), (100, 76), (55, 82), (10, 76))),
        detail(poly((26, 38), (84, 38), (83, 54), (27, 54)), "line"),
    ]


def crown() -> list[Stroke]:
    return [
        Stroke(poly((0, 18), (26, 42), (50, 4), (74, 42), (100, 18), (92, 82), (8, 82))),
        Stroke(disc(4, 16, 7)),
        Stroke(disc(96, 16, 7)),
        Stroke(disc(50, 5, 8)),
        detail(slab(9, 66, 91, 74), "shade"),
        *[detail(disc(x, 56, 5), "light") for x in (28, 50, 72)],
    ]


def rocket() -> list[Stroke]:
    return [
        Stroke(blob((18, 64), (0, 84), (0, 104), (20, 94)), "shade"),
        Stroke(blob((54, 64), (72, 84), (72, 104), (52, 94)), "shade"),
        Stroke(poly((24, 96), (48, 96), (44, 116), (36, 126), (28, 116)), "light"),
        Stroke(blob((36, 0), (54, 26), (58, 62), (50, 98), (22, 98), (14, 62), (18, 26))),
        detail(disc(36, 44, 11), "line"),
        detail(disc(36, 44, 8), "glass"),
    ]
