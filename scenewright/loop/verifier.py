"""The real verifier behind the loop's protocol: the judges that the settings name, as one with an identity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL.Image import Image

from grounding.verify.looks import EDITION, Looks
from grounding.verify.opening import open_judges
from grounding.verify.report import Report
from planner.scene import Layout
from scenewright.loop.naming import digest


@dataclass
class ClaimVerifier:
    """The verifier with a name for what it judges with."""

    verifier: Looks
    identity: str

    def verify(self, image: Image, layout: Layout) -> Report:
        """The evidence for every claim, confirmed by a second look."""
        return self.verifier.confirmed(image, layout)

    def look(self, image: Image, layout: Layout) -> Report:
        """One look, for a picture that nobody chose."""
        return self.verifier.verify(image, layout)


@lru_cache(maxsize=2)
def open_verifier(detector: str, scorer: str, thresholds: Path | None, device: str = "cpu", second_detector: str = "",
                  second_scorer: str = "") -> tuple[ClaimVerifier | None, tuple[str, ...]]:
    """The verifier with what could be opened, and why the rest could not; none where nothing could. Where a second
    detector or scorer is named, a claim on which they disagree is in doubt."""
    judges = [open_judges(detector, scorer, device, thresholds=thresholds),
              open_judges(second_detector, second_scorer, device, rank="second ")]
    reasons = tuple(reason for each in judges for reason in each.reasons)
    there = [each for each in judges if each.detector or each.scorer]
    if not there:
        return None, (*reasons, "pictures cannot be verified here; they are painted all the same")
    first, *others = (each.verifier() for each in there)
    marks = (EDITION, *(mark for each in there for mark in each.marks))
    return ClaimVerifier(Looks.of(first, others), digest("\n".join(marks))), reasons
