"""Malformed replies of a language model without end, by seed: broken text, broken structure, broken numbers."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

from langchain_core.messages import AIMessage

from planner.read.model.examples import library

JUNK: list[Any] = [None, True, False, 0, -1, 1, 7, 1e308, -1e308, math.nan, math.inf, 10**30, "", " ", "two cats",
                   "\x00", "\ud800", "\u202e", "{{ 7*7 }}", "x" * 5000, [], {}, [[]], [None], {"a": 1}, ["cat", "dog"],
                   {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}}, "12", "1e5", "0.5", "9px"]
PROSE = [
    "", "I'm sorry, I can't help with that.", "Sure! Here is the plan:", "```json\n```", "{", "}", "[" * 3000, "null",
    "NaN", "{" * 3000, '{"things": ', "<plan>", "\ufeff", "a" * 100_000, '{"things": "none"}', "{'things': []}",
    '{"things": [],}', '{"things": [{}]}', '{"error": {"message": "overloaded"}}', "\ud83d",
]


def reply(rng: random.Random) -> Any:
    """One scripted reply: a text, a structured value, or a message with an unusual ending."""
    value = broken(rng)
    kind = rng.randrange(10)
    if kind < 4 and isinstance(value, dict):
        return value
    text = mangled(json.dumps(value), rng) if kind < 8 else rng.choice(PROSE)
    if kind == 9:
        ending = rng.choice(["length", "stop", "content_filter", ""])
        return AIMessage(text, response_metadata={"finish_reason": ending})
    if kind == 8:
        return AIMessage("", invalid_tool_calls=[{"name": "plan", "args": text, "id": "1", "error": None}])
    return text


def broken(rng: random.Random) -> Any:
    """A plan in which some things are not as they should be."""
    plan = copy.deepcopy(dict(rng.choice(library()).plan))
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        rng.choice((_replace, _replace, _remove, _repeat, _rescale, _shuffle, _wrap))(plan, rng)
    if rng.random() < 0.01:
        _crowd(plan, rng)
    return plan


def mangled(text: str, rng: random.Random) -> str:
    """A text that has been cut, fenced, prefaced, or had characters changed."""
    for _ in range(rng.choice((0, 1, 1, 2))):
        at = rng.randrange(len(text) + 1)
        head, tail = text[:at], text[at:]
        text = rng.choice((head, f"```json\n{text}\n```", f"Sure:\n{text}\nDone.", head + tail[1:], text * 2,
                           head + rng.choice('{}[]",:\\') + tail, text.replace(":", ": NaN,", 1),
                           text.replace('"', "'")))
    return text


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def _replace(plan: dict[str, Any], rng: random.Random) -> None:
    if places := _places(plan):
        holder, key = rng.choice(places)
        holder[key] = copy.deepcopy(rng.choice(JUNK))


def _remove(plan: dict[str, Any], rng: random.Random) -> None:
    if places := _places(plan):
        holder, key = rng.choice(places)
        del holder[key]


def _repeat(plan: dict[str, Any], rng: random.Random) -> None:
    lists = [value for value in plan.values() if isinstance(value, list) and value]
    if lists:
        some = rng.choice(lists)
        some.extend(copy.deepcopy(rng.choice(some)) for _ in range(rng.choice((1, 2, 40))))


def _rescale(plan: dict[str, Any], rng: random.Random) -> None:
    factor = rng.choice((0.001, 0.1, 0.512, 1.024, 2.0, 100.0, -1.0))
    some = rng.random() < 0.3
    for box in _box_lists(plan):
        box[:] = [edge * factor if isinstance(edge, int | float) and not (some and rng.random() < 0.5) else edge
                  for edge in box]


def _shuffle(plan: dict[str, Any], rng: random.Random) -> None:
    order = rng.choice(([1, 0, 3, 2], [3, 2, 1, 0], rng.sample(range(4), 4)))
    for box in _box_lists(plan):
        box[:] = [box[i] for i in order] if len(box) == 4 else box


def _crowd(plan: dict[str, Any], rng: random.Random) -> None:
    if things := _things(plan):
        plan["things"] = [dict(things[0], id=f"t{i}") for i in range(rng.choice((99, 10_000)))]


def _wrap(plan: dict[str, Any], rng: random.Random) -> None:
    inner = dict(plan)
    plan.clear()
    plan[rng.choice(("plan", "scene", "", "things"))] = inner


def _things(plan: dict[str, Any]) -> list[dict[str, Any]]:
    things = plan.get("things")
    return [thing for thing in things if isinstance(thing, dict)] if isinstance(things, list) else []


def _box_lists(plan: dict[str, Any]) -> list[list[Any]]:
    lists = (thing.get("boxes") for thing in _things(plan))
    return [box for boxes in lists if isinstance(boxes, list) for box in boxes if isinstance(box, list)]
