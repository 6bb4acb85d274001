"""Where things are, in words: finds the phrases of `planner.relations` and the grammar of directions in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from planner.read.grammar.classes import klass
from planner.read.grammar.lexicon import listed, mapping, nouns, verb
from planner.read.grammar.plurals import singular
from planner.read.grammar.tokens import Token
from planner.relations import TABLE


class Cue(NamedTuple):
    """A relation's words. `kind` holds with an object, `alone` without one; `owner` is an object within the words."""

    kind: str
    alone: str
    end: int
    words: str
    owner: str = ""
    owner_at: tuple[int, int] = (0, 0)


CORNERS = {
    "corners": ("at_top_left", "at_top_right", "at_bottom_left", "at_bottom_right"),
    "top_corners": ("at_top_left", "at_top_right"),
    "bottom_corners": ("at_bottom_left", "at_bottom_right"),
    "left_corners": ("at_top_left", "at_bottom_left"),
    "right_corners": ("at_top_right", "at_bottom_right"),
    "opposite_corners": ("at_top_left", "at_bottom_right"),
}
"""Places of which each has one, by what is `alone` in the cue."""
_VERTICAL = {
    "top": "top",
    "upper": "top",
    "topmost": "top",
    "bottom": "bottom",
    "lower": "bottom",
    "bottommost": "bottom",
}
_SIDED = frozenset({"middle", "center", "centre", "left", "right", "top", "bottom", "front", "back", "far"})
_SEQUENCES = frozenset({"rightwards", "leftwards", "downwards", "upwards"})
_PICTURE = r"of (?:the|this|my) (?:picture|image|page|frame|canvas|photo) "
_CORNERS = re.compile(
    r"(?:in|at|into) (?:(?P<all>each|every|all|both)(?: single| one)? (?:of )?)?(?:the )?(?:four |two |4 |2 )?"
    r"(?:(?P<side>top|upper|bottom|lower|left|right|opposite) )?(?:hand )?(?P<noun>corners?) "
    rf"(?:{_PICTURE}|(?!of ))")
_BODILESS = frozenset({"unknown", "abstract", "event", "amount"})
_HEIGHTS = frozenset({"up", "high", "way", "low", "down"})
_BESIDE = {"left": "left_of", "right": "right_of", "top": "above", "bottom": "below"}


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Every cue phrase by its first word, longest first. Verbs are read by the clause grammar, not here."""
    found: dict[tuple[str, ...], str] = {}
    for row in TABLE.values():
        for cue in row.cues:
            words = tuple(cue.split())
            first = verb(words[0])
            if not (first and (first.form in ("ing", "s") or row.kind == "on")):
                found.setdefault(words, row.kind)
    found.update({tuple(cue.split()): kind.replace(" ", "_") for cue, kind in mapping("cue").items()})
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, kind in found.items():
        by_first.setdefault(words[0], []).append((words, kind))
    return {first: tuple(sorted(some, key=lambda entry: -len(entry[0]))) for first, some in by_first.items()}


def cue_at(tokens: Sequence[Token], i: int) -> Cue | None:
    """The relation whose words start at `i`."""
    if corners := _corners(tokens, i):
        return corners
    side = _direction(tokens, i) or _owned_direction(tokens, i)
    found = _listed(tokens, i)
    if side and (found is None or side.end >= found.end):
        return side
    if found:
        return found
    adverbs = listed("cue_adverb")
    if tokens[i].low in adverbs and i + 1 < len(tokens) and tokens[i + 1].low not in adverbs - {"off", "up", "right"}:
        follows = tokens[i + 2].low if i + 2 < len(tokens) else ""
        k = i + 1 + (tokens[i + 1].low in ("up", "down") and follows in listed("cue_preposition"))
        later = _direction(tokens, k) or _owned_direction(tokens, k) or _listed(tokens, k)
        if later and later.kind not in ("other", "like", "made", "without", "at", "around"):
            far = {"at_left": "at_far_left", "at_right": "at_far_right"} if tokens[i].low == "far" else {}
            return later._replace(words=f"{_said(tokens, i, k)} {later.words}", alone=far.get(later.alone, later.alone))
    return None


def _listed(tokens: Sequence[Token], i: int) -> Cue | None:
    for words, kind in _phrases().get(tokens[i].low, ()):
        end = i + len(words)
        if end <= len(tokens) and all(tokens[i + k].low == word for k, word in enumerate(words)):
            if kind in _SEQUENCES:
                return Cue("", kind, end, _said(tokens, i, end))
            row = TABLE.get(kind)
            sided = tokens[end - 1].low in _SIDED and words[0] in listed("cue_preposition")
            if sided and end < len(tokens) and (_names_thing(tokens[end], owned=False) or _again(tokens, i, end)):
                continue
            alone = kind if row and row.arity in ("alone", "arrangement") else ""
            if alone and end < len(tokens) and (tokens[end].low == "of" or _within(tokens, words, end)):
                continue
            return Cue("" if alone else kind, alone, end, _said(tokens, i, end))
    return None


def _within(tokens: Sequence[Token], words: Sequence[str], end: int) -> bool:
    """"high up in a tree": how high in the tree, and not where in the picture."""
    place = cue_at(tokens, end) if words[0] in _HEIGHTS and tokens[end].kind == "word" else None
    return place is not None and bool(place.kind)


def _said(tokens: Sequence[Token], i: int, end: int) -> str:
    return " ".join(token.text for token in tokens[i:end])


def _direction(tokens: Sequence[Token], i: int) -> Cue | None:
    """ "on the far left side of", "to its right", "in the upper left corner", "left of", "at the very top"."""
    k, owner = i, ""
    preposition = tokens[k].low if tokens[k].low in listed("cue_preposition") else ""
    if preposition:
        k += 1
        if k < len(tokens) and tokens[k].low in listed("possessive"):
            owner, k = tokens[k].low, k + 1
        elif k < len(tokens) and tokens[k].low == "the":
            k += 1
    if k == i and tokens[k].low in ("middle", "center", "centre") and (
            _labels(tokens, i, i + 1) or _trails(tokens, i, i + 1, {"middle"})):
        return Cue("", "at_center", i + 1, tokens[i].text)
    sides, noun, k = _side_words(tokens, k)
    if not sides - {"far"}:
        return None
    if noun == "hand" and (preposition == "in" or not preposition):
        return None
    if preposition and k < len(tokens) and not noun and (
            _names_thing(tokens[k], owned=bool(owner)) or _again(tokens, i, k)):
        return None
    of = k < len(tokens) and tokens[k].low == "of"
    if not preposition and not of:
        labels = _labels(tokens, i, k) or _trails(tokens, i, k, sides)
        return Cue("", _names(sides, noun)[1], k, _said(tokens, i, k)) if labels else None
    if preposition and not owner and tokens[i + 1].low != "the" and not of and noun != "corner" and len(sides) < 2:
        return None
    if preposition in ("on", "in") and sides == {"top"} and not noun:
        return None
    kind, alone = _names(sides, noun)
    if preposition == "at" and sides == {"top"}:
        kind = "corner"
    if owner:
        return Cue(kind, "", k, _said(tokens, i, k), owner)
    end = k + 1 if of else k
    return Cue(kind if of else "", alone, end, _said(tokens, i, end))


def _again(tokens: Sequence[Token], i: int, k: int) -> bool:
    """Whether the word at `k` names again what was named before `i`: "two cats, a hat on the left cat"."""
    return k < len(tokens) and tokens[k].kind == "word" and tokens[k].low in nouns() and any(
        singular(token.low) == tokens[k].low for token in tokens[max(0, i - 40):i])


def _names_thing(token: Token, *, owned: bool) -> bool:
    """Whether the word after a side is what the side belongs to: "on the top shelf", "on his right shoulder"."""
    if owned:
        return token.low in listed("part")
    if token.kind != "word" or token.low in listed("function") or verb(token.low):
        return False
    return klass(token.low) in ("furniture", "container") or (
        token.low in listed("divided"))


def _labels(tokens: Sequence[Token], i: int, k: int) -> bool:
    """Whether the side words from `i` to `k` say by themselves where what follows stands: "left: a cat"."""
    begins = i == 0 or tokens[i - 1].kind == "mark"
    follows = tokens[k].low if k < len(tokens) else ""
    ends = k >= len(tokens) or (tokens[k].kind == "mark" and follows != ":")
    if begins and ends and i:
        return k - i > 1 or tokens[i].low in ("left", "right")
    return begins and (follows == ":" or (follows in listed("determiner") and follows not in listed("possessive")))


def _corners(tokens: Sequence[Token], i: int) -> Cue | None:
    """"in each of the upper corners", "in all four corners", "in every corner", "in the corners of the picture"."""
    lows = [token.low for token in tokens[i : i + 12]]
    found = _CORNERS.match(" ".join(lows) + " ") if lows[0] in ("in", "at", "into") else None
    if found is None or not (found["all"] or found["noun"] == "corners"):
        return None
    side = _VERTICAL.get(found["side"], found["side"]) if found["side"] else ""
    end = i + found[0].count(" ")
    return Cue("", f"{side}_corners" if side else "corners", end, _said(tokens, i, end))


def _trails(tokens: Sequence[Token], i: int, k: int, sides: set[str]) -> bool:
    """Whether the side words from `i` to `k` close what they are said of: "dog left, cat right", "turning left"."""
    before = tokens[i - 1] if i else None
    ends = k >= len(tokens) or tokens[k].low in (",", ".", ";", "and", "!", "?")
    if before is None or before.kind != "word" or not ends:
        return False
    form = verb(before.low)
    if form is not None and form.form in ("s", "ing") and form.lemma in listed("motion", "no_place", "facing"):
        return sides <= {"left", "right"}
    if before.low in listed("function", "determiner", "cue_preposition") or klass(singular(before.low)) in _BODILESS:
        return False
    others = {token.low for token in (*tokens[:i], *tokens[k:])} & (_SIDED | {"upper", "lower"})
    return bool(sides & {"left", "right"}) or bool(others)


def _side_words(tokens: Sequence[Token], k: int) -> tuple[set[str], str, int]:
    sides: set[str] = set()
    noun = ""
    while k < len(tokens):
        for word in tokens[k].low.split("-"):
            if word in ("left", "right", "leftmost", "rightmost"):
                sides |= {word.removesuffix("most")} | ({"far"} if word.endswith("most") else set())
            elif word in _VERTICAL:
                sides.add(_VERTICAL[word])
            elif word in ("far", "very", "extreme", "immediate", "direct", "lower", "upper", "opposite"):
                sides |= {"far"} if word in ("far", "very", "extreme") else set()
            elif word in listed("side_noun") and sides:
                noun = word
            else:
                return sides, noun, k
        k += 1
    return sides, noun, k


def _names(sides: set[str], noun: str) -> tuple[str, str]:
    vertical = next((v for v in ("top", "bottom") if v in sides), "")
    level = next((h for h in ("left", "right") if h in sides), "")
    if vertical and level:
        return "corner", f"at_{vertical}_{level}"
    if level:
        return _BESIDE[level], f"at_far_{level}" if "far" in sides else f"at_{level}"
    return "corner" if noun == "corner" else _BESIDE[vertical], f"at_{vertical}"


def _owned_direction(tokens: Sequence[Token], i: int) -> Cue | None:
    """ "to the dog's left"."""
    if tokens[i].low not in ("to", "on", "at"):
        return None
    for k in range(i + 2, min(i + 6, len(tokens) - 1)):
        if tokens[k].kind == "own":
            sides, noun, end = _side_words(tokens, k + 1)
            if len(sides) == 1 and sides <= {"left", "right"}:
                return Cue(_names(sides, noun)[0], "", end, _said(tokens, i, end), "named", (i + 1, k))
    return None
