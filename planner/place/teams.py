"""Which things move as one: arrangements that are stated, and those that several things need to stand in one place.

Three cups on one table stand in a row on it; two cats among the chairs keep together.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice, permutations
from typing import NamedTuple

from planner.claims import Claim
from planner.geometry import Rect
from planner.margins import broken
from planner.place.proportions import Sizes, shrunk
from planner.place.task import Task
from planner.relations import TABLE
from planner.relations.row import Arrangement, Offsets

FEWEST_IN_A_ROW = 3
MOST_ORDERS = 120
MOST_NARROWED = 10
"""How often the members of a row that is too long become narrower."""
CROWDED = 0.3
"""How much of the width that it has the gaps of a row may take up together."""


class Team(NamedTuple):
    """Things that keep their places relative to each other; `within` is the thing whose size limits theirs."""

    kind: str
    members: tuple[str, ...]
    claim: Claim | None = None
    within: str = ""


def teams_of(claims: Sequence[Claim], task: Task) -> list[Team]:
    """The teams of a scene: no thing is in two, no locked thing in any."""
    found: list[Team] = []
    taken = set(task.locked)
    for team in (*_stated(claims), *(_needed(claims) if not task.hints else ())):
        if not taken & set(team.members):
            taken |= set(team.members)
            found.append(_ordered(team, claims, task))
    return found


def _ordered(team: Team, claims: Sequence[Claim], task: Task) -> Team:
    """The members of a row or column in an order that suits what is claimed among them."""
    mine = set(team.members)
    inner = [c for c in claims if c is not team.claim and {*c.things, *c.objects} <= mine and c.objects
             and TABLE[c.relation].arity != "words"]
    if not inner or team.kind not in ("row", "line", "column"):
        return team
    orders = islice(permutations(team.members), MOST_ORDERS)
    return team._replace(members=min(orders, key=lambda order: _broken(order, inner, team.kind, task)))


def _broken(order: Sequence[str], claims: Sequence[Claim], kind: str, task: Task) -> int:
    """How many of the claims fail when equal members stand in this order."""
    spots = [Rect(k, 0.0, 0.9, 0.9) for k in range(len(order))]
    rects = dict(zip(order, [r.turned() for r in spots] if kind == "column" else spots, strict=True))
    return sum(broken(claim, rects, task.frame) for claim in claims)


def _stated(claims: Sequence[Claim]) -> list[Team]:
    holders = _holders(claims, "in")
    return [Team(claim.relation, claim.things, claim, _common(claim.things, holders))
            for claim in claims if TABLE[claim.relation].arity == "arrangement" and not claim.negated]


def _needed(claims: Sequence[Claim]) -> list[Team]:
    seats: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        if claim.relation == "on" and not claim.lying and not claim.negated and len(claim.things) == 1:
            seats[claim.objects[0]].append(claim.things[0])
    rows = [Team("row", tuple(dict.fromkeys(guests)), None, seat) for seat, guests in seats.items()
            if len(set(guests)) >= FEWEST_IN_A_ROW]
    rings = [Team("cluster", claim.things) for claim in claims
             if TABLE[claim.relation].arity == "ring" and not claim.negated and len(claim.things) > 1]
    return rows + rings


def _holders(claims: Sequence[Claim], kind: str) -> dict[str, str]:
    return {claim.things[0]: claim.objects[0] for claim in claims if claim.relation == kind and not claim.negated}


def _common(ids: Sequence[str], holders: Mapping[str, str]) -> str:
    """The one holder of all of them, if there is one."""
    found = {holders.get(id, "") for id in ids}
    return found.pop() if len(found) == 1 else ""


def fitted(team: Team, sizes: Sizes, task: Task, room: float) -> Sizes:
    """Sizes of the members, small enough for the team to fit where it belongs."""
    if _kept(team, sizes, task):
        return {}
    mine = {id: sizes[id] for id in team.members}
    wide, high = 0.9 * task.frame.width, 0.9 * task.frame.height
    if team.within:
        wide = 0.86 * sizes[team.within][0] if team.claim else 1.08 * sizes[team.within][0]
        high = 0.86 * sizes[team.within][1] if team.claim else high
    for step in range(24 + MOST_NARROWED):
        w, h = _extent(_made(team, mine, task, room), list(mine.values()))
        if w <= wide and h <= high:
            break
        mine = shrunk(mine, 0.88, frozenset(), task.frame) if step < 24 else _narrower(mine)
    return mine


def _narrower(sizes: Sizes) -> Sizes:
    """A little narrower and as much taller: how more stand side by side where smaller ones cannot be painted."""
    return {id: (0.93 * w, h / 0.93) if w > 0.5 * h else (w, h) for id, (w, h) in sizes.items()}


def room_of(team: Team, sizes: Sizes, task: Task, room: float) -> float:
    """The room between members: less in a row that the gaps alone could make wider than what it stands on."""
    if team.kind not in ("row", "line"):
        return room
    wide = sizes[team.within][0] if team.within else task.frame.width
    return min(room, CROWDED * wide / len(team.members))


def _extent(offsets: Offsets, sizes: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Width and height of everything together."""
    w, h = (max(o[axis] + s[axis] / 2 for o, s in zip(offsets, sizes, strict=True))
            - min(o[axis] - s[axis] / 2 for o, s in zip(offsets, sizes, strict=True)) for axis in (0, 1))
    return w, h


def offsets_of(team: Team, sizes: Sizes, task: Task, room: float) -> dict[str, tuple[float, float]]:
    """Where each member is relative to the team: as hinted where the hints form the arrangement, else made new."""
    if not _kept(team, sizes, task):
        made = _made(team, {id: sizes[id] for id in team.members}, task, room)
        return dict(zip(team.members, made, strict=True))
    hinted = [task.hinted[id] for id in team.members]
    x, y = sum(r.cx for r in hinted) / len(hinted), sum(r.cy for r in hinted) / len(hinted)
    return {id: (r.cx - x, r.cy - y) for id, r in zip(team.members, hinted, strict=True)}


def _kept(team: Team, sizes: Sizes, task: Task) -> bool:
    """Whether the hints already form the arrangement."""
    if team.claim is None or not all(id in task.hinted for id in team.members):
        return False
    now = {id: Rect(task.hinted[id].cx, task.hinted[id].cy, *sizes[id]) for id in team.members}
    return not broken(team.claim, now, task.frame)


def _made(team: Team, sizes: Mapping[str, tuple[float, float]], task: Task, room: float) -> Offsets:
    chance = random.Random(f"{task.seed}|{team.kind}|{','.join(team.members)}")
    arrangement = TABLE[team.kind]
    assert isinstance(arrangement, Arrangement)
    return arrangement.form([sizes[id] for id in team.members], room, chance)
