"""A walk over the tree: who is meant by each chunk so far, and of whom a chunk is said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planner.read.grammar.actor import Actor
from planner.read.grammar.binding import Binder
from planner.read.grammar.bodies import Pending
from planner.read.grammar.cast import Cast
from planner.read.grammar.chunks import Chunk
from planner.read.grammar.cues import CORNERS
from planner.read.grammar.lexicon import listed
from planner.read.grammar.mention import Mention
from planner.read.grammar.story import Story
from planner.read.grammar.tree import Arc, Tree
from planner.scene import Span

_ORDER = {"rightwards": "left_of", "leftwards": "right_of", "downwards": "above", "upwards": "below"}


class Walk(Binder):
    """The tree, and whom its noun phrases mean."""

    def __init__(self, chunks: Sequence[Chunk], tree: Tree, cast: Cast, story: Story, *, tags: bool) -> None:
        super().__init__(cast, story, chunks)
        self.chunks, self.resolver.tags = chunks, tags
        self.arcs, self.certain = tree
        self.respectively = any(chunk.word == "respectively" for chunk in chunks)
        self.met: dict[int, list[Actor]] = {}
        """Whom each noun phrase means."""
        self.first = [self._first(k) for k in range(len(self.arcs))]
        """The first of those that each noun phrase is joined with."""
        self.ends: dict[int, int] = {}
        for k, first in enumerate(self.first):
            self.ends[first] = k
        self.pendings: dict[int, Pending] = {}
        self.gathered: dict[int, list[Actor]] = {}
        self.fronts: list[int] = []
        self.nothing = False
        self.speaker: list[Actor] = []
        """Who asks, where the picture shows them."""
        self.everyone: list[Actor] = []
        """Of whom "all" or "each" told last."""
        self.said_before: dict[Actor, list[str]] = {}
        """What was said of each of them before, and after how many relations."""
        self.told_before = 0
        self.texts: dict[int, int] = {}
        """Words to be painted that have no host yet, by the place that follows them."""
        self.sided: tuple[str, str] | None = None
        """A place on the canvas that was told of scenery: what is in that scenery is there."""
        self.known_missing = 0
        self.depicted: dict[int, list[Actor]] = {}
        """Who is in the pictures that a noun phrase names ("a drawing of a cactus")."""
        self.borne: dict[int, list[Actor]] = {}
        """Tags that name clothes or parts, and whose they are."""
        self.skip_to = 0

    def _first(self, k: int) -> int:
        for _ in range(len(self.arcs)):
            if self.arcs[k].label != "joined" or self.arcs[k].head < 0:
                break
            k = self.arcs[k].head
        return k

    def kind(self, k: int) -> str:
        """The kind of the chunk at `k`, "" outside."""
        return self.chunks[k].kind if 0 <= k < len(self.chunks) else ""

    def word(self, k: int) -> str:
        """The word of the chunk at `k`."""
        return self.chunks[k].word if 0 <= k < len(self.chunks) else ""

    def mention(self, k: int) -> Mention | None:
        """The noun phrase at `k`, if there is one."""
        return self.chunks[k].mention if 0 <= k < len(self.chunks) else None

    def after(self, k: int) -> int:
        """The next chunk, adverbs aside."""
        k += 1
        while self.kind(k) == "adv":
            k += 1
        return k

    def before(self, k: int) -> int:
        """The chunk before, adverbs and "not" aside."""
        k -= 1
        while self.kind(k) in ("adv", "neg"):
            k -= 1
        return k

    def joined(self, k: int) -> list[int]:
        """All noun phrases that are joined with the one at `k`."""
        first = self.first[k]
        return [j for j in range(first, self.ends.get(first, k) + 1) if self.first[j] == first]

    def said_of(self, k: int) -> list[Actor]:
        """Whom the chunk at `k` is said of."""
        head, label = self.arcs[k]
        if head < 0:
            return self.subjects or self.main
        if head in self.depicted and self.chunks[k].kind in ("verb", "have"):
            return self.depicted[head]
        if self.kind(head) == "rel" or head not in self.met:
            return self.subjects
        if head in self.borne and self.kind(k - 1) == "comma":
            return self.borne[head]
        several = self.joined(head) if label == "all" and not self._restricted(head, k) else [head]
        found = list(dict.fromkeys(a for j in several for a in self.met.get(j, ())))
        over = self.arcs[self.first[head]]
        if not found and over.label == "object" and over.head < k:
            return self.said_of(over.head)  # what is said of mere words is said of who has them
        return found

    def _restricted(self, head: int, k: int) -> bool:
        """"a dog and a cat that is green": the relative clause is told of the last alone."""
        return any(self.kind(j) == "rel" and self.arcs[j] == Arc(head, "of") for j in range(head + 1, k))

    def _place_at(self, k: int, end: int = 0) -> Span:
        """The characters of the chunks from `k` to `end`, or of the one at `k`."""
        tokens = self.cast.p.tokens
        return tokens[self.chunks[k].start].start, tokens[self.chunks[(end or k + 1) - 1].end - 1].end

    def _said(self, k: int, end: int) -> str:
        return self.cast.p.span(self.chunks[k].start, self.chunks[end - 1].end)

    def _image(self, k: int) -> bool:
        """Whether the picture itself is named at `k`."""
        m = self.chunks[k].mention if 0 <= k < len(self.chunks) else None
        return m is not None and m.noun in listed("image") and m.det in ("the", "this", "")

    def _tell_from(self, k: int) -> None:
        """What is told next is told by the chunk at `k`, and as certain as its place in the tree."""
        self.story.at, self.story.certainty = self._place_at(k), self.certain[k]

    def _follow(self, actors: Sequence[Actor]) -> None:
        """Says of them what stood before its subject."""
        for kind, objects, words, at in self.fronted:
            self.story.at = at
            if kind in _ORDER:
                self._ordered(kind, actors, words)
            elif kind in CORNERS:
                self.into_corners(kind, actors, words)
            elif objects and objects == self.front_each and len(actors) == len(objects):
                for actor, thing in zip(actors, objects, strict=True):
                    self.tell(kind, [actor], [thing], words)
            elif not self.things(actors) and not objects:
                self.sided = kind, words
            else:
                self.story.link(kind, actors, objects, words)
        self.fronted, self.front_each = [], []

    def into_corners(self, corners: str, subjects: Sequence[Actor], words: str) -> list[Actor]:
        """"a heart in each of the upper corners", "stars in the corners": each corner has one, or as many as told."""
        things, places = self.things(subjects), CORNERS[corners]
        if not things:
            return list(subjects)
        bunch, n = things[0].bunch, len(places)
        if bunch is not None and bunch.at_least != bunch.at_most and all(a.bunch is bunch for a in things):
            things, bunch.at_most = self.resolver.recount(things, n), None
        elif len(things) == 1 or "each" in words.lower() or "every" in words.lower():
            things = [a for thing in things for a in (thing, *self.cast.copies(thing, n - 1))]
        for i, thing in enumerate(things):
            self.story.link(places[i * n // len(things) if len(things) > n else i], [thing], (), words)
        return things

    def _ordered(self, kind: str, actors: Sequence[Actor], words: str) -> None:
        """"from left to right": each one and the next."""
        for one, following in pairwise(self.things(actors)):
            self.story.link(_ORDER[kind], [one], [following], words)

    def _link(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str) -> None:
        """Adds a relation that the words state in full."""
        things = self.things(subjects)
        if kind == "row" and len(things) == 2:
            kind, subjects, objects = "next_to", things[:1], things[1:]
        self.tell(kind, subjects, objects, words, self.negated)
        self.negated = False
