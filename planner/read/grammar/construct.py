"""Construction: walks over the tree of chunks and says what each form means, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable

from planner.read.grammar.actor import Actor
from planner.read.grammar.binding import LADEN
from planner.read.grammar.bodies import Pending
from planner.read.grammar.cast import COLOURS_SPREAD
from planner.read.grammar.lexicon import gerund, listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.story import Written
from planner.read.grammar.subjects import Subjects
from planner.read.grammar.tree import Arc


class Construction(Subjects):
    """Reads chunk by chunk, in the order of the prompt; what belongs together is told by the arcs."""

    def run(self) -> None:
        """Reads everything."""
        readers: dict[str, Callable[[int], None]] = {
            "np": self._np, "pron": self._pron, "cue": self._cue, "verb": self._verb, "have": self._have,
            "with": self._with, "rel": self._rel, "stop": self._stop, "neg": self._neg, "word": self._word,
            "to": self._to,
            "adv": self._adv, "name": self._name, "than": self._than, "quote": self._quote, "recip": self._recip,
            "adj": self._adj,
            "clause": self._clause, "be": self._be, "and": self._and}
        for k, chunk in enumerate(self.chunks):
            reader = readers.get(chunk.kind)
            if reader and k >= self.skip_to:
                self.story.at, self.story.certainty = self._place_at(k), 1.0
                reader(k)
        self._end()

    def _verb(self, k: int) -> None:
        chunk, nxt = self.chunks[k], self.after(k)
        assert chunk.verb is not None
        lemma, form = chunk.verb
        if self.negated and not any(arc == Arc(k, "object") for arc in self.arcs[k:k + 8]):
            self.negated = False
            return
        waits = any(arc == Arc(k, "object") for arc in self.arcs[k:k + 8])
        place = self.kind(nxt) == "cue" and nxt < len(self.arcs) and self.arcs[nxt].label in ("of", "all")
        if self.arcs[k].head == -2 and self.arcs[k].label == "of":
            return
        subjects = self.said_of(k)
        self.subjects = subjects or self.subjects
        passive = form == "ed" and place and self.word(nxt) == "by"
        laden = mapping("verb_kind").get(lemma) in LADEN and (self.kind(nxt) == "with" or self.word(nxt) == "in")
        if waits or passive or laden or self.negated or lemma in listed("neutral") or lemma == "dress":
            if laden and self.kind(nxt) == "with":
                self.pendings[nxt] = Pending(mapping("verb_kind")[lemma], subjects, f"{chunk.word} with", self.negated)
            return
        quoted = self.kind(k - 1) == "quote" or (lemma in listed("says") and self.kind(nxt) == "quote")
        if quoted or (place and lemma in listed("no_place", "dividing")) or self.kind(nxt) == "with":
            return
        head = self.chunks[self.arcs[k].head].mention if self.arcs[k].head >= 0 else None
        if head is not None and head.head in listed("posture") and not self.met.get(self.arcs[k].head):
            for actor in subjects:
                actor.describe([self._said(self.arcs[k].head, k + 1)], self._place_at(k))
            return
        as_said = form in ("ing", "ed") and lemma not in listed("intransitive")
        for actor in subjects:
            actor.describe([chunk.word if as_said else gerund(lemma)], self._place_at(k))

    def _be(self, k: int) -> None:
        if self.arcs[k].head >= 0:
            self.subjects = self.said_of(k) or self.subjects

    def _have(self, k: int) -> None:
        self.subjects = self.said_of(k) or self.subjects

    def _to(self, k: int) -> None:
        """What is only wished for is not in the picture."""
        previous = self.chunks[k - 1] if k else None
        word = previous.verb.lemma if previous and previous.verb else previous.word if previous else ""
        if word not in listed("irrealis"):
            return
        end = k
        while end < len(self.chunks) and self.kind(end) not in ("comma", "stop", "clause"):
            end += 1
        self.story.unread.append(self._said(k, end))
        self.skip_to = end

    def _adj(self, k: int) -> None:
        several = self.cast.group_for([], self.near) if self.word(k - 1) == ":" else self._told_one_by_one(k)
        words = [self.word(k)]
        end = k + 1
        if len(several) > 1:
            while self.kind(end) in ("adj", "adv") or (
                    self.kind(end) in ("and", "comma") and self.kind(self.after(end)) == "adj"):
                words += [self.word(end)] if self.kind(end) == "adj" else []
                end += 1
            if len(several) == len(words):
                for actor, word in zip(several, words, strict=True):
                    actor.describe([word], self._place_at(k))
                self.skip_to = end
                return
        before = self.chunks[k - 1].cue if self.kind(k - 1) == "cue" else None
        if before is not None and before.kind == "without":
            return  # "red instead of black"
        targets = self.said_of(k)
        head = self.chunks[self.arcs[k].head].mention if self.arcs[k].head >= 0 else None
        if head is not None and head.head in listed("posture") and not self.met.get(self.arcs[k].head):
            for actor in targets:
                actor.describe([self._said(self.arcs[k].head, k + 1)], self._place_at(k))
            return
        if len(targets) > 1 and (self.word(k).endswith("est") or self.word(k) in ("first", "last")):
            place = {"first": 0, "last": -1}.get(self.word(k + 1))
            if place is not None:
                targets[place].describe([self.word(k)], self._place_at(k))
            return
        begun, end = self._clothes(k)
        for n, actor in enumerate(targets):
            if begun >= 0 and actor.living:
                actor.describe([self._said(begun, end)], self._place_at(begun, end))
            elif self.negated and not actor.stuff:
                self.resolver.absent(Mention(0, 0, attributes=[self.word(k)]), [actor])
            elif self.respectively and len(targets) > 1:
                if n == self._rank(k):
                    actor.describe([self.word(k)], self._place_at(k))
            elif not self.negated:
                self._recolour(k, actor)
                actor.describe([self.word(k)], self._place_at(k))
        self.negated = False

    def _clothes(self, k: int) -> tuple[int, int]:
        """The chunks of "in red and black" around the colour at `k`; (-1, 0) where no "in" stands before it."""
        begun, end = k, k + 1
        while self.kind(begun) == "adj" and self.kind(begun - 1) == "and" and self.kind(begun - 2) == "adj":
            begun -= 2
        while self.kind(end) == "and" and self.kind(end + 1) == "adj":
            end += 2
        return (begun - 1, end) if self.kind(begun - 1) == "cue" and self.word(begun - 1) == "in" else (-1, 0)

    def _told_one_by_one(self, k: int) -> list[Actor]:
        """"three balls, small, medium and large", "two cups in red and blue": each has one of them."""
        group = self.things(self.said_of(k))
        opens = self.kind(k - 1) == "comma" or (self.kind(k - 1) == "cue" and self.word(k - 1) == "in")
        bunch = group[0].bunch if group and opens else None
        if bunch is None or bunch.at_least != bunch.at_most or any(a.bunch is not bunch for a in group):
            return []
        words, end = [self.word(k)], k + 1
        while self.kind(end) in ("and", "comma") and self.kind(end + 1) == "adj":
            words.append(self.word(end + 1))
            end += 2
        alike = any(set(words) <= listed(sort) for sort in ("colour", "size", "texture", "shape", "material"))
        return group if alike and len(words) == len(group) and set(words) != COLOURS_SPREAD else []

    def _recolour(self, k: int, actor: Actor) -> None:
        """"a red ball that is blue": what was said to have one colour cannot be said to be another."""
        said = self.kind(self.before(k)) == "be" and self.word(k) in listed("plain_colour")
        other = next((a for a in actor.attributes if a in listed("plain_colour") and a != self.word(k)), "")
        joined = self.kind(k + 1) == "and" and self.kind(k + 2) == "adj"
        if said and other and not joined and actor.bunch is None:
            self.story.conflicts += [f"the {actor.noun} is {colour}" for colour in (other, self.word(k))]

    def _rank(self, k: int) -> int:
        """Which of several joined adjectives the one at `k` is."""
        n = 0
        while k > 1 and self.kind(k - 1) in ("and", "comma", "adj"):
            k -= 1
            n += self.kind(k) == "adj"
        return n

    def _with(self, k: int) -> None:
        pass

    def _rel(self, k: int) -> None:
        head = self.arcs[k].head
        if head in self.met:
            self.subjects = self.near = self.said_of(k)

    def _clause(self, k: int) -> None:
        if self._excepts(k):
            self._exception(k)

    def _stop(self, k: int) -> None:
        self._end()
        self.cast.sentence += 1
        if self.cast.share is not None and self.cast.share.told:
            self.cast.share = None
        self.subjects = []

    def _end(self) -> None:
        self._follow(self.subjects)
        self.sided = None
        self.each, self.both, self.it_meant = [], [], []
        self.negated = self.nothing = False
        self.known_missing = len(self.story.missing)

    def _neg(self, k: int) -> None:
        self.negated = True

    def _and(self, k: int) -> None:
        self.negated |= self.word(k) == "nor"

    def _word(self, k: int) -> None:
        self.story.unread.append(self._said(k, k + 1))

    def _adv(self, k: int) -> None:
        """Adverbs of degree and time say nothing of the picture; manner ("gleefully") is said to be unread."""
        if self.word(k) not in listed("adverb") and self.word(k).isalpha():
            self.story.unread.append(self._said(k, k + 1))

    def _name(self, k: int) -> None:
        """"a dog named Max"."""
        for actor in self.said_of(k - 1)[:1]:
            actor.alias = self.word(k).lower()

    def _than(self, k: int) -> None:
        if self.kind(self.after(k)) != "np":
            self.story.unread.append(self._said(k, k + 1))

    def _quote(self, k: int) -> None:
        arc = self.arcs[k]
        told = self.said_of(k) if arc.head >= 0 else []
        mention = self.chunks[arc.head].mention if arc.head >= 0 else None
        if mention is not None and mention.noun in listed("text_noun"):
            over = self.arcs[self.first[arc.head]]
            told = self.said_of(over.head) if over.label == "object" else []
        hosts = sorted(self.things(told), key=lambda a: a.head not in listed("bears_text"))
        if not hosts:
            place = self.after(k)
            place += self.kind(place) == "verb"
            self.texts[place] = len(self.story.lettering)
        self.story.lettering.append(Written(self.word(k), next(iter(hosts), None)))
