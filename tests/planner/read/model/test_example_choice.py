"""Examples are chosen by likeness and diversity, within their count and their token budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.read.model.examples import PHENOMENA, chosen, library, phenomena, tokens_in

BY_NAME = {example.name: example for example in library()}


def names(prompt, count=6, tokens=12_000, **choice):
    return [example.name for example in chosen(prompt, count, tokens=tokens, **choice)]


@pytest.mark.parametrize("example", library(), ids=lambda e: e.name)
def test_a_prompt_that_is_an_example_finds_itself_last(example):
    assert names(example.prompt)[-1] == example.name


@pytest.mark.parametrize(("prompt", "wanted"), [
    ("a street with no cars and not a single person", "negation"), ("a sign that says “Closed”", "lettering"),
    ("a cow partly hidden by a hedge behind a gate", "depth"), ("a mouse bigger than a house", "comparison"),
    ("a kite in the top left corner", "places"), ("a vase between two lamps", "several"),
    ("portrait of a queen, oil painting, soft lighting", "style"),
    ("one hat is red, another is blue", "differentiation"), ("seven plates in a stack", "plurals"),
])
def test_the_most_like_example_shows_what_the_prompt_is_about(prompt, wanted):
    assert wanted in phenomena(prompt)
    assert wanted in BY_NAME[names(prompt)[-1]].shows


@given(prompt=st.text(max_size=300), count=st.integers(0, 50), tokens=st.integers(0, 20_000),
       likeness=st.floats(0.0, 1.0))
def test_any_prompt_gets_at_most_the_count_and_the_budget_without_repeats(prompt, count, tokens, likeness):
    picked = chosen(prompt, count, tokens=tokens, likeness=likeness)
    assert len(picked) <= count
    assert sum(example.tokens for example in picked) <= tokens
    assert len({example.name for example in picked}) == len(picked)


def test_the_choice_is_the_same_every_time():
    assert names("two owls on a branch") == names("two owls on a branch")


def test_everything_is_shown_where_the_budget_carries_it():
    assert sorted(names("a cat", count=1000, tokens=10**9)) == sorted(BY_NAME)


def test_diversity_shows_more_phenomena_than_likeness_alone():
    prompt = "three red cups and four blue plates"
    alike = {p for e in chosen(prompt, 6, tokens=12_000, likeness=1.0) for p in e.shows}
    mixed = {p for e in chosen(prompt, 6, tokens=12_000, likeness=0.3) for p in e.shows}
    assert len(mixed) > len(alike)


def test_with_likeness_alone_the_examples_are_the_nearest_ones_in_order():
    few, more = (names("a red cup on a shelf", count=count, likeness=1.0) for count in (3, 8))
    assert more[-3:] == few


def test_every_phenomenon_has_words_that_give_it_away():
    assert phenomena("") == frozenset()
    assert phenomena("carton") == frozenset()
    assert set(PHENOMENA) == {p for example in library() for p in example.shows}


def test_tokens_are_rather_counted_too_many_than_too_few():
    assert tokens_in("a red cup on a shelf") >= 7
    assert tokens_in("猫" * 10) >= 10
    assert tokens_in("\ud800") >= 1
