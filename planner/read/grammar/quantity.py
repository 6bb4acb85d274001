"""How many: digits, number words, dozens and pairs, vague words and bounds, as a range and a natural number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.tokens import Token

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {**{word: n for n, word in enumerate(_UNITS)}, **{word: 10 * n for n, word in enumerate(_TENS, 2)}}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}


class Quantity(NamedTuple):
    """A number of things. `at_most` is None where the words leave it open; `end` is the token after it."""

    at_least: int
    at_most: int | None
    n: int
    end: int
    words: str
    pair: bool = False
    same: bool = False
    """As many as were named before ("the same number of dogs")."""

    @property
    def exact(self) -> bool:
        """Whether the words state one number."""
        return self.at_least == self.at_most


def words_at(tokens: Sequence[Token], i: int, phrase: str) -> int:
    """The token after `phrase` if it stands at `i`, else 0."""
    words = phrase.split()
    if i + len(words) > len(tokens):
        return 0
    return i + len(words) if all(tokens[i + k].low == word for k, word in enumerate(words)) else 0


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[tuple[str, str], ...]]:
    """The phrases of quantity by their first word, longest first, with what they are."""
    kinds = [(phrase, kind) for kind in ("vague", "exact_number") for phrase in mapping(kind)]
    kinds += [(phrase, "same_number") for phrase in sorted(listed("same_number"))]
    kinds.sort(key=lambda entry: -len(entry[0].split()))
    kinds += list(mapping("bound").items())
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase, kind in kinds:
        found.setdefault(phrase.split()[0], []).append((phrase, kind))
    return {first: tuple(entries) for first, entries in found.items()}


def quantity(tokens: Sequence[Token], i: int) -> Quantity | None:
    """The quantity that starts at `i`."""
    lower = number(tokens, i + 1) if tokens[i].low == "between" else None
    upper = number(tokens, lower[1] + 1) if lower and words_at(tokens, lower[1], "and") else None
    if lower and upper and upper[0] > lower[0]:
        return Quantity(lower[0], upper[0], (lower[0] + upper[0]) // 2, upper[1], _text(tokens, i, upper[1]))
    for phrase, kind in _phrases().get(tokens[i].low, ()):
        end = words_at(tokens, i, phrase)
        found = _phrase(tokens, i, phrase, kind, end) if end else None
        if found:
            return found
    return _plain(tokens, i)


def _phrase(tokens: Sequence[Token], i: int, phrase: str, kind: str, end: int) -> Quantity | None:
    if kind == "same_number":
        return Quantity(2, None, 3, end, phrase, same=True)
    if kind == "exact_number":
        many = int(mapping("exact_number")[phrase])
        return Quantity(many, many, many, _said_again(tokens, many, end), phrase, pair=phrase.endswith("pair of"))
    bounded = number(tokens, end)
    if kind == "vague":
        low, natural = mapping("vague")[phrase].split(",")
        return None if phrase == "some" and bounded else Quantity(int(low), None, int(natural), end, phrase)
    return _bounded(kind, bounded[0], bounded[1], _text(tokens, i, bounded[1])) if bounded else None


def _bounded(kind: str, many: int, end: int, words: str) -> Quantity:
    low, high, natural = {
        "min": (many, None, many), "max": (1, max(1, many), max(1, many)), "above": (many + 1, None, many + 1),
        "under": (1, max(1, many - 1), max(1, many - 1)), "exact": (many, many, many),
        "near": (max(1, many - 1), many + 1, many),
    }[kind]
    return Quantity(low, high, natural, end, words)


def _plain(tokens: Sequence[Token], i: int) -> Quantity | None:
    found = number(tokens, i)
    if not found:
        return None
    many, end = found[0], _said_again(tokens, *found)
    following = tokens[end].low if end < len(tokens) else ""
    upper = number(tokens, end + 1) if following in ("to", "or", "-", "–") else None
    if upper and upper[0] > many:
        return Quantity(many, upper[0], many, upper[1], _text(tokens, i, upper[1]))
    if following in ("dozen", "dozens"):
        many, end = 12 * many, end + 1 + bool(words_at(tokens, end + 1, "of"))
    pair = following in ("pairs", "pair") and bool(words_at(tokens, end + 1, "of"))
    if pair:
        many, end = 2 * many, end + 2
    return Quantity(many, many, many, end, _text(tokens, i, end), pair=pair)


def _said_again(tokens: Sequence[Token], many: int, end: int) -> int:
    """The token after "(12)", where it says the number once more."""
    again = number(tokens, end + 1) if end < len(tokens) and tokens[end].low == "(" else None
    closed = again is not None and again[1] < len(tokens) and tokens[again[1]].low == ")"
    return again[1] + 1 if again and closed and again[0] == many else end


def number(tokens: Sequence[Token], i: int) -> tuple[int, int] | None:
    """The whole number that starts at `i`, and the token after it."""
    if i >= len(tokens):
        return None
    if tokens[i].kind == "number":
        digits = tokens[i].low.replace(",", "")
        if len(digits) > 1 and digits[0] == "0":
            return None
        times = i + 2 < len(tokens) and tokens[i + 1].low in ("x", "×")
        return (int(digits), i + 1 + times) if digits.isdecimal() and len(digits) < 7 else None
    value = _word_number(tokens[i].low)
    if value is None:
        return None
    end = i + 1
    if value in range(20, 100, 10) and end < len(tokens) and 0 < NUMBERS.get(tokens[end].low, 0) < 10:
        value, end = value + NUMBERS[tokens[end].low], end + 1
    while end < len(tokens) and tokens[end].low in _SCALES and value < 10**9:
        value, end = value * _SCALES[tokens[end].low], end + 1
    return value, end


_ONE_SIDE = rf"(\d{{1,2}}|{'|'.join(_UNITS[1:13])})"
_CELLS = re.compile(rf"{_ONE_SIDE}\s*(?:[x×*]|-?\s*by\b\s*-?)\s*{_ONE_SIDE}\b", re.IGNORECASE)


def cells(text: str, at: int) -> tuple[int, int]:
    """How many cells "3x3", "2 × 4", "3-by-3" or "three by three" makes, and the character after it; else zeros."""
    found = _CELLS.match(text, at)
    if not found:
        return 0, 0
    rows, columns = (int(side) if side.isdigit() else NUMBERS[side.lower()] for side in found.groups())
    return rows * columns, found.end()


def _word_number(word: str) -> int | None:
    if word in NUMBERS:
        return NUMBERS[word]
    tens, hyphen, unit = word.partition("-")
    if hyphen and tens in _TENS and 0 < NUMBERS.get(unit, 0) < 10:
        return NUMBERS[tens] + NUMBERS[unit]
    return None


def _text(tokens: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.text for token in tokens[start:end])
