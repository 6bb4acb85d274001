"""Trees of things on the canvas: a camera, a ground on which the far stands higher and smaller, a sky, a wall."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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

_ALOFT = frozenset(("sky", "aircraft", "bird", "insect", "kite", "balloon"))
_WALL = frozenset(("wall", "hung", "niche"))
READABLE = 0.075
"""Longer sides from here on down shrink only slowly, in shorter sides of the canvas."""
HORIZON = 0.42
NEAR, FLOOR = 0.9, 0.955
DEEPER = 0.74
"""How large what stands one rank further back is."""
LARGE = 2.6
"""From how many metres on, as drawn, what is much higher than the others stands further away."""
STEP = 1.3
"""By how much higher those of a rank behind are than those before them, where one can tell them by that."""
DEPTH = 0.36
"""How much of the canvas's height the ground takes up between the nearest and the farthest rank."""
UNEVEN = 0.03
"""How much nearer or farther than others of its rank one may stand, of the canvas's height."""
DISC = 0.17
"""How large a sun or moon is at most, in shorter sides of the canvas."""
CROWD = 24
"""From more than so many on each has its cell of a grid."""
ROOMY = 0.0055
"""How much of the canvas such a cell is rather than less."""
MIRROR = 0.5
"""Where what is mirrored in the water below it has its foot."""
_LIFTING = 1 / 3
ABOVE = ("aerial", "from above", "bird's eye", "bird's-eye", "top view", "top-down", "overhead view", "drone shot")
"""Words of views that look down on the ground."""


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
        words = self.scene.prompt.lower()
        laying = Laying(self.claims, self.rng, any(view in words for view in ABOVE))
        roots = forest(self.scene, self.claims, self.lifts)
        if "portrait" in self.scene.prompt.lower().split():
            _framed_close(roots)
        for root in roots:
            lay(root, laying)
        distant = {id for c in self.claims if c.relation == "in_background" and not c.negated for id in c.things}
        behind = [r for r in roots if r.id in distant and r.sort not in _ALOFT and len(distant) < len(roots)]
        roots = [r for r in roots if r not in behind]
        over = [r for r in roots if (r.sort in _ALOFT and not r.down) or r.aloft or (
            r.sort in _WALL and not any(kid.how == "before" for kid in r.kids))]
        flats = [r for r in roots if r.sort == "ground" and not r.kids]
        stands = [r for r in roots if r not in over and r not in flats]
        if len(roots) > CROWD:
            stands, over, flats = roots, [], []
        if not stands:
            stands, over = (over, []) if over else (flats, [])
            flats = flats if stands is not flats else []
        return self._ground(stands, over, flats, behind)

    def _ground(self, stands: list[Node], over: list[Node], flats: list[Node], behind: list[Node]) -> list[_Spot]:
        """What stands as large as leaves room for what is over it, beside it where there is room."""
        low = FLOOR - (0.16 if flats else 0.0)
        far: list[_Spot] = []
        if "reflection" in self.scene.background:
            low = MIRROR
        for top in (0.05, 0.36) if over else (0.05,):
            spots = _Rows(self, stands, top * self.frame.height, low * self.frame.height, _most(over)).spots()
            far = self._backdrop(behind, spots)
            above = self._over(over, spots, far)
            if above is not None:
                break
        else:
            above = self._over(over, spots, far, pressed=True) or []
        return [*spots, *above, *self._patches(flats), *far]

    def _over(self, nodes: list[Node], below: list[_Spot], far: list[_Spot],
              pressed: bool = False) -> list[_Spot] | None:
        """In the sky or on the wall, where there is most room over what stands; nothing where there is none."""
        scale = max(spot.scale for spot in below)
        found: list[_Spot] = []
        for node in ordered(nodes, self.claims, self.rng):
            spot = self._open(node, [*below, *far] if node.aloft else below, found, scale, pressed)
            if spot is None:
                return None
            found.append(spot)
        return found

    def _backdrop(self, nodes: list[Node], before: list[_Spot]) -> list[_Spot]:
        """What is far away, side by side over the whole width, rising over those before it."""
        if not nodes:
            return []
        row = ordered(nodes, self.claims, self.rng)
        total = sum(node.reach()[0] + node.reach()[1] for node in row)
        foot = max(min(max(s.y + s.node.reach()[3] * s.scale for s in before) - 0.24, 0.66), 0.5) * self.frame.height
        tops = min(s.y - s.node.reach()[2] * s.scale for s in before)
        high = max(foot - tops + 0.06, 0.28)
        spots, share = [], self.frame.width * (0.92 if len(row) > 1 else 0.6)
        s = min(share / total, (foot - 0.06) / max(sum(node.reach()[2:]) for node in row))
        s = min(s, high / min(sum(node.reach()[2:]) for node in row))
        free = max(self.frame.width - total * s, 0.0)
        places = [free * self.rng.uniform(0.05, 0.95) for _ in range(6)] if len(row) == 1 else [0.5 * free]
        x = min(places, key=lambda x: sum(_meets(b, x + total * s / 2, total * s / 2, total * s / 2) for b in before))
        for node in row:
            left, right, _, down = node.reach()
            spots.append(_Spot(node, x + left * s, foot - down * s, s))
            x += (left + right) * s
        return spots

    def _open(self, node: Node, below: list[_Spot], beside: list[_Spot], scale: float,
              pressed: bool) -> _Spot | None:
        """The best of some places for what is over the ground."""
        left, right, up, down = node.reach()
        width, height = self.frame.width, self.frame.height
        reach = max(left + right, up + down)
        least, most = 0.13 / reach, (DISC if node.sort == "sky" and node.w < 1.5 * node.h else 0.42) / reach
        sizes = [min(max(scale, least), most)]
        sizes += [sizes[0] * k for k in ((0.75, 0.55) if not pressed else (0.75, 0.55, 0.4, 0.3))]
        for s in sizes:
            best: tuple[float, _Spot] | None = None
            for k in range(9):
                x = (left * s + 0.03) + (width - (left + right) * s - 0.06) * (k + self.rng.uniform(-0.3, 0.3)) / 8
                ceiling = min((b.y - b.node.reach()[2] * b.scale for b in below
                               if node.aloft or _meets(b, x, left * s, right * s)), default=0.62 * height)
                free = min(ceiling, 0.62 * height) - 0.07 - (up + down) * s
                crowd = sum(_meets(b, x, left * s + 0.02, right * s + 0.02) for b in beside)
                score = min(free, 0.2) - crowd - self._misplaced(node, x) + self.rng.uniform(0, 0.03)
                if free >= 0 and (best is None or score > best[0]):
                    y = 0.04 + up * s + min(free, 0.4) * self.rng.uniform(0.1, 0.55 if node.sort in _ALOFT else 0.8)
                    best = score, _Spot(node, x, y, s)
            if best is not None and (best[0] > -0.5 or pressed):
                return best[1]
        return None

    def _misplaced(self, node: Node, x: float) -> float:
        """How far a place is from the side where a claim wants it."""
        sides = {"at_left": 0.16, "at_right": 0.84, "at_center": 0.5, "at_top_left": 0.16, "at_top_right": 0.84,
                 "at_far_left": 0.05, "at_far_right": 0.95}
        return sum(2 * abs(x / self.frame.width - sides[c.relation]) for c in self.claims
                   if c.relation in sides and node.id in c.things)

    def _patches(self, flats: list[Node]) -> list[_Spot]:
        """What lies on the ground with nothing on it, before all else."""
        spots = []
        for k, node in enumerate(flats):
            slots = self.frame.width / len(flats)
            s = min(0.94 * slots / node.w, 1.0)
            node.h = max(node.h, 0.13 / s)
            spots.append(_Spot(node, (k + 0.5) * slots, self.frame.height * FLOOR - node.h * s / 2 + 0.02, s))
        return spots


def _most(over: Sequence[Node]) -> float:
    """The largest scale at which what is over the ground at the scale of what stands there leaves it room."""
    sides = [max(sum(node.reach()[:2]), sum(node.reach()[2:])) for node in over if node.sort not in ("sky", "aircraft")]
    return 0.42 / max(sides) if sides else 9e9


def _meets(spot: _Spot, x: float, left: float, right: float) -> bool:
    """Whether something that reaches so far from `x` is over, or under, a spot."""
    a, b, _, _ = spot.node.reach()
    return spot.x - a * spot.scale < x + right and x - left < spot.x + b * spot.scale


def _framed_close(roots: Sequence[Node]) -> None:
    """Head and shoulders of who is portrayed."""
    for root in roots[:1]:
        if root.sort in ("person", "animal"):
            root.noun, root.w, root.h = BUST, 0.62, 0.72


class _Rows:
    """What stands, in one row or in several behind each other, as large as the canvas lets it be."""

    def __init__(self, stage: _Stage, nodes: Sequence[Node], top: float, low: float, most: float) -> None:
        self.stage, self.frame, self.top, self.low, self.most = stage, stage.frame, top, low, most
        self.nodes = ordered(nodes, stage.claims, stage.rng)
        self.reaches = {id(node): node.reach() for node in self.nodes}

    def spots(self) -> list[_Spot]:
        """The roots in their places."""
        if len(self.nodes) > CROWD:
            return self._crowd()
        best: list[_Spot] | None = None
        for ranks in range(1, 7):
            spots = self._ranked(ranks)
            if best is None or self._size(spots) > 1.25 * self._size(best):
                best = spots
            size = self._size(spots)
            if ranks >= len(self.nodes) or (ranks == 1 and size > (0.1 if len(self.nodes) < 8 else 0.2)):
                break
        assert best is not None
        return best

    def _crowd(self) -> list[_Spot]:
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
        common, spots = min(0.94 * cell / w, 0.94 * rank / h), list[_Spot]()
        for k, node in enumerate(self.nodes):
            left, right, up, down = self.reaches[id(node)]
            s = common * growth(1.05 * node.w * common, 1.05 * node.h * common, self.frame)
            s = min(s, 0.98 * cell / (left + right), 0.98 * rank / (up + down))
            if growth(node.w * s, node.h * s, self.frame) > 1 and not node.kids:
                node.w, node.h = max(node.w, 0.6 * cell / s), max(node.h, 0.6 * rank / s)
                left, right, up, down = node.reach()
            across, free = cell - (left + right) * s, rank - (up + down) * s
            x = 0.02 * self.frame.width + k % columns * cell + left * s + across * self.stage.rng.uniform(0.1, 0.9)
            y = self.low - k // columns * rank - down * s - min(free, 0.3 * rank) * self.stage.rng.random()
            spots.append(_Spot(node, x, y, s))
        return spots

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
        scale = min(width / wide, (self.low - self.top) / stacked, self.most) * self.stage.smaller
        if sum(heights[:-1]) > 0:
            scale = min(scale, DEPTH * self.frame.height / sum(heights[:-1]))
        if len(self.nodes) == 1 and self.nodes[0].sort in _ALOFT and not self.nodes[0].kids:
            scale = min(scale, 0.6 * width / wide, 0.5 * self.frame.height / stacked)
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
        if all(node.sort in _ALOFT and not node.kids for node in self.nodes):
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

    def _row(self, row: Sequence[Node], depth: Mapping[int, float], scale: float, foot: float) -> list[_Spot]:
        """Side by side, with what room there is between them; the far have their feet higher up."""
        spans = [self._span(n) * depth[id(n)] * scale for n in row]
        free = max(0.96 * self.frame.width - sum(spans), 0.0)
        gap = min(free / (len(row) + 1), 0.3 * sum(spans) / len(row) + 0.02)
        left = free - gap * (len(row) - 1)
        rng, crowd = self.stage.rng, len(self.nodes) > 3
        x = 0.02 * self.frame.width + left * (0.5 + rng.uniform(-0.3, 0.3) * (len(self.nodes) > 1))
        nearest = max(depth[id(n)] for n in row)
        ground = max(foot - HORIZON * self.frame.height, 0.1)
        spots = []
        for node, span in zip(row, spans, strict=True):
            s = depth[id(node)] * scale
            rise = ground * (1 - depth[id(node)] / nearest) * 0.5
            rise += crowd * UNEVEN * self.frame.height * rng.random()
            y = foot - rise - self.reaches[id(node)][3] * s
            aside = crowd * rng.uniform(-0.3, 0.3) * gap
            spots.append(_Spot(node, x + aside + self.reaches[id(node)][0] * s, y, s))
            x += span + gap
        return spots
