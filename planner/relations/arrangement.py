"""Arrangements of several things: what each demands of its members, and a form in which they stand so."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

from planner.geometry import NEAR_GAP, Rect, gap, iou, surrounded_by
from planner.relations.row import Arrangement, Extents, Offsets, Row


def row(members: Sequence[Rect]) -> float:
    """Side by side at one height."""
    if len(members) < 2:
        return 0.0
    ordered = sorted(members)
    middle = sum(r.cy for r in ordered) / len(ordered)
    height = sum(r.h for r in ordered) / len(ordered)
    level = min(0.5 * height - abs(r.cy - middle) for r in ordered)
    apart = min(q.x0 - p.x1 + 0.25 * min(p.w, q.w) for p, q in pairwise(ordered))
    return min(level, apart)


def column(members: Sequence[Rect]) -> float:
    """One above the other."""
    return row([r.turned() for r in members])


def line(members: Sequence[Rect]) -> float:
    """Along one straight line of any direction, apart from each other."""
    n = len(members)
    if n < 3:
        return 0.0
    mx, my = sum(r.cx for r in members) / n, sum(r.cy for r in members) / n
    sxx = sum((r.cx - mx) ** 2 for r in members)
    syy = sum((r.cy - my) ** 2 for r in members)
    sxy = sum((r.cx - mx) * (r.cy - my) for r in members)
    angle = 0.5 * math.atan2(2 * sxy, sxx - syy)
    off = max(abs((r.cy - my) * math.cos(angle) - (r.cx - mx) * math.sin(angle)) for r in members)
    size = sum(min(r.w, r.h) for r in members) / n
    crowded = max(iou(p, q) for i, p in enumerate(members) for q in members[:i])
    return min(0.5 * size - off, 0.2 - crowded)


def stack(members: Sequence[Rect]) -> float:
    """Each one rests on the next: centres over each other, feet close to heads."""
    ordered = sorted(members, key=lambda r: r.cy)
    pairs = list(pairwise(ordered))
    return min((min((p.w + q.w) / 4 - abs(p.cx - q.cx), 0.3 * q.h - abs(q.y0 - p.y1)) for p, q in pairs), default=0.0)


def circle(members: Sequence[Rect]) -> float:
    """At similar distances from the common centre, all round it."""
    n = len(members)
    if n < 3:
        return 0.0
    centre = Rect(sum(r.cx for r in members) / n, sum(r.cy for r in members) / n, 1.0, 1.0)
    radii = [math.hypot(r.cx - centre.cx, r.cy - centre.cy) for r in members]
    mean = sum(radii) / n
    return min(0.35 * mean - max(abs(r - mean) for r in radii), surrounded_by(centre, members) + 1e-9 if n > 3 else 1.0)


def _levels(members: Sequence[Rect]) -> list[list[Rect]]:
    """The members in levels from top to bottom: a new level starts where the next centre is half a height lower."""
    levels: list[list[Rect]] = []
    for r in sorted(members, key=lambda r: r.cy):
        if levels and r.cy - levels[-1][0].cy < 0.5 * min(r.h, levels[-1][0].h):
            levels[-1].append(r)
        else:
            levels.append([r])
    return levels


def grid(members: Sequence[Rect]) -> float:
    """Levels of equal length (the last may be shorter), nothing overlapping."""
    lengths = [len(level) for level in _levels(members)]
    even = all(n == lengths[0] for n in lengths[:-1]) and lengths[-1] <= lengths[0]
    square = len(members) < 4 or (len(lengths) > 1 and lengths[0] > 1)
    crowded = max((iou(p, q) for i, p in enumerate(members) for q in members[:i]), default=0.0)
    return 0.1 - crowded if even and square else -1.0


def pyramid(members: Sequence[Rect]) -> float:
    """Every level is longer than the one above it."""
    if len(members) < 3:
        return 0.0
    lengths = [len(level) for level in _levels(members)]
    return 0.1 if all(p < q for p, q in pairwise(lengths)) and len(lengths) > 1 else -1.0


def cluster(members: Sequence[Rect]) -> float:
    """Connected by small gaps: the longest link of the shortest tree that joins them."""
    if len(members) < 2:
        return 0.0
    reached, rest, longest = [members[0]], list(members[1:]), 0.0
    while rest:
        distance, nearest = min(((min(gap(r, q) for q in reached), i) for i, r in enumerate(rest)))
        longest = max(longest, distance)
        reached.append(rest.pop(nearest))
    return NEAR_GAP - longest





def _in_row(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    return _centred(_along(sizes, room))


def _along(sizes: Extents, room: float) -> Offsets:
    """Side by side on one ground line, from x = 0."""
    at, offsets = 0.0, []
    tallest = max(h for _, h in sizes)
    for w, h in sizes:
        offsets.append((at + w / 2, (tallest - h) / 2))
        at += w + max(room, 0.08 * w)
    return offsets


def _in_column(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    return [(x, y) for y, x in _centred(_plainly([(h, w) for w, h in sizes], room))]


def _plainly(sizes: Extents, room: float) -> Offsets:
    at, offsets = 0.0, []
    for w, _ in sizes:
        offsets.append((at + w / 2, 0.0))
        at += w + max(room, 0.06 * w)
    return offsets


def _stacked(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    """The largest at the bottom, each resting on the next."""
    order = sorted(range(len(sizes)), key=lambda k: -sizes[k][0])
    at, offsets = 0.0, [(0.0, 0.0)] * len(sizes)
    for k in order:
        offsets[k] = rng.uniform(-0.04, 0.04) * sizes[k][0], at - sizes[k][1] / 2
        at -= 0.96 * sizes[k][1]
    return _centred(offsets)


def _in_circle(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    n, reach = len(sizes), max(max(w, h) for w, h in sizes) + room
    radius = max(reach / (2 * math.sin(math.pi / max(n, 2))), 0.7 * reach)
    turn = rng.uniform(0, 2 * math.pi)
    return [(radius * math.cos(turn + 2 * math.pi * k / n), radius * math.sin(turn + 2 * math.pi * k / n))
            for k in range(n)]


def _in_grid(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    n = len(sizes)
    columns = next((c for c in range(math.ceil(math.sqrt(n)), n) if n % c == 0 and c <= 2 * n / c), None)
    columns = columns or math.ceil(math.sqrt(n))
    return _in_levels(sizes, room, [min(columns, n - at) for at in range(0, n, columns)], aligned=True)


def _in_pyramid(sizes: Extents, room: float, rng: random.Random) -> Offsets:
    """Levels of one more each from the top, the rest on the lowest."""
    lengths: list[int] = []
    while sum(lengths) + len(lengths) + 1 <= len(sizes):
        lengths.append(len(lengths) + 1)
    for k in range(len(sizes) - sum(lengths)):
        lengths[len(lengths) - 1 - k % len(lengths)] += 1
    return _in_levels(sizes, room, sorted(lengths), aligned=False)


def _in_levels(sizes: Extents, room: float, lengths: Sequence[int], aligned: bool) -> Offsets:
    w, h = max(w for w, _ in sizes) + room, max(h for _, h in sizes) + room
    widest = max(lengths)
    return _centred([((k - (widest if aligned else n) / 2) * w, level * h)
                     for level, n in enumerate(lengths) for k in range(n)])


def _clustered(sizes: Extents, room: float, rng: random.Random) -> Offsets:
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


ROWS: tuple[Row, ...] = (
    Arrangement("row", ("in a row", "lined up", "side by side", "next to each other", "in a horizontal row"),
                say="{a} stand in a row", test=row, form=_in_row),
    Arrangement("line", ("in a line",), say="{a} form a line", test=line, form=_in_row),
    Arrangement("column", ("in a column", "in a vertical line", "in a vertical row"),
                say="{a} form a column", test=column, form=_in_column),
    Arrangement("stack", ("stacked", "in a stack", "on top of each other", "piled up"),
                overlap="may", say="{a} are stacked", test=stack, form=_stacked),
    Arrangement("circle", ("in a circle", "in a ring"), say="{a} form a circle", test=circle, form=_in_circle),
    Arrangement("grid", ("in a grid",), say="{a} form a grid", test=grid, form=_in_grid),
    Arrangement("pyramid", ("in a pyramid",), overlap="may", say="{a} form a pyramid", test=pyramid, form=_in_pyramid),
    Arrangement("cluster", ("in a group", "in a cluster", "in a pile", "bunched together", "huddled together"),
                overlap="may", say="{a} keep together", test=cluster, form=_clustered),
)
