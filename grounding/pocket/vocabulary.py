"""The words of the pocket world: those of its captions, those that captions can do without, and what is near them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple


def all_words() -> list[str]:
    """Every word that is one token: those of the captions and some that captions could do without."""
    known = _vocabulary()
    return sorted(known.words | known.common)


def captioned() -> frozenset[str]:
    """The words of captions: those that a model has seen with a picture."""
    return _vocabulary().words


def kinds() -> tuple[str, ...]:
    """The kinds of thing that the pocket models know."""
    return _vocabulary().kinds


def near() -> Sequence[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Kinds of thing, and the words of which they are the nearest that can be painted."""
    return _vocabulary().near


class _Vocabulary(NamedTuple):
    words: frozenset[str]
    common: frozenset[str]
    kinds: tuple[str, ...]
    near: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


@cache
def _vocabulary() -> _Vocabulary:
    content = json.loads((resources.files(__package__) / "vocabulary.json").read_text(encoding="utf-8"))
    near = tuple((tuple(kinds), tuple(words)) for kinds, words in content["near"])
    return _Vocabulary(frozenset(content["words"]), frozenset(content["common"]), tuple(content["kinds"]), near)
