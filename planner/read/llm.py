"""Reads a prompt with a language model: in-context examples, a validated plan, violations sent back in words.

Everything the model says is data. It is parsed as JSON, validated, and judged by `planner.check`; it is never evaluated
and never becomes part of a template.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from planner.check import check as check_layout
from planner.claims import relation_claims
from planner.errors import BadReply, Conflict, NoReply, ReplyError
from planner.place.conflicts import refuse_contradictions
from planner.place.depth import depth_order
from planner.read.calls import Budget, Line, Price, Reply, open_model
from planner.read.doubts import doubts
from planner.read.examples import Choice, chosen
from planner.read.grammar import read as by_grammar
from planner.read.replies import draft_of, value_of
from planner.read.units import boxes_of, turned
from planner.read.wire import MOST_THINGS, plan_of
from planner.relations import TABLE, Row
from planner.scene import Box, Canvas, Layout, Placement, Scene
from prompts.load import render

__all__ = ["Budget", "Choice", "Price", "Reading", "by_grammar", "laid_out", "open_model", "opening",
           "read_with_model"]

_MOST_PROBLEMS = 12
_QUOTED_REPLY = 12_000
"""Characters of a reply that are shown to the model again."""


class Fault(Protocol):
    """Something wrong with a layout, in words; `planner.check.Violation` is one."""

    @property
    def sentence(self) -> str:
        """What is wrong and what to do about it."""


Check = Callable[[Layout], Sequence[Fault]]


@dataclass(frozen=True)
class Reading:
    """A scene read by a language model or, where that failed, by the grammar; boxes for the solver to start from."""

    scene: Scene
    hints: Mapping[str, Box]
    source: str
    """`model` or `grammar`."""
    calls: int
    tokens: int
    cost: float | None
    warnings: tuple[str, ...] = ()


class _Take(NamedTuple):
    """One reply that became a scene, and what is still wrong with its boxes."""

    scene: Scene
    hints: Mapping[str, Box]
    faults: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def read_with_model(prompt: str, model: BaseChatModel, *, choice: Choice | None = None, rounds: int = 2,
                    budget: Budget | None = None, price: Price | None = None, canvas: Canvas | None = None,
                    check: Check = check_layout, fallback: Callable[[str], Scene] | None = by_grammar) -> Reading:
    """Ask `model` for a plan of `prompt`; send what is wrong with it back, at most `rounds` times.

    Where the grammar is sure of the prompt and counts otherwise, the model is asked once whether it is sure, too.

    The best plan is returned even where its boxes are still wrong: they are hints, and the solver puts them right. If
    no reply becomes a scene within the budget, `fallback` reads the prompt, with a warning; without one, the `NoReply`
    or `BadReply` is raised.
    """
    prompt, canvas = _sendable(prompt), canvas or Canvas()
    line = Line(model, budget or Budget(), price)
    try:
        take = _best_take(line, opening(prompt, canvas, choice or Choice()), rounds,
                          lambda reply: _take(reply, prompt, canvas, check))
    except ReplyError as error:
        if fallback is None:
            raise
        warning = f"the language model could not be used ({error}); the built-in grammar read the prompt"
        scene = fallback(prompt)
        scene = scene.model_copy(update={"notes": (*scene.notes, warning[:400])})
        return Reading(scene, {}, "grammar", line.calls, line.tokens, line.cost, (warning,))
    notes = tuple(f"in doubt: {question}" for question in take.doubts)
    scene = take.scene.model_copy(update={"notes": (*take.scene.notes, *notes)})
    warnings = (*(f"left to the solver: {fault}" for fault in take.faults), *notes)
    return Reading(scene, take.hints, "model", line.calls, line.tokens, line.cost, warnings)


def opening(prompt: str, canvas: Canvas, choice: Choice) -> list[BaseMessage]:
    """The messages that ask for a plan: instructions, examples as earlier turns, the prompt as a message of its own."""
    rules = render("plan", shape=_shape(canvas), kinds=[_explained(row) for row in TABLE.values()], limit=MOST_THINGS)
    messages: list[BaseMessage] = [SystemMessage(rules)]
    for example in chosen(prompt, choice):
        messages += [HumanMessage(example.prompt), AIMessage(example.reply)]
    return [*messages, HumanMessage(prompt)]


def _best_take(line: Line, talk: list[BaseMessage], rounds: int, take: Callable[[Reply], _Take]) -> _Take:
    """Ask, judge, and ask again with the problems, until there are none or no more may be asked."""
    best: _Take | None = None
    trouble: ReplyError = NoReply("nothing was asked")
    more: list[BaseMessage] = []
    problems: tuple[str, ...] = ()
    doubted = False
    for _ in range(rounds + 1):
        try:
            reply = line.ask(talk + more)
            new = take(reply)
        except NoReply as error:
            trouble = error
            break
        except BadReply as error:
            trouble, problems = error, (str(error),)
        else:
            best = new if best is None or len(new.faults) <= len(best.faults) else best
            problems = new.faults if doubted else (*new.doubts, *new.faults)
            doubted = doubted or bool(new.doubts)
        if not problems:
            break
        more = [AIMessage(_quoted(reply)), HumanMessage(render("repair", problems=problems[:_MOST_PROBLEMS]))]
    if best is None:
        raise trouble
    return best


def _take(reply: Reply, prompt: str, canvas: Canvas, check: Check) -> _Take:
    """The scene in a reply with its boxes and their faults; `NoReply` or `BadReply` where there is none."""
    if reply.finish == "refusal":
        raise NoReply(f"the language model refused: {str(reply.content)[:200] or 'no reason given'}")
    if reply.finish == "length":
        raise BadReply("the reply was cut off at the token limit; answer again with shorter phrases and fewer words")
    if not reply.content:
        raise BadReply("the reply was empty; answer with one JSON object")
    draft = draft_of(plan_of(value_of(reply.content) if isinstance(reply.content, str) else reply.content), prompt)
    boxes, mended = boxes_of(draft.edges, canvas)
    faults = _faults(draft.scene, boxes, canvas, check)
    if len(faults) > 1 and not _faults(draft.scene, turned(boxes), canvas, check):
        boxes, faults = turned(boxes), ()
        mended += ("across and down were swapped in the boxes; swapped back, all claims hold",)
    notes = tuple(note[:400] for note in (*draft.notes, *mended))
    scene = draft.scene.model_copy(update={"notes": notes})
    return _Take(scene, boxes, faults, doubts(prompt, scene))


def laid_out(scene: Scene, boxes: Mapping[str, Box], canvas: Canvas) -> Layout:
    """The scene with boxes as they were given, not moved, in the order of depth that the relations ask for."""
    depths = depth_order(relation_claims(scene), {id: box.y1 for id, box in boxes.items()})
    placements = tuple(Placement(thing=id, box=box, depth=depths[id]) for id, box in boxes.items())
    return Layout(scene=scene, canvas=canvas, placements=placements)


def _faults(scene: Scene, boxes: Mapping[str, Box], canvas: Canvas, check: Check) -> tuple[str, ...]:
    """What is wrong with the claims themselves, or else with the boxes."""
    try:
        refuse_contradictions(scene, relation_claims(scene))
    except Conflict as conflict:
        return (str(conflict),)
    return tuple(fault.sentence for fault in check(laid_out(scene, boxes, canvas)))


def _explained(row: Row) -> str:
    ends = {"alone": " (no objects)", "arrangement": " (all subjects together, no objects)",
            "pool": " (the nearest two)", "ring": " (all objects together)",
            "words": " (an action or anything else; nothing about boxes follows)"}
    return f"`{row.kind}`: {row.say.format(a='A', b='B', words='…')}{ends.get(row.arity, '')}"


def _shape(canvas: Canvas) -> str:
    unit = gcd(canvas.width, canvas.height)
    if canvas.width == canvas.height:
        return "square"
    return f"{canvas.width // unit} wide to {canvas.height // unit} high"


def _quoted(reply: Reply) -> str:
    text = reply.content if isinstance(reply.content, str) else json.dumps(reply.content)
    return _sendable(text[:_QUOTED_REPLY]) or "(nothing)"


def _sendable(text: str) -> str:
    """The text without lone surrogates, which cannot be sent or stored."""
    return text.encode("utf-8", "replace").decode("utf-8")
