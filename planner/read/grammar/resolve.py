"""A noun phrase in its place: a new thing, a known one, background, something absent, or mere words."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.actor import Actor
from planner.read.grammar.apposition import of_another_sort
from planner.read.grammar.cast import SIDES, owner_word
from planner.read.grammar.classes import is_part, is_worn, klass
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.members import BEYOND, Members
from planner.read.grammar.mention import Mention
from planner.read.grammar.outlook import is_trait
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.salience import Use
from planner.read.grammar.story import Missing

_SUPPORTS = frozenset({"on", "in", "at", "under", "near", "above"})
_HAVING = frozenset({"other", "holding", "wearing", "riding"})
_WHOLE_GROUP = frozenset({"each", "every", "both", "all"})


class Resolver(Members):
    """Decides for each mention whom it means."""

    def resolve(self, m: Mention, kind: str, times: int = 1) -> list[Actor]:
        """The actors that the mention means; `kind` is the relation it is the object of, or "" for a subject."""
        found = self._meant(m, kind, times)
        self.cast.name(m, found)
        return found

    def _meant(self, m: Mention, kind: str, times: int) -> list[Actor]:
        if m.headless:
            return self._headless(m, kind)
        if m.noun == "nobody":
            m.noun, m.det, m.core = "person", "no", (0, 0)
        if m.det == "no" and m.ordinal:
            return []
        if m.det == "no" or (m.quantity and m.quantity.at_most == 0):
            self.absent(m, ())
            return []
        posted = m.noun == "letter" and (m.counted or m.collection or kind != "in")
        text = (m.noun in listed("text_noun") and not posted) or (m.head in listed("text_noun") and self.lettered)
        if self._the_picture(m, kind) or text:
            return []
        if row := self._row(m) or self._storey(m):
            return row
        side = next((a for a in m.attributes if a in SIDES), "") if m.det == "the" and not m.plural else ""
        if side:
            return self._at_side(m, SIDES[side], kind)
        if m.whole is not None and (side := next((SIDES[a] for a in m.pick if a in SIDES), "")):
            return self._at_side_of_many(m, m.whole, side, kind)
        known = self._known(m, kind)
        if known:
            return known
        if self.stuff(m, kind):
            return self._scenery(m)
        if m.host is not None and is_part(m.noun) and kind in _SUPPORTS:
            return self.resolve(m.host, kind)
        if is_trait(m) and self.cast.p.low(m.start - 1) == "," and (group := self._group(m)):
            for actor in group:
                actor.describe([self.cast.p.span(*m.core)], self.cast.range(m))
            return []
        if self.words_only(m):
            self.story.unread.append(self.cast.words(m))
            return []
        return self._fresh(m, kind, times)

    # Known things

    def _known(self, m: Mention, kind: str) -> list[Actor]:
        if (owner_word(m) or m.owner) and not m.other and (kept := self._kept_by_owner(m)):
            return kept
        if measure := self._measure(m, kind):
            return measure
        if m.definite or m.partitive or m.det in _WHOLE_GROUP or (m.owner is None and m.det == "poss"):
            return self._pointed_at(m)
        if m.ordinal > 0 and not m.plural and not m.definite:
            return [a for a in self.cast.things if a.head == m.head][m.ordinal - 1:m.ordinal]
        alike = [a for a in self.cast.things if a.head == m.head and a.bunch]
        if m.quantity and m.quantity is self.numbered.get(m.head) and len(alike) == m.quantity.n and not m.attributes:
            return alike
        if m.quantity and m.quantity is self.numbered.get(m.head) and self.awaited.get(m.head):
            return self.awaited.pop(m.head) if len(self.awaited[m.head]) == m.quantity.n else []
        if group := self._miscounted(m):
            return group
        if self.spelled_out and m.quantity and m.quantity.exact:
            group = [a for a in self.cast.things if a.bunch and a.head == m.head]
            return self.recount([a for a in group if a.bunch is group[-1].bunch], m.quantity.n) if group else []
        if m.quantity and m.quantity.words == "one" and not m.attributes and kind == "with":
            group = [b for a in self.cast.matching(m) if a.bunch for b in self.cast.things if b.bunch is a.bunch]
            return self.cast.part(m, group) if group else []
        if not m.counted and not m.plural and m.noun not in listed("mass"):
            others = [a for a in self.cast.things if self.cast.named(a, m)]
            further = others and all(of_another_sort(a, m) for a in others)
            same = [] if further else self.cast.matching(m)
            if m.name or any(a.alias for a in same):
                return same[-1:]
            before = [a for a in same if not m.attributes and (
                a.sentence < self.cast.sentence or a.bunch or (a.counted and a.head == m.head and not self.tags))]
            return (before or [a for a in same if self._noted(a, m)])[:1]
        there = self.cast.p.low(m.start - 2) == "there"
        alone = not kind and not there and not self.in_list
        one = m.quantity is not None and m.quantity.words.lower() == "one" and alone
        if self.cast.sentence and (m.det in ("a", "an", "one") or one) and not m.other:
            return self._member(m)
        return []

    def _measure(self, m: Mention, kind: str) -> list[Actor]:
        """"a mushroom as big as a house, next to a house": what was only named to tell a size is the same house."""
        now = self.cast.sentence
        same = [a for a in self.cast.things if a.noun == m.noun and a.sentence == now and a.bunch is None]
        told = [link for link in self.story.links if same and same[-1] in (*link.subjects, *link.objects)]
        sizes = told and all(link.kind.endswith(("_than", "_size")) and same[-1] in link.objects for link in told)
        return same[-1:] if sizes and kind and m.det in ("a", "an") and not m.attributes and not m.plural else []

    def _kept_by_owner(self, m: Mention) -> list[Actor]:
        """"A girl holding a balloon. Her balloon is green": the one that is hers already."""
        owners = self._owners(m)
        known = [a for a in self.cast.things if self.cast.named(a, m) and self.cast.compatible(a, m)]
        found = [a for a in known if a not in owners and self._belongs(a, owners)]
        if m.plural and (len(found) < 2 or (m.quantity and m.quantity.n != len(found))):
            return []
        found = found if m.plural else found[-1:]
        for actor in found:
            actor.describe(m.attributes, self.cast.range(m))
        return found

    def _owners(self, m: Mention) -> list[Actor]:
        """Who has the mention by its words ("her balloon", "the girl's balloon"), among those who are known."""
        if m.owner is not None:
            return self.cast.matching(m.owner) if m.owner.definite else []
        return self._whose(owner_word(m), m.head)

    def _whose(self, word: str, part: str, banned: Sequence[Actor] = ()) -> list[Actor]:
        """Whom a possessive means that owns `part`."""
        spoken = self.main or self.subjects
        near, topic = (self.near, spoken) if word == "its" else (spoken, self.near)
        return self.cast.pronoun(word, near, topic, banned, Use(part=part))

    def _belongs(self, a: Actor, owners: Sequence[Actor]) -> bool:
        """Whether a known thing is theirs: so said, or told of in sentences before and nobody else's."""
        if a.whole is not None or a.keeper is not None:
            return a.whole in owners or a.keeper in owners
        having = [link for link in self.story.links if link.kind in _HAVING and a in link.objects]
        if having:
            return any(set(link.subjects) & set(owners) for link in having)
        return a.sentence < self.cast.sentence and any(o.sentence <= a.sentence for o in owners)

    def _noted(self, a: Actor, m: Mention) -> bool:
        """"cat left of dog, bird above cat": in the style of notes, where no noun has an article, it is the same."""
        return a.phrase == self.cast.words(m) and not self.in_list and a not in self.subjects

    def _pointed_at(self, m: Mention) -> list[Actor]:
        share = self.cast.share
        if "next" in m.attributes and not m.plural:
            m.attributes.remove("next")
            return []
        if m.other and share and share.members[0].head == m.head:
            return self._rest(m, share.members)
        found = self.cast.matching(m) or self._of_a_kind(m) or self._formed(m)
        apart = [link for link in self.story.links if link.kind == self.told_apart and self.told_apart]
        if any(set(link.subjects) & set(found) for link in apart):
            return []
        if m.partitive and found and m.quantity and m.quantity.n < len(found):
            return self.cast.part(m, found) or found[: m.quantity.n]
        return found

    def _miscounted(self, m: Mention) -> list[Actor]:
        """"three dogs, exactly two dogs": the same dogs, counted in two ways that cannot both be."""
        q = m.quantity
        if q is None or self.spelled_out or m.attributes or not q.words.lower().startswith(("exactly", "precisely")):
            return []
        told = [a for a in self.cast.things if a.head == m.head and a.bunch and a.bunch.at_least == a.bunch.at_most]
        group = [a for a in told if a.bunch is told[-1].bunch]
        if not group or len(group) == q.n:
            return group
        self.story.conflicts += [f"there are exactly {n} × {m.noun}" for n in (len(group), q.n)]
        return group

    def _of_a_kind(self, m: Mention) -> list[Actor]:
        """"two kids …, the girl … and the boy …": one of the kids, who now has a name of her own."""
        if m.plural or m.attributes or m.owner or m.noun not in listed("she", "he"):
            return []
        free = [a for a in self.cast.things if a.head in listed("generic") and a.bunch]
        for actor in free[:1]:
            actor.noun, actor.phrase = m.noun, self.cast.words(m)
        return free[:1]

    def _formed(self, m: Mention) -> list[Actor]:
        """"a circle of stones …, left of the circle": the stones."""
        if m.plural or m.noun not in mapping("arranging"):
            return []
        links = [link for link in self.story.links if link.words == m.noun and not link.objects]
        return list(links[-1].subjects) if links else []

    def _at_side(self, m: Mention, side: str, kind: str) -> list[Actor]:
        """"the left door": the left one of some known doors, or a door on the left."""
        m.attributes = [a for a in m.attributes if SIDES.get(a) != side]
        alike = [a for a in self.cast.things if a.head == m.head]
        same = [a for a in alike if a.side == side]
        group = [a for a in alike if a.bunch is alike[-1].bunch] if alike and alike[-1].bunch else []
        if same or len(group) > 1:
            found = same[-1:] or [group[{"left": 0, "top": 0, "right": -1, "bottom": -1}.get(side, len(group) // 2)]]
            if side in BEYOND and found[0] in group and (m.whole or len(group) == 2):
                self._beyond(side, found, [a for a in group if a not in found])
            return found
        made = self._fresh(m, kind, 1)
        for actor in made:
            actor.whole = next((a for a in self.cast.things if m.head in a.noun.split()[:-1]), None)
            actor.side = side
            self.story.link("at_center" if side == "middle" else f"at_{side}", [actor], (), side)
        return made

    def _at_side_of_many(self, m: Mention, whole: Quantity, side: str, kind: str) -> list[Actor]:
        """"the left of the two dogs": the left one of those that are known, or of two dogs."""
        alike = [a for a in self.cast.things if a.head == m.head and a.bunch]
        group = [a for a in alike if a.bunch is alike[-1].bunch]
        if len(group) != whole.n:
            m.quantity = whole
            self.cast.new(m)
        return self._at_side(m, side, kind)

    # New things

    def _scenery(self, m: Mention) -> list[Actor]:
        words = self.cast.words(m)
        if m.det in ("each", "every"):
            self.story.notes.append(f"how many “{words}” means is not said")
        if words not in self.story.background:
            self.story.background.append(words)
        return self.cast.new(m, stuff=True)

    def _fresh(self, m: Mention, kind: str, times: int) -> list[Actor]:
        word = owner_word(m)
        if word and is_part(m.noun) and not self.spoken_of and not set(m.attributes) - {"left", "right"}:
            return []
        if word == "their" and not kind and m.plural and not m.quantity and m.head not in listed("pairwise", "part"):
            owners = [a for a in self.cast.pronoun(word, self.near, self.main) if a.bunch and not a.stuff]
            if len(owners) > 1:
                m.plural, times = False, len(owners)
        if m.det in ("each", "every") and not m.quantity:
            natural = int(mapping("limbs").get(m.head, "3"))
            unsaid = Quantity(2, None, natural, m.end, self.cast.words(m))
            if m.head not in self.numbered and natural == 3:
                self.story.notes.append(f"how many “{self.cast.words(m)}” means is not said")
            m.quantity, m.plural = self.numbered.get(m.head, unsaid), True
        if m.quantity and m.quantity.same:
            self._same_number(m)
        if m.whole is not None or (m.ordinal > 1 and m.definite and not m.plural):
            return self._out_of_many(m)
        made = self.cast.new(m, times)
        self.ordinal = made if m.ordinal == 1 else self.ordinal
        if m.det in ("each", "every"):
            self.awaited[m.head] = made
        self._belong(m, made, word, kind)
        self._contain(m, made)
        return made

    def _out_of_many(self, m: Mention) -> list[Actor]:
        """"four of the six chairs", "the third car": some of a group that was not named before."""
        if m.whole is not None:
            n, picked, m.quantity = m.quantity.n if m.quantity else 1, m.pick, m.whole
            made = self.cast.new(m)[:n]
        else:
            n, picked, m.attributes = m.ordinal, m.attributes, []
            m.quantity, m.plural = Quantity(n, None, n, m.end, self.cast.words(m)), True
            everyone = self.cast.new(m)
            self.story.link("row", everyone, (), self.cast.words(m))
            made = everyone[n - 1 :]
        for actor in made:
            actor.describe(picked, self.cast.range(m))
        return made

    def _same_number(self, m: Mention) -> None:
        last = next(iter(reversed(self.cast.things)), None)
        n = sum(a.bunch is last.bunch for a in self.cast.things) if last and last.bunch else 1
        m.quantity = Quantity(n, n, n, m.end, m.quantity.words if m.quantity else "")

    def _belong(self, m: Mention, made: Sequence[Actor], word: str, kind: str) -> None:
        """Owners: "the car's wheels", "its red wheels", "the leg of a table"."""
        whole: list[Actor] = []
        if side := m.owner or m.host:
            whole = self.resolve(side, "whole")
        elif word:
            whole = self._whose(word, m.head, made)
        for i, part in enumerate(made if whole else ()):
            owner = whole[i * len(whole) // len(made)]
            if owner.stuff:
                continue
            part.keeper = owner
            piece = word == "its" and not owner.living and klass(m.noun) in ("thing", "shape", "material")
            if piece or is_part(m.noun):
                part.whole = owner
            elif is_worn(m.noun) and owner.living and word != "their" and (m.owner or not kind or kind in _SUPPORTS):
                self.story.link("wearing", [owner], [part], "'s")

    def _contain(self, m: Mention, made: Sequence[Actor]) -> None:
        """A bowl of apples has apples in it; a cup of coffee is one thing."""
        inner = m.content
        if inner is not None and m.head in listed("picture"):
            for holder in made[:1]:
                self.story.link("on", self.resolve(inner, "on"), [holder], "of")
            return
        if inner is None or not inner.plural or inner.head in listed("mass") or inner.noun in listed("stuff"):
            return
        for holder in made:
            self.story.link("on" if m.head in listed("flat") else "in", self.cast.new(inner), [holder], "of")

    def absent(self, m: Mention, owners: Sequence[Actor]) -> None:
        """Nothing of this kind may be in the picture, or on its owners; people and animals in general not at all.
        "No other dogs" beside a dog says what its count says."""
        noun = m.noun or " ".join(m.attributes)
        if (m.other or "more" in m.attributes) and any(a.noun == noun for a in self.cast.things):
            return
        core = self.cast.p.span(*m.core) or noun
        living = m.plural and m.head in listed("person", "animal")
        holders: list[Actor | None] = [] if living else [a for a in owners if not a.stuff]
        holders = holders or [None]
        self.story.missing.extend(Missing(noun, core, of) for of in holders)
