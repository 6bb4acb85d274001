"""A language model's reply becomes a scene: JSON is found in the text, ids are made clean, the ambiguous is refused.

What can be mended for certain is mended, with a note. Everything else is a `BadReply` whose message tells the model
what to correct.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from planner.errors import BadReply
from planner.ids import clean_ids
from planner.read.wire import Plan, WireGroup, WireRelation, WireThing, sentence_of, shown
from planner.relations import TABLE
from planner.scene import Scene

T = TypeVar("T")

LONGEST_REPLY = 400_000
"""Characters. A plan of a hundred things has about 30,000."""

MOST_PAIRS = 2_000
"""Pairs of things that all relations together may join."""

Edges = tuple[float, float, float, float]

_FENCE = re.compile(r"```[A-Za-z0-9]*\s*\n(.*?)```", re.DOTALL)
_STARTS_TRIED = 20
_SEVERAL = re.compile(r"(\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|many|both) ", re.I)
_CUES = {cue: row.kind for row in TABLE.values() for cue in row.cues}


class Draft(NamedTuple):
    """A scene, the edges written for its things (on a grid still to be judged), and what was mended on the way."""

    scene: Scene
    edges: dict[str, Edges]
    notes: tuple[str, ...]


def value_of(text: str) -> object:
    """The JSON object in a reply: the whole of it, or in a code fence, or the first one among other words."""
    if len(text) > LONGEST_REPLY:
        raise BadReply(f"the reply has {len(text)} characters; a plan has at most {LONGEST_REPLY}")
    for candidate in _candidates(text):
        try:
            value, _ = json.JSONDecoder().raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    opened = text.count("{") > text.count("}")
    raise BadReply("the JSON object ends too early; answer with the whole object" if opened else
                   "there is no JSON object in the reply; answer with one JSON object and nothing else")


def _candidates(text: str) -> Iterator[str]:
    yield text.strip()
    yield from (fenced.strip() for fenced in _FENCE.findall(text)[:_STARTS_TRIED])
    starts = (match.start() for match in re.finditer(r"\{", text))
    yield from (text[start:] for start, _ in zip(starts, range(_STARTS_TRIED), strict=False))


def draft_of(plan: Plan, prompt: str) -> Draft:
    """The scene that a plan describes."""
    return _Drafting(plan).draft(prompt)


def _once(items: Iterable[T]) -> tuple[T, ...]:
    """The items in order, without repetitions: models stutter."""
    kept: list[T] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return tuple(kept)


class _Drafting:
    """One plan on its way to a scene: its clean ids, and the notes and faults gathered so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.pairs = 0
        self.ids = clean_ids((t.id or t.noun or t.phrase for t in plan.things), "thing")
        self.groups = clean_ids((g.id for g in plan.groups), "group")
        self.members = {name: tuple(id for id, thing in self._named() if thing.group == name)
                        for name in self.groups.meant}

    def draft(self, prompt: str) -> Draft:
        """The scene, or a `BadReply` that lists what is wrong with the plan."""
        plan = self.plan
        data = {
            "prompt": prompt,
            "things": tuple(self._thing(id, thing) for id, thing in self._named()),
            "groups": tuple(self._group(id, g) for id, g in zip(self.groups.clean, plan.groups, strict=True)),
            "relations": _once(self._relation(relation) for relation in plan.relations),
            "absent": _once({"noun": a.noun or a.phrase, "phrase": a.phrase or a.noun, "of": self._one(a.of)}
                            for a in plan.absent if a.noun or a.phrase),
            "background": plan.background,
            "style": _once(plan.style),
            "lettering": _once({"content": text.content, "host": self._one(text.host)}
                               for text in plan.lettering if text.content),
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
        return Draft(scene, {id: thing.edges for id, thing in self._named()}, tuple(self.notes))

    def _named(self) -> Iterator[tuple[str, WireThing]]:
        return zip(self.ids.clean, self.plan.things, strict=True)

    def _thing(self, id: str, thing: WireThing) -> dict[str, object]:
        noun, phrase = thing.noun or thing.phrase, thing.phrase or thing.noun
        if several := _SEVERAL.match(noun) or _SEVERAL.match(phrase):
            self.faults.append(f"`{shown(phrase)}` is {several[1]} things; list every one with its own id and box")
        return {"id": id, "noun": noun, "phrase": phrase, "attributes": tuple(thing.attributes),
                "group": self._group_id(thing), "part_of": self._one(thing.part_of)}

    def _group_id(self, thing: WireThing) -> str | None:
        if thing.group and not self.groups.meant.get(thing.group):
            self.faults.append(f"the group `{shown(thing.group)}` of `{shown(thing.id)}` is not one of `groups`")
        return self.groups.meant.get(thing.group) or None

    def _group(self, id: str, group: WireGroup) -> dict[str, object]:
        listed, most = len(self.members[group.id]), group.at_most or None
        words = group.words or group.id
        if listed < group.at_least or (most is not None and listed > most):
            number = group.at_least if most == group.at_least else f"{group.at_least} to {most or 'any number'}"
            self.faults.append(f"the group `{shown(words)}` has {number} things and {listed} are listed in it")
        return {"id": id, "words": words, "at_least": group.at_least, "at_most": most}

    def _relation(self, relation: WireRelation) -> dict[str, object]:
        kind = self._kind(relation)
        subjects, objects = self._ends(relation.subjects), self._ends(relation.objects)
        self.pairs += len(subjects) * max(len(objects), 1)
        arity = TABLE[kind].arity
        if not subjects:
            self.faults.append(f"`{kind}` needs at least one id in `subjects`")
        if arity in ("pair", "pool", "ring") and not objects:
            self.faults.append(f"`{kind}` relates things to things; it needs at least one id in `objects`")
        if arity in ("alone", "arrangement") and objects:
            self.faults.append(f"`{kind}` is said of its subjects alone; leave `objects` empty")
        return {"kind": kind, "subjects": subjects, "objects": objects, "words": relation.words,
                "negated": relation.negated}

    def _kind(self, relation: WireRelation) -> str:
        said = relation.kind.strip().lower()
        kind = re.sub(r"[\s-]+", "_", said)
        if kind in TABLE:
            return kind
        known = _CUES.get(said.replace("_", " ")) or _CUES.get(relation.words.strip().lower())
        self.notes.append(f"the relation `{shown(said)}` was read as `{known or 'other'}`")
        return known or "other"

    def _ends(self, names: Iterable[str]) -> tuple[str, ...]:
        ends: dict[str, None] = {}
        for name in names:
            if self.members.get(name) and name not in self.ids.meant:
                self.notes.append(f"the group `{shown(name)}` in a relation was read as all its members")
                ends |= dict.fromkeys(self.members[name])
            elif end := self._one(name):
                ends[end] = None
        return tuple(ends)

    def _one(self, name: str) -> str | None:
        """The thing that a name means; None for "", and a fault where there is no such thing or there are several."""
        meant = self.ids.meant.get(name)
        if name and not meant:
            self.faults.append(f"there is no thing with the id `{shown(name)}`" if meant is None else
                               f"several things have the id `{shown(name)}`; give every thing an id of its own")
        return meant or None
