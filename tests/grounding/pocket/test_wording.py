"""What words speak of: labels that agree with the scene a caption was written for."""

import random

import pytest

from grounding.pocket.captions import caption
from grounding.pocket.training.tokenizer import build
from grounding.pocket.training.wording import OF_A_NOUN, UNSAID, VALUES, is_noun, said_at_nouns, spoken_of, words_of
from grounding.pocket.vocabulary import all_words
from grounding.pocket.world import COLOURS, KINDS, picture


def item(kind: str, colour: str, texture: str = "plain", size: str = "medium") -> dict[str, str]:
    return {"kind": kind, "colour": colour, "texture": texture, "size": size}


SCENE = [item("ball", "red"), item("cat", "blue", "striped"), item("cat", "green")]


@pytest.mark.parametrize(("text", "bits"), [
    ("a red ball and a striped cat", {"red": 1, "ball": 1, "striped": 2, "cat": 2}),
    ("two cats", {"cats": 6}),
    ("a blue striped cat next to a ball", {"blue": 2, "striped": 2, "cat": 2, "ball": 1}),
    ("a dog", {}),
    ("a red cat", {}),
    ("a large ball", {}),
    ("a medium ball", {"medium": 1, "ball": 1}),
    ("against a blue sky, a ball", {"ball": 1}),
])  # fmt: skip
def test_a_noun_and_its_adjectives_speak_of_the_things_they_fit(text: str, bits: dict[str, int]) -> None:
    words = text.replace(",", " ,").split()
    found = {word: value for word, value in zip(words, spoken_of(words, SCENE), strict=True) if value}
    assert found == bits


def test_number_and_adjectives_belong_to_the_noun_that_follows_them() -> None:
    rows = said_at_nouns(["three", "small", "red", "cats", "and", "a", "spotted", "ball"])
    cats, ball = rows[3], rows[7]
    assert (KINDS[cats["kind"]], cats["count"], VALUES["size"][cats["size"]]) == ("cat", 3, "small")
    assert VALUES["colour"][cats["colour"]] == "red"
    assert cats["texture"] == OF_A_NOUN["texture"] - 1  # not said
    assert (KINDS[ball["kind"]], ball["count"], VALUES["texture"][ball["texture"]]) == ("ball", 1, "spotted")
    assert ball["colour"] == len(COLOURS)  # red was the cats'
    assert all(row["kind"] == UNSAID for place, row in enumerate(rows) if place not in (3, 7))


def test_every_noun_of_a_true_caption_speaks_of_something_unless_it_is_denied() -> None:
    tokenizer = build(all_words())
    for seed in range(300):
        scene = picture(seed, level=seed % 3)
        things = [vars(thing) for thing in scene.items]
        text = caption(scene, random.Random(seed))
        words = words_of(tokenizer, tokenizer(text).input_ids)
        bits = spoken_of(words, things)
        nouns = [place for place, word in enumerate(words) if is_noun(word)]
        silent = [words[place] for place in nouns if not bits[place]]
        assert len(silent) <= len(scene.absent), text
        for place in nouns:
            for number, thing in enumerate(things):
                if bits[place] >> number & 1:
                    assert words[place].startswith(thing["kind"][:3]), text
