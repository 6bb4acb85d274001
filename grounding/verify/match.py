"""Which sighting is which planned thing: the assignment of least cost per noun, then exchanges that mend relations.

What a picture shows is judged in its favour: of all ways to call its three cats by the planned names, the one under
which most of the claims hold. Position in the plan decides only between ways that are equally true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from grounding.verify.judges import Sighting
from grounding.verify.look import noun_key
from planner.scene import Box, Thing

ATTRIBUTES = 2.0
"""What a wrong attribute costs; the worst position costs 1."""
CONFIDENCE = 0.2
"""How much a sure sighting is preferred to a doubtful one."""

Assignment = Mapping[str, Sighting]
Suits = Callable[[Thing, Sighting], float]
Broken = Callable[[Assignment], int]


class Matched(NamedTuple):
    """Things with their sightings, and per noun the sightings that no thing of the plan has claimed."""

    of: dict[str, Sighting]
    surplus: dict[str, tuple[Sighting, ...]]


def match(things: Sequence[Thing], seen: Mapping[str, Sequence[Sighting]], planned: Mapping[str, Box], suits: Suits,
          broken: Broken) -> Matched:
    """Match things to sightings of their noun.

    `suits` is the belief, from 0 to 1, that a sighting has the attributes of a thing; `broken` counts the relation
    claims that an assignment breaks.
    """
    by_noun: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        by_noun[noun_key(thing.noun)].append(thing)
    costs = {(thing.id, sighting): cost(thing, sighting, planned.get(thing.id), suits)
             for noun, some in by_noun.items() for thing in some for sighting in seen.get(noun, ())}
    found: dict[str, Sighting] = {}
    for noun, some in by_noun.items():
        found |= _assign(some, seen.get(noun, ()), costs)
    if broken(found):
        found = _mend(found, by_noun, seen, costs, broken)
    taken = {(noun_key(thing.noun), found[thing.id]) for thing in things if thing.id in found}
    surplus = {noun: tuple(s for s in some if (noun, s) not in taken) for noun, some in seen.items() if noun in by_noun}
    return Matched(found, surplus)


def cost(thing: Thing, sighting: Sighting, planned: Box | None, suits: Suits) -> float:
    """What it costs to call a sighting by the name of a thing."""
    position = 0.5
    if planned is not None:
        away = np.hypot(sighting.box.cx - planned.cx, sighting.box.cy - planned.cy)
        position = 0.5 * (1 - sighting.box.iou(planned)) + 0.5 * min(float(away), 1.0)
    return ATTRIBUTES * (1 - suits(thing, sighting)) + position - CONFIDENCE * sighting.score


Costs = Mapping[tuple[str, Sighting], float]


def _assign(things: Sequence[Thing], some: Sequence[Sighting], costs: Costs) -> dict[str, Sighting]:
    if not some:
        return {}
    table = np.array([[costs[thing.id, sighting] for sighting in some] for thing in things])
    rows, columns = linear_sum_assignment(table)
    return {things[int(row)].id: some[int(column)] for row, column in zip(rows, columns, strict=True)}


def _mend(found: dict[str, Sighting], by_noun: Mapping[str, Sequence[Thing]],
          seen: Mapping[str, Sequence[Sighting]], costs: Costs, broken: Broken) -> dict[str, Sighting]:
    """Exchange sightings within a noun while that breaks fewer claims (a wrong attribute counts as one)."""
    def total(way: Assignment) -> float:
        return broken(way) + sum(costs[id, sighting] for id, sighting in way.items()) / ATTRIBUTES

    best = total(found)
    for _ in range(len(found)):
        ways = [way for noun, some in by_noun.items() for way in _exchanges(found, some, seen.get(noun, ()))]
        scored = [(total(way), k) for k, way in enumerate(ways)]
        if not scored or min(scored)[0] >= best - 1e-9:
            return found
        best, k = min(scored)
        found = ways[k]
    return found


def _exchanges(found: dict[str, Sighting], things: Sequence[Thing], some: Sequence[Sighting],
               ) -> list[dict[str, Sighting]]:
    """All ways that differ by one exchange between two things, or between a thing and a free sighting."""
    ids = [thing.id for thing in things if thing.id in found]
    free = [s for s in some if all(found[id] != s for id in ids)]
    absent = [thing.id for thing in things if thing.id not in found]
    swaps = [found | {a: found[b], b: found[a]} for a, b in combinations(ids, 2)]
    takes = [found | {id: s} for id in ids for s in free]
    hands = [{k: v for k, v in found.items() if k != a} | {b: found[a]} for a in ids for b in absent]
    return swaps + takes + hands
