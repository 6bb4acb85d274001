"""Findings in words: places, ordinals, names that tell like things apart."""

from __future__ import annotations

import pytest

from grounding.verify.words import at, listed, number, place, renamed, spoken_names
from planner.scene import Box, Layout, Placement, Scene, Thing


@pytest.mark.parametrize(("x", "y", "where", "said"), [
    (0.1, 0.1, "the top left", "at the top left"), (0.5, 0.1, "the top", "at the top"),
    (0.9, 0.1, "the top right", "at the top right"), (0.1, 0.5, "the left", "on the left"),
    (0.5, 0.5, "the middle", "in the middle"), (0.9, 0.5, "the right", "on the right"),
    (0.1, 0.9, "the bottom left", "at the bottom left"), (0.5, 0.9, "the bottom", "at the bottom"),
    (0.9, 0.9, "the bottom right", "at the bottom right")])
def test_a_box_is_in_one_of_nine_places(x: float, y: float, where: str, said: str) -> None:
    box = Box.around(x, y, 0.1, 0.1)
    assert (place(box), at(box)) == (where, said)


def layout(*centres: tuple[float, float], phrase: str = "a cat") -> Layout:
    things = tuple(Thing(id=f"cat{k}", noun="cat", phrase=phrase) for k in range(len(centres)))
    return Layout(scene=Scene(things=things), placements=tuple(
        Placement(thing=f"cat{k}", box=Box.around(x, y, 0.1, 0.1)) for k, (x, y) in enumerate(centres)))


def test_two_like_things_are_the_left_and_the_right_one() -> None:
    assert spoken_names(layout((0.8, 0.5), (0.2, 0.4))) == {"cat0": "the right cat", "cat1": "the left cat"}
    assert spoken_names(layout((0.5, 0.8), (0.5, 0.2), phrase="a red cat")) == {
        "cat0": "the lower cat", "cat1": "the upper cat"}


def test_what_is_said_of_like_things_is_left_out_unless_others_of_their_noun_differ() -> None:
    two = layout((0.8, 0.5), (0.2, 0.4), phrase="a red cat")
    other = Thing(id="other", noun="cat", phrase="a blue cat")
    three = Layout(scene=Scene(things=(*two.scene.things, other)), placements=two.placements)
    assert spoken_names(three) == {"cat0": "the right red cat", "cat1": "the left red cat", "other": "the blue cat"}


def test_more_are_counted_from_one_side() -> None:
    names = spoken_names(layout((0.5, 0.5), (0.1, 0.5), (0.9, 0.5)))
    assert names == {"cat0": "the second cat from the left", "cat1": "the first cat from the left",
                     "cat2": "the third cat from the left"}
    assert spoken_names(layout(*((0.5, k / 12) for k in range(12))))["cat11"] == "the 12th cat from the top"


def test_things_of_different_words_keep_their_names() -> None:
    things = (Thing(id="a", noun="cat", phrase="a red cat"), Thing(id="b", noun="cat", phrase="a blue cat"))
    assert spoken_names(Layout(scene=Scene(things=things))) == {"a": "the red cat", "b": "the blue cat"}


def test_renaming_takes_whole_names_only() -> None:
    twelve = layout(*((k / 12, 0.5) for k in range(12)))
    names = spoken_names(twelve)
    said = renamed("cat 1 and cat 12 are near cat 10", twelve.scene, names)
    assert said == ("the first cat from the left and the 12th cat from the left are near the tenth cat from the left")


def test_lists_and_numbers_read_as_they_are_spoken() -> None:
    assert [listed(some) for some in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert [number(n, "cat") for n in (0, 1, 3, 40)] == ["no cat", "one cat", "three cats", "40 cats"]
