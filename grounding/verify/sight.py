"""All that is known of one picture when its claims are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image

from grounding.verify.attributes import Attributes, WordReading
from grounding.verify.judges import Knowledge
from grounding.verify.lettering import Lines
from grounding.verify.look import View
from grounding.verify.match import Matched
from grounding.verify.surface import Surface
from grounding.verify.thresholds import Thresholds
from planner.claims import Claim
from planner.geometry import Rect
from planner.scene import Box, Canvas, Layout


class Inspected(NamedTuple):
    """How sound a thing looks that was found, and from where it is sound."""

    score: float
    needs: float

    @property
    def numbers(self) -> dict[str, float]:
        """What the evidence says of it."""
        return {"sound": self.score, "sound from": self.needs}


@dataclass(frozen=True)
class Sight:
    """All that a verdict may rest on. `blind` and `mute` say why there is no detector or no scorer."""

    image: Image.Image
    layout: Layout
    names: Mapping[str, str]
    view: View | None
    matched: Matched
    attributes: Attributes
    surroundings: Mapping[str, WordReading]
    thresholds: Thresholds
    scales: Mapping[str, float] | None
    blind: str
    mute: str
    knows: Knowledge
    """What the detector was taught."""
    surface: Surface
    inspected: Mapping[str, Inspected]
    """Without the things about which nobody knows."""
    lettering: Callable[[], Lines | None]
    """What is written on the picture; None where nothing here reads."""

    @property
    def canvas(self) -> Canvas:
        """The real shape of the picture, whatever the layout's canvas was."""
        return Canvas(width=self.image.width, height=self.image.height)

    @property
    def rects(self) -> dict[str, Rect]:
        """What was seen, in units of the shorter side."""
        canvas = self.canvas
        return {id: Rect.of(s.box, canvas) for id, s in self.matched.of.items()}

    def unknown_noun(self, claim: Claim) -> str:
        """A noun of the claim that the detector was never taught; empty if there is none."""
        nouns = (*(self.layout.scene.thing(id).noun for id in (*claim.things, *claim.objects)),
                 *([claim.noun] if claim.noun else []))
        return next((noun for noun in nouns if not self.knows.names(noun)), "")

    def unreliable_noun(self, claim: Claim) -> str:
        """A noun of the claim about which the detector was measured to be wrong too often; empty if there is none."""
        things = [self.layout.scene.thing(id).noun for id in (*claim.things, *claim.objects)]
        nouns = (*things, *([claim.noun] if claim.noun else []))
        return next((noun for noun in nouns if not self.thresholds.for_noun(noun).reliable), "")

    def unplanned(self, a: str, b: str, slack: float = 0.0) -> float:
        """What part of the smaller one's box two things share that are planned apart; 0 where that is not known. With
        `slack`, the boxes are so much larger in all."""
        planned, of = self.layout.boxes, self.matched.of
        if not {a, b} <= planned.keys() & of.keys() or planned[a].shared(planned[b]):
            return 0.0
        return _grown(of[a].box, slack / 2).share_of(_grown(of[b].box, slack / 2))

    def gone(self, claim: Claim) -> list[str]:
        """The ends of a claim that were not seen."""
        return [id for id in (*claim.things, *claim.objects) if id not in self.matched.of]


def _grown(box: Box, by: float) -> Box:
    return Box.of(box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by)
