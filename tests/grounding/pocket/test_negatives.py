"""A wrong caption differs from the true one in the way it says, and never where it would still be true."""

import random

import pytest

from grounding.pocket.captions import caption
from grounding.pocket.profiles import profiles
from grounding.pocket.training.negatives import GROUPS, WAYS, negatives, wrong
from grounding.pocket.training.queries import ask, by_name
from grounding.pocket.world import COLOURS, picture
from grounding.profile import unpaintable


def _captions(level: int) -> list[str]:
    return [caption(picture(seed, level=level), random.Random(seed)) for seed in range(200)]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_wrong_captions_are_different_and_made_of_known_words(level: int) -> None:
    words = random.Random(level)
    for true in _captions(level):
        for false in negatives(true, 5, words):
            assert false != true
            assert unpaintable(false, profiles()["pipeline"]) == []


def test_a_changed_colour_is_another_colour_and_nothing_else_changes() -> None:
    true = "a red ball and two blue boxes"
    for seed in range(30):
        false = wrong(true, "colour", random.Random(seed))
        assert false is not None
        changed = [pair for pair in zip(true.split(), false.split(), strict=True) if pair[0] != pair[1]]
        assert len(changed) == 1
        assert {*changed[0]} <= {*COLOURS}


def test_a_changed_kind_keeps_its_number() -> None:
    for seed in range(30):
        false = wrong("three red boxes", "kind", random.Random(seed))
        assert false is not None
        assert false.split()[2].endswith(("s", "fish"))
        assert "boxes" not in false


@pytest.mark.parametrize(
    ("way", "true", "false"),
    [
        ("colours swapped", "a red ball and a blue box", "a blue ball and a red box"),
        ("kinds swapped", "a red ball and a blue box", "a red box and a blue ball"),
        ("relation", "a cat to the left of a dog", "a cat to the right of a dog"),
        ("relation", "a cat in front of a dog", "a cat behind a dog"),
        ("relation", "a cat under the sea, a dog over a cup", "a cat under the sea, a dog under a cup"),
    ],
)
def test_swaps_exchange_exactly_two_words(way: str, true: str, false: str) -> None:
    assert wrong(true, way, random.Random(0)) == false


@pytest.mark.parametrize("way", WAYS)
def test_where_there_is_nothing_to_change_there_is_no_wrong_caption(way: str) -> None:
    assert wrong("a drawing of it", way, random.Random(0)) is None


def test_a_denied_thing_is_left_alone_because_the_change_could_be_true() -> None:
    assert wrong("a red ball, no cats", "kind", random.Random(0)) is None


def test_the_groups_cover_what_the_world_varies() -> None:
    assert set(GROUPS) == {"colour", "kind", "texture", "size", "count", "background", "style"}


def test_queries_mean_what_their_words_say() -> None:
    for seed in range(60):
        items = [vars(item) for item in picture(seed, level=2).items]
        for query in ask(items, 8, random.Random(seed)):
            assert set(query.wanted.values()) <= set(query.words.split())
        named = by_name(items, 4, random.Random(seed))
        assert all(any(query.means(item) for query in named) for item in items)
        assert sum(not any(map(query.means, items)) for query in named) == 4
