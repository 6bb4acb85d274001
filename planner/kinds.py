"""What a thing is to a scene, and how large it is in metres: by noun, else by the listed noun that it is a kind of."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from planner.sizes import factor, natural, sized


class Kind(NamedTuple):
    """The class of a thing (the first word of a line of `kinds.txt`), its height and its width in metres."""

    sort: str
    h: float
    w: float


UNKNOWN = Kind("floor", 0.5, 0.5)
FAR = 2.5
"""From how many metres on a thing is seen from further away."""
NEAR_SCALE = 0.8
"""At hand things are drawn as large as they are to this power: the small are more often near in pictures."""
BY_SIDE = 0.65
"""How far height and width of what is huge are drawn together each by itself, so that nobody is taller than a bus; else
its shape would be kept.
"""
_SHRUNK = 0.5
"""The same for what is far."""


_TOYS, _TOY = ("toy", "model", "plastic"), 0.3
"""Words that make a thing a toy of it, and how large those are in metres."""


def _lines(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


@lru_cache(maxsize=1)
def _table() -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for line in _lines("kinds.txt"):
        if line and not line.startswith("#"):
            sort, h, w, *nouns = line.split()
            kind = Kind(sort, float(h), float(w))
            for noun in nouns:
                found.setdefault(noun.replace("_", " "), kind)
    return found


@lru_cache(maxsize=1)
def _kin() -> list[str]:
    return _lines("kin.txt")


def _kin_of(noun: str) -> str:
    """The listed noun that a noun is a kind of, found in the sorted lines; empty if none is known."""
    lines, wanted = _kin(), f"{noun}\t"
    at = bisect_left(lines, wanted)
    return lines[at][len(wanted):] if at < len(lines) and lines[at].startswith(wanted) else ""


def listed() -> frozenset[str]:
    """The nouns of `kinds.txt`."""
    return frozenset(_table())


def kin_of(noun: str) -> str:
    """The listed noun that the last word of a noun is a kind of; the noun itself where none is known."""
    return _kin_of(noun.lower().split()[-1]) or noun


@lru_cache(maxsize=4096)
def kind_of(noun: str) -> Kind:
    """The kind of a noun: its own, that of its last words, or of its first ("spaceship landing"), or of its kin."""
    words = noun.lower().split() or [""]
    if len(words) > 1 and words[-1].endswith("ing") and not {" ".join(words), words[-1]} & _table().keys():
        words = words[:-1]
    if words[0] in _TOYS and len(words) > 1:
        like = kind_of(" ".join(words[1:]))
        k = _TOY / max(like.h, like.w)
        return Kind("small", like.h * k, like.w * k)
    ends = [" ".join(words[k:]) for k in range(len(words))]
    table = _table()
    for name in ends:
        if found := table.get(name):
            return found
    for name in (*ends, words[0]):
        if found := table.get(name) or table.get(_kin_of(name)):
            return found
    if sized(words[-1]):
        w, h = natural(words[-1]).wh
        return UNKNOWN._replace(h=h, w=w)
    return UNKNOWN


def kind_with(noun: str, attributes: tuple[str, ...]) -> Kind:
    """The kind of a noun that an attribute may make another one's ("pine" and "tree")."""
    names = (f"{attribute} {noun}".lower() for attribute in attributes)
    return next((found for name in names if (found := _table().get(name))), None) or kind_of(noun)


def seen(noun: str, attributes: tuple[str, ...]) -> tuple[float, float]:
    """Width and height, drawn together for what is huge, and as the words say."""
    kind = kind_with(noun, attributes)
    reach, told = max(kind.w, kind.h), factor(attributes)
    if reach <= FAR:
        k = told * reach ** (NEAR_SCALE - 1)
        return kind.w * k, kind.h * k
    whole, drawn = _drawn(reach) / reach, (_drawn(kind.w), _drawn(kind.h))
    w, h = ((metres * whole) ** (1 - BY_SIDE) * side ** BY_SIDE for metres, side in zip((kind.w, kind.h), drawn,
                                                                                    strict=True))
    return told ** 0.5 * w, told ** 0.5 * h


def _drawn(metres: float) -> float:
    """How long a length is drawn."""
    near = min(metres, FAR) ** NEAR_SCALE
    return float(near if metres <= FAR else near * (metres / FAR) ** _SHRUNK)
