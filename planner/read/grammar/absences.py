"""Absences: what is denied or said not to be seen, and what is there after all ("no furniture except a chair")."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.actor import Actor
from planner.read.grammar.bodies import Pending
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.story import Missing
from planner.read.grammar.walk import Walk

_ENDS = frozenset({"", "comma", "stop", "and", "clause"})
_KINDS = frozenset({"person", "animal", "vehicle", "fruit"})


class Absences(Walk):
    """Reads what must not be there."""

    def _deny(self, mentions: list[Mention], subjects: Sequence[Actor]) -> None:
        """What follows "not" is absent, or the subject has none."""
        for m in mentions:
            self.resolver.absent(m, subjects)

    def _spare(self, k: int) -> bool:
        """"all white except the one in the center": that one is not; says whether there is such a one."""
        mention = self.chunks[k + 1].mention if k + 1 < len(self.chunks) else None
        group = self.everyone
        if mention is None or len(group) < 2 or self.word(k).lower() not in listed("exception") or not (
                mention.headless or mention.head == group[0].head):
            return False
        place = self.chunks[k + 2].cue if self.kind(k + 2) == "cue" else None
        side = (place.alone.removeprefix("at_") if place else "").replace("center", "middle")
        at = {"left": 0, "top": 0, "right": -1, "bottom": -1, "middle": len(group) // 2}.get(side)
        spared = [group[at]] if at is not None else self.cast.part(mention, group)
        if not spared:
            return False
        for a in spared:
            a.attributes = list(self.said_before.get(a, a.attributes))
            self.story.spare(a, self.cast, self.told_before)
        self.met[k + 1] = self.subjects = self.near = spared
        self.skip_to = k + 2 + (at is not None)
        return True

    def _excepts(self, k: int) -> bool:
        """Whether the chunk at `k` opens an exception from what this sentence says is absent."""
        but = self.word(k) == "but" and self.kind(k - 1) == "np"
        told = len(self.story.missing) > self.known_missing and not self.nothing
        return told and (but or self.word(k).lower() in listed("exception")) and self.kind(k + 1) == "np"

    def _exception(self, k: int) -> None:
        """What is there after all: of the one that has nothing else of the kind, or anywhere."""
        told = self.story.missing[self.known_missing:]
        mentions = [m for j in self.joined(k + 1) if (m := self.chunks[j].mention)]
        for missing in told:
            if any(_is_one(m, missing, exactly=self.word(k) == "but") for m in mentions):
                self.story.missing.remove(missing)
                self.story.notes.append(f"“no {missing.phrase}” has an exception, so that it is not demanded")
        owner = told[-1].of
        pending = Pending("with", [owner] if owner is not None else [], "with")
        if self.kind(k) == "cue":
            self.pendings[k] = pending
            return
        for j in self.joined(k + 1) if owner is not None else ():
            m = self.chunks[j].mention
            assert m is not None
            self.met[j] = self.object(pending, m)
            self.skip_to = j + 1

    def _out_of_sight(self, k: int) -> int:
        """Where to go on after "is not visible", which is said of the noun phrase at `k`; 0 if nothing such is."""
        m = self.chunks[k].mention
        assert m is not None
        none = m.det == "no"
        last = self.ends[self.first[k]]
        end = self._presence(last + 1, none=none)
        if not end or m.headless:
            return 0
        if not none and any(a.head == m.head for a in self.cast.things):
            self.story.unread.append(self.cast.p.span(m.start, self.chunks[end - 1].end))
        else:
            self.resolver.absent(m, self._whole(m))
        return end if k == last else k + 1

    def _whole(self, m: Mention) -> list[Actor]:
        """Whose part it is that cannot be seen ("its tail is missing")."""
        if owner := m.owner or m.host:
            return self.resolver.resolve(owner, "whole")
        return self.cast.pronoun(m.det, self.main, self.near) if m.det in listed("possessive") else []

    def _presence(self, k: int, *, none: bool) -> int:
        """The end of words that say of their subject that it is not there; of no subject, that it is."""
        begun, denied = k, none
        while self.kind(k) in ("be", "modal", "neg"):
            denied |= self.kind(k) == "neg"
            k += 1
        if k == begun and not none:
            return 0
        if self.kind(k) == "cue" and self._image(k + 1):
            return k + 2 if denied and self.kind(k + 2) in _ENDS else 0
        word = self.cast.p.low(self.chunks[k].start) if k < len(self.chunks) else ""
        if word not in listed("there" if denied else "gone"):
            return 0
        k += 1
        while self.kind(k) in ("to", "be", "adv") or (word == "nowhere" and self.kind(k) == "verb"):
            k += 1
        if self.kind(k) == "cue":
            return k + 2 if self._image(k + 1) else k if word in listed("gone") or word == "visible" else 0
        return k if self.kind(k) in _ENDS else 0


def _is_one(m: Mention, missing: Missing, *, exactly: bool) -> bool:
    """Whether the thing named would be taken for one of those that must not be there: a girl is a person, and "no cars
    except a taxi" says that a taxi is a car; "no dogs but cats" says no such thing."""
    kind = mapping("hypernym").get(missing.noun, "")
    return m.head == missing.noun or any(
        m.head in listed(name) and (kind == name or (not exactly and missing.noun in listed(name))) for name in _KINDS)
