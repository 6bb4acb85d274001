"""The words the pocket models know, and what to say of any other word."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from planner.relations import TABLE

WORD = re.compile(r"[^\W\d_]+")


def words_of(texts: Iterable[str]) -> set[str]:
    """The lower-case words of some texts."""
    return {word for text in texts for word in WORD.findall(text.lower())}


def all_words() -> list[str]:
    """Every word that is one token: those of the captions and some that captions could do without."""
    known = _vocabulary()
    return sorted(known.words | known.common)


def kinds() -> tuple[str, ...]:
    """The kinds of thing that the pocket models know."""
    return _vocabulary().kinds


class Unpaintable(NamedTuple):
    """A word that the pocket models have never seen, and the nearest things that they can paint."""

    word: str
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        """The warning that a person reads."""
        instead = f"the nearest it can paint: {', '.join(self.nearest)}"
        near = instead if self.nearest else "nothing it can paint is near"
        return f"the pocket model does not know the word `{self.word}`; {near}"


def unpaintable(prompt: str) -> list[Unpaintable]:
    """The words of `prompt` that mean nothing to the pocket models, in order, each once. What tells places is the
    layout's."""
    known = _vocabulary()
    understood = known.words | known.common | _places()
    return [Unpaintable(word, nearest(word)) for word in dict.fromkeys(WORD.findall(prompt.lower()))
            if word not in understood]


_ARRANGED = frozenset(("row", "rows", "column", "columns", "grid", "circle", "line", "pile", "stack", "pyramid"))


@cache
def _places() -> frozenset[str]:
    return _ARRANGED | words_of(cue for row in TABLE.values() for cue in row.cues)


def nearest(word: str) -> tuple[str, ...]:
    """The kinds of thing most like `word`: by meaning if the table has it, otherwise by spelling; may be empty."""
    known = _vocabulary()
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if form in known.near:
            return known.near[form]
    return tuple(difflib.get_close_matches(word, known.kinds, n=3, cutoff=0.7))


class _Vocabulary(NamedTuple):
    words: frozenset[str]
    common: frozenset[str]
    kinds: tuple[str, ...]
    near: dict[str, tuple[str, ...]]


@cache
def _vocabulary() -> _Vocabulary:
    content = json.loads((resources.files(__package__) / "vocabulary.json").read_text(encoding="utf-8"))
    near = {word: tuple(kinds) for kinds, words in content["near"] for word in words}
    return _Vocabulary(frozenset(content["words"]), frozenset(content["common"]), tuple(content["kinds"]), near)
