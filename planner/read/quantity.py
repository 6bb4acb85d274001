"""How many: digits, number words, dozens and pairs, vague words and bounds, as a range and a natural number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from planner.read.tokens import Token

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = {**{word: n for n, word in enumerate(_UNITS)}, **{word: 10 * n for n, word in enumerate(_TENS, 2)}}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

VAGUE = {
    "several": (3, 4),
    "many": (4, 6),
    "some": (2, 3),
    "various": (2, 4),
    "numerous": (4, 6),
    "multiple": (2, 4),
    "countless": (6, 12),
    "few": (2, 3),
    "plenty of": (4, 6),
    "lots of": (4, 6),
    "a lot of": (4, 6),
    "a few": (2, 3),
    "a number of": (2, 4),
    "a handful of": (3, 4),
    "dozens of": (12, 12),
    "hundreds of": (12, 20),
    "thousands of": (12, 20),
    "scores of": (12, 20),
    "tons of": (4, 6),
    "loads of": (4, 6),
    "a bunch of": (3, 4),
    "a variety of": (3, 4),
    "an assortment of": (3, 4),
    "an array of": (3, 5),
    "assorted": (3, 4),
    "a ton of": (4, 6),
    "a multitude of": (6, 12),
    "quite a few": (4, 5),
    "a great many": (5, 8),
    "a good few": (3, 4),
    "a large number of": (5, 8),
    "a small number of": (2, 3),
    "a host of": (4, 6),
    "most": (2, 3),
}
_EXACT = {
    "a couple of": 2,
    "a couple": 2,
    "couple of": 2,
    "a pair of": 2,
    "pair of": 2,
    "a trio of": 3,
    "half a dozen": 6,
    "a half dozen": 6,
    "half dozen": 6,
    "a dozen": 12,
    "a dozen of": 12,
    "one dozen": 12,
    "dozen": 12,
    "half a dozen of": 6,
    "a duo of": 2,
    "a quartet of": 4,
    "a quintet of": 5,
    "a score of": 20,
    "trio of": 3,
}
_SAME = (
    "the same number of",
    "an equal number of",
    "the equal number of",
    "equal number of",
    "same number of",
    "the same amount of",
    "an equal amount of",
    "equal numbers of",
    "equal amounts of",
)
_BOUNDS = (
    ("at least", "min"),
    ("no fewer than", "min"),
    ("no less than", "min"),
    ("a minimum of", "min"),
    ("at most", "max"),
    ("up to", "max"),
    ("no more than", "max"),
    ("not more than", "max"),
    ("a maximum of", "max"),
    ("more than", "above"),
    ("over", "above"),
    ("fewer than", "under"),
    ("less than", "under"),
    ("exactly", "exact"),
    ("only", "exact"),
    ("just", "exact"),
    ("precisely", "exact"),
    ("a total of", "exact"),
    ("about", "near"),
    ("around", "near"),
    ("approximately", "near"),
    ("roughly", "near"),
    ("nearly", "near"),
    ("almost", "near"),
    ("some", "near"),
    ("close to", "near"),
)


class Quantity(NamedTuple):
    """A number of things. `at_most` is None where the words leave it open; `end` is the token after it."""

    at_least: int
    at_most: int | None
    n: int
    end: int
    words: str
    pair: bool = False
    same: bool = False

    @property
    def exact(self) -> bool:
        """Whether the words state one number."""
        return self.at_least == self.at_most


def number(tokens: Sequence[Token], i: int) -> tuple[int, int] | None:
    """The whole number that starts at `i`, and the token after it."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if token.kind == "number":
        digits = token.low.replace(",", "")
        return (int(digits), _after_scale(tokens, i + 1)) if digits.isdigit() and len(digits) < 7 else None
    value = _word_number(token.low)
    if value is None:
        return None
    end = i + 1
    if value in range(20, 100, 10) and end < len(tokens) and 0 < NUMBERS.get(tokens[end].low, 0) < 10:
        value, end = value + NUMBERS[tokens[end].low], end + 1
    while end < len(tokens) and tokens[end].low in _SCALES:
        value, end = value * _SCALES[tokens[end].low], end + 1
    return value, end


def _after_scale(tokens: Sequence[Token], end: int) -> int:
    """ "3 x apples" and "3 × apples" count as "3 apples"."""
    return end + 1 if end + 1 < len(tokens) and tokens[end].low in ("x", "×") else end


def _word_number(word: str) -> int | None:
    if word in NUMBERS:
        return NUMBERS[word]
    tens, hyphen, unit = word.partition("-")
    if hyphen and tens in _TENS and 0 < NUMBERS.get(unit, 0) < 10:
        return NUMBERS[tens] + NUMBERS[unit]
    return None


def words_at(tokens: Sequence[Token], i: int, phrase: str) -> int:
    """The token after `phrase` if it stands at `i`, else 0."""
    words = phrase.split()
    if i + len(words) > len(tokens):
        return 0
    return i + len(words) if all(tokens[i + k].low == word for k, word in enumerate(words)) else 0


_FIRST: dict[str, list[tuple[str, str]]] = {}
for _phrase in sorted((*VAGUE, *_EXACT), key=lambda p: -len(p.split())):
    _FIRST.setdefault(_phrase.split()[0], []).append((_phrase, "vague" if _phrase in VAGUE else "exact"))
for _phrase in _SAME:
    _FIRST.setdefault(_phrase.split()[0], []).append((_phrase, "same"))
for _phrase, _bound in _BOUNDS:
    _FIRST.setdefault(_phrase.split()[0], []).append((_phrase, _bound))


def quantity(tokens: Sequence[Token], i: int) -> Quantity | None:
    """The quantity that starts at `i`."""
    for phrase, kind in _FIRST.get(tokens[i].low, ()):
        end = words_at(tokens, i, phrase)
        if not end:
            continue
        if kind == "vague":
            low, natural = VAGUE[phrase]
            if phrase == "some" and number(tokens, end):
                continue
            return Quantity(low, None, natural, end, phrase)
        if kind == "same":
            return Quantity(2, None, 3, end, phrase, same=True)
        if kind == "exact" and phrase in _EXACT:
            many = _EXACT[phrase]
            return Quantity(many, many, many, end, phrase, pair=phrase.endswith("pair of"))
        bounded = number(tokens, end)
        if bounded:
            return _bounded(kind, bounded[0], bounded[1], _text(tokens, i, bounded[1]))
    return _plain(tokens, i)


def _plain(tokens: Sequence[Token], i: int) -> Quantity | None:
    found = number(tokens, i)
    if not found:
        return None
    many, end = found
    if end + 1 < len(tokens) and tokens[end].low in ("to", "or", "-", "–"):
        upper = number(tokens, end + 1)
        if upper and upper[0] > many:
            return Quantity(many, upper[0], many, upper[1], _text(tokens, i, upper[1]))
    if end < len(tokens) and tokens[end].low in ("dozen", "dozens"):
        after = end + 2 if words_at(tokens, end + 1, "of") else end + 1
        return Quantity(12 * many, 12 * many, 12 * many, after, _text(tokens, i, after))
    if end < len(tokens) and tokens[end].low in ("pairs", "pair") and words_at(tokens, end + 1, "of"):
        return Quantity(2 * many, 2 * many, 2 * many, end + 2, _text(tokens, i, end + 2), pair=True)
    return Quantity(many, many, many, end, _text(tokens, i, end))


def _bounded(kind: str, many: int, end: int, words: str) -> Quantity:
    low, high, natural = {
        "min": (many, None, many),
        "max": (1, max(1, many), max(1, many)),
        "above": (many + 1, None, many + 1),
        "under": (1, max(1, many - 1), max(1, many - 1)),
        "exact": (many, many, many),
        "near": (max(1, many - 1), many + 1, many),
    }[kind]
    return Quantity(low, high, natural, end, words)


def _text(tokens: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.text for token in tokens[start:end])
