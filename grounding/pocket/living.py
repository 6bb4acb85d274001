"""Animals and plants as polygons, in coordinates of roughly 0 to 100."""

from __future__ import annotations

import math

import numpy as np

from grounding.pocket.curves import Stroke, blob, detail, disc, poly, slab


def cat() -> list[Stroke]:
    return [
        Stroke(blob((66, 96), (88, 92), (97, 72), (92, 52), (84, 50), (84, 60), (86, 72), (78, 82), (62, 84))),
        Stroke(blob((24, 100), (18, 78), (26, 56), (48, 48), (68, 56), (76, 78), (70, 100), (48, 102))),
        Stroke(poly((12, 2), (34, 16), (14, 36))),
        Stroke(poly((82, 2), (60, 16), (80, 36))),
        Stroke(disc(47, 34, 36, 27)),
        detail(poly((18, 11), (28, 18), (19, 26)), "shade"),
        detail(poly((76, 11), (66, 18), (75, 26)), "shade"),
        detail(disc(33, 32, 4.5, 6), "eye"),
        detail(disc(61, 32, 4.5, 6), "eye"),
        detail(poly((43, 43), (51, 43), (47, 48)), "eye"),
        detail(blob((40, 98), (38, 74), (47, 68), (56, 74), (54, 98)), "light"),
    ]


def dog() -> list[Stroke]:
    return [
        Stroke(blob((18, 46), (4, 34), (2, 18), (8, 18), (13, 30), (26, 40))),
        Stroke(slab(18, 56, 30, 92, 4)),
        Stroke(slab(32, 60, 43, 92, 4)),
        Stroke(slab(66, 60, 77, 92, 4)),
        Stroke(slab(79, 56, 90, 92, 4)),
        Stroke(blob((16, 46), (30, 38), (70, 38), (90, 44), (92, 62), (74, 72), (34, 70), (16, 64))),
        Stroke(
            blob((68, 50), (66, 14), (82, 2), (100, 6), (106, 20), (124, 24), (124, 36), (104, 42), (96, 54), (82, 60))
        ),
        detail(blob((72, 8), (82, 6), (86, 22), (80, 40), (70, 38), (66, 22)), "shade"),
        detail(disc(99, 16, 3.6), "eye"),
        detail(disc(121, 26, 4.5, 4), "eye"),
    ]


def rabbit() -> list[Stroke]:
    return [
        Stroke(disc(84, 84, 11)),
        Stroke(blob((34, 46), (22, 20), (26, 0), (36, 2), (44, 22), (46, 46))),
        Stroke(blob((50, 46), (52, 22), (62, 2), (72, 4), (72, 22), (60, 48))),
        Stroke(blob((18, 98), (20, 76), (36, 62), (62, 62), (80, 78), (82, 98), (50, 103))),
        Stroke(disc(47, 55, 24, 20)),
        detail(blob((34, 38), (29, 20), (31, 8), (38, 22), (40, 38)), "light"),
        detail(blob((56, 38), (58, 22), (65, 9), (67, 20), (60, 38)), "light"),
        detail(disc(38, 52, 3.4, 4.6), "eye"),
        detail(disc(57, 52, 3.4, 4.6), "eye"),
        detail(poly((44, 60), (51, 60), (47.5, 64)), "eye"),
        detail(disc(49, 88, 15, 11), "light"),
    ]


def bird() -> list[Stroke]:
    return [
        Stroke(slab(44, 74, 48, 96)),
        Stroke(slab(56, 74, 60, 96)),
        Stroke(poly((36, 92), (48, 92), (48, 97), (36, 97))),
        Stroke(poly((48, 92), (60, 92), (60, 97), (48, 97))),
        Stroke(poly((0, 20), (22, 14), (16, 30)), "line"),
        Stroke(poly((74, 44), (112, 30), (114, 40), (104, 46), (112, 54), (80, 68))),
        Stroke(blob((16, 22), (24, 6), (42, 4), (54, 22), (80, 40), (88, 58), (72, 78), (44, 80), (26, 66), (20, 44))),
        detail(blob((42, 44), (62, 38), (84, 54), (78, 64), (60, 66), (46, 58)), "shade"),
        detail(disc(30, 19, 4.2), "eye"),
    ]


def fish() -> list[Stroke]:
    return [
        Stroke(poly((36, 14), (58, 0), (66, 18))),
        Stroke(poly((42, 58), (56, 74), (64, 56))),
        Stroke(blob((74, 36), (98, 8), (110, 6), (104, 36), (110, 68), (98, 66))),
        Stroke(blob((0, 38), (22, 14), (50, 8), (76, 24), (88, 36), (76, 50), (50, 64), (22, 60))),
        detail(disc(19, 31, 5), "eye"),
        detail(blob((34, 18), (41, 38), (34, 58), (38, 58), (46, 38), (38, 16)), "line"),
        detail(blob((52, 36), (68, 32), (66, 46)), "shade"),
    ]


def tree() -> list[Stroke]:
    return [
        Stroke(poly((42, 60), (58, 60), (60, 100), (66, 108), (34, 108), (40, 100)), "shade"),
        Stroke(disc(25, 48, 25, 23)),
        Stroke(disc(75, 48, 25, 23)),
        Stroke(disc(50, 26, 29, 26)),
        Stroke(disc(50, 54, 28, 22)),
        detail(disc(40, 20, 9, 6), "light"),
        detail(disc(22, 42, 7, 5), "light"),
        detail(disc(72, 40, 7, 5), "light"),
    ]


def flower() -> list[Stroke]:
    around = [math.radians(60 * k - 90) for k in range(6)]
    petals = [Stroke(disc(50 + 24 * math.cos(a), 32 + 24 * math.sin(a), 15)) for a in around]
    return [
        Stroke(slab(47, 40, 53, 118), "shade"),
        Stroke(blob((50, 106), (34, 100), (22, 82), (40, 84), (50, 96)), "shade"),
        Stroke(blob((50, 106), (66, 100), (78, 82), (60, 84), (50, 96)), "shade"),
        *petals,
        Stroke(disc(50, 32, 20)),
        detail(disc(50, 32, 11), "line"),
        detail(disc(48, 30, 7), "light"),
    ]


def mushroom() -> list[Stroke]:
    return [
        Stroke(blob((36, 44), (64, 44), (64, 76), (72, 96), (50, 100), (28, 96), (36, 76)), "light"),
        Stroke(blob((0, 46), (10, 18), (50, -2), (90, 18), (100, 46), (84, 56), (50, 52), (16, 56))),
        detail(disc(28, 30, 8, 7), "light"),
        detail(disc(56, 20, 9, 7), "light"),
        detail(disc(77, 36, 7, 6), "light"),
    ]


def apple() -> list[Stroke]:
    return [
        Stroke(poly((46, 22), (50, 4), (57, 6), (53, 24)), "line"),
        Stroke(blob((54, 14), (66, 0), (84, 2), (74, 14)), "shade"),
        Stroke(
            blob(
                (50, 22),
                (72, 14),
                (94, 28),
                (96, 56),
                (82, 86),
                (64, 98),
                (50, 93),
                (36, 98),
                (18, 86),
                (4, 56),
                (6, 28),
                (28, 14),
            )
        ),
        detail(blob((18, 34), (30, 26), (30, 36), (20, 52)), "light"),
    ]


def butterfly() -> list[Stroke]:
    left = blob((46, 34), (30, 6), (4, 0), (2, 26), (18, 46), (8, 62), (16, 84), (36, 78), (47, 56))
    right = left * np.array([-1, 1]) + np.array([100, 0])
    return [
        Stroke(left),
        Stroke(right),
        Stroke(blob((50, 18), (54, 30), (54, 60), (50, 78), (46, 60), (46, 30)), "line"),
        detail(disc(20, 22, 8), "light"),
        detail(disc(80, 22, 8), "light"),
        detail(disc(26, 66, 6), "light"),
        detail(disc(74, 66, 6), "light"),
    ]
