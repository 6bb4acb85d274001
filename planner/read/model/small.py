"""For models of 1 to 3 billion weights: nouns, counts, attributes and relations by noun; code does the rest.

They are asked for no boxes, ids, groups or quotes, shown two short examples, and where one field cannot be used, for
that field alone, in plain words. What follows rules (absences, lettering, parameters) the grammar reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import ValidationError

from planner.errors import BadReply, NoReply
from planner.plain import sentence_of
from planner.read.grammar import read
from planner.read.model.agreement import noun_of
from planner.read.model.draft import draft_of
from planner.read.model.line import Line
from planner.read.model.replies import Reply, value_of
from planner.read.model.request import sendable
from planner.read.model.wire import (
    SMALL_KINDS,
    Plan,
    SmallPlan,
    SmallThing,
    WireRelation,
    WireThing,
    count_of,
    refuse_floods,
    schema_of,
    unwrapped,
)
from planner.scene import Lettering, Scene
from prompts.load import render

_ALONE = ("at_left", "at_right")
_LONGEST_FIELD = 80


SCHEMA: dict[str, Any] = schema_of(SmallPlan, "plan")

_EXAMPLES = (
    ("two brown dogs and a cat with a red collar on a wooden bench in a snowy park, oil painting", {
        "things": [{"noun": "dog", "count": "2", "attributes": ["brown"]},
                   {"noun": "cat", "count": "1", "attributes": []},
                   {"noun": "collar", "count": "1", "attributes": ["red"]},
                   {"noun": "bench", "count": "1", "attributes": ["wooden"]}],
        "relations": [{"a": "dog", "is": "on", "b": "bench"}, {"a": "cat", "is": "on", "b": "bench"},
                      {"a": "cat", "is": "wearing", "b": "collar"}],
        "background": "a snowy park", "style": ["oil painting"]}),
    ("a blue cup left of a green cup, some spoons behind them", {
        "things": [{"noun": "cup", "count": "1", "attributes": ["blue"]},
                   {"noun": "cup", "count": "1", "attributes": ["green"]},
                   {"noun": "spoon", "count": "2+", "attributes": []}],
        "relations": [{"a": "blue cup", "is": "left_of", "b": "green cup"},
                      {"a": "spoon", "is": "behind", "b": "blue cup and green cup"}],
        "background": "", "style": []}),
)


class _Fault(NamedTuple):
    """One field that cannot be used, and what it may be."""

    row: int
    field: str
    value: str
    choices: tuple[str, ...]


def read_small(line: Line, prompt: str) -> Scene:
    """The scene that a small model reads in `prompt`, with what the grammar reads by rule."""
    talk = opening(prompt)
    plan, said = _plan(line, talk)
    for _ in range(line.terms.repairs):
        fault = next(_faults(plan), None)
        if fault is None:
            break
        plan = _mended(line, [*talk, AIMessage(said)], plan, fault)
    lost = {fault.row for fault in _faults(plan)}
    kept = [relation for i, relation in enumerate(plan.relations) if i not in lost]
    return _scene(plan.model_copy(update={"relations": kept}), prompt)


@cache
def _rules() -> str:
    return render("small", kinds=SMALL_KINDS)


def opening(prompt: str) -> list[BaseMessage]:
    """The messages that ask a small model."""
    turns = (m for text, plan in _EXAMPLES for m in (HumanMessage(text), AIMessage(json.dumps(plan))))
    return [SystemMessage(_rules()), *turns, HumanMessage(prompt)]


def small_plan_of(value: object) -> SmallPlan:
    """The plan in a decoded JSON value."""
    value = unwrapped(value)
    refuse_floods(value)
    try:
        plan = SmallPlan.model_validate(value)
    except ValidationError as error:
        raise BadReply(sentence_of(error)) from None
    return plan.model_copy(update={"things": [t for t in plan.things if t.noun.strip()]})


def _plan(line: Line, talk: list[BaseMessage]) -> tuple[SmallPlan, str]:
    """The first reply that is a plan; one that is none is asked for once more."""
    for last in (False, True):
        reply = line.ask(talk)
        try:
            return small_plan_of(_value(reply)), sendable(reply.text)
        except BadReply:
            if last or not line.terms.repairs:
                raise
    raise AssertionError


def _value(reply: Reply) -> object:
    if reply.finish == "refusal":
        raise NoReply("the language model refused")
    return value_of(reply.content) if isinstance(reply.content, str) else reply.content


def _faults(plan: SmallPlan) -> Iterator[_Fault]:
    """The fields of relations that cannot be used."""
    names = tuple(dict.fromkeys(_name(thing) for thing in plan.things))
    for i, relation in enumerate(plan.relations):
        if relation.kind not in SMALL_KINDS:
            yield _Fault(i, "is", relation.kind, SMALL_KINDS)
        elif not _meant(relation.a, plan):
            yield _Fault(i, "a", relation.a, names)
        elif relation.kind not in _ALONE and not all(_meant(end, plan) for end in _several(relation.b)):
            yield _Fault(i, "b", relation.b, names)


def _mended(line: Line, talk: list[BaseMessage], plan: SmallPlan, fault: _Fault) -> SmallPlan:
    """The plan with one field as the model says it now; unchanged where its answer is none of the choices."""
    asked = render("field", field=f"relations[{fault.row}].{fault.field}", value=fault.value[:_LONGEST_FIELD],
                   choices=fault.choices)
    said = line.ask([*talk, HumanMessage(asked)], plain=True).text[:_LONGEST_FIELD].strip().strip("`\"'.").lower()
    if said not in {choice.lower() for choice in fault.choices}:
        return plan
    relations = list(plan.relations)
    name = "kind" if fault.field == "is" else fault.field
    relations[fault.row] = relations[fault.row].model_copy(update={name: said})
    return plan.model_copy(update={"relations": relations})


def _name(thing: SmallThing) -> str:
    return " ".join((*thing.attributes[:1], thing.noun))


def _several(end: str) -> list[str]:
    return [part for part in re.split(r",|\band\b", end[:400]) if part.strip()] or [""]


def _meant(end: str, plan: SmallPlan) -> list[int]:
    """The entries that words mean: by the noun at their end, and by attributes where several have it."""
    words = end.lower().split()
    alike = [i for i, t in enumerate(plan.things) if noun_of(t.noun) == noun_of(end)] if words else []
    exact = [i for i in alike if set(words) & {w for a in plan.things[i].attributes for w in a.lower().split()}]
    return exact or alike


def _scene(small: SmallPlan, prompt: str) -> Scene:
    """Ids, groups, quotes and ends that a small model was not asked for."""
    things = [WireThing(id=f"{thing.noun} {i}", noun=thing.noun, count=_counted(thing.count), words=thing.noun,
                        attributes=thing.attributes) for i, thing in enumerate(small.things)]
    relations = [WireRelation(a=[things[i].id for i in _meant(r.a, small)], kind=r.kind,
                              b=[things[i].id for end in _several(r.b) for i in _meant(end, small)])
                 for r in small.relations]
    plan = Plan(things=things, relations=relations, background=small.background, style=small.style)
    scene, ruled = draft_of(plan, prompt).scene, read(prompt)
    nouns = {noun_of(thing.noun) for thing in scene.things}
    absent = tuple(a.model_copy(update={"of": None}) for a in ruled.absent if noun_of(a.noun) not in nouns)
    lettering = tuple(Lettering(content=text.content) for text in ruled.lettering)
    return scene.model_copy(update={"absent": absent, "lettering": lettering, "canvas": ruled.canvas})


def _counted(count: str) -> str:
    """The count, or one where it is none."""
    try:
        count_of(count)
    except BadReply:
        return "1"
    return count
