"""World words are whole tokens, other words lose nothing, and unknown things are named with what is nearest."""

import random
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from grounding.pocket.captions import caption, plural
from grounding.pocket.profiles import profiles
from grounding.pocket.training.tokenizer import build
from grounding.pocket.vocabulary import all_words
from grounding.pocket.world import BACKGROUNDS, COLOURS, KINDS, SIZES, STYLES, TEXTURES, picture
from grounding.profile import nearest, unpaintable, words_of

PAINTER = profiles()["pipeline"]


def _byte_letters() -> dict[str, int]:
    """GPT-2's alphabet: printable bytes stand for themselves, the others for letters from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTES = _byte_letters()


def _solid(text: str) -> str:
    return "".join(letter for letter in text if not letter.isspace())


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return build(all_words())


def _captions() -> Iterator[str]:
    for seed in range(900):
        yield caption(picture(seed, level=seed % 3), random.Random(seed))


def test_every_word_of_the_world_is_known() -> None:
    names = (*KINDS, *map(plural, KINDS), *COLOURS, *TEXTURES, *SIZES, *BACKGROUNDS, *STYLES)
    assert words_of(names) <= set(all_words())
    assert words_of(_captions()) <= set(all_words())
    assert [text for text in _captions() if unpaintable(text, PAINTER)] == []


def test_every_known_word_is_one_token(tokenizer: CLIPTokenizer) -> None:
    assert [word for word in all_words() if len(tokenizer.tokenize(word)) != 1] == []


@given(text=st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_text_is_lost_to_an_unknown_token(tokenizer: CLIPTokenizer, text: str) -> None:
    plain = unicodedata.normalize("NFC", text).lower()
    if "<|" in plain:
        return
    letters = "".join(piece.removesuffix("</w>") for piece in tokenizer.tokenize(text))
    lost_nothing = bytes(_BYTES[letter] for letter in letters).decode("utf-8")
    assert _solid(lost_nothing) == _solid(plain)


def test_the_end_has_the_highest_id_and_a_query_never_begins_with_id_0(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.eos_token_id == len(tokenizer) - 1
    assert tokenizer.bos_token_id > 0
    assert tokenizer.model_max_length == 77


def test_an_unknown_word_is_named_once_with_the_nearest_things() -> None:
    found = unpaintable("a dragon, a DRAGON and two balloons beside an appel in a zorp", PAINTER)
    assert [(item.word, item.nearest) for item in found] == [
        ("dragon", ("bird", "fish")),
        ("balloons", ("ball",)),
        ("appel", ("apple",)),
        ("zorp", ()),
    ]


def test_the_warning_names_the_word_and_what_can_be_painted_instead() -> None:
    dragon, zorp = unpaintable("a dragon and a zorp", PAINTER)
    assert dragon.sentence == "the image model does not know the word `dragon`; the nearest it can paint: bird, fish"
    assert zorp.sentence == "the image model does not know the word `zorp`; nothing it can paint is near"


def test_what_is_near_can_be_painted() -> None:
    for word in ("puppy", "bicycle", "castle", "mug", "sofa", "whale", "sheep", "buses"):
        assert set(nearest(word, PAINTER)) <= set(KINDS)
        assert nearest(word, PAINTER)


@pytest.mark.parametrize("prompt", ["", "   ", "?!", "12 34"])
def test_a_prompt_without_words_has_nothing_unpaintable(prompt: str) -> None:
    assert unpaintable(prompt, PAINTER) == []


def test_a_word_with_a_digit_is_one_word_and_a_number_is_none() -> None:
    assert words_of(["a cat, 4k, 3 dogs, 8-bit 3d"]) == {"a", "cat", "4k", "dogs", "bit", "3d"}
    assert [found.word for found in unpaintable("2 red balls in 4k", PAINTER)] == ["4k"]
