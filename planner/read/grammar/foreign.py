"""What is not English: emoji, other scripts and other languages are told to be unread, and name no things."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from planner.read.grammar.lexicon import describes, listed, nouns, verb
from planner.read.grammar.plurals import singular
from planner.read.grammar.quantity import NUMBERS
from planner.read.grammar.tokens import Token
from planner.sizes import sized

_FEWEST = 4
"""Unknown words in a row that are no name: fewer can be a name that nobody has listed."""


class Foreign(NamedTuple):
    """The phrases that are not English, and the tokens with a comma in the place of each."""

    phrases: tuple[str, ...]
    tokens: list[Token]


def split_foreign(tokens: Sequence[Token], text: str) -> Foreign:
    """Takes what is not English out of the tokens."""
    phrases: list[str] = []
    kept: list[Token] = []
    for run in _runs(tokens):
        if not _strange(run):
            kept.extend(run)
            continue
        start, end = run[0].start, run[-1].end
        phrases.append(text[start:end])
        kept.append(Token(",", text[start:end], start, end, "mark"))
    return Foreign(tuple(phrases), kept)


def _runs(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens cut into words between marks, symbols, what is in another script, and everything else."""
    found: list[list[Token]] = []
    last = ""
    for token in tokens:
        sort = last if _joins(token) and last in ("symbol", "script") else _sort(token)
        if found and sort == last and sort in ("words", "symbol", "script"):
            found[-1].append(token)
        else:
            found.append([token])
        last = sort
    return found


def _sort(token: Token) -> str:
    if token.kind == "mark":
        return "symbol" if all(map(_is_picture, token.low)) else "mark"
    if token.kind in ("quote", "number"):
        return token.kind
    return "words" if all(map(_latin, token.low)) else "script"


def _strange(run: Sequence[Token]) -> bool:
    sort = _sort(run[0])
    return sort in ("symbol", "script") or (sort == "words" and _other_language([token.low for token in run]))


@lru_cache(maxsize=4096)
def _latin(letter: str) -> bool:
    return not letter.isalpha() or "LATIN" in unicodedata.name(letter, "")


def _is_picture(letter: str) -> bool:
    """Whether it is an emoji or a piece of one; a copyright sign is none."""
    return letter >= "\u2300" and unicodedata.category(letter) in ("So", "Sk", "Cf", "Mn", "Cn", "Co")


def _joins(token: Token) -> bool:
    """Whether the mark is a vowel sign or the like, which belongs to the letter before it."""
    return token.kind == "mark" and all(unicodedata.category(letter) in ("Mn", "Mc", "Cf") for letter in token.low)


def _other_language(words: Sequence[str]) -> bool:
    """Whether words between two marks are of another language: an article of it begins them, or two of its small words
    are among them, or most of them are unknown; and no small word of English is."""
    if any(word in listed("function", "determiner", "cue_preposition") - listed("shared_function") for word in words):
        return False
    small = {word for word in words if word.split("'")[0] in listed("foreign_function")}
    if len(words) > 1 and (words[0] in listed("foreign_article") or len(small) > 1):
        return True
    unknown = [word for word in words if not _known(word)]
    return len(unknown) >= _FEWEST and 3 * len(unknown) >= 2 * len(words)


@lru_cache(maxsize=20_000)
def _known(word: str) -> bool:
    """Whether the reader can have met the word in English."""
    return (word in NUMBERS or singular(word) in nouns() or word in nouns() or describes(word) or verb(word) is not None
            or sized(singular(word)) or word in listed("adverb", "style_word", "function", "request"))
