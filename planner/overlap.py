"""Which things may overlap: a property of the relations between them, not of boxes."""

from __future__ import annotations

from itertools import combinations

from planner.implied import implied
from planner.relations import TABLE
from planner.scene import Scene

COVERED = 0.25
"""Share of the smaller box that may be covered without a reason."""
IOU = 0.1
"""Intersection over union that is allowed without a reason."""

Pair = frozenset[str]


def allowed_pairs(scene: Scene) -> frozenset[Pair]:
    """The pairs that may overlap: related by contact or depth, part and whole, and whatever is attached to either.

    What shares a host lies side by side in or on it, but clothes lie on each other.
    """
    allowed = _stated(scene)
    hosts = _hosts(scene)
    beside = set(hosts) - _worn(scene)
    for _ in range(2):
        allowed |= {frozenset((guest, other)) for guest, host in hosts for pair in allowed if host in pair
                    for other in pair - {host} if other != guest and (other, host) not in beside}
    return frozenset(allowed - _kept_apart(scene))


def _stated(scene: Scene) -> set[Pair]:
    pairs = {frozenset((thing.id, thing.part_of)) for thing in scene.things if thing.part_of}
    for relation in (*scene.relations, *implied(scene)):
        row = TABLE[relation.kind]
        if relation.negated or row.overlap not in ("may", "must"):
            continue
        if row.arity == "arrangement":
            pairs |= {frozenset(pair) for pair in combinations(relation.subjects, 2)}
        elif row.arity == "alone":
            pairs |= {frozenset((a, t.id)) for a in relation.subjects for t in scene.things if t.id != a}
        else:
            pairs |= {frozenset((a, b)) for a in relation.subjects for b in relation.objects}
    return pairs


def _hosts(scene: Scene) -> list[tuple[str, str]]:
    """(guest, host) of everything that is attached."""
    found = [(thing.id, thing.part_of) for thing in scene.things if thing.part_of]
    for relation in scene.relations:
        end = "" if relation.negated else TABLE[relation.kind].guest
        for a in relation.subjects if end else ():
            found += [(b, a) if end == "object" else (a, b) for b in relation.objects]
    return found


def _worn(scene: Scene) -> set[tuple[str, str]]:
    """(garment, wearer)."""
    return {(b, a) for r in scene.relations if r.kind == "wearing" and not r.negated
            for a in r.subjects for b in r.objects}


def _kept_apart(scene: Scene) -> set[Pair]:
    """Pairs that a relation keeps apart, whatever else is said of them."""
    return {frozenset((a, b)) for relation in scene.relations if not relation.negated
            and TABLE[relation.kind].overlap == "apart" and TABLE[relation.kind].arity == "pair"
            for a in relation.subjects for b in relation.objects}
