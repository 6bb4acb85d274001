"""From findings to what is to be repaired: each trouble once, in the order in which a person would mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grounding.verify.look import noun_key
from grounding.verify.report import UNJUDGED, Finding, Match, Overall, Problem, Surplus, Trouble
from grounding.verify.words import listed
from planner.claims import ClaimKind

DRIFTED = 0.3
"""IoU with the plan below which a thing counts as displaced."""


def problems_of(findings: Sequence[Finding], matches: Sequence[Match], surplus: Sequence[Surplus],
                whole: Overall | None) -> tuple[Problem, ...]:
    """What is to be repaired, each trouble once, in the order in which a person would mend it."""
    gone = {match.thing for match in matches if match.seen is None}
    failing = [f for f in findings if f.ruling == "fails"]
    return (
        *_missing(failing, matches),
        *_surplus(failing, surplus),
        *_doubtful(findings, matches),
        *(_of(finding, "absent") for finding in failing if finding.claim.kind == "absent"),
        *(_of(finding, "attribute") for finding in failing if finding.claim.kind == "attribute"
          and not gone & set(finding.claim.things)),
        *_misplaced(failing, matches, gone),
        *(_of(finding, _TROUBLE[finding.claim.kind]) for finding in failing
          if finding.claim.kind in ("background", "style", "lettering")),
        *([Problem(kind="whole", sentence=whole.sentence)] if whole is not None and whole.ruling == "fails" else []),
    )


_TROUBLE: Mapping[ClaimKind, Trouble] = {
    "attribute": "attribute", "relation": "misplaced", "part": "part", "absent": "absent", "background": "background",
    "style": "style", "lettering": "attribute"}
"""What is wrong where a claim of this kind does not hold, its things being there."""


def _of(finding: Finding, kind: Trouble) -> Problem:
    return Problem(kind=kind, sentence=finding.sentence, claims=(finding.claim.id,),
                   things=(*finding.claim.things, *finding.claim.objects), boxes=finding.evidence.boxes)


def _missing(failing: Sequence[Finding], matches: Sequence[Match]) -> list[Problem]:
    found = []
    for match in matches:
        if match.seen is not None:
            continue
        own = [f for f in failing if f.claim.kind == "exists" and match.thing in f.claim.things]
        if own:
            touched = tuple(f.claim.id for f in failing if match.thing in (*f.claim.things, *f.claim.objects))
            found.append(Problem(kind="missing", sentence=own[0].sentence, things=(match.thing,), claims=touched,
                                 boxes=(match.planned,) if match.planned else ()))
    return found


def _surplus(failing: Sequence[Finding], surplus: Sequence[Surplus]) -> list[Problem]:
    counts = {noun_key(f.claim.noun): f for f in failing if f.claim.kind == "count"}
    return [Problem(kind="surplus", sentence=s.sentence, boxes=(s.sighting.box,), claims=(counts[s.noun].claim.id,),
                    things=counts[s.noun].claim.things)
            for s in surplus if s.wrong and s.noun in counts]


def _doubtful(findings: Sequence[Finding], matches: Sequence[Match]) -> list[Problem]:
    """What another picture may settle: what may be missing or is no clean thing, counts that may be wrong, orders that
    do not show. A count is not named besides the thing that is unclear."""
    planned = {match.thing: match.planned for match in matches}
    open_ones = [f for f in findings if f.ruling == "cannot tell" and f.doubt is not None and f.doubt not in UNJUDGED]
    faint = {id for f in open_ones if f.claim.kind == "exists" for id in f.claim.things}
    found = []
    for finding in open_ones:
        kind = finding.claim.kind
        if kind == "exists":
            places = tuple(filter(None, map(planned.get, finding.claim.things)))
            found.append(_of(finding, "missing").model_copy(update={"boxes": places or finding.evidence.boxes}))
        elif kind == "count" and finding.doubt == "welded":
            found.append(_of(finding, "misplaced").model_copy(update={"things": tuple(
                m.thing for m in matches if m.seen and m.seen.box in finding.evidence.boxes)}))
        elif kind == "count" and not faint & set(finding.claim.things):
            found.append(_of(finding, "surplus").model_copy(update={"boxes": finding.doubted}))
        elif kind != "count":
            found.append(_of(finding, _TROUBLE.get(kind, "misplaced")))
    return found


def _misplaced(failing: Sequence[Finding], matches: Sequence[Match], gone: set[str]) -> list[Problem]:
    """Broken relations between things that are there; the thing that is farthest from its plan comes first."""
    fit = {match.thing: match.iou for match in matches}
    name = {match.thing: match.name for match in matches}
    found = []
    for finding in failing:
        if finding.claim.kind not in ("relation", "part"):
            continue
        ends = (*finding.claim.things, *finding.claim.objects)
        if gone & set(ends):
            continue
        off = [id for id in sorted(ends, key=lambda id: fit[id]) if fit[id] < DRIFTED]
        verb = "is" if len(off) == 1 else "are"
        blame = f"; {listed(name[id] for id in off)} {verb} not where planned" if off else ""
        found.append(_of(finding, "part" if finding.claim.kind == "part" else "misplaced").model_copy(
            update={"sentence": finding.sentence + blame,
                    "things": (*off, *(id for id in ends if id not in off))}))
    return found
