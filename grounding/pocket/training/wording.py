"""What the words of a caption speak of: the labels that teach text to be read and attention to be aimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import CLIPTokenizer

from grounding.pocket.captions import NUMBERS, plural
from grounding.pocket.world import COLOURS, KINDS, SIZES, TEXTURES

UNSAID = -100  # what cross-entropy passes over
_KINDS = {form: number for number, kind in enumerate(KINDS) for form in (kind, plural(kind))}
_COLOURS = {word: number for number, word in enumerate(COLOURS)}
_TEXTURES = {"plain": 0, "striped": 1, "spotted": 2, "dotted": 2}
_SIZES = {"small": 0, "little": 0, "tiny": 0, "medium": 1, "medium-sized": 1, "large": 2, "big": 2}
_ADJECTIVES = {*_COLOURS, *_TEXTURES, *_SIZES}
_NUMBERS = {word: number for number, word in enumerate(NUMBERS)} | {"a": 1, "an": 1, "pair": 2}
OF_A_NOUN = {
    "kind": len(KINDS),
    "colour": len(COLOURS) + 1,
    "texture": len(TEXTURES) + 1,
    "size": len(SIZES) + 1,
    "count": 7,
}
OF_A_PAIR = ("colour", "texture", "size")
VALUES: dict[str, tuple[str, ...]] = {"colour": tuple(COLOURS), "texture": tuple(TEXTURES), "size": tuple(SIZES)}


def said_at_nouns(words: list[str]) -> list[dict[str, int]]:
    """At every noun of the world: its kind, and the number and adjectives said since the last article or number."""
    rows = []
    said: dict[str, int] = {}
    for word in words:
        if word in _NUMBERS:
            said = {"count": _NUMBERS[word]}
        for name, table in (("colour", _COLOURS), ("texture", _TEXTURES), ("size", _SIZES)):
            if word in table:
                said[name] = table[word]
        if word in _KINDS:
            rows.append(
                {
                    "kind": _KINDS[word],
                    "count": said.get("count", 0),
                    **{name: said.get(name, OF_A_NOUN[name] - 1) for name in OF_A_PAIR},
                }
            )
            said = {}
        else:
            rows.append(dict.fromkeys(OF_A_NOUN, UNSAID))
    return rows


def words_of(tokenizer: CLIPTokenizer, tokens: list[int]) -> list[str]:
    """The words behind token numbers, one for each."""
    return [piece.removesuffix("</w>") for piece in tokenizer.convert_ids_to_tokens(tokens)]


def spoken_of(words: list[str], items: Sequence[Mapping[str, Any]]) -> list[int]:
    """For every word, the items that it or its noun speaks of, as bits; no bits for words that name nothing there."""
    found = [0] * len(words)
    start = 0
    for place, said in enumerate(said_at_nouns(words)):
        if words[place] in _NUMBERS:
            start = place + 1
        if said["kind"] == UNSAID:
            continue
        meant = sum(1 << number for number, item in enumerate(items[:8]) if _fits(said, item))
        for word in range(start, place + 1):
            if word == place or words[word] in _ADJECTIVES:
                found[word] = meant
        start = place + 1
    return found


def is_noun(word: str) -> bool:
    return word in _KINDS


def _fits(said: Mapping[str, int], item: Mapping[str, Any]) -> bool:
    unsaid = {name: len(VALUES[name]) for name in OF_A_PAIR}
    return KINDS[said["kind"]] == item["kind"] and all(
        said[name] in (unsaid[name], VALUES[name].index(item[name])) for name in OF_A_PAIR
    )
