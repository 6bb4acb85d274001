"""Attachment: which noun phrases are coordinated, and whom a place, a verb, a pronoun or a "with" is said of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.read.bind import Binder
from planner.read.cast import Actor, Cast
from planner.read.items import Item
from planner.read.lexicon import listed, mapping
from planner.read.mention import Mention
from planner.read.quantity import Quantity
from planner.read.resolve import Resolver
from planner.read.story import Story

_APART = frozenset({"next_to", "left_of", "right_of", "in_front_of", "behind", "near", "far_from"})
_SUPPORTS = frozenset({"on", "in", "at", "under", "middle"})
_BACKED = frozenset({"under", "below", "in_front_of"})
"""Relations to what is above a thing or behind it, and rather a backdrop than a seat."""
_MANY = frozenset({"are", "were", "have"})
_KEEPS = frozenset({"wearing", "holding"})


@dataclass(slots=True)
class Frame:
    """Whom the clause was about before a relative clause began."""

    subjects: list[Actor]


def stated_numbers(items: Sequence[Item]) -> dict[str, Quantity]:
    """How many of what there are in the picture by "there are three chairs", by the name of the things."""
    found: dict[str, Quantity] = {}
    for there, be, item in zip(items, items[1:], items[2:], strict=False):
        m = item.mention
        if there.kind == "there" and be.kind == "be" and m and m.quantity and m.quantity.exact and not m.attributes:
            found.setdefault(m.head, m.quantity)
    return found


class Attacher(Binder):
    """Knows the items around a position, and who is meant there."""

    def __init__(self, items: list[Item], cast: Cast, story: Story) -> None:
        super().__init__(cast, story, Resolver(cast, story))
        self.items = items
        self.resolver.numbered = stated_numbers(items)
        self.frames: list[Frame] = []
        self.verbed = False
        self.watched = False
        self.be = False
        """Whether a form of "be" has just been read."""
        self.loose = False
        """Whether the subject is a list held together by commas alone."""
        self.joined = 0
        """How many noun phrases the last list held."""

    def kind(self, i: int) -> str:
        """The kind of the item at `i`, "" outside."""
        return self.items[i].kind if 0 <= i < len(self.items) else ""

    def word(self, i: int) -> str:
        """The word of the item at `i`, "" outside."""
        return self.items[i].word if 0 <= i < len(self.items) else ""

    def before(self, i: int) -> str:
        """The kind of the item before `i`, adverbs and "not" aside."""
        i -= 1
        while self.kind(i) in ("adv", "neg"):
            i -= 1
        return self.kind(i)

    def after(self, i: int) -> int:
        """The next item after `i`, adverbs aside."""
        i += 1
        while self.kind(i) == "adv":
            i += 1
        return i

    # Coordination

    def coordination(self, i: int) -> tuple[list[Mention], int]:
        """The noun phrases that are joined with the one at `i`, and the item after them."""
        mention = self.items[i].mention
        assert mention is not None
        mentions, k, self.loose = [mention], i + 1, False
        while True:
            j = k
            while self.kind(j) in ("and", "comma", "adv") and j - k < 3:
                j += 1
            if self.kind(j) != "np" or not self._joins(mentions, k, j):
                self.joined = len(mentions)
                return mentions, k
            following = self.items[j].mention
            assert following is not None
            mentions.append(following)
            self.loose = all(self.kind(x) == "comma" for x in range(k, j)) and j > k and len(mentions) > 1
            k = j + 1

    def _joins(self, mentions: list[Mention], k: int, j: int) -> bool:
        """Whether the noun phrase at `j` is coordinated with those before it, which end at `k`."""
        following, last = self.items[j].mention, mentions[-1]
        assert following is not None
        linked = any(self.kind(x) == "and" for x in range(k, j))
        if any(self.word(x) == ":" for x in range(k, j)) and last.plural:
            return False
        verb = self.after(j)
        if following.definite and any(m.head == following.head and m.noun for m in mentions):
            return False
        if following.one and (following.det in ("a", "an") or following.quantity) and self.pending is None:
            return linked and bool(last.noun) and not last.definite
        if following.headless or (following.det == "no") != (last.det == "no"):
            return last.det == "no" and following.det == "" and linked
        if last.headless:
            told = self.pending is None and self.cast.group_for(self.subjects, [])
            return linked and bool(last.attributes) and not last.one and not told and not following.definite
        if self.pending is None:
            if self.negated and not linked:
                return False
            return (j > k or not self.chained) and not (self.verbed and self._finite(verb))
        if j == k or self._finite(verb):
            return j > k and linked and self._is_no_subject(following, verb)
        if not linked:
            closes = self.kind(j + 1) in ("and", "comma") and self._list_goes_on(j)
            return closes and self.pending.kind not in ("on", "in", "at")
        return self._joins_object(self.pending.kind, mentions, following, j)

    def _joins_object(self, kind: str, mentions: list[Mention], following: Mention, j: int) -> bool:
        """Whether "and" joins another object, rather than beginning to speak of something new."""
        last, after = mentions[-1], self.kind(self.after(j))
        if kind in ("between", "middle", "among") and len(mentions) == 1 and not last.plural:
            return True
        if kind in ("with", "have", "wearing") and self._owned_together(mentions, following, j):
            return True
        if after in ("cue", "with", "rel", "verb"):
            return not following.counted and last.counted and kind != "with"
        if kind in _SUPPORTS:
            both_stuff = self.resolver.stuff(following, kind) and self.resolver.stuff(last, kind)
            return not following.counted or both_stuff
        comma = self.kind(j - 1) == "and" and self.kind(j - 2) == "comma" and len(mentions) == 1
        return not comma or not following.counted

    def _owned_together(self, mentions: list[Mention], following: Mention, j: int) -> bool:
        """"with a vase, a cup and a book on it", "with a red hat and a blue scarf walking …"."""
        worn, after = listed("garment", "part"), self.after(j)
        pronoun = self.kind(after) == "cue" and self.kind(self.after(after)) == "pron"
        dressed = self.kind(after) in ("verb", "cue") and following.head in worn and mentions[-1].head in worn
        return len(mentions) > 1 or pronoun or dressed

    def _is_no_subject(self, following: Mention, verb: int) -> bool:
        """"with its handle and round grooves was …": number shows that the verb is not the last noun's."""
        if following.counted or self.pending is None or self.pending.kind not in ("with", "have", "wearing", "holding"):
            return False
        plural = following.plural or following.head in listed("tantum")
        form = self.items[verb].verb
        single = self.word(verb) in ("is", "was", "has") or (form is not None and form.form == "s")
        many = self.word(verb) in _MANY or (form is not None and form.form == "base")
        return (single and plural) or (many and not plural) or not (single or many)

    def _list_goes_on(self, j: int) -> bool:
        """Whether after the noun phrase at `j` a list ends in "and" and another noun phrase."""
        k = j + 1
        while self.kind(k) in ("comma", "np"):
            k += 1
        return self.kind(k) == "and" and self.kind(k + 1) == "np"

    def _finite(self, i: int) -> bool:
        """Whether a finite verb stands at `i`."""
        if self.kind(i) in ("be", "have", "modal"):
            return True
        form = self.items[i].verb if self.kind(i) == "verb" else None
        return form is not None and form.form in ("s", "base")

    # Whom it is said of

    def place_subjects(self, i: int) -> list[Actor]:
        """Whom the place at `i` is said of."""
        before = self.before(i)
        if before == "and" and self.last_subjects and self.chained:
            return self.last_subjects
        if before == "comma":
            return self.main or self.subjects
        told = before == "adj" and (self.chained or self.with_owner) and not self.be
        if before != "np" and not told:
            return self.subjects or self.near
        found = self._place_after_noun(i)
        cue = self.items[i].cue
        pronoun = self.kind(self.after(i)) == "pron" or (cue is not None and bool(cue.owner))
        return self._placed_by_pronoun(i) or found if pronoun else found

    def _placed_by_pronoun(self, i: int) -> list[Actor]:
        """"with a lamp and a book on it": both. Of a longer list only what is on or in it; beside it stands the last
        ("with a rug, cushions and a lamp next to it"). What is a part, worn or held has its place already."""
        last = self.things(self.last_mention)
        cue, many = self.items[i].cue, self.word(self.after(i)) == "them"
        together = (cue is not None and cue.kind in _SUPPORTS) or (self.joined == 2 and not many)
        if not self.with_owner or not together or not set(last) <= set(self.near):
            return last
        return [a for a in self.things(self.near) if a in last or not self._kept(a)]

    def _kept(self, a: Actor) -> bool:
        """Whether it is a part, or worn or held by somebody."""
        return a.head in listed("part") or any(link.kind in _KEEPS and a in link.objects for link in self.story.links)

    def _worn(self, a: Actor) -> bool:
        """Whether somebody wears it: where it is, its wearer is ("a cat with a hat on a sofa")."""
        return any(link.kind == "wearing" and a in link.objects for link in self.story.links)

    def _place_after_noun(self, i: int) -> list[Actor]:
        cue = self.items[i].cue
        assert cue is not None
        things = self.things(self.near)
        if cue.kind in ("surrounded_by", "hidden_by") and things:
            return self.near
        if self.with_owner and things and all(a.whole is not None or self._worn(a) for a in things):
            beside = self.items[self.after(i)].mention if self.kind(self.after(i)) == "np" else None
            return self.near if beside and beside.head in listed("part") else self.with_owner
        apart = cue.kind in _APART and self.kind(self.after(i)) == "np" and not self._settled_with(self.after(i))
        if self.with_owner and apart and self.things(self.with_owner) and not set(self.near) & set(self.with_owner):
            return self.with_owner
        if self.loose and not self.chained and self.kind(self.after(i)) == "np" and self._more_listed(self.after(i)):
            return self.last_mention
        if self.with_owner or not self.chained:
            return self.near or self.subjects
        if not things or (self.verbed and not self.watched and not self._nests(cue.kind)):
            return self.subjects or self.near
        return self.near

    def _settled_with(self, i: int) -> bool:
        """Whether the noun phrase at `i` names the owner again, or what the owner's place was told by: what is told by
        it now is the place of another thing ("a dog in front of a house, with a tree behind the house")."""
        m = self.items[i].mention
        told = set(self.with_owner)
        links = [{*link.subjects, *link.objects} for link in self.story.links if link.kind != "other"]
        known = told.union(*(ends for ends in links if ends & told))
        return m is not None and m.definite and any(a.head == m.head for a in known)

    def _more_listed(self, i: int) -> bool:
        """Whether the list goes on after the place at `i` ("two cups, a bun on a plate and a newspaper")."""
        return self.kind(i + 1) in ("and", "comma") and self.kind(i + 2) in ("np", "and")

    def _nests(self, kind: str) -> bool:
        """"on a plate on a counter": what is on one thing is on the next one through it."""
        if kind not in ("on", "in", "at"):
            return False
        return any(link.kind in ("on", "in") and set(link.subjects) & set(self.subjects) for link in self.story.links)

    def verb_subjects(self, i: int) -> list[Actor]:
        """Whom the verb at `i` is said of."""
        before, form = self.before(i), self.items[i].verb
        assert form is not None
        if before == "np" and self.near is not self.subjects:
            return self._verb_after_object(i)
        if before in ("comma", "stop", "clause", ""):
            found = self.main if before == "comma" and not self.each else self.subjects or self.main
            acts = form.form == "ing" and form.lemma not in listed("stative")
            return [a for a in found if a.living] or found if acts else found
        return self.subjects

    def _verb_after_object(self, i: int) -> list[Actor]:
        """A verb after an object: the object's own, or back to the subject."""
        form = self.items[i].verb
        assert form is not None
        things = self.things(self.near)
        past = form.form == "ed" and self.with_owner and self.kind(self.after(i)) == "np"
        if form.form in ("s", "base") or past or (things and all(a.whole is not None for a in things)):
            return self.outer()
        near_alive = any(a.living for a in things)
        if self.near and not things and self.with_owner:
            return self.near
        if not things or (any(a.living for a in self.with_owner) and not near_alive):
            return self.with_owner or self.subjects
        posture = form.lemma in listed("stative") or form.form == "ed"
        lively = form.form == "ing" and any(a.living for a in self.subjects)
        return self.near if near_alive or (posture and not lively) else self.subjects

    def outer(self) -> list[Actor]:
        """The subject of the clause around the present one."""
        return self.frames.pop().subjects if self.frames else self.main or self.subjects

    def owners(self, i: int) -> list[Actor]:
        """Who has what follows the "with" at `i`."""
        before = self.before(i)
        if before == "comma":
            found = self.subjects if self.each else self.main
            return found if self.things(found) else self.cast.things[-1:] or found
        body = self.items[i + 3].mention if self.kind(i + 2) == "cue" and self.kind(i + 3) == "np" else None
        lifeless = not self.each and not any(a.living for a in self.near)
        if lifeless and body and body.head in listed("part") and body.det in listed("possessive"):
            return [a for a in self.subjects if a.living] or self.subjects
        if before == "np" and self.near and not self.with_owner and self.things(self.near) and not self._by_means():
            return self._bearing(i) or self.near
        return self.subjects

    def _bearing(self, i: int) -> list[Actor]:
        """What "it" is after the "with" at `i` if the thing named last cannot well be: "a bench under a tree with two
        people sitting on it" has them on the bench. Empty if nothing tells."""
        k = self._list_end(i + 1)
        form = self.items[k].verb if self.kind(k) == "verb" else None
        rides = form is not None and mapping("verb_kind").get(form.lemma) == "riding"
        k += form is not None and not rides
        cue = self.items[k].cue if self.kind(k) == "cue" else None
        if self.word(self.after(k)) != "it" or not (rides or (cue and cue.kind in ("on", "under"))):
            return []
        bearers = listed("animal", "vehicle") if rides else listed("furniture")
        if any(a.head in bearers | listed("animal", "vehicle") for a in self.near):
            return []
        upright = all(a.head in listed("part") for a in self.near)
        seated = self._living_at(i + 1)
        told = [link for link in self.story.links
                if link.objects == tuple(self.near) and link.kind not in ("on", "in")]
        return [a for link in told[-1:] for a in link.subjects if a.head in bearers
                and a.bunch is None and (rides or upright or (seated and link.kind in _BACKED))][:1]

    def _list_end(self, k: int) -> int:
        """The item after the noun phrases from `k` on."""
        while self.kind(k) in ("np", "and", "comma", "adv"):
            k += 1
        return k

    def _living_at(self, i: int) -> bool:
        """Whether people or animals are named at `i`."""
        m = self.items[i].mention if self.kind(i) == "np" else None
        return m is not None and m.head in listed("person", "animal")

    def _by_means(self) -> bool:
        """"cutting bread with a knife": what a person uses is not a part of what it is used on."""
        last = self.story.links[-1] if self.story.links else None
        acted = last is not None and last.kind == "other" and set(last.subjects) & set(self.subjects)
        return bool(acted) and any(a.living for a in self.subjects) and not any(a.living for a in self.near)

    def it(self, word: str, banned: Sequence[Actor]) -> list[Actor]:
        """Whom a pronoun means that is the object of a relation."""
        if self.with_owner:
            near = self.with_owner
        else:
            near = self.previous if self.previous and self.previous != list(banned) else self.near
        same = word in ("it", "its", "it's") and not self.with_owner and not set(self.meant) & set(banned)
        if same and self.meant:
            return self.meant
        topic = self.topic if self.main and set(self.main) <= set(banned) else self.main
        found = self.cast.pronoun(word, near, topic, banned)
        self.meant = found if word in ("it", "its", "it's") else self.meant
        return found

    def antecedent(self, i: int) -> list[Actor]:
        """Whom the relative clause at `i` is about."""
        many = self.word(self.after(i)) in _MANY
        return self.near if many else self.last_mention or self.near
