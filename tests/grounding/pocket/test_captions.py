"""Captions tell the truth about their pictures, in many words."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.pocket.captions import NUMBERS, caption, plural
from grounding.pocket.world import COLOURS, KINDS, Bond, Picture, Piece, picture
from planner.articles import with_article

SIZE_OF = {"tiny": "small", "little": "small", "big": "large", "medium-sized": "medium"}
TEXTURE_OF = {"dotted": "spotted"}
COUNTS = {word: k for k, word in enumerate(NUMBERS)} | {str(k): k for k in range(7)} | {"a": 1, "an": 1, "a pair of": 2}
NOUNS = {kind: kind for kind in KINDS} | {plural(kind): kind for kind in KINDS}
ADJECTIVES = ["small", "medium", "large", *SIZE_OF, "plain", "striped", "spotted", *TEXTURE_OF, *COLOURS]
COUNT, NOUN = "|".join(sorted(COUNTS, key=len, reverse=True)), "|".join(sorted(NOUNS, key=len, reverse=True))
LOOKS = rf"(?P<words>(?:(?:{'|'.join(ADJECTIVES)}) )*)"
MENTION = re.compile(rf"(?<![\w-])(?P<no>no |without )?(?P<count>{COUNT})? ?{LOOKS}(?P<noun>{NOUN})\b")


def mentions(text: str) -> list[tuple[int, set[str], str]]:
    """(count, adjectives, kind) of every thing that a caption says is there."""
    found = []
    for match in MENTION.finditer(text):
        if match["no"] or not match["count"]:
            continue
        words = {SIZE_OF.get(word, TEXTURE_OF.get(word, word)) for word in match["words"].split()}
        found.append((COUNTS[match["count"]], words, NOUNS[match["noun"]]))
    return found


def fits(item: Piece, words: set[str], kind: str) -> bool:
    return item.kind == kind and words <= {item.colour, item.texture, item.size}


@given(st.integers(0, 2**40), st.sampled_from((0, 1, 2)), st.integers(0, 2**30))
@settings(max_examples=600, deadline=None)
def test_every_mention_has_as_many_items_as_it_says_and_no_item_is_left_out(seed: int, level: int, turn: int) -> None:
    scene = picture(seed, level=level)
    text = caption(scene, random.Random(turn))
    told = mentions(text)
    assert sum(count for count, _, _ in told) == len(scene.items), text
    for count, words, kind in told:
        assert sum(fits(item, words, kind) for item in scene.items) >= count, text
    assert all(any(fits(item, words, kind) for _, words, kind in told) for item in scene.items), text


@given(st.integers(0, 2**40), st.integers(0, 2**30))
@settings(max_examples=300, deadline=None)
def test_what_is_said_to_be_missing_is_missing(seed: int, turn: int) -> None:
    scene = picture(seed)
    for match in MENTION.finditer(caption(scene, random.Random(turn))):
        if match["no"]:
            assert all(item.kind != NOUNS[match["noun"]] for item in scene.items)


ORDER = {
    "left_of": (r"left of|left side of", r"right of|right side of"),
    "above": (r"above|over|higher than", r"below|under|beneath|underneath"),
    "in_front_of": (r"in front of", r"behind"),
}


@pytest.mark.parametrize("kind", sorted(ORDER))
@pytest.mark.parametrize("swapped", [False, True])
def test_a_relation_is_told_the_right_way_round(kind: str, swapped: bool) -> None:
    ball = Piece("ball", "red", "plain", "medium", (0.1, 0.1, 0.4, 0.4), 1)
    cup = Piece("cup", "blue", "plain", "medium", (0.6, 0.6, 0.9, 0.9), 0)
    opposite = {"left_of": "right_of", "above": "below", "in_front_of": "behind"}[kind]
    scene = Picture((ball, cup), (Bond(opposite, 1, 0) if swapped else Bond(kind, 0, 1),))
    forward, backward = ORDER[kind]
    checked = 0
    for turn in range(300):
        text = caption(scene, random.Random(turn))
        ball_at, cup_at = text.index("ball"), text.index("cup")
        word = re.search(rf"\b(?:(?P<forward>{forward})|(?P<backward>{backward}))\b", text)
        if word is None or " it" in text:
            continue
        checked += 1
        assert min(ball_at, cup_at) < word.start() < max(ball_at, cup_at), text
        assert bool(word["forward"]) == (ball_at < cup_at), text
    assert checked > 100


def test_sides_are_told_the_right_way_round() -> None:
    ball = Piece("ball", "red", "plain", "medium", (0.1, 0.1, 0.4, 0.4), 1)
    cup = Piece("cup", "blue", "plain", "medium", (0.6, 0.1, 0.9, 0.4), 0)
    texts = {caption(Picture((ball, cup), (Bond("left_of", 0, 1),)), random.Random(turn)) for turn in range(500)}
    for text in texts:
        for side in re.finditer(r"(ball|cup) on the (left|right)(?! of| side)", text):
            assert side.groups() in {("ball", "left"), ("cup", "right")}, text
        for side in re.finditer(r"with a (?:red |blue )?(ball|cup) on its (left|right)", text):
            assert side.groups() in {("ball", "left"), ("cup", "right")}, text


def test_the_simple_captions_are_common() -> None:
    ball = Piece("ball", "red", "plain", "medium", (0.1, 0.1, 0.4, 0.4), 0)
    star = Piece("star", "green", "plain", "small", (0.6, 0.1, 0.8, 0.3), 0)
    for scene, plain in (
        (Picture((ball,)), "a red ball"),
        (Picture((star, star, star)), "three green stars"),
    ):
        texts = [caption(scene, random.Random(turn)) for turn in range(300)]
        assert texts.count(plain) > 60
        assert len(set(texts)) > 40


def test_captions_vary_but_not_by_chance() -> None:
    scene = picture(5)
    texts = [caption(scene, random.Random(turn)) for turn in range(50)]
    assert texts == [caption(scene, random.Random(turn)) for turn in range(50)]
    assert len(set(texts)) > 20


def test_plurals_and_articles_are_english() -> None:
    irregular = {kind: plural(kind) for kind in KINDS if plural(kind) != kind + "s"}
    assert irregular == {"box": "boxes", "fish": "fish", "bus": "buses", "butterfly": "butterflies"}
    assert with_article("orange cup") == "an orange cup"
    assert with_article("red umbrella") == "a red umbrella"
    assert with_article("umbrella") == "an umbrella"
