"""An image becomes evidence: every claim of a scene gets a verdict, with the numbers and boxes it rests on."""

from __future__ import annotations

from grounding.verify.families import Vocabulary
from grounding.verify.judges import Detector, Fit, Scorer, Sighting
from grounding.verify.report import Evidence, Finding, Match, Problem, Report, Surplus
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.verify import Verifier

__all__ = [
    "Cut",
    "Detector",
    "Evidence",
    "Finding",
    "Fit",
    "Match",
    "Problem",
    "Report",
    "Scorer",
    "Sighting",
    "Surplus",
    "Thresholds",
    "Verifier",
    "Vocabulary",
]
