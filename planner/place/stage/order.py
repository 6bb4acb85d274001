"""The order from left to right of things that stand side by side: what is claimed first, then who belongs together."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import islice, permutations
from typing import NamedTuple

from planner.claims import Claim
from planner.place.stage.forest import Node
from planner.relations import TABLE


class Laying(NamedTuple):
    """What the order of guests depends on."""

    claims: Sequence[Claim]
    rng: random.Random
    above: bool = False
    """Whether the ground is looked down on."""


MOST_ORDERS = 720
_BESIDE = frozenset(("next_to", "near"))
_AT_LEFT = frozenset(("at_left", "at_far_left", "at_top_left", "at_bottom_left"))
_AT_RIGHT = frozenset(("at_right", "at_far_right", "at_top_right", "at_bottom_right"))


def ordered(nodes: Sequence[Node], claims: Sequence[Claim], rng: random.Random) -> list[Node]:
    """The nodes from left to right."""
    drawn = list(nodes)
    if rng.random() < 0.5:
        drawn.reverse()
    if len(drawn) < 2:
        return drawn
    at = {node.id: k for k, root in enumerate(drawn) for node in root.all() if node.id}
    wishes = [wish for claim in claims for wish in _wishes(claim, at)]
    if not wishes:
        return drawn
    if len(drawn) > 6:
        return [drawn[k] for k in _sorted(len(drawn), [w for w in wishes if w[0] == "before"])]
    orders = islice(permutations(range(len(drawn))), MOST_ORDERS)
    return [drawn[k] for k in min(orders, key=lambda order: _cost(order, wishes))]


_Wish = tuple[str, int, int, int]


def _wishes(claim: Claim, at: Mapping[str, int]) -> list[_Wish]:
    kind, some, others = claim.relation, claim.things, claim.objects
    ends = [at[id] for id in (*some, *others) if id in at]
    if claim.negated or len(ends) < len(some) + len(others):
        return []
    if kind in ("left_of", "right_of"):
        a, b = (ends[0], ends[1]) if kind == "left_of" else (ends[1], ends[0])
        return [("before", a, b, 0)] if a != b else []
    if kind == "between" and len(others) == 2:
        return [("between", ends[0], ends[1], ends[2])] if len(set(ends)) == 3 else []
    if kind in _BESIDE or (kind == "other" and others):
        return [("beside", ends[0], ends[-1], 0)] if ends[0] != ends[-1] else []
    if kind in _AT_LEFT | _AT_RIGHT | {"at_corner"}:
        return [("first" if kind in _AT_LEFT else "last" if kind in _AT_RIGHT else "outer", ends[0], 0, 0)]
    return [("middle", ends[0], 0, 0)] if kind == "at_center" else []


def _cost(order: Sequence[int], wishes: Sequence[_Wish]) -> float:
    place = {k: i for i, k in enumerate(order)}
    last, cost = len(order) - 1, 0.0
    for what, a, b, c in wishes:
        p, q, r = place[a], place[b], place[c]
        if what == "before":
            cost += 10.0 * (p > q)
        elif what == "between":
            cost += 10.0 * (not min(q, r) < p < max(q, r)) + abs(q - r)
        elif what == "beside":
            cost += abs(p - q) - 1
        elif what == "middle":
            cost += abs(p - last / 2)
        else:
            cost += 3 * min(p if what != "last" else last, last - p if what != "first" else last)
    return cost


def _sorted(n: int, before: Sequence[_Wish]) -> list[int]:
    """A topological order of many."""
    left, found = list(range(n)), list[int]()
    while left:
        free = next((k for k in left if not any(b == k and a in left for _, a, b, _ in before)), left[0])
        left.remove(free)
        found.append(free)
    return found


def arranges(claim: Claim) -> bool:
    """Whether the order from left to right has anything to do with the claim."""
    return claim.relation in _BESIDE | _AT_LEFT | _AT_RIGHT | {"left_of", "right_of", "between", "other", "at_corner",
                                                               "at_center"} or TABLE[claim.relation].arity == "pool"
