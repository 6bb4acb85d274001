"""A noun phrase in its place: a new thing, a known one, background, something absent, or mere words."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.cast import Actor, Cast, owner_word
from planner.read.lexicon import listed
from planner.read.mention import Mention
from planner.read.quantity import Quantity
from planner.read.story import Missing, Story

_SUPPORTS = frozenset({"on", "in", "at", "under", "near", "above"})
LOCATIONS = frozenset({"in", "on", "at", "other", "near", "above", "middle", "among", "around"})
_ABSTRACT_ENDS = ("ness", "ity", "ism", "tude", "ence", "ance", "acy", "ship", "hood")



class Resolver:
    """Decides for each mention whom it means."""

    def __init__(self, cast: Cast, story: Story) -> None:
        self.cast = cast
        self.story = story
        self.near: list[Actor] = []
        self.main: list[Actor] = []
        self.subjects: list[Actor] = []
        self.told_apart = ""

    def stuff(self, m: Mention, kind: str) -> bool:
        """Whether the mention is scenery here: a sky is always, a hill only where something is on it."""
        names = {m.noun, m.head}
        if (m.quantity and m.quantity.n > 1) or not names & (listed("place") | listed("stuff")):
            return False
        if m.noun != m.head and m.head in listed("exact_place"):
            return False
        if m.noun != m.head and m.noun in listed("compound") and m.noun not in listed("place"):
            return False
        if names & listed("landmark"):
            return kind in LOCATIONS
        return True

    def words_only(self, m: Mention) -> bool:
        """Whether the mention names nothing that could be seen as one thing."""
        if m.noun in listed("compound"):
            return False
        if m.noun in listed("game"):
            return not m.det and not m.quantity and not m.plural
        if m.noun not in listed("abstract") and m.head not in listed("abstract"):
            return m.head.endswith(_ABSTRACT_ENDS) and m.head not in listed("no_abstract") and not m.quantity
        if m.head in listed("weak_noun"):
            return not self.cast.colours(m.attributes)
        if m.noun in listed("noun") or m.head in listed("noun"):
            return not m.det and not m.quantity and not m.plural and not self.cast.colours(m.attributes)
        return True

    def resolve(self, m: Mention, kind: str, times: int = 1) -> list[Actor]:
        """The actors that the mention means; `kind` is the relation it is the object of, or "" for a subject."""
        if m.headless:
            return self._headless(m)
        if m.det == "no" or (m.quantity and m.quantity.at_most == 0):
            self.absent(m, ())
            return []
        if (
            m.noun in listed("image")
            and not m.attributes
            and (m.definite or (not m.det and kind in LOCATIONS) or m.noun == "scene")
        ):
            return []
        if m.noun in listed("text_noun"):
            return []
        known = self._known(m, kind)
        if known:
            return known
        if self.stuff(m, kind):
            return self._scenery(m)
        if m.host is not None and m.head in listed("part") and kind in _SUPPORTS:
            self.story.unread.append(self.cast.p.span(m.start, m.core[1]))
            return self.resolve(m.host, kind)
        if self.words_only(m):
            self.story.unread.append(self.cast.words(m))
            return []
        return self._fresh(m, kind, times)

    def _known(self, m: Mention, kind: str) -> list[Actor]:
        if (
            m.definite
            or m.partitive
            or m.det in ("each", "every", "both", "all")
            or (m.owner is None and m.det == "poss")
        ):
            found = self.cast.matching(m)
            if self.told_apart and any(
                link.kind == self.told_apart and set(link.subjects) & set(found) for link in self.story.links
            ):
                return []
            if m.partitive and found and m.quantity and m.quantity.n < len(found):
                return self.cast.part(m, found) or found[: m.quantity.n]
            return found
        if m.quantity and m.quantity.words == "one" and not m.attributes and kind == "with":
            group = [b for a in self.cast.matching(m) if a.bunch for b in self.cast.things if b.bunch is a.bunch]
            return self.cast.part(m, group) if group else []
        if not m.det and not m.quantity and not m.plural and m.noun not in listed("mass"):
            return (
                [a for a in self.cast.matching(m) if a.sentence < self.cast.sentence or a.bunch][:1]
                if m.attributes == []
                else []
            )
        if self.cast.sentence and m.det in ("a", "an", "one") and not m.other:
            return self._member(m)
        return []

    def _member(self, m: Mention) -> list[Actor]:
        """ "Three plates. A blue plate is on top": the blue one is one of the three."""
        group = next(
            (
                [b for b in self.cast.things if b.bunch is a.bunch]
                for a in reversed(self.cast.things)
                if a.bunch and a.head == m.head and a.sentence < self.cast.sentence
            ),
            [],
        )
        free = [a for a in group if a.sentence < self.cast.sentence and not a.shared]
        if not free:
            return []
        free[0].shared = 1
        free[0].describe(m.attributes)
        return [free[0]]

    def _scenery(self, m: Mention) -> list[Actor]:
        words = self.cast.words(m)
        if words not in self.story.background:
            self.story.background.append(words)
        return self.cast.new(m, stuff=True)

    def _fresh(self, m: Mention, kind: str, times: int) -> list[Actor]:
        word = owner_word(m)
        if word == "their" and not kind and m.plural and not m.quantity and m.head not in listed("pairwise", "part"):
            owners = [a for a in self.cast.pronoun(word, self.near, self.main) if a.bunch and not a.stuff]
            if len(owners) > 1:
                m.plural, times = False, len(owners)
        if word and m.head in listed("part") and not set(m.attributes) - {"left", "right"}:
            self.story.unread.append(self.cast.words(m))
            return []
        if m.quantity and m.quantity.same:
            self._same_number(m)
        if m.whole is not None and m.quantity is not None:
            part, m.quantity = m.quantity.n, m.whole
            return self.cast.new(m)[:part]
        if m.ordinal > 1 and m.definite and not m.plural:
            return self._ordinal(m)
        made = self.cast.new(m, times)
        self._belong(m, made, word)
        self._contain(m, made)
        return made

    def _ordinal(self, m: Mention) -> list[Actor]:
        """"the third car": there are three, in a row."""
        attributes, m.attributes = m.attributes, []
        m.quantity = Quantity(m.ordinal, None, m.ordinal, m.end, self.cast.words(m))
        m.plural = True
        made = self.cast.new(m)
        self.story.link("row", made, (), self.cast.words(m))
        for actor in made[m.ordinal - 1 :]:
            actor.describe(attributes)
        return made[m.ordinal - 1 :]

    def _same_number(self, m: Mention) -> None:
        last = next(iter(reversed(self.cast.things)), None)
        n = sum(a.bunch is last.bunch for a in self.cast.things) if last and last.bunch else 1
        assert m.quantity is not None
        m.quantity = Quantity(n, n, n, m.quantity.end, m.quantity.words)

    def _belong(self, m: Mention, made: Sequence[Actor], word: str) -> None:
        """Owners: "the car's wheels", "its red wheels", "the leg of a table"."""
        whole: list[Actor] = []
        if m.owner or m.host:
            side = m.owner or m.host
            assert side is not None
            whole = self.resolve(side, "whole")
        elif word and m.head in listed("part"):
            whole = self.cast.pronoun(word, self.main or self.subjects, self.near, made)
        for i, part in enumerate(made if whole else ()):
            owner = whole[i * len(whole) // len(made)]
            if owner.stuff:
                continue
            if m.head in listed("part"):
                part.whole = owner
            elif m.head in listed("garment") and owner.living and m.owner:
                self.story.link("wearing", [owner], [part], "'s")

    def _contain(self, m: Mention, made: Sequence[Actor]) -> None:
        """A bowl of apples has apples in it; a cup of coffee is one thing."""
        inner = m.content
        if (
            inner is None
            or not made
            or not inner.plural
            or inner.head in listed("mass")
            or inner.noun in listed("stuff")
        ):
            return
        for holder in made:
            self.story.link("on" if m.head in listed("flat") else "in", self.cast.new(inner), [holder], "of")

    def _headless(self, m: Mention) -> list[Actor]:
        group = self.cast.group_for(self.subjects, self.near)
        if (
            self.cast.share
            and m.det not in ("each", "both", "all")
            and (m.other or m.ordinal or m.quantity or m.det == "another")
        ):
            group = self.cast.share.members or group
        if m.det == "all" and not m.quantity:
            living = [a for a in self.cast.pronoun("they", [], []) if not a.stuff]
            group = living if len(living) > len(group) else group
        if not group:
            self.story.unread.append(self.cast.words(m))
            return []
        found = self.cast.part(m, group)
        if not found:
            if not (m.other or m.det == "another" or (m.quantity and m.quantity.exact and m.quantity.n > 1)):
                return []
            self.cast.like(m, group[-1])
            return self.cast.new(m)
        for actor in found:
            if m.det not in ("each", "both", "all"):
                actor.describe(m.attributes)
        return found

    def absent(self, m: Mention, owners: Sequence[Actor]) -> None:
        """Nothing of this kind may be in the picture, or on its owners."""
        noun = m.noun or " ".join(m.attributes)
        core = self.cast.p.span(*m.core) or noun
        holders: list[Actor | None] = [a for a in owners if not a.stuff] or [None]
        self.story.missing.extend(Missing(noun, core, of) for of in holders)
