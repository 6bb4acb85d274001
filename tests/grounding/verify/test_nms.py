"""One box per thing: duplicates go, planned overlaps stay, nouns compete for a place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grounding.verify.judges import Sighting
from grounding.verify.nms import COVERED, IOU, compete, corners, distinct, overlap
from planner.scene import Box


def seen(x0: float, y0: float, x1: float, y1: float, score: float = 0.9, query: str = "a cat") -> Sighting:
    return Sighting(query=query, box=Box.of(x0, y0, x1, y1), score=score)


side = st.floats(0.05, 0.5)
place = st.floats(0.0, 0.5)
boxes = st.builds(lambda x, y, w, h: Box.of(x, y, x + w, y + h), place, place, side, side)
sightings = st.builds(Sighting, query=st.just("a cat"), box=boxes, score=st.floats(0.0, 1.0))


@given(st.lists(boxes, min_size=1, max_size=6), st.lists(boxes, min_size=1, max_size=6))
def test_overlap_equals_the_boxes_own_arithmetic(a: list[Box], b: list[Box]) -> None:
    over, inside = overlap(corners(a), corners(b))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            assert np.isclose(over[i, j], one.iou(other))
            assert np.isclose(inside[i, j], one.shared(other) / min(one.area, other.area))


@given(st.lists(sightings, max_size=12))
def test_without_a_plan_no_two_survivors_are_one_thing_and_every_victim_has_a_better_survivor(
        some: list[Sighting]) -> None:
    kept = distinct(some)
    for i, one in enumerate(kept):
        for other in kept[:i]:
            assert one.box.iou(other.box) <= IOU + 1e-9
            assert one.box.shared(other.box) / min(one.box.area, other.box.area) <= COVERED + 1e-9
    for victim in some:
        assert any(k.score >= victim.score and (k.box.iou(victim.box) > IOU - 1e-9
                   or k.box.shared(victim.box) / min(k.box.area, victim.box.area) > COVERED - 1e-9)
                   for k in kept) or victim in kept


@given(st.lists(sightings, max_size=12))
def test_removing_duplicates_twice_changes_nothing(some: list[Sighting]) -> None:
    kept = distinct(some)
    assert distinct(kept) == kept


def test_two_cats_that_are_planned_over_each_other_are_both_kept() -> None:
    left, right = Box.of(0.1, 0.2, 0.6, 0.8), Box.of(0.22, 0.2, 0.72, 0.8)
    both = [Sighting(query="a cat", box=left, score=0.9), Sighting(query="a cat", box=right, score=0.8)]
    assert left.iou(right) > IOU
    assert len(distinct(both)) == 1
    assert len(distinct(both, [left, right])) == 2


def test_duplicates_of_one_planned_cat_are_removed_although_its_neighbour_overlaps_it() -> None:
    left, right = Box.of(0.1, 0.2, 0.6, 0.8), Box.of(0.22, 0.2, 0.72, 0.8)
    some = [Sighting(query="a cat", box=box, score=score) for box, score in (
        (left, 0.9), (right, 0.8), (Box.of(0.11, 0.21, 0.6, 0.8), 0.7), (Box.of(0.23, 0.2, 0.71, 0.79), 0.6))]
    assert [s.score for s in distinct(some, [left, right])] == [0.9, 0.8]


def test_more_overlap_than_planned_is_a_duplicate() -> None:
    plan = [Box.of(0.0, 0.2, 0.5, 0.8), Box.of(0.45, 0.2, 0.95, 0.8)]
    some = [seen(0.15, 0.2, 0.65, 0.8, 0.9), seen(0.25, 0.2, 0.75, 0.8, 0.8)]
    assert len(distinct(some, plan)) == 1


def test_a_part_seen_as_a_whole_is_dropped() -> None:
    assert len(distinct([seen(0.1, 0.1, 0.9, 0.9, 0.9), seen(0.3, 0.3, 0.5, 0.5, 0.6)])) == 1


def test_the_noun_further_above_its_own_threshold_takes_the_place() -> None:
    cat, dog = seen(0.1, 0.1, 0.5, 0.5, 0.5), seen(0.11, 0.1, 0.5, 0.5, 0.6, "a dog")
    by = compete({"cat": [cat], "dog": [dog]}, {"cat": 0.2, "dog": 0.5})
    assert by == {"cat": (cat,), "dog": ()}
    by = compete({"cat": [cat], "dog": [dog]}, {"cat": 0.2, "dog": 0.2})
    assert by == {"cat": (), "dog": (dog,)}


def test_nouns_that_are_planned_in_one_place_do_not_compete() -> None:
    shirt, man = seen(0.1, 0.1, 0.5, 0.5, 0.5), seen(0.11, 0.1, 0.5, 0.52, 0.9, "a man")
    by = compete({"shirt": [shirt], "man": [man]}, {"shirt": 0.2, "man": 0.2}, frozenset([frozenset(("shirt", "man"))]))
    assert by == {"shirt": (shirt,), "man": (man,)}


def test_nouns_in_different_places_do_not_compete() -> None:
    cat, dog = seen(0.1, 0.1, 0.3, 0.3, 0.3), seen(0.5, 0.5, 0.9, 0.9, 0.9, "a dog")
    assert compete({"cat": [cat], "dog": [dog]}, {"cat": 0.2, "dog": 0.2}) == {"cat": (cat,), "dog": (dog,)}
