"""A relation claim on rectangles: by how much it holds, and whether it is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from planner.claims import Claim
from planner.geometry import Frame, Rect
from planner.relations import TABLE

Ends = tuple[tuple[str, ...], tuple[str, ...]]


def relation_margin(claim: Claim, rects: Mapping[str, Rect], depths: Mapping[str, int] | None, frame: Frame) -> float:
    """The margin of a relation claim (as if it were not negated); with `depths`, their order is part of it."""
    row = TABLE[claim.relation]
    some, others = ends_of(claim, lambda id: rects[id].cy)
    if depths is None or not row.nearer or not others:
        return row.margin([rects[a] for a in some], [rects[b] for b in others], frame, claim.slanted)
    return max(row.margin([rects[a]], [rects[b]], frame, claim.slanted)
               if (depths[a] - depths[b]) * row.nearer > 0 else -1.0 for a in some for b in others)


def ends_of(claim: Claim, level: Callable[[str], float]) -> Ends:
    """The things that it is said of; of a pile, its lowest on the topmost of another (`level` grows downwards)."""
    if not claim.piled:
        return claim.things, claim.objects
    return (max(claim.things, key=level),), (min(claim.objects, key=level),)


def slack(claim: Claim, rects: Mapping[str, Rect], depths: Mapping[str, int] | None, frame: Frame) -> float:
    """By how much the claim holds as it is stated; below zero it is broken."""
    margin = relation_margin(claim, rects, depths, frame)
    return -margin - 1e-9 if claim.negated else margin


def broken(claim: Claim, rects: Mapping[str, Rect], frame: Frame) -> bool:
    """Whether rectangles show that the claim does not hold (the order in depth is tested apart)."""
    return TABLE[claim.relation].arity != "words" and slack(claim, rects, None, frame) < 0
