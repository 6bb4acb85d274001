"""Trees of things on the canvas: a camera, a ground on which the far stands higher and smaller, a sky, a wall."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import Frame, Rect
from planner.place.anatomy import BUST
from planner.place.proportions import LEAST_AREA, LEAST_SIDE, growth
from planner.place.stage.forest import Node, forest
from planner.place.stage.local import lay
from planner.place.stage.order import Laying, arranges, ordered
from planner.place.stage.rows import ALOFT, CROWD, Room, Rows, Spot
from planner.relations import TABLE
from planner.scene import Scene

_WALL = frozenset(("wall", "hung", "niche"))
READABLE = 0.075
"""Longer sides from here on down shrink only slowly, in shorter sides of the canvas."""
FLOOR = 0.955
"""How far down the nearest stand, of the canvas's height."""
THIN = 3.0
"""What is this many times longer than broad becomes only broader where it is too small."""
DISC = 0.17
"""How large a sun or moon is at most, in shorter sides of the canvas."""
MIRROR = 0.5
"""Where what is mirrored in the water below it has its foot."""
_LIFTING = 1 / 3
"""To which power what is smaller than readable shrinks."""
ABOVE = ("aerial", "from above", "bird's eye", "bird's-eye", "top view", "top-down", "overhead view", "drone shot")
"""Words of views that look down on the ground."""


class Guess(NamedTuple):
    """Where things could be, which of them go together (the root of each), and who stands on the ground."""

    rects: dict[str, Rect]
    root_of: dict[str, int]
    standing: frozenset[str]


def guessed(scene: Scene, claims: Sequence[Claim], frame: Frame, rng_of: str, smaller: float = 1.0) -> Guess:
    """The places that the world suggests for a scene."""
    told = [claim for claim in claims if TABLE[claim.relation].arity != "words" or arranges(claim)]
    lifts: dict[str, float] = {}
    for _ in range(2):
        spots = _Stage(scene, told, frame, random.Random(rng_of), lifts, smaller).set()
        lifts = _lifted(spots, lifts, frame)
    return _guess(spots, frame)


def _lifted(spots: Sequence[Spot], before: Mapping[str, float], frame: Frame) -> dict[str, float]:
    """By how much each thing has to be larger than to scale in order to be made out: the small shrink only slowly."""
    lifts = dict(before)
    for spot in spots:
        for node in spot.node.all():
            if node.id and node.how != "grown":
                side = max(node.w, node.h) * spot.scale
                lift = max((side / READABLE) ** (_LIFTING - 1), 1.0)
                w, h = node.w * spot.scale * lift, node.h * spot.scale * lift
                thin = max(w, h) > THIN * min(w, h)
                lifts[node.id] = before.get(node.id, 1.0) * lift * (1.0 if thin else growth(w, h, frame))
    return lifts


def _guess(spots: Sequence[Spot], frame: Frame) -> Guess:
    rects: dict[str, Rect] = {}
    root_of: dict[str, int] = {}

    def put(node: Node, x: float, y: float, scale: float, root: int) -> None:
        if node.id:
            rects[node.id] = Rect(x, y, *_made_out(node.w * scale, node.h * scale, frame))
            root_of[node.id] = root
        for kid in node.kids:
            put(kid, x + kid.x * scale, y + kid.y * scale, scale, root)

    for k, spot in enumerate(spots):
        put(spot.node, spot.x, spot.y, spot.scale, k)
    standing = frozenset(node.id for spot in spots for node in _grounded(spot.node))
    return Guess(rects, root_of, standing)


def _made_out(w: float, h: float, frame: Frame) -> tuple[float, float]:
    """This size, or one that can be painted: what is thin becomes broader, not longer."""
    k = growth(w, h, frame)
    if k > 1 and max(w, h) > THIN * min(w, h):
        longer = max(w, h)
        broad = max(LEAST_SIDE * max(frame.width, frame.height), LEAST_AREA * frame.width * frame.height / longer)
        return (broad, longer) if h > w else (longer, broad)
    return w * k, h * k


def _grounded(root: Node) -> Iterator[Node]:
    """What stands on the ground of a tree that does."""
    if root.id and root.sort not in ALOFT | _WALL:
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

    def set(self) -> list[Spot]:
        """All roots in their places."""
        words = self.scene.prompt.lower()
        laying = Laying(self.claims, self.rng, any(view in words for view in ABOVE))
        roots = forest(self.scene, self.claims, self.lifts)
        if "portrait" in self.scene.prompt.lower().split():
            _framed_close(roots)
        for root in roots:
            lay(root, laying)
        distant = {id for c in self.claims if c.relation == "in_background" and not c.negated for id in c.things}
        behind = [r for r in roots if r.id in distant and r.sort not in ALOFT and len(distant) < len(roots)]
        roots = [r for r in roots if r not in behind]
        over = [r for r in roots if (r.sort in ALOFT and not r.down) or r.aloft or (
            r.sort in _WALL and not any(kid.how == "before" for kid in r.kids))]
        flats = [r for r in roots if r.sort == "ground" and not r.kids]
        stands = [r for r in roots if r not in over and r not in flats]
        if len(roots) > CROWD:
            stands, over, flats = roots, [], []
        if not stands:
            stands, over = (over, []) if over else (flats, [])
            flats = flats if stands is not flats else []
        return self._ground(stands, over, flats, behind)

    def _ground(self, stands: list[Node], over: list[Node], flats: list[Node], behind: list[Node]) -> list[Spot]:
        """What stands as large as leaves room for what is over it, beside it where there is room."""
        low = FLOOR - (0.16 if flats else 0.0)
        far: list[Spot] = []
        if "reflection" in self.scene.background:
            low = MIRROR
        clear = 0.34 if behind else 0.05
        for top in (clear, max(clear, 0.36)) if over else (clear,):
            room = Room(self.frame, top * self.frame.height, low * self.frame.height, _most(over), self.smaller)
            spots = Rows(stands, Laying(self.claims, self.rng), room).spots()
            far = self._backdrop(behind, spots)
            above = self._over(over, spots, far)
            if above is not None:
                break
        else:
            above = self._over(over, spots, far, pressed=True) or []
        for spot in spots:
            if spot.node.sort == "planet":
                self._stretched(spot)
        return [*spots, *above, *self._patches(flats), *far]

    def _stretched(self, spot: Spot) -> None:
        """The ground of a whole planet goes down to the lower edge and from side to side."""
        node, (width, height) = spot.node, self.frame
        more = max((0.98 * height - spot.y) / spot.scale - node.h / 2, 0.0)
        aside = (spot.x - width / 2) / spot.scale
        node.w, node.h = 0.96 * width / spot.scale, node.h + more
        spot.x, spot.y = width / 2, spot.y + more * spot.scale / 2
        for kid in node.kids:
            kid.x, kid.y = kid.x + aside, kid.y - more / 2

    def _over(self, nodes: list[Node], below: list[Spot], far: list[Spot],
              pressed: bool = False) -> list[Spot] | None:
        """In the sky or on the wall, where there is most room over what stands; nothing where there is none."""
        scale = max(spot.scale for spot in below)
        found: list[Spot] = []
        for node in ordered(nodes, self.claims, self.rng):
            spot = self._open(node, [*below, *far] if node.aloft else below, found, scale, pressed)
            if spot is None:
                return None
            found.append(spot)
        return found

    def _backdrop(self, nodes: list[Node], before: list[Spot]) -> list[Spot]:
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
            spots.append(Spot(node, x + left * s, foot - down * s, s))
            x += (left + right) * s
        return spots

    def _open(self, node: Node, below: list[Spot], beside: list[Spot], scale: float,
              pressed: bool) -> Spot | None:
        """The best of some places for what is over the ground."""
        left, right, up, down = node.reach()
        width, height = self.frame.width, self.frame.height
        reach = max(left + right, up + down)
        least, most = 0.13 / reach, (DISC if node.sort == "sky" and node.w < 1.5 * node.h else 0.42) / reach
        sizes = [min(max(scale, least), most)]
        sizes += [sizes[0] * k for k in ((0.75, 0.55) if not pressed else (0.75, 0.55, 0.4, 0.3))]
        for s in sizes:
            best: tuple[float, Spot] | None = None
            for k in range(9):
                x = (left * s + 0.03) + (width - (left + right) * s - 0.06) * (k + self.rng.uniform(-0.3, 0.3)) / 8
                ceiling = min((b.y - b.node.reach()[2] * b.scale for b in below
                               if node.aloft or _meets(b, x, left * s, right * s)), default=0.62 * height)
                free = min(ceiling, 0.62 * height) - 0.07 - (up + down) * s
                crowd = sum(_meets(b, x, left * s + 0.02, right * s + 0.02) for b in beside)
                score = min(free, 0.2) - crowd - self._misplaced(node, x) + self.rng.uniform(0, 0.03)
                if free >= 0 and (best is None or score > best[0]):
                    y = 0.04 + up * s + min(free, 0.4) * self.rng.uniform(0.1, 0.55 if node.sort in ALOFT else 0.8)
                    best = score, Spot(node, x, y, s)
            if best is not None and (best[0] > -0.5 or pressed):
                return best[1]
        return None

    def _misplaced(self, node: Node, x: float) -> float:
        """How far a place is from the side where a claim wants it."""
        sides = {"at_left": 0.16, "at_right": 0.84, "at_center": 0.5, "at_top_left": 0.16, "at_top_right": 0.84,
                 "at_far_left": 0.05, "at_far_right": 0.95}
        return sum(2 * abs(x / self.frame.width - sides[c.relation]) for c in self.claims
                   if c.relation in sides and node.id in c.things)

    def _patches(self, flats: list[Node]) -> list[Spot]:
        """What lies on the ground with nothing on it, before all else."""
        spots = []
        for k, node in enumerate(flats):
            slots = self.frame.width / len(flats)
            s = min(0.94 * slots / node.w, 1.0)
            node.h = max(node.h, 0.13 / s)
            spots.append(Spot(node, (k + 0.5) * slots, self.frame.height * FLOOR - node.h * s / 2 + 0.02, s))
        return spots


def _most(over: Sequence[Node]) -> float:
    """The largest scale at which what is over the ground at the scale of what stands there leaves it room."""
    sides = [max(sum(node.reach()[:2]), sum(node.reach()[2:])) for node in over if node.sort not in ("sky", "aircraft")]
    return 0.42 / max(sides) if sides else 9e9


def _meets(spot: Spot, x: float, left: float, right: float) -> bool:
    """Whether something that reaches so far from `x` is over, or under, a spot."""
    a, b, _, _ = spot.node.reach()
    return spot.x - a * spot.scale < x + right and x - left < spot.x + b * spot.scale


def _framed_close(roots: Sequence[Node]) -> None:
    """Head and shoulders of who is portrayed."""
    for root in roots[:1]:
        if root.sort in ("person", "animal"):
            root.noun, root.w, root.h = BUST, 0.62, 0.72
