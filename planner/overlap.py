"""Which things may overlap: a property of the relations between them, not of boxes."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from planner.implied import implied
from planner.relations import TABLE
from planner.relations.row import Overlap
from planner.scene import Relation, Scene
from planner.usual import usual

COVERED = 0.25
"""Share of the smaller box that may be covered without a reason."""
IOU = 0.1
"""Intersection over union that is allowed without a reason."""

Pair = frozenset[str]


def allowed_pairs(scene: Scene, composing: bool = False, habits: bool = True) -> frozenset[Pair]:
    """The pairs that may overlap: related by contact or depth, part and whole, and whatever is attached to either.

    What shares a host lies side by side in or on it, but clothes lie on each other. What two things do together may
    have them overlap; who is `composing` keeps them apart nevertheless. Without `habits`
    nothing is where it usually is.
    """
    understood = (*implied(scene), *(usual(scene) if habits else ()))
    scene = scene.model_copy(update={"relations": (*scene.relations, *understood)}) if understood else scene
    hosts = _hosts(scene)
    allowed = _stated(scene) | _meeting(scene)
    beside = set(hosts) - _worn(scene)
    met: dict[str, set[str]] = defaultdict(set)
    for a, b in map(tuple, allowed):
        met[a].add(b)
        met[b].add(a)
    waiting = list(hosts)
    while waiting:
        guest, host = waiting.pop()
        new = {other for other in met[host] - met[guest] if other != guest and (other, host) not in beside}
        for other in new:
            met[guest].add(other)
            met[other].add(guest)
        touched = {guest, *new}
        waiting += [(g, h) for g, h in hosts if h in touched and (g, h) not in waiting] if new else []
    allowed = {frozenset((a, b)) for a, others in met.items() for b in others}
    return frozenset((allowed if composing else allowed | _doing(scene)) - _kept_apart(scene))


def _meeting(scene: Scene) -> set[Pair]:
    """Whatever carries one and the same thing: a cake is on a plate, and on the counter."""
    carried: dict[str, set[str]] = defaultdict(set)
    for relation in scene.relations:
        if relation.kind == "on" and not relation.negated and len(relation.objects) == 1:
            for guest in relation.subjects:
                carried[guest].add(relation.objects[0])
    return {frozenset(pair) for some in carried.values() for pair in combinations(sorted(some), 2)}


def _doing(scene: Scene) -> set[Pair]:
    """Pairs that do something together, which boxes do not show."""
    return {frozenset((a, b)) for r in scene.relations if r.kind == "other" and not r.negated
            for a in r.subjects for b in r.objects}


def _stated(scene: Scene) -> set[Pair]:
    pairs = {frozenset((thing.id, thing.part_of)) for thing in scene.things if thing.part_of}
    for relation in scene.relations:
        row = TABLE[relation.kind]
        if row.arity == "ring" and not relation.negated:
            pairs |= {frozenset((a, whole)) for a in relation.subjects for whole in _wholes(relation, scene)}
        if relation.negated or row.overlap not in ("may", "must"):
            continue
        if row.arity == "arrangement":
            pairs |= {frozenset(pair) for pair in combinations(relation.subjects, 2)}
        elif row.arity == "alone":
            pairs |= {frozenset((a, t.id)) for a in relation.subjects for t in scene.things if t.id != a}
        else:
            pairs |= {frozenset((a, b)) for a in relation.subjects for b in relation.objects}
    return pairs


def _wholes(relation: Relation, scene: Scene) -> set[str]:
    """What the objects are parts of: between the legs of a horse is where the horse is."""
    ids = set(relation.objects)
    return {t.part_of for t in scene.things if t.id in ids and t.part_of and t.part_of not in relation.subjects}


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
    """Pairs that a relation keeps apart, unless another one has them touch."""
    return _related(scene, "apart") - touching_pairs(scene)


def touching_pairs(scene: Scene) -> set[Pair]:
    """Pairs that a relation has touch each other."""
    return _related(scene, "must")


def _related(scene: Scene, overlap: Overlap) -> set[Pair]:
    return {frozenset((a, b)) for relation in scene.relations if not relation.negated
            and TABLE[relation.kind].overlap == overlap and TABLE[relation.kind].arity == "pair"
            for a in relation.subjects for b in relation.objects}
