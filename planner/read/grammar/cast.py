"""The cast of a scene while it is read: actors, groups, coreference, pronouns and shares of a group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from planner.articles import with_article
from planner.read.grammar.actor import Actor, Bunch
from planner.read.grammar.classes import is_worn, klass
from planner.read.grammar.compare import Ratio, in_ratio
from planner.read.grammar.lexicon import listed, mapping, sections
from planner.read.grammar.mention import Mention
from planner.read.grammar.phrases import Phraser
from planner.read.grammar.plurals import is_plural
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.salience import CLOSE, Use, rank
from planner.scene import Span

SIDES = {"left": "left", "leftmost": "left", "right": "right", "rightmost": "right", "middle": "middle",
          "center": "middle", "centre": "middle", "top": "top", "bottom": "bottom", "topmost": "top"}
_AT = {"left": 0, "top": 0, "right": -1, "bottom": -1}
_BORN_TOGETHER = {"twin": 2, "triplet": 3, "quadruplet": 4}
_SEVERAL = frozenset({"couple", "family", "team", "band", "crowd"})
_SEXED = {"he": "she", "him": "she", "his": "she", "himself": "she", "she": "he", "her": "he", "herself": "he"}
MOST = 40
"""Things that a scene holds; what the prompt names beyond that is noted, not boxed."""


@dataclass(slots=True)
class Share:
    """A group that is being told apart ("one red, the other blue")."""

    members: list[Actor]
    used: list[Actor] = field(default_factory=list)

    def take(self, n: int) -> list[Actor]:
        """The next `n` members that nothing was said of yet; empty if there are not as many."""
        left = [a for a in self.members if a not in self.used]
        if len(left) < n:
            return []
        self.used.extend(left[:n])
        return left[:n]

    @property
    def told(self) -> bool:
        """Whether something was said of every member."""
        return all(a in self.used for a in self.members)

    def rest(self) -> list[Actor]:
        """Everything that is left."""
        return self.take(len(self.members) - len(self.used))


@lru_cache(maxsize=1)
def _synonyms() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(entry.split("|")) for entry in sections()["synonym"])


ANY = Use()
COLOURS_SPREAD = frozenset({"black", "white"})


class Cast:
    """All actors, and who is meant by what."""

    def __init__(self, phraser: Phraser, ratios: Sequence[Ratio] = ()) -> None:
        self.p = phraser
        self.ratios = ratios
        self.actors: list[Actor] = []
        self.beyond: list[str] = []
        self.share: Share | None = None
        self.sentence = 0
        self.ambiguous: list[tuple[str, str]] = []
        """Pronouns that could mean several things, and what they were read as."""
        self.told: list[list[Actor]] = []
        """The subjects so far, which "it" means rather than what was named in passing."""

    @property
    def things(self) -> list[Actor]:
        """Actors that get a box."""
        return [a for a in self.actors if not a.stuff]

    def colours(self, words: Iterable[str]) -> set[str]:
        """The colour words among `words`."""
        return set(words) & listed("colour")

    def new(self, m: Mention, times: int = 1, *, stuff: bool = False) -> list[Actor]:
        """As many new actors as the mention says, `times` over."""
        n, bunch = self._number(m, times)
        room = MOST - len(self.things)
        if not stuff and n > room:
            n = max(0, room)
            self.beyond.append(self.words(m))
        if stuff:
            n, bunch = 1, None
        if bunch is not None:
            bunch.one = m.collection in mapping("arranging") and m.det in listed("single")
        made = [self._actor(m, i, n, bunch, stuff) for i in range(n)]
        self.actors.extend(made)
        return made

    def named_one_by_one(self, group: Sequence[Actor], named: Sequence[Actor]) -> list[Actor]:
        """"three animals: a cat, a dog and a bird": the group takes the names."""
        if any(a in group or a.stuff for a in named):
            return list(named)
        for a, name in zip(group, named, strict=True):
            a.noun, a.phrase, a.span = name.noun, name.phrase, name.span
            a.mentions += name.mentions
            a.describe(name.attributes, name.span)
        self.actors = [a for a in self.actors if a not in named]
        return list(group)

    def copies(self, model: Actor, n: int) -> list[Actor]:
        """`n` more of the same, counted together with `model`."""
        n = max(0, min(n, MOST - len(self.things)))
        model.bunch = model.bunch or Bunch(model.phrase, n + 1, n + 1, model.noun)
        made = [replace(model, attributes=list(model.attributes), mentions=list(model.mentions),
                        places=dict(model.places)) for _ in range(n)]
        self.actors.extend(made)
        return made

    def natural_pairs(self, m: Mention, owners: Sequence[Actor]) -> Quantity | None:
        """How many eyes, legs or shoes the owners have, where the words say no number."""
        each = int(mapping("limbs").get(m.head, "0"))
        if not each or not owners or (is_worn(m.noun) and not all(a.living for a in owners)):
            return None
        upright = m.head in ("leg", "foot") and all(a.head in listed("bird") or a.human for a in owners)
        return Quantity(2, None, (2 if upright else each) * len(owners), m.end, m.noun)

    def _number(self, m: Mention, times: int) -> tuple[int, Bunch | None]:
        q = m.quantity
        if q is None and m.plural:
            owned = m.owner or m.det in listed("possessive") or m.det == "poss"
            natural = 2 if m.head in listed("pairwise") | mapping("limbs").keys() and owned else 3
            fixed = _BORN_TOGETHER.get(m.head)
            q = Quantity(fixed, fixed, fixed, m.end, m.noun) if fixed else Quantity(2, None, natural, m.end, m.noun)
        if q is not None and not q.exact and m.head in listed("mass") and not is_plural(self.p.low(m.core[1] - 1)):
            q = None
        q = self._in_ratio(m, q)
        if q is None or (q.n == 1 and q.exact):
            return times, Bunch(self.words(m), times, times, m.noun) if times > 1 else None
        most = None if q.at_most is None else q.at_most * times
        return q.n * times, Bunch(self.words(m), q.at_least * times, most, m.noun)

    def _in_ratio(self, m: Mention, q: Quantity | None) -> Quantity | None:
        """A number that the words leave open follows a stated comparison."""
        if q is None or q.exact:
            return q
        for ratio in self.ratios:
            other = ratio.second if m.head == ratio.first else ratio.first if m.head == ratio.second else ""
            count = sum(a.head == other for a in self.things)
            if count:
                q = in_ratio(q, ratio, count, first=m.head == ratio.first)
        return q

    def words(self, m: Mention) -> str:
        """The mention as the prompt has it."""
        return self.p.span(m.start, m.end)

    def _actor(self, m: Mention, i: int, n: int, bunch: Bunch | None, stuff: bool) -> Actor:
        attributes = list(dict.fromkeys(m.attributes))
        colours = [w for w in attributes if w in listed("colour")]
        if m.alternate and m.plural and n > 1 and len(colours) > 1 and set(colours) != COLOURS_SPREAD:
            mine = colours[i * len(colours) // n]
            attributes = [w for w in attributes if w not in colours or w == mine]
        span = self.range(m)
        return Actor(m.noun, self.phrase(m, attributes, n), attributes, span, self.sentence, bunch=bunch, stuff=stuff,
                     counted=bool(m.det), name=m.name, places=dict.fromkeys(attributes, span))

    def range(self, m: Mention) -> Span:
        """The characters of a mention."""
        return self.p.tokens[m.start].start, self.p.tokens[m.end - 1].end

    def name(self, m: Mention, actors: Iterable[Actor]) -> None:
        """Notes that the mention names these actors."""
        start, end = m.noun_at
        for a in actors if end > start else ():
            at = self.p.tokens[start].start, self.p.tokens[end - 1].end
            a.again |= m.definite and bool(a.mentions)
            if at not in a.mentions:
                a.mentions.append(at)

    def phrase(self, m: Mention, attributes: Sequence[str], n: int) -> str:
        """The noun phrase of one of them, in the singular."""
        core = self.p.span(*m.core)
        if m.owner is not None and not m.plural:
            return self.words(m)
        same = list(dict.fromkeys(m.attributes)) == list(attributes)
        spread = not m.plural and n > 1 and is_plural(self.p.low(m.core[1] - 1))
        if not m.plural and same and core and not spread and m.collection in ("", "portion"):
            return self.words(m) if m.det not in ("each", "every") else with_article(core)
        if same and core and m.core[1] > m.core[0]:
            last = self.p.tokens[m.core[1] - 1]
            one = m.noun.rsplit(" ", 1)[-1]
            body = core[: last.start - self.p.tokens[m.core[0]].start] + (one if one != last.low else last.text)
        else:
            body = " ".join([*attributes, m.noun])
        return with_article(body) + (f" {m.tail}" if m.tail else "")

    # Who is meant

    def matching(self, m: Mention) -> list[Actor]:
        """The known actors that a definite phrase points at."""
        among = [a for a in self.actors if self.named(a, m)]
        if not among:
            return []
        latest = among[-1]
        group = [a for a in among if latest.bunch is not None and a.bunch is latest.bunch] or [latest]
        described = [a for a in among if set(m.attributes) <= set(a.attributes)] if m.attributes else []
        if m.plural or m.det in ("both", "all", "each", "every"):
            return self._several(m, among, group, described)
        if described:
            return [described[-1]] if described[-1].bunch is None else [described[0]]
        fresh = [a for a in among if self.compatible(a, m)]
        if m.attributes:
            if fresh and (fresh[-1].bunch is not None or not self.colours(m.attributes)):
                fresh[0 if fresh[-1].bunch else -1].describe(m.attributes, self.range(m))
                return [fresh[0 if fresh[-1].bunch else -1]]
            return []
        if m.ordinal:
            return group[m.ordinal - 1 : m.ordinal]
        return [latest] if latest.bunch is None else group[:1]

    def _several(self, m: Mention, among: list[Actor], group: list[Actor], described: list[Actor]) -> list[Actor]:
        if m.attributes and not described:
            return []
        pool = described or (among if m.det in ("both", "all") or len(group) == 1 else group)
        if m.quantity and m.quantity.n < len(pool):
            return pool[: m.quantity.n]
        if m.quantity and m.quantity.n > len(pool):
            return []
        return pool

    def named(self, a: Actor, m: Mention) -> bool:
        kind = mapping("hypernym").get(m.noun, "")
        if kind in ("animal", "person", "vehicle", "fruit") and a.head in listed(kind):
            return True
        if a.alias and a.alias == m.noun:
            return True
        if a.head != m.head:
            if m.definite and len(m.head) > 3 and a.head.endswith(m.head) and " " not in m.noun:
                return True
            return not m.attributes and any({a.noun, m.noun} <= group for group in _synonyms())
        mine, theirs = set(m.noun.split()[:-1]), set(a.noun.split()[:-1])
        return mine <= theirs | set(a.attributes) or theirs <= mine

    def compatible(self, a: Actor, m: Mention) -> bool:
        """Whether what the mention says can be true of a thing that is known."""
        opposite = mapping("antonym")
        if any(opposite.get(mine) == theirs or opposite.get(theirs) == mine
               for mine in m.attributes for theirs in a.attributes):
            return False
        mine = self.colours(m.attributes)
        return not (mine and self.colours(a.attributes) and not mine & self.colours(a.attributes))

    def pronoun(self, word: str, near: Sequence[Actor], topic: Sequence[Actor], banned: Sequence[Actor] = (),
                use: Use = ANY) -> list[Actor]:
        """Whom "it", "they", "he", "she" means; nobody who was counted away since ("more cats …: two cats")."""
        near, topic = ([a for a in some if a in self.actors] for some in (near, topic))
        if word in ("they", "them", "their", "these", "those", "themselves"):
            return self._they(near, topic, banned)
        if word in _SEXED:
            return self._he_or_she(_SEXED[word], near, topic, banned)
        if word in ("it", "its", "itself", "it's", "this", "that"):
            return self._it(word, near, topic, banned, use)
        return [a for a in near if a not in banned] or [a for a in topic if a not in banned]

    def _it(self, word: str, near: Sequence[Actor], topic: Sequence[Actor], banned: Sequence[Actor],
            use: Use) -> list[Actor]:
        """The likeliest single thing; else those that are spoken of."""
        found = rank([a for a in self.actors if a not in banned], near, topic, self.told, self.sentence, use)
        if not found:
            return [a for a in near if a not in banned] or [a for a in topic if a not in banned]
        if len(found) > 1 and found[0][0] - found[1][0] < CLOSE:
            self.ambiguous.append((word, found[0][1].noun))
        best = found[0][1]
        group = [a for a in self.actors if best.bunch and best.bunch.one and a.bunch is best.bunch]
        for a in self.actors:
            a.it = a is best
        return group or [best]

    def _he_or_she(
        self, other: str, near: Sequence[Actor], topic: Sequence[Actor], banned: Sequence[Actor]
    ) -> list[Actor]:
        """The nearest one who fits; people before animals, and one before several that are spoken of together. `other`
        lists who does not fit."""
        spoken = [a for a in (*near, *topic, *reversed(self.actors)) if a not in banned and not a.stuff]
        living = [a for a in spoken if a.living] or [a for a in spoken if klass(a.noun) == "unknown"]
        mine = "he" if other == "she" else "she"
        fitting = [a for a in living if a.head not in listed(other) and a.sex in ("", mine)] or [
            a for a in living if a.head not in listed(other)]
        together: list[Bunch | None] = [a.bunch for a in near if a.bunch is not None]
        fitting = [a for a in fitting if together.count(a.bunch) < 2] or fitting
        people = [a for a in fitting if a.head in listed("she", "he")] or [
            a for a in fitting if a.head not in listed("animal")]
        found = people or fitting
        if len(dict.fromkeys(a.noun for a in found)) > 1 or (found and found[0].noun in _SEVERAL):
            self.ambiguous.append((next(word for word, sex in _SEXED.items() if sex == other), found[0].noun))
        for a in found[:1]:
            a.sex = mine if not (a.bunch or a.noun in _SEVERAL) else ""
        return found[:1]

    def _they(self, near: Sequence[Actor], topic: Sequence[Actor], banned: Sequence[Actor]) -> list[Actor]:
        """The nearest plural; else everybody of this sentence; else everybody; else the nearest one."""
        for group in (near, topic):
            some = [a for a in group if a not in banned and not a.stuff]
            if len(some) > 1:
                return some
        for pool in ([a for a in self.things if a.sentence == self.sentence], self.things):
            living = [a for a in pool if a.living and a not in banned]
            plural = [a for a in living if a.bunch is not None and a.bunch is living[-1].bunch]
            if len(living) > 1:
                return plural if len(plural) > 1 else living
        crowd = [a for a in self.things if a.noun in _SEVERAL and a not in banned]
        if crowd:
            return crowd[-1:]
        known = [a for a in self.things if a not in banned and a.whole is None and not a.worn]
        bunch = next((a.bunch for a in reversed(known) if a.bunch and a.sentence == self.sentence), None)
        if bunch is not None and len(counted := [a for a in known if a.bunch is bunch]) > 1:
            return counted
        pairs = [a for a in known if a.sentence == self.sentence]
        if len(pairs) < 2 and len(known) == 2:
            pairs = known
        return pairs if len(pairs) > 1 else [a for a in (*near, *topic) if a not in banned and not a.worn][:1]

    # Shares of a group

    def group_for(self, subjects: Sequence[Actor], near: Sequence[Actor]) -> list[Actor]:
        """The plural that "one … the other" is about."""
        for some in (subjects, near):
            if len([a for a in some if not a.stuff]) > 1:
                return list(some)
        for a in reversed(self.things):
            if a.bunch is not None:
                return [b for b in self.things if b.bunch is a.bunch]
        return []

    def part(self, m: Mention, group: list[Actor]) -> list[Actor]:
        """The members of `group` that a phrase without a noun means; new ones where the group is used up."""
        if self.share is None or self.share.members != group:
            self.share = Share(group)
        share, q = self.share, m.quantity
        if m.other and not m.det and not share.used:
            return []
        if m.det in ("each", "both", "all", "either", "every"):
            return list(group)
        if m.det == "half":
            return share.take(len(group) // 2)
        if m.det == "the" and (at := _place_in(m, len(group))) is not None:
            share.used.append(group[at])
            return [group[at]]
        described = [a for a in group if m.attributes and set(m.attributes) <= set(a.attributes)]
        if m.det == "the" and described and not m.other:
            return described[:1] if not m.plural else described
        if m.other and m.det == "the" and q is None:
            return share.rest() if m.plural else share.take(1) or group[-1:]
        fits = [a for a in group if a not in share.used and self.compatible(a, m)]
        if m.attributes and m.det == "the" and q is None and fits:
            fits.sort(key=lambda a: bool(a.attributes) and a.attributes != group[-1].attributes)
            share.used.append(fits[0])
            return fits[:1]
        return share.take(q.n if q else 1)

    def like(self, m: Mention, model: Actor) -> Mention:
        """The mention with the noun of `model`: "two more" -> two more sheep."""
        m.noun, m.core = model.noun, (0, 0)
        m.plural = bool(m.quantity and m.quantity.n != 1)
        return m


def _place_in(m: Mention, n: int) -> int | None:
    """Which of `n` things in a row "the second", "the last" or "the left one" is."""
    if m.ordinal:
        return n - 1 if m.ordinal < 0 else m.ordinal - 1 if m.ordinal <= n else None
    side = next((a for a in m.attributes if a in SIDES), "")
    if not side:
        return None
    m.attributes.remove(side)
    return _AT.get(SIDES[side], n // 2) % n


def owner_word(m: Mention) -> str:
    """The pronoun that owns the mention ("its wheels"), if any."""
    return m.det if m.det in listed("possessive") else ""
