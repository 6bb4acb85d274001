"""Number of nouns: the singular of a plural, the plural of a singular, and which of them a word is."""

from __future__ import annotations

from functools import lru_cache

from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.tables import code

_OES = frozenset({"shoe", "toe", "canoe", "hoe", "oboe", "doe", "foe"})
_SIBILANT = ("ches", "shes", "sses", "xes", "zzes")
_KEEP_S = ("ss", "us", "is", "ics", "sis", "ous")


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """The singular of a noun; a word that is no plural comes back as it is."""
    front, hyphen, last = word.rpartition("-")
    if hyphen and front and not known(word):
        return f"{front}-{singular(last)}"
    irregular = mapping("irregular_plural").get(word) or mapping("misspelt_plural").get(word)
    if irregular:
        return irregular
    if word in listed("tantum") or word in listed("singular_s") or word in listed("invariant"):
        return word
    if (
        word.endswith("men")
        and len(word) > 4
        and word not in ("specimen", "ramen", "stamen", "abdomen", "regimen", "omen", "acumen", "semen")
    ):
        return word[:-3] + "man"
    if not word.endswith("s") or len(word) < 3:
        return word
    if word.endswith(_KEEP_S):
        kept = word.endswith("ss") or len(word) < 5 or code("nouns.txt", word) or not code("nouns.txt", word[:-1])
        return word if kept else word[:-1]
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith("ves") and word[:-3] + "f" in ("leaf", "loaf", "calf", "half", "elf", "shelf", "wolf", "thief"):
        return word[:-3] + "f"
    if word.endswith("es") and (word.endswith(_SIBILANT) or word[:-2] in listed("singular_s")):
        return word[:-2]
    if word.endswith(("oes",)) and word[:-1] not in _OES:
        return word[:-2]
    return word[:-1]


def known(word: str) -> bool:
    """Whether the word's number is listed rather than derived."""
    return (
        word in mapping("irregular_plural")
        or word in mapping("misspelt_plural")
        or word in listed("tantum")
        or word in listed("singular_s")
    )


@lru_cache(maxsize=20_000)
def is_plural(word: str) -> bool:
    """Whether the word is a plural form that differs from its singular."""
    return singular(word) != word


def same_in_both(word: str) -> bool:
    """Whether singular and plural look alike ("sheep")."""
    return word in listed("invariant")


@lru_cache(maxsize=4096)
def plural(noun: str) -> str:
    """The plural of a singular noun, of its last word where there are several."""
    *front, last = noun.split()
    return " ".join([*front, _plural(last)])


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    found: dict[str, str] = {}
    for many, one in mapping("irregular_plural").items():
        found.setdefault(one, many)
    return found


def _plural(word: str) -> str:
    if word in listed("invariant") or word in listed("tantum"):
        return word
    if word in _irregular():
        return _irregular()[word]
    if word.endswith("man") and word not in ("human", "german", "roman", "shaman", "talisman", "caiman"):
        return word[:-3] + "men"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"
