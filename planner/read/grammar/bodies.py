"""Whose hand it is in: what a place on a body says, and what is known while relations are bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.read.grammar.actor import Actor
from planner.read.grammar.cast import Cast
from planner.read.grammar.chunks import Chunk
from planner.read.grammar.classes import is_part
from planner.read.grammar.lexicon import listed, mapping, verb
from planner.read.grammar.mention import Mention
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.resolve import Resolver
from planner.read.grammar.salience import Use
from planner.read.grammar.story import Story
from planner.scene import Span

_LAIN_ON = frozenset({"side", "back", "head", "belly", "stomach", "tummy", "face", "front", "bottom"})
_LYING = frozenset({"lie", "lay", "rest", "sleep", "nap", "float", "stand", "balance", "roll", "fall"})
GRIPS = frozenset({"hand", "arm", "paw", "mouth", "beak", "claw", "talon", "jaw", "snout", "trunk", "tentacle",
                    "fist"})


@dataclass(slots=True)
class Pending:
    """A relation that has its subjects and waits for its objects."""

    kind: str
    subjects: list[Actor]
    words: str
    negated: bool = False
    reverse: bool = False
    """Whether what follows is the subject ("held by")."""
    fronted: bool = False
    """Whether the subject comes later ("on the table there is")."""
    alone: str = ""
    """What it says of the subjects if the object is mere scenery."""
    place: bool = False

    @property
    def having(self) -> bool:
        """Whether it says that the subjects have the objects."""
        return self.kind in ("with", "have")


def stated_numbers(chunks: Sequence[Chunk]) -> dict[str, Quantity]:
    """How many of what there are in the picture by "there are three chairs", by the name of the things."""
    found: dict[str, Quantity] = {}
    for there, be, chunk in zip(chunks, chunks[1:], chunks[2:], strict=False):
        m = chunk.mention
        if there.kind == "there" and be.kind == "be" and m and m.quantity and m.quantity.exact and not m.attributes:
            found.setdefault(m.head, m.quantity)
    return found


class Bodies:
    """What is known of the scene so far, and places on somebody's body."""

    def __init__(self, cast: Cast, story: Story, chunks: Sequence[Chunk]) -> None:
        self.cast = cast
        self.story = story
        self.resolver = Resolver(cast, story)
        self.resolver.numbered = stated_numbers(chunks)
        self.each: list[Actor] = []
        """Those of whom each is told the same."""
        self.main: list[Actor] = []
        """The subjects of the last clause with a noun of its own."""
        self.topic: list[Actor] = []
        """The main subjects before the present ones."""
        self.it_meant: list[Actor] = []
        """Whom "it" has meant in this sentence."""
        self.subjects: list[Actor] = []
        self.near: list[Actor] = []
        """Who was named last."""
        self.previous: list[Actor] = []
        self.fronted: list[tuple[str, list[Actor], str, Span]] = []
        """Places whose subject comes later."""
        self.bearer: list[Actor] = []
        """Who wears the clothes and has the parts that a list of tags names."""
        self.hub: tuple[str, int, list[Actor]] = ("", 0, [])
        """Whom things were last placed around by a pronoun ("to its left a fork"), and in which sentence."""
        self.anchor: tuple[int, list[Actor]] = (-1, [])
        """In which sentence a place was last told before its subject, and of what."""
        self.both: list[Actor] = []
        """The two of whom "both" told."""
        self.front_each: list[Actor] = []
        """"On each plate": those that each has one of what comes."""
        self.colon_group: list[Actor] = []
        self.spread: list[Actor] = []
        """Objects that were bound to their subjects one by one."""
        self.negated = False
        self.respectively = False
        self.in_hand = False
        self.followed = False
        """Whether something is said of the object ("with moss growing on it")."""
        self.placed = False
        """Whether a place follows the object ("with a window above them"), so that it is no mere part."""

    def things(self, actors: Sequence[Actor]) -> list[Actor]:
        """Those that are no scenery."""
        return [a for a in actors if not a.stuff]

    def look(self, pending: Pending | None, governor: Chunk | None) -> None:
        """Tells the resolver who is in view."""
        self.resolver.near, self.resolver.main, self.resolver.subjects = self.near, self.main, self.subjects
        self.previous = self.near
        self.resolver.spoken_of = False
        if pending is not None:
            self.resolver.subjects, self.resolver.in_list = pending.subjects or self.subjects, False

    def arranged(self, m: Mention, actors: Sequence[Actor]) -> None:
        """"a row of cups" says that they stand in a row."""
        if kind := mapping("arranging").get(m.collection, ""):
            self.story.link(kind, actors, (), m.collection)

    def _hand(self, pending: Pending, m: Mention) -> bool:
        """"in one hand", "in the other": where somebody holds it, no thing of its own."""
        if pending.kind == "under" and m.head == "arm":
            self.in_hand = True
            return False
        if pending.kind != "in":
            return False
        if m.headless and m.other and self.in_hand:
            return self._held(pending)
        self.in_hand = m.head in GRIPS and not set(m.attributes) - {"left", "right"}
        carried = {a for link in self.story.links if link.kind == "holding" for a in link.objects}
        carriers = {a for link in self.story.links if link.kind == "holding" for a in link.subjects}
        mine = set(pending.subjects)
        if self.in_hand and mine and (mine <= carried or mine <= carriers):
            return True
        alive = any(a.living for a in (*pending.subjects, *self.main, *self.bearer))
        held = self.in_hand and alive and m.det not in listed("possessive")
        return held and self._held(pending)

    def _held(self, pending: Pending) -> bool:
        """"phone in one hand" in a list of tags: who it is about holds it."""
        if self.bearer and not any(a.living for a in pending.subjects):
            held = {a for link in self.story.links if link.kind == "holding" for a in link.objects}
            self.story.link("holding", self.bearer, [a for a in pending.subjects if a not in held], pending.words)
        return True

    def _layered(self, pending: Pending) -> None:
        """"a jacket over a striped shirt": both are worn."""
        for link in self.story.links:
            if link.kind == "wearing" and (set(pending.subjects) | set(self.near)) & {*link.objects, *link.subjects}:
                pending.kind, pending.subjects = "wearing", list(link.subjects)

    def _own_limb(self, pending: Pending, m: Mention) -> bool:
        """"standing on one leg": how somebody stands, no place."""
        one = m.quantity is None or m.quantity.words.lower() == "one"
        own = listed("posture", "shoulder") if any(a.human for a in pending.subjects) else listed("posture")
        limb = m.noun in own and not m.attributes and m.det in ("", "one", "both") and one
        return pending.place and limb and m.host is None and any(a.living for a in pending.subjects)

    def _lies(self, pending: Pending, m: Mention) -> bool:
        """"a bottle on its side", "a dog lying on its back": how it lies, no place."""
        on = pending.kind == "on" and m.det in listed("possessive") and not m.attributes
        act = verb(self.cast.p.low(m.start - 2))
        if not on or m.head not in _LAIN_ON or (act is not None and act.lemma not in _LYING):
            return False
        if act is None and any(a.living and a.sentence < self.cast.sentence for a in self.cast.things):
            return False
        owners = self.cast.pronoun(m.det, self.subjects, self.main, (), Use(part=m.head))
        if not owners or not set(owners) <= set(pending.subjects):
            return False
        for actor in pending.subjects:
            actor.describe([f"{pending.words} {self.cast.words(m)}"], self.story.at)
        return True

    def _at_the_side(self, pending: Pending, m: Mention) -> bool:
        """"roses around the base": a side of what the text is about."""
        plain = m.det == "the" and m.host is None and not m.tail and not m.attributes and not m.content
        side = m.head in listed("face") and m.head not in ("middle", "center", "centre")
        return pending.place and plain and side and bool(self.main)

    def _own_body(self, pending: Pending, m: Mention) -> list[Actor]:
        """"a parrot on his shoulder": on him."""
        bare = (not m.counted or m.det == "both") and self.bearer and m.head in listed("posture", "shoulder")
        if not is_part(m.noun) or set(m.attributes) - {"left", "right"} or not (
                m.det in listed("possessive") or bare or m.owner is not None):
            return []
        across = pending.place and pending.kind == "other" and pending.words.split()[-1] in ("across", "over")
        if pending.having or (pending.kind in ("other", "holding") and not across):
            return []
        if m.owner is not None:
            owners = self.resolver.resolve(m.owner, "whole")
        elif bare:
            owners = self.bearer
        else:
            banned = pending.subjects if m.det == "its" or pending.place else ()
            owners = self.cast.pronoun(m.det, self.subjects, self.main, banned, Use(part=m.head))
        if set(owners) & set(pending.subjects):
            return []
        if pending.kind in ("in", "under") and self.in_hand:
            pending.subjects = [a for a in pending.subjects if not a.worn] or pending.subjects
            pending.kind, pending.reverse = "holding", True
        elif pending.kind == "between" and m.head in ("tooth", "finger", "hand", "lip", "leg", "knee"):
            pending.kind, pending.reverse = "holding", True
        elif across or pending.kind == "around" or (pending.kind == "above" and "over" in pending.words.split()):
            pending.kind = "on"
        return owners
