"""The margin of a relation claim on rectangles: which test of which arity applies to which ends."""

from __future__ import annotations

from collections.abc import Mapping

from planner.arrangements import ARRANGEMENT
from planner.claims import Claim
from planner.geometry import ALONE, PAIR, RING, SLANTED, Frame, Rect
from planner.relations import TABLE


def relation_margin(claim: Claim, rects: Mapping[str, Rect], depths: Mapping[str, int] | None, frame: Frame) -> float:
    """The margin of a relation claim (as if it were not negated); with `depths`, their order is part of it."""
    row = TABLE[claim.relation]
    some, others = [rects[id] for id in claim.things], [rects[id] for id in claim.objects]
    if row.arity == "alone":
        return ALONE[row.kind](some[0], frame)
    if row.arity == "arrangement":
        return ARRANGEMENT[row.kind](some)
    if row.arity == "ring":
        return RING[row.kind](some[0], others)
    if row.arity == "pool":
        return max(PAIR[row.kind](a, b) for a in some for b in others)
    if depths is not None and row.nearer and (depths[claim.things[0]] - depths[claim.objects[0]]) * row.nearer <= 0:
        return -1.0
    if claim.slanted and row.kind in SLANTED:
        return SLANTED[row.kind](some[0], others[0], True)
    return PAIR[row.kind](some[0], others[0])
