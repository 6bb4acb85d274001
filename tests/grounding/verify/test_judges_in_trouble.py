"""Judges that are missing, break, or were measured to be wrong: what still can be judged is, the rest is told."""

from __future__ import annotations

import pytest

from grounding.verify.families import Vocabulary
from grounding.verify.thresholds import AttributeCut, Cut, Thresholds
from grounding.verify.verify import Verifier
from planner.claims import claims_of
from planner.scene import (
    Absent,
    Box,
    Relation,
    Scene,
)
from tests.grounding.verify.oracle import Broken, Scripted, Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, dog, only, plan, verify

EVERYTHING = Scene(prompt="a red cat", things=(cat(1, "red"), dog()), background="a forest", style=("cartoon",),
                   relations=(Relation(kind="left_of", subjects=("cat1",), objects=("dog1",)),),
                   absent=(Absent(noun="car", phrase="red cars"),))


def test_without_a_detector_the_whole_picture_is_still_judged() -> None:
    report = Verifier(None, Scripted({"forest": 9.0, "cartoon": 9.0}), EXACT, reasons=("the detector is lost",)).verify(
        GREY, plan(EVERYTHING, cat1=LEFT, dog1=RIGHT))
    assert {f.claim.kind for f in report.holding} == {"background", "style"}
    assert report.failing == ()
    assert report.problems == ()
    assert report.limits[0] == "the detector is lost"
    assert "there is no detector: objects, counts and places are not judged" in report.limits


def test_without_a_scorer_objects_are_still_judged() -> None:
    report = verify(EVERYTHING, [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)])
    assert {f.claim.kind for f in report.undecided} == {"attribute", "background", "style"}
    assert report.whole is None
    assert (report.verdict, report.worth_another_round) == ("in doubt", False)


def test_with_neither_nothing_is_claimed() -> None:
    report = Verifier(None, None).verify(GREY, plan(EVERYTHING))
    assert {f.ruling for f in report.findings} == {"cannot tell"}
    assert not report.passed


ERRORS = [RuntimeError("CUDA out of memory"), ValueError("bad"), OSError(28, "No space left"), MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_a_detector_that_breaks_does_not_take_the_scorer_with_it(error: Exception) -> None:
    report = Verifier(Broken(error), Scripted({"forest": 9.0})).verify(GREY, plan(EVERYTHING))
    assert report.finding("background").ruling == "holds"
    assert report.finding("exists:cat1").ruling == "cannot tell"
    assert any(limit.startswith("the detector failed (") for limit in report.limits)


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_a_scorer_that_breaks_does_not_take_the_detector_with_it(error: Exception) -> None:
    detector = Seen(("cat", LEFT, 0.9), ("dog", RIGHT, 0.9), ("car", Box.of(0.4, 0.0, 0.5, 0.1), 0.9))
    for scene in (EVERYTHING, EVERYTHING.model_copy(update={"prompt": "", "background": "", "style": ()})):
        report = Verifier(detector, Broken(error), EXACT).verify(GREY, plan(scene, cat1=LEFT, dog1=RIGHT))
        assert report.finding("exists:cat1").ruling == "holds"
        assert report.finding("attribute:cat1:red").ruling == "cannot tell"
        assert report.finding("absent:0:car").ruling == "cannot tell"
        assert any(limit.startswith("the scorer failed (") for limit in report.limits)


def test_a_mistake_in_our_own_code_is_not_swallowed() -> None:
    with pytest.raises(AttributeError):
        Verifier(Broken(AttributeError("typo")), None).verify(GREY, plan(EVERYTHING))


def test_a_judge_that_was_measured_to_be_mostly_wrong_decides_nothing() -> None:
    poor, good = Cut(at=0.2, samples=100, errors=0.6), Cut(at=0.2, samples=100, errors=0.02)
    thresholds = EXACT.model_copy(update={"noun": good, "nouns": {"dog": poor}, "background": poor.model_copy(),
                                          "attribute": AttributeCut(at=0.5, samples=100, errors=0.5)})
    report = verify(EVERYTHING, [("cat", LEFT, 0.9)], Scripted({"forest": 9.0, "cartoon": 9.0, "red": 9.0}),
                    thresholds=thresholds, cat1=LEFT)
    told = {f.claim.id: f.ruling for f in report.findings}
    assert told["exists:cat1"] == "holds"
    assert told["absent:0:car"] == "holds"
    undecided = ("exists:dog1", "count:dog", "relation:0:left_of:cat1-dog1", "attribute:cat1:red", "background")
    assert {told[id] for id in undecided} == {"cannot tell"}
    assert "wrong about dog in 60% of the cases" in report.finding("exists:dog1").sentence
    assert {f.doubt for f in report.findings if f.claim.id in undecided} == {"unseen"}
    assert [p.kind for p in report.problems] == ["style"]


def test_a_picture_of_which_little_can_be_told_does_not_pass() -> None:
    report = verify(Scene(things=(cat(1, "red"),), background="a forest", style=("cartoon", "baroque")),
                    [("cat", LEFT, 0.9)])
    assert (len(report.holding), len(report.failing), len(report.undecided)) == (2, 0, 4)
    assert not report.passed


def test_thresholds_of_another_model_are_told() -> None:
    other = EXACT.model_copy(update={"detector": "another"})
    report = verify(Scene(things=(cat(),)), [("cat", LEFT, 0.9)], thresholds=other)
    assert "the thresholds are those of the detector `another`, not of `seen`" in report.limits
    assert any("not measured" in limit for limit in verify(Scene(), [], thresholds=Thresholds()).limits)


def test_every_claim_has_exactly_one_finding_in_order() -> None:
    report = verify(EVERYTHING, [("cat", LEFT, 0.9)])
    assert tuple(f.claim for f in report.findings) == claims_of(EVERYTHING)
    assert all(f.sentence for f in report.findings)


def test_a_vocabulary_of_ones_own_is_used() -> None:
    words = Vocabulary(families={"mood": ("jolly", "gloomy")})
    verifier = Verifier(Seen(("cat", LEFT, 0.9)), Scripted({"gloomy": 9.0}), EXACT, vocabulary=words)
    report = verifier.verify(GREY, plan(Scene(things=(cat(1, "jolly"),)), cat1=LEFT))
    assert only(report, "attribute").sentence.startswith("the jolly cat looks gloomy")
