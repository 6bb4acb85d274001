"""The verdict on places: relations and parts by geometry on sightings, the order in depth by colours."""

from __future__ import annotations

from typing import NamedTuple

from grounding.verify.margins import measured_margin
from grounding.verify.occlusion import SURE, coverage
from grounding.verify.report import BY_OCCLUSION, Evidence, Finding
from grounding.verify.sight import Sight
from grounding.verify.thresholds import Ruling
from grounding.verify.undecided import undecided, without
from grounding.verify.words import at
from planner.claims import Claim
from planner.geometry import Frame, holding
from planner.relations import TABLE
from planner.scene import Box

COMPANY = frozenset(("with", "together with", "along with", "and", "accompanied by"))
"""Words between two things that say no more than that both are there."""


def relation_finding(claim: Claim, sight: Sight) -> Finding:
    if TABLE[claim.relation].arity == "words":
        return _in_words(claim, sight)
    if TABLE[claim.relation].arity == "pool":
        claim_seen = claim.model_copy(update={"things": tuple(t for t in claim.things if t in sight.matched.of),
                                              "objects": tuple(t for t in claim.objects if t in sight.matched.of)})
        if not claim_seen.things or not claim_seen.objects:
            return without(claim, sight, sight.gone(claim))
    elif sight.gone(claim):
        return without(claim, sight, sight.gone(claim))
    else:
        claim_seen = claim
    rects, frame = sight.rects, Frame(*sight.canvas.units)
    margin, error = measured_margin(claim_seen, rects, frame, sight.thresholds.box_error)
    boxes = tuple(sight.matched.of[id].box for id in (*claim_seen.things, *claim_seen.objects))
    return _ruled_relation(claim, margin, error, boxes, sight)


def _in_words(claim: Claim, sight: Sight) -> Finding:
    """A relation that no test of boxes speaks of. That one thing is with another says that both are there."""
    if claim.word.lower().strip() not in COMPANY or claim.negated:
        return undecided(claim, "boxes do not show it")
    if gone := sight.gone(claim):
        return without(claim, sight, gone)
    boxes = tuple(sight.matched.of[id].box for id in (*claim.things, *claim.objects))
    return Finding(claim=claim, ruling="holds", sentence=claim.sentence, evidence=Evidence(boxes=boxes))


def _ruled_relation(claim: Claim, margin: float, error: float, boxes: tuple[Box, ...], sight: Sight) -> Finding:
    ruling: Ruling = "holds" if margin >= -error else "fails"
    numbers, why = {"margin": margin, "error": error}, ""
    if claim.relation in BY_OCCLUSION and ruling == ("fails" if claim.negated else "holds"):
        ruling, why, more = _order(claim, boxes, sight)
        numbers |= more
    said = {"holds": claim.sentence, "fails": f"it does not hold that {claim.sentence}",
            "cannot tell": f"{claim.sentence}: cannot tell"}[ruling]
    where = ", ".join(f"{sight.names[id]} is {at(box)}" for id, box in
                      zip((*claim.things, *claim.objects), boxes, strict=False))
    return Finding(claim=claim, ruling=ruling, score=margin, threshold=-error,
                   sentence=f"{said}{why}" if why or ruling == "holds" else f"{said} ({where})",
                   doubt="order" if ruling == "cannot tell" else None,
                   evidence=Evidence(boxes=boxes, numbers=numbers))


class _Order(NamedTuple):
    ruling: Ruling
    why: str
    numbers: dict[str, float]


def _order(claim: Claim, boxes: tuple[Box, ...], sight: Sight) -> _Order:
    """The order in depth of two things that overlap, by whose colours fill what they share."""
    found = coverage(sight.image, boxes[0], boxes[1])
    if found is None:
        return _Order("cannot tell", ", they overlap and what they share is too little to see which is nearer", {})
    first = found * TABLE[claim.relation].nearer
    if abs(first) < SURE:
        return _Order("cannot tell", ", they overlap and the colours do not show which is nearer", {"covers": found})
    nearer = claim.things[0] if found > 0 else claim.objects[0]
    why = f", what both boxes share looks like {sight.names[nearer]}"
    return _Order("holds" if (first > 0) != claim.negated else "fails", why, {"covers": found})


def part_finding(claim: Claim, sight: Sight) -> Finding:
    if gone := sight.gone(claim):
        return without(claim, sight, gone)
    part, whole = claim.things[0], claim.objects[0]
    margin = holding(sight.rects[whole], sight.rects[part])
    holds = margin >= -sight.thresholds.box_error
    boxes = (sight.matched.of[part].box, sight.matched.of[whole].box)
    return Finding(claim=claim, ruling="holds" if holds else "fails", score=margin, threshold=0.0,
                   sentence=claim.sentence if holds else f"{sight.names[part]} is apart from {sight.names[whole]}",
                   evidence=Evidence(boxes=boxes, numbers={"margin": margin}))
