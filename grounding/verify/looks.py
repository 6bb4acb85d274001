"""Another look at a picture: by a detector that sees it a little smaller, or by judges that are others altogether.

The more pictures are tried, the likelier one passes for what it is not: what passed is the luckiest of several. A look
that did not choose it has no share in that luck, so what holds on the first look and not on the second is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from grounding.verify.diagnosis import problems_of
from grounding.verify.judges import Detector, Knowledge, Sighting
from grounding.verify.report import Doubt, Finding, Report
from grounding.verify.uninvited import ALONE
from grounding.verify.verify import Verifier
from planner.scene import Box, Layout

EDITION = "3"
"""Another number for every change of what a verdict means: stored reports of another edition are not taken up."""
MORE = 0.06
"""By so much of each side a picture is widened for the second look, with the colours of its edge."""


@dataclass(frozen=True)
class Wider:
    """A detector that sees the picture from a little farther away."""

    detector: Detector

    @property
    def name(self) -> str:
        """The detector's: its thresholds are meant."""
        return self.detector.name

    @property
    def knows(self) -> Knowledge:
        """What the detector was taught."""
        return self.detector.knows

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        """What the detector finds on the widened picture, where it lies on the picture itself."""
        across, down = round(image.width * MORE), round(image.height * MORE)
        wide = Image.fromarray(np.pad(np.asarray(image), ((down, down), (across, across), (0, 0)), mode="edge"))
        more = across / image.width, down / image.height
        return tuple(tuple(kept for s in some if (kept := _narrowed(s, *more))) for some in
                     self.detector.detect(wide, queries))


def _narrowed(sighting: Sighting, across: float, down: float) -> Sighting | None:
    """A sighting on the widened picture as one on the picture; None for what lies beyond its edge."""
    box, (wide, high) = sighting.box, (1 + 2 * across, 1 + 2 * down)
    x0, x1 = (min(max(x * wide - across, 0.0), 1.0) for x in (box.x0, box.x1))
    y0, y1 = (min(max(y * high - down, 0.0), 1.0) for y in (box.y0, box.y1))
    return sighting.model_copy(update={"box": Box.of(x0, y0, x1, y1)}) if x0 < x1 and y0 < y1 else None


@dataclass(frozen=True)
class Looks:
    """A verifier and those that confirm what passes it. `others` are independent: they are always asked, and where one
    of them contradicts the verifier, the claim is in doubt."""

    verifier: Verifier
    others: tuple[Verifier, ...] = ()
    again: Verifier | None = field(default=None)

    @classmethod
    def of(cls, verifier: Verifier, others: Sequence[Verifier] = ()) -> Looks:
        """With a second look through the same detector, if there is one."""
        again = None if verifier.detector is None else verifier.with_detector(Wider(verifier.detector))
        return cls(verifier, tuple(others), again)

    def verify(self, image: Image.Image, layout: Layout) -> Report:
        """The evidence for every claim, on a picture that nobody chose."""
        report = self.verifier.verify(image, layout)
        for other in self.others:
            report = joined(report, other.verify(image, layout), "disputed")
        return report

    def confirmed(self, image: Image.Image, layout: Layout) -> Report:
        """The evidence for every claim, on one of several pictures that are tried until one passes: what passes is
        looked at once more, and what does not hold then is in doubt."""
        report = self.verify(image, layout)
        if report.passed and self.again is not None:
            report = joined(report, self.again.verify(image, layout), "unconfirmed")
        return report


def joined(first: Report, second: Report, doubt: Doubt) -> Report:
    """The first report, with the claims in doubt that the second contradicts. What the first could not judge for want
    of a word or of a judge, the second may."""
    others = {finding.claim.id: finding for finding in second.findings}
    findings = tuple(_joined(f, others.get(f.claim.id), doubt) for f in first.findings)
    findings = (*findings, *(f for f in second.findings if f.claim == ALONE and ALONE.id not in {
        g.claim.id for g in first.findings}))
    problems = problems_of(findings, first.matches, first.surplus, first.whole)
    return first.model_copy(update={"findings": findings, "problems": problems})


def _joined(first: Finding, second: Finding | None, doubt: Doubt) -> Finding:
    if second is None or first.ruling == second.ruling or "cannot tell" in (first.ruling, second.ruling):
        if second is not None and first.doubt in ("unknown", "unseen") and second.ruling != "cannot tell":
            return second
        return first
    said = "another look says" if doubt == "unconfirmed" else "another judge says"
    return first.model_copy(update={
        "ruling": "cannot tell", "doubt": doubt, "doubted": second.evidence.boxes, "reserve": "",
        "sentence": f"{first.sentence}; {said}: {second.sentence}"})
