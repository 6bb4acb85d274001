"""The margin of a relation claim on rectangles: which test of which arity applies to which ends."""

from __future__ import annotations

from collections.abc import Mapping

from planner.arrangements import ARRANGEMENT
from planner.claims import Claim
from planner.geometry import ALONE, PAIR, RING, SLANTED, Frame, Rect, hull
from planner.relations import TABLE, Row


def relation_margin(claim: Claim, rects: Mapping[str, Rect], depths: Mapping[str, int] | None, frame: Frame) -> float:
    """The margin of a relation claim (as if it were not negated); with `depths`, their order is part of it."""
    row = TABLE[claim.relation]
    some, others = [rects[id] for id in claim.things], [rects[id] for id in claim.objects]
    if row.arity == "alone":
        return ALONE[row.kind](some[0], frame)
    if row.arity == "arrangement":
        return ARRANGEMENT[row.kind](some)
    if row.arity == "ring":
        return RING[row.kind](hull(some), others)
    if row.arity == "pool":
        return max(PAIR[row.kind](a, b) for a in some for b in others)
    if claim.slanted and row.kind in SLANTED:
        return SLANTED[row.kind](some[0], others[0], True)
    subjects, objects = claim.things, claim.objects
    if claim.piled:
        subjects, objects = (max(subjects, key=lambda a: rects[a].cy),), (min(objects, key=lambda b: rects[b].cy),)
    return max(PAIR[row.kind](rects[a], rects[b]) if _ordered(a, b, row, depths) else -1.0
               for a in subjects for b in objects)


def _ordered(a: str, b: str, row: Row, depths: Mapping[str, int] | None) -> bool:
    """Whether the order in depth is the one that the row states."""
    return depths is None or not row.nearer or (depths[a] - depths[b]) * row.nearer > 0
