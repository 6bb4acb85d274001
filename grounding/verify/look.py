"""One look at a picture: every noun and every attribute asked of the detector at once, then sorted out per noun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from PIL import Image

from grounding.verify.judges import Detector, Sighting, indefinite
from grounding.verify.nms import SAME_PLACE, compete, distinct
from grounding.verify.thresholds import Thresholds
from planner.overlap import allowed_pairs
from planner.scene import Box, Layout


class LookPlan(NamedTuple):
    """Where things of each noun are planned, and which nouns may share a place."""

    boxes: Mapping[str, tuple[Box, ...]]
    together: frozenset[frozenset[str]]

    @classmethod
    def of(cls, layout: Layout) -> LookPlan:
        """The plan of a layout."""
        boxes: dict[str, list[Box]] = defaultdict(list)
        nouns = {thing.id: noun_key(thing.noun) for thing in layout.scene.things}
        placed = {id: box for id, box in layout.boxes.items() if id in nouns}
        for id, box in placed.items():
            boxes[nouns[id]].append(box)
        pairs = [tuple(pair) for pair in allowed_pairs(layout.scene) if pair <= placed.keys()]
        shared = {frozenset((nouns[a], nouns[b])) for a, b in pairs if placed[a].iou(placed[b]) > SAME_PLACE - 0.2}
        return cls({noun: tuple(some) for noun, some in boxes.items()}, frozenset(shared))


LIES_THERE = 0.3
"""IoU from which another thing lies where this one does."""


class View(NamedTuple):
    """What was seen: `seen` per noun above its threshold, `faint` the best ones below it, `asked` raw per query.

    A place belongs to one noun only, so what is faint there under another name is left out."""

    seen: Mapping[str, tuple[Sighting, ...]]
    faint: Mapping[str, tuple[Sighting, ...]]
    asked: Mapping[str, tuple[Sighting, ...]]

    def score_at(self, query: str, box: Box) -> float:
        """The best score of a query on (half) this box; 0 where it found nothing there."""
        return max((s.score for s in self.asked.get(query, ()) if s.box.iou(box) >= 0.5), default=0.0)

    def rival(self, noun: str, box: Box, others: Iterable[tuple[str, Box]] = ()) -> Rival:
        """The other noun that is seen the most clearly on this box, apart from those of `others` that do lie there."""
        there = {other for other, place in others if place.iou(box) > LIES_THERE}
        found = [Rival(self.score_at(indefinite(other), box), other) for other in self.seen
                 if other != noun and other not in there]
        return max(found, default=Rival(0.0, ""))


class Rival(NamedTuple):
    """What else something may be."""

    score: float
    noun: str


FAINT = 0.25
"""Sightings below this share of the threshold are not even faint."""
NO_PLAN = LookPlan({}, frozenset())


def look(detector: Detector, image: Image.Image, nouns: Iterable[str], queries: Iterable[str],
         thresholds: Thresholds, plan: LookPlan = NO_PLAN) -> View:
    """Ask for nouns and for further queries, in one call; per noun one box per thing."""
    named = {noun_key(noun): indefinite(noun_key(noun)) for noun in nouns}
    texts = tuple(dict.fromkeys((*named.values(), *queries)))
    found = dict(zip(texts, detector.detect(image, texts), strict=True)) if texts else {}
    cuts = {noun: thresholds.for_noun(noun).at for noun in named}
    single = {noun: distinct([s for s in found[text] if s.score >= FAINT * cuts[noun]], plan.boxes.get(noun, ()))
              for noun, text in named.items()}
    single = compete(single, cuts, plan.together)
    bright = {noun: tuple(s for s in some if s.score >= cuts[noun]) for noun, some in single.items()}
    faint = {noun: tuple(s for s in some if s.score < cuts[noun])[:20] for noun, some in single.items()}
    return View(bright, faint, found)


def noun_key(noun: str) -> str:
    """The form in which nouns are compared."""
    return " ".join(noun.lower().split())

