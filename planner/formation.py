"""Where the members of an arrangement stand relative to each other."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

Offsets = list[tuple[float, float]]
Sizes = Sequence[tuple[float, float]]


def formation(kind: str, sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    """The centres of the members, about the middle of the arrangement."""
    return _FORMATIONS[kind](sizes, room, rng)


def _row(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    return _centred(_along(sizes, room))


def _along(sizes: Sizes, room: float) -> Offsets:
    """Side by side on one ground line, from x = 0."""
    at, offsets = 0.0, []
    tallest = max(h for _, h in sizes)
    for w, h in sizes:
        offsets.append((at + w / 2, (tallest - h) / 2))
        at += w + max(room, 0.08 * w)
    return offsets


def _column(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    return [(x, y) for y, x in _centred(_plain([(h, w) for w, h in sizes], room))]


def _plain(sizes: Sizes, room: float) -> Offsets:
    at, offsets = 0.0, []
    for w, _ in sizes:
        offsets.append((at + w / 2, 0.0))
        at += w + max(room, 0.06 * w)
    return offsets


def _stack(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    """The largest at the bottom, each resting on the next."""
    order = sorted(range(len(sizes)), key=lambda k: -sizes[k][0])
    at, offsets = 0.0, [(0.0, 0.0)] * len(sizes)
    for k in order:
        offsets[k] = rng.uniform(-0.04, 0.04) * sizes[k][0], at - sizes[k][1] / 2
        at -= 0.96 * sizes[k][1]
    return _centred(offsets)


def _circle(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    n, reach = len(sizes), max(max(w, h) for w, h in sizes) + room
    radius = max(reach / (2 * math.sin(math.pi / max(n, 2))), 0.7 * reach)
    turn = rng.uniform(0, 2 * math.pi)
    return [(radius * math.cos(turn + 2 * math.pi * k / n), radius * math.sin(turn + 2 * math.pi * k / n))
            for k in range(n)]


def _grid(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    n = len(sizes)
    columns = next((c for c in range(math.ceil(math.sqrt(n)), n) if n % c == 0 and c <= 2 * n / c), None)
    columns = columns or math.ceil(math.sqrt(n))
    return _levels(sizes, room, [min(columns, n - at) for at in range(0, n, columns)], aligned=True)


def _pyramid(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    """Levels of one more each from the top, the rest on the lowest."""
    lengths: list[int] = []
    while sum(lengths) + len(lengths) + 1 <= len(sizes):
        lengths.append(len(lengths) + 1)
    for k in range(len(sizes) - sum(lengths)):
        lengths[len(lengths) - 1 - k % len(lengths)] += 1
    return _levels(sizes, room, sorted(lengths), aligned=False)


def _levels(sizes: Sizes, room: float, lengths: Sequence[int], aligned: bool) -> Offsets:
    w, h = max(w for w, _ in sizes) + room, max(h for _, h in sizes) + room
    widest = max(lengths)
    return _centred([((k - (widest if aligned else n) / 2) * w, level * h)
                     for level, n in enumerate(lengths) for k in range(n)])


def _cluster(sizes: Sizes, room: float, rng: random.Random) -> Offsets:
    """Rows of uneven length, jittered: close together without a pattern."""
    n = len(sizes)
    columns = max(1, round(math.sqrt(n) + rng.uniform(-0.3, 0.6)))
    w, h = max(w for w, _ in sizes) + room, max(h for _, h in sizes) + room
    return _centred([((k % columns + 0.35 * (k // columns % 2)) * w, (k // columns) * h + rng.uniform(0, 0.25) * room)
                     for k in range(n)])


def _centred(offsets: Offsets) -> Offsets:
    x = (min(o[0] for o in offsets) + max(o[0] for o in offsets)) / 2
    y = (min(o[1] for o in offsets) + max(o[1] for o in offsets)) / 2
    return [(ox - x, oy - y) for ox, oy in offsets]


_FORMATIONS = {
    "row": _row, "line": _row, "column": _column, "stack": _stack, "circle": _circle, "grid": _grid,
    "pyramid": _pyramid, "cluster": _cluster,
}
