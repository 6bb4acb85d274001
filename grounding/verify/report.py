"""What a verification says: a finding per claim, a match per thing, what is surplus, what is wrong; JSON both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from grounding.verify.judges import Sighting
from grounding.verify.thresholds import Ruling
from planner.claims import Claim
from planner.scene import Box, Canvas, Data, ThingId

BY_OCCLUSION = ("in_front_of", "behind", "hidden_by")
"""Relations that say nothing beyond overlap and order in depth."""

Trouble = Literal["missing", "misplaced", "attribute", "surplus", "absent", "part", "background", "style", "whole"]


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

    @property
    def passed(self) -> bool:
        """No claim fails, none is in doubt, and at least half of them were seen to hold; where nothing is claimed,
        nothing was seen."""
        return bool(self.holding) and not (self.failing or self.doubtful) and (
            2 * len(self.holding) >= len(self.findings))

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
        """The findings on what is there, how often, and what is in front that were looked for and could not be decided:
        on another picture they could."""
        return tuple(f for f in self.undecided if f.score is not None
                     and (f.claim.kind in ("exists", "count") or f.claim.relation in BY_OCCLUSION))

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
