"""Words compete within their family."""

from __future__ import annotations

import pytest

from grounding.verify.families import FAMILIES, Vocabulary, is_size, subject_of
from grounding.verify.judges import indefinite, logit, shares

WORDS = Vocabulary()


def test_a_colour_competes_with_the_other_colours_and_comes_first() -> None:
    contest = WORDS.attribute("red", "ball")
    assert contest.family == "colour"
    assert contest.words[0] == "red"
    assert set(contest.words) == set(FAMILIES["colour"])
    assert contest.texts[:2] == ("a red ball", "an orange ball")


@pytest.mark.parametrize(("word", "rival"), [("crimson", "red"), ("gray", "grey"), ("bright red", "red"),
                                             ("dotted", "spotted"), ("red and white", "white")])
def test_a_word_does_not_compete_with_its_own_meaning(word: str, rival: str) -> None:
    assert rival not in WORDS.attribute(word, "ball").words[1:]


def test_an_unknown_attribute_competes_with_the_bare_noun() -> None:
    contest = WORDS.attribute("ticklish", "cat")
    assert (contest.family, contest.texts) == ("other", ("a ticklish cat", "a cat"))


def test_a_setting_does_not_compete_with_what_means_the_same() -> None:
    contest = WORDS.background("the woods", "a cat")
    assert contest.texts[0] == "a cat in a forest"
    assert "a cat in a forest" not in contest.texts[1:]
    assert "a cat in a city" in contest.texts[1:]


def test_a_setting_with_words_of_its_own_is_said_as_it_was() -> None:
    assert WORDS.background("a haunted forest", "a cat").texts[0] == "a cat in a haunted forest"
    assert WORDS.background("on a red carpet", "a cat").texts[0] == "a cat on a red carpet"


def test_styles_share_the_subject_and_leave_out_their_like() -> None:
    contest = WORDS.style("pencil sketch", "two cats")
    assert contest.texts[0] == "a pencil sketch of two cats"
    assert "an oil painting of two cats" in contest.texts
    assert contest.texts.count("a pencil sketch of two cats") == 1
    assert WORDS.style("baroque style", "a cat").texts[0] == "a baroque picture of a cat"


def test_the_subject_of_a_caption_counts_like_things() -> None:
    assert subject_of(["a red ball", "a cat", "a cat"]) == "a red ball and 2 cats"
    assert subject_of([]) == "a scene"


def test_size_words_are_no_business_of_appearance() -> None:
    assert all(map(is_size, ("small", "large", "huge", "medium")))
    assert not any(map(is_size, ("red", "striped", "old")))


def test_shares_are_a_softmax_and_logit_inverts_the_logistic() -> None:
    assert shares([0.0, 0.0]) == (0.5, 0.5)
    assert shares([1000.0, 0.0])[0] == pytest.approx(1.0)
    assert logit(0.5) == 0.0
    assert logit(0.0) == pytest.approx(-logit(1.0))


@pytest.mark.parametrize(("words", "said"), [("cat", "a cat"), ("orange cat", "an orange cat"),
                                             ("scissors", "scissors"), ("glass", "a glass"), ("bus", "a bus")])
def test_articles(words: str, said: str) -> None:
    assert indefinite(words) == said
