"""Check a layout: canvas, sizes, overlaps, completeness, and every claim with its margin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from planner.claims import Claim, claims_of, contradicts, names_of
from planner.geometry import MIN_AREA, MIN_SIDE, Frame, Rect
from planner.margins import slack
from planner.overlap import COVERED, IOU, Pair, allowed_pairs
from planner.relations import TABLE
from planner.scene import Box, Data, Layout, Placement, ThingId

ON_CANVAS = 1e-6
MOST_FINDINGS = 100
"""How many overlaps, and how many broken claims, are told one by one; of more there is one sentence."""

Problem = Literal["missing", "surplus", "outside", "too small", "overlap", "claim"]


class Violation(Data):
    """Something wrong with a layout, in a sentence that a person or a language model can act on."""

    kind: Problem
    sentence: str
    things: tuple[ThingId, ...] = ()
    claim: str = ""
    margin: float | None = None


class Verdict(Data):
    """What the boxes say of one claim. `holds` is None where boxes cannot tell (colours, style …)."""

    claim: Claim
    holds: bool | None
    margin: float | None = None

    @property
    def sentence(self) -> str:
        """The claim with what was found."""
        found = {True: "holds", False: "fails", None: "only the picture can tell"}[self.holds]
        return f"{self.claim.sentence}: {found}"


def check(layout: Layout) -> list[Violation]:
    """Everything that is wrong with a layout; an empty list is a proof that all its claims hold on its boxes."""
    names = {p.thing: f"`{p.thing}`" for p in layout.placements} | names_of(layout.scene)
    return [*_incomplete(layout), *_unpaintable(layout, names), *_overlaps(layout, names), *_broken_claims(layout)]


def verdicts(layout: Layout) -> tuple[Verdict, ...]:
    """Every claim of the layout's scene, tested on its boxes."""
    stage = Stage(layout)
    return tuple(stage.verdict(claim) for claim in claims_of(layout.scene))


def _incomplete(layout: Layout) -> list[Violation]:
    placed, wanted = set(layout.boxes), {t.id for t in layout.scene.things}
    missing = [Violation(kind="missing", things=(t.id,), sentence=f"`{t.id}` ({t.phrase}) has no box; add one")
               for t in layout.scene.things if t.id not in placed]
    surplus = [Violation(kind="surplus", things=(id,), sentence=f"`{id}` has a box and is not in the scene; remove it")
               for id in layout.boxes if id not in wanted]
    return missing + surplus


def _unpaintable(layout: Layout, names: dict[str, str]) -> list[Violation]:
    found = []
    for placement in layout.placements:
        if sides := _outside(placement.box):
            found.append(Violation(kind="outside", things=(placement.thing,), margin=-max(sides.values()),
                                   sentence=f"{names[placement.thing]} leaves the canvas: {_percent(sides)}; "
                                            "move it inwards or make it smaller"))
        if placement.box.area < MIN_AREA or min(placement.box.w, placement.box.h) < MIN_SIDE:
            found.append(Violation(kind="too small", things=(placement.thing,),
                                   sentence=f"{names[placement.thing]} is too small to paint "
                                            f"({placement.box.w:.1%} × {placement.box.h:.1%} of the canvas; it needs "
                                            f"{MIN_SIDE:.0%} a side and {MIN_AREA:.1%} in area); enlarge it"))
    return found


def _outside(box: Box) -> dict[str, float]:
    over = {"left": -box.x0, "top": -box.y0, "right": box.x1 - 1, "bottom": box.y1 - 1}
    return {side: by for side, by in over.items() if by > ON_CANVAS}


def _percent(sides: dict[str, float]) -> str:
    return ", ".join(f"{by:.1%} beyond the {side}" for side, by in sides.items())


def _overlaps(layout: Layout, names: dict[str, str]) -> list[Violation]:
    """Pairs that cover each other without a reason. Shapely is loaded only where two envelopes meet without one."""
    allowed: frozenset[Pair] | None = None
    found: list[Violation] = []
    for a, b in _meeting(layout):
        allowed = allowed_pairs(layout.scene) if allowed is None else allowed
        if frozenset((a.thing, b.thing)) in allowed:
            continue
        if len(found) == MOST_FINDINGS:
            return [*found, Violation(kind="overlap", sentence=f"these are the first {MOST_FINDINGS} overlaps; mend "
                                                               "them and check again for more")]
        from planner.shapes import overlap

        share, iou = overlap(a, b)
        if share > COVERED + 1e-9 or iou > IOU + 1e-9:
            found.append(Violation(kind="overlap", things=(a.thing, b.thing), margin=-share,
                                   sentence=f"{names[a.thing]} and {names[b.thing]} overlap ({share:.0%} of the "
                                            "smaller one) and nothing in the scene puts one on, in or in front of "
                                            "the other; move them apart"))
    return found


def _meeting(layout: Layout) -> Iterator[tuple[Placement, Placement]]:
    """The pairs of known things whose boxes share something, in the order of the placements."""
    there = {t.id for t in layout.scene.things}
    known = [(p, *p.box.corners) for p in layout.placements if p.thing in there]
    for i, (a, ax0, ay0, ax1, ay1) in enumerate(known):
        for b, bx0, by0, bx1, by1 in known[i + 1:]:
            if ax0 < bx1 and bx0 < ax1 and ay0 < by1 and by0 < ay1:
                yield a, b


def _broken_claims(layout: Layout) -> list[Violation]:
    missing = {t.id for t in layout.scene.things} - set(layout.boxes)
    found = [Violation(kind="claim", claim=verdict.claim.id, things=verdict.claim.things + verdict.claim.objects,
                       margin=verdict.margin, sentence=_advice(verdict))
             for verdict in verdicts(layout)
             if verdict.holds is False and not missing & {*verdict.claim.things, *verdict.claim.objects}]
    if len(found) > MOST_FINDINGS:
        more = f"{len(found) - MOST_FINDINGS} more claims do not hold on the boxes"
        return [*found[:MOST_FINDINGS], Violation(kind="claim", sentence=more)]
    return found


def _advice(verdict: Verdict) -> str:
    claim = verdict.claim
    short = "" if verdict.margin is None else f" (short by {-verdict.margin:.3f})"
    if claim.kind in ("relation", "part"):
        return f"“{claim.sentence}” does not hold on the boxes{short}; move or resize {' or '.join(claim.things[:3])}"
    return f"“{claim.sentence}” does not hold: change the list of things"


class Stage:
    """A layout prepared for testing: rectangles in units of the shorter side, and depths."""

    def __init__(self, layout: Layout) -> None:
        self.scene = layout.scene
        self.frame = Frame(*layout.canvas.units)
        self.rects = {id: Rect.of(box, layout.canvas) for id, box in layout.boxes.items()}
        self.depths = layout.depths

    def verdict(self, claim: Claim) -> Verdict:
        """Test one claim."""
        if claim.kind in ("relation", "part"):
            return self._relation(claim)
        if claim.kind == "exists":
            return Verdict(claim=claim, holds=claim.things[0] in self.rects)
        if claim.kind == "count":
            there = sum(id in self.rects for id in claim.things)
            return Verdict(claim=claim, holds=claim.at_least <= there <= (claim.at_most or there))
        if claim.kind == "absent" and not claim.objects:
            return Verdict(claim=claim, holds=not contradicts(claim, self.scene.things))
        return Verdict(claim=claim, holds=None)

    def _placed(self, claim: Claim) -> bool:
        return all(id in self.rects for id in (*claim.things, *claim.objects))

    def _relation(self, claim: Claim) -> Verdict:
        if TABLE[claim.relation].arity == "words":
            return Verdict(claim=claim, holds=None)
        if not self._placed(claim):
            return Verdict(claim=claim, holds=False)
        margin = slack(claim, self.rects, self.depths, self.frame)
        return Verdict(claim=claim, holds=margin >= 0, margin=margin)
