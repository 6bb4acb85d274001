"""Style, medium and quality words: what the picture is, rather than what is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from planner.read.lexicon import describes, listed, nouns, sections, verb
from planner.read.quantity import words_at
from planner.read.tokens import Token

_BREAKS = frozenset(",.;|\n()[]{}")
_BY = re.compile(r"^(art(work)? )?by [^\d]+$")


class Style(NamedTuple):
    """Style words found, and the tokens that stay."""

    words: tuple[str, ...]
    tokens: list[Token]


def split_style(tokens: Sequence[Token], text: str) -> Style:
    """Takes the leading medium ("an oil painting of") and the style fragments out of the tokens."""
    words: list[str] = []
    kept: list[Token] = []
    start = 0
    for segment in _segments(tokens):
        stop = segment[1]
        part = list(tokens[segment[0] : stop])
        if not kept and start == 0:
            part = part[_request(part) :]
        lead = _lead(part) if start == 0 or not kept or kept[-1].low in (".", "!", "?") else 0
        if lead:
            words.append(_said(part[:lead], text))
            part = part[_after_lead(part, lead) :]
        if part and is_style(part, first=not kept and not lead):
            words.append(_said(part, text))
            part = []
        start = stop
        if part:
            kept.extend(part)
        if stop < len(tokens) and (part or tokens[stop].low in (".", "!", "?")) and kept:
            kept.append(tokens[stop])
    said = (_without_article(w) for w in words if w)
    return Style(tuple(w for w in said if w not in listed("no_style")), kept)


def _segments(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Token ranges between commas and full stops; the break itself stands at the end of its range."""
    found, start = [], 0
    for k, token in enumerate(tokens):
        if token.kind == "mark" and (token.low in _BREAKS or token.low.startswith("--")):
            found.append((start, k))
            start = k + 1
    found.append((start, len(tokens)))
    return found


def _said(part: Sequence[Token], text: str) -> str:
    return text[part[0].start : part[-1].end].strip() if part else ""


def _without_article(words: str) -> str:
    return re.sub(r"^(an?|the) ", "", words, flags=re.IGNORECASE)


def _lead(part: Sequence[Token]) -> int:
    """The end of a leading medium: "a realistic photo of" -> 3 (the token "of")."""
    begun = 0
    while begun < len(part) and part[begun].low in ("there", "is", "this", "it", "'s"):
        begun += 1
    for end in range(begun + 1, min(begun + 10, len(part))):
        two = " ".join(token.low for token in part[max(begun, end - 2) : end])
        last = part[end - 1].low
        if {last, last.rstrip("s"), two} & listed("style_leading"):
            follows = any(words_at(part, end, after) for after in sections()["after_lead"])
            verbal = verb(part[end - 1].low)
            bare = end - begun > 1 and part[end].low in ("a", "an", "two", "three") and verbal is None
            if (follows or bare) and not _counted(part[begun:end]):
                return end
        elif not _names_medium(part[end - 1]):
            return 0
    return 0


def _names_medium(token: Token) -> bool:
    """Whether a word can stand before the medium ("a realistic black and white photo of")."""
    form = verb(token.low)
    if form and form.form == "ing" and not describes(token.low):
        return False
    return token.kind in ("word", "number") and (
        token.low not in listed("function") or token.low in ("a", "an", "the", "and"))


def _after_lead(part: Sequence[Token], lead: int) -> int:
    """Where the picture's content begins after "a photo": behind "of", "that shows" and the like."""
    for words in sections()["after_lead"]:
        end = words_at(part, lead, words)
        if end and words not in ("with", "where", "in which"):
            return end
    return lead


def _request(part: Sequence[Token]) -> int:
    """The end of a request that opens the prompt: "please draw me", "I want to see"."""
    if not part or part[0].low not in listed("request") or part[0].low in ("me", "to", "us", "you"):
        return 0
    k = 0
    while k < len(part) and part[k].low in listed("request"):
        k += 1
    if k == len(part):
        return 0
    plain = part[k].kind == "number" or part[k].low in listed("counter", "possessive")
    return k if plain or k > 1 else 0


def _counted(part: Sequence[Token]) -> bool:
    return part[0].low in listed("counter") - {"a", "an", "the"} or (part[0].kind == "number" and part[0].low.isdigit())


def is_style(part: Sequence[Token], *, first: bool) -> bool:
    """Whether a fragment between commas is about the picture's style."""
    if not part or part[0].low in ("and", "with", "no", "without"):
        return False
    lows = [token.low.replace("colour", "color") for token in part]
    if lows[0].startswith("--"):
        return True
    text = " ".join(lows)
    if _BY.match(text) and len(lows) <= 12 and not (len(lows) > 1 and lows[1] in listed("counter")):
        return True
    if text.startswith(
        (
            "in the style of",
            "in style of",
            "style of",
            "in the styles of",
            "inspired by",
            "trending on",
            "rendered in",
            "shot on",
            "shot with",
            "featured on",
            "made with",
            "as seen on",
            "taken with",
            "taken by",
            "photographed by",
            "painted by",
            "drawn by",
            "illustrated by",
            "designed by",
        )
    ):
        return True
    if lows[0] in listed("counter") and lows[-1] != "style":
        return False
    if first and len(lows) > 4:
        return False
    return _covered(lows) and not (first and len(lows) == 1 and lows[0] in nouns())


def _covered(lows: Sequence[str]) -> bool:
    """Whether style words make up the fragment: one phrase of the list, and beside it only words that describe."""
    styles = listed("style_word")
    k, hits, others = 0, 0, 0
    while k < len(lows):
        size = next((n for n in (5, 4, 3, 2, 1) if k + n <= len(lows) and " ".join(lows[k : k + n]) in styles), 0)
        if size:
            hits, k = hits + size, k + size
        else:
            plain = (
                describes(lows[k])
                or lows[k].endswith("ly")
                or lows[k]
                in (
                    "and",
                    "in",
                    "of",
                    "the",
                    "on",
                    "with",
                    "style",
                    "by",
                    "art",
                    "color",
                    "colors",
                    "light",
                    "tones",
                    "background",
                    "quality",
                    "very",
                    "photo",
                    "details",
                    "painting",
                    "drawing",
                )
            )
            others += 0 if plain else 1
            k += 1
    return hits > 0 and others <= hits and others <= 2
