"""Every kind of claim gets the verdict that the picture deserves, with its evidence and a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from grounding.verify.margins import measured_margin
from grounding.verify.thresholds import AttributeCut
from grounding.verify.verify import Verifier
from planner.claims import Claim
from planner.geometry import Frame, Rect, left_of
from planner.scene import (
    Absent,
    Box,
    Group,
    Relation,
    Scene,
    Thing,
)
from tests.grounding.verify.oracle import Scripted, Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, dog, only, plan, verify

# existence and number

def test_a_thing_that_is_seen_is_there_with_its_box_crop_and_score() -> None:
    found = only(verify(Scene(things=(cat(),)), [("cat", LEFT, 0.9)], cat1=LEFT), "exists")
    assert found.ruling == "holds"
    assert found.sentence == "the cat is there, on the left"
    assert (found.score, found.threshold) == (0.9, 0.2)
    assert found.evidence.boxes == (LEFT,)
    assert found.evidence.crop == (7, 27, 63, 83)


def test_a_thing_below_the_threshold_is_missing_where_it_was_planned_and_the_faint_score_is_told() -> None:
    report = verify(Scene(things=(cat(),)), [("cat", LEFT, 0.15)], cat1=LEFT)
    found = only(report, "exists")
    assert found.ruling == "fails"
    assert found.sentence == "the cat is missing; expected near the left"
    assert found.evidence.numbers == {"best faint score": 0.15}
    assert report.words == "the cat is missing; expected near the left"
    assert report.problems[0].claims == ("exists:cat1", "count:cat")


@pytest.mark.parametrize(("n", "ruling"), [(1, "fails"), (2, "holds"), (3, "fails")])
def test_counts_are_exact(n: int, ruling: str) -> None:
    boxes = [Box.of(0.05 + 0.3 * k, 0.3, 0.25 + 0.3 * k, 0.8) for k in range(n)]
    report = verify(Scene(things=(cat(1), cat(2))), [("cat", box, 0.9) for box in boxes])
    found = only(report, "count")
    assert found.ruling == ruling
    assert found.score == n
    assert len(report.surplus) == max(n - 2, 0)


def test_an_open_count_has_no_surplus() -> None:
    scene = Scene(things=(cat(1, group="g"), cat(2, group="g")), groups=(
        Group(id="g", words="several cats", at_least=2, at_most=None),))
    boxes = [Box.of(0.05 + 0.3 * k, 0.3, 0.25 + 0.3 * k, 0.8) for k in range(3)]
    report = verify(scene, [("cat", box, 0.9) for box in boxes])
    assert only(report, "count").ruling == "holds"
    assert [s.wrong for s in report.surplus] == [False]
    assert report.passed
    assert report.words == ""


def test_what_is_surplus_is_named_with_its_place() -> None:
    report = verify(Scene(things=(cat(),)), [("cat", LEFT, 0.9), ("cat", RIGHT, 0.8)], cat1=LEFT)
    assert report.match("cat1").seen is not None
    assert report.words == "a cat too many is on the right"
    (problem,) = report.problems
    assert (problem.kind, problem.boxes, problem.claims) == ("surplus", (RIGHT,), ("count:cat",))


def test_bystanders_are_named_and_take_the_place_of_what_they_rather_are() -> None:
    verifier = Verifier(Seen(("cat", LEFT, 0.4), ("rabbit", LEFT, 0.9), ("ball", RIGHT, 0.9)), None, EXACT,
                        bystanders=("rabbit", "ball"))
    report = verifier.verify(GREY, plan(Scene(things=(cat(),)), cat1=LEFT))
    assert only(report, "exists").ruling == "fails"
    assert [s.sentence for s in report.surplus] == ["a rabbit, which nobody asked for, is on the left",
                                                    "a ball, which nobody asked for, is on the right"]


def test_like_things_are_told_apart_by_where_they_are_planned() -> None:
    report = verify(Scene(things=(cat(1), cat(2))), [("cat", RIGHT, 0.9)], cat1=LEFT, cat2=RIGHT)
    assert report.words == "the left cat is missing; expected near the left"


def test_sentences_about_relations_use_the_names_that_tell_like_things_apart() -> None:
    scene = Scene(things=(cat(1), cat(2), dog()), relations=(
        Relation(kind="left_of", subjects=("cat2",), objects=("dog1",)),))
    report = verify(scene, [("cat", LEFT, 0.9), ("cat", Box.of(0.32, 0.3, 0.5, 0.8), 0.9), ("dog", RIGHT, 0.9)],
                    cat1=RIGHT, cat2=LEFT, dog1=Box.of(0.35, 0.3, 0.55, 0.8))
    assert only(report, "relation").sentence == "the left cat is left of the dog"
    assert only(report, "relation").claim.sentence == "cat 2 is left of the dog"


# attributes

def test_an_attribute_competes_with_its_family_on_the_crop() -> None:
    scene = Scene(things=(cat(1, "red"),))
    holds = verify(scene, [("cat", LEFT, 0.9)], Scripted({"red": 5.0}), cat1=LEFT)
    assert only(holds, "attribute").ruling == "holds"
    fails = verify(scene, [("cat", LEFT, 0.9)], Scripted({"blue": 5.0}), cat1=LEFT)
    found = only(fails, "attribute")
    assert found.ruling == "fails"
    assert found.sentence.startswith("the red cat looks blue (0.9")
    assert fails.problems[0].kind == "attribute"
    open_ = verify(scene, [("cat", LEFT, 0.9)], Scripted({}), cat1=LEFT)
    assert only(open_, "attribute").ruling == "cannot tell"


def test_an_attribute_of_a_missing_thing_fails_and_is_no_trouble_of_its_own() -> None:
    report = verify(Scene(things=(cat(1, "red"),)), [], Scripted({}), cat1=LEFT)
    assert only(report, "attribute").ruling == "fails"
    assert [p.kind for p in report.problems] == ["missing"]


def test_without_a_scorer_the_detector_is_asked_for_each_rival() -> None:
    scene = Scene(things=(cat(1, "red"),))
    seen = [("cat", LEFT, 0.9), ("red cat", LEFT, 0.8), ("blue cat", LEFT, 0.1)]
    assert only(verify(scene, seen, cat1=LEFT), "attribute").ruling == "holds"
    assert only(verify(scene, seen[:1], cat1=LEFT), "attribute").ruling == "cannot tell"


def test_the_measured_source_of_a_family_decides() -> None:
    scene = Scene(things=(cat(1, "red"),))
    asked = EXACT.model_copy(update={"attributes": {"colour": AttributeCut(at=0.5, source="query")}})
    seen = [("cat", LEFT, 0.9), ("red cat", LEFT, 0.8), ("blue cat", LEFT, 0.1)]
    report = verify(scene, seen, Scripted({"blue": 9.0}), thresholds=asked, cat1=LEFT)
    assert only(report, "attribute").ruling == "holds"


@pytest.mark.parametrize(("word", "size", "ruling"), [
    ("large", 0.3, "holds"), ("large", 0.15, "fails"), ("small", 0.3, "holds"), ("small", 0.6, "fails")])
def test_sizes_are_compared_with_the_plan(word: str, size: float, ruling: str) -> None:
    planned = Box.around(0.5, 0.5, 0.15, 0.3)
    seen = Box.around(0.5, 0.5, size / 2, size)
    assert only(verify(Scene(things=(cat(1, word),)), [("cat", seen, 0.9)], cat1=planned), "attribute").ruling == ruling


@pytest.mark.parametrize(("side", "word"), [(0.19, "small"), (0.22, "small"), (0.26, "medium"), (0.34, "medium"),
                                            (0.4, "large"), (0.6, "large")])
def test_sizes_follow_the_scale_of_a_picture_world(side: float, word: str) -> None:
    scales = {"small": 0.19, "medium": 0.30, "large": 0.46}
    for said in scales:
        verifier = Verifier(Seen(("cat", Box.around(0.5, 0.5, side / 2, side), 0.9)), None, EXACT, scales=scales)
        report = verifier.verify(Image.new("RGB", (100, 100)), plan(Scene(things=(cat(1, said),))))
        assert only(report, "attribute").ruling == ("holds" if said == word else "fails")


@pytest.mark.parametrize(("side", "reserve"), [(0.19, ""), (0.235, "not clearly"), (0.24, None)])
def test_a_size_that_the_box_error_could_change_holds_with_a_reserve(side: float, reserve: str | None) -> None:
    scales, thresholds = {"small": 0.19, "medium": 0.30}, EXACT.model_copy(update={"box_error": 0.01})
    verifier = Verifier(Seen(("cat", Box.around(0.5, 0.5, side / 2, side), 0.9)), None, thresholds, scales=scales)
    report = verifier.verify(Image.new("RGB", (100, 100)), plan(Scene(things=(cat(1, "small"),))))
    found = only(report, "attribute")
    assert (found.reserve if found.ruling == "holds" else None) == reserve
    assert report.reserved == ((found,) if reserve else ())


# relations

def test_relations_are_tested_on_what_is_seen_not_on_the_plan() -> None:
    scene = Scene(things=(cat(), dog()), relations=(Relation(kind="left_of", subjects=("cat1",), objects=("dog1",)),))
    swapped = [("cat", RIGHT, 0.9), ("dog", LEFT, 0.9)]
    report = verify(scene, swapped, cat1=LEFT, dog1=RIGHT)
    found = only(report, "relation")
    assert found.ruling == "fails"
    assert found.sentence == ("it does not hold that the cat is left of the dog "
                              "(the cat is on the right, the dog is on the left)")
    assert report.words.endswith("; the cat and the dog are not where planned")
    assert report.problems[0].kind == "misplaced"


def test_angles_are_those_of_the_real_picture() -> None:
    """Side by side on a wide picture, one above the other on a tall one: fractions alone would not tell."""
    scene = Scene(things=(cat(), dog()), relations=(Relation(kind="left_of", subjects=("cat1",), objects=("dog1",)),))
    seen = [("cat", Box.around(0.35, 0.35, 0.1, 0.1), 0.9), ("dog", Box.around(0.65, 0.7, 0.1, 0.1), 0.9)]
    assert only(verify(scene, seen, image=Image.new("RGB", (300, 100))), "relation").ruling == "holds"
    assert only(verify(scene, seen, image=Image.new("RGB", (100, 300))), "relation").ruling == "fails"


def test_a_relation_without_one_of_its_ends_fails_unless_it_denies() -> None:
    for negated, ruling in ((False, "fails"), (True, "cannot tell")):
        scene = Scene(things=(cat(), dog()), relations=(
            Relation(kind="on", subjects=("cat1",), objects=("dog1",), negated=negated),))
        assert only(verify(scene, [("cat", LEFT, 0.9)]), "relation").ruling == ruling


def test_a_negated_relation_holds_where_the_plain_one_fails() -> None:
    seen = [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)]
    for negated, ruling in ((False, "holds"), (True, "fails")):
        scene = Scene(things=(cat(), dog()), relations=(
            Relation(kind="left_of", subjects=("cat1",), objects=("dog1",), negated=negated),))
        assert only(verify(scene, seen), "relation").ruling == ruling


def test_of_a_pool_the_ones_that_are_seen_decide() -> None:
    scene = Scene(things=(cat(1), cat(2), dog()), relations=(
        Relation(kind="next_to", subjects=("cat1", "cat2"), objects=("dog1",)),))
    near = [("cat", Box.of(0.35, 0.3, 0.5, 0.6), 0.9), ("dog", Box.of(0.52, 0.3, 0.7, 0.6), 0.9)]
    assert only(verify(scene, near), "relation").ruling == "holds"


def test_a_relation_of_words_is_undecided() -> None:
    scene = Scene(things=(cat(), dog()), relations=(
        Relation(kind="other", subjects=("cat1",), objects=("dog1",), words="chasing"),))
    assert only(verify(scene, [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)]), "relation").ruling == "cannot tell"


def over(nearer: str) -> Image.Image:
    """A red cat and a blue dog that overlap; `nearer` is painted last."""
    pixels = np.full((100, 200, 3), 200, np.uint8)
    painted = {"cat": (slice(40, 110), (220, 40, 40)), "dog": (slice(80, 160), (40, 40, 220))}
    for noun in sorted(painted, key=lambda noun: noun == nearer):
        columns, colour = painted[noun]
        pixels[30:80, columns] = colour
    return Image.fromarray(pixels)


CAT_OVER, DOG_OVER = ("cat", Box.of(0.2, 0.3, 0.55, 0.8), 0.9), ("dog", Box.of(0.4, 0.3, 0.8, 0.8), 0.9)


@pytest.mark.parametrize("kind", ["in_front_of", "behind"])
@pytest.mark.parametrize("nearer", ["cat", "dog"])
def test_the_order_in_depth_is_read_from_whose_colours_fill_what_both_share(kind: str, nearer: str) -> None:
    scene = Scene(things=(cat(), dog()), relations=(Relation(kind=kind, subjects=("cat1",), objects=("dog1",)),))
    found = only(verify(scene, [CAT_OVER, DOG_OVER], image=over(nearer)), "relation")
    assert found.ruling == ("holds" if (nearer == "cat") == (kind == "in_front_of") else "fails")
    assert found.sentence.endswith(f"looks like the {nearer}")


@pytest.mark.parametrize("nearer", ["cat", "dog"])
def test_a_denied_order_in_depth_holds_where_the_other_order_is_seen(nearer: str) -> None:
    scene = Scene(things=(cat(), dog()), relations=(
        Relation(kind="in_front_of", subjects=("cat1",), objects=("dog1",), negated=True),))
    found = only(verify(scene, [CAT_OVER, DOG_OVER], image=over(nearer)), "relation")
    assert found.ruling == ("fails" if nearer == "cat" else "holds")
    apart = [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)]
    assert only(verify(scene, apart), "relation").ruling == "holds"


def test_the_order_in_depth_of_things_of_one_colour_is_undecided() -> None:
    scene = Scene(things=(cat(), dog()), relations=(Relation(kind="behind", subjects=("cat1",), objects=("dog1",)),))
    assert only(verify(scene, [CAT_OVER, DOG_OVER]), "relation").ruling == "cannot tell"


def test_things_that_do_not_overlap_are_not_in_front_of_each_other() -> None:
    scene = Scene(things=(cat(), dog()), relations=(
        Relation(kind="in_front_of", subjects=("cat1",), objects=("dog1",)),))
    assert only(verify(scene, [("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)]), "relation").ruling == "fails"


# the error of a margin

CLAIM = Claim(id="r", kind="relation", sentence="", things=("a",), objects=("b",), relation="left_of")
unit = st.floats(0.1, 0.9)
size = st.floats(0.05, 0.4)


@settings(max_examples=60)
@given(st.builds(Rect, unit, unit, size, size), st.builds(Rect, unit, unit, size, size))
def test_the_margin_is_the_planners_whatever_the_error(a: Rect, b: Rect) -> None:
    exact = measured_margin(CLAIM, {"a": a, "b": b}, Frame(1, 1), 0.0)
    assert exact.margin == pytest.approx(left_of(a, b))
    assert exact.error == 0.0
    rough = measured_margin(CLAIM, {"a": a, "b": b}, Frame(1, 1), 0.01)
    assert rough.margin == exact.margin
    assert rough.error >= 0.0
    denied = measured_margin(CLAIM.model_copy(update={"negated": True}), {"a": a, "b": b}, Frame(1, 1), 0.01)
    assert denied == (-rough.margin, rough.error)


def test_the_error_of_a_far_gap_is_that_of_two_edges() -> None:
    far = CLAIM.model_copy(update={"relation": "far_from"})
    rects = {"a": Rect(0.2, 0.5, 0.1, 0.1), "b": Rect(0.8, 0.5, 0.1, 0.1)}
    margin, error = measured_margin(far, rects, Frame(1, 1), 0.02)
    assert margin == pytest.approx(0.5 - 0.3)
    assert error == pytest.approx(0.02 * 2 ** 0.5, rel=1e-6)


def test_a_relation_on_the_boundary_of_its_test_is_forgiven_the_detectors_error() -> None:
    scene = Scene(things=(cat(), dog()), relations=(Relation(kind="far_from", subjects=("cat1",), objects=("dog1",)),))
    seen = [("cat", Box.of(0.0, 0.3, 0.2, 0.8), 0.9), ("dog", Box.of(0.345, 0.3, 0.6, 0.8), 0.9)]
    assert only(verify(scene, seen), "relation").ruling == "fails"
    rough = EXACT.model_copy(update={"box_error": 0.02})
    assert only(verify(scene, seen, thresholds=rough), "relation").ruling == "holds"


# absences, parts, surroundings

def test_what_must_be_absent_fails_where_it_is_seen() -> None:
    scene = Scene(absent=(Absent(noun="car", phrase="cars"),))
    assert only(verify(scene, []), "absent").ruling == "holds"
    report = verify(scene, [("car", RIGHT, 0.5)])
    assert only(report, "absent").sentence == "there should be no cars, and one is on the right"
    assert [p.kind for p in report.problems] == ["absent"]


def test_an_absence_with_attributes_concerns_only_what_has_them() -> None:
    scene = Scene(absent=(Absent(noun="car", phrase="red cars"),))
    seen = [("car", RIGHT, 0.5)]
    assert only(verify(scene, seen, Scripted({"red": 5.0})), "absent").ruling == "fails"
    assert only(verify(scene, seen, Scripted({"blue": 5.0})), "absent").ruling == "holds"
    assert only(verify(scene, seen, Scripted({})), "absent").ruling == "cannot tell"


def test_an_absence_of_a_part_concerns_only_its_host() -> None:
    scene = Scene(things=(cat(),), absent=(Absent(noun="hat", phrase="hat", of="cat1"),))
    on_it, beside = Box.of(0.1, 0.25, 0.2, 0.35), Box.of(0.5, 0.25, 0.6, 0.35)
    assert only(verify(scene, [("cat", LEFT, 0.9), ("hat", on_it, 0.9)]), "absent").ruling == "fails"
    assert only(verify(scene, [("cat", LEFT, 0.9), ("hat", beside, 0.9)]), "absent").ruling == "holds"
    assert only(verify(scene, [("hat", on_it, 0.9)]), "absent").ruling == "cannot tell"


def test_a_part_lies_on_its_whole() -> None:
    tail = Thing(id="tail1", noun="tail", phrase="a tail", part_of="cat1")
    scene = Scene(things=(cat(), tail))
    on_it, beside = Box.of(0.2, 0.6, 0.35, 0.7), Box.of(0.5, 0.6, 0.6, 0.7)
    assert only(verify(scene, [("cat", LEFT, 0.9), ("tail", on_it, 0.9)]), "part").ruling == "holds"
    report = verify(scene, [("cat", LEFT, 0.9), ("tail", beside, 0.9)])
    assert only(report, "part").sentence == "the tail is apart from the cat"
    assert report.problems[0].kind == "part"


def test_setting_and_style_compete_with_their_like() -> None:
    scene = Scene(background="a forest", style=("oil painting",))
    report = verify(scene, [], Scripted({"forest": 9.0, "oil": 9.0}))
    assert {f.ruling for f in report.findings} == {"holds"}
    report = verify(scene, [], Scripted({"city": 9.0, "cartoon": 9.0}))
    assert [f.ruling for f in report.findings] == ["fails", "fails"]
    assert [p.kind for p in report.problems] == ["background", "style"]


@pytest.mark.parametrize(("similarity", "ruling"), [(0.3, "holds"), (0.1, "fails"), (0.2, "cannot tell")])
def test_the_whole_prompt_is_scored_against_its_threshold(similarity: float, ruling: str) -> None:
    report = verify(Scene(prompt="a cat"), [], Scripted({}, similarity))
    assert report.whole is not None
    assert report.whole.ruling == ruling
    assert ("whole" in [p.kind for p in report.problems]) == (ruling == "fails")
