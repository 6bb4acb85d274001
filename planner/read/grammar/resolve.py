"""A noun phrase in its place: a new thing, a known one, background, something absent, or mere words."""

from __future__ import annotations

from collections.abc import Sequence

from planner.read.grammar.cast import SIDES, Actor, Cast, owner_word
from planner.read.grammar.classes import bodily, is_part, is_worn, klass
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.salience import Use
from planner.read.grammar.story import Missing, Story

LOCATIONS = frozenset({"in", "on", "at", "other", "near", "above", "middle", "among", "around"})
_SUPPORTS = frozenset({"on", "in", "at", "under", "near", "above"})
_ABSTRACT_ENDS = ("ness", "ity", "ism", "tude", "ence", "ance", "acy", "ship", "hood")
_BEYOND = {"left": "left_of", "right": "right_of", "top": "above", "bottom": "below"}
_STOREYS = {"attic": "top", "loft": "top", "basement": "bottom", "cellar": "bottom", "ground": "bottom", "upper": "top",
            "lower": "bottom"}
_ROWS = 0.5
"""How certain it is that each of a row is above each of the next."""
_HAVING = frozenset({"other", "holding", "wearing", "riding"})
_NO_BODIES = frozenset({"abstract", "event", "amount"})
_WHOLE_GROUP = frozenset({"each", "every", "both", "all"})


class Resolver:
    """Decides for each mention whom it means."""

    def __init__(self, cast: Cast, story: Story) -> None:
        self.cast = cast
        self.story = story
        self.near: list[Actor] = []
        self.main: list[Actor] = []
        self.subjects: list[Actor] = []
        self.lettered = False
        """Whether quoted words follow."""
        self.spelled_out = False
        """Whether a colon came just before: what follows says again what was said."""
        self.in_list = False
        """Whether it is one of several subjects."""
        self.numbered: dict[str, Quantity] = {}
        """How many things of a name the text says there are ("there are three chairs"), wherever it says so."""
        self.awaited: dict[str, list[Actor]] = {}
        """Those of them that "every chair" named before their number came."""
        self.recounted = False
        """Whether the mention said how many there are of what was named before ("apples, five of them")."""
        self.spoken_of = False
        """Whether something is said of it in its clause ("its door is open"), so that it is no mere aside."""
        self.rows: list[list[Actor]] = []
        """The rows that were told of, from the top or the left ("two rows of three cups")."""
        self.ordinal: list[Actor] = []
        """What was last told by "the first …", where there is no group."""
        self.contained = False
        """Whether it is said to be inside a thing ("a city in a bottle"), so that it is no scenery."""
        self.alone = False
        """Whether the mention stands between marks by itself."""
        self.tags = False
        """Whether the prompt is a list of tags, where a place without an article is the scenery."""
        self.told_apart = ""
        """A relation that tells the mention from a known thing of its name ("the vase to the right of the clock")."""

    def stuff(self, m: Mention, kind: str) -> bool:
        """Whether the mention is scenery here: a sky is always, a hill only where something is on it."""
        names = {m.noun, m.head}
        if (self.contained and not kind) or (m.head == "square" and self.cast.colours(m.attributes)):
            return False
        if self.alone and not kind and not m.counted and not m.plural and klass(m.head) == "place" and not (
                names & listed("natural", "part")):
            return True
        place = klass(m.head) == "place" and m.head not in listed("noun", "furniture", "container")
        if (m.quantity and m.quantity.n > 1) or not (names & listed("place", "stuff") or place):
            return False
        if self.tags and self.alone and not kind and not m.counted and not m.plural and not names & listed("compound", "natural") and (
                place or names & listed("place")):
            return True
        if m.noun != m.head and m.head in listed("exact_place"):
            return False
        if m.noun != m.head and m.noun in listed("compound") and m.noun not in listed("place"):
            return False
        if kind == "above" and names & listed("upright"):
            return False
        landmark = names & listed("landmark") or (place and not names & listed("place", "stuff"))
        return not landmark or kind in LOCATIONS

    def words_only(self, m: Mention) -> bool:
        """Whether the mention names nothing that could be seen as one thing."""
        if m.noun in listed("compound") or m.head in listed("bears_text"):
            return False
        if " " in m.noun and bodily(m.head) and klass(m.head) not in _NO_BODIES:
            return False
        if klass(m.noun) == "event" and not bodily(m.noun) and not m.plural and not self.cast.colours(m.attributes) and (
                m.head not in listed("noun")):
            return True
        if m.noun in listed("game"):
            return not m.counted and not m.plural
        if m.noun not in listed("abstract") and m.head not in listed("abstract"):
            return m.head.endswith(_ABSTRACT_ENDS) and m.head not in listed("no_abstract") and not m.quantity
        coloured = bool(self.cast.colours(m.attributes))
        if m.head in listed("weak_noun") or not {m.noun, m.head} & listed("noun"):
            return m.head not in listed("weak_noun") or not coloured
        return not m.counted and not m.plural and not coloured

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
        text = (m.noun in listed("text_noun") and (self.lettered or not posted)) or (m.head in listed("text_noun") and self.lettered)
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
        if self.words_only(m):
            self.story.unread.append(self.cast.words(m))
            return []
        return self._fresh(m, kind, times)

    def _the_picture(self, m: Mention, kind: str) -> bool:
        """Whether the picture itself is meant."""
        if m.noun not in listed("image") or m.attributes or m.tail:
            return False
        return m.definite or (not m.counted and kind in LOCATIONS) or m.noun == "scene"

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
        if not -len(self.rows) <= at < len(self.rows) or not (side or m.ordinal or set(m.attributes) & {"front", "back"}):
            return []
        if len(self.rows) == 2 and side in _BEYOND:
            self.story.certainty = _ROWS
            self._beyond(side, self.rows[at], self.rows[1 - at % 2])
        return self.rows[at]

    # Known things

    def _known(self, m: Mention, kind: str) -> list[Actor]:
        if (owner_word(m) or m.owner) and not m.other and (kept := self._kept_by_owner(m)):
            return kept
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
            same = self.cast.matching(m)
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

    def _at_side(self, m: Mention, side: str, kind: str) -> list[Actor]:
        """"the left door": the left one of some known doors, or a door on the left."""
        m.attributes = [a for a in m.attributes if SIDES.get(a) != side]
        alike = [a for a in self.cast.things if a.head == m.head]
        same = [a for a in alike if a.side == side]
        group = [a for a in alike if a.bunch is alike[-1].bunch] if alike and alike[-1].bunch else []
        if same or len(group) > 1:
            found = same[-1:] or [group[{"left": 0, "top": 0, "right": -1, "bottom": -1}.get(side, len(group) // 2)]]
            if side in _BEYOND and found[0] in group and (m.whole or len(group) == 2):
                self._beyond(side, found, [a for a in group if a not in found])
            return found
        made = self._fresh(m, kind, 1)
        for actor in made:
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
            if is_part(m.noun) or (word == "its" and not owner.living and klass(m.noun) in ("thing", "shape", "material")):
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

    # Shares of a group, and absences

    def _headless(self, m: Mention, kind: str) -> list[Actor]:
        group = self._group(m)
        if not group or (m.one and (m.det in ("a", "an") or m.quantity) and not self._among(m, group)):
            return self._one_of_that_name(m)
        if not kind and self._tells_how_many(m, group):
            self.recounted = True
            return self.fill(group, m.quantity.n if m.quantity else len(group))
        side = next((SIDES[a] for a in m.attributes if a in SIDES), "") if m.det == "the" else ""
        found = self.cast.part(m, group)
        if side in _BEYOND and len(group) == 2 and len(found) == 1:
            self._beyond(side, found, [a for a in group if a not in found])
        if not found and (m.other or m.det == "another" or (m.quantity and m.quantity.exact and m.quantity.n > 1)):
            return self.cast.new(self.cast.like(m, group[-1]))
        for actor in found if m.det not in ("each", "both", "all") else ():
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
            self.story.link(_BEYOND[side], one, other, f"the {side} one")

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
