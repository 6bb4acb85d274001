"""What a detector is asked about a scene: words for things that are there, near misses, and things that are not."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grounding.pocket.world import COLOURS, KINDS, SIZES, TEXTURES
from planner.articles import with_article

QueryItem = Mapping[str, Any]
_CHANGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("colour", tuple(COLOURS)),
    ("kind", KINDS),
    ("kind", KINDS),
    ("texture", TEXTURES),
)


class Query(NamedTuple):
    """Some words, and the properties that a thing must have to be meant by them."""

    words: str
    wanted: Mapping[str, str]

    def means(self, item: QueryItem) -> bool:
        return all(item[name] == value for name, value in self.wanted.items())


def ask(items: Sequence[QueryItem], count: int, words: random.Random) -> list[Query]:
    """`count` different queries about a scene, about half of them met by its things."""
    queries: dict[str, Query] = {}
    while len(queries) < count:
        query = _query(_wanted(words.choice(items), words), words)
        queries[query.words] = query
    return list(queries.values())


def by_name(items: Sequence[QueryItem], absent: int, words: random.Random) -> list[Query]:
    """Every thing of a scene by colour and kind, and `absent` queries that nothing meets."""
    named = sorted({(item["colour"], item["kind"]) for item in items})
    present = [Query(f"a {colour} {kind}", {"colour": colour, "kind": kind}) for colour, kind in named]
    missing = [query for query in ask(items, 12 + absent, words) if not any(map(query.means, items))]
    return present + missing[:absent]


def _wanted(item: QueryItem, words: random.Random) -> QueryItem:
    """The item itself, or the item with a property changed, or anything."""
    roll = words.random()
    if roll < 0.45:
        return item
    if roll < 0.85:
        name, values = words.choice(_CHANGES)
        return {**item, name: words.choice(values)}
    everything = {"kind": KINDS, "colour": tuple(COLOURS), "texture": TEXTURES, "size": SIZES}
    return {name: words.choice(values) for name, values in everything.items()}


def _query(item: QueryItem, words: random.Random) -> Query:
    """The kind, mostly with its colour, now and then with texture or size."""
    names = [name for name, share in (("size", 0.12), ("texture", 0.3), ("colour", 0.7)) if words.random() < share]
    if item["texture"] == "plain" and words.random() < 0.6:
        names = [name for name in names if name != "texture"]
    phrase = " ".join([*(item[name] for name in names), item["kind"]])
    text = with_article(phrase) if words.random() < 0.75 else phrase
    return Query(text, {name: item[name] for name in (*names, "kind")})
