"""Words that compete: an attribute is judged against the other words of its family, not against nothing.

"Is it red?" has no scale; "is it red rather than orange, yellow, green …?" has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from planner.scene import Data
from planner.sizes import factor

FAMILIES: dict[str, tuple[str, ...]] = {
    "colour": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"),
    "pattern": ("plain", "striped", "spotted", "checkered", "floral"),
    "material": ("wooden", "metal", "glass", "plastic", "leather", "stone", "paper", "ceramic", "fabric", "furry"),
    "shape": ("round", "square", "triangular", "oval", "rectangular"),
    "age": ("young", "old"),
    "state": ("new", "broken"),
    "opening": ("open", "closed"),
    "filling": ("full", "empty"),
    "moisture": ("wet", "dry"),
    "cleanness": ("clean", "dirty"),
    "mood": ("happy", "sad", "angry", "surprised", "calm"),
}
"""Family name to the words that compete in it."""

SETTINGS = ("a plain background", "the sky", "a meadow", "a beach", "snow", "a desert", "a forest", "a city", "a room",
            "the sea", "a mountain", "a street", "a garden", "a kitchen", "outer space")
"""Settings that compete with the one that a scene states."""

MANNERS = ("photo", "oil painting", "watercolor", "pencil sketch", "cartoon", "pastel drawing", "3d render",
           "pixel art", "flat illustration", "night scene")
"""Manners of depiction that compete with the one that a scene states."""

_SAME = {
    "gray": "grey", "crimson": "red", "scarlet": "red", "violet": "purple", "golden": "yellow", "gold": "yellow",
    "silver": "grey", "navy": "blue", "turquoise": "blue", "beige": "brown", "tan": "brown", "magenta": "pink",
    "dotted": "spotted", "polka-dot": "spotted", "stripy": "striped", "checked": "checkered", "wood": "wooden",
    "metallic": "metal", "steel": "metal", "circular": "round", "elderly": "old", "smiling": "happy",
    "furious": "angry", "shut": "closed", "rectangle": "rectangular",
}
"""Words that stand close to a word of a family, and so do not compete with it."""


class Contest(NamedTuple):
    """A word and what it competes with; `texts[0]` is always the word itself."""

    family: str
    texts: tuple[str, ...]


class Vocabulary(Data):
    """The competing words; a picture world of its own may bring its own."""

    families: Mapping[str, tuple[str, ...]] = FAMILIES
    settings: tuple[str, ...] = SETTINGS
    manners: tuple[str, ...] = MANNERS

    def contest(self, word: str) -> Contest:
        """The family of an attribute and its rivals there; family "other", against no word, where it is unknown."""
        spoken = word.lower().replace("-", " ").split()
        basic = {_SAME.get(part, part) for part in spoken}
        for family, words in self.families.items():
            if basic & set(words):
                return Contest(family, (word, *(rival for rival in words if rival not in basic)))
        return Contest("other", (word, ""))

    def setting(self, words: str) -> Contest:
        """A setting against the settings that share no word with it."""
        return Contest("background", (words, *_strangers(words, self.settings)))

    def manner(self, words: str) -> Contest:
        """A style against the manners that share no word with it."""
        return Contest("style", (words, *_strangers(words, self.manners)))


def is_size(word: str) -> bool:
    """Whether an attribute speaks of size, which is judged by boxes."""
    return factor((word,)) != 1.0 or word.lower() in ("medium", "medium-sized")


def _strangers(words: str, others: tuple[str, ...]) -> tuple[str, ...]:
    own = _content(words)
    return tuple(other for other in others if not own & _content(other))


def _content(words: str) -> set[str]:
    return set(words.lower().replace("-", " ").split()) - {"a", "an", "the", "in", "on", "at", "of", "background"}
