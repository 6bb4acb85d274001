"""Sightings become planned things by the best assignment, in favour of what the picture shows."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.verify.judges import Sighting
from grounding.verify.match import Assignment, cost, match
from planner.scene import Box, Thing


def at(x: float, y: float = 0.5, score: float = 0.9, size: float = 0.2) -> Sighting:
    return Sighting(query="a cat", box=Box.around(x, y, size, size), score=score)


def cat(id: str, *attributes: str) -> Thing:
    return Thing(id=id, noun="cat", phrase="a cat", attributes=attributes)


def suits(thing: Thing, sighting: Sighting) -> float:
    return 1.0


def unbroken(way: Assignment) -> int:
    return 0


spots = st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.1, 1.0)), min_size=1, max_size=4,
                 unique=True)


@settings(max_examples=60)
@given(spots, spots)
def test_the_assignment_is_the_cheapest_of_all(planned: list[tuple[float, float, float]],
                                               found: list[tuple[float, float, float]]) -> None:
    things = [cat(f"c{k}") for k in range(len(planned))]
    boxes = {t.id: Box.around(x, y, 0.2, 0.2) for t, (x, y, _) in zip(things, planned, strict=True)}
    seen = [at(*spot) for spot in found]
    matched = match(things, {"cat": seen}, boxes, suits, unbroken)
    total = sum(cost(t, matched.of[t.id], boxes[t.id], suits) for t in things if t.id in matched.of)
    n = min(len(things), len(seen))
    ways = ([zip(things, way, strict=False) for way in permutations(seen, n)] if len(things) <= len(seen)
            else [zip(way, seen, strict=False) for way in permutations(things, n)])
    best = min(sum(cost(t, s, boxes[t.id], suits) for t, s in way) for way in ways)
    assert len(matched.of) == n
    assert total == pytest.approx(best)
    assert len(matched.surplus["cat"]) == len(seen) - n


def test_a_greedy_match_by_score_would_be_wrong() -> None:
    things = [cat("left"), cat("right")]
    boxes = {"left": Box.around(0.3, 0.5, 0.2, 0.2), "right": Box.around(0.6, 0.5, 0.2, 0.2)}
    near, far = at(0.45, score=0.95), at(0.85, score=0.9)
    matched = match(things, {"cat": [near, far]}, boxes, suits, unbroken)
    assert matched.of == {"left": near, "right": far}


def test_attributes_outweigh_positions() -> None:
    things = [cat("red", "red"), cat("blue", "blue")]
    boxes = {"red": Box.around(0.2, 0.5, 0.2, 0.2), "blue": Box.around(0.8, 0.5, 0.2, 0.2)}
    is_blue, is_red = at(0.2), at(0.8)

    def by_colour(thing: Thing, sighting: Sighting) -> float:
        return float((sighting is is_red) == (thing.id == "red"))

    assert match(things, {"cat": [is_blue, is_red]}, boxes, by_colour, unbroken).of == {"red": is_red, "blue": is_blue}


def test_things_are_exchanged_where_that_mends_a_relation() -> None:
    """The plan is mirrored in the picture: by position the relation breaks, by exchange it holds."""
    things = [cat("a"), cat("b")]
    boxes = {"a": Box.around(0.3, 0.5, 0.2, 0.2), "b": Box.around(0.7, 0.5, 0.2, 0.2)}
    first, second = at(0.3), at(0.7)

    def a_is_right_of_b(way: Assignment) -> int:
        return int(way["a"].box.cx < way["b"].box.cx)

    assert match(things, {"cat": [first, second]}, boxes, suits, a_is_right_of_b).of == {"a": second, "b": first}


def test_a_free_sighting_takes_the_place_of_one_that_breaks_a_relation() -> None:
    boxes = {"a": Box.around(0.3, 0.5, 0.2, 0.2)}
    wrong, right = at(0.3), at(0.8)

    def must_be_on_the_right(way: Assignment) -> int:
        return int(way["a"].box.cx < 0.5)

    matched = match([cat("a")], {"cat": [wrong, right]}, boxes, suits, must_be_on_the_right)
    assert matched.of == {"a": right}
    assert matched.surplus == {"cat": (wrong,)}


def test_with_fewer_sightings_than_things_the_nearest_things_are_found() -> None:
    things = [cat("left"), cat("right")]
    boxes = {"left": Box.around(0.2, 0.5, 0.2, 0.2), "right": Box.around(0.8, 0.5, 0.2, 0.2)}
    only = at(0.75)
    matched = match(things, {"cat": [only]}, boxes, suits, unbroken)
    assert matched.of == {"right": only}
    assert matched.surplus == {"cat": ()}


def test_nouns_do_not_mix() -> None:
    dog = Thing(id="d", noun="Dog", phrase="a dog")
    it = Sighting(query="a dog", box=Box.around(0.5, 0.5, 0.2, 0.2), score=0.9)
    matched = match([cat("c"), dog], {"cat": [], "dog": [it]}, {}, suits, unbroken)
    assert matched.of == {"d": it}
