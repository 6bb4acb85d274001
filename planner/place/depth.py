"""The order in depth: what the relations say of it, and otherwise what stands lower is nearer."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from planner.claims import Claim
from planner.relations import TABLE


def depth_edges(claims: Sequence[Claim]) -> list[tuple[str, str, Claim]]:
    """(farther, nearer, why) for every order that is stated."""
    edges: list[tuple[str, str, Claim]] = []
    for claim in claims:
        nearer = TABLE[claim.relation].nearer
        if claim.negated:
            nearer = TABLE[TABLE[claim.relation].denial].nearer if TABLE[claim.relation].denial else 0
        if nearer:
            edges += [(b, a, claim) if nearer > 0 else (a, b, claim) for a in claim.things for b in claim.objects]
    return edges


def depth_order(claims: Sequence[Claim], feet: Mapping[str, float]) -> dict[str, int]:
    """A depth for every thing; `feet` are the lower edges of the boxes."""
    layer = {id: TABLE[claim.relation].nearer for claim in claims if not claim.negated
             and TABLE[claim.relation].nearer and not claim.objects for id in claim.things}
    nearer_of: dict[str, list[str]] = {id: [] for id in feet}
    waiting = dict.fromkeys(feet, 0)
    for far, near, _ in depth_edges(claims):
        if far in waiting and near in waiting:
            nearer_of[far].append(near)
            waiting[near] += 1
    ready = [(layer.get(id, 0), feet[id], id) for id, n in waiting.items() if n == 0]
    heapq.heapify(ready)
    depths: dict[str, int] = {}
    while ready:
        _, _, id = heapq.heappop(ready)
        depths[id] = len(depths)
        for near in nearer_of[id]:
            waiting[near] -= 1
            if waiting[near] == 0:
                heapq.heappush(ready, (layer.get(near, 0), feet[near], near))
    for id in feet:
        depths.setdefault(id, len(depths))
    return depths
