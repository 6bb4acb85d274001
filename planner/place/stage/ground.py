"""Trees of things on the canvas: a camera, a ground on which the far stands higher and smaller, a sky, a wall."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import Frame, Rect
from planner.place.anatomy import BUST
from planner.place.proportions import growth, paintable
from planner.place.stage.forest import Node, forest
from planner.place.stage.local import Laying, lay
from planner.place.stage.order import arranges, ordered
from planner.relations import TABLE
from planner.scene import Scene

_ALOFT = frozenset(("sky", "aircraft", "bird", "kite", "balloon"))
_WALL = frozenset(("wall", "hung"))
READABLE = 0.085
"""Longer sides from here on down shrink only slowly, in shorter sides of the canvas."""
HORIZON = 0.42
NEAR, FLOOR = 0.9, 0.955
DEEPER = 0.74
"""How large what stands one rank further back is."""
_LIFTING = 1 / 3


class Guess(NamedTuple):
    """Where things could be, which of them go together (the root of each), and why each is where it is."""

    rects: dict[str, Rect]
    root_of: dict[str, int]
    standing: frozenset[str]
    why: dict[str, str]
    horizon: float


@dataclass
class _Spot:
    """A root on the canvas: where its centre is, in units of the shorter side, and how many of those a metre is."""

    node: Node
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0


def guessed(scene: Scene, claims: Sequence[Claim], frame: Frame, rng_of: str, smaller: float = 1.0) -> Guess:
    """The places that the world suggests for a scene."""
    told = [claim for claim in claims if TABLE[claim.relation].arity != "words" or arranges(claim)]
    lifts: dict[str, float] = {}
    for _ in range(2):
        spots = _Stage(scene, told, frame, random.Random(rng_of), lifts, smaller).set()
        lifts = _lifted(spots, lifts, frame)
    return _guess(spots, frame)


def _lifted(spots: Sequence[_Spot], before: Mapping[str, float], frame: Frame) -> dict[str, float]:
    """By how much each thing has to be larger than to scale in order to be made out: the small shrink only slowly."""
    lifts = dict(before)
    for spot in spots:
        for node in spot.node.all():
            if node.id and node.how != "grown":
                side = max(node.w, node.h) * spot.scale
                lift = max((side / READABLE) ** (_LIFTING - 1), 1.0)
                w, h = node.w * spot.scale * lift, node.h * spot.scale * lift
                lifts[node.id] = before.get(node.id, 1.0) * lift * growth(w, h, frame)
    return lifts


def _guess(spots: Sequence[_Spot], frame: Frame) -> Guess:
    rects: dict[str, Rect] = {}
    root_of: dict[str, int] = {}
    why: dict[str, str] = {}

    def put(node: Node, x: float, y: float, scale: float, root: int) -> None:
        if node.id:
            rects[node.id] = Rect(x, y, *paintable(node.w * scale, node.h * scale, frame))
            root_of[node.id] = root
            why[node.id] = node.why
        for kid in node.kids:
            put(kid, x + kid.x * scale, y + kid.y * scale, scale, root)

    for k, spot in enumerate(spots):
        put(spot.node, spot.x, spot.y, spot.scale, k)
    standing = frozenset(node.id for spot in spots for node in _grounded(spot.node))
    return Guess(rects, root_of, standing, why, HORIZON)


def _grounded(root: Node) -> Iterator[Node]:
    """What stands on the ground of a tree that does."""
    if root.id and root.sort not in _ALOFT | _WALL:
        yield root
    yield from (kid for kid in root.kids if kid.how in ("member", "before", "behind", "around"))


@dataclass
class _Stage:
    """One scene on its way onto the canvas."""

    scene: Scene
    claims: Sequence[Claim]
    frame: Frame
    rng: random.Random
    lifts: Mapping[str, float]
    smaller: float

    def set(self) -> list[_Spot]:
        """All roots in their places."""
        laying = Laying(self.claims, self.rng)
        roots = forest(self.scene, self.claims, self.lifts)
        if "portrait" in self.scene.prompt.lower().split():
            _framed_close(roots)
        for root in roots:
            lay(root, laying)
        aloft = [r for r in roots if r.sort in _ALOFT]
        walled = [r for r in roots if r.sort in _WALL]
        flats = [r for r in roots if r.sort == "ground" and not r.kids]
        stands = [r for r in roots if r not in aloft and r not in walled and r not in flats]
        if not stands and not flats:
            stands, aloft, walled = [*aloft, *walled], [], []
        if not stands:
            stands, flats = flats, []
        return self._ground(stands, aloft, walled, flats)

    def _ground(self, stands: list[Node], aloft: list[Node], walled: list[Node], flats: list[Node]) -> list[_Spot]:
        top = 0.05 if not aloft and not walled else 0.36
        low = FLOOR - (0.16 if flats else 0.0)
        spots = _Rows(self, stands, top * self.frame.height, low * self.frame.height).spots()
        scale = max(spot.scale for spot in spots)
        return [*spots, *self._over(aloft, spots, scale, 0.04), *self._over(walled, spots, scale, 0.08),
                *self._patches(flats)]

    def _over(self, nodes: list[Node], below: list[_Spot], scale: float, margin: float) -> list[_Spot]:
        """In the sky or on the wall, in a row above what stands."""
        if not nodes:
            return []
        row = ordered(nodes, self.claims, self.rng)
        spans = [node.reach() for node in row]
        high = min(spot.y - spot.node.reach()[2] * spot.scale for spot in below) - margin * self.frame.height
        high = max(high, 0.2 * self.frame.height)
        spots: list[_Spot] = []
        width = self.frame.width
        slots = width / len(row)
        for k, (node, (left, right, up, down)) in enumerate(zip(row, spans, strict=True)):
            s = min(scale, 0.8 * slots / (left + right), 0.9 * (high - 0.03) / (up + down))
            if node.sort in _ALOFT:
                s = max(s, min(0.12 / max(node.w, node.h), 0.9 * slots / (left + right)))
            free = max(slots - (left + right) * s, 0.0)
            x = k * slots + left * s + free * self.rng.uniform(0.25, 0.75)
            room = max(high - (up + down) * s - 0.03, 0.0)
            y = 0.03 + up * s + room * self.rng.uniform(0.2, 0.6)
            spots.append(_Spot(node, x, y, s))
        return spots

    def _patches(self, flats: list[Node]) -> list[_Spot]:
        """What lies on the ground with nothing on it, before all else."""
        spots = []
        for k, node in enumerate(flats):
            slots = self.frame.width / len(flats)
            s = min(0.94 * slots / node.w, 1.0)
            node.h = max(node.h, 0.13 / s)
            spots.append(_Spot(node, (k + 0.5) * slots, self.frame.height * FLOOR - node.h * s / 2 + 0.02, s))
        return spots


def _framed_close(roots: Sequence[Node]) -> None:
    """Head and shoulders of who is portrayed."""
    for root in roots[:1]:
        if root.sort in ("person", "animal"):
            root.noun, root.w, root.h = BUST, 0.62, 0.72


class _Rows:
    """What stands, in one row or in several behind each other, as large as the canvas lets it be."""

    def __init__(self, stage: _Stage, nodes: Sequence[Node], top: float, low: float) -> None:
        self.stage, self.frame, self.top, self.low = stage, stage.frame, top, low
        self.nodes = ordered(nodes, stage.claims, stage.rng)
        self.reaches = {id(node): node.reach() for node in self.nodes}

    def spots(self) -> list[_Spot]:
        """The roots in their places."""
        best: list[_Spot] | None = None
        for ranks in range(1, 7):
            spots = self._ranked(ranks)
            if best is None or self._size(spots) > 1.15 * self._size(best):
                best = spots
            if ranks == 1 and (len(self.nodes) < 4 or self._size(spots) > 0.2):
                break
        assert best is not None
        return best

    def _size(self, spots: Sequence[_Spot]) -> float:
        """How large the middle one of them is."""
        sides = sorted(max(s.node.reach()[0] + s.node.reach()[1], s.node.reach()[2] + s.node.reach()[3]) * s.scale
                       for s in spots)
        return sides[len(sides) // 2]

    def _ranked(self, ranks: int) -> list[_Spot]:
        rows = self._rows(ranks)
        deep = [DEEPER ** (0.5 * k) if ranks > 1 else 1.0 for k in range(len(rows))]
        depth = {id(node): deep[k] * self._depth(node, ranks) for k, row in enumerate(rows) for node in row}
        width = 0.94 * self.frame.width
        wide = max(sum((self._span(n)) * depth[id(n)] for n in row) * (1.08 if len(row) > 1 else 1.0) for row in rows)
        heights = [max((self.reaches[id(n)][2] + self.reaches[id(n)][3]) * depth[id(n)] for n in row) for row in rows]
        stacked = sum(heights[:-1]) * 0.96 + heights[-1]
        scale = min(width / wide, (self.low - self.top) / stacked) * self.stage.smaller
        if len(self.nodes) == 1:
            scale = min(scale, 0.8 * width / wide, 0.8 * (self.frame.height - self.top) / stacked)
        scale *= self.stage.rng.uniform(0.9, 1.0)
        spots: list[_Spot] = []
        foot = self._lowest(stacked * scale)
        for row, high in zip(rows, heights, strict=True):
            spots += self._row(row, depth, scale, foot)
            foot -= 0.96 * high * scale
        return spots

    def _lowest(self, high: float) -> float:
        """Where the nearest stand: lower than the middle, with some room below."""
        room = self.low - self.top - high
        return self.low - max(0.36 * room, 0.0) if room > 0.1 else self.low - max(room, 0.0) / 2

    def _rows(self, ranks: int) -> list[list[Node]]:
        """The rows from near to far: what is high stands behind."""
        if ranks == 1:
            return [list(self.nodes)]
        by_height = sorted(self.nodes, key=lambda n: self.reaches[id(n)][2] + self.reaches[id(n)][3])
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
        far = any(c.relation == "in_background" and node.id in c.things for c in self.stage.claims)
        return 0.45 if far else 0.55 if mine > 3.2 * least else 0.8 if mine > 2.0 * least else 1.0

    def _row(self, row: Sequence[Node], depth: Mapping[int, float], scale: float, foot: float) -> list[_Spot]:
        """Side by side, with what room there is between them; the far have their feet higher up."""
        spans = [self._span(n) * depth[id(n)] * scale for n in row]
        free = max(0.96 * self.frame.width - sum(spans), 0.0)
        gap = min(free / (len(row) + 1), 0.3 * sum(spans) / len(row) + 0.02)
        left = free - gap * (len(row) - 1)
        x = 0.02 * self.frame.width + left * (0.5 + self.stage.rng.uniform(-0.3, 0.3) * (len(self.nodes) > 1))
        nearest = max(depth[id(n)] for n in row)
        ground = max(foot - HORIZON * self.frame.height, 0.1)
        spots = []
        for node, span in zip(row, spans, strict=True):
            s = depth[id(node)] * scale
            rise = ground * (1 - depth[id(node)] / nearest) * 0.5
            y = foot - rise - self.reaches[id(node)][3] * s
            spots.append(_Spot(node, x + self.reaches[id(node)][0] * s, y, s))
            x += span + gap
        return spots
