"""Which of a group is meant: the other, the left one, the second row, the rest."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.actor import Actor
from planner.read.grammar.apposition import apposed
from planner.read.grammar.cast import SIDES
from planner.read.grammar.mention import Mention
from planner.read.grammar.outlook import Outlook

BEYOND = {"left": "left_of", "right": "right_of", "top": "above", "bottom": "below"}
_STOREYS = {"attic": "top", "loft": "top", "basement": "bottom", "cellar": "bottom", "ground": "bottom", "upper": "top",
            "lower": "bottom"}
_ROWS = 0.5
"""How certain it is that each of a row is above each of the next."""


class Members(Outlook):
    """Tells the members of a group apart."""

    def _storey(self, m: Mention) -> list[Actor]:
        """"three floors; attic: …, middle floor: …": one of the floors, by its place."""
        first = m.noun.split()[0] if m.noun else ""
        side = SIDES.get(first, _STOREYS.get(first, "")) if m.det in ("", "the") else ""
        floors = [a for a in self.cast.things if a.bunch and a.bunch.noun == "floor"]
        if not side or not floors or not (m.head == "floor" or m.noun in _STOREYS):
            return []
        found = floors[{"top": 0, "bottom": -1}.get(side, len(floors) // 2)]
        if m.noun in _STOREYS:
            found.noun, found.phrase = m.noun, self.cast.words(m)
        return [found]

    def _row(self, m: Mention) -> list[Actor]:
        """"two rows of cups, top row pink, bottom row blue": those of that row."""
        if m.plural or m.noun not in ("row", "column", "line") or not self.rows or m.tail or m.content:
            return []
        side = next((SIDES[a] for a in m.attributes if a in SIDES), "")
        last = {"bottom": -1, "right": -1, "middle": len(self.rows) // 2}.get(side, 0)
        at = m.ordinal - 1 if m.ordinal > 0 else m.ordinal if m.ordinal else last
        told = side or m.ordinal or set(m.attributes) & {"front", "back"}
        if not told or not -len(self.rows) <= at < len(self.rows):
            return []
        if len(self.rows) == 2 and side in BEYOND:
            self.story.certainty = _ROWS
            self._beyond(side, self.rows[at], self.rows[1 - at % 2])
        return self.rows[at]

    def fill(self, actors: list[Actor], n: int) -> list[Actor]:
        """A group whose number was left open has as many members as its grid has cells."""
        bunch = actors[0].bunch if actors else None
        open_ended = bunch is not None and bunch.at_least != bunch.at_most
        return self.recount(actors, n) if open_ended and all(a.bunch is bunch for a in actors) else actors

    def recount(self, group: list[Actor], n: int) -> list[Actor]:
        """"more cats than dogs: six cats …": the group has exactly `n` members."""
        bunch = group[0].bunch
        assert bunch is not None
        bunch.at_least = bunch.at_most = n
        kept = [*group[:n], *self.cast.copies(group[0], n - len(group))]
        self.cast.actors = [a for a in self.cast.actors if a not in group[n:]]
        self.story.forget(group[n:])
        self.story.enlist(kept[len(group) :], group[0])
        return kept

    def _rest(self, m: Mention, group: list[Actor]) -> list[Actor]:
        """"Two cats. One is black. The other cat is white": the one that nothing was said of."""
        found = self.cast.part(m, group)
        for actor in found:
            actor.describe(m.attributes, self.cast.range(m))
        return found

    def _member(self, m: Mention) -> list[Actor]:
        """"Three plates. A blue plate is on top": the blue one is one of the three."""
        earlier = [a for a in self.cast.things if a.bunch and a.head == m.head and a.sentence < self.cast.sentence]
        group = [a for a in earlier if a.bunch is earlier[-1].bunch]
        if group and m.quantity:
            return self._rest(m, group)
        free = [a for a in group if not a.shared]
        for actor in free[:1]:
            actor.shared = True
            actor.describe(m.attributes, self.cast.range(m))
        return free[:1]

    def _headless(self, m: Mention, kind: str) -> list[Actor]:
        if again := apposed(m, self.cast):
            return again
        group = self._group(m)
        if not group or (m.one and (m.det in ("a", "an") or m.quantity) and not self._among(m, group)):
            return self._one_of_that_name(m)
        if not kind and self._tells_how_many(m, group):
            self.recounted = True
            return self.fill(group, m.quantity.n if m.quantity else len(group))
        side = next((SIDES[a] for a in m.attributes if a in SIDES), "") if m.det == "the" else ""
        found = self.cast.part(m, group)
        if side in BEYOND and len(group) == 2 and len(found) == 1:
            self._beyond(side, found, [a for a in group if a not in found])
        if not found and (m.other or m.det == "another" or (m.quantity and m.quantity.exact and m.quantity.n > 1)):
            return self.cast.new(self.cast.like(m, group[-1]))
        for actor in found if m.det not in ("each", "all") else ():
            actor.describe(m.attributes, self.cast.range(m))
        return found

    def _tells_how_many(self, m: Mention, group: Sequence[Actor]) -> bool:
        """"apples, five of them": says how many they are; "five of them red" speaks of a part."""
        p, alone = self.cast.p, m.partitive and not m.attributes and not m.other
        ends = m.end >= len(p.tokens) or p.tokens[m.end].kind == "mark"
        counted = m.quantity is not None and m.quantity.exact and m.whole is None
        return alone and ends and counted and self.cast.share is None and len({id(a.bunch) for a in group}) == 1

    def _among(self, m: Mention, group: Sequence[Actor]) -> bool:
        """Whether "a green one" can be one of the group: of the one that is spoken of, and of no other colour."""
        free = not self.cast.colours(m.attributes) or any(self.cast.compatible(a, m) for a in group)
        return free and bool(set(group) & {*self.subjects, *self.near})

    def _beyond(self, side: str, one: list[Actor], other: list[Actor]) -> None:
        """"the left one" of two stands left of the other, unless that was said before."""
        if not any({*one, *other} == {*link.subjects, *link.objects} and link.objects for link in self.story.links):
            self.story.link(BEYOND[side], one, other, f"the {side} one")

    def _one_of_that_name(self, m: Mention) -> list[Actor]:
        """Where there is no group: "the red one" is a known thing that is red, "another" and "a blue one" are further
        things of the name of one that was told of."""
        if m.ordinal > 1 and self.ordinal:
            found = self.cast.new(self.cast.like(m, self.ordinal[-1]))
        elif m.definite:
            found = [a for a in self.cast.things if m.attributes and set(m.attributes) <= set(a.attributes)][-1:]
        else:
            coloured = [a for a in reversed(self.cast.things) if self.cast.colours(a.attributes)]
            told = [*(coloured if self.cast.colours(m.attributes) else ()), *self.subjects, *self.main]
            model = next((a for a in told if not a.stuff), None)
            number = m.quantity is not None and m.quantity.exact and self.cast.p.low(m.start - 1) not in ("of", "for")
            further = m.one or m.det == "another" or number
            found = self.cast.new(self.cast.like(m, model)) if model and further else []
        if not found:
            self.story.unread.append(self.cast.words(m))
        return found

    def _group(self, m: Mention) -> list[Actor]:
        """The group that a phrase without a noun is about."""
        near = [a for a in self.near if a not in self.subjects] if m.closed else self.near
        group = self.cast.group_for(self.subjects or (self.main if len(self.main) > 1 else []), near)
        share = self.cast.share
        if m.det == "all" and not m.quantity:
            living = [a for a in self.cast.things if a.living and a.sentence == self.cast.sentence]
            if not self.subjects and not living:
                return [a for a in self.cast.things if a.living and a.bunch] or group
            return living if len(living) > len(group) else group
        living = [a for a in self.cast.things if a.living]
        people = living if len(living) == 2 else [a for a in living if a.human]
        if m.det == "both" and len(people) == 2 and (len(group) != 2 or m.closed):
            return people
        if m.det == "both" and len(group) != 2:
            last = self.story.links[-1:]
            ends = [a for link in last for a in (*link.subjects, *link.objects) if not a.stuff]
            told = [a for a in self.cast.things if a.sentence == self.cast.sentence and a not in self.subjects]
            group = ends if len(ends) == 2 else told if len(told) == 2 else group
        if m.det == "both" and len(group) == 3 and group == list(self.subjects) and not group[0].bunch:
            group = group[:2]  # "a cat and a dog, and a bird above both"
        if share and share.members and m.det not in ("each", "both") and (
                m.other or m.ordinal or m.quantity or m.det in ("another", "the") or (m.one and share.used)):
            return share.members
        return group
