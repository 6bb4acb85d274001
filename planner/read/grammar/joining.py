"""Noun phrases in the tree: subjects, objects, and what "and" or a comma joins, with scores."""

from __future__ import annotations

from collections.abc import Iterator

from planner.read.grammar.frontier import APART, AROUND, SUPPORTS, Frontier
from planner.read.grammar.lexicon import listed
from planner.read.grammar.mention import Mention
from planner.read.grammar.tree import Arc, State


class Joining(Frontier):
    """Attaches noun phrases."""

    def _np(self, j: int, s: State) -> Iterator[State]:
        m = self.chunks[j].mention
        assert m is not None
        if s.waiting >= 0 and s.sep == "" and not self._inverted(j, s):
            yield self._as_object(j, s)
            return
        if s.waiting >= 0 and s.sep == "and" and self.kind(s.waiting) in ("cue", "with") and s.last == s.waiting:
            yield self._as_object(j, s)
            return
        yield self._as_subject(j, s)
        if (gap := self._gap(j, s)) >= 0:
            yield s.take(Arc(gap, "gap"), 3.0, open=(*s.open, j))
        tag = self.tags and s.sep == "," and not m.headless and not m.quantity
        if s.sep in ("and", ",", ",and") and not s.fronts and not tag:
            for n in s.open[-6:]:
                if self.kind(n) == "np":
                    yield from self._joined(j, n, s)
        if s.sep in (",", "") and s.open and self._renames(j, s.open[-1], s):
            yield s.take(Arc(s.open[-1], "named"), 3.5 if m.quantity else 2.0)

    def _gap(self, j: int, s: State) -> int:
        """"one wears a cap, the other a tie": the verb that is left out before the noun at `j`; -1 if none is."""
        m, told = self.mention(j), self.mention(s.last)
        if s.last < 0 or s.sep not in ("", ",") or s.last != s.subject or s.verb >= 0 or told is None or m is None:
            return -1
        several = told.other or told.ordinal or told.det == "another" or (told.quantity and not self.alive(j))
        if not told.headless or m.headless or not several:
            return -1
        verbs = [k for k in range(s.last) if self.kind(k) in ("verb", "have") and k < len(s.arcs)
                 and any(arc == Arc(k, "object") for arc in s.arcs)]
        return verbs[-1] if verbs else -1

    def _as_object(self, j: int, s: State) -> State:
        gain = 3.0
        kept = s.open if len(s.open) < 12 else (*s.open[:2], *s.open[-9:])
        return s.take(Arc(s.waiting, "object"), gain, open=(*kept, j), waiting=-1)

    def _inverted(self, j: int, s: State) -> bool:
        """"on the table stands a lamp": the verb's subject comes after it."""
        return bool(s.fronts) and s.subject < 0 and self.kind(s.waiting) in ("verb", "be") and (
            self.kind(s.waiting) == "be" or self._stative(s.waiting))

    def _as_subject(self, j: int, s: State) -> State:
        gain = 1.0 if s.sep or s.subject < 0 else 0.2
        if s.fronts:
            gain += 3.0
        after = self.after(j)
        if s.sep and self.finite(after) and (self.finite(s.verb) or s.subject < 0):
            gain += 1.5
        if s.sep == "and" and s.subject >= 0 and s.verb < 0 and s.last == s.subject:
            gain -= 0.5
        begun = s.subject < 0
        verb = -1
        opened = (j,) if begun else (*s.open[-4:], j)
        return s.take(Arc(-1, "subject"), gain, subject=j, verb=verb, open=opened, roots=(*s.roots[:7], j),
                      waiting=-1, fronts=(), outer=())

    def _joined(self, j: int, n: int, s: State) -> Iterator[State]:
        first, second = self.mention(n), self.mention(j)
        assert first is not None
        assert second is not None
        if s.arcs[n].label == "joined" and any(a == Arc(n, "joined") for a in s.arcs):
            return
        if self.word(j - 1) == ":" or (s.sep == "," and second.one and first.plural and first.quantity):
            return  # "two hats, a red one and a blue one"
        score = self._parallel(first, second, n, j) + {"and": 1.2, ",": 0.3, ",and": 0.9}[s.sep]
        over = self.governor(s, n)
        kind, after = self.relation(over), self.after(j)
        between = sum(1 for k in s.open if k > n)
        score += 0.5 if s.last == n else -0.7 * between - (1.0 if over >= 0 else 0.2)
        own = self.kind(after) in ("cue", "with", "rel", "verb") and not self.finite(after)
        if self.finite(after) and not (over >= 0 and not self.finite(s.verb) and self._disagrees(after, second)):
            subject = over < 0 and s.verb < 0 and s.last == n
            score += 0.6 if subject and s.sep != "," else -3.0
        if over >= 0:
            score += self._list_score(kind, first, second, own, s, j)
        elif s.last != n or s.verb >= 0:
            score -= 2.5
        elif s.sep == "," and self._list_closes(j):
            score += 0.9
        elif s.sep == "," and not second.det and not second.quantity and self.klass(j) in ("garment", "part"):
            score -= 2.0
        beside = self.chunks[after].cue if self._pronoun_place(after) else None
        if beside is not None and kind == "with" and "and" in s.sep and beside.kind not in AROUND:
            score += 1.5
        if s.sep == "," and over >= 0:
            closes = self._list_closes(j) and kind not in ("on", "in", "at")
            score += 0.9 if closes else -0.6 if second.counted and kind == "with" else -1.8
        root = s.arcs[n].label == "subject" or (s.arcs[n].label == "joined" and over < 0)
        changes = {"roots": s.roots} if not root else {}
        yield s.take(Arc(n, "joined"), score, open=(*s.open, j), **changes)

    def _disagrees(self, k: int, m: Mention) -> bool:
        """Whether the finite verb at `k` shows by its number that it is not said of this noun phrase."""
        plural = m.plural or m.head in listed("tantum")
        form = self.chunks[k].verb
        single = self.word(k) in ("is", "was", "has") or bool(form and form.form == "s")
        many = self.word(k) in ("are", "were", "have") or bool(form and form.form == "base")
        return not m.counted and ((single and plural) or (many and not plural))

    def _list_score(self, kind: str, first: Mention, second: Mention, own: bool, s: State, j: int) -> float:
        """How well "and" joins a second object to a relation of this kind."""
        linked = "and" in s.sep and self.mention(s.last) is first
        if kind in ("between", "middle", "among") and not first.plural and linked:
            return 3.0
        cue = self.chunks[self.after(j)].cue if self.kind(self.after(j)) == "cue" else None
        if kind in ("with", "holding", "act") and cue is not None and cue.owner and cue.words.startswith("in "):
            return 2.0
        hand = self.object_of(self.after(j)) if cue else None
        in_hand = hand is not None and (hand.head == "hand" or (hand.headless and hand.other))
        if kind in ("with", "holding", "act") and in_hand:
            return 2.0
        score = 0.0
        if kind in ("with", "wearing", "holding", "contains", "laden"):
            score += 0.8
        if kind == "wearing" and self.klass(j) != "garment" and second.noun:
            score -= 2.5
        if own and not (kind == "with" and self._pronoun_place(self.after(j))):
            score -= 0.9 if kind in ("with", "wearing") else 2.2
        if own and not second.counted and first.counted and kind != "with":
            score += 1.5
        nxt = self.after(j)
        without = self.kind(nxt) == "cue" and self.relation(nxt) == "without"
        both = kind == "with" and (without or self.kind(nxt) == "with") and self.alive(j) and self.alive(s.subject)
        if both and not self.alive(s.last):
            score -= 2.0  # "a man with a hat and a woman with a bag"
        if first.noun in listed("mass") and second.quantity:
            score -= 1.0
        if kind in SUPPORTS:
            score -= 1.6 if second.counted else 0.2
        elif kind in APART:
            score -= 0.3
        if s.sep == ",and" and second.counted:
            score -= 1.8 if own else 0.7
        return score

    def _parallel(self, first: Mention, second: Mention, n: int, j: int) -> float:
        """How alike two noun phrases are."""
        if first.det != "no" and second.det == "no" and self.kind(j - 1) == "and" and self.klass(n) == self.klass(j):
            return 0.5
        if (first.det == "no") != (second.det == "no") and not (first.det == "no" and not second.counted):
            return -6.0
        if second.noun and (self._again(j, second, first) or (
                second.head in listed("text_noun") and self.kind(self.after(j)) == "quote")):
            return -4.0
        if second.one and second.attributes:
            return 1.0 if first.noun and not first.definite and second.det in ("a", "an", "") else -3.0
        if second.headless:
            return 1.5 if first.headless and first.attributes and second.attributes and not second.definite else -4.0
        if first.closed:
            return -4.0
        if first.headless:
            told = any(m.plural and m.noun for k in range(n) if (m := self.mention(k)))
            return 2.5 if first.attributes and not second.definite and not told else -3.0
        kinds = self.klass(n), self.klass(j)
        score = 0.5 if first.counted == second.counted else -0.4
        alike = kinds[0] == kinds[1] or {*kinds} <= {"person", "animal"} or {*kinds} <= {
            "thing", "container", "furniture", "vehicle", "food", "plant", "unknown", "shape"}
        worn = sum(kind in ("garment", "part") for kind in kinds)
        score += 0.5 if alike else -0.8 if worn == 1 else 0.0
        return score + (0.4 if self.scenery(n) == self.scenery(j) else -0.8)

    def _again(self, j: int, second: Mention, first: Mention) -> bool:
        """Whether the noun phrase at `j` names again what was named before: "the cat", or "bear" after "a bear"."""
        if second.definite and second.head == first.head:
            return True
        bare = not second.counted and not second.plural and not second.attributes
        return bare and any(m.noun == second.noun and m.det for k in range(j) if (m := self.mention(k)))

    def _list_closes(self, j: int) -> bool:
        """Whether after the noun phrase at `j` a list ends in "and" and another noun phrase."""
        k = j + 1
        while self.kind(k) in ("comma", "np"):
            k += 1
        return self.kind(k) == "and" and self.kind(k + 1) == "np" and not self.finite(self.after(k + 1))

    def _renames(self, j: int, n: int, s: State) -> bool:
        """"her assistant, a young man": the second says who the first is."""
        first, second = self.mention(n), self.mention(j)
        if first is None or second is None or n < j - 2:
            return False
        if first.plural and first.det in listed("possessive") | {"the", "poss"} and not first.quantity and (
                second.quantity and second.quantity.exact and second.plural and self.klass(n) == self.klass(j)):
            return self.word(j - 1) == ","
        titled = first.name and second.det == "the" and self.klass(j) == "person"
        if second.det not in ("a", "an") and not titled:
            return False
        if titled:
            return True
        if first.headless:
            return s.arcs[n].label == "subject" and (
                (second.headless and not second.one) or (not second.headless and second.head != "one"))
        owned = first.det in listed("possessive") or first.det in ("the", "poss")
        return owned and self.klass(n) == "person" == self.klass(j) and self.kind(self.after(j)) in ("comma", "")

    def _pron(self, j: int, s: State) -> Iterator[State]:
        if s.waiting >= 0 and s.sep == "":
            yield s.take(Arc(s.waiting, "object"), 3.0, waiting=-1, open=(*s.open, j))
        else:
            yield s.take(Arc(-1, "subject"), 1.0, subject=j, verb=-1, open=(*s.open[-4:], j), roots=(*s.roots[:7], j),
                         waiting=-1, outer=())

    def _recip(self, j: int, s: State) -> Iterator[State]:
        yield s.take(Arc(s.waiting, "object"), 1.0, waiting=-1) if s.waiting >= 0 else s.skip()
