"""Measured thresholds: the best cut by brute force, and calibration that recovers what a judge was made with."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from grounding.errors import BadRequest
from grounding.pocket.world import COLOURS, KINDS, Picture, Piece, picture
from grounding.verify.calibrate import RESERVED, Known, KnownThing, Sample, calibrate, cut_of
from grounding.verify.families import Vocabulary
from grounding.verify.judges import OPEN, Fit, Scorer, Sighting
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.verify import Verifier
from planner.scene import Box
from tests.grounding.verify.oracle import image_of, layout_of

cases = st.lists(st.builds(Sample, st.floats(0, 1).map(lambda x: round(x, 3)), st.booleans()), min_size=2, max_size=40)


def brute(some: Sequence[Sample], counted: bool) -> float:
    """The least error over all cuts that could make a difference."""
    true = [c.score for c in some if c.true]
    false = [c.score for c in some if not c.true]
    errors = []
    for cut in [1e-9 if counted else 0.0, *(min(c.score + 1e-9, 1.0) for c in some)]:
        missed, passed = sum(s < cut for s in true), sum(s >= cut for s in false)
        errors.append(min((missed + passed) / len(true), 1.0) if counted
                      else (missed / len(true) + passed / len(false)) / 2)
    return min(errors)


@given(cases, st.booleans())
@example([Sample(0.0, True), Sample(1.0, False)], False)
@example([Sample(0.0, True), Sample(1.0, False), Sample(1.0, True)], True)
def test_no_other_cut_errs_less_beyond_half_a_standard_error(some: list[Sample], counted: bool) -> None:
    cut = cut_of(some, counted=counted)
    if len({c.true for c in some}) == 1:
        assert all(cut.rule(c.score) == ("holds" if c.true else "fails") for c in some if 0 < c.score < 1)
        return
    least = brute(some, counted)
    assert least - 1e-9 <= (cut.errors or 0.0) <= least + 0.5 * (least * (1 - least) / len(some)) ** 0.5 + 1e-9
    true, false = [c.score for c in some if c.true], [c.score for c in some if not c.true]
    missed, passed = sum(s < cut.at for s in true), sum(s >= cut.at for s in false)
    found = min((missed + passed) / len(true), 1.0) if counted else (missed / len(true) + passed / len(false)) / 2
    assert found == pytest.approx(cut.errors)


def test_a_clean_gap_is_cut_in_its_middle_without_a_band() -> None:
    cut = cut_of([Sample(0.9, True), Sample(0.8, True), Sample(0.3, False), Sample(0.1, False)], banded=True)
    assert (cut.at, cut.unsure, cut.errors) == (pytest.approx(0.55), 0.0, 0.0)


@pytest.mark.parametrize("near", [0.1, 0.45, 0.9])
def test_of_cuts_that_are_as_good_the_one_nearest_to_what_is_usual_is_taken(near: float) -> None:
    parted = [Sample(0.8, True), Sample(0.7, True), Sample(0.3, False), Sample(0.2, False)]
    assert cut_of(parted, counted=True, near=near).errors == 0
    assert cut_of(parted, counted=True, near=near).at == pytest.approx(min(max(near, 0.38), 0.62))
    never_false = [Sample(0.8, True), Sample(0.6, True), Sample(0.5, True)]
    assert cut_of(never_false, counted=True, near=near).at == pytest.approx(min(near, 0.4))
    unseen = [Sample(0.0, True)] * 3
    assert cut_of([*never_false, *unseen], counted=True, near=near).at > 0.05
    overlapping = [Sample(k / 100, (k > 50) != (k in (49, 53))) for k in range(100)]
    least = cut_of(overlapping, counted=True)
    found = cut_of(overlapping, counted=True, near=near)
    assert abs(found.at - near) <= abs(least.at - near)
    assert (found.errors or 0) <= (least.errors or 0) + 0.05


def test_the_band_keeps_errors_rare_among_what_is_decided() -> None:
    rng = random.Random(0)
    some = [Sample(min(max(rng.gauss(0.65, 0.12), 0), 1), True) for _ in range(400)]
    some += [Sample(min(max(rng.gauss(0.35, 0.12), 0), 1), False) for _ in range(400)]
    cut = cut_of(some, banded=True)
    assert cut.at == pytest.approx(0.5, abs=0.06)
    assert cut.unsure > 0
    decided = [(cut.rule(c.score) == "holds") == c.true for c in some if cut.rule(c.score) != "cannot tell"]
    assert np.mean(decided) >= 0.95
    assert len(decided) > 400


def test_a_judge_that_knows_nothing_still_decides_half() -> None:
    rng = random.Random(0)
    cut = cut_of([Sample(rng.random(), rng.random() < 0.5) for _ in range(400)], banded=True)
    assert cut.errors == pytest.approx(0.5, abs=0.1)
    assert 0 < cut.unsure < 0.5


class Noisy:
    """A detector whose true scores lie around `truth`, with box errors of a known size, and false ones below."""

    name = "noisy"
    knows = OPEN

    def __init__(self, truth: float, spread: float, error: float) -> None:
        self.truth, self.spread, self.error = truth, spread, error
        self.random = random.Random(1)
        self.picture: Picture | None = None

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        assert self.picture is not None
        boxes = [self._near(item.box) for item in self.picture.items]
        return tuple(tuple(self._see(query, boxes)) for query in queries)

    def _see(self, query: str, boxes: list[Box]) -> Iterator[Sighting]:
        assert self.picture is not None
        words = query.split()
        for item, box in zip(self.picture.items, boxes, strict=True):
            meant = item.kind in words and not set(words) & set(COLOURS) - {item.colour}
            middle = self.truth if meant else 0.15
            yield self._sighting(query, box, middle)
        yield self._sighting(query, Box.of(0.4, 0.0, 0.6, 0.1), 0.15)

    def _sighting(self, query: str, box: Box, middle: float) -> Sighting:
        return Sighting(query=query, box=box, score=min(max(self.random.gauss(middle, self.spread), 0.0), 1.0))

    def _near(self, corners: tuple[float, ...]) -> Box:
        return Box.of(*(v + self.random.gauss(0, self.error) for v in corners))


class Blind:
    """A scorer that knows nothing."""

    name = "blind"
    knows = OPEN

    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        return tuple(tuple(Fit(0.2, (hash(text) % 7) / 7) for text in texts) for _ in images)


def known(drawn: Picture) -> Known:
    return Known(things=tuple(KnownThing(noun=i.kind, box=Box.of(*i.box), attributes=(i.colour,)) for i in drawn.items),
                 caption=f"picture {drawn.seed}", background=drawn.background, style=drawn.style)


def pairs(detector: Noisy, count: int, start: int = 0) -> Iterator[tuple[Image.Image, Known]]:
    for seed in range(start, start + count):
        detector.picture = picture(seed, level=1)
        yield image_of(detector.picture), known(detector.picture)


WORDS = Vocabulary(families={"colour": tuple(COLOURS)})


def measure(scorer: Scorer | None = None) -> Thresholds:
    detector = Noisy(0.6, 0.04, 0.012)
    return calibrate(detector, scorer, pairs(detector, 150), vocabulary=WORDS, bystanders=KINDS)


@pytest.fixture(scope="module")
def measured() -> Thresholds:
    return measure()


def test_calibration_recovers_the_gap_and_the_box_error_of_a_detector(measured: Thresholds) -> None:
    found = measured
    assert 0.25 < found.noun.at < 0.55
    assert found.noun.errors == pytest.approx(0.0, abs=0.01)
    assert found.noun.samples > 100
    assert found.box_error == pytest.approx(0.012, rel=0.15)
    assert (found.detector, found.scorer, found.measured) == ("noisy", "", True)


def test_from_where_on_there_is_no_reserve_is_a_quantile_of_what_known_things_score(measured: Thresholds) -> None:
    normal, others = NormalDist(0.6, 0.04), len(KINDS) - 1
    assert measured.clear == pytest.approx(normal.inv_cdf(RESERVED), abs=0.01)
    highest = NormalDist(0.15, 0.04).inv_cdf((1 - RESERVED) ** (1 / others))
    assert measured.rival == pytest.approx(highest, abs=0.015)
    detector = Noisy(0.9, 0.02, 0.0)
    few = calibrate(detector, None, pairs(detector, 3), vocabulary=WORDS)
    assert (few.clear, few.rival) == (Thresholds().clear, Thresholds().rival)


def test_boxes_of_like_things_that_stand_apart_hardly_overlap_and_that_is_measured() -> None:
    def shares(error: float) -> float:
        detector = Noisy(0.9, 0.02, error)
        return calibrate(detector, None, in_rows(detector, 40), vocabulary=WORDS).touching

    assert shares(0.0) == 0.0
    assert 0.0 < shares(0.02) < shares(0.04) < 0.6
    detector = Noisy(0.9, 0.02, 0.02)
    assert calibrate(detector, None, in_rows(detector, 4), vocabulary=WORDS).touching == Thresholds().touching


def in_rows(detector: Noisy, count: int) -> Iterator[tuple[Image.Image, Known]]:
    """Three like things side by side, that all but touch."""
    for seed in range(count):
        items = tuple(Piece("box", "red", "plain", "small", (x, 0.4, x + 0.19, 0.6), 0) for x in (0.1, 0.3, 0.5))
        detector.picture = Picture(items, seed=seed)
        yield image_of(detector.picture), known(detector.picture)


def test_the_source_that_tells_is_chosen_over_the_one_that_does_not() -> None:
    colour = measure(Blind()).for_word("red", "colour")
    assert colour.source == "query"
    assert colour.errors == pytest.approx(0.0, abs=0.01)


def test_measured_thresholds_make_the_verifier_right_on_unseen_pictures(measured: Thresholds) -> None:
    detector, passed = Noisy(0.6, 0.04, 0.012), 0
    for seed in range(1000, 1040):
        detector.picture = picture(seed, level=1)
        verifier = Verifier(detector, None, measured, vocabulary=WORDS, bystanders=KINDS)
        report = verifier.verify(image_of(detector.picture), layout_of(detector.picture, relations=False))
        assert not report.failing, (seed, report.words)
        assert not report.surplus
        passed += report.passed
    assert passed >= 32


def test_the_cuts_of_nouns_leave_in_doubt_what_known_pictures_can_spare(measured: Thresholds) -> None:
    detector, cut = Noisy(0.6, 0.04, 0.012), measured.noun
    scores = [thing.score for seed in range(1000, 1100) for thing in _sightings(detector, seed)]
    doubted = np.mean([cut.rule(score) == "cannot tell" for score in scores])
    assert 0 < cut.unsure <= cut.at / 2
    assert doubted == pytest.approx(0.05, abs=0.04)
    assert all(own.unsure <= min(own.at, 1 - own.at) / 2 for own in measured.nouns.values())


def _sightings(detector: Noisy, seed: int) -> list[Sighting]:
    """What the detector sees of the things of a picture, each asked for by its kind."""
    detector.picture = picture(seed, level=1)
    seen = detector.detect(image_of(detector.picture), [f"a {item.kind}" for item in detector.picture.items])
    return [max(some, key=lambda s: s.score) for some in seen]


def test_calibration_is_the_same_every_time(measured: Thresholds) -> None:
    assert measure().model_dump_json() == measured.model_dump_json()


def test_progress_counts_pictures() -> None:
    seen: list[int] = []
    detector = Noisy(0.6, 0.04, 0.012)
    calibrate(detector, None, pairs(detector, 5), progress=lambda p: seen.append(p.pictures))
    assert seen == [1, 2, 3, 4, 5]


def test_nothing_to_measure_on_is_the_callers_mistake() -> None:
    with pytest.raises(BadRequest, match="no pictures"):
        calibrate(None, None, [])


def test_thresholds_survive_their_file(tmp_path: Path, measured: Thresholds) -> None:
    path = tmp_path / "thresholds.json"
    measured.save(path)
    assert Thresholds.load(path) == measured
    assert [p.name for p in tmp_path.iterdir()] == ["thresholds.json"]


@pytest.mark.parametrize(("content", "says"), [
    (None, "there is no file of thresholds"), ("{", "not a file of thresholds"), ("[]", "not a file of thresholds"),
    ('{"noun": {"at": "high"}}', "noun.at"), ('{"noun": {"at": 0.3}, "nuon": 1}', "nuon"),
    ('{"noun": {"at": NaN}}', "not a file of thresholds"),
])
def test_a_damaged_file_is_told_by_name(content: str | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadRequest, match=says):
        Thresholds.load(path)


def test_a_nouns_cut_is_its_own_or_that_of_its_head_or_the_general_one() -> None:
    found = Thresholds(noun=Cut(at=0.1), nouns={"sign": Cut(at=0.2), "stop sign": Cut(at=0.3)})
    assert [found.for_noun(n).at for n in ("Stop Sign", "road sign", "cat")] == [0.3, 0.2, 0.1]


@pytest.mark.parametrize(("score", "ruling"), [(0.61, "holds"), (0.5, "cannot tell"), (0.39, "fails")])
def test_a_cut_rules_by_its_band(score: float, ruling: str) -> None:
    assert Cut(at=0.5, unsure=0.1).rule(score) == ruling
