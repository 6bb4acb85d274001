"""Plurals, verb forms and quantities."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.read.grammar.lexicon import gerund, sections, verb
from planner.read.grammar.plurals import is_plural, plural, singular
from planner.read.grammar.quantity import NUMBERS, quantity
from planner.read.grammar.tokens import tokenise


@pytest.mark.parametrize(("many", "one"), [
    ("cats", "cat"), ("buses", "bus"), ("boxes", "box"), ("watches", "watch"), ("dishes", "dish"),
    ("knives", "knife"),
    ("wolves", "wolf"), ("leaves", "leaf"), ("shelves", "shelf"), ("gloves", "glove"), ("olives", "olive"),
    ("stoves", "stove"),
    ("cherries", "cherry"), ("ties", "tie"), ("cookies", "cookie"), ("pies", "pie"), ("toys", "toy"),
    ("monkeys", "monkey"),
    ("tomatoes", "tomato"), ("shoes", "shoe"), ("canoes", "canoe"), ("pianos", "piano"), ("photos", "photo"),
    ("mice", "mouse"), ("geese", "goose"), ("feet", "foot"), ("children", "child"), ("people", "person"),
    ("women", "woman"),
    ("firemen", "fireman"), ("humans", "human"), ("sheep", "sheep"), ("scissors", "scissors"), ("skis", "skis"),
    ("glasses", "glasses"), ("dresses", "dress"), ("vases", "vase"), ("horses", "horse"), ("houses", "house"),
    ("octopuses", "octopus"), ("cacti", "cactus"), ("lenses", "lens"), ("tvs", "tv"), ("t-shirts", "t-shirt"),
    ("couchs", "couch"), ("buss", "bus"), ("benchs", "bench"), ("sheeps", "sheep"), ("bus", "bus"), ("gas", "gas"),
    ("grass", "grass"), ("octopus", "octopus"), ("iris", "iris"), ("tennis", "tennis"), ("news", "news"),
])
def test_the_singular_of_a_noun(many: str, one: str) -> None:
    assert singular(many) == one


@pytest.mark.parametrize(("one", "many"), [
    ("couch", "couches"), ("fire hydrant", "fire hydrants"), ("woman", "women"), ("human", "humans"),
    ("sheep", "sheep"),
    ("knife", "knives"), ("cherry", "cherries"),
])
def test_the_plural_of_a_noun(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize("noun", sorted({*sections()["animal"], *sections()["vehicle"], *sections()["fruit"]}))
def test_the_plural_leads_back_to_the_singular(noun: str) -> None:
    assert singular(plural(noun)) == noun
    assert not is_plural(noun)


@given(st.text(max_size=30))
def test_a_singular_is_its_own_singular(word: str) -> None:
    assert singular(singular(word)) in (singular(word), singular(singular(singular(word))))


@pytest.mark.parametrize(("word", "lemma", "form"), [
    ("sitting", "sit", "ing"), ("sits", "sit", "s"), ("sat", "sit", "ed"), ("lying", "lie", "ing"),
    ("laying", "lie", "ing"),
    ("lies", "lie", "s"), ("rode", "ride", "ed"), ("riding", "ride", "ing"), ("carried", "carry", "ed"),
    ("catches", "catch", "s"),
    ("hopping", "hop", "ing"), ("hoping", "hope", "ing"), ("visiting", "visit", "ing"), ("tied", "tie", "ed"),
    ("stood", "stand", "ed"),
])
def test_the_forms_of_a_verb(word: str, lemma: str, form: str) -> None:
    assert verb(word) == (lemma, form)


@pytest.mark.parametrize("base", ["sit", "lie", "ride", "see", "visit", "run", "dye", "stand", "emit"])
def test_a_gerund_is_read_back_as_its_verb(base: str) -> None:
    found = verb(gerund(base))
    assert found is None or found.lemma == base


@pytest.mark.parametrize(("text", "low", "high", "n"), [
    ("three", 3, 3, 3), ("12", 12, 12, 12), ("twenty-one", 21, 21, 21), ("twenty one", 21, 21, 21),
    ("a dozen", 12, 12, 12), ("a hundred", 100, 100, 100), ("a thousand", 1000, 1000, 1000),
    ("half a dozen", 6, 6, 6), ("two dozen", 24, 24, 24), ("a pair of", 2, 2, 2), ("a couple of", 2, 2, 2),
    ("several", 3, None, 4),
    ("a few", 2, None, 3), ("many", 4, None, 6), ("at least four", 4, None, 4), ("up to five", 1, 5, 5),
    ("exactly six", 6, 6, 6),
    ("more than two", 3, None, 3), ("fewer than four", 1, 3, 3), ("three to five", 3, 5, 3), ("about ten", 9, 11, 10),
    ("1,000", 1000, 1000, 1000), ("two hundred", 200, 200, 200), ("3 x", 3, 3, 3),
])
def test_a_quantity_is_a_range_and_a_natural_number(text: str, low: int, high: int | None, n: int) -> None:
    tokens = tokenise(f"{text} cats")
    found = quantity(tokens, 0)
    assert found is not None
    assert (found.at_least, found.at_most, found.n, tokens[found.end].low) == (low, high, n, "cats")


@pytest.mark.parametrize("word", sorted(NUMBERS))
def test_a_number_word_is_its_number(word: str) -> None:
    found = quantity(tokenise(word), 0)
    assert found is not None
    assert found.n == NUMBERS[word]


@given(st.text(max_size=200))
def test_every_token_stands_where_it_says(text: str) -> None:
    tokens = tokenise(text)
    assert all(0 <= t.start < t.end <= len(text) for t in tokens)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
