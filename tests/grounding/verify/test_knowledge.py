"""A judge decides what it was taught, and of everything else it says that it cannot tell."""

from __future__ import annotations

import pytest

from grounding.pocket.world import COLOURS, KINDS, TEXTURES
from grounding.verify.judges import OPEN, Knowledge
from grounding.verify.pocket import KNOWS, VOCABULARY
from grounding.verify.report import Report
from grounding.verify.verify import Verifier
from planner.scene import Absent, Lettering, Relation, Scene, Thing
from tests.grounding.verify.oracle import Scripted, Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, dog, plan, verify

KITE = Thing(id="kite1", noun="kite", phrase="a red kite", attributes=("red",))


class Taught(Seen):
    """A detector that knows cats and dogs."""

    knows = Knowledge(nouns=frozenset(("cat", "dog")), words=frozenset(("red", "blue")))


class Schooled(Scripted):
    """A scorer that knows two colours and a few settings."""

    knows = Knowledge(words=frozenset(("red", "blue", "forest", "city", "night")))


def look(scene: Scene, *seen: str, logits: dict[str, float] | None = None) -> Report:
    places = dict(zip(seen, (LEFT, RIGHT), strict=False))
    verifier = Verifier(Taught(*((noun, place, 0.9) for noun, place in places.items())),
                        Schooled(logits or {}), EXACT, vocabulary=VOCABULARY)
    return verifier.verify(GREY, plan(scene))


def test_an_open_judge_answers_for_all_and_a_taught_one_for_its_own_words() -> None:
    assert OPEN.names("kite")
    assert OPEN.tells("ticklish")
    assert all(map(KNOWS.names, KINDS))
    assert all(map(KNOWS.tells, (*COLOURS, *TEXTURES, "dotted", "bright red", "sea", "night", "sketch")))
    assert not any(map(KNOWS.names, ("kite", "red kite", "cloud", "")))
    assert not any(map(KNOWS.tells, ("swimming", "wee", "masterpiece", "4k", "oil", "")))


def test_a_thing_of_an_unknown_kind_is_neither_there_nor_missing() -> None:
    report = look(Scene(things=(KITE,)))
    assert {(f.ruling, f.doubt) for f in report.findings} == {("cannot tell", "unknown")}
    assert "never taught what a kite looks like" in report.finding("exists:kite1").sentence
    assert (report.verdict, report.worth_another_round, report.problems) == ("in doubt", False, ())
    assert report.summary.startswith("nothing on it could be checked (")


def test_a_relation_to_an_unknown_kind_cannot_be_told_and_does_not_pass_as_verified() -> None:
    scene = Scene(things=(cat(), KITE), relations=(Relation(kind="left_of", subjects=("cat1",), objects=("kite1",)),))
    report = look(scene, "cat")
    assert [f.ruling for f in report.findings if f.claim.kind == "relation"] == ["cannot tell"]
    assert (report.verdict, report.worth_another_round) == ("in doubt", False)
    assert report.summary.startswith("passes as far as it can be told (")
    assert "the cat is left of the red kite" in report.summary


@pytest.mark.parametrize("word", ["swimming", "wee", "masterly"])
def test_an_attribute_that_nobody_was_taught_neither_fails_a_picture_nor_costs_a_round(word: str) -> None:
    report = look(Scene(things=(cat(1, word),)), "cat")
    found = report.finding(f"attribute:cat1:{word}")
    assert (found.ruling, found.doubt) == ("cannot tell", "unknown")
    assert (report.verdict, report.worth_another_round) == ("verified", False)
    assert found.claim.sentence in report.summary


def test_an_open_scorer_still_judges_any_word() -> None:
    report = verify(Scene(things=(cat(1, "ticklish"),)), [("cat", LEFT, 0.9)], Scripted({"ticklish": 9.0}))
    assert report.finding("attribute:cat1:ticklish").ruling == "holds"


def test_an_absence_of_an_unknown_kind_cannot_be_told_and_is_named() -> None:
    report = look(Scene(things=(cat(),), absent=(Absent(noun="person", phrase="people"),)), "cat")
    assert report.finding("absent:0:person").doubt == "unknown"
    assert report.verdict == "verified"
    assert "no people" in report.summary


@pytest.mark.parametrize("word", ["masterpiece", "4k", "oil painting"])
def test_a_style_that_the_scorer_was_not_taught_cannot_be_told(word: str) -> None:
    report = look(Scene(things=(cat(),), style=(word,)), "cat", logits={"masterpiece": 9.0, "oil": 9.0})
    assert (report.finding("style:0").ruling, report.finding("style:0").doubt) == ("cannot tell", "unknown")


def test_a_setting_that_nobody_knows_is_not_verified() -> None:
    report = look(Scene(things=(cat(),), background="a bathroom"), "cat")
    assert report.finding("background").doubt == "unknown"
    assert report.verdict == "in doubt"


def test_two_settings_are_judged_one_by_one_and_both_must_hold() -> None:
    scene = Scene(things=(cat(),), background="a city at night")
    assert look(scene, "cat", logits={"city": 9.0, "night": 9.0}).finding("background").ruling == "holds"
    for half, other in (("city", "cartoon"), ("night", "forest")):
        assert look(scene, "cat", logits={half: 9.0, other: 5.0}).finding("background").ruling == "fails"


def test_a_word_with_two_meanings_holds_in_either() -> None:
    class Sailor(Scripted):
        knows = KNOWS

    for said in ("on the beach", "under the sea"):
        verifier = Verifier(Seen(("cat", LEFT, 0.9)), Sailor({said: 9.0}), EXACT, vocabulary=VOCABULARY)
        report = verifier.verify(GREY, plan(Scene(things=(cat(),), background="the sea")))
        assert report.finding("background").ruling == "holds"


def test_with_says_that_both_are_there_and_other_words_between_things_are_not_judged() -> None:
    def told(words: str, *seen: str) -> Report:
        relation = Relation(kind="other", subjects=("cat1",), objects=("dog1",), words=words)
        return look(Scene(things=(cat(), dog()), relations=(relation,)), *seen)

    assert told("with", "cat", "dog").verdict == "verified"
    assert told("with", "cat").verdict == "not verified"
    hovering = told("hovering over", "cat", "dog")
    assert (hovering.verdict, hovering.worth_another_round) == ("in doubt", False)


def test_what_the_reader_did_not_understand_keeps_a_picture_in_doubt() -> None:
    report = look(Scene(things=(cat(),), unread=("both blue",)), "cat")
    assert (report.verdict, report.worth_another_round) == ("in doubt", False)
    assert "“both blue” was not understood" in report.summary


def test_tall_is_nothing_that_a_scale_of_sizes_speaks_of() -> None:
    verifier = Verifier(Seen(("cat", LEFT, 0.9)), None, EXACT, scales={"small": 0.2, "large": 0.5})
    report = verifier.verify(GREY, plan(Scene(things=(cat(1, "tall"),))))
    assert report.finding("attribute:cat1:tall").doubt == "unknown"


def test_lettering_that_nobody_reads_is_not_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grounding.verify.lettering.find_spec", lambda name: None)
    report = look(Scene(things=(cat(),), lettering=(Lettering(content="STOP"),)), "cat")
    assert (report.finding("lettering:0").doubt, report.verdict) == ("unseen", "in doubt")
    assert "scenewright[ocr]" in report.finding("lettering:0").sentence
