"""The verifier: one look at the picture, things matched with sightings, a verdict per claim, what is wrong in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image

from grounding.verify.attributes import Attributes, Reading, queries_for
from grounding.verify.families import Vocabulary, subject_of
from grounding.verify.judges import FAILURES, Detector, Scorer, Sighting, first_line, indefinite, shares
from grounding.verify.look import Plan, View, look, noun_key
from grounding.verify.margins import measured_margin
from grounding.verify.match import Assignment, Matched, match
from grounding.verify.report import Finding, Match, Overall, Report, Surplus
from grounding.verify.sight import Sight
from grounding.verify.thresholds import Thresholds
from grounding.verify.verdicts import finding_on, read_attribute
from grounding.verify.words import at, problems_of, spoken_names
from planner.claims import Claim, claims_of, stated_in_absence
from planner.geometry import Frame, Rect
from planner.relations import TABLE
from planner.scene import Canvas, Layout, Thing


class Verifier:
    """Verifies pictures against layouts.

    `detector` and `scorer` may each be missing: claims that need them are then undecided, with the reason in
    `Report.limits`; `reasons` are the messages of what could not be loaded. `bystanders` are nouns that are looked for
    besides those of the scene: they are named where they appear, and a thing that is rather one of them is not counted.
    `scales` are the sizes (longer side, in units of the shorter side of the picture) that size words mean, where a
    picture world fixes them.
    """

    def __init__(self, detector: Detector | None, scorer: Scorer | None, thresholds: Thresholds | None = None, *,
                 vocabulary: Vocabulary | None = None, bystanders: Sequence[str] = (),
                 scales: Mapping[str, float] | None = None, reasons: Sequence[str] = ()) -> None:
        self.detector, self.scorer = detector, scorer
        self.thresholds = thresholds or Thresholds()
        self.vocabulary = vocabulary or Vocabulary()
        self.bystanders = tuple(noun_key(noun) for noun in bystanders)
        self.scales, self.reasons = scales, tuple(reasons)

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
        findings = tuple(finding_on(claim, sight) for claim in self.claims)
        matches = tuple(Match(thing=t.id, name=self.names[t.id], planned=self.layout.boxes.get(t.id),
                              seen=sight.matched.of.get(t.id)) for t in self.layout.scene.things)
        surplus = self._surplus(sight.matched, view, findings)
        if sight.attributes.lost:
            self._lose_scorer(sight.attributes.lost)
        problems = problems_of(findings, matches if view else (), surplus, whole)
        return Report(
            prompt=self.layout.scene.prompt, canvas=self.canvas, findings=findings, matches=matches, surplus=surplus,
            detector=verifier.detector.name if verifier.detector else None, whole=whole, problems=problems,
            scorer=verifier.scorer.name if verifier.scorer else None, limits=tuple(dict.fromkeys(self.limits)))

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

    def _surroundings(self) -> tuple[dict[str, Reading], Overall | None]:
        """Setting, style and whole prompt, all in one call of the scorer."""
        subject, vocabulary = subject_of(thing.phrase for thing in self.layout.scene.things), self.verifier.vocabulary
        contests = {claim.id: vocabulary.background(claim.word, subject) if claim.kind == "background"
                    else vocabulary.style(claim.word, subject)
                    for claim in self.claims if claim.kind in ("background", "style")}
        contests = {id: contest for id, contest in contests.items() if len(contest.texts) > 1}
        texts = list(dict.fromkeys((*(text for contest in contests.values() for text in contest.texts),
                                    *([self.layout.scene.prompt] if self.layout.scene.prompt else []))))
        if self.scorer is None or not texts:
            return {}, None
        try:
            fits = dict(zip(texts, self.scorer.score([self.image], texts)[0], strict=True))
        except FAILURES as error:
            self._lose_scorer(first_line(error))
            return {}, None
        readings = {}
        for id, contest in contests.items():
            belief = shares([fits[text].logit for text in contest.texts])
            rival = max(range(1, len(belief)), key=lambda i: belief[i])
            cut = self.verifier.thresholds.background if id == "background" else self.verifier.thresholds.style
            readings[id] = Reading(belief[0], cut, contest.words[rival], belief[rival], "picture")
        return readings, self._whole(fits[self.layout.scene.prompt].similarity) if self.layout.scene.prompt else None

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
            return look(verifier.detector, self.image, nouns, queries, verifier.thresholds, Plan.of(self.layout))
        except FAILURES as error:
            self.blind = f"the detector failed ({first_line(error)})"
            self.limits.append(f"{self.blind}: objects, counts and places are not judged")
            return None

    def _sight(self, view: View | None, surroundings: Mapping[str, Reading]) -> Sight:
        verifier = self.verifier
        attributes = Attributes(self.image, view, self.scorer, verifier.vocabulary, verifier.thresholds)
        return Sight(image=self.image, layout=self.layout, names=self.names, view=view,
                     matched=self._match(view, attributes), attributes=attributes, surroundings=surroundings,
                     thresholds=verifier.thresholds, scales=verifier.scales, blind=self.blind,
                     mute=self.mute)

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

    def _surplus(self, matched: Matched, view: View | None, findings: Sequence[Finding]) -> tuple[Surplus, ...]:
        over = {noun_key(f.claim.noun) for f in findings if f.claim.kind == "count" and f.ruling == "fails"
                and f.claim.at_most is not None and len(f.evidence.boxes) > f.claim.at_most}
        own = [Surplus(noun=noun, sighting=s, wrong=noun in over,
                       sentence=f"{indefinite(noun)} too many is {at(s.box)}" if noun in over
                       else f"another {noun} is {at(s.box)}")
               for noun, some in matched.surplus.items() for s in some]
        scene_nouns = {noun_key(t.noun) for t in self.layout.scene.things} | {
            noun_key(c.noun) for c in self.claims if c.kind == "absent"}
        others = [Surplus(noun=noun, sighting=s, wrong=False,
                          sentence=f"{indefinite(noun)}, which nobody asked for, is {at(s.box)}")
                  for noun in self.verifier.bystanders if noun not in scene_nouns
                  for s in (view.seen.get(noun, ()) if view else ())]
        return (*own, *others)


def _holds(claim: Claim, rects: Mapping[str, Rect], frame: Frame, box_error: float) -> bool:
    if any(id not in rects for id in (*claim.things, *claim.objects)):
        return claim.negated
    margin, error = measured_margin(claim, rects, frame, box_error)
    return margin >= -error
