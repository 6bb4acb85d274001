"""What stands around a chunk, and what each chunk is: the questions that the scores of syntax ask."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.chunks import Chunk
from planner.read.grammar.classes import alive, klass
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.tree import Arc, State

SUPPORTS = frozenset({"on", "in", "at", "under", "middle"})
APART = frozenset({"next_to", "left_of", "right_of", "in_front_of", "behind", "near", "far_from", "above", "below"})
AROUND = frozenset({"left_of", "right_of", "above", "below", "behind", "in_front_of"})
NOUNS = frozenset({"np", "pron"})
PREDICATES = frozenset({"verb", "be", "have", "adj"})


class Frontier:
    """The chunks of one sentence."""

    def __init__(self, chunks: Sequence[Chunk], *, tags: bool = False) -> None:
        self.chunks, self.tags = chunks, tags

    def bearer(self, s: State) -> int:
        """Whom a list is about: among tags the first person or animal, else the first; elsewhere a person; or -1."""
        living = (n for n in s.roots if self.kind(n) == "np" and self.alive(n))
        if self.tags:
            return next(living, s.roots[0] if s.roots else -1)
        return next((n for n in living if self.klass(n) == "person"), -1)

    def kind(self, k: int) -> str:
        """The kind of the chunk at `k`, "" outside."""
        return self.chunks[k].kind if 0 <= k < len(self.chunks) else ""

    def word(self, k: int) -> str:
        """The word of the chunk at `k`."""
        return self.chunks[k].word if 0 <= k < len(self.chunks) else ""

    def after(self, k: int) -> int:
        """The next chunk, adverbs aside."""
        k += 1
        while self.kind(k) in ("adv", "word"):
            k += 1
        return k

    def mention(self, k: int) -> Mention | None:
        """The noun phrase at `k`."""
        return self.chunks[k].mention if 0 <= k < len(self.chunks) else None

    def object_of(self, k: int) -> Mention | None:
        """The noun phrase that directly follows the chunk at `k`."""
        return self.mention(self.after(k)) if self.kind(self.after(k)) == "np" else None

    def klass(self, k: int) -> str:
        """The class of the noun at `k`; pronouns are persons or things by their word."""
        m = self.mention(k)
        if m is None:
            return "person" if self.word(k) in ("he", "she", "they", "him", "her", "them", "i", "we") else "thing"
        if m.head == "glasses" and m.quantity and m.quantity.n > 1 and not m.quantity.pair:
            return "container"
        return klass(m.noun) if m.noun else "unknown"

    def alive(self, k: int) -> bool:
        """Whether a person or an animal is named at `k`."""
        m = self.mention(k)
        if m is None:
            return self.klass(k) == "person"
        return m.headless or alive(m.noun)

    def scenery(self, k: int) -> bool:
        """Whether the noun at `k` is a place rather than a thing."""
        m = self.mention(k)
        if m is None or (m.quantity and m.quantity.n > 1):
            return False
        return bool({m.noun, m.head} & listed("place", "stuff"))

    def finite(self, k: int) -> bool:
        """Whether a finite verb stands at `k`."""
        if self.kind(k) in ("be", "have", "modal"):
            return True
        form = self.chunks[k].verb if self.kind(k) == "verb" else None
        return form is not None and form.form in ("s", "base")

    def many(self, state: State, k: int) -> bool:
        """Whether the noun phrase at `k` is a plural, by itself or with what is joined to it."""
        m = self.mention(k)
        return bool(m and m.plural) or any(arc == Arc(k, "joined") for arc in state.arcs)

    def governor(self, state: State, k: int) -> int:
        """The chunk that the noun phrase at `k` is an object of, through what it is joined with; -1 for none."""
        for _ in range(40):
            if k < 0:
                return -1
            arc = state.arcs[k]
            if arc.label != "joined":
                return arc.head if arc.label == "object" else -1
            k = arc.head
        return -1

    def first(self, s: State, k: int) -> int:
        """The first of the noun phrases that the one at `k` is joined with."""
        for _ in range(40):
            if k < 0 or s.arcs[k].label != "joined":
                break
            k = s.arcs[k].head
        return k

    def ends_subject(self, s: State) -> float:
        """How closely the whole subject stands before the next chunk: 1 right before it, less after a bare list."""
        if s.sep or s.last < 0 or s.subject < 0 or self.first(s, s.last) != s.subject:
            return 0.0
        linked = s.last == s.subject or any(self.kind(k) in ("and", "recip") for k in range(s.subject, s.last))
        return 1.0 if linked else 0.2

    def relation(self, k: int) -> str:
        """The relation that the chunk at `k` opens, in a word."""
        if k < 0:
            return ""
        chunk = self.chunks[k]
        if chunk.cue is not None:
            nxt = self.after(k)
            worn = chunk.cue.kind == "in" and self.kind(nxt) == "np" and self.klass(nxt) == "garment"
            return "wearing" if worn else chunk.cue.kind
        verb = self.chunks[k - 1].verb if k and self.kind(k - 1) == "verb" else None
        if chunk.kind == "with" and verb and mapping("verb_kind").get(verb.lemma) in ("covered", "filled", "topped"):
            return "laden"
        if chunk.kind in ("with", "have"):
            return "with"
        if chunk.verb is not None:
            return mapping("verb_kind").get(chunk.verb.lemma, "act")
        return ""

    def _pronoun_place(self, k: int) -> bool:
        return self.kind(k) == "cue" and self.kind(self.after(k)) == "pron"

    def _stative(self, k: int) -> bool:
        form = self.chunks[k].verb if 0 <= k < len(self.chunks) else None
        return form is not None and form.lemma in listed("stative")
