"""Judges pictures of the agent's bench by tones and silhouettes: nothing that the verifier looks with is used here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment

from grounding.pocket.judge import FoundThing, judge
from grounding.pocket.palette import COLOURS, TEXTURES
from grounding.pocket.pictures import SIZES
from planner.check import verdicts
from planner.claims import Claim, claims_of
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing

KNOWN = {**dict.fromkeys(COLOURS, "colour"), **dict.fromkeys(TEXTURES, "texture"), **dict.fromkeys(SIZES, "size")}
"""The words that this judge understands, and what they are said of."""


class Judged:
    """What the judge sees on one picture, matched with a scene: kinds agree, colours and places as far as can be."""

    def __init__(self, image: Image.Image, scene: Scene, planned: Layout | None = None) -> None:
        self.scene = scene
        self.found = judge(np.asarray(image.convert("RGB")))
        self.of = _matched(scene, self.found, planned)
        placed = tuple(Placement(thing=id, box=Box.of(*found.box)) for id, found in self.of.items())
        seen = Layout(scene=scene, canvas=Canvas(width=image.width, height=image.height), placements=placed)
        self.places = {v.claim.id: v.holds for v in verdicts(seen)}

    def holds(self, claim: Claim) -> bool | None:
        """Whether a claim holds; None for what this judge cannot see (settings, styles, words it does not know)."""
        seen = sum(found.kind == claim.noun for found in self.found)
        match claim.kind:
            case "count":
                return claim.at_least <= seen <= (seen if claim.at_most is None else claim.at_most)
            case "exists":
                return claim.things[0] in self.of
            case "absent":
                return None if claim.objects else seen == 0
            case "attribute":
                return self._attribute(claim)
            case "relation":
                return self.places[claim.id]
            case _:
                return None

    def _attribute(self, claim: Claim) -> bool | None:
        found = self.of.get(claim.things[0])
        word = claim.word
        if word not in KNOWN:
            return None
        return found is not None and getattr(found, KNOWN[word]) == word

    @property
    def success(self) -> bool:
        """Whether everything holds that can be seen."""
        return all(self.holds(claim) is not False for claim in claims_of(self.scene))


def _matched(scene: Scene, found: Sequence[FoundThing], planned: Layout | None) -> dict[str, FoundThing]:
    """Each thing with what was found of its kind: attributes count first, then nearness to the plan."""
    matched: dict[str, FoundThing] = {}
    for noun in dict.fromkeys(t.noun for t in scene.things):
        things = [t for t in scene.things if t.noun == noun]
        some = [f for f in found if f.kind == noun]
        if some:
            costs = np.array([[_cost(thing, f, planned) for f in some] for thing in things])
            matched |= {things[i].id: some[j] for i, j in zip(*linear_sum_assignment(costs), strict=True)}
    return matched


def _cost(thing: Thing, found: FoundThing, planned: Layout | None) -> float:
    wrong = sum(word not in (found.colour, found.texture, found.size) for word in thing.attributes)
    box = planned.boxes.get(thing.id) if planned else None
    seen = Box.of(*found.box)
    far = 0.0 if box is None else abs(box.cx - seen.cx) + abs(box.cy - seen.cy)
    return wrong + 0.1 * far - 0.001 * found.confidence
