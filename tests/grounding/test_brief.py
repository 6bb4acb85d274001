"""The brief: what is open is decided, what is said is kept, and nothing that is decided becomes a claim."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.brief import brief
from grounding.pocket.profiles import profiles
from grounding.profile import Profile
from grounding.spans import ground
from planner.scene import Absent, Box, Layout, Placement, Scene, Thing
from scenewright import plan

POCKET = profiles()["pipeline"]
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")


def told(prompt: str, seed: int = 0) -> tuple[str, tuple[str, ...]]:
    found = brief(plan(prompt).model_copy(update={"seed": seed}), POCKET)
    assert found is not None
    return found.prompt, found.decided


def test_what_the_prompt_says_is_told_in_the_words_that_the_model_was_taught() -> None:
    assert told("pls a pic of two black cats n a white dog") == ("two black cats and a white dog", ())
    assert told("a tiny blue car in the desert") == ("a small blue car in the desert", ())
    assert told("a pencil sketch of a dotted red cup, no dogs") == ("a pencil sketch of a spotted red cup", ())
    assert told("a huge purple ball on a beach at night") == ("a night picture of a large purple ball on the beach", ())


def test_a_colour_that_is_left_open_is_decided_and_said() -> None:
    said, decided = told("a ball inside a box")
    _, first, _, _, _, second, _ = said.split()
    assert said == f"a {first} ball and a {second} box".replace("a orange", "an orange")
    assert first != second
    assert decided == (f"the ball is painted {first}, since the prompt leaves its colour open",
                       f"the box is painted {second}, since the prompt leaves its colour open")


def test_other_seeds_decide_otherwise_and_the_same_seed_alike() -> None:
    found = [told("a ball and a box", seed)[0] for seed in range(12)]
    assert len(set(found)) > 6
    assert found == [told("a ball and a box", seed)[0] for seed in range(12)]


def test_a_thing_gets_a_colour_that_such_things_have_and_that_stands_out_from_the_setting() -> None:
    assert {told("a tree", seed)[0] for seed in range(40)} == {"a green tree", "an orange tree", "a brown tree"}
    in_the_forest = {told("a tree in the forest", seed)[0] for seed in range(20)}
    assert "a green tree in the forest" not in in_the_forest
    assert {told("a star and a yellow moon", seed)[0] for seed in range(20)} == {
        "a white star and a yellow moon"}


def test_a_colour_that_the_model_does_not_know_is_not_replaced() -> None:
    assert told("a grey dog") == ("a dog", ())


def test_things_that_are_alike_get_one_colour_and_their_number() -> None:
    said, decided = told("four cars in a row")
    assert said.startswith("four ")
    assert said.endswith(" cars")
    assert len(decided) == 1


def test_the_sea_that_a_thing_is_in_is_not_the_sea_that_it_is_at() -> None:
    assert told("a black fish in the sea")[0] == "a black fish under the sea"
    assert told("a red boat by the sea")[0] == "a red boat on the beach"


def test_neighbours_get_colours_that_do_not_run_into_each_other() -> None:
    beside_red = {told("a red apple on a box", seed)[0].split()[-2] for seed in range(30)}
    assert not beside_red & {"red", "orange", "pink", "brown"}
    assert len(beside_red) > 3


def test_of_two_settings_the_first_is_told() -> None:
    assert told("a white rabbit in a snowy field")[0] == "a white rabbit in the snow"


def test_a_model_without_a_vocabulary_is_told_the_prompt_as_it_is() -> None:
    layout = plan("a ball inside a box")
    assert brief(layout, None) is None
    assert brief(layout, Profile()) is None
    assert brief(Layout(scene=Scene(prompt="a storm of colours")), POCKET) is None


def test_the_scene_that_is_judged_stays_as_it_was_read_and_places_stay_where_they_were() -> None:
    layout = plan("three cats on a table, no dogs")
    found = brief(layout, POCKET)
    assert found is not None
    painted = found.of(layout)
    assert painted.placements == layout.placements
    assert [thing.id for thing in painted.scene.things] == [thing.id for thing in layout.scene.things]
    assert painted.scene.absent == layout.scene.absent == (Absent(noun="dog", phrase="dogs"),)
    assert not any(set(thing.attributes) & set(COLOURS) for thing in layout.scene.things)


KINDS = st.sampled_from(("ball", "box", "fish", "butterfly", "apple", "bus", "umbrella"))
ATTRIBUTES = st.lists(st.sampled_from(("red", "orange", "big", "tiny", "striped", "wooden", "grey", "old")), max_size=3,
                      unique=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(KINDS, ATTRIBUTES), min_size=1, max_size=6))
def test_every_thing_is_bound_by_its_own_words_and_none_is_appended(rows: list[tuple[str, list[str]]]) -> None:
    things = tuple(Thing(id=f"t{i}", noun=noun, phrase=f"a {noun}", attributes=tuple(words))
                   for i, (noun, words) in enumerate(rows))
    layout = Layout(scene=Scene(prompt="whatever was typed", things=things), placements=tuple(
        Placement(thing=thing.id, box=Box.of(0.1 * i, 0.1, 0.1 * i + 0.1, 0.2)) for i, thing in enumerate(things)))
    found = brief(layout, POCKET)
    assert found is not None
    grounded = ground(found.of(layout))
    assert grounded.prompt == found.prompt
    assert grounded.notes == ()
    spans = [span for item in grounded.items for span in item.ranges]
    assert len(spans) == len(set(spans)) == len(grounded.items)
    for item in grounded.items:
        ((start, end),) = item.ranges
        assert found.prompt[start:end].split()[-1].startswith(item.noun[:3])
        assert sum(word in COLOURS for word in found.prompt[start:end].split()) <= 2


@pytest.mark.parametrize("noun", ["ball", "dog"])
def test_no_more_than_one_colour_is_ever_decided_for_a_thing(noun: str) -> None:
    for seed in range(10):
        assert sum(word in COLOURS for word in told(f"a {noun}", seed)[0].split()) == 1
