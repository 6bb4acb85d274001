"""What the speaker takes back: "a cat, no wait, a dog" asks for a dog, "a big ball? no, a small one" a small ball."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.classes import klass
from planner.read.grammar.lexicon import by_first, describes, listed, nouns
from planner.read.grammar.opening import request
from planner.read.grammar.quantity import number, words_at
from planner.read.grammar.tokens import Token

_MARKS = frozenset({",", ".", "?", "!", ";", "-", "–", "—", "…"})
_STOPS = frozenset({".", "?", "!", ";", "\n"})
_WEAK = frozenset({"no", "sorry", "wait", "actually", "nope", "nah", "rather", "or"})
"""Words that take something back only where a new beginning follows at once."""
_SOFTENERS = ("just", "make it", "make that", "let 's do", "rather", "do", "more like")


def corrected(tokens: list[Token]) -> list[Token]:
    """The tokens without what is taken back and without the words that do so."""
    k = 1
    while k < len(tokens) - 1:
        end = _taken_back(tokens, k) if tokens[k].low in _MARKS and tokens[k].kind == "mark" else 0
        before = tokens[:k]
        while end and before and before[-1].low in _MARKS:
            before.pop()
        if end and before:
            tokens = _mended(before, tokens[end:], asked=tokens[k].low == "?")
            k = 0
        k += 1
    return tokens


def _taken_back(tokens: Sequence[Token], k: int) -> int:
    """Where the new wording begins if the words after the mark at `k` take something back; else 0."""
    k += 1
    while k < len(tokens) and (tokens[k].low in ("oh", "hm", "hmm", "um", "uh", "oops", "ok", ".") or (
            tokens[k].low == "," and tokens[k - 1].kind == "word")):
        k += 1
    phrases = by_first("correction").get(tokens[k].low, ()) if k < len(tokens) else ()
    for phrase in sorted(phrases, key=len, reverse=True):
        if not (end := words_at(tokens, k, phrase)):
            continue
        comma = end < len(tokens) and tokens[end].low in _MARKS
        begun = _softened(tokens, end + comma)
        if begun >= len(tokens):
            continue
        new = tokens[begun]
        opens = new.low in listed("determiner", "counter") or number(tokens, begun) is not None
        names = comma and new.kind == "word" and new.low not in listed("function")
        if opens or phrase not in _WEAK or (names and phrase not in ("sorry", "actually")):
            return begun if new.low != "no" else 0
    return 0


def _softened(tokens: Sequence[Token], k: int) -> int:
    changed = True
    while changed and k < len(tokens):
        changed = False
        for words in _SOFTENERS:
            if end := words_at(tokens, k, words):
                k, changed = end, True
    return k + request(list(tokens[k:]))


def _mended(before: list[Token], after: list[Token], *, asked: bool) -> list[Token]:
    """What was said before the new wording, without what that replaces."""
    stop = next((k for k in range(len(before) - 1, -1, -1) if before[k].low in _STOPS and before[k].kind == "mark"), -1)
    cut = stop + 1 if asked else _last_phrase(before, after)
    comma = Token(",", ",", after[0].start, after[0].start, "mark")
    fragment = after[:next((k for k, token in enumerate(after) if token.kind == "mark"), len(after))]
    again = any(token.low in ("one", "ones") and k and _only_tells(fragment[k - 1]) for k, token in enumerate(fragment))
    if again or all(map(_only_tells, fragment)):
        return [*before[:cut], *(token for token in before[cut:] if not _only_tells(token)), comma, *after]
    return [*before[:cut], *after]


def _only_tells(token: Token) -> bool:
    """Whether the word can only describe."""
    return describes(token.low) and token.low not in nouns()


def _last_phrase(before: Sequence[Token], after: Sequence[Token]) -> int:
    """Where the noun phrase or the place begins that the new wording replaces: the last one, or the one from which on
    it says again what was said."""
    begun = next((k + 1 for k in range(len(before) - 1, -1, -1) if before[k].kind == "mark"), 0)
    if after[0].low in listed("locating"):
        places = [k for k in range(begun, len(before)) if before[k].low in listed("locating")]
        return places[-1] if places else len(before)
    opens = [k for k in range(begun, len(before)) if before[k].low in listed("determiner", "counter") or (
        before[k].kind == "number")]
    again = {token.low for token in after[:12]} & {
        token.low for token in before[begun:] if klass(token.low) != "unknown" and not describes(token.low)}
    return (opens[0] if again else opens[-1]) if opens else begun
