"""The verifier: one look at the picture, things matched with sightings, a verdict per claim, what is wrong in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from PIL import Image

from grounding.verify.attributes import Attributes, WordReading, queries_for
from grounding.verify.diagnosis import problems_of
from grounding.verify.families import Contest, Vocabulary, subject_of
from grounding.verify.judges import (
    FAILURES,
    OPEN,
    Detector,
    Fit,
    Inspector,
    Scorer,
    Sighting,
    first_line,
    indefinite,
    shares,
)
from grounding.verify.lettering import Lines, read_lines
from grounding.verify.look import LookPlan, View, look, noun_key
from grounding.verify.margins import measured_margin
from grounding.verify.match import Assignment, Matched, match
from grounding.verify.report import Finding, Match, Overall, Report, Surplus
from grounding.verify.sight import Inspected, Sight
from grounding.verify.surface import Surface
from grounding.verify.thresholds import Thresholds
from grounding.verify.uninvited import ALONE, alone, strangers, stray
from grounding.verify.verdicts import dimmed, finding_on, read_attribute
from grounding.verify.words import at, spoken_names
from planner.claims import Claim, claims_of, stated_in_absence
from planner.geometry import Frame, Rect
from planner.relations import TABLE
from planner.scene import Canvas, Layout, Thing


class Verifier:
    """Verifies pictures against layouts.

    `detector` and `scorer` may each be missing: claims that need them are then undecided, with the reason in
    `Report.limits`; `reasons` are the messages of what could not be loaded. `bystanders` are nouns that are looked for
    besides those of the scene: they are named where they appear, and a thing that is rather one of them is not counted.
    `inspector`, where there is one, says of things that were found whether they look whole and clean.
    `scales` are the sizes (longer side, in units of the shorter side of the picture) that size words mean, where a
    picture world fixes them.
    """

    def __init__(self, detector: Detector | None, scorer: Scorer | None, thresholds: Thresholds | None = None, *,
                 vocabulary: Vocabulary | None = None, bystanders: Sequence[str] = (),
                 inspector: Inspector | None = None, scales: Mapping[str, float] | None = None,
                 reasons: Sequence[str] = ()) -> None:
        self.detector, self.scorer = detector, scorer
        self.thresholds = thresholds or Thresholds()
        self.vocabulary = vocabulary or Vocabulary()
        self.bystanders = tuple(noun_key(noun) for noun in bystanders)
        self.inspector, self.scales, self.reasons = inspector, scales, tuple(reasons)

    def with_detector(self, detector: Detector) -> Verifier:
        """The same verifier with another detector."""
        return Verifier(detector, self.scorer, self.thresholds, vocabulary=self.vocabulary, bystanders=self.bystanders,
                        inspector=self.inspector, scales=self.scales, reasons=self.reasons)

    def verify(self, image: Image.Image, layout: Layout) -> Report:
        """The evidence for every claim of the layout's scene on this picture."""
        return _Verification(self, image.convert("RGB"), layout).report()


class _Verification:
    """One run of a verifier: what is known of one picture, gathered in order."""

    def __init__(self, verifier: Verifier, image: Image.Image, layout: Layout) -> None:
        self.verifier, self.image, self.layout = verifier, image, layout
        self.claims = claims_of(layout.scene)
        self.canvas = Canvas(width=image.width, height=image.height)
        self.limits = list(verifier.reasons)
        self.scorer = verifier.scorer
        self.blind, self.mute = "there is no detector", "there is no scorer"
        self.names = spoken_names(layout)

    def report(self) -> Report:
        """Look, match, judge, tell."""
        verifier = self.verifier
        self._tell_what_is_unmeasured()
        surroundings, whole = self._surroundings()
        view = self._look()
        sight = self._sight(view, surroundings)
        others = strangers(view, verifier.bystanders, self._invited(), self.layout.scene.prompt) if view else ()
        findings = dimmed([finding_on(claim, sight) for claim in self.claims], verifier.thresholds.clear)
        if view is not None and verifier.bystanders and self.layout.scene.things:
            findings = (*findings, alone(sight, others))
            others = tuple(s.model_copy(update={"wrong": findings[-1].ruling == "fails"}) for s in others)
        matches = tuple(Match(thing=t.id, name=self.names[t.id], planned=self.layout.boxes.get(t.id),
                              seen=sight.matched.of.get(t.id)) for t in self.layout.scene.things)
        surplus = (*self._surplus(sight.matched, findings), *others,
                   *(stray(box) for f in findings if f.claim == ALONE and not others for box in f.doubted))
        if sight.attributes.lost:
            self._lose_scorer(sight.attributes.lost)
        problems = problems_of(findings, matches if view else (), surplus, whole)
        return Report(
            prompt=self.layout.scene.prompt, canvas=self.canvas, findings=findings, matches=matches, surplus=surplus,
            detector=verifier.detector.name if verifier.detector else None, whole=whole, problems=problems,
            scorer=verifier.scorer.name if verifier.scorer else None, limits=tuple(dict.fromkeys(self.limits)),
            unread=self.layout.scene.unread)

    def _invited(self) -> list[str]:
        """The nouns that claims speak of: things, and what must be absent."""
        return [*(t.noun for t in self.layout.scene.things), *(c.noun for c in self.claims if c.kind == "absent")]

    def _tell_what_is_unmeasured(self) -> None:
        verifier, thresholds = self.verifier, self.verifier.thresholds
        if verifier.detector is None:
            self.limits.append("there is no detector: objects, counts and places are not judged")
        if verifier.scorer is None:
            self.limits.append("there is no scorer: setting, style and the whole prompt are not judged")
        for role, judge, measured in (("detector", verifier.detector, thresholds.detector),
                                      ("scorer", verifier.scorer, thresholds.scorer)):
            if judge is not None and measured and judge.name != measured:
                self.limits.append(f"the thresholds are those of the {role} `{measured}`, not of `{judge.name}`")
        if verifier.detector is not None and not thresholds.measured:
            self.limits.append("the thresholds are common starting points, not measured for this detector")

    # the whole picture

    def _surroundings(self) -> tuple[dict[str, WordReading], Overall | None]:
        """Setting, style and whole prompt, all in one call of the scorer."""
        prompt = self.layout.scene.prompt
        if self.scorer is None:
            return {}, None
        contests = self._contests(self.scorer)
        texts = list(dict.fromkeys((*(text for some in contests.values() for contest in some for text in contest.texts),
                                    *([prompt] if prompt else []))))
        if not texts:
            return {}, None
        try:
            fits = dict(zip(texts, self.scorer.score([self.image], texts)[0], strict=True))
        except FAILURES as error:
            self._lose_scorer(first_line(error))
            return {}, None
        readings = {id: min((self._read(contest, fits) for contest in some), key=lambda r: r.score - r.cut.at)
                    for id, some in contests.items()}
        return readings, self._whole(fits[prompt].similarity) if prompt else None

    def _contests(self, scorer: Scorer) -> dict[str, list[Contest]]:
        """What each claim on setting or style must win; claims of which the scorer knows no word have none."""
        subject, vocabulary = subject_of(thing.phrase for thing in self.layout.scene.things), self.verifier.vocabulary
        found: dict[str, list[Contest]] = {}
        for claim in self.claims:
            if claim.kind == "background" or claim.kind == "style":
                some = vocabulary.surroundings(claim.kind, claim.word, subject, scorer.knows)
                if some := tuple(contest for contest in some if len(contest.texts) > contest.own):
                    found[claim.id] = list(some)
        return found

    def _read(self, contest: Contest, fits: Mapping[str, Fit]) -> WordReading:
        thresholds, even = self.verifier.thresholds, self.verifier.vocabulary.even
        setting = contest.family == "background"
        reading = WordReading.of(contest, shares([fits[text].logit for text in contest.texts]),
                             thresholds.background if setting else thresholds.style, "picture")
        plain = any(text.endswith(phrase) for text in contest.texts[:contest.own] for phrase in even)
        return reading._replace(shows=setting and not plain)

    def _whole(self, similarity: float) -> Overall:
        cut = self.verifier.thresholds.whole
        ruling = cut.rule(similarity) if cut.reliable else "cannot tell"
        said = {"holds": "fits", "fails": "does not fit", "cannot tell": "may or may not fit"}[ruling]
        return Overall(ruling=ruling, score=similarity, threshold=cut.at,
                       sentence=f"the picture {said} the whole prompt ({similarity:.2f}, needs {cut.at:.2f})")

    def _lose_scorer(self, why: str) -> None:
        self.scorer = None
        self.mute = f"the scorer failed ({why})"
        self.limits.append(f"{self.mute}: what needs it is not judged")

    # the things in it

    def _look(self) -> View | None:
        verifier, scene = self.verifier, self.layout.scene
        if verifier.detector is None:
            return None
        absences = [claim for claim in self.claims if claim.kind == "absent"]
        nouns = dict.fromkeys((*(noun_key(t.noun) for t in scene.things), *(noun_key(c.noun) for c in absences),
                               *verifier.bystanders))
        wanted = [(t.noun, t.attributes) for t in scene.things] + [(c.noun, tuple(stated_in_absence(c)))
                                                                  for c in absences]
        queries = [query for noun, words in wanted for query in
                   queries_for(noun, words, verifier.vocabulary, verifier.thresholds, self.scorer)]
        try:
            return look(verifier.detector, self.image, nouns, queries, verifier.thresholds, LookPlan.of(self.layout))
        except FAILURES as error:
            self.blind = f"the detector failed ({first_line(error)})"
            self.limits.append(f"{self.blind}: objects, counts and places are not judged")
            return None

    def _sight(self, view: View | None, surroundings: Mapping[str, WordReading]) -> Sight:
        verifier = self.verifier
        knows = verifier.detector.knows if verifier.detector else OPEN
        attributes = Attributes(self.image, view, self.scorer, verifier.vocabulary, verifier.thresholds, knows)
        boxes = [s.box for some in view.seen.values() for s in some] if view else []
        matched = self._match(view, attributes)
        return Sight(image=self.image, layout=self.layout, names=self.names, view=view, matched=matched,
                     inspected=self._inspected(matched), attributes=attributes, surroundings=surroundings,
                     thresholds=verifier.thresholds, scales=verifier.scales, blind=self.blind, mute=self.mute,
                     knows=knows, surface=Surface(self.image, boxes), lettering=cache(self._written))

    def _inspected(self, matched: Matched) -> dict[str, Inspected]:
        """How sound the things look that were found."""
        things = [(noun_key(self.layout.scene.thing(id).noun), seen.box) for id, seen in matched.of.items()]
        inspector = self.verifier.inspector
        if inspector is None or not things:
            return {}
        try:
            scores = inspector.inspect(self.image, things)
        except FAILURES as error:
            self.limits.append(f"what tells sound things from broken ones failed ({first_line(error)})")
            return {}
        return {id: Inspected(score, inspector.needs(box)) for id, (_, box), score in
                zip(matched.of, things, scores, strict=True) if score is not None}

    def _written(self) -> Lines | None:
        """What is written on the picture; None where nothing reads it."""
        try:
            return read_lines(self.image)
        except FAILURES as error:
            self.limits.append(f"what reads text failed ({first_line(error)})")
            return None

    def _match(self, view: View | None, attributes: Attributes) -> Matched:
        if view is None:
            return Matched({}, {})
        boxes, units = self.layout.boxes, self.canvas.units
        frame, error = Frame(*units), self.verifier.thresholds.box_error
        relations = [claim for claim in self.claims
                     if claim.kind == "relation" and TABLE[claim.relation].arity not in ("words", "pool")]

        def suits(thing: Thing, sighting: Sighting) -> float:
            readings = [read_attribute(thing.noun, word, sighting, attributes, boxes.get(thing.id), units,
                                       self.verifier.scales) for word in thing.attributes]
            beliefs = [0.5 if reading is None else reading.score for reading in readings]
            return sum(beliefs) / len(beliefs) if beliefs else 1.0

        def broken(way: Assignment) -> int:
            rects = {id: Rect.of(s.box, self.canvas) for id, s in way.items()}
            return sum(not _holds(claim, rects, frame, error) for claim in relations)

        return match(self.layout.scene.things, view.seen, boxes, suits, broken)

    def _surplus(self, matched: Matched, findings: Sequence[Finding]) -> tuple[Surplus, ...]:
        """What is there of the scene's own nouns and belongs to no thing."""
        over = {noun_key(f.claim.noun) for f in findings if f.claim.kind == "count" and f.ruling == "fails"
                and f.claim.at_most is not None and len(f.evidence.boxes) > f.claim.at_most}
        return tuple(Surplus(noun=noun, sighting=s, wrong=noun in over,
                             sentence=f"{indefinite(noun)} too many is {at(s.box)}" if noun in over
                             else f"another {noun} is {at(s.box)}")
                     for noun, some in matched.surplus.items() for s in some)


def _holds(claim: Claim, rects: Mapping[str, Rect], frame: Frame, box_error: float) -> bool:
    if any(id not in rects for id in (*claim.things, *claim.objects)):
        return claim.negated
    margin, error = measured_margin(claim, rects, frame, box_error)
    return margin >= -error
