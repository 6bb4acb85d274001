"""What is on the picture and nobody asked for: known kinds outside the scene, and what stands out without a name.

The claim that no other kind of thing is there is nobody's words; it is made where the detector was taught a closed list
of kinds and each of them was looked for, since only there can it be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grounding.verify.judges import Sighting, indefinite
from grounding.verify.look import View, noun_key
from grounding.verify.report import Evidence, Finding, Surplus
from grounding.verify.sight import Sight
from grounding.verify.undecided import undecided
from grounding.verify.words import at, listed
from planner.claims import Claim
from planner.read.grammar.plurals import plural
from planner.scene import Box

ALONE = Claim(id="uninvited", kind="absent", sentence="no other kind of thing is there", word="anything else",
              at_most=0)
"""The claim that there is nothing which the scene does not name."""
SOMETHING = "something"
"""What stands out and has no name."""


def strangers(view: View, bystanders: Sequence[str], invited: Iterable[str], prompt: str) -> tuple[Surplus, ...]:
    """Everything of a kind that the scene does not speak of. A kind that the prompt names, be it in the setting or
    misunderstood, is no stranger."""
    words = f" {noun_key(prompt)} "
    known = {noun_key(noun) for noun in invited}
    return tuple(Surplus(noun=noun, sighting=s, wrong=True, sentence=(
        f"{indefinite(noun)}, which nobody asked for, is {at(s.box)}"))
        for noun in bystanders if noun not in known and not _named(noun, words) for s in view.seen.get(noun, ()))


def alone(sight: Sight, found: Sequence[Surplus]) -> Finding:
    """The finding on the claim that no other kind of thing is there, with the strangers found."""
    unknown = next((t.noun for t in sight.layout.scene.things if not sight.knows.names(t.noun)), "")
    if unknown:
        return undecided(ALONE, f"the detector was never taught what {indefinite(unknown)} looks like")
    if found:
        return Finding(claim=ALONE, ruling="fails", score=max(s.sighting.score for s in found), threshold=0.0,
                       sentence=listed(s.sentence for s in found), evidence=Evidence(boxes=_boxes(found)),
                       doubted=_boxes(found))
    strays = sight.surface.strays(sight.thresholds.least) if sight.thresholds.least < 1 else ()
    if strays:
        return Finding(claim=ALONE, ruling="cannot tell", doubt="unclear", evidence=Evidence(boxes=strays),
                       doubted=strays, sentence=(
                           f"something stands out {listed(at(box) for box in strays)}, and nobody asked for it"))
    return Finding(claim=ALONE, ruling="holds", sentence=ALONE.sentence)


def stray(box: Box) -> Surplus:
    """Something without a name, as what is surplus."""
    return Surplus(noun=SOMETHING, wrong=False, sighting=Sighting(query=SOMETHING, box=box, score=0.0),
                   sentence=f"something nobody asked for stands out {at(box)}")


def _boxes(found: Sequence[Surplus]) -> tuple[Box, ...]:
    return tuple(s.sighting.box for s in found)


def _named(noun: str, words: str) -> bool:
    return any(f" {form}" in words for form in (noun, plural(noun)))
