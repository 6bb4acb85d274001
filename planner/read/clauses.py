"""Clauses: who stands where, does what and has what; attachment of relations, verbs and relative clauses to their subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.read.bind import Binder, Pending
from planner.read.cast import Actor, Cast
from planner.read.cues import Cue
from planner.read.items import Item
from planner.read.lexicon import gerund, listed
from planner.read.mention import Mention
from planner.read.resolve import Resolver
from planner.read.story import Story
from planner.relations import TABLE

VERB_KIND = {
    "hold": "holding",
    "carry": "holding",
    "grasp": "holding",
    "clutch": "holding",
    "grip": "holding",
    "hug": "holding",
    "cradle": "holding",
    "wear": "wearing",
    "don": "wearing",
    "sport": "wearing",
    "ride": "riding",
    "surround": "surrounds",
    "encircle": "surrounds",
    "flank": "surrounds",
    "contain": "contains",
    "include": "contains",
    "feature": "contains",
    "cover": "covered",
    "adorn": "covered",
    "decorate": "covered",
    "fill": "filled",
    "load": "filled",
    "pack": "filled",
    "stuff": "filled",
    "top": "topped",
    "lack": "without",
    "resemble": "like",
    "mimic": "like",
    "imitate": "like",
}


_STATES = frozenset({"in", "on", "above", "at", "near", "middle", "other"})
_APART = frozenset({"next_to", "left_of", "right_of", "in_front_of", "behind", "near", "far_from"})
_BARE_PLACES = frozenset("inside behind below above underneath beneath nearby under between front".split())
_SOFT = frozenset({"adv", "neg"})
_OVERLAPPING = frozenset({"on", "in", "under", "at", "middle", "above", "below"})


@dataclass(slots=True)
class Frame:
    """What was being said before a relative clause began."""

    subjects: list[Actor]
    verbed: bool


class Clauses(Binder):
    """Walks over the items of a text and tells the story."""

    def __init__(self, items: list[Item], cast: Cast, story: Story) -> None:
        super().__init__(cast, story, Resolver(cast, story))
        self.items = items
        self.frames: list[Frame] = []
        self.verbed = False
        self.negated = False
        self.there = False
        self.be = False
        self.fronted: list[tuple[str, list[Actor], str]] = []
        self.chained = False
        self.watched = False
        self.nothing = False
        self.with_owner: list[Actor] = []
        self.last_mention: list[Actor] = []
        self.verb_word = ""
        self.verb_lemma = ""
        self.respectively = any(item.word == "respectively" for item in items)

    def run(self) -> None:
        """Reads everything."""
        i = 0
        while i < len(self.items):
            i = max(getattr(self, "_" + self.items[i].kind)(i), i + 1)
        self._end()

    def kind(self, i: int) -> str:
        """The kind of the item at `i`, "" outside."""
        return self.items[i].kind if 0 <= i < len(self.items) else ""

    def before(self, i: int) -> str:
        """The kind of the item before `i`, adverbs and "not" aside."""
        i -= 1
        while self.kind(i) in _SOFT:
            i -= 1
        return self.kind(i)

    def after(self, i: int) -> int:
        """The next item after `i`, adverbs aside."""
        i += 1
        while self.kind(i) == "adv":
            i += 1
        return i

    def _end(self) -> None:
        for kind, objects, words in self.fronted:
            self.story.link(kind, self.subjects, objects, words)
        self.fronted, self.frames, self.pending, self.each = [], [], None, []
        self.verbed = self.negated = self.there = self.be = self.chained = False
        self.with_owner, self.verb_word, self.verb_lemma = [], "", ""
        self.nothing = False

    # Noun phrases

    def _np(self, i: int) -> int:
        first = self.items[i].mention
        assert first is not None
        mentions, end = self._coordination(i)
        self.nothing |= first.noun in ("nothing", "nobody")
        self._share_noun(mentions)
        if self._apposed(first, i):
            self._predicate(mentions[:1])
            end = i + 1
        elif self.negated and self.pending is None and first.det != "no":
            self._deny(mentions)
        elif self.pending is not None:
            self._bind_all(mentions)
        elif self.be and not self.there and self.subjects and not self.fronted and not first.headless:
            self._predicate(mentions)
        else:
            self._subject(mentions, i)
        self.negated = self.be = False
        return end

    def _apposed(self, m: Mention, i: int) -> bool:
        """"one a chocolate cake, the other a sponge": what each of them is, no further things."""
        before = self.items[i - 1].mention if i else None
        return before is not None and before.headless and m.det in ("a", "an") and self.cast.share is not None

    def _share_noun(self, mentions: list[Mention]) -> None:
        """ "two red and one blue ball": the noun of the last one is everybody's."""
        last = mentions[-1]
        if len(mentions) > 1 and last.noun and (self.pending or not self.cast.group_for(self.subjects, [])):
            for m in mentions[:-1]:
                if m.headless and m.attributes:
                    m.noun, m.plural, m.core = last.noun, bool(m.quantity and m.quantity.n > 1), (0, 0)

    def _deny(self, mentions: list[Mention]) -> None:
        for m in mentions:
            self.resolver.absent(m, self.subjects if self.verbed or m.headless else ())
        self.negated = False

    def _predicate(self, mentions: list[Mention]) -> None:
        """ "The animal is a dog": a name for the subject, no second thing."""
        for m in mentions:
            if self.resolver.words_only(m):
                self.story.unread.append(self.cast.words(m))
                continue
            for actor in self.subjects:
                actor.describe([*m.attributes, *([m.noun] if m.noun and m.head != actor.head else [])])
        self.near = self.subjects

    def _subject(self, mentions: list[Mention], i: int) -> None:
        actors: list[Actor] = []
        self._look()
        cue = self.items[self.after(i)].cue if self.after(i) < len(self.items) else None
        self.resolver.told_apart = TABLE[cue.kind].opposite if cue and cue.kind in TABLE and len(mentions) == 1 else ""
        for m in mentions:
            found = self.resolver.resolve(m, "")
            if m.headless and m.det in ("each", "both", "all"):
                self.each = found if m.det == "each" else []
            elif m.det in ("each", "every") and len(found) > 1:
                self.each = found
            self._arranged(m, found)
            self.last_mention = found or self.last_mention
            actors.extend(found)
        if any(m.headless for m in mentions) and self.before(i) in ("comma", "np", "with") and not actors:
            return
        self.subjects = self.near = actors
        if not all(m.headless for m in mentions):
            self.main = actors
        self.verbed, self.chained, self.with_owner = False, False, []
        for kind, objects, words in self.fronted:
            self.story.link(kind, actors, objects, words)
        self.fronted = []
        self.there = False

    def _coordination(self, i: int) -> tuple[list[Mention], int]:
        mention = self.items[i].mention
        assert mention is not None
        mentions, k = [mention], i + 1
        while True:
            j = k
            while self.kind(j) in ("and", "comma", "adv") and j - k < 3:
                j += 1
            if self.kind(j) != "np" or not self._joins(mentions, k, j):
                return mentions, k
            following = self.items[j].mention
            assert following is not None
            mentions.append(following)
            k = j + 1

    def _joins(self, mentions: list[Mention], k: int, j: int) -> bool:
        """Whether the noun phrase at `j` is coordinated with those before it, which end at `k`."""
        following, last = self.items[j].mention, mentions[-1]
        assert following is not None
        linked = any(self.items[x].kind == "and" for x in range(k, j))
        after = self.kind(self.after(j))
        finite = after in ("be", "have", "modal") or (after == "verb" and self._finite(self.after(j)))
        if following.headless or (following.det == "no") != (last.det == "no"):
            return last.det == "no" and following.det == "" and linked
        if last.headless:
            told = self.pending is None and self.cast.group_for(self.subjects, [])
            return linked and bool(last.attributes) and not told and not following.definite
        if self.pending is None:
            return (j > k or not self.chained) and not (self.verbed and finite)
        if j == k or finite:
            return j > k and linked and self._is_no_subject(following, self.after(j))
        return self._joins_object(self.pending.kind, mentions, following, j, linked, after)

    def _joins_object(
        self, kind: str, mentions: list[Mention], following: Mention, j: int, linked: bool, after: str
    ) -> bool:
        bare = not following.det and not following.quantity
        if kind in ("between", "middle", "among") and len(mentions) == 1 and not mentions[0].plural:
            return linked
        if not linked:
            closes = self.kind(j + 1) in ("and", "comma") and self._list_goes_on(j)
            return closes and kind not in ("on", "in", "at")
        if kind in ("with", "have", "wearing") and linked:
            worn = listed("garment", "part")
            pronoun = after == "cue" and self.kind(self.after(self.after(j))) == "pron"
            if len(mentions) > 1 or pronoun or (after == "verb" and following.head in worn and mentions[-1].head in worn):
                return True
        if after in ("cue", "with", "rel") or after == "verb":
            return bare and not (not mentions[-1].det and not mentions[-1].quantity) and kind != "with"
        if kind in ("on", "in", "at", "under", "middle"):
            both_stuff = self.resolver.stuff(following, kind) and self.resolver.stuff(mentions[-1], kind)
            return bare or both_stuff
        comma = self.kind(j - 1) == "and" and self.kind(j - 2) == "comma" and len(mentions) == 1
        return not comma or bare

    def _is_no_subject(self, following: Mention, verb: int) -> bool:
        """"with its handle and round grooves was …": number shows that the verb is not the last noun's."""
        if following.det or following.quantity or self.pending is None or self.pending.kind not in ("with", "have"):
            return False
        item = self.items[verb]
        single = item.word in ("is", "was", "has") or (item.verb is not None and item.verb.form == "s")
        many = item.word in ("are", "were", "have") or (item.verb is not None and item.verb.form == "base")
        return (single and following.plural) or (many and not following.plural) or not (single or many)

    def _list_goes_on(self, j: int) -> bool:
        """Whether after the noun phrase at `j` a list ends in "and" and another noun phrase."""
        k = j + 1
        while self.kind(k) in ("comma", "np", "and"):
            if self.kind(k) == "and":
                return self.kind(k + 1) == "np"
            k += 1
        return False

    def _finite(self, i: int) -> bool:
        form = self.items[i].verb
        return form is not None and form.form in ("s", "base")

    # Relations

    def _cue(self, i: int) -> int:
        cue = self.items[i].cue
        assert cue is not None
        nxt = self.after(i)
        subjects = self._cue_subjects(i)
        others = [a for a in subjects if a not in self.last_mention]
        if (self.kind(nxt) == "pron" or cue.owner) and others and self.last_mention and self.before(i) == "np":
            subjects = [a for a in subjects if a in self.last_mention] or subjects
        if cue.words.lower().startswith("from the") and not cue.kind:
            return i + 1
        if cue.kind == "without" and self.nothing:
            self.pending = None
            return i + 1
        if cue.kind == "without":
            self.pending = Pending("without", subjects, cue.words)
            return i + 1
        if cue.owner:
            self._owned_cue(cue, subjects)
            return i + 1
        if self._fronts(i, cue, nxt):
            return nxt
        follows = self.kind(nxt) in ("np", "pron", "recip") and bool(cue.kind)
        if follows and cue.alone and self._image(nxt):
            self._link(cue.alone, subjects, (), cue.words)
            return nxt + 1
        if not follows:
            self._alone(cue, subjects)
            return i + 1
        kind = "other" if self._abstract(cue) else cue.kind
        self.watched = self._abstract(cue)
        words = f"{self.verb_word} {cue.words}" if self.verb_word and kind in ("other", "around") else cue.words
        self.pending = Pending(kind, subjects, words, self.negated, alone=cue.alone, place=not self.watched)
        self.verb_word, self.verb_lemma = "", ""
        self.negated = self.be = False
        return i + 1

    def _abstract(self, cue: Cue) -> bool:
        return self.verb_lemma in listed("no_place") and cue.kind in _STATES

    def _image(self, i: int) -> bool:
        m = self.items[i].mention if i < len(self.items) else None
        return m is not None and m.noun in listed("image") and m.det in ("the", "this", "")

    def _fronts(self, i: int, cue: Cue, nxt: int) -> bool:
        """ "On the left, a dog": a place that comes before its subject."""
        opens = self.before(i) in ("", "stop", "clause") or (
            self.before(i) in ("comma", "and") and (not cue.kind and self.kind(nxt) in ("np", "be", "there"))
        )
        if not opens or self.kind(i - 1) == "verb":
            return False
        if not cue.kind or (cue.alone and self._image(nxt)):
            if self.kind(nxt) in ("np", "comma", "be", "there", "verb") and cue.alone:
                self.fronted.append((cue.alone, [], cue.words))
                return self.kind(nxt) != "np" or not cue.kind
            return False
        if self.before(i) in ("", "stop", "clause") and self.kind(nxt) in ("np", "pron"):
            self.pending = Pending(cue.kind, [], cue.words, fronted=True, alone=cue.alone)
            self.subjects = []
            return True
        return False

    def _owned_cue(self, cue: Cue, subjects: list[Actor]) -> None:
        if cue.owner == "named":
            m = self.cast.p.noun_phrase(cue.owner_at[0])
            objects = self.resolver.resolve(m, cue.kind) if m else []
        else:
            objects = self._it(cue.owner, subjects)
        self._link(cue.kind if cue.kind != "corner" else "next_to", subjects, objects, cue.words)

    def _it(self, word: str, banned: Sequence[Actor]) -> list[Actor]:
        if self.with_owner:
            near = self.with_owner
        elif self.previous and self.previous != list(banned):
            near = self.previous
        else:
            near = self.near
        return self.cast.pronoun(word, near, self.main, banned)

    def _alone(self, cue: Cue, subjects: list[Actor]) -> None:
        if not cue.alone:
            others = [a for a in self.with_owner or self.previous or self.main if a not in subjects]
            if cue.words.lower().split()[-1] in _BARE_PLACES and others:
                self._link(cue.kind, subjects, others, cue.words)
            return
        if cue.words.lower() in ("on top", "on the top") and any(not a.stuff for a in self.with_owner):
            self._link("on", subjects, self.with_owner, cue.words)
            return
        self._link(cue.alone, subjects, (), cue.words)

    def _link(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str) -> None:
        things = [a for a in subjects if not a.stuff]
        if kind == "row" and len(things) == 2:
            kind, subjects, objects = "next_to", things[:1], things[1:]
        self._tell(kind, subjects, objects, words, self.negated)
        self.last_subjects = list(subjects)
        self.negated = self.be = False

    def _cue_subjects(self, i: int) -> list[Actor]:
        """Whom a place is said of."""
        before = self.before(i)
        if before == "and" and self.last_subjects and self.chained:
            return self.last_subjects
        if before == "comma":
            return self.main or self.subjects
        if before == "np":
            cue = self.items[i].cue
            if cue and cue.kind in ("surrounded_by", "hidden_by") and any(not a.stuff for a in self.near):
                return self.near
            if self.with_owner and self.near and all(a.whole is not None for a in self.near):
                return self.with_owner
            apart = cue is not None and cue.kind in _APART and self.kind(self.after(i)) == "np"
            if self.with_owner and apart and any(not a.stuff for a in self.with_owner):
                return self.with_owner
            if self.with_owner or not self.chained:
                return self.near or self.subjects
            if not [a for a in self.near if not a.stuff] or (self.verbed and not self._nests(i) and not self.watched):
                return self.subjects or self.near
            return self.near
        return self.subjects or self.near

    def _nests(self, i: int) -> bool:
        """"on a plate on a counter": what is on one thing is on the next one through it."""
        cue = self.items[i].cue
        if cue is None or cue.kind not in ("on", "in", "at"):
            return False
        return any(link.kind in ("on", "in") and link.subjects[0] in self.subjects for link in self.story.links if link.subjects)

    # Verbs

    def _verb(self, i: int) -> int:
        item = self.items[i]
        form = item.verb
        assert form is not None
        if self.fronted and not self.subjects and form.lemma in listed("stative") and self.kind(self.after(i)) == "np":
            return i + 1
        self._choose_subject(i)
        self.verbed, self.be, self.watched = True, False, False
        nxt = self.after(i)
        passive = form.form == "ed" and self.kind(nxt) == "cue" and self.items[nxt].word == "by"
        kind = VERB_KIND.get(form.lemma, "other")
        if self.pending is not None and self.pending.kind == "without":
            self.negated, self.pending = True, None
        if passive and self.kind(nxt + 1) in ("np", "pron"):
            self.pending = Pending(kind, self.subjects, f"{item.word} by", self.negated, reverse=True)
            self.negated = False
            return nxt + 1
        if form.lemma == "dress" and self.kind(nxt) == "cue" and self.items[nxt].word == "in":
            self.pending = Pending("wearing", self.subjects, "dressed in", self.negated)
            return nxt + 1
        if self.kind(nxt) in ("np", "pron", "recip"):
            self._transitive(kind, item, nxt)
        elif kind in ("covered", "filled", "topped") and (
            self.kind(nxt) == "with" or (self.kind(nxt) == "cue" and self.items[nxt].word in ("in", "with"))
        ):
            self.pending = Pending(kind, self.subjects, f"{item.word} {self.items[nxt].word}", self.negated)
            return nxt + 1
        else:
            self.verb_word, self.verb_lemma = item.word, form.lemma
            self._state(item, nxt)
        self.negated = False if self.pending else self.negated
        return i + 1

    def _transitive(self, kind: str, item: Item, nxt: int) -> None:
        assert item.verb is not None
        if item.verb.lemma in (
            "say",
            "read",
            "spell",
            "write",
            "print",
            "label",
            "title",
            "name",
            "call",
            "display",
        ) and (self.kind(nxt + 1) == "quote"):
            return
        if kind in ("covered", "filled", "topped"):
            kind = "other"
        self.pending = Pending(kind, self.subjects, item.word, self.negated)

    def _state(self, item: Item, nxt: int) -> None:
        """A verb without an object describes its subject."""
        assert item.verb is not None
        lemma, form = item.verb
        if self.items and "quote" in {other.kind for other in self.items if other.end == item.start}:
            return
        if lemma in listed("neutral") or self.negated or self.kind(nxt) == "with":
            return
        if lemma in listed("no_place") and self.kind(nxt) == "cue":
            return
        word = item.word if form in ("ing", "ed") and lemma not in listed("intransitive") else gerund(lemma)
        if form == "ed" and lemma not in listed("intransitive"):
            word = item.word
        for actor in self.subjects:
            actor.describe([word])

    def _choose_subject(self, i: int) -> None:
        form = self.items[i].verb
        assert form is not None
        before = self.before(i)
        if before == "np" and self.near is not self.subjects:
            finite = form.form in ("s", "base")
            if finite or (form.form == "ed" and self.with_owner and self.kind(self.after(i)) == "np"):
                self._pop()
                return
            things = [a for a in self.near if not a.stuff]
            if things and all(a.whole is not None for a in things):
                self._pop()
                return
            alive = listed("person", "animal")
            posture = form.lemma in listed("stative") or form.form == "ed"
            owner_alive = any(a.head in alive for a in self.with_owner)
            near_alive = any(a.head in alive for a in things)
            if not things or (self.with_owner and owner_alive and not near_alive):
                self.subjects = self.with_owner or self.subjects
            elif near_alive or (posture and not (form.form == "ing" and any(a.head in alive for a in self.subjects))):
                self.subjects = self.near
        elif before in ("comma", "stop", "clause", ""):
            self.subjects = self.main if before == "comma" and not self.each else self.subjects or self.main
            living = [a for a in self.subjects if a.head in listed("person", "animal")]
            if living and form.form == "ing" and form.lemma not in listed("stative"):
                self.subjects = living
        elif before == "recip":
            return

    def _be(self, i: int) -> int:
        if self.before(i) == "np" and self.near is not self.subjects and not self.there:
            self._pop()
        elif self.before(i) == "comma" and self.main and not self.fronted:
            self.subjects = self.main
        self.be, self.verbed = True, True
        return i + 1

    def _have(self, i: int) -> int:
        if self.before(i) == "np" and self.near is not self.subjects:
            self._pop()
        self.verbed = True
        if self.kind(self.after(i)) in ("verb", "be"):
            return i + 1
        self.pending = Pending("have", self.subjects, self.items[i].word, self.negated)
        self.with_owner = self.subjects
        self.negated = False
        return i + 1

    def _pop(self) -> None:
        if self.frames:
            frame = self.frames.pop()
            self.subjects = frame.subjects
        elif self.main:
            self.subjects = self.main

    def _modal(self, i: int) -> int:
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

    def _said(self, i: int, k: int) -> str:
        return self.cast.p.span(self.items[i].start, self.items[k - 1].end)

    # Small words

    def _with(self, i: int) -> int:
        before = self.before(i)
        owners = self.subjects
        if before == "np" and self.near and not self.with_owner:
            owners = self.near if not all(a.stuff for a in self.near) and not self._by_means() else self.subjects
        if before in ("comma", "verb"):
            owners = self.main if before == "comma" and not self.each else self.subjects
            if all(a.stuff for a in owners) and before == "comma":
                owners = self.cast.things[-1:] or owners
        words = f"{self.verb_word} with" if self.verb_word and before == "verb" else "with"
        self.pending = Pending("with", owners, words, self.negated)
        self.with_owner = owners
        return i + 1

    def _by_means(self) -> bool:
        """"cutting bread with a knife": what a person uses is not a part of what it is used on."""
        alive = listed("person", "animal")
        last = self.story.links[-1] if self.story.links else None
        acted = last is not None and last.kind == "other" and set(last.subjects) & set(self.subjects)
        return bool(acted) and any(a.head in alive for a in self.subjects) and not any(a.head in alive for a in self.near)

    def _rel(self, i: int) -> int:
        word = self.items[i].word
        many = self.items[self.after(i)].word in ("are", "were", "have") if self.after(i) < len(self.items) else False
        target = self.near if many else self.last_mention or self.near
        self.frames.append(Frame(self.subjects, self.verbed))
        self.pending = None
        if word == "whose":
            self.pending = Pending("have", target, "whose")
            self.with_owner = target
        elif word != "where":
            self.subjects, self.verbed = target, False
            self.near = target
        return i + 1

    def _clause(self, i: int) -> int:
        self.pending, self.frames = None, []
        self.with_owner = []
        return i + 1

    def _comma(self, i: int) -> int:
        if self.frames:
            self.subjects = self.frames[0].subjects
            self.frames = []
        self.pending = None if self.kind(i + 1) != "np" or self.pending is None or self.pending.bound else self.pending
        self.with_owner = []
        return i + 1

    def _and(self, i: int) -> int:
        if self.kind(self.after(i)) in ("np",) and self.pending is not None and self.pending.bound:
            self.pending = None
        return i + 1

    def _stop(self, i: int) -> int:
        self._end()
        self.cast.sentence += 1
        self.subjects = []
        self.cast.share = None
        return i + 1

    def _neg(self, i: int) -> int:
        self.negated = True
        return i + 1

    def _there(self, i: int) -> int:
        self.there = True
        self.pending = None
        return i + 1

    def _adv(self, i: int) -> int:
        return i + 1

    def _style(self, i: int) -> int:
        self.story.style.append(self.items[i].word)
        return i + 1

    def _word(self, i: int) -> int:
        self.story.unread.append(self._said(i, i + 1))
        return i + 1

    def _than(self, i: int) -> int:
        nxt = self.after(i)
        if self.kind(nxt) != "np":
            self.story.unread.append(self._said(i, i + 1))
        return i + 1

    def _quote(self, i: int) -> int:
        hosts = self.near or self.subjects
        self.story.lettering.append((self.items[i].word, next((a for a in hosts if not a.stuff), None)))
        self.pending = None
        return i + 1

    def _pron(self, i: int) -> int:
        word = self.items[i].word
        if self.pending is not None:
            objects = self._it(word, self.pending.subjects)
            self._bind(self.pending, objects)
            self.pending.bound = True
            return i + 1
        found = self.cast.pronoun(word, self.main, self.near) if word not in ("i", "me", "we", "us", "you") else []
        if found:
            self.subjects = self.near = found
            self.verbed = False
        return i + 1

    def _recip(self, i: int) -> int:
        pending, self.pending = self.pending, None
        if pending is None:
            return i + 1
        things = [a for a in pending.subjects if not a.stuff]
        if len(things) == 2 and pending.kind not in ("on",):
            self._link(
                pending.kind if pending.kind in ("next_to", "near", "far_from") else "other",
                things[:1],
                things[1:],
                pending.words,
            )
        elif pending.kind in ("next_to", "near"):
            self._link("row", things, (), f"{pending.words} each other")
        return i + 1

    def _adj(self, i: int) -> int:
        words, k = [], i
        while self.kind(k) in ("adj", "and", "comma", "adv") and not (
            self.kind(k) in ("and", "comma") and self.kind(self.after(k)) not in ("adj",)
        ):
            if self.kind(k) == "adj":
                words.append(self.items[k].word)
            k += 1
        targets = self.near if self.before(i) == "np" and self.near else self.subjects or self.main
        if self.negated:
            for actor in [a for a in targets if not a.stuff]:
                self.resolver.absent(Mention(0, 0, attributes=words), [actor])
        elif self.respectively and len(words) == len(targets):
            for actor, word in zip(targets, words, strict=True):
                actor.describe([word])
        else:
            for actor in targets:
                actor.describe(words)
        self.negated = self.be = False
        return k
