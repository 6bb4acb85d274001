"""Objects: what a noun phrase means to the relation, verb or "with" that waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.read.cast import Actor, Cast
from planner.read.lexicon import listed, mapping
from planner.read.mention import Mention
from planner.read.resolve import Resolver
from planner.read.story import Story
from planner.relations import TABLE

_ON = frozenset({"on", "in"})
_EACH = frozenset({"wearing", "holding", "riding"})


@dataclass(slots=True)
class Pending:
    """A relation that has its subjects and waits for its objects."""

    kind: str
    subjects: list[Actor]
    words: str
    negated: bool = False
    reverse: bool = False
    fronted: bool = False
    alone: str = ""
    bound: bool = False
    place: bool = False


class Binder:
    """Binds objects to pending relations."""

    def __init__(self, cast: Cast, story: Story, resolver: Resolver) -> None:
        self.cast = cast
        self.story = story
        self.resolver = resolver
        self.pending: Pending | None = None
        self.each: list[Actor] = []
        self.main: list[Actor] = []
        self.subjects: list[Actor] = []
        self.near: list[Actor] = []
        self.previous: list[Actor] = []
        self.last_subjects: list[Actor] = []
        self.last_mention: list[Actor] = []
        self.with_owner: list[Actor] = []
        self.fronted: list[tuple[str, list[Actor], str]] = []
        self.chained = False
        self.respectively = False

    def _look(self) -> None:
        """Tells the resolver who is in view."""
        self.resolver.near, self.resolver.main, self.resolver.subjects = self.near, self.main, self.subjects
        self.previous = self.near

    def _arranged(self, m: Mention, actors: Sequence[Actor]) -> None:
        kind = mapping("arranging").get(m.collection, "")
        if kind:
            self.story.link(kind, actors, (), m.collection)

    def _bind_all(self, mentions: list[Mention]) -> None:
        pending = self.pending
        assert pending is not None
        self._look()
        objects: list[Actor] = []
        for m in mentions:
            objects.extend(self._object(pending, m))
        if self.respectively and len(objects) == len(pending.subjects) > 1:
            for subject, thing in zip(pending.subjects, objects, strict=True):
                self._bind(Pending(pending.kind, [subject], pending.words), [thing])
        elif objects:
            self._bind(pending, objects)
        pending.bound = True
        self.chained = True
        self.near = objects or self.near
        if pending.fronted:
            self.chained = False
        self.pending = None

    def _object(self, pending: Pending, m: Mention) -> list[Actor]:
        """The actors of one object phrase, with what follows from it for each subject."""
        kind = pending.kind
        if kind == "without" or m.det == "no" or (pending.negated and kind in (*_EACH, "have", "with")):
            self.resolver.absent(m, pending.subjects)
            return []
        if kind in ("made", "like"):
            self._describe(pending, m)
            return []
        if kind == "in" and m.head in mapping("formation") and m.det in ("a", "an", "the", ""):
            kind = mapping("formation")[m.head]
            if kind:
                self.story.link(kind, pending.subjects, (), f"in {self.cast.words(m)}")
            else:
                self.story.unread.append(f"in {self.cast.words(m)}")
            return []
        if kind in ("covered", "filled", "topped") and self._substance(m, kind):
            self._describe(pending, m)
            return []
        if kind == "in" and m.head in listed("garment") and self._living(pending.subjects):
            kind = pending.kind = "wearing"
        if kind in ("with", "have") and m.noun in listed("mass") and not m.det and not m.quantity and not m.attributes:
            self._describe(pending, m)
            return []
        body = m.head in listed("part") and not m.attributes and not m.quantity
        if kind == "holding" and body and not m.det and m.plural:
            self._describe(pending, m)
            return []
        if body and m.det in listed("possessive"):
            owners = self.cast.pronoun(m.det, self.with_owner or self.subjects, self.main, pending.subjects)
            if owners and kind not in ("other", "with", "have", "holding"):
                return owners
        if kind == "other" and self.resolver.words_only(m) and not m.headless:
            self._describe(pending, m)
            return []
        times = self._times(pending, m)
        if pending.words == "for" and not m.det and not m.quantity:
            self.story.unread.append(f"for {self.cast.words(m)}")
            return []
        found = self.resolver.resolve(m, kind, times)
        self._arranged(m, found)
        self.last_mention = found or self.last_mention
        if times > 1 and len(found) % times == 0 and found:
            per = len(found) // times
            for s, subject in enumerate(self._alive(pending.subjects)):
                self._relate(pending, [subject], found[s * per : (s + 1) * per], m)
            self.near = found
            return []
        if kind in ("with", "have") and found:
            self._have_each(pending, found, m)
        return found

    def _living(self, actors: Sequence[Actor]) -> bool:
        return any(a.head in listed("person", "animal") for a in actors)

    def _alive(self, actors: Sequence[Actor]) -> list[Actor]:
        return [a for a in actors if not a.stuff]

    def _substance(self, m: Mention, kind: str) -> bool:
        if m.quantity or m.det in ("a", "an", "the"):
            return self.resolver.stuff(m, "in") or m.noun in listed("mass")
        return not m.plural or kind != "filled"

    def _describe(self, pending: Pending, m: Mention) -> None:
        words = self.cast.words(m)
        said = " ".join([*m.attributes, m.noun]) if pending.kind == "made" else f"{pending.words} {words}"
        for actor in pending.subjects:
            actor.describe([said])

    def _times(self, pending: Pending, m: Mention) -> int:
        """How often the object is there: once for each subject where the words spread it over them."""
        subjects = self._alive(pending.subjects)
        if len(subjects) < 2 or self.respectively or m.headless or m.definite or m.owner is not None:
            return 1
        if self.each and all(a in self.each for a in subjects):
            return len(subjects)
        exact = all(a.bunch is not None or True for a in subjects)
        bare = m.plural and m.quantity is None and m.det in ("", "their")
        if bare and m.det == "their" and m.head not in listed("pairwise"):
            m.plural = False
            return len(subjects)
        if pending.kind in _EACH or (pending.kind in ("with", "have") and m.head in listed("garment")):
            single = m.det in ("a", "an") and (pending.kind == "wearing" or m.head in listed("garment"))
            if exact and (single or (bare and m.head not in listed("pairwise"))):
                m.plural = False
                return len(subjects)
        return 1

    def _have_each(self, pending: Pending, objects: Sequence[Actor], m: Mention) -> None:
        self._relate(pending, pending.subjects, objects, m)

    def _relate(self, pending: Pending, subjects: Sequence[Actor], objects: Sequence[Actor], m: Mention) -> None:
        """One subject's own objects."""
        kind = pending.kind
        if kind in ("with", "have") and pending.words not in ("with", "have", "has", "had", "having", "whose", "featuring",
                                                              "including"):
            kind = "other"
        elif kind in ("with", "have"):
            owners = self._alive(subjects)
            if m.head in listed("part") and owners and owners[0].head not in listed("part"):
                for i, part in enumerate(objects):
                    part.whole = owners[i * len(owners) // len(objects)]
                return
            if m.head in listed("garment") and owners and owners[0].head in listed("person", "animal"):
                kind = "wearing"
            else:
                kind = "other"
        self._emit(kind, subjects, objects, pending)

    def _bind(self, pending: Pending, objects: list[Actor]) -> None:
        if pending.kind in ("with", "have"):
            return
        if pending.fronted:
            kind = self._settled(pending, objects)
            if kind:
                self.fronted.append((kind, objects, pending.words))
            return
        self._emit(pending.kind, pending.subjects, objects, pending)
        self.last_subjects = pending.subjects

    def _settled(self, pending: Pending, objects: Sequence[Actor]) -> str:
        """The row of the table for a kind that depends on its objects; "" where nothing follows."""
        kind, things = pending.kind, self._alive(objects)
        if kind in TABLE:
            if kind == "among" and len(things) == 2:
                return "between"
            if kind in ("among", "surrounded_by") and len(self._alive(pending.subjects)) > 1:
                return "near"
            return "near" if kind == "between" and len(things) < 2 else kind
        if kind == "middle":
            if not things:
                return "at_center"
            several = len(self._alive(pending.subjects)) > 1
            return "between" if len(things) == 2 else "on" if len(things) < 2 else "near" if several else "among"
        return {"at": "near", "around": "near", "corner": "on", "flanking": "next_to", "contains": "in"}.get(
            kind, "other"
        )

    def _emit(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], pending: Pending) -> None:
        if pending.alone and not self._alive(objects) and objects:
            self.story.link(pending.alone, subjects, (), pending.words, negated=pending.negated)
            return
        if pending.reverse:
            subjects, objects = objects, subjects
        if kind in ("surrounds", "around") and len(self._alive(subjects)) > 2 and len(self._alive(objects)) == 1:
            self.story.link("surrounded_by", objects, subjects, pending.words, negated=pending.negated)
        elif kind == "surrounds":
            self.story.link("near", subjects, objects, pending.words, negated=pending.negated)
        elif kind == "flanking" and len(self._alive(subjects)) == 2:
            self.story.link("left_of", subjects[:1], objects, pending.words)
            self.story.link("right_of", subjects[1:], objects, pending.words)
        elif kind in ("contains", "filled", "topped", "covered"):
            self._emit("in" if kind in ("contains", "filled") else "on", objects, subjects,
                       Pending("", [], pending.words, pending.negated))
        else:
            settled = self._settled(Pending(kind, list(subjects), ""), objects)
            if settled == "other" and objects and not self._alive(objects):
                self._towards(pending, objects)
                return
            self._tell(settled, subjects, objects, pending.words, pending.negated)

    def _towards(self, pending: Pending, objects: Sequence[Actor]) -> None:
        """What is done towards scenery ("looking at the sea") describes who does it."""
        if not pending.place and pending.words not in ("with", "have", "has", "had", "having", "whose"):
            for actor in pending.subjects:
                actor.describe([f"{pending.words} {objects[0].phrase}"])

    def _tell(
        self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str, negated: bool = False
    ) -> None:
        """Adds a relation; what a stack stands on carries its lowest member."""
        if kind in _ON and not negated:
            subjects = self.story.lowest(subjects)
        self.story.link(kind, subjects, objects, words, negated=negated)

