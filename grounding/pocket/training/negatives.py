"""Captions that are almost right: one word of a true caption changed so that it becomes false."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from grounding.pocket.captions import NUMBERS, plural
from grounding.pocket.world import BACKGROUNDS, COLOURS, KINDS, SIZES, STYLES, TEXTURES
from grounding.profile import WORD

OPPOSITES = {"left": "right", "above": "below", "over": "under", "in front of": "behind", "on top of": "beneath"}
_PAIRS = OPPOSITES | {value: key for key, value in OPPOSITES.items()}
_SIDES = re.compile(rf"\b({'|'.join(_PAIRS)})\b(?! the sea| water)")
_DENIAL = re.compile(r"\b(no|without|not|nor|empty)\b")

GROUPS: Mapping[str, Sequence[str]] = {
    "colour": tuple(COLOURS),
    "kind": tuple(KINDS),
    "texture": tuple(t for t in TEXTURES if t != "plain"),
    "size": tuple(SIZES),
    "count": NUMBERS[2:],
    "background": tuple(b for b in BACKGROUNDS if b != "plain"),
    "style": tuple(s for s in STYLES if s != "flat"),
}


def wrong(caption: str, how: str, words: random.Random) -> str | None:
    """`caption` made false in the way `how`, or nothing where there is nothing of the sort to change."""
    if how in ("colour", "kind") and _DENIAL.search(caption):
        return None
    return WAYS[how](caption, words)


def negatives(caption: str, count: int, words: random.Random) -> list[str]:
    """`count` false captions near a true one, in as many different ways as the caption allows."""
    ways = list(WAYS)
    words.shuffle(ways)
    found = dict.fromkeys(text for way in ways if (text := wrong(caption, way, words)) and text != caption)
    return list(found)[:count]


def _replace(group: str) -> Callable[[str, random.Random], str | None]:
    many = plural if group == "kind" else str
    forms = {form: word for word in GROUPS[group] for form in (word, many(word))}

    def change(caption: str, words: random.Random) -> str | None:
        spots = [match for match in WORD.finditer(caption) if match.group() in forms]
        if not spots:
            return None
        spot = words.choice(spots)
        present = {forms[match.group()] for match in spots}
        others = [word for word in GROUPS[group] if word not in present]
        if not others:
            return None
        new = words.choice(others)
        if spot.group() not in GROUPS[group]:
            new = many(new)
        return caption[: spot.start()] + new + caption[spot.end() :]

    return change


def _swap(group: str) -> Callable[[str, random.Random], str | None]:
    members = set(GROUPS[group])

    def change(caption: str, words: random.Random) -> str | None:
        spots = [match for match in WORD.finditer(caption) if match.group() in members]
        if len({match.group() for match in spots}) < 2:
            return None
        first = words.choice(spots)
        second = words.choice([match for match in spots if match.group() != first.group()])
        left, right = sorted((first, second), key=lambda match: match.start())
        middle = caption[left.end() : right.start()]
        return caption[: left.start()] + right.group() + middle + left.group() + caption[right.end() :]

    return change


def _turn(caption: str, words: random.Random) -> str | None:
    spots = list(_SIDES.finditer(caption))
    if not spots:
        return None
    spot = words.choice(spots)
    return caption[: spot.start()] + _PAIRS[spot.group()] + caption[spot.end() :]


WAYS: dict[str, Callable[[str, random.Random], str | None]] = {
    **{group: _replace(group) for group in GROUPS},
    "colours swapped": _swap("colour"),
    "kinds swapped": _swap("kind"),
    "relation": _turn,
}
