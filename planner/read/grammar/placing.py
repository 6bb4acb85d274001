"""Places in the tree: of whom "on the mat" is said, and which places come before their subject, with scores."""

from __future__ import annotations

from collections.abc import Iterator

from planner.read.grammar.classes import bodily
from planner.read.grammar.frontier import APART, NOUNS, PREDICATES, SUPPORTS
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.predicates import Predicates
from planner.read.grammar.tree import Arc, Label, State

_INTO = frozenset({"into", "onto", "out of"})


class Placing(Predicates):
    """Attaches places."""

    def _cue(self, j: int, s: State) -> Iterator[State]:
        cue = self.chunks[j].cue
        assert cue is not None
        nxt = self.after(j)
        objects = bool(cue.kind) and not cue.owner and self.kind(nxt) in ("np", "pron", "recip")
        if self._fronts(j, s, objects):
            waiting = j if objects else -1
            inverted = bool(s.sep) and self.kind(self.after(self.after(j))) == "verb"
            yield s.take(Arc(-1, "front"), 2.8 if inverted else 2.0, waiting=waiting, fronts=(*s.fronts, j), subject=-1,
                         verb=-1)
            if s.sep == "" and s.last < 0:
                return
        if s.last >= 0 and self.kind(s.last) == "quote" and not s.sep and not cue.owner and not objects:
            yield s.take(Arc(s.last, "none"), 2.0)  # where words are written
            return
        waiting = j if objects else -1
        found = False
        shape = self.object_of(j)
        formed = cue.kind == "in" and shape is not None and shape.head in mapping("formation")
        for head, label, score in self._hosts(j, s, objects):
            found = True
            if cue.kind == "in" and shape is not None and self.klass(nxt) == "garment":
                members = [k for k, arc in enumerate(s.arcs) if arc == Arc(head, "joined")] if label == "all" else []
                score += 0.6 if self.alive(head) and all(map(self.alive, members)) else -2.0
            if formed:
                score += 1.2 if self.many(s, head) and label == "all" else 0.0 if self.many(s, head) else -1.5
            yield s.take(Arc(head, label), score, waiting=waiting)
        if not found:
            yield s.take(Arc(-2, "all"), -0.5, waiting=waiting)

    def _hosts(self, j: int, s: State, objects: bool) -> Iterator[tuple[int, Label, float]]:
        """Whom a place can be said of, and how well that fits."""
        cue = self.chunks[j].cue
        assert cue is not None
        prev = s.last
        if prev >= 0 and self.kind(prev) in PREDICATES and not s.sep:
            yield s.arcs[prev].head, s.arcs[prev].label, 4.0
            return
        if prev >= 0 and self.kind(prev) == "quote" and not s.sep and self.kind(self.after(j)) == "pron":
            yield s.arcs[prev].head, "of", 4.0
            return
        if prev >= 0 and self.kind(prev) == "adj" and s.arcs[prev].label != "none":
            yield s.arcs[prev].head, s.arcs[prev].label, 1.5
        if s.sep in ("and", ",and"):
            told = (k for k in range(j - 1, -1, -1) if self.kind(k) == "cue" and s.arcs[k].label in ("of", "all"))
            if (before := next(told, -1)) >= 0:
                yield s.arcs[before].head, s.arcs[before].label, 2.2
        own = 3.0 * self._tells_last(j, s, objects)
        if s.subject >= 0:
            yield s.subject, "all", self._place_of_subject(j, s, objects) - 1.5 * self.scenery(s.subject) - own
        for depth, n in enumerate(reversed(s.open)):
            if n == s.subject and s.open[-1] != n:
                continue
            yield n, "of", self._place_of(j, n, s, objects) - 0.5 * depth
        if "," in s.sep and s.roots and s.roots[0] not in s.open[-1:] and s.roots[0] != s.subject:
            yield s.roots[0], "all", 0.5
        if s.open:
            first = s.open[-1]
            for _ in range(20):
                if s.arcs[first].label != "joined":
                    break
                first = s.arcs[first].head
            if first != s.open[-1] and first != s.subject:
                yield first, "all", self._place_of(j, s.open[-1], s, objects) + self._together(j, first, s)

    def _tells_last(self, j: int, s: State, objects: bool) -> bool:
        """"a frog and a fly above", "a bowl and a spoon to the right": where the last is from the first."""
        cue = self.chunks[j].cue
        joined = s.last >= 0 and not s.sep and s.arcs[s.last].label == "joined" and self.first(s, s.last) == s.subject
        if cue is None or objects or cue.owner or not joined or self.kind(s.last - 1) != "and":
            return False
        if s.arcs[s.subject].head >= 0:
            return False
        if cue.alone:
            return cue.alone in ("at_left", "at_right") and cue.words.lower().startswith("to the")
        return cue.kind in APART or cue.kind == "between"

    def _together(self, j: int, first: int, s: State) -> float:
        """How likely a place after a list is said of all of it: "a lamp and a book on it"."""
        cue = self.chunks[j].cue
        if any(self.kind(k) == "cue" for k in range(first, s.open[-1])):
            return -2.0  # "a cat under it and a bird on it"
        supported = cue is not None and cue.kind in SUPPORTS
        listed_by_and = any(self.kind(k) == "and" for k in range(first, j))
        return 0.4 if supported and listed_by_and else -0.2 if listed_by_and else -0.5

    def _place_of_subject(self, j: int, s: State, objects: bool) -> float:
        cue = self.chunks[j].cue
        assert cue is not None
        persons = self.word(self.after(j)) in ("him", "her", "them", "me", "us")
        resting = bool(s.open) and self.relation(self.governor(s, s.open[-1])) in SUPPORTS and not s.sep
        latest = bool(s.roots) and s.roots[-1] == s.subject and self.alive(s.subject)
        score = 0.4 + 0.9 * ("," in s.sep) + 1.0 * (persons and objects and resting and latest)
        ends = self.ends_subject(s)
        score += 1.5 * ends
        if self.kind(s.last) in NOUNS and not ends:
            over = self.governor(s, s.last)
            kind = self.relation(over)
            thing = self.klass(s.last)
            if kind.endswith("_than") or kind == "same_size":
                score -= 1.0
            placed = self.klass(self.after(j)) if self.object_of(j) else ""
            if kind in ("wearing", "holding") or (
                    kind == "with" and (thing == "part" or (thing == "garment" and self.alive(s.subject)))
                    and placed != "part"):
                score += 1.0
            elif kind in ("act", "riding"):
                score += 0.5
            elif kind == "with" and cue.kind in APART and self.object_of(j) and thing != "part":
                m, host = self.mention(s.last), self.klass(s.subject)
                filled = host in ("container", "furniture") and thing in ("plant", "food")
                score += 1.2 if (m and not m.counted) or filled else 0.0
            elif kind == "without":
                score += 2.0
            elif s.verb >= 0 and self.kind(s.verb) in ("verb", "be") and not (
                    kind in ("on", "in") and cue.kind in ("on", "in", "at")):
                score += 0.8
            m = self.mention(s.last)
            mere = thing in ("abstract", "event", "amount") and m is not None and not bodily(m.noun)
            score += 1.5 if mere or kind in ("like", "made") else 1.0 if kind == "laden" else 0.0
        if cue.kind in ("on", "in", "at") and self._placed_already(j, s):
            score -= 1.0
        return score

    def _placed_already(self, j: int, s: State) -> bool:
        """Whether an earlier place tells on or in what the subject is: what follows is rather told of that."""
        told = (self.chunks[k].cue for k in range(j) if s.arcs[k] in (Arc(s.subject, "of"), Arc(s.subject, "all")))
        return any(cue is not None and cue.kind in ("on", "in") for cue in told) and not s.sep

    def _place_of(self, j: int, n: int, s: State, objects: bool) -> float:
        cue, over = self.chunks[j].cue, self.governor(s, n)
        assert cue is not None
        kind, thing = self.relation(over), self.klass(n)
        score = 0.8 if n == s.last and not s.sep else 0.0
        if self.kind(n) == "pron" and kind not in ("act", "holding"):
            score -= 1.5
        label = cue.alone and not objects and cue.words.lower().split()[0] not in listed("cue_preposition")
        if n == s.last and over < 0 and "," in s.sep and label:
            score += 1.6 + 1.2 * self.scenery(n)  # "a sun, left, a moon, right"
        if self.scenery(n) and (objects or kind != "with"):
            score -= 1.2
        if kind == "with":
            own = self.alive(s.arcs[over].head) or (m := self.mention(n)) is None or m.head in listed("lifeless_part")
            worn = thing == "garment" or (thing == "part" and own)
            worn |= self.klass(s.arcs[over].head) == "container" and not (self.mention(n) or Mention(0, 0)).counted
            related = (self._pronoun_place(j) and not (thing == "part" and own and cue.kind in APART and (
                self.alive(s.arcs[over].head)))) or (objects and self.klass(self.after(j)) == "part")
            score += -0.8 if worn and not related else 0.6
            if self._pronoun_place(j) or cue.owner:
                score += 1.2 if self._means(self.word(self.after(j)) or cue.owner, over, s) else -1.0
            if self._pronoun_place(j) and cue.kind in APART and s.roots and s.roots[0] != s.arcs[over].head and (
                    self.word(self.after(j)) == "it"):
                score -= 1.5
            if not objects and not cue.owner and not s.sep and not (cue.alone and thing == "garment"):
                score += 0.6 if cue.alone else 0.9
        elif not objects and cue.alone and kind:
            score -= 0.9
        elif kind in ("holding", "act") and cue.kind in ("in", "on") and self.object_of(j) and (
                self.klass(self.after(j)) == "container" or (self.alive(n) and self.alive(s.subject))):
            score += 0.9
        elif self._moved(j, over):
            score += 1.8
        elif over >= 0 and self.word(over).lower() == "from" and cue.words.lower() in _INTO:
            score -= 1.5
        elif kind in ("holding", "act") and (m := self.mention(n)) is not None and m.det == "the" and objects:
            score += 1.0
        elif kind in ("on", "in", "at", "under"):
            score += 0.3 if cue.kind in ("on", "in", "at") else 0.1
        elif kind in ("wearing", "holding"):
            score -= 0.3
        elif kind == "without" and self.word(over).lower() not in listed("exception"):
            score -= 2.0
        elif kind == "other":
            score += 0.5
        verb = self.chunks[over - 1].verb if over > 0 and self.kind(over - 1) == "verb" else None
        if verb is not None and verb.lemma in listed("no_place"):
            score += 1.0
        if self._pronoun_place(j) and cue.kind == "between" and s.arcs[n].label == "joined":
            score += 2.5
        if cue.kind in ("without", "like", "made", "filled"):
            score += 1.0
        return score

    def _moved(self, j: int, over: int) -> bool:
        """"puts a loaf on the counter", "throws a coin into it": the place is where the object goes."""
        cue, form = self.chunks[j].cue, self.chunks[over].verb if over >= 0 else None
        put = form is not None and form.lemma in listed("putting") and self.kind(self.after(j)) in NOUNS
        into = cue is not None and cue.words.lower() in _INTO and self.relation(over) in ("holding", "act")
        return put or into

    def _means(self, word: str, over: int, s: State) -> bool:
        """Whether a pronoun can mean the one who has what the place is said of: "him" is no hat."""
        if word in ("it", "its"):
            return self.klass(s.arcs[over].head) not in ("person", "group")
        return word not in ("he", "she", "him", "her", "his") or self.alive(s.arcs[over].head)

    def _fronts(self, j: int, s: State, objects: bool) -> bool:
        """Whether the place stands before its subject ("On the left, a dog", "behind it a tree")."""
        begins = s.subject < 0 and not s.fronts and s.last < 0
        if not begins and not s.sep and not s.fronts:
            return False
        if begins and s.sep == "" and s.last >= 0:
            return False
        k = self.after(j)
        cue = self.chunks[j].cue
        assert cue is not None
        if objects and cue.kind:
            k = self.after(k)
            while self.kind(k) == "and" and self.kind(k + 1) == "np" and begins:
                k = self.after(k + 1)
        if self.kind(k) == "cue" and (begins or not objects or self.kind(self.after(j)) == "pron"):
            other = self.chunks[k].cue
            taken = other is not None and other.kind and not other.owner and self.kind(self.after(k)) in ("np", "pron")
            k = self.after(self.after(k)) if taken else self.after(k)
        if self.kind(k) == "comma" and (begins or self.word(k) == ":"):
            k = self.after(k)
        if self.kind(k) == "np":
            return True
        form = self.chunks[k].verb if self.kind(k) == "verb" else None
        stands = self.kind(k) in ("be", "there") or self._stative(k) or (begins and self.finite(k) and s.last < 0) or (
            form is not None and form.form in ("s", "base") and form.lemma in listed("intransitive", "motion"))
        return stands and (begins or self.kind(self.after(k)) in ("np", "be"))
