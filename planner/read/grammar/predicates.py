"""Verbs and adjectives in the tree: of whom they are said, with scores."""

from __future__ import annotations

from collections.abc import Iterator

from planner.read.grammar.frontier import NOUNS
from planner.read.grammar.joining import Joining
from planner.read.grammar.lexicon import listed, participle_like
from planner.read.grammar.tree import Arc, Label, State


class Predicates(Joining):
    """Attaches verbs and adjectives."""

    def _verb(self, j: int, s: State) -> Iterator[State]:
        finite = self.finite(j)
        if self.kind(j) == "be" and (self.kind(j - 1) == "there" or (
                self.kind(j - 1) == "modal" and self.kind(j - 2) == "there")):
            yield s.skip(waiting=-1)
            return
        if s.fronts and s.subject < 0 and (self.kind(j) == "be" or self._stative(j)):
            yield s.take(Arc(-2, "of"), 1.0, waiting=j)
            return
        if s.waiting >= 0 and s.waiting == s.last and self.kind(s.last) in ("be", "have") and not s.sep and (
                self.kind(j) in ("verb", "be")):
            yield s.take(s.arcs[s.last], 4.0, waiting=j, verb=j)
            return
        heads = list(self._heads(j, s))
        if not heads:
            yield s.take(Arc(-2, "all"), 0.0, waiting=j, verb=j)
            return
        for head, label, score in heads:
            gain = score + (self._acts(j, head, label, s) if not finite else self._agrees(j, head, s))
            outer = s.outer
            if outer and head == outer[-1][0] and head != s.subject:
                yield s.take(Arc(head, label), gain, waiting=j, verb=j, subject=head, outer=outer[:-1])
            elif finite or head in (s.subject, self.bearer(s)):
                yield s.take(Arc(head, label), gain, waiting=j, verb=j, subject=head)
            else:
                yield s.take(Arc(head, label), gain, waiting=j)

    _be = _have = _verb

    def _modal(self, j: int, s: State) -> Iterator[State]:
        yield s.skip()

    def _heads(self, j: int, s: State) -> Iterator[tuple[int, Label, float]]:
        """Whom a predicate can be said of, with how likely that is by place alone."""
        finite = self.finite(j)
        seen: set[tuple[int, Label]] = set()
        def once(head: int, label: Label, score: float) -> Iterator[tuple[int, Label, float]]:
            if head >= 0 and (head, label) not in seen:
                seen.add((head, label))
                yield head, label, score
        if s.sep in ("and", ",and") and s.verb >= 0 and s.arcs[s.verb].head >= 0:
            yield from once(s.arcs[s.verb].head, s.arcs[s.verb].label, 2.0 if finite else 1.4)
        if s.outer and s.outer[-1][0] != s.subject:
            told = s.verb >= 0
            yield from once(s.outer[-1][0], "all", (1.6 if told and finite else 0.2) + (1.0 if "," in s.sep else 0.0))
        if s.subject >= 0:
            yield from once(s.subject, "all", 1.5 if finite else 0.6 + 0.9 * bool(s.sep) + 0.9 * self.ends_subject(s))
        if finite:
            if "and" in s.sep and s.verb < 0 and s.subject >= 0 and not self.alive(s.subject):
                for n in s.roots:
                    yield from once(n, "all", 1.9 if self.alive(n) else -9.0)
            return
        if "," in s.sep and not self.finite(s.verb):
            firm = self.tags or (s.subject >= 0 and not self.alive(s.subject))
            yield from once(self.bearer(s), "of", 2.0 if firm else 1.2)
        if s.sep:
            for depth, n in enumerate(s.roots[:3]):
                yield from once(n, "of", 0.5 - 0.2 * depth)
        for depth, n in enumerate(reversed(s.open)):
            near = n == s.last and not s.sep and self.kind(n) != "pron"
            shared = 0.8 * self.ends_subject(s) if n != s.subject and self.first(s, n) == s.subject else 0.0
            yield from once(n, "of", (1.0 if near else 0.2) - 0.35 * depth - 0.5 * bool(s.sep) - shared)

    def _agrees(self, j: int, head: int, s: State) -> float:
        """Whether a finite verb has the number of its subject."""
        form, word = self.chunks[j].verb, self.word(j)
        many = self.many(s, head)
        single = word in ("is", "was", "has") or bool(form and form.form == "s")
        plural = word in ("are", "were", "have") or bool(form and form.form == "base")
        m = self.mention(head)
        if m is not None and m.head in listed("tantum", "invariant", "collection"):
            return 0.0
        return -0.8 if (single and many) or (plural and not many) else 0.3

    def _acts(self, j: int, head: int, label: Label, s: State) -> float:
        """How well a participle fits what it would be said of."""
        form = self.chunks[j].verb
        if form is None:
            return 0.0
        alive, kind, over = self.alive(head), self.klass(head), self.governor(s, head)
        if label == "all":
            alive |= any(self.alive(k) for k, arc in enumerate(s.arcs) if arc == Arc(head, "joined"))
        passive, stative = form.form == "ed", form.lemma in listed("stative")
        score = 0.0
        closes = s.last != head == self.first(s, s.last) and self.klass(s.last) == "person"
        if label == "all" and not passive and closes:
            several = [k for k in range(head, s.last) if self.kind(k) == "np" and self.first(s, k) == head]
            score -= 1.6 * (not all(map(self.alive, several)))
        hand = self.mention(head)
        if hand is not None and hand.head in ("hand", "paw", "finger", "claw") and form.lemma in listed("hands_on"):
            return 0.8
        if form.lemma in listed("says") and self.kind(self.after(j)) == "quote":
            return 1.5 if hand is not None and hand.head in listed("bears_text") else -1.0
        loose = hand is not None and hand.head in listed("plant_part") and self.klass(s.subject) != "plant"
        if kind in ("part", "garment") and (stative or not passive) and not loose:
            score -= 1.2 if not stative or self.relation(over) in ("with", "wearing") else 0.4
        if self.scenery(head):
            score -= 1.0 if self.relation(over) != "with" and (head != s.last or over >= 0) else 0.2
        if self.relation(over) == "without":
            score -= 2.0
        if not passive:
            score += (0.3 if stative else 0.8) if alive else -0.5 if not stative else 0.0
            worth = form.lemma in listed("hands_on") or self.kind(self.after(j)) in NOUNS
            score -= 0.8 if worth and not alive and kind != "unknown" else 0.0
        holder = self.mention(s.arcs[over].head) if self.relation(over) == "with" and over >= 0 else None
        carried = holder is not None and not holder.headless and self.alive(s.arcs[over].head)
        score -= 1.0 if carried and not alive and not passive else 0.0
        place = self.after(j)
        own = self.relation(over) == "with" and self.kind(place) == "cue" and self.word(self.after(place)) == "it"
        score += 1.5 if own and not alive else 0.0
        done_to = over >= 0 and self.relation(over) in ("act", "holding", "riding")
        if done_to and not alive and not passive and not stative:
            score -= 0.8
        if label == "of" and any(arc == Arc(head, "joined") for arc in s.arcs):
            score -= 0.3
        return score

    def _adj(self, j: int, s: State) -> Iterator[State]:
        if s.last >= 0 and s.waiting == s.last and self.kind(s.last) in ("be", "verb", "have"):
            head = s.arcs[s.last]
            yield s.take(Arc(head.head, head.label), 1.0, waiting=-1)
        elif s.last >= 0 and (self._clothes_in(s) or (self.kind(s.last) == "adj" and s.arcs[s.last].label != "none")):
            yield s.take(s.arcs[s.last], 1.0)
        elif (place := self._elided(s)) >= 0:
            yield s.take(Arc(place - 1, "of") if self.kind(place - 1) == "np" else s.arcs[place], 1.0)
        elif s.open and (not s.sep or self.word(j - 1) in ("(", ":")):
            yield s.take(Arc(s.open[-1], "of"), 1.0)
        elif s.subject >= 0:
            yield s.take(Arc(s.subject, "all"), 0.5)
            if s.last != s.subject and s.last in s.open[-1:] and self._fits_last(j, s):
                yield s.take(Arc(s.last, "of"), 0.8)
        else:
            yield s.take(Arc(-2, "all"), 0.0)

    def _clothes_in(self, s: State) -> bool:
        """Whether "in" stands before the colour ("a man in red")."""
        return self.kind(s.last) == "cue" and self.word(s.last) == "in" and not s.sep

    def _elided(self, s: State) -> int:
        """"the moon is orange and the house below it white": the place of the one that is white, or -1."""
        place = s.arcs[s.last].head if s.last >= 0 and self.kind(s.last) == "pron" and not s.sep else -1
        return place if place >= 0 and self.kind(place) == "cue" and s.arcs[place].head >= 0 else -1

    def _fits_last(self, j: int, s: State) -> bool:
        """"a crown next to a hat, black": the hat, if it can be black and was not said to be of another colour."""
        m, word = self.mention(s.last), self.word(j)
        if m is None or self.tags or participle_like(word) or self.scenery(s.last) or self.klass(s.last) == "part":
            return False
        sort = next((name for name in ("colour", "size", "material", "shape", "texture") if word in listed(name)), "")
        return bool(sort) and not set(m.attributes) & listed(sort)
