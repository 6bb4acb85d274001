"""Parts and garments on their wholes: how large they are, and where they stay relative to the whole.

What is where it usually is moves with its whole as one body; what a claim puts elsewhere is left to the claims.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import Frame, Rect
from planner.implied import HANGING
from planner.margins import broken
from planner.place.anatomy import HUNG, Spot, several, somewhere, spot_of
from planner.place.proportions import Sizes, paintable
from planner.place.settle import Board
from planner.place.task import Task
from planner.relations import TABLE
from planner.relations.aim import CANVAS, Aim
from planner.sizes import factor, natural

_TOLD = (0.6, 1.5)
"""How far size words change a part: a huge nose still leaves room for the face."""
_GAP = 0.008


class Family(NamedTuple):
    """A whole and what is on it, each with its spot."""

    whole: str
    spots: dict[str, Spot]


def families_of(claims: Sequence[Claim], task: Task) -> list[Family]:
    """The families of a scene, wholes before the parts of their parts; nobody moves what is hinted."""
    host_of: dict[str, tuple[str, bool]] = {}
    hung = {claim.things[0] for claim in claims if claim.word in HANGING}
    for claim in claims:
        row = TABLE[claim.relation]
        if row.grip == "grown" and not claim.negated:
            ends = claim.things[0], claim.objects[0]
            part, whole = ends if row.guest == "subject" else ends[::-1]
            if part not in task.hints and part != whole:
                host_of.setdefault(part, (whole, row.kind == "part_of"))
    kinds: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for part, (whole, _) in host_of.items():
        kinds[whole][task.scene.thing(part).noun].append(part)
    wholes = [whole for whole in _outer_first(host_of) if whole in kinds]
    return [Family(whole, _spots(whole, kinds[whole], {p for p, (_, own) in host_of.items() if own}, hung, task))
            for whole in wholes]


def _outer_first(host_of: Mapping[str, tuple[str, bool]]) -> list[str]:
    """All wholes, each after the whole that it is on itself; whoever is on himself in a circle is left out."""
    found: dict[str, None] = {}
    waiting = {whole for whole, _ in host_of.values()}
    while ready := [w for w in sorted(waiting) if w not in host_of or host_of[w][0] in found]:
        found |= dict.fromkeys(ready)
        waiting -= set(ready)
    return list(found)


def _spots(whole: str, kinds: Mapping[str, Sequence[str]], own: Collection[str], hung: Collection[str],
           task: Task) -> dict[str, Spot]:
    noun = task.scene.thing(whole).noun
    shape = task.hinted[whole].w / task.hinted[whole].h if whole in task.hinted else natural(noun).aspect
    side = random.Random(f"{task.seed}|{whole}").choice((-1.0, 1.0))
    spots: dict[str, Spot] = {}
    for kind, members in kinds.items():
        usual = HUNG if members[0] in hung else spot_of(kind, noun, shape)
        usual = usual or (somewhere(kind) if members[0] in own else None)
        if usual:
            for id, spot in zip(members, several(usual._replace(x=side * usual.x), len(members)), strict=True):
                told = min(max(factor(task.scene.thing(id).attributes), _TOLD[0]), _TOLD[1])
                spots[id] = spot._replace(w=spot.w * told, h=spot.h * told)
    return spots


def sized(families: Sequence[Family], sizes: Sizes, claims: Sequence[Claim], task: Task) -> Sizes:
    """The sizes with those of parts as their wholes have them, but for parts whose size the claims speak of."""
    told = {id for claim in claims if _speaks_of_size(claim) for id in (*claim.things, *claim.objects)}
    sizes = dict(sizes)
    for whole, spots in families:
        for id, spot in spots.items():
            if id not in told and spot.w:
                sizes[id] = _size(spot, task.scene.thing(id).noun, sizes[whole], task.frame)
    return sizes


def _speaks_of_size(claim: Claim) -> bool:
    row = TABLE[claim.relation]
    return not (row.grip == "grown" or row.overlap == "apart" or row.arity in ("alone", "words"))


def _size(spot: Spot, noun: str, whole: tuple[float, float], frame: Frame) -> tuple[float, float]:
    w = spot.w * whole[0]
    h = spot.h * whole[1] or w / natural(noun).aspect
    k = min(1.0, 0.8 * whole[1] / h)
    return paintable(w * k, h * k, frame)


Offsets = dict[str, tuple[float, float]]


def attached(family: Family, sizes: Sizes, claims: Sequence[Claim], task: Task) -> Offsets:
    """Where the parts are, from the middle of the whole; without those that a claim wants elsewhere on it."""
    spots = dict(family.spots)
    while spots:
        offsets = _parted(Family(family.whole, spots), sizes, task)
        astray = _astray(family.whole, offsets, sizes, claims, task)
        if not astray:
            return offsets
        spots = {id: spot for id, spot in spots.items() if id not in astray}
    return {}


def _parted(family: Family, sizes: Sizes, task: Task) -> Offsets:
    """The usual places, moved apart where parts would lie on each other, and none beyond what may stick out."""
    ids, (W, H) = list(family.spots), sizes[family.whole]
    local = {task.index[id]: k for k, id in enumerate(ids)}
    apart = [(local[i], local[j]) for i, j in task.apart if i in local and j in local]
    room = Frame(3 * W + 2, 3 * H + 2)
    board = Board(room, [sizes[id] for id in ids], range(len(ids)), [(0.0, 0.0)] * len(ids), [1.0] * len(ids))
    aims: list[Aim] = []
    for k, (id, spot) in enumerate(family.spots.items()):
        (w, h), x, y = sizes[id], room.width / 2, room.height / 2
        board.x[k], board.y[k] = x + spot.x * W, y + spot.y * H
        reach_x, reach_y = max((W - w) / 2, 0.0) + spot.out * w, max((H - h) / 2, 0.0) + spot.out * h
        aims += (Aim(CANVAS, k, 1.0, 0.0, x - reach_x), Aim(CANVAS, k, -1.0, 0.0, -x - reach_x),
                 Aim(CANVAS, k, 0.0, 1.0, y - reach_y), Aim(CANVAS, k, 0.0, -1.0, -y - reach_y))
    board.settle(aims, apart, _GAP, 60, task.work)
    return {id: (board.x[k] - room.width / 2, board.y[k] - room.height / 2) for k, id in enumerate(ids)}


def _astray(whole: str, offsets: Offsets, sizes: Sizes, claims: Sequence[Claim], task: Task) -> set[str]:
    """Parts at the ends of claims about this family alone that fail in the usual places."""
    rects = {whole: Rect(0.0, 0.0, *sizes[whole])} | {id: Rect(*at, *sizes[id]) for id, at in offsets.items()}
    found: set[str] = set()
    for claim in claims:
        ends = {*claim.things, *claim.objects}
        if len(ends) > 1 and ends <= rects.keys() and broken(claim, rects, task.frame):
            found |= ends
    return found & offsets.keys()
