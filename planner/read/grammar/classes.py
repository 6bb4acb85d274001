"""What kind of thing a noun names: person, garment, place, abstract …, from the word lists and WordNet's nouns."""

from __future__ import annotations

from functools import lru_cache

from planner.read.grammar.lexicon import listed
from planner.read.grammar.plurals import singular
from planner.read.grammar.tables import code

_CODES = {"p": "person", "a": "animal", "f": "food", "l": "plant", "b": "part", "t": "thing", "o": "thing",
          "m": "material", "d": "place", "w": "weather", "e": "event", "q": "amount", "s": "shape", "c": "group",
          "g": "garment", "i": "light", "v": "vehicle", "n": "container", "u": "furniture", "x": "abstract"}
_LISTED = (("building", "building"), ("lifeless", "thing"), ("animal", "animal"), ("garment", "garment"),
           ("person", "person"), ("vehicle", "vehicle"), ("furniture", "furniture"), ("container", "container"),
           ("part", "part"), ("place", "place"))
_AGENTS = ("ist", "ista", "man", "woman", "eer", "girl", "boy", "ologist", "master", "keeper", "maker")
"""Endings of nouns that name persons, where no list has the noun."""
_BODIES = frozenset("pagflbtovnu")


@lru_cache(maxsize=20_000)
def codes(word: str) -> str:
    """The code of the word's usual sense and that of its usual bodily one, from the table; empty if it is not there."""
    return code("nouns.txt", word)


@lru_cache(maxsize=20_000)
def klass(noun: str) -> str:
    """The class of a noun, told by its last word; "unknown" where no list has it."""
    head = singular(noun.rsplit(" ", 1)[-1])
    for section, name in _LISTED:
        if head in listed(section) or noun in listed(section):
            return name
    found = codes(noun) or codes(head)
    guess = "person" if head.endswith(_AGENTS) and len(head) > 5 else "unknown"
    return _CODES[found[0]] if found else guess


@lru_cache(maxsize=20_000)
def bodily(noun: str) -> bool:
    """Whether any sense of the noun is a thing that can be seen; unknown nouns can."""
    found = codes(noun.rsplit(" ", 1)[-1])
    return not found or any(code in _BODIES for code in found)


@lru_cache(maxsize=20_000)
def alive(noun: str) -> bool:
    """Whether a noun names a person, an animal or a figure that acts like one."""
    *front, head = noun.split() or [""]
    if front and (codes(noun) or "p")[0] not in "pa":
        return False
    if head in listed("person", "animal", "figure") or klass(head) in ("person", "animal"):
        return True
    return klass(head) == "unknown" and any(word in listed("person", "animal", "figure") for word in front)


@lru_cache(maxsize=20_000)
def is_worn(noun: str) -> bool:
    """Whether a noun names clothes or jewellery."""
    return noun in listed("garment") or klass(noun) == "garment"


@lru_cache(maxsize=20_000)
def is_part(noun: str) -> bool:
    """Whether a noun names a part of something, or of a body."""
    head = noun.rsplit(" ", 1)[-1]
    return head in listed("part") or (codes(head)[:1] == "b" and head not in listed("no_part", "garment", "noun"))
