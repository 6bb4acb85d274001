"""What was understood so far: links between actors, absences, background, lettering; and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planner.read.grammar.actor import Actor
from planner.read.grammar.cast import Cast
from planner.relations import TABLE
from planner.scene import Span


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between actors."""

    kind: str
    subjects: tuple[Actor, ...]
    objects: tuple[Actor, ...]
    words: str
    negated: bool = False
    at: Span = (0, 1)
    certainty: float = 1.0


_CLOSE = frozenset({"near", "next_to", "on", "in"})
_TOUCHING = frozenset({"on", "in", "wearing", "holding", "riding"})


def _touches(old: Link, new: Link) -> bool:
    """Whether `old` already says that the ends of `new` are in contact ("wearing a pack on her back")."""
    if old.kind not in _TOUCHING or old.negated or new.negated or old.kind == new.kind:
        return False
    mine, theirs = set(new.subjects), set(new.objects)
    return bool((mine & set(old.subjects) and theirs & set(old.objects))
                or (mine & set(old.objects) and theirs & set(old.subjects)))


@dataclass(frozen=True, slots=True)
class Missing:
    """What must not be there."""

    noun: str
    phrase: str
    of: Actor | None = None


@dataclass(slots=True)
class Written:
    """Text to be painted: on what, where on it, and how it looks."""

    content: str
    host: Actor | None = None
    place: str = ""
    look: str = ""


@dataclass(slots=True)
class Story:
    """Everything read so far, apart from the actors."""

    links: list[Link] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    lettering: list[Written] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    """Sentences that contradict each other."""
    confidence: float = 1.0
    at: Span = (0, 1)
    """The place of the prompt that is being read."""
    certainty: float = 1.0
    """How certain what is told now is."""

    def link(
        self,
        kind: str,
        subjects: Sequence[Actor],
        objects: Sequence[Actor] = (),
        words: str = "",
        *,
        negated: bool = False,
    ) -> None:
        """Adds a relation between the actors that have a box; one that would relate a thing to itself is left out."""
        ends = [a for a in subjects if not a.stuff]
        others = [a for a in objects if not a.stuff and a not in ends]
        arity = TABLE[kind].arity
        for a in objects if not negated else ():
            a.worn |= kind == "wearing"
            a.ground |= kind in ("on", "in") and not a.stuff
        if not ends or (arity in ("pair", "pool", "ring", "words") and not others):
            return
        if arity == "arrangement" and len(ends) < 2:
            return
        if arity == "ring":
            for end in ends:
                self._add(Link(kind, (end,), tuple(others), words, negated, self.at, self.certainty))
        else:
            self._add(
                Link(kind, tuple(ends), tuple(others) if arity not in ("alone", "arrangement") else (), words, negated,
                     self.at, self.certainty)
            )

    def spare(self, actor: Actor, cast: Cast, since: int) -> None:
        """Takes back for this one what was said of each one since, with what it alone was said to have."""
        for link in [link for link in self.links[since:] if actor in link.subjects and link.objects]:
            shared = any(set(other.objects) & set(link.objects) for other in self.links if actor not in other.subjects)
            self.links = [replace(other, subjects=tuple(a for a in other.subjects if a is not actor))
                          if other is link else other for other in self.links]
            self.links = [other for other in self.links if other.subjects]
            if not shared and len(link.subjects) == 1:
                for a in link.objects:
                    if a.bunch and a.bunch.at_least == a.bunch.at_most:
                        a.bunch.at_least = a.bunch.at_most = a.bunch.at_least - 1
                cast.actors = [a for a in cast.actors if a not in link.objects]
                self.forget(link.objects)

    def hand_over(self, actors: Sequence[Actor]) -> None:
        """What is carried in a cart is in the cart and not in the hands of who carries it."""
        self.links = [replace(link, kind="other") if link.kind == "holding" and link.words.startswith("carr") and
                      set(link.objects) & set(actors) else link for link in self.links]

    def forget(self, actors: Sequence[Actor]) -> None:
        """Takes actors out of every link; a link without subjects or without its objects goes."""
        kept = [replace(link, subjects=tuple(a for a in link.subjects if a not in actors),
                        objects=tuple(a for a in link.objects if a not in actors)) for link in self.links]
        self.links = [new for new, old in zip(kept, self.links, strict=True)
                      if new.subjects and (new.objects or not old.objects)]

    def widen(self, old: Actor, new: Sequence[Actor]) -> None:
        """Says of several what was said of the one that stood for them."""
        self.links = [replace(link, subjects=tuple(b for a in link.subjects for b in (new if a is old else (a,))),
                              objects=tuple(b for a in link.objects for b in (new if a is old else (a,))))
                      for link in self.links]

    def swap(self, old: Sequence[Actor], new: Sequence[Actor]) -> None:
        """Says of the new ones what was said of the old ones."""
        now = dict(zip(old, new, strict=True))
        self.links = [replace(link, subjects=tuple(now.get(a, a) for a in link.subjects),
                              objects=tuple(now.get(a, a) for a in link.objects)) for link in self.links]

    def enlist(self, actors: Sequence[Actor], model: Actor) -> None:
        """Lets actors take part in everything that is said of `model`."""
        self.links = [replace(link, subjects=(*link.subjects, *actors) if model in link.subjects else link.subjects,
                              objects=(*link.objects, *actors) if model in link.objects else link.objects)
                      for link in self.links]

    def lowest(self, actors: Sequence[Actor]) -> Sequence[Actor]:
        """Of things that are stacked, the one that the others rest on."""
        for link in self.links:
            if link.kind in ("stack", "column", "pyramid") and set(link.subjects) <= set(actors):
                return [link.subjects[-1]] + [a for a in actors if a not in link.subjects]
        return actors

    def _add(self, link: Link) -> None:
        known = any(link == replace(old, words=link.words, at=link.at, certainty=link.certainty) for old in self.links)
        if not known and not (link.kind in _CLOSE and any(_touches(old, link) for old in self.links)):
            self.links.append(link)
