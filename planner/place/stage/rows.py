"""What stands on the ground of a scene: in one row, in several behind each other, or each in its cell of a crowd."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from planner.geometry import Frame
from planner.place.proportions import growth
from planner.place.stage.forest import Node
from planner.place.stage.order import Laying, ordered

LARGE = 2.6
"""From how many metres on, as drawn, what is much higher than the others stands further away."""
STEP = 1.3
"""By how much higher those of a rank behind are than those before them, where one can tell them by that."""
CROWD = 24
"""From more than so many on each has its cell of a grid."""
ROOMY = 0.0055
"""How much of the canvas such a cell is rather than less."""
DEPTH = 0.36
"""How much of the canvas's height the ground takes up between the nearest and the farthest rank."""
UNEVEN = 0.03
"""How much nearer or farther than others of its rank one may stand, of the canvas's height."""
DEEPER = 0.74
"""How large what stands one rank further back is."""
HORIZON = 0.42
"""How high the ground ends, of the canvas's height."""
ALOFT = frozenset(("sky", "aircraft", "bird", "insect", "kite", "balloon"))
"""Classes of what is in the air unless something carries it."""


@dataclass
class Spot:
    """A root on the canvas: where its centre is, in units of the shorter side, and how many of those a metre is."""

    node: Node
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0


class Room(NamedTuple):
    """What there is for those who stand: from `top` to `low` on this canvas, `most` as the scale, and `smaller` yet."""

    frame: Frame
    top: float
    low: float
    most: float
    smaller: float


class Rows:
    """What stands, in one row or in several behind each other, as large as the canvas lets it be."""

    def __init__(self, nodes: Sequence[Node], laying: Laying, room: Room) -> None:
        self.frame, self.top, self.low, self.room, self.rng = room.frame, room.top, room.low, room, laying.rng
        self.nodes = ordered(nodes, laying.claims, laying.rng)
        self.reaches = {id(node): node.reach() for node in self.nodes}

    def spots(self) -> list[Spot]:
        """The roots in their places."""
        if len(self.nodes) > CROWD:
            return self._crowd()
        best: list[Spot] | None = None
        for ranks in range(1, 7):
            spots = self._ranked(ranks)
            if best is None or self._size(spots) > 1.25 * self._size(best):
                best = spots
            size = self._size(spots)
            if ranks >= len(self.nodes) or (ranks == 1 and size > (0.1 if len(self.nodes) < 8 else 0.2)):
                break
        assert best is not None
        return best

    def _crowd(self) -> list[Spot]:
        """Each in its cell of a loose grid, as deep as it takes for them to be made out."""
        n, width = len(self.nodes), 0.96 * self.frame.width
        w, h = (max(sums) for sums in zip(*((a + b, c + d) for a, b, c, d in self.reaches.values()), strict=True))
        for deep in (0.4, 0.55, 0.7, 0.9):
            deep *= self.low - self.top
            columns = max(1, min(n, round(math.sqrt(n * width / deep * h / w))))
            rows = math.ceil(n / columns)
            cell, rank = width / columns, deep / rows
            if cell * rank > ROOMY * self.frame.width * self.frame.height and min(cell, rank) > math.sqrt(ROOMY) / 1.6:
                break
        common, spots = min(0.94 * cell / w, 0.94 * rank / h), list[Spot]()
        for k, node in enumerate(self.nodes):
            left, right, up, down = self.reaches[id(node)]
            s = common * growth(1.05 * node.w * common, 1.05 * node.h * common, self.frame)
            s = min(s, 0.98 * cell / (left + right), 0.98 * rank / (up + down))
            if growth(node.w * s, node.h * s, self.frame) > 1 and not node.kids:
                node.w, node.h = max(node.w, 0.6 * cell / s), max(node.h, 0.6 * rank / s)
                left, right, up, down = node.reach()
            across, free = cell - (left + right) * s, rank - (up + down) * s
            x = 0.02 * self.frame.width + k % columns * cell + left * s + across * self.rng.uniform(0.1, 0.9)
            y = self.low - k // columns * rank - down * s - min(free, 0.3 * rank) * self.rng.random()
            spots.append(Spot(node, x, y, s))
        return spots

    def _size(self, spots: Sequence[Spot]) -> float:
        """How large the middle one of them is."""
        sides = sorted(max(s.node.reach()[0] + s.node.reach()[1], s.node.reach()[2] + s.node.reach()[3]) * s.scale
                       for s in spots)
        return sides[len(sides) // 2]

    def _ranked(self, ranks: int) -> list[Spot]:
        rows = self._rows(ranks)
        deep = [DEEPER ** (0.5 * k) if ranks > 1 else 1.0 for k in range(len(rows))]
        depth = {id(node): deep[k] * self._depth(node, ranks) for k, row in enumerate(rows) for node in row}
        width = 0.94 * self.frame.width
        wide = max(sum((self._span(n)) * depth[id(n)] for n in row) * (1.08 if len(row) > 1 else 1.0) for row in rows)
        heights = [max((self.reaches[id(n)][2] + self.reaches[id(n)][3]) * depth[id(n)] for n in row) for row in rows]
        stacked = sum(heights[:-1]) * 0.96 + heights[-1]
        scale = min(width / wide, (self.low - self.top) / stacked, self.room.most) * self.room.smaller
        if sum(heights[:-1]) > 0:
            scale = min(scale, DEPTH * self.frame.height / sum(heights[:-1]))
        if len(self.nodes) == 1 and self.nodes[0].sort in ALOFT and not self.nodes[0].kids:
            scale = min(scale, 0.6 * width / wide, 0.5 * self.frame.height / stacked)
        if len(self.nodes) == 1:
            scale = min(scale, 0.8 * width / wide, 0.8 * (self.frame.height - self.top) / stacked)
        scale *= self.rng.uniform(0.9, 1.0)
        spots: list[Spot] = []
        foot = self._lowest(stacked * scale)
        for row, high in zip(rows, heights, strict=True):
            spots += self._row(row, depth, scale, foot)
            foot -= 0.96 * high * scale
        return spots

    def _lowest(self, high: float) -> float:
        """Where the nearest stand: lower than the middle, with some room below."""
        room = self.low - self.top - high
        if all(node.sort in ALOFT and not node.kids for node in self.nodes):
            return self.low - 0.7 * max(room, 0.0)
        return self.low - max(0.26 * room, 0.0) if room > 0.1 else self.low - max(room, 0.0) / 2

    def _rows(self, ranks: int) -> list[list[Node]]:
        """The rows from near to far: what is high stands behind."""
        if ranks == 1:
            return [list(self.nodes)]
        by_height = sorted(self.nodes, key=lambda n: self.reaches[id(n)][2] + self.reaches[id(n)][3])
        tall = [self.reaches[id(n)][2] + self.reaches[id(n)][3] for n in by_height]
        step, at = max((q / p, k + 1) for k, (p, q) in enumerate(pairwise(tall)))
        if ranks == 2 and step > STEP:
            return [[n for n in self.nodes if n in some] for some in (by_height[:at], by_height[at:])]
        total, rows = sum(self._span(n) for n in self.nodes), [list[Node]() for _ in range(ranks)]
        filled, k = 0.0, 0
        for node in by_height:
            if filled >= total * (k + 1) / ranks and k < ranks - 1:
                k += 1
            rows[k].append(node)
            filled += self._span(node)
        index = {id(n): i for i, n in enumerate(self.nodes)}
        return [sorted(row, key=lambda n: index[id(n)]) for row in rows if row]

    def _span(self, node: Node) -> float:
        left, right, _, _ = self.reaches[id(node)]
        return left + right

    def _depth(self, node: Node, ranks: int) -> float:
        """How much smaller what is far is: what is much higher than the others stands further away."""
        if len(self.nodes) < 2:
            return 1.0
        mine = self.reaches[id(node)][2] + self.reaches[id(node)][3]
        others = sorted(self.reaches[id(n)][2] + self.reaches[id(n)][3] for n in self.nodes if n is not node)
        least = others[0] if others[0] > 0.7 else others[-1]
        return 1.0 if mine < LARGE or mine < 1.5 * least else 0.8 if mine < 2.2 * least else 0.6

    def _row(self, row: Sequence[Node], depth: Mapping[int, float], scale: float, foot: float) -> list[Spot]:
        """Side by side, with what room there is between them; the far have their feet higher up."""
        spans = [self._span(n) * depth[id(n)] * scale for n in row]
        free = max(0.96 * self.frame.width - sum(spans), 0.0)
        gap = min(free / (len(row) + 1), 0.3 * sum(spans) / len(row) + 0.02)
        left = free - gap * (len(row) - 1)
        rng, crowd = self.rng, len(self.nodes) > 3
        x = 0.02 * self.frame.width + left * (0.5 + rng.uniform(-0.3, 0.3))
        nearest = max(depth[id(n)] for n in row)
        ground = max(foot - HORIZON * self.frame.height, 0.1)
        spots = []
        for node, span in zip(row, spans, strict=True):
            s = depth[id(node)] * scale
            rise = ground * (1 - depth[id(node)] / nearest) * 0.5
            rise += crowd * UNEVEN * self.frame.height * rng.random()
            y = foot - rise - self.reaches[id(node)][3] * s
            aside = crowd * rng.uniform(-0.3, 0.3) * gap
            spots.append(Spot(node, x + aside + self.reaches[id(node)][0] * s, y, s))
            x += span + gap
        return spots
