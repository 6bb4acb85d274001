"""Clauses: walks over the items of a text and tells the story of who stands where, does what and has what."""

from __future__ import annotations

from collections.abc import Callable

from planner.read.absences import Absences
from planner.read.attach import Frame
from planner.read.bind import Pending
from planner.read.cast import Actor, Cast
from planner.read.items import Item
from planner.read.lexicon import gerund, listed, mapping
from planner.read.mention import Mention
from planner.read.story import Story
from planner.relations import TABLE

_LADEN = frozenset({"covered", "filled", "topped"})
_NOBODY = frozenset({"i", "me", "we", "us", "you"})


class Clauses(Absences):
    """Reads item by item. Each method takes the position of an item and returns where to go on."""

    def __init__(self, items: list[Item], cast: Cast, story: Story) -> None:
        super().__init__(items, cast, story)
        self.there = False
        self.respectively = any(item.word == "respectively" for item in items)
        self.readers: dict[str, Callable[[int], int]] = {
            "np": self._np, "cue": self._cue, "verb": self._verb, "be": self._be, "have": self._have, "to": self._to,
            "with": self._with, "rel": self._rel, "clause": self._clause, "comma": self._comma,
            "stop": self._stop, "neg": self._neg, "there": self._there, "style": self._style, "word": self._word,
            "adv": self._adv, "than": self._than, "quote": self._quote, "pron": self._pron, "recip": self._recip,
            "adj": self._adj,
        }

    def run(self) -> None:
        """Reads everything."""
        i = 0
        while i < len(self.items):
            reader = self.readers.get(self.kind(i))
            i = max(reader(i), i + 1) if reader else i + 1
        self._end()

    def _end(self) -> None:
        """The end of a sentence."""
        self.follow(self.subjects)
        self.frames, self.pending, self.each, self.with_owner, self.meant = [], None, [], [], []
        self.verbed = self.negated = self.there = self.be = self.chained = self.nothing = False
        self.verb = ("", "")
        self.known_missing = len(self.story.missing)

    def _said(self, i: int, k: int) -> str:
        return self.cast.p.span(self.items[i].start, self.items[k - 1].end)

    # Noun phrases

    def _np(self, i: int) -> int:
        first = self.items[i].mention
        assert first is not None
        self._holds_on(i)
        mentions, end = self.coordination(i)
        self.nothing |= first.noun == "nothing"
        self._share_noun(mentions)
        if self._apposed(first, i):
            self._predicate(mentions[:1])
            end = i + 1
        elif self.negated and self.pending is None and first.det != "no":
            self.deny(mentions)
        elif self.pending is not None:
            place = self.after(end - 1)
            self.placed = self.kind(place) == "cue" and self.kind(self.after(place)) == "pron"
            self.bind_all(self.pending, mentions)
        elif gone := self.out_of_sight(mentions, end):
            end = gone
            if mentions:
                self._subject(mentions, i)
        elif self.be and not self.there and self.subjects and not self.fronted and not first.headless:
            self._predicate(mentions)
        else:
            self._subject(mentions, i)
        self.negated = self.be = False
        return end

    def _holds_on(self, i: int) -> None:
        """"holding a bear in her left hand and a balloon in her right hand": she holds both."""
        last = self.story.links[-1] if self.story.links else None
        hand = self.items[i + 2].mention if self.kind(i + 1) == "cue" and self.kind(i + 2) == "np" else None
        if self.before(i) != "and" or last is None or hand is None:
            return
        if not (hand.head in listed("part") or (self.in_hand and hand.headless and hand.other)):
            return
        if last.kind == "holding" or (last.kind == "other" and last.words == "with"):
            kind = "holding" if last.kind == "holding" else "with"
            self.pending = Pending(kind, self.each or list(last.subjects), last.words)

    def _apposed(self, m: Mention, i: int) -> bool:
        """"one a chocolate cake, the other a sponge": what each of them is, no further things."""
        before = self.items[i - 1].mention if i else None
        return before is not None and before.headless and m.det in ("a", "an") and self.cast.share is not None

    def _share_noun(self, mentions: list[Mention]) -> None:
        """"two red and one blue ball": the noun of the last one is everybody's."""
        last = mentions[-1]
        if len(mentions) > 1 and last.noun and (self.pending or not self.cast.group_for(self.subjects, [])):
            for m in mentions[:-1]:
                if m.headless and m.attributes and not m.one:
                    m.noun, m.plural, m.core = last.noun, bool(m.quantity and m.quantity.n > 1), (0, 0)

    def _predicate(self, mentions: list[Mention]) -> None:
        """"The animal is a dog": a name for the subject, no second thing."""
        for m in mentions:
            if self.resolver.words_only(m):
                self.story.unread.append(self.cast.words(m))
                continue
            for actor in self.subjects:
                if actor.noun in mapping("hypernym") and m.noun:
                    actor.noun, actor.phrase = m.noun, self.cast.words(m)
                actor.describe([*m.attributes, *([m.noun] if m.noun and m.head != actor.head else [])])
        self.near = self.subjects

    def _subject(self, mentions: list[Mention], i: int) -> None:
        actors: list[Actor] = []
        group = self.cast.group_for([], self.near) if self.word(i - 1) == ":" else []
        self.look()
        nxt = self.after(i)
        cue = self.items[nxt].cue if nxt < len(self.items) else None
        self.resolver.told_apart = TABLE[cue.kind].opposite if cue and cue.kind in TABLE and len(mentions) == 1 else ""
        self.resolver.spelled_out, self.resolver.in_list = self.word(i - 1) == ":", len(mentions) > 1
        self.resolver.recounted = False
        for m in mentions:
            joined = m.one and m is not mentions[0] and actors
            found = self.cast.new(self.cast.like(m, actors[-1])) if joined else self.resolver.resolve(m, "")
            if m.headless and m.det in ("each", "both", "all"):
                self.each = found if m.det == "each" else []
            elif m.det in ("each", "every") and len(found) > 1:
                self.each = found
            self.arranged(m, found)
            if m.alike and len(found) > 1:
                self.story.link("same_size", found[:1], found[1:], m.tail)
            self.last_mention = found or self.last_mention
            actors.extend(found)
            if not m.headless and len(self.things(found)) > 1:
                self.cast.share = None  # what is told apart from here on are these
        self.resolver.told_apart = ""
        if len(group) == len(actors) > 1 and not any(m.headless for m in mentions):
            named, actors = actors, self.cast.named_one_by_one(group, actors)
            self.story.swap(named, actors)
            self.last_mention = actors
        if not actors and any(m.headless for m in mentions) and self.before(i) in ("comma", "np", "with"):
            return
        self.subjects = self.near = actors
        if not all(m.headless for m in mentions):
            self.topic, self.main = self.main, actors
        elif self.resolver.recounted:
            self.main = actors
        self.verbed, self.chained, self.there = False, False, False
        if self.before(i) != "and":
            self.with_owner = []
        self.follow(actors)

    # Verbs

    def _verb(self, i: int) -> int:
        item, nxt = self.items[i], self.after(i)
        assert item.verb is not None
        if self.fronted and not self.subjects and item.verb.lemma in listed("stative") and self.kind(nxt) == "np":
            return i + 1
        self.subjects = self.verb_subjects(i)
        self.verbed, self.be, self.watched = True, False, False
        if self.pending is not None and self.pending.kind == "without":
            self.negated, self.pending = True, None
        end = self._opens(item, nxt) or i + 1
        self.negated = self.negated and self.pending is None
        return end

    def _opens(self, item: Item, nxt: int) -> int:
        """Opens the verb's relation; returns where to go on if that is not the next item."""
        assert item.verb is not None
        lemma, form = item.verb
        kind, follows, particle = mapping("verb_kind").get(lemma, "other"), self.kind(nxt), self.word(nxt)
        if form == "ed" and follows == "cue" and particle == "by" and self.kind(nxt + 1) in ("np", "pron"):
            self.pending = Pending(kind, self.subjects, f"{item.word} by", self.negated, reverse=True)
            return nxt + 1
        if lemma == "dress" and follows == "cue" and particle == "in":
            self.pending = Pending("wearing", self.subjects, "dressed in", self.negated)
            return nxt + 1
        if follows in ("np", "pron", "recip"):
            if not (lemma in listed("says") and self.kind(nxt + 1) == "quote"):
                self.pending = Pending("other" if kind in _LADEN else kind, self.subjects, item.word, self.negated)
        elif kind in _LADEN and (follows == "with" or (follows == "cue" and particle == "in")):
            self.pending = Pending(kind, self.subjects, f"{item.word} {particle}", self.negated)
            return nxt + 1
        else:
            self.verb = (item.word, lemma)
            self._state(item, nxt)
        return 0

    def _state(self, item: Item, nxt: int) -> None:
        """A verb without an object describes its subject."""
        assert item.verb is not None
        lemma, form = item.verb
        quoted = any(other.kind == "quote" and other.end == item.start for other in self.items)
        far = lemma in listed("no_place", "dividing") and self.kind(nxt) == "cue"
        if quoted or far or self.negated or self.kind(nxt) == "with" or lemma in listed("neutral"):
            return
        as_said = form in ("ing", "ed") and lemma not in listed("intransitive")
        for actor in self.subjects:
            actor.describe([item.word if as_said else gerund(lemma)])

    def _be(self, i: int) -> int:
        if self.before(i) == "np" and self.near is not self.subjects and not self.there:
            self.subjects = self.outer()
        elif self.before(i) == "comma" and self.main and not self.fronted:
            self.subjects = self.main
        self.be, self.verbed = True, True
        return i + 1

    def _have(self, i: int) -> int:
        if self.before(i) == "np" and self.near is not self.subjects:
            self.subjects = self.outer()
        self.verbed = True
        if self.kind(self.after(i)) not in ("verb", "be"):
            self.pending = Pending("have", self.subjects, self.word(i), self.negated)
            self.with_owner = self.subjects
            self.negated = False
        return i + 1

    def _to(self, i: int) -> int:
        """What is only wished for is not in the picture."""
        previous = self.items[i - 1] if i else None
        word = previous.verb.lemma if previous and previous.verb else previous.word if previous else ""
        if word not in listed("irrealis"):
            return i + 1
        k = i
        while k < len(self.items) and self.kind(k) not in ("comma", "stop", "clause"):
            k += 1
        self.story.unread.append(self._said(i, k))
        return k

    # Small words

    def _with(self, i: int) -> int:
        self.with_owner = self.owners(i)
        word = self.verb[0] if self.before(i) == "verb" else ""
        self.pending = Pending("with", self.with_owner, f"{word} with" if word else "with", self.negated)
        return i + 1

    def _rel(self, i: int) -> int:
        target = self.antecedent(i)
        self.frames.append(Frame(self.subjects))
        self.pending = None
        if self.word(i) == "whose":
            self.pending = Pending("have", target, "whose")
            self.with_owner = target
        elif self.word(i) != "where":
            self.subjects = self.near = target
            self.verbed = False
        return i + 1

    def _cue(self, i: int) -> int:
        return self.exception(i) if self.excepts(i) else self.place(i)

    def _clause(self, i: int) -> int:
        if self.excepts(i):
            return self.exception(i)
        self.pending, self.frames, self.with_owner = None, [], []
        return i + 1

    def _comma(self, i: int) -> int:
        if self.frames:
            self.subjects, self.frames = self.frames[0].subjects, []
        if self.kind(i + 1) != "np":
            self.pending = None
        self.with_owner = []
        return i + 1

    def _stop(self, i: int) -> int:
        self._end()
        self.cast.sentence += 1
        if self.cast.share is not None and self.cast.share.told:
            self.cast.share = None
        self.subjects = []
        return i + 1

    def _neg(self, i: int) -> int:
        self.negated = True
        return i + 1

    def _there(self, i: int) -> int:
        self.there, self.pending = True, None
        return i + 1

    def _style(self, i: int) -> int:
        self.story.style.append(self.word(i))
        return i + 1

    def _word(self, i: int) -> int:
        self.story.unread.append(self._said(i, i + 1))
        return i + 1

    def _adv(self, i: int) -> int:
        """Adverbs of degree and time say nothing of the picture; manner ("gleefully") is said to be unread."""
        if self.word(i) not in listed("adverb") and self.word(i).isalpha():
            self.story.unread.append(self._said(i, i + 1))
        return i + 1

    def _than(self, i: int) -> int:
        if self.kind(self.after(i)) != "np":
            self.story.unread.append(self._said(i, i + 1))
        return i + 1

    def _quote(self, i: int) -> int:
        host = next(iter(self.things(self.near or self.subjects)), None)
        self.story.lettering.append((self.word(i), host))
        self.pending = None
        return i + 1

    def _pron(self, i: int) -> int:
        word = self.word(i)
        if self.pending is not None:
            self.bind(self.pending, self.it(word, self.pending.subjects))
            self.pending = None
        elif found := [] if word in _NOBODY else self.cast.pronoun(word, self.main, self.near):
            self.subjects = self.near = found
            self.verbed = False
        return i + 1

    def _recip(self, i: int) -> int:
        """"next to each other", "chasing each other"."""
        pending, self.pending = self.pending, None
        if pending is None:
            return i + 1
        things, close = self.things(pending.subjects), pending.kind in ("next_to", "near", "far_from")
        if self.word(i) == "another one" and len(things) == 1:
            self.bind(pending, self.cast.copies(things[0], 1))
            return i + 1
        if len(things) == 2 and pending.kind != "on":
            self.link(pending.kind if close else "other", things[:1], things[1:], pending.words)
        elif close and pending.kind != "far_from":
            self.link("row", things, (), f"{pending.words} each other")
        return i + 1

    def _adj(self, i: int) -> int:
        words, k = [], i
        several = self.cast.group_for([], self.near) if self.word(i - 1) == ":" else []
        while self.kind(k) in ("adj", "adv") or (
                self.kind(k) in ("and", "comma") and self.kind(self.after(k)) == "adj"):
            if self.kind(k) == "adj" and self.negated and self.kind(k - 1) == "adj":
                break
            if self.kind(k) == "adj":
                words.append(self.word(k))
            k += 1
        if len(several) == len(words) > 1:
            for actor, word in zip(several, words, strict=True):
                actor.describe([word])
            return k
        told = self.before(i) == "np" or self.word(i - 1) == "("
        targets = self.near if told and self.near else self.subjects or self.main
        for n, actor in enumerate(targets):
            if self.negated and not actor.stuff:
                self.resolver.absent(Mention(0, 0, attributes=words), [actor])
            elif self.respectively and len(words) == len(targets):
                actor.describe([words[n]])
            elif not self.negated:
                actor.describe(words)
        self.negated = self.be = False
        return k
