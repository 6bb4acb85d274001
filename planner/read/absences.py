"""Absences: what is denied or said not to be seen, and what is there after all ("no furniture except a chair")."""

from __future__ import annotations

from planner.read.bind import Pending
from planner.read.cast import Actor, Cast
from planner.read.items import Item
from planner.read.lexicon import listed, mapping
from planner.read.mention import Mention
from planner.read.places import Places
from planner.read.story import Missing, Story

_KINDS = frozenset({"person", "animal", "vehicle", "fruit"})
_ENDS = frozenset({"", "comma", "stop", "and", "clause"})


class Absences(Places):
    """Reads what must not be there."""

    def __init__(self, items: list[Item], cast: Cast, story: Story) -> None:
        super().__init__(items, cast, story)
        self.known_missing = 0
        """How many absences earlier sentences told of."""

    def excepts(self, i: int) -> bool:
        """Whether the item at `i` opens an exception from what this sentence says is absent."""
        but = self.word(i) == "but" and self.kind(i - 1) == "np"
        told = len(self.story.missing) > self.known_missing and not self.nothing
        return told and (but or self.word(i).lower() in listed("exception")) and self.kind(i + 1) == "np"

    def exception(self, i: int) -> int:
        """What is there after all: of the one that has nothing else of the kind, or anywhere."""
        told = self.story.missing[self.known_missing:]
        mentions, _ = self.coordination(i + 1)
        for missing in told:
            if any(_is_one(m, missing, exactly=self.word(i) == "but") for m in mentions):
                self.story.missing.remove(missing)
                self.story.notes.append(f"“no {missing.phrase}” has an exception, so that it is not demanded")
        owner = told[-1].of
        self.pending = Pending("with", [owner], "with") if owner is not None else None
        return i + 1

    def deny(self, mentions: list[Mention]) -> None:
        """What follows "not" is absent, or the subject has none."""
        for m in mentions:
            self.resolver.absent(m, self.subjects if self.verbed or m.headless else ())

    # "is missing", "cannot be seen"

    def out_of_sight(self, mentions: list[Mention], i: int) -> int:
        """Where to go on after "is not visible", which begins at `i`; 0 if something else does.

        Takes out of `mentions` whom it is said of: all that "and" joins, or the last ("a street, cars are absent").
        """
        none = mentions[-1].det == "no"
        end = self._presence(i, none=none)
        if not end or any(m.headless for m in mentions):
            return 0
        joined = any(self.items[k].end > mentions[0].end for k in range(i) if self.kind(k) == "and")
        gone = mentions[0 if joined else -1:]
        del mentions[-len(gone):]
        for m in gone:
            if not none and any(a.head == m.head for a in self.cast.things):
                self.story.unread.append(self.cast.p.span(m.start, self.items[end - 1].end))
            else:
                self.resolver.absent(m, self._whole(m))
        return end

    def _whole(self, m: Mention) -> list[Actor]:
        """Whose part it is that cannot be seen ("its tail is missing")."""
        if owner := m.owner or m.host:
            return self.resolver.resolve(owner, "whole")
        return self.cast.pronoun(m.det, self.main, self.near) if m.det in listed("possessive") else []

    def _presence(self, i: int, *, none: bool) -> int:
        """The end of words that say of their subject that it is not there; of no subject, that it is."""
        k, denied = i, none
        while self.kind(k) in ("be", "modal", "neg"):
            denied |= self.kind(k) == "neg"
            k += 1
        if k == i and not none:
            return 0
        if self.kind(k) == "cue" and self._image(k + 1):
            return k + 2 if denied and self.kind(k + 2) in _ENDS else 0
        word = self.cast.p.low(self.items[k].start) if k < len(self.items) else ""
        if word not in listed("there" if denied else "gone"):
            return 0
        return self._presence_ends(k + 1, word)

    def _presence_ends(self, k: int, word: str) -> int:
        """The end of what may follow ("nowhere to be seen", "missing from the picture"); 0 if something else does."""
        while self.kind(k) in ("to", "be", "adv") or (word == "nowhere" and self.kind(k) == "verb"):
            k += 1
        if self.kind(k) == "cue":
            if self._image(k + 1):
                return k + 2
            return k if word in listed("gone") or word == "visible" else 0
        return k if self.kind(k) in _ENDS else 0


def _is_one(m: Mention, missing: Missing, *, exactly: bool) -> bool:
    """Whether the thing named would be taken for one of those that must not be there: a girl is a person, and "no cars
    except a taxi" says that a taxi is a car; "no dogs but cats" says no such thing."""
    kind = mapping("hypernym").get(missing.noun, "")
    return m.head == missing.noun or any(
        m.head in listed(name) and (kind == name or (not exactly and missing.noun in listed(name))) for name in _KINDS)
