"""Where in the prompt the words stand that a model quotes: the model says the words, code finds their place."""

from __future__ import annotations

import re
from collections import defaultdict

Span = tuple[int, int]
_BEGINNING = 4
"""Letters that forms of one word share; shorter words must be the same."""
_LONGEST_QUOTE = 400
_EVERYWHERE = frozenset(("a", "an", "the", "of", "and", "in", "on", "with"))
_LONGEST_PROMPT = 8_000
"""Characters of a prompt that are searched for quotes."""


class Quotes:
    """The places of a prompt. The same words asked for again are their next occurrence, as in "a cat … a cat"."""

    def __init__(self, prompt: str) -> None:
        self._text = _even(prompt[:_LONGEST_PROMPT])
        self._given: dict[str, int] = defaultdict(int)
        self._words: list[tuple[str, Span]] = [(m[0], m.span()) for m in re.finditer(r"[\w-]+", self._text)]
        self._starts = {word[:_BEGINNING] for word in re.findall(r"\w+", self._text)}

    def next(self, words: str) -> Span | None:
        """The next occurrence of these words; the last one again where there are no more."""
        quote = _even(words).strip(" .,;:!?\"'“”")
        if not quote:
            return None
        found = self._whole(quote, self._given[quote]) or self._whole(quote, 0)
        if found is not None:
            self._given[quote] = found[1]
        return found

    def within(self, words: str, span: Span | None) -> Span | None:
        """The first occurrence inside `span`."""
        if span is None:
            return None
        found = self._whole(_even(words).strip(), span[0])
        return found if found is not None and found[1] <= span[1] else None

    def nearest(self, words: str, to: Span | None) -> Span | None:
        """The occurrence nearest to a span, inside it if it can be."""
        inside = self.within(words, to)
        if inside is not None or to is None:
            return inside
        quote, best, at = _even(words).strip(), None, 0
        while (found := self._whole(quote, at)) is not None:
            if best is None or abs(found[0] - to[0]) < abs(best[0] - to[0]):
                best = found
            at = found[1]
        return best

    def heads(self, noun: str) -> tuple[Span, ...]:
        """Every place that names this noun by its last word, singular or plural."""
        last = _even(noun).split()[-1:] or [""]
        return tuple(span for word, span in self._words if _alike(word, last[0]))

    def names(self, words: str) -> bool:
        """Whether the prompt has any word of these, or one that begins like it."""
        said = [word for word in re.findall(r"\w+", _even(words[:_LONGEST_QUOTE])) if word not in _EVERYWHERE]
        return any(word[:_BEGINNING] in self._starts for word in said)

    def _whole(self, quote: str, start: int) -> Span | None:
        """The first occurrence of `quote` from `start` on that begins and ends with a word."""
        if not quote:
            return None
        at = self._text.find(quote, start)
        while at >= 0:
            end = at + len(quote)
            if not (self._wordy(at - 1) and self._wordy(at)) and not (self._wordy(end - 1) and self._wordy(end)):
                return at, end
            at = self._text.find(quote, at + 1)
        return None

    def _wordy(self, at: int) -> bool:
        return 0 <= at < len(self._text) and self._text[at].isalnum()


def _even(text: str) -> str:
    """Lower case and plain spaces, with every character where it was."""
    return "".join(" " if c.isspace() else c.lower() if len(c.lower()) == 1 else c for c in text)


def _alike(word: str, noun: str) -> bool:
    """Whether a word is this noun, in the singular or the plural, as far as spelling tells."""
    if not noun:
        return False
    stem = noun[:-1] if noun.endswith(("y", "f")) else noun.removesuffix("fe")
    return word == noun or (word.startswith(stem) and word[len(stem):] in ("s", "es", "ies", "ves", "'s"))

