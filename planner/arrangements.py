"""What an arrangement demands of its members: one test for each, with a margin as in `planner.geometry`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from planner.geometry import NEAR_GAP, Rect, gap, iou, surrounded_by


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


ARRANGEMENT: dict[str, Callable[[Sequence[Rect]], float]] = {
    "row": row, "column": column, "line": line, "stack": stack, "circle": circle, "grid": grid, "pyramid": pyramid,
    "cluster": cluster,
}
"""The test of every arrangement."""
