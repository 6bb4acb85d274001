"""Attributes of a thing that was seen: its word against the rival words, on the crop and by asking the detector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image

from grounding.verify.crops import crop, pixel_box
from grounding.verify.families import Contest, Vocabulary, is_size
from grounding.verify.judges import FAILURES, OPEN, Knowledge, Scorer, Sighting, first_line, logit, shares
from grounding.verify.look import View, noun_key
from grounding.verify.thresholds import AttributeCut, Cut, Ruling, Source, Thresholds
from planner.scene import Box
from planner.sizes import factor

SHAPES = frozenset(("tall", "short", "long", "wide", "narrow", "thin", "thick"))
"""Size words of which a scale of sizes says nothing."""
TOLERANCE = 1.35
"""How far a size may be from the planned one before the size word is wrong."""
AHEAD = 1.5
"""How many times the belief of a word its strongest rival must have before the word is wrong."""
ERRORS_CLEAR = 1 / (1 + math.exp(-2))
"""The score of a size that is two errors away from a boundary."""
UNMEASURED = 0.3
"""Half-width of the undecided band where the measured source of a family is not at hand."""


Beliefs = tuple[float, ...]
"""How a belief of 1 is divided among rival words."""


class WordReading(NamedTuple):
    """How much of the belief an attribute gets, who gets most of the rest, and the cut that decides."""

    score: float
    cut: Cut
    rival: str
    rival_score: float
    source: str
    shows: bool = False
    """Whether it is of a setting that shows something: one even tone is none."""

    @classmethod
    def of(cls, contest: Contest, beliefs: Beliefs, cut: Cut, source: str) -> WordReading:
        """What these beliefs say of a contest: all that means what was asked for counts for it."""
        rival = max(range(contest.own, len(beliefs)), key=lambda i: beliefs[i])
        return cls(sum(beliefs[:contest.own]), cut, contest.words[rival], beliefs[rival], source)

    @property
    def ruling(self) -> Ruling:
        """What the cut says; but a word fails only against a rival that is clearly ahead of it."""
        said = self.cut.rule(self.score)
        return "cannot tell" if said == "fails" and self.rival_score < AHEAD * self.score else said


class Attributes:
    """Reads attributes off one picture; crops are scored once per noun and family, when first asked for.

    A scorer that breaks is dropped, `lost` says why, and what the detector was asked goes on being read. `knows` is
    what the detector was taught.
    """

    def __init__(self, image: Image.Image, view: View | None, scorer: Scorer | None, vocabulary: Vocabulary,
                 thresholds: Thresholds, knows: Knowledge = OPEN) -> None:
        self.image, self.view, self.scorer, self.knows = image, view, scorer, knows
        self.vocabulary, self.thresholds = vocabulary, thresholds
        self.lost = ""
        self._scored: dict[tuple[str, tuple[str, ...]], dict[Box, Beliefs]] = {}

    def strange(self, word: str) -> bool:
        """Whether no judge here was taught this word."""
        return not self.knows.tells(word) and (self.scorer is None or not self.scorer.knows.tells(word))

    def read(self, noun: str, word: str, sighting: Sighting) -> WordReading | None:
        """The reading of one word on one sighting; None where nothing at hand can tell."""
        contest = self.vocabulary.attribute(word, noun_key(noun))
        wanted = self.thresholds.for_word(self.vocabulary.basic(word), contest.family)
        try:
            beliefs, source = self._beliefs(noun, contest, sighting, wanted.source)
        except FAILURES as error:
            if self.scorer is None:
                raise
            self.scorer, self.lost = None, first_line(error)
            return self.read(noun, word, sighting)
        if not beliefs:
            return None
        cut: Cut = wanted if source == wanted.source else AttributeCut(at=0.5, unsure=UNMEASURED, source=source)
        return WordReading.of(contest, beliefs, cut, source)

    def _beliefs(self, noun: str, contest: Contest, sighting: Sighting, wanted: Source) -> tuple[Beliefs, Source]:
        """The belief in each rival word, from the wanted source or from the one that is at hand; empty from none. Who
        does not know the word is not asked."""
        scorer = self.scorer if self.scorer is not None and self.scorer.knows.tells(contest.words[0]) else None
        asked = () if self.view is None or (wanted == "crop" and scorer) or not self.knows.tells(
            contest.words[0]) else by_query(self.view, contest.texts, sighting.box)
        shown = () if scorer is None or wanted == "query" else self._on_crops(
            noun_key(noun), contest)[sighting.box]
        if asked and shown:
            return tuple((a + b) / 2 for a, b in zip(asked, shown, strict=True)), "both"
        return asked or shown, "query" if asked else "crop"

    def _on_crops(self, noun: str, contest: Contest) -> dict[Box, Beliefs]:
        key = (noun, contest.texts)
        if key not in self._scored:
            assert self.scorer is not None
            assert self.view is not None
            boxes = [s.box for s in self.view.seen.get(noun, ())]
            texts = [self.vocabulary.thing.format(text) for text in contest.texts]
            self._scored[key] = dict(zip(boxes, by_crop(self.scorer, self.image, texts, boxes), strict=True))
        return self._scored[key]


def by_crop(scorer: Scorer, image: Image.Image, texts: Sequence[str], boxes: Sequence[Box]) -> tuple[Beliefs, ...]:
    """Per box, the belief in each text by the scorer on the crop."""
    if not boxes:
        return ()
    crops = [crop(image, pixel_box(box, image.size)) for box in boxes]
    return tuple(shares([fit.logit for fit in row]) for row in scorer.score(crops, texts))


def by_query(view: View, queries: Sequence[str], box: Box) -> Beliefs:
    """The belief in each query by what the detector sees on this box when it is asked.

    Empty where it was not asked, or sees nothing there whatever the word.
    """
    scores = [view.score_at(query, box) for query in queries]
    return shares([logit(max(score, 1e-4)) for score in scores]) if any(scores) else ()


def queries_for(noun: str, words: Sequence[str], vocabulary: Vocabulary, thresholds: Thresholds,
                scorer: Scorer | None) -> tuple[str, ...]:
    """What the detector must be asked so that these attributes can be read."""
    found: list[str] = []
    for word in words:
        contest = vocabulary.attribute(word, noun_key(noun))
        cut = thresholds.for_word(vocabulary.basic(word), contest.family)
        if not is_size(word) and (scorer is None or cut.source != "crop"):
            found += contest.texts
    return tuple(found)


def size_reading(word: str, seen: Box, planned: Box | None, units: tuple[float, float],
                 scales: Mapping[str, float] | None, box_error: float) -> WordReading | None:
    """A size word on a box: against a scale where the picture world has one, else against the planned box.

    The score is the logistic of the distance to the nearest boundary, in units of what the detector's box error makes
    uncertain, so that 0.5 is the boundary.
    """
    side = _longer(seen, units)
    if scales and word.lower() in SHAPES:
        return None
    if scales:
        slack, rival = _on_scale(word, side, scales)
    elif planned is not None:
        slack, rival = _against_plan(word, side / _longer(planned, units))
    else:
        return None
    noise = 2 * max(box_error, 1e-3) / side
    score = 1 / (1 + math.exp(-min(max(slack / noise, -30.0), 30.0)))
    return WordReading(score, AttributeCut(at=0.5, clear=ERRORS_CLEAR), rival, 1 - score, "box")


def _longer(box: Box, units: tuple[float, float]) -> float:
    return max(box.w * units[0], box.h * units[1])


def _on_scale(word: str, side: float, scales: Mapping[str, float]) -> tuple[float, str]:
    """How far (in logarithms) a side is within the range of its word, and the nearest other word."""
    own = _on(word, scales)
    gaps = {other: math.log(scale / scales[own]) for other, scale in scales.items() if other != own}
    away = math.log(side / scales[own])
    room = {other: (gap / 2 - away) if gap > 0 else (away - gap / 2) for other, gap in gaps.items()}
    rival = min(room, key=lambda other: room[other])
    return room[rival], rival


def _on(word: str, scales: Mapping[str, float]) -> str:
    """The word of the scale that a size word stands for."""
    if word in scales:
        return word
    ordered = sorted(scales, key=lambda name: scales[name])
    times = factor((word,))
    return ordered[0] if times < 1 else ordered[-1] if times > 1 else ordered[len(ordered) // 2]


def _against_plan(word: str, ratio: float) -> tuple[float, str]:
    """How far (in logarithms) the ratio of the seen to the planned size is within what the word allows."""
    times, room = factor((word,)), math.log(TOLERANCE)
    low, high = room + math.log(ratio), room - math.log(ratio)
    if times > 1:
        return low, "smaller"
    if times < 1:
        return high, "larger"
    return min(low, high), "smaller" if low < high else "larger"
