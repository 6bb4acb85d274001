"""Places: what "on the mat", "to its left" and "at the top" say, and of whom."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from planner.read.attach import Attacher
from planner.read.bind import Pending
from planner.read.cast import Actor, Cast
from planner.read.cues import Cue
from planner.read.items import Item
from planner.read.lexicon import listed
from planner.read.story import Story

_STATES = frozenset({"in", "on", "above", "at", "near", "middle", "other"})
_ORDER = {"rightwards": "left_of", "leftwards": "right_of", "downwards": "above", "upwards": "below"}


class Hub(NamedTuple):
    """Whom things were last placed around by a pronoun ("to its left a fork"), and in which sentence."""

    word: str
    sentence: int
    actors: list[Actor]


class Places(Attacher):
    """Reads relation cues."""

    def __init__(self, items: list[Item], cast: Cast, story: Story) -> None:
        super().__init__(items, cast, story)
        self.nothing = False
        """Whether "nothing" was said, so that "except" names what is there."""
        self.verb = ("", "")
        """The verb that waits for a place, as a word and as a lemma."""
        self.hub = Hub("", 0, [])

    def place(self, i: int) -> int:
        """Reads the place at `i`; returns where to go on."""
        cue, nxt = self.items[i].cue, self.after(i)
        assert cue is not None
        subjects = self.place_subjects(i)
        if cue.kind == "without":
            self.pending = None if self.nothing else Pending("without", subjects, cue.words)
        elif cue.owner:
            self._owned_place(cue, subjects, first=self._owned_first(i, nxt))
        elif self._fronts(i, cue, nxt):
            return nxt
        elif not cue.kind or self.kind(nxt) not in ("np", "pron", "recip"):
            self._bare_place(cue, subjects)
        elif cue.alone and self._image(nxt):
            self.link(cue.alone, subjects, (), cue.words)
            return nxt + 1
        else:
            self._open_place(cue, subjects)
        return i + 1

    def _open_place(self, cue: Cue, subjects: list[Actor]) -> None:
        """A place whose object follows. What is done towards it from afar ("looking at") is no place."""
        word, lemma = self.verb
        self.watched = lemma in listed("no_place") and cue.kind in _STATES
        kind = "other" if self.watched else cue.kind
        if lemma in listed("dividing") and cue.words.lower() == "into":
            kind = "like"
        words = f"{word} {cue.words}" if word and kind in ("other", "around", "like") else cue.words
        self.pending = Pending(kind, subjects, words, self.negated, alone=cue.alone, place=not self.watched)
        self.verb = ("", "")
        self.negated = self.be = False

    def _image(self, i: int) -> bool:
        """Whether the picture itself is named at `i`."""
        m = self.items[i].mention if i < len(self.items) else None
        return m is not None and m.noun in listed("image") and m.det in ("the", "this", "")

    def _fronts(self, i: int, cue: Cue, nxt: int) -> bool:
        """"On the left, a dog": a place that comes before its subject."""
        begins = self.before(i) in ("", "stop", "clause") and self.word(i - 1) != "but"
        joined = self.before(i) in ("comma", "and") or self.word(i - 1) == "but"
        names = self.kind(nxt) in ("np", "be", "there") or self.word(nxt) == ":"
        turns = joined and (self._subject_follows(nxt) if cue.kind else names)
        if not (begins or turns) or self.kind(i - 1) == "verb":
            return False
        if not cue.kind or (cue.alone and self._image(nxt)):
            if not cue.alone or self.kind(nxt) not in ("np", "comma", "be", "there", "verb"):
                return False
            self.fronted.append((cue.alone, [], cue.words))
            return self.kind(nxt) != "np" or not cue.kind
        if self.kind(nxt) in ("np", "pron"):
            self.pending = Pending(cue.kind, [], cue.words, fronted=True, alone=cue.alone)
            self.subjects = []
            return True
        return False

    def _subject_follows(self, i: int) -> bool:
        """Whether the object at `i` of a place is followed by what is there ("…, above the cat a bird", "… is a bird"),
        and not by what is said of somebody else."""
        k = i + 1
        while self.kind(i) == "np" and self.kind(k) == "and" and self.kind(k + 1) == "np":
            k += 2
        if self.kind(k) == "np":
            return True
        stands = self.kind(k) == "be" or (self.kind(k) == "verb" and self._stative(k))
        return self.kind(k) == "there" or (stands and self.kind(self.after(k)) == "np")

    def _stative(self, i: int) -> bool:
        form = self.items[i].verb
        return form is not None and form.lemma in listed("stative")

    def _owned_first(self, i: int, nxt: int) -> bool:
        """Whether "to its left" at `i` is told before its subject: "to its left a fork", "To its left, there is …"."""
        if self.before(i) == "np":
            return False
        if self.kind(nxt) == "comma" and self.before(i) != "verb":
            nxt = self.after(nxt)
        begins = self.before(i) in ("", "stop", "clause", "comma", "and")
        return self.kind(nxt) == "np" or (begins and self.kind(nxt) in ("be", "there"))

    def _owned_place(self, cue: Cue, subjects: list[Actor], *, first: bool) -> None:
        """"to its left", "to the dog's left"; or `first`, before its subject: "to its left a fork"."""
        m = self.cast.p.noun_phrase(cue.owner_at[0]) if cue.owner == "named" else None
        m = m.owner if m and m.owner else m
        if m:
            objects = self.resolver.resolve(m, cue.kind)
        else:
            objects = self._around(cue.owner) if first else self.it(cue.owner, subjects)
        kind = "next_to" if cue.kind == "corner" else cue.kind
        if first:
            self.fronted.append((kind, objects, cue.words))
            self.subjects = []
        else:
            self.link(kind, subjects, objects, cue.words)

    def _around(self, word: str) -> list[Actor]:
        """Whose left "to its left" is before a subject: in "to its left a dog; to its right a bird" the same one's."""
        if self.hub.word == word and self.cast.sentence - self.hub.sentence < 2:
            actors = self.hub.actors
        else:
            opens = word == "its" and not self.subjects and len(self.things(self.main)) == 1
            actors = self.main if opens else self.it(word, ())
        self.hub = Hub(word, self.cast.sentence, actors)
        return actors

    def _bare_place(self, cue: Cue, subjects: list[Actor]) -> None:
        """A place without an object: on the canvas, or relative to what was named before."""
        words = cue.words.lower()
        if words.startswith("from the"):
            self.story.unread.append(cue.words)
            return
        if cue.alone in _ORDER:
            self._ordered(cue.alone, subjects, cue.words)
            return
        if cue.alone:
            on_owner = words in ("on top", "on the top") and self.things(self.with_owner)
            self.link("on" if on_owner else cue.alone, subjects, self.with_owner if on_owner else (), cue.words)
            return
        if cue.kind == "flanking":
            self._emit(cue.kind, subjects, self.with_owner or self.previous or self.main, Pending("", [], cue.words))
            return
        others = [a for a in self.with_owner or self.previous or self.main if a not in subjects]
        if others and words.split()[-1] in listed("bare_place"):
            self.link(cue.kind, subjects, others, cue.words)
        elif words != "on":
            self.story.unread.append(cue.words)

    def _ordered(self, kind: str, actors: Sequence[Actor], words: str) -> None:
        """"from left to right": each one and the next."""
        for one, following in pairwise(self.things(actors)):
            self.link(_ORDER[kind], [one], [following], words)

    def follow(self, actors: Sequence[Actor]) -> None:
        """Says of them what stood before its subject."""
        for kind, objects, words in self.fronted:
            if kind in _ORDER:
                self._ordered(kind, actors, words)
            else:
                self.story.link(kind, actors, objects, words)
        self.fronted = []

    def link(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str) -> None:
        """Adds a relation that the words state in full."""
        things = self.things(subjects)
        if kind == "row" and len(things) == 2:
            kind, subjects, objects = "next_to", things[:1], things[1:]
        self.tell(kind, subjects, objects, words, self.negated)
        self.last_subjects = list(subjects)
        self.negated = self.be = False
