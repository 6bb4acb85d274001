"""A plan becomes a scene: entries are told apart into single things, ids made clean, the ambiguous refused.

What can be mended for certain is mended, with a note. Everything else is a `BadReply` whose message tells the model
what to correct. Notes repeat nothing that the model wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import nan
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from planner.agreement import bare
from planner.articles import with_article
from planner.errors import BadReply
from planner.ids import clean_ids
from planner.plain import sentence_of, shown
from planner.read.model.boxes import Edges
from planner.read.model.quotes import Quotes, Span
from planner.read.model.wire import MOST_THINGS, Count, Plan, WireGroup, WireRelation, WireThing
from planner.relations import TABLE
from planner.scene import Canvas, Scene

T = TypeVar("T")

MOST_PAIRS = 2_000
"""Pairs of things that all relations together may join."""
_OPEN = 3
"""How many of an open number are shown at least, where the model gives them no boxes ("some birds")."""
_SHORT_SIDE = 512
_NO_BOX: Edges = (nan, nan, nan, nan)
_CUES = {cue: row.kind for row in TABLE.values() for cue in row.cues}


class Draft(NamedTuple):
    """A scene, the edges written for its things (on a grid still to be judged), and what was mended on the way."""

    scene: Scene
    edges: dict[str, Edges]
    notes: tuple[str, ...]


class _Member(NamedTuple):
    """One thing of an entry."""

    entry: int
    name: str
    edges: Edges


def draft_of(plan: Plan, prompt: str) -> Draft:
    """The scene that a plan describes."""
    return _Drafting(plan, prompt).draft()


def _once(items: Iterable[T]) -> tuple[T, ...]:
    """The items in order, without repetitions: models stutter."""
    kept: list[T] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return tuple(kept)


class _Drafting:
    """One plan on its way to a scene: its clean ids, and the notes and faults gathered so far."""

    def __init__(self, plan: Plan, prompt: str) -> None:
        self.plan, self.prompt = plan, prompt
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.pairs = 0
        self.quotes = Quotes(prompt)
        self.entries = self._named_in_the_prompt(plan.things)
        self.names = [e.id or e.noun or e.words for e in self.entries]
        members = [m for i, entry in enumerate(self.entries) for m in self._members(i, entry)]
        if len(members) > MOST_THINGS:
            raise BadReply(f"the plan has {len(members)} things; a picture has at most {MOST_THINGS}")
        self.members = members
        self.ids = clean_ids((m.name for m in members), "thing")
        self.groups = clean_ids((f"{name}_group" for name in self.names), "group").clean
        self.spans = [self._mentions(entry) for entry in self.entries]
        self.told: dict[str, tuple[str, Count]] = {}
        self.outer = self._outer_groups()

    def _named_in_the_prompt(self, entries: list[WireThing]) -> list[WireThing]:
        """The entries that a word of the prompt names: models add furniture, and weak ones repeat their examples."""
        named = [e for e in entries if self.quotes.names(e.words) or self.quotes.names(e.noun)]
        if entries and not named:
            raise BadReply("no `words` of `things` stand in the description; quote them from it, letter by letter")
        if len(named) < len(entries):
            self.notes.append("things were left out that no word of the prompt names")
        return named

    def _members(self, index: int, entry: WireThing) -> Iterator[_Member]:
        """The things of an entry: as many as it counts, or as it gives boxes for where the number is open."""
        number, boxes = entry.number, [(*box,) if len(box) == 4 else _NO_BOX for box in entry.boxes]
        n = number.least
        if not number.exact:
            n = max(n, min(len(boxes), number.most or MOST_THINGS), 0 if boxes or number.most else _OPEN)
        if n > MOST_THINGS:
            raise BadReply(f"`{shown(self.names[index])}` counts {n} things; a picture has at most {MOST_THINGS}")
        for i in range(n):
            edges = boxes[i] if i < len(boxes) else _NO_BOX
            a, b, c, d = edges
            yield _Member(index, self.names[index] if n == 1 else f"{self.names[index]}_{i + 1}", (a, b, c, d))

    def draft(self) -> Draft:
        """The scene, or a `BadReply` that lists what is wrong with the plan."""
        plan = self.plan
        data = {
            "prompt": self.prompt,
            "things": tuple(self._thing(id, m) for id, m in zip(self.ids.clean, self.members, strict=True)),
            "groups": tuple(self._groups()),
            "relations": _once(self._relations()),
            "absent": _once({"noun": a.noun or a.words, "phrase": " ".join(bare((a.words or a.noun).split())),
                             "of": self._one(a.of)} for a in plan.absent if a.noun or a.words),
            "background": plan.background,
            "style": _once(plan.style),
            "lettering": _once({"content": text.text, "host": host, "place": text.place, "look": text.look}
                               for text in plan.lettering if text.text.strip()
                               for host in self._ends(text.on) or (None,)),
            "canvas": self._canvas(),
            "unread": _once(plan.unread),
        }
        if self.pairs > MOST_PAIRS:
            self.faults.append(f"the relations join more than {MOST_PAIRS} pairs of things; state the few that matter")
        if self.faults:
            raise BadReply("; ".join(self.faults[:5]))
        try:
            scene = Scene.model_validate(data)
        except ValidationError as error:
            raise BadReply(sentence_of(error)) from None
        edges = {id: m.edges for id, m in zip(self.ids.clean, self.members, strict=True)}
        return Draft(scene, edges, _once(self.notes))

    def _thing(self, id: str, member: _Member) -> dict[str, object]:
        entry = self.entries[member.entry]
        attributes = _once(entry.attributes)
        mentions = self.spans[member.entry]
        places = tuple(self.quotes.nearest(word, mentions[0]) for word in attributes) if mentions else ()
        whole = self._whole(entry, member)
        return {"id": id, "noun": entry.noun or entry.words, "phrase": _phrase(entry), "attributes": attributes,
                "group": self.outer.get(member.entry) or self._own_group(member.entry), "part_of": whole,
                "mentions": mentions, "attribute_mentions": places}

    def _mentions(self, entry: WireThing) -> tuple[Span, ...]:
        """Where the entry is named: in its quote, and wherever else its noun stands if no other entry has it."""
        quoted = self.quotes.next(entry.words)
        heads = self.quotes.heads(entry.noun)
        inside = [h for h in heads if quoted and quoted[0] <= h[0] and h[1] <= quoted[1]]
        own = sum(other.noun.lower() == entry.noun.lower() for other in self.entries) == 1
        found = inside[-1:] or ([quoted] if quoted else [])
        return _once((*found, *(heads if own else ())))

    def _whole(self, entry: WireThing, member: _Member) -> str | None:
        """The thing that this is a part of: one each where there are as many wholes as parts."""
        wholes = self._ends([entry.part_of]) if entry.part_of else ()
        if not wholes:
            return None
        mine = [m.name for m in self.members if m.entry == member.entry].index(member.name)
        return wholes[mine * len(wholes) // self._size(member.entry)]

    def _size(self, index: int) -> int:
        return sum(m.entry == index for m in self.members)

    def _own_group(self, index: int) -> str | None:
        number = self.entries[index].number
        return None if number == Count(1, 1) else self.groups[index]

    def _outer_groups(self) -> dict[int, str]:
        """The group, by its first entry, of entries that are counted together: the largest where several nest.

        Of unlike things ("a family of four") that are also counted by themselves, the inner numbers say it all.
        """
        outer: dict[int, str] = {}
        for group in sorted(self.plan.groups, key=lambda g: len(g.of), reverse=True):
            inside = self._entries_of(group)
            alike = len({self.entries[i].noun.lower() for i in inside}) == 1
            self._adds_up(group, inside)
            if alike or (inside and not any(self._own_group(i) for i in inside)):
                self.told.setdefault(self.groups[inside[0]], (group.words, group.number))
                outer |= {i: self.groups[inside[0]] for i in inside if i not in outer}
        return outer

    def _entries_of(self, group: WireGroup) -> list[int]:
        return [i for i, name in enumerate(self.names) if name in group.of]

    def _groups(self) -> Iterator[dict[str, object]]:
        used = [self.outer.get(i) or self._own_group(i) for i, _ in enumerate(self.entries)]
        own = {id: (entry.words, entry.number) for id, entry in zip(self.groups, self.entries, strict=True)}
        for id in dict.fromkeys(filter(None, used)):
            words, number = self.told.get(id) or own[id]
            yield {"id": id, "words": words or id, "at_least": number.least, "at_most": number.most}

    def _adds_up(self, group: WireGroup, inside: list[int]) -> None:
        listed, number = sum(map(self._size, inside)), group.number
        if inside and (listed < number.least or (number.most is not None and listed > number.most)):
            self.faults.append(f"the group `{shown(group.words)}` counts {shown(group.count)} and its entries {listed}")

    def _relations(self) -> Iterator[dict[str, object]]:
        for relation in self.plan.relations:
            if (made := self._relation(relation)) is not None:
                yield made

    def _relation(self, relation: WireRelation) -> dict[str, object] | None:
        kind, negated = self._kind(relation)
        subjects, objects = self._ends(relation.a), self._ends(relation.b)
        objects = tuple(end for end in objects if end not in subjects)
        arity = TABLE[kind].arity
        if arity in ("alone", "arrangement"):
            objects = ()
        lost = not subjects or (arity in ("pair", "pool", "ring", "words") and not objects)
        if lost or (arity == "arrangement" and len(subjects) < 2):
            self.notes.append(f"a relation `{kind}` was left out: it has nothing to relate")
            return None
        self.pairs += len(subjects) * max(len(objects), 1)
        span = self.quotes.next(relation.words)
        return {"kind": kind, "subjects": subjects, "objects": objects, "words": relation.words[:400],
                "negated": negated, "mentions": (span,) if span else ()}

    def _kind(self, relation: WireRelation) -> tuple[str, bool]:
        said = re.sub(r"[\s_-]+", " ", relation.kind.strip().lower()[:80])
        negated = said.startswith("not ")
        said = said.removeprefix("not ")
        kind = said.replace(" ", "_")
        if kind in TABLE:
            return kind, negated
        known = _CUES.get(said) or _CUES.get(relation.words.strip().lower()) or "other"
        self.notes.append(f"a relation of another name was read as `{known}`")
        return known, negated

    def _ends(self, names: Iterable[str]) -> tuple[str, ...]:
        """The things that names mean: an entry's name all that it counts."""
        ends: dict[str, None] = {}
        for name in names:
            several = [id for id, m in zip(self.ids.clean, self.members, strict=True) if self.names[m.entry] == name]
            if self.names.count(name) == 1:
                ends |= dict.fromkeys(several)
            elif end := self._one(name):
                ends[end] = None
        return tuple(ends)

    def _one(self, name: str) -> str | None:
        """The thing that a name means; None for "", and a fault where there is no such thing or there are several."""
        meant = self.ids.meant.get(name)
        if name and meant is None and self.names.count(name) == 1:
            return self._ends([name])[0]
        left_out = {t.id or t.noun or t.words for t in self.plan.things} - set(self.names)
        if name and not meant and name not in left_out:
            self.faults.append(f"there is no thing with the id `{shown(name)}`" if meant is None else
                               f"several things have the id `{shown(name)}`; give every thing an id of its own")
        return meant or None

    def _canvas(self) -> Canvas | None:
        """A ratio like 16:9, about as large as pictures are."""
        found = re.fullmatch(r"(\d{1,2}):(\d{1,2})", self.plan.canvas.strip(), re.ASCII)
        w, h = (int(found[1]), int(found[2])) if found else (0, 0)
        if not w or not h or max(w, h) > 16 * min(w, h):
            return None
        scale = _SHORT_SIDE / min(w, h)
        return Canvas(width=round(w * scale / 8) * 8, height=round(h * scale / 8) * 8)


def _phrase(entry: WireThing) -> str:
    """The words of one thing: those quoted of a single one, put together from its attributes for one of several."""
    noun = entry.noun or entry.words
    if entry.number == Count(1, 1) and _names(entry.words, noun) and len(entry.words.split()) > len(noun.split()):
        return entry.words[:400]
    before = [word for word in entry.attributes if len(word.split()) == 1 and not word.endswith("ing")]
    return with_article(" ".join(_once((*before, noun))))[:400]


def _names(words: str, noun: str) -> bool:
    """Whether a quote ends with the noun, so that nothing but it is meant."""
    return words.lower().split()[-1:] == noun.lower().split()[-1:]
