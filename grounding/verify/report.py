"""What a verification says: a finding per claim, a match per thing, what is surplus, what is wrong; JSON both ways.

What the words mean, here and nowhere else:

verified      every claim of which somebody here knows the words was judged and holds, what must be judged could be
              (`VITAL`: what is there, how often, where, in which setting, what is written), and the prompt was read
              whole
in doubt      nothing fails, but something vital could not be told: it passes as far as it can be told, and no farther
not verified  a claim fails
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from grounding.verify.judges import Sighting
from grounding.verify.thresholds import Ruling
from planner.claims import Claim, ClaimKind
from planner.scene import Box, Canvas, Data, ThingId

BY_OCCLUSION = ("in_front_of", "behind", "hidden_by")
"""Relations that say nothing beyond overlap and order in depth."""

Verdict = Literal["verified", "in doubt", "not verified"]
Doubt = Literal["unknown", "unseen", "unclear", "welded", "mixed", "broken", "order", "unconfirmed", "disputed"]
"""Why nobody can tell.

unknown      no judge here was taught the word
unseen       no judge here looks for such a thing, or it needs a thing about which nobody can tell
unclear      it was looked at, and the score is too close to call
welded       like things run into each other, or one into what it was planned apart from
mixed        the thing is not of one piece: two colours meet where one was asked for
broken       the thing does not look as whole and clean ones of its kind do
order        two things overlap, and it does not show which is nearer
unconfirmed  it held on the look that chose the picture, and does not hold on another one
disputed     two independent judges disagree
"""
UNJUDGED: frozenset[Doubt] = frozenset(("unknown", "unseen"))
"""Doubts that no other picture would settle; with all others, another picture may show it clearly."""
VITAL: frozenset[ClaimKind] = frozenset(("exists", "count", "relation", "part", "lettering", "background"))
"""Kinds of claim without which a picture is not what was asked for. That a fish is swimming, that there are no
people, or that a picture is a masterpiece may be left untold, and is named."""

Trouble = Literal["missing", "misplaced", "attribute", "surplus", "absent", "part", "background", "style", "whole"]


MOST_NAMED = 4


class Evidence(Data):
    """What a verdict rests on: boxes in fractions, the crop in pixels (left top right bottom), named numbers."""

    boxes: tuple[Box, ...] = ()
    crop: tuple[int, int, int, int] | None = None
    numbers: Mapping[str, float] = {}


class Finding(Data):
    """The verdict on one claim. `score` is compared with `threshold`; both are None where nothing was measured."""

    claim: Claim
    ruling: Ruling
    sentence: str
    score: float | None = None
    threshold: float | None = None
    evidence: Evidence = Evidence()
    reserve: str = ""
    """What speaks against a claim that holds; empty where nothing does."""
    doubt: Doubt | None = None
    """Why nobody can tell; None where somebody can, and where it hangs on what is missing."""
    doubted: tuple[Box, ...] = ()
    """Where what is doubtful about it was seen."""


class Match(Data):
    """One planned thing: what it is called, where it was planned, and the sighting that is it (if any)."""

    thing: ThingId
    name: str
    planned: Box | None = None
    seen: Sighting | None = None

    @property
    def iou(self) -> float:
        """Overlap of the sighting with the plan; 0 where either is missing."""
        return self.planned.iou(self.seen.box) if self.planned and self.seen else 0.0


class Surplus(Data):
    """Something that is there and in no plan. `wrong` says whether a claim forbids it."""

    noun: str
    sighting: Sighting
    sentence: str
    wrong: bool


class Overall(Data):
    """How well the whole picture fits the whole prompt."""

    ruling: Ruling
    score: float
    threshold: float
    sentence: str


class Problem(Data):
    """One thing to repair: its kind, the things and claims it concerns, where, and a sentence to read."""

    kind: Trouble
    sentence: str
    things: tuple[ThingId, ...] = ()
    claims: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()


class Report(Data):
    """The evidence for one picture. `limits` says what could not be judged and why."""

    schema_version: Literal[1] = 1
    prompt: str = ""
    canvas: Canvas
    detector: str | None = None
    scorer: str | None = None
    findings: tuple[Finding, ...] = ()
    matches: tuple[Match, ...] = ()
    surplus: tuple[Surplus, ...] = ()
    whole: Overall | None = None
    problems: tuple[Problem, ...] = ()
    limits: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """Words of the prompt that the reader did not understand: no claim speaks of them."""

    @property
    def verdict(self) -> Verdict:
        """What may be said of the picture as a whole."""
        if self.failing:
            return "not verified"
        told = self.holding and not self.doubtful and not self.unread
        lacks = any(f.claim.kind in VITAL or f.doubt == "unseen" for f in self.undecided)
        return "verified" if told and not lacks else "in doubt"

    @property
    def passed(self) -> bool:
        """Whether the picture is verified."""
        return self.verdict == "verified"

    @property
    def worth_another_round(self) -> bool:
        """Whether another picture could do better: a claim fails, or was judged here and could not be decided."""
        return bool(self.failing or self.doubtful)

    @property
    def summary(self) -> str:
        """The verdict in a sentence, with what could not be told."""
        untold = [f.claim.sentence for f in self.undecided] + [f"“{words}” was not understood" for words in self.unread]
        named = f" ({'; '.join(untold[:MOST_NAMED])}{'; …' if len(untold) > MOST_NAMED else ''})" if untold else ""
        if self.verdict == "not verified":
            return f"{len(self.failing)} of {len(self.findings)} claims fail"
        if self.verdict == "verified":
            return f"every claim that can be judged holds{', not judged' if untold else ''}{named}"
        return f"{'passes as far as it can be told' if self.holding else 'nothing on it could be checked'}{named}"

    @property
    def holding(self) -> tuple[Finding, ...]:
        """The findings that hold."""
        return self._ruled("holds")

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail."""
        return self._ruled("fails")

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """The findings on which nobody can tell."""
        return self._ruled("cannot tell")

    @property
    def doubtful(self) -> tuple[Finding, ...]:
        """The findings that were looked for and could not be decided: on another picture they could."""
        return tuple(f for f in self.undecided if f.doubt is not None and f.doubt not in UNJUDGED)

    @property
    def unjudged(self) -> tuple[Finding, ...]:
        """The findings on which nobody here can tell, whatever the picture."""
        return tuple(f for f in self.undecided if f.doubt is None or f.doubt in UNJUDGED)

    @property
    def reserved(self) -> tuple[Finding, ...]:
        """The findings that hold, but with a reserve: one such picture in some is not what it passes for."""
        return tuple(f for f in self.holding if f.reserve)

    @property
    def score(self) -> float:
        """Share of the decided claims that hold; to compare attempts. 0 where nothing was decided."""
        decided = len(self.holding) + len(self.failing)
        return len(self.holding) / decided if decided else 0.0

    @property
    def words(self) -> str:
        """What is wrong, in sentences that a person or a language model can act on; empty where nothing is."""
        return "\n".join(problem.sentence for problem in self.problems)

    def finding(self, claim: str) -> Finding:
        """The finding on the claim of this id."""
        return next(f for f in self.findings if f.claim.id == claim)

    def match(self, thing: str) -> Match:
        """The match of the thing of this id."""
        return next(m for m in self.matches if m.thing == thing)

    def _ruled(self, ruling: Ruling) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.ruling == ruling)
