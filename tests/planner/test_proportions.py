"""Sizes that can be painted: nothing gets lost in the picture, and what is told to be small or large is so in it."""

import random

import pytest

from planner.geometry import Frame
from planner.place import PAINTER
from planner.place.proportions import natural_sizes
from planner.read.grammar import read
from planner.scene import Scene

SQUARE = Frame(1.0, 1.0)


def sides(prompt: str, seed: int = 0) -> dict[str, float]:
    """The longer side of each thing, by its noun (the smallest of several)."""
    scene: Scene = read(prompt)
    sizes = natural_sizes(scene, SQUARE, random.Random(seed), PAINTER)
    longest: dict[str, float] = {}
    for thing in scene.things:
        longest[thing.noun] = min(longest.get(thing.noun, 9.0), max(sizes[thing.id]))
    return longest


@pytest.mark.parametrize("seed", range(5))
def test_a_small_thing_beside_a_large_one_can_still_be_made_out(seed: int) -> None:
    found = sides("a house, an apple and a crown", seed)
    assert min(found.values()) > 0.15
    assert found["apple"] < found["house"] < 0.5


@pytest.mark.parametrize("noun", ["tree", "bus", "house", "apple", "fish"])
def test_size_words_speak_of_the_picture(noun: str) -> None:
    small, plain, large = (sides(f"a {word} {noun} and a cat")[noun] for word in ("small", "", "large"))
    assert 0.15 < small < 0.23
    assert large > 0.38
    assert small < plain < large


def test_the_order_of_natural_sizes_is_kept() -> None:
    found = sides("a mouse, an apple, a cat and a house")
    assert found["mouse"] < found["cat"] < found["house"]
    assert found["apple"] < found["cat"]


@pytest.mark.parametrize("count", [2, 6, 12, 20])
def test_many_things_leave_room_for_each_other(count: int) -> None:
    scene = read(f"{count} apples")
    sizes = natural_sizes(scene, SQUARE, random.Random(0), PAINTER)
    assert len(sizes) == count
    assert sum(w * h for w, h in sizes.values()) < 0.5


def test_what_holds_something_keeps_its_natural_size() -> None:
    assert sides("a small table and a cup on the table")["table"] > sides("a small table and a cup")["table"]
