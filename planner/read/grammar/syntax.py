"""Syntax: which chunk belongs to which, as arcs of a tree, by a beam over right-frontier attachments with scores.

A chunk is attached to one of the noun phrases that are still open, opens a clause of its own, or waits for its object.
Each way has a score; the best few readings are carried along, so that a later word can overrule an earlier guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp

from planner.read.grammar.classes import klass
from planner.read.grammar.frontier import APART, PREDICATES
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.placing import Placing
from planner.read.grammar.tree import Arc, Label, State, Tree

_ROOMY = frozenset({"container", "vehicle", "building", "plant", "place"})
BEAM = 6
"""Readings that are carried along."""
HEAT = 0.25
"""How fast a reading loses weight with its distance from the best one."""
LONGEST = 100
"""Chunks that are parsed together."""


class Parser(Placing):
    """Finds the best tree over the chunks of a text."""

    def run(self) -> Tree:
        """The tree of all chunks. A sentence is parsed by itself, and a very long one in pieces."""
        arcs: list[Arc] = []
        certain: list[float] = []
        begun = 0
        for k in range(1, len(self.chunks) + 1):
            if k == len(self.chunks) or self.chunks[k - 1].kind == "stop" or k - begun >= LONGEST:
                states = Parser(self.chunks[begun:k], tags=self.tags)._sentence()
                arcs += [arc._replace(head=arc.head + begun) if arc.head >= 0 else arc for arc in states[0].arcs]
                certain += _agreed(states)
                begun = k
        return Tree(tuple(arcs), tuple(certain))

    def _sentence(self) -> list[State]:
        states = [State()]
        for j, chunk in enumerate(self.chunks):
            step = getattr(self, f"_{chunk.kind}", None)
            found: list[State] = []
            for state in states:
                found.extend(step(j, state) if step else [state.skip()])
            found.sort(key=lambda s: -s.score)
            states = _distinct(found)[:BEAM]
        return states

    def _with(self, j: int, s: State) -> Iterator[State]:
        thing = self.object_of(j)
        worn = self.klass(self.after(j)) if thing and thing.noun else ""
        found = False
        heads: list[tuple[int, Label, float]] = []
        if s.last >= 0 and self.kind(s.last) in PREDICATES and not s.sep:
            heads.append((s.arcs[s.last].head, s.arcs[s.last].label, 3.0))
        if s.subject >= 0 and self.ends_subject(s):
            heads.append((s.subject, "all", 0.4 + self.ends_subject(s)))
        elif s.subject >= 0:
            done = self.relation(self.governor(s, s.last)) == "act"
            means = done and self.alive(s.subject) and not self.alive(s.last)
            heads.append((s.subject, "all", 0.4 + 1.2 * ("," in s.sep) + 1.0 * (means and worn != "part")))
        for depth, n in enumerate(reversed(s.open)):
            near = 1.0 if n == s.last and not s.sep else 0.0
            backdrop = self.scenery(n) and self.relation(self.governor(s, n)) not in APART
            heads.append((n, "of", near - 0.5 * depth - 0.8 * backdrop))
        for head, label, score in heads:
            if head < 0:
                continue
            kind = self.klass(head)
            if worn in ("garment", "part"):
                score += 0.6 if self.alive(head) else -0.9 if worn == "garment" else 0.0
            m = self.mention(head)
            score += 1.6 if m is not None and m.head in listed("likeness") and (m.tail or m.content) else 0.0
            if kind == "garment" and thing is not None and thing.head in listed("trimming"):
                score += 1.6
            if kind in ("garment", "part") and worn not in ("part", "material", ""):
                score -= 0.7
            if kind in ("container", "furniture") and worn != "garment":
                score += 0.5
            score += self._bears(j, head)
            if self.kind(head) == "pron" and label == "of":
                score -= 1.5
            found = True
            yield s.take(Arc(head, label), score, waiting=j)
        if not found:
            yield s.take(Arc(-2, "all"), 0.0, waiting=j)

    def _bears(self, j: int, head: int) -> float:
        """"a bench under a tree with two people sitting on it": who can sit on what tells where they sit."""
        k = self.after(j)
        while self.kind(k) in ("np", "and", "comma", "adv"):
            k += 1
        form = self.chunks[k].verb if self.kind(k) == "verb" else None
        rides = form is not None and mapping("verb_kind").get(form.lemma) == "riding"
        k += form is not None and not rides
        cue = self.chunks[k].cue if self.kind(k) == "cue" else None
        thing = self.object_of(j)
        if cue is not None and self.word(self.after(k)) == "it" and self.klass(head) == "person":
            return -1.5
        if self.word(self.after(k)) != "it" or thing is None or not (
                rides or (cue and cue.kind in ("on", "under", "in"))):
            return 0.0
        if cue and cue.kind == "in":
            return 0.8 if self.klass(head) in _ROOMY else -0.6
        if rides:
            return 1.5 if self.klass(head) in ("animal", "vehicle") else -0.5
        seated = klass(thing.noun) in ("person", "animal")
        if seated and self.klass(head) in ("furniture", "animal", "vehicle"):
            return 1.0
        return -0.6 if self.klass(head) == "plant" else 0.0

    def _quote(self, j: int, s: State) -> Iterator[State]:
        if s.last >= 0 and self.kind(s.last) in ("verb", "have", "with") and s.waiting == s.last:
            yield s.take(s.arcs[s.last], 1.0, waiting=-1)
        elif s.open and not s.sep:
            yield s.take(Arc(s.open[-1], "of"), 1.0, waiting=-1)
        elif s.last >= 0 and self.kind(s.last) == "quote":
            yield s.take(s.arcs[s.last], 1.0, waiting=-1)
        else:
            yield s.take(Arc(-2, "all"), 0.0, waiting=-1)

    def _rel(self, j: int, s: State) -> Iterator[State]:
        many = self.word(self.after(j)) in ("are", "were", "have")
        heads = [n for n in reversed(s.open) if self.kind(n) == "np"][:3]
        for depth, n in enumerate(heads):
            score = 1.0 - 0.7 * depth + (0.3 if many == self.many(s, n) else -0.3)
            form = self.chunks[self.after(j)].verb if self.kind(self.after(j)) == "verb" else None
            m = self.mention(n)
            if self.word(j) in ("who", "whom"):
                score += 1.2 if self.alive(n) else -1.2
            if form is not None and form.lemma in listed("says") and m is not None and m.head in listed("bears_text"):
                score += 1.6
            label: Label = "all" if many else "of"
            whose = self.word(j) == "whose"
            outer = (*s.outer[-3:], (s.subject, s.verb))
            if self.word(j) == "where":
                yield s.take(Arc(n, "of"), score, subject=-1, verb=-1, waiting=-1, outer=())
            else:
                yield s.take(Arc(n, label), score, subject=n, verb=-1, outer=outer, waiting=j if whose else -1)
        if not heads:
            yield s.skip()

    def _clause(self, j: int, s: State) -> Iterator[State]:
        yield s.skip(waiting=-1, outer=(), verb=-1, sep=",")

    def _comma(self, j: int, s: State) -> Iterator[State]:
        mark = self.word(j)
        if mark in ("(", ")", '"', "'"):
            yield s.skip(sep=s.sep or ("" if mark == ")" else ","))
            return
        waiting = -1 if self.kind(s.waiting) in ("cue", "be", "verb", "have") and s.last == s.waiting else s.waiting
        yield s.skip(sep="," if s.sep in ("", ",") else ",and", waiting=waiting if mark != ":" else -1)

    def _and(self, j: int, s: State) -> Iterator[State]:
        yield s.skip(sep=",and" if "," in s.sep else "and", waiting=-1)

    def _stop(self, j: int, s: State) -> Iterator[State]:
        yield State(score=s.score, arcs=(*s.arcs, Arc(-1, "none")))

    def _there(self, j: int, s: State) -> Iterator[State]:
        yield s.skip(waiting=-1)

    def _to(self, j: int, s: State) -> Iterator[State]:
        yield s.skip(waiting=-1)

    def _neg(self, j: int, s: State) -> Iterator[State]:
        yield s.skip()


def _agreed(states: Sequence[State]) -> list[float]:
    """How sure each arc of the best reading is: the weight of the readings that have it too."""
    weights = [exp((state.score - states[0].score) / HEAT) for state in states]
    total = sum(weights)
    return [sum(w for w, state in zip(weights, states, strict=True) if state.arcs[k] == arc) / total
            for k, arc in enumerate(states[0].arcs)]


def _distinct(states: list[State]) -> list[State]:
    """The states in order, each way to go on once."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for s in states:
        key = (s.subject, s.verb, s.open, s.waiting, s.fronts, s.outer, s.arcs[-1] if s.arcs else None)
        if key not in seen:
            seen.add(key)
            kept.append(s)
    return kept
