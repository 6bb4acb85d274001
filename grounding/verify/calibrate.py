"""Thresholds measured on pictures with known content: where true and false scores part, and how often they do not.

Scores of open-vocabulary detectors are not comparable between queries, templates or checkpoints, so each detector and
scorer gets its own thresholds, per noun and per family of attributes where there are enough samples.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from grounding.errors import BadRequest
from grounding.verify.attributes import Beliefs, by_crop, by_query
from grounding.verify.families import Contest, Vocabulary, is_size, subject_of
from grounding.verify.judges import Detector, Scorer, Sighting, shares
from grounding.verify.look import LookPlan, View, look, noun_key
from grounding.verify.nms import compete, corners, overlap
from grounding.verify.surface import Surface
from grounding.verify.thresholds import AttributeCut, Cut, Source, Thresholds
from planner.scene import Box, Data

HIT = 0.5
"""IoU from which a sighting is the known thing."""
STRANGERS = 3
"""How many nouns that are not in a picture are asked for in it."""
ENOUGH = 20
"""Samples from which a noun or a family gets a cut of its own."""
CLEAR = 0.2
"""A cut keeps clear of the scores on both sides by this part of the gap between them."""
DECIDED_WRONG = 0.05
"""The undecided band is as wide as it takes to have at most this share of errors among what is decided …"""
DECIDED = 0.5
"""… but never so wide that less than this share is decided."""
DOUBTED = 0.05
"""What is there is left in doubt in this share of the known cases: painted pictures are less clear than known ones, so
the band around the cut of a noun is as wide as known pictures can spare."""
MIXED = 0.02
"""Of this share of known things more is of a second colour than may be: eyes, windows and wheels are colours too."""
EVEN = 0.1
"""And this share of the known even backdrops is not as even as the rest."""
RESERVED = 0.15
"""And in this share of them there is a reserve of one kind: too little of a score, or too much of a rival's."""

Floats = npt.NDArray[np.float64]


class KnownThing(Data):
    """One thing that is certainly in a picture."""

    noun: str
    box: Box
    attributes: tuple[str, ...] = ()


class Known(Data):
    """All that is in a picture: a noun that is not among `things` is not there."""

    things: tuple[KnownThing, ...] = ()
    caption: str = ""
    background: str = ""
    style: str = ""


class Sample(NamedTuple):
    """A score, and whether what it speaks for is true."""

    score: float
    true: bool


class Progress(NamedTuple):
    """How far the measuring is."""

    pictures: int


def calibrate(detector: Detector | None, scorer: Scorer | None, pairs: Iterable[tuple[Image.Image, Known]], *,
              vocabulary: Vocabulary | None = None, bystanders: Sequence[str] = (), seed: int = 0,
              progress: Callable[[Progress], None] = lambda _: None) -> Thresholds:
    """Measure thresholds on pictures with known content.

    `bystanders` are asked for in every picture, as the verifier will do; other nouns that are not in a picture are
    drawn from those of the pictures before.
    """
    measuring = _Measuring(detector, scorer, vocabulary or Vocabulary(), tuple(bystanders), seed)
    done = 0
    for done, (image, known) in enumerate(pairs, 1):
        measuring.add(image.convert("RGB"), known)
        progress(Progress(done))
    if not done:
        raise BadRequest("there are no pictures to measure thresholds on; give at least some dozens")
    return measuring.thresholds()


class _Looked(NamedTuple):
    """What is kept of one picture until the thresholds are known."""

    known: Known
    view: View


class _Measuring:
    """Cases gathered picture by picture."""

    def __init__(self, detector: Detector | None, scorer: Scorer | None, vocabulary: Vocabulary,
                 bystanders: tuple[str, ...], seed: int) -> None:
        self.detector, self.scorer, self.vocabulary, self.bystanders = detector, scorer, vocabulary, bystanders
        self.random = random.Random(seed)
        self.pool: dict[str, None] = dict.fromkeys(bystanders)
        self.looked: list[_Looked] = []
        self.errors: list[float] = []
        self.shares: list[float] = []
        self.rivals: list[float] = []
        self.clear: list[float] = []
        self.seconds: list[float] = []
        self.sides: list[float] = []
        self.spreads: list[float] = []
        self.attributes: dict[tuple[str, Source], list[Sample]] = defaultdict(list)
        self.cases: dict[str, list[Sample]] = defaultdict(list)
        self.last_caption = ""

    def add(self, image: Image.Image, known: Known) -> None:
        """Measure one picture."""
        self._pixels(image, known)
        if self.detector is not None:
            self._look(self.detector, image, known)
        if self.scorer is not None:
            self._score(self.scorer, image, known)

    def _pixels(self, image: Image.Image, known: Known) -> None:
        """What the pixels of known things and of even backdrops come to."""
        surface = Surface(image, [thing.box for thing in known.things])
        self.seconds += [surface.second(thing.box) for thing in known.things]
        self.sides += [min(thing.box.w, thing.box.h) for thing in known.things]
        plain = f"it {self.vocabulary.even[0]}" if self.vocabulary.even else ""
        if known.background and self.vocabulary.background(known.background, "it").texts[0] == plain:
            self.spreads.append(surface.spread())

    def _look(self, detector: Detector, image: Image.Image, known: Known) -> None:
        present = dict.fromkeys(noun_key(thing.noun) for thing in known.things)
        absent = sorted(noun for noun in self.pool if noun not in present)
        asked = (*present, *(self.bystanders or self.random.sample(absent, min(STRANGERS, len(absent)))))
        queries = [query for thing in known.things for contest in self._contests(thing) for query in contest.texts]
        view = look(detector, image, asked, queries, _EVERYTHING, _plan(known, asked))
        self.pool |= present
        self.looked.append(_Looked(known, view))
        for noun in present:
            found = hits(known, noun, view.seen[noun])
            self.shares += [a.box.share_of(b.box) for (one, a), (other, b) in combinations(found, 2)
                            if not one.box.shared(other.box)]
            things = [(noun_key(thing.noun), thing.box) for thing in known.things]
            for thing, sighting in found:
                self.rivals.append(view.rival(noun, sighting.box, things).score)
                self.clear.append(sighting.score)
                self.errors += [a - b for a, b in zip(sighting.box.corners, thing.box.corners, strict=True)]
                self._read(image, thing, sighting, view)

    def _contests(self, thing: KnownThing) -> list[Contest]:
        found = [self.vocabulary.attribute(word, noun_key(thing.noun)) for word in thing.attributes
                 if not is_size(word)]
        return [contest for contest in found if contest.family != "other"]

    def _read(self, image: Image.Image, thing: KnownThing, sighting: Sighting, view: View) -> None:
        """One true and one false case per attribute and source: the word of the thing, and a rival of it."""
        for contest in self._contests(thing):
            count = len(contest.texts)
            rival = self.random.randrange(1, count)
            asked = by_query(view, contest.texts, sighting.box) or (1 / count,) * count
            beliefs: dict[Source, Beliefs] = {"query": asked}
            if self.scorer is not None:
                texts = [self.vocabulary.thing.format(text) for text in contest.texts]
                beliefs["crop"] = by_crop(self.scorer, image, texts, [sighting.box])[0]
                beliefs["both"] = tuple((a + b) / 2 for a, b in zip(*beliefs.values(), strict=True))
            for source, belief in beliefs.items():
                self.attributes[contest.family, source] += [Sample(belief[0], True), Sample(belief[rival], False)]

    def _score(self, scorer: Scorer, image: Image.Image, known: Known) -> None:
        """The whole picture: its caption against another one's, its setting and style against a rival."""
        subject = subject_of(" ".join((*thing.attributes, thing.noun)) for thing in known.things)
        for kind, word, rivals in (("background", known.background, self.vocabulary.background),
                                   ("style", known.style, self.vocabulary.style)):
            contest = rivals(word, subject) if word else None
            if contest is not None and len(contest.texts) > contest.own:
                belief = shares([fit.logit for fit in scorer.score([image], contest.texts)[0]])
                rival = self.random.randrange(contest.own, len(belief))
                self.cases[kind] += [Sample(sum(belief[:contest.own]), True), Sample(belief[rival], False)]
        if known.caption and self.last_caption not in ("", known.caption):
            own, other = scorer.score([image], [known.caption, self.last_caption])[0]
            self.cases["whole"] += [Sample(own.similarity, True), Sample(other.similarity, False)]
        self.last_caption = known.caption

    # cuts

    def thresholds(self) -> Thresholds:
        """The cuts that make the fewest errors on what was gathered."""
        start = Thresholds()
        found = self._nouns(start)
        return found.model_copy(update={
            "detector": self.detector.name if self.detector else "", "scorer": self.scorer.name if self.scorer else "",
            "box_error": min(float(np.sqrt(np.mean(np.square(self.errors)))), 0.5) if self.errors else start.box_error,
            "touching": _quantile(self.shares, 1 - DOUBTED, start.touching),
            "rival": _quantile(self.rivals, 1 - RESERVED, start.rival),
            "clear": _quantile(self.clear, RESERVED, start.clear),
            "mixed": _quantile(self.seconds, 1 - MIXED, start.mixed), "least": _quantile(self.sides, 0.0, start.least),
            "even": min(_quantile(self.spreads, 1 - EVEN, start.even), 100.0),
            "attributes": self._families(), "attribute": self._attribute(start.attribute),
            **{kind: cut_of(cases, banded=True) for kind, cases in self.cases.items()}})

    def _nouns(self, start: Thresholds) -> Thresholds:
        """Twice: nouns compete by their cuts, and the cuts follow from what is left after they have competed."""
        found = start
        for _ in range(2 if self.looked else 0):
            by_noun: dict[str, list[Sample]] = defaultdict(list)
            for looked in self.looked:
                for noun, cases in noun_cases(looked.known, looked.view, found).items():
                    by_noun[noun] += cases
            general = cut_of([case for cases in by_noun.values() for case in cases], counted=True)
            own = {noun: cut_of(cases, counted=True, near=general.at) for noun, cases in by_noun.items()
                   if sum(case.true for case in cases) >= ENOUGH}
            spare = _spare([(case.score, own.get(noun, general).at) for noun, cases in by_noun.items()
                            for case in cases if case.true])
            found = start.model_copy(update={"noun": _doubting(general, spare), "nouns": {
                noun: _doubting(cut, spare) for noun, cut in own.items()}})
        return found

    def _families(self) -> dict[str, AttributeCut]:
        families = dict.fromkeys(family for family, _ in self.attributes)
        return {family: self._best({source: cases for (other, source), cases in self.attributes.items()
                                    if other == family}) for family in families
                if len(self.attributes[family, "query"]) >= ENOUGH}

    def _attribute(self, start: AttributeCut) -> AttributeCut:
        pooled: dict[Source, list[Sample]] = defaultdict(list)
        for (_, source), cases in self.attributes.items():
            pooled[source] += cases
        return self._best(pooled) if pooled else start

    @staticmethod
    def _best(by_source: dict[Source, list[Sample]]) -> AttributeCut:
        """The source that errs least; where that is even, the one that parts true from false the furthest."""
        cuts = {source: cut_of(cases, banded=True) for source, cases in by_source.items()}
        source = min(cuts, key=lambda s: (cuts[s].errors or 0.0, -_gap(by_source[s])))
        true = [case.score for case in by_source[source] if case.true]
        clear = _quantile(true, RESERVED, 0.0)
        return AttributeCut(**cuts[source].model_dump(), source=source, clear=clear)


_EVERYTHING = Thresholds(noun=Cut(at=0.04))


def _plan(known: Known, asked: Sequence[str]) -> LookPlan:
    """The known boxes, and no competition between nouns yet."""
    boxes: dict[str, list[Box]] = defaultdict(list)
    for thing in known.things:
        boxes[noun_key(thing.noun)].append(thing.box)
    every = frozenset(frozenset((noun_key(a), noun_key(b))) for a in asked for b in asked)
    return LookPlan({noun: tuple(some) for noun, some in boxes.items()}, every)


def noun_cases(known: Known, view: View, thresholds: Thresholds) -> dict[str, list[Sample]]:
    """Every sighting as a true or a false case, every known thing that was not seen as a true case of score 0."""
    cuts = {noun: max(thresholds.for_noun(noun).at, 1e-3) for noun in view.seen}
    found: dict[str, list[Sample]] = {}
    for noun, seen in compete(view.seen, cuts).items():
        matched = hits(known, noun, seen)
        true = {id(sighting) for _, sighting in matched}
        unseen = sum(noun_key(thing.noun) == noun for thing in known.things) - len(matched)
        found[noun] = [Sample(s.score, id(s) in true) for s in seen] + [Sample(0.0, True)] * unseen
    return found


def hits(known: Known, noun: str, seen: Sequence[Sighting]) -> list[tuple[KnownThing, Sighting]]:
    """Known things of a noun with the sightings that are them, the surest sighting first; each once."""
    things = [thing for thing in known.things if noun_key(thing.noun) == noun]
    if not things or not seen:
        return []
    over = overlap(corners(s.box for s in seen), corners(t.box for t in things))[0]
    found = []
    for row in np.argsort([-s.score for s in seen], kind="stable"):
        best = int(over[row].argmax())
        if over[row, best] >= HIT:
            found.append((things[best], seen[int(row)]))
            over[:, best] = 0.0
    return found


def cut_of(cases: Sequence[Sample], *, banded: bool = False, counted: bool = False, near: float | None = None) -> Cut:
    """The cut with the fewest errors: in the middle of the widest gap where there are none, else the middle one of
    all that are as good within half a standard error, so that single samples do not decide. Where a cut is wanted
    `near` another, it is the nearest of those that are as good.

    True and false cases weigh the same as wholes; with `counted` each error weighs the same and `errors` is their
    number per true case (detectors give false cases without number, of which only those above the cut matter).
    With `banded`, an undecided band that keeps the errors among what is decided below `DECIDED_WRONG`.
    """
    scores = np.array([case.score for case in cases], dtype=np.float64)
    true = np.array([case.true for case in cases], dtype=bool)
    if not true.any() or (true.all() and near is None):
        at = float(scores.min()) * 0.8 if true.any() else float(scores.max(initial=0.0)) + 0.05
        return Cut(at=min(max(at, -1.0), 1.0), samples=len(cases), errors=0.0)
    at, wrong = _least_wrong(scores, true, counted, near)
    return Cut(at=at, unsure=_band(scores, true, at) if banded else 0.0, samples=len(cases), errors=wrong)


class _Least(NamedTuple):
    at: float
    wrong: float


def _least_wrong(scores: Floats, true: npt.NDArray[np.bool_], counted: bool, near: float | None) -> _Least:
    values = np.unique(scores)
    cuts = np.minimum(np.concatenate([[values[0]], (values[1:] + values[:-1]) / 2, [values[-1] + 1e-6]]), 1.0)
    missed = np.searchsorted(np.sort(scores[true]), cuts) / true.sum()
    false = (~true).sum() - np.searchsorted(np.sort(scores[~true]), cuts)
    wrong = np.minimum(missed + false / true.sum(), 1.0) if counted else (missed + false / max(1, (~true).sum())) / 2
    if counted:
        wrong[cuts <= 0] = 1.0  # what was not seen at all counts as 0, and no cut finds it
    least = float(wrong.min())
    doubt = 0.5 * (least * (1 - least) / len(scores)) ** 0.5
    best = np.flatnonzero(wrong <= least + doubt + 1e-12)
    room = np.concatenate([[0.0], values[1:] - values[:-1], [0.0]])
    if near is not None:
        return _nearest(values, wrong, best, near)
    chosen = best[room[best].argmax()] if least == 0 else best[len(best) // 2]
    return _Least(float(cuts[chosen]), float(wrong[chosen]))


def _nearest(values: Floats, wrong: Floats, best: npt.NDArray[np.intp], near: float) -> _Least:
    """Of the gaps between scores that are good places for a cut, the one nearest to `near`, and the place in it."""
    low, high = np.concatenate([[0.0], values])[best], np.concatenate([values, [1.0]])[best]
    margin = CLEAR * (high - low)
    places = np.clip(near, low + margin, high - margin)
    chosen = int(np.abs(places - near).argmin())
    return _Least(float(places[chosen]), float(wrong[best[chosen]]))


def _band(scores: Floats, true: npt.NDArray[np.bool_], at: float) -> float:
    """The narrowest band around a cut that leaves few enough errors outside it."""
    unsure = 0.0
    for step in range(26):
        high, low = scores >= at + step / 50, scores < at - step / 50
        decided = int((high | low).sum())
        if decided < DECIDED * len(scores):
            break
        unsure = step / 50
        if ((high & ~true) | (low & true)).sum() <= DECIDED_WRONG * decided:
            break
    return unsure


def _spare(seen: Sequence[tuple[float, float]]) -> float:
    """The widest band around the cuts that leaves few enough of what is there in doubt; scores with cuts."""
    away = np.sort([abs(score - at) for score, at in seen])
    return float(away[int(DOUBTED * len(away))]) if len(away) else 0.0


def _doubting(cut: Cut, unsure: float) -> Cut:
    """The cut with a band, which reaches at most halfway to either end of the scale."""
    return cut.model_copy(update={"unsure": min(unsure, cut.at / 2, (1 - cut.at) / 2)})


def _quantile(values: Sequence[float], share: float, default: float) -> float:
    """A quantile of what was measured, if that was enough."""
    return float(np.quantile(values, share)) if len(values) >= ENOUGH else default


def _gap(cases: Sequence[Sample]) -> float:
    true = [case.score for case in cases if case.true]
    false = [case.score for case in cases if not case.true]
    return float(np.mean(true) - np.mean(false)) if true and false else 0.0
