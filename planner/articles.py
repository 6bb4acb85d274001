"""The indefinite article."""

from __future__ import annotations

_AS_Y_OR_W = ("uni", "one", "eu", "use")


def article(words: str) -> str:
    """The indefinite article for these words."""
    first = words[:1].lower()
    vowel = bool(first) and first in "aeiou" and not words.lower().startswith(_AS_Y_OR_W)
    return "an" if vowel else "a"


def with_article(words: str) -> str:
    """The words with their article."""
    return f"{article(words)} {words}"
