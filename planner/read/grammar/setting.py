"""What the first words tell of where a picture plays ("a snow scene with"), and what can be drawn as a cartoon."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.classes import bodily, klass
from planner.read.grammar.lexicon import describes, listed, nouns
from planner.read.grammar.plurals import singular
from planner.read.grammar.tokens import Token

_UNDRAWN = frozenset({"unknown", "abstract", "event", "amount", "material"})
"""Classes of nouns that nothing is drawn of: "a watercolor paper" is paper."""


def occasion(part: Sequence[Token]) -> int:
    """The end of "a birthday party" in "a birthday party with balloons"."""
    end = next((k for k, token in enumerate(part) if token.low == "with"), 0)
    return end if 0 < end < 5 and part[end - 1].low in listed("occasion") and all(
        token.kind == "word" and token.low not in listed("locating") for token in part[:end]) else 0


def is_setting(lead: Sequence[Token]) -> bool:
    """"a snow scene with", "a campfire scene of": where it plays, and not how it is painted."""
    front = lead[-2].low if len(lead) > 1 else ""
    if lead[-1].low in listed("occasion"):
        return True
    return lead[-1].low == "scene" and not describes(front) and front not in listed("style_word", "style") and (
        front in listed("place", "stuff", "season") or (bodily(front) and klass(front) not in _UNDRAWN))


def is_drawn(part: Sequence[Token], k: int) -> bool:
    """Whether a thing is named at `k`, after adjectives."""
    while k < len(part) and part[k].kind == "word" and describes(part[k].low) and part[k].low not in nouns():
        k += 1
    if k >= len(part) or part[k].kind != "word":
        return False
    noun = singular(part[k].low)
    words = listed("function", "style_leading", "style_word", "text_noun", "collection")
    return klass(noun) not in _UNDRAWN and bodily(noun) and noun not in words
