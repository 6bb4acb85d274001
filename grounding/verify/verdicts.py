"""The verdict on one claim, by its kind: things and counts by sightings, what they look like by contrast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from grounding.verify.attributes import SHAPES, Attributes, WordReading, size_reading
from grounding.verify.crops import pixel_box
from grounding.verify.families import is_size
from grounding.verify.gap import parted
from grounding.verify.judges import Sighting, indefinite
from grounding.verify.lettering import READABLE, best_line
from grounding.verify.look import noun_key
from grounding.verify.relations import part_finding, relation_finding
from grounding.verify.report import Doubt, Evidence, Finding
from grounding.verify.sight import Sight
from grounding.verify.thresholds import AttributeCut, Ruling
from grounding.verify.undecided import undecided, without
from grounding.verify.words import at, listed, number, place, renamed, spelled
from planner.claims import Claim, ClaimKind, stated_in_absence
from planner.scene import Box

HIDDEN = 0.2
"""What shares so much of its box with a thing that it is planned apart from may be no whole thing."""
ON_HOST = 0.5
"""Share of a forbidden thing that must lie on a host to belong to it."""
CUT_OFF = 0.002
"""What is no farther than this from an edge is cut off by it."""
DIM = 2
"""So many things of one picture that are not clear to see are in doubt."""
NEARLY = 3.0
"""Boxes nearly touch that are no farther apart than so many standard errors of an edge."""


def finding_on(claim: Claim, sight: Sight) -> Finding:
    """The verdict on a claim."""
    if claim.kind in _NEEDS_EYES and sight.view is None:
        return undecided(claim, sight.blind)
    if claim.kind in _NEEDS_EYES and (noun := sight.unknown_noun(claim)):
        return undecided(claim, f"the detector was never taught what {indefinite(noun)} looks like", "unknown")
    if claim.kind in _NEEDS_EYES and (noun := sight.unreliable_noun(claim)):
        errors = sight.thresholds.for_noun(noun).errors or 0.0
        return undecided(claim, f"the detector was measured to be wrong about {noun} in {errors:.0%} of the cases")
    found = _JUDGES[claim.kind](claim, sight)
    return found.model_copy(update={"sentence": renamed(found.sentence, sight.layout.scene, sight.names)})


def dimmed(findings: Sequence[Finding], clear: float) -> tuple[Finding, ...]:
    """The findings, with all things in doubt that are not clear to see where `DIM` or more of them are: one is nothing
    out of the way, several are a picture that went wrong."""
    dim = [f.claim.id for f in findings
           if f.claim.kind == "exists" and f.ruling == "holds" and (f.score or 0.0) < clear]
    if len(dim) < DIM:
        return tuple(findings)
    return tuple(f if f.claim.id not in dim else f.model_copy(update={
        "ruling": "cannot tell", "doubt": "unclear", "reserve": "",
        "sentence": f"{f.sentence}, and so are {len(dim) - 1} more: cannot tell"}) for f in findings)


def _exists(claim: Claim, sight: Sight) -> Finding:
    (id,), cut = claim.things, sight.thresholds.for_noun(claim.noun)
    seen = sight.matched.of.get(id)
    if seen is None:
        return _missing(claim, sight)
    doubt, said = _doubt_of(id, seen, sight)
    reserve = "" if doubt else _reserve(claim, seen, sight)
    looks = sight.inspected.get(id)
    return Finding(claim=claim, ruling="cannot tell" if doubt else "holds", score=seen.score, threshold=cut.at,
                   reserve=reserve, doubt=doubt, sentence=f"{said}, but {reserve}" if reserve else said,
                   evidence=Evidence(boxes=(seen.box,), crop=pixel_box(seen.box, sight.image.size),
                                     numbers={"score": seen.score, **(looks.numbers if looks else {})}))


def _doubt_of(id: str, seen: Sighting, sight: Sight) -> tuple[Doubt | None, str]:
    """What may be wrong with a thing that was seen, and the sentence on it."""
    cut, name = sight.thresholds.for_noun(sight.layout.scene.thing(id).noun), sight.names[id]
    if cut.rule(seen.score) != "holds":
        sure = cut.at + cut.unsure
        return "unclear", f"{name} may be what is {at(seen.box)} ({seen.score:.2f}, sure from {sure:.2f})"
    if other := _overgrown(id, sight):
        return "welded", f"{name} is {at(seen.box)} and runs into {sight.names[other]}: cannot tell if it is whole"
    if sight.thresholds.mixed < 1 and (second := sight.surface.second(seen.box)) > sight.thresholds.mixed:
        return "mixed", (f"{name} is {at(seen.box)}, and {second:.0%} of it is of a second colour: cannot tell if it "
                         "is one thing")
    if (looks := sight.inspected.get(id)) and looks.score < looks.needs:
        return "broken", (f"{name} is {at(seen.box)} and does not look whole and clean ({looks.score:.2f}, sure from "
                          f"{looks.needs:.2f}): cannot tell if it is one")
    return None, f"{name} is there, {at(seen.box)}"


def _missing(claim: Claim, sight: Sight) -> Finding:
    assert sight.view is not None
    (id,), planned = claim.things, sight.layout.boxes.get(claim.things[0])
    faint = [s for s in sight.view.faint.get(noun_key(claim.noun), ()) if planned is None or s.box.iou(planned) > 0.3]
    best = max((s.score for s in faint), default=0.0)
    where = f"; expected near {place(planned)}" if planned else ""
    return Finding(claim=claim, ruling="fails", score=best, threshold=sight.thresholds.for_noun(claim.noun).at,
                   sentence=f"{sight.names[id]} is missing{where}",
                   evidence=Evidence(boxes=(planned,) if planned else (), numbers={"best faint score": best}))


def _reserve(claim: Claim, seen: Sighting, sight: Sight) -> str:
    """What speaks against a thing that is there: it is less clear than known things are, looks like something else
    too, or is cut off by an edge that it was planned away from."""
    id, cuts, of = claim.things[0], sight.thresholds, sight.matched.of
    if planned := sight.layout.boxes.get(id):
        gaps = zip(_margins(planned), _margins(seen.box), strict=True)
        if any(away > CUT_OFF and found <= CUT_OFF for away, found in gaps):
            return "is cut off by the edge"
    if seen.score < cuts.clear:
        return f"is not clear to see ({seen.score:.2f})"
    if sight.view is None or cuts.rival == 1:
        return ""
    others = [(noun_key(t.noun), of[t.id].box) for t in sight.layout.scene.things if t.id in of and t.id != id]
    rival = sight.view.rival(noun_key(claim.noun), seen.box, others)
    return f"looks a little like {indefinite(rival.noun)} too ({rival.score:.2f})" if rival.score > cuts.rival else ""


def _margins(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, 1 - box.x1, 1 - box.y1


def _overgrown(id: str, sight: Sight) -> str:
    """Another thing that this one is planned apart from and lies over, if this one is the farther from its plan."""
    planned, of = sight.layout.boxes, sight.matched.of

    def kept(other: str) -> tuple[float, str]:
        return of[other].box.iou(planned[other]), other

    most = HIDDEN + sight.thresholds.touching
    return next((other for other in of if other != id and sight.unplanned(id, other) > most
                 and kept(id) < kept(other)), "")


def _count(claim: Claim, sight: Sight) -> Finding:
    assert sight.view is not None
    noun, cut = noun_key(claim.noun), sight.thresholds.for_noun(claim.noun)
    seen, faint = sight.view.seen.get(noun, ()), sight.view.faint.get(noun, ())
    perhaps = tuple(s for s in faint if cut.rule(s.score) == "cannot tell" or s.score >= sight.thresholds.noun.at)
    sure = sum(cut.rule(s.score) == "holds" for s in seen)
    ruling = _counted(claim, sure, len(seen), len(seen) + len(perhaps))
    if ruling == "holds" and (close := _closest(claim, sight)):
        return _melted(claim, sight, len(seen), close)
    least = spelled(claim.at_least)
    wanted = (f"at least {least}" if claim.at_most is None else least if claim.at_least == claim.at_most
              else f"{least} to {spelled(claim.at_most)}")
    doubted = tuple(s.box for s in perhaps) if ruling == "cannot tell" else ()
    evidence = Evidence(boxes=(*(s.box for s in seen), *doubted), numbers={
        "found": float(len(seen)), "faintest counted": min((s.score for s in seen), default=0.0),
        "brightest not counted": max((s.score for s in faint), default=0.0)})
    return Finding(claim=claim, ruling=ruling, score=float(len(seen)), threshold=float(claim.at_least),
                   evidence=evidence, sentence=_count_said(claim, ruling, seen, perhaps, wanted),
                   doubt="unclear" if ruling == "cannot tell" else None, doubted=doubted)


class _Close(NamedTuple):
    """Two like things, and what part of the smaller one's box lies on the other's."""

    share: float
    things: tuple[str, str]


def _closest(claim: Claim, sight: Sight) -> _Close | None:
    """The like things that overlap the most although they are planned apart: more than things which stand apart do
    (where those never do, nearly touching is enough), and with no background to be seen between them."""
    most = sight.thresholds.touching
    slack = NEARLY * sight.thresholds.box_error if most == 0 else 0.0
    looks = {id: sorted(word.lower() for word in sight.layout.scene.thing(id).attributes) for id in claim.things}
    found = [_Close(sight.unplanned(a, b, slack), (a, b)) for a, b in combinations(claim.things, 2)
             if looks[a] == looks[b]]
    of = {id: sighting.box for id, sighting in sight.matched.of.items()}
    return next((close for close in sorted(found, reverse=True) if close.share > most
                 and not parted(sight.image, of[close.things[0]], of[close.things[1]], of.values())), None)


def _melted(claim: Claim, sight: Sight, count: int, close: _Close) -> Finding:
    boxes = tuple(sight.matched.of[id].box for id in close.things)
    return Finding(claim=claim, ruling="cannot tell", score=float(count), threshold=float(claim.at_least),
                   doubt="welded", doubted=boxes,
                   evidence=Evidence(boxes=boxes, numbers={"found": float(count), "run together": close.share}),
                   sentence=f"{listed(sight.names[id] for id in close.things)} run into each other: cannot tell "
                            "whether they are two")


def _counted(claim: Claim, sure: int, seen: int, most: int) -> Ruling:
    """A count that holds is in doubt while one that is faint, more or less, would break it."""
    def enough(n: int) -> bool:
        return n >= claim.at_least and (claim.at_most is None or n <= claim.at_most)

    if not enough(seen):
        return "fails"
    return "holds" if enough(sure) and enough(most) else "cannot tell"


def _count_said(claim: Claim, ruling: Ruling, seen: Sequence[Sighting], perhaps: Sequence[Sighting],
                wanted: str) -> str:
    said = f"there {'is' if len(seen) < 2 else 'are'} {number(len(seen), claim.noun)}"
    if ruling == "holds":
        return said
    if ruling == "fails":
        return f"{said}, wanted {wanted}"
    more = f", and perhaps {indefinite(noun_key(claim.noun))} {listed(at(s.box) for s in perhaps)}" if perhaps else ""
    return f"{said}{more}: cannot tell" + ("" if more else ", not all are clear to see")


def _attribute(claim: Claim, sight: Sight) -> Finding:
    (id,) = claim.things
    seen = sight.matched.of.get(id)
    if seen is None:
        return without(claim, sight, [id])
    reading = read_attribute(claim.noun, claim.word, seen, sight.attributes, sight.layout.boxes.get(id),
                             sight.canvas.units, sight.scales)
    if reading is None:
        strange = claim.word.lower() in SHAPES if is_size(claim.word) else sight.attributes.strange(claim.word)
        if strange:
            return undecided(claim, f"no judge here was taught the word “{claim.word}”", "unknown")
        return undecided(claim, "there is nothing to compare its size with" if is_size(claim.word) else
                          sight.attributes.lost or sight.mute)
    return _contrast(claim, reading, f"{sight.names[id]} looks", Evidence(
        boxes=(seen.box,), crop=pixel_box(seen.box, sight.image.size),
        numbers={claim.word: reading.score, **({reading.rival: reading.rival_score} if reading.rival else {})}))


def read_attribute(noun: str, word: str, seen: Sighting, attributes: Attributes, planned: Box | None,
                   units: tuple[float, float], scales: Mapping[str, float] | None) -> WordReading | None:
    """The reading of any attribute: sizes on the box, everything else on what the box shows."""
    if is_size(word):
        return size_reading(word, seen.box, planned, units, scales, attributes.thresholds.box_error)
    return attributes.read(noun, word, seen)


def _contrast(claim: Claim, reading: WordReading, subject: str, evidence: Evidence) -> Finding:
    if not reading.cut.reliable:
        errors = reading.cut.errors or 0.0
        return undecided(claim, f"what reads it was measured to be wrong in {errors:.0%} of the cases")
    ruling = reading.ruling
    said = {"holds": f"{subject} {claim.word} ({reading.score:.2f})",
            "fails": f"{subject} {reading.rival or 'otherwise'} ({reading.rival_score:.2f}), "
                     f"not {claim.word} ({reading.score:.2f})",
            "cannot tell": f"{subject} {claim.word} ({reading.score:.2f}) or {reading.rival or 'not'} "
                           f"({reading.rival_score:.2f}): cannot tell"}[ruling]
    clear = reading.cut.clear if isinstance(reading.cut, AttributeCut) else 0.0
    reserve = "not clearly" if ruling == "holds" and reading.score < clear else ""
    return Finding(claim=claim, ruling=ruling, score=reading.score, threshold=reading.cut.at,
                   sentence=f"{said}, but {reserve}" if reserve else said, evidence=evidence, reserve=reserve,
                   doubt="unclear" if ruling == "cannot tell" else None)


def _absent(claim: Claim, sight: Sight) -> Finding:
    assert sight.view is not None
    noun, cut = noun_key(claim.noun), sight.thresholds.for_noun(claim.noun)
    if claim.objects and (gone := sight.gone(claim)):
        return without(claim, sight, gone)
    found: list[Sighting] = []
    doubtful: list[Sighting] = []
    for seen in sight.view.seen.get(noun, ()):
        if claim.objects and seen.box.shared(sight.matched.of[claim.objects[0]].box) < ON_HOST * seen.box.area:
            continue
        rulings = {_fits(noun, word, seen, sight) for word in stated_in_absence(claim)}
        if "fails" not in rulings:
            (doubtful if "cannot tell" in rulings else found).append(seen)
    best = max((s.score for s in (*found, *doubtful)), default=0.0)
    numbers = {"found": float(len(found)), "best score": best}
    evidence = Evidence(boxes=tuple(s.box for s in (*found, *doubtful)), numbers=numbers)
    if found:
        where = listed(at(s.box) for s in found)
        return Finding(claim=claim, ruling="fails", score=best, threshold=cut.at, evidence=evidence,
                       sentence=f"there should be no {claim.word}, and one is {where}")
    ruling: Ruling = "cannot tell" if doubtful else "holds"
    return Finding(claim=claim, ruling=ruling, doubt="unclear" if doubtful else None, score=best,
                   threshold=cut.at, evidence=evidence,
                   sentence=claim.sentence + (": cannot tell whether what is there is one" if doubtful else ""))


def _fits(noun: str, word: str, seen: Sighting, sight: Sight) -> Ruling:
    reading = read_attribute(noun, word, seen, sight.attributes, None, sight.canvas.units, sight.scales)
    return reading.ruling if reading and reading.cut.reliable else "cannot tell"


def _surrounding(claim: Claim, sight: Sight) -> Finding:
    reading = sight.surroundings.get(claim.id)
    if reading is None:
        unknown = sight.attributes.scorer is not None
        return undecided(claim, "the scorer was never taught such a thing" if unknown else sight.mute,
                          "unknown" if unknown else "unseen")
    subject = "the setting looks like" if claim.kind == "background" else "the style looks like"
    found = _contrast(claim, reading, subject, Evidence(
        numbers={claim.word: reading.score, reading.rival: reading.rival_score}))
    if found.ruling == "holds" and claim.kind == "background" and reading.shows and (
            spread := sight.surface.spread()) < sight.thresholds.even:
        return found.model_copy(update={"ruling": "cannot tell", "doubt": "unclear", "sentence": (
            f"{claim.sentence}: cannot tell, the backdrop is one even tone"),
            "evidence": Evidence(numbers={**found.evidence.numbers, "spread": spread})})
    return found


def _lettering(claim: Claim, sight: Sight) -> Finding:
    lines = sight.lettering()
    if lines is None:
        return undecided(claim, "nothing here reads text; install it with `pip install 'scenewright[ocr]'`")
    if gone := sight.gone(claim):
        return without(claim, sight, gone)
    host = sight.matched.of[claim.things[0]].box if claim.things else None
    found = best_line(claim.word, [line for line in lines if host is None or line.box.share_of(host) > ON_HOST])
    holds = found is not None and found.likeness >= READABLE
    seen = f"what is written looks like “{found.line.text}”" if found else "nothing is written there"
    return Finding(claim=claim, ruling="holds" if holds else "fails", threshold=READABLE,
                   score=found.likeness if found else 0.0,
                   sentence=claim.sentence if holds else f"{claim.sentence}: no, {seen}",
                   evidence=Evidence(boxes=(found.line.box,) if found else ()))


_NEEDS_EYES = frozenset(("exists", "count", "attribute", "relation", "part", "absent"))

_JUDGES: dict[ClaimKind, Callable[[Claim, Sight], Finding]] = {
    "exists": _exists, "count": _count, "attribute": _attribute, "relation": relation_finding, "part": part_finding,
    "absent": _absent, "lettering": _lettering, "background": _surrounding, "style": _surrounding,
}
