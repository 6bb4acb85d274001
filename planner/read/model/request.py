"""What a language model is asked: instructions, examples as earlier turns, the prompt as a message of its own."""

from __future__ import annotations

from functools import cache
from math import gcd

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from planner.read.model.examples import chosen
from planner.read.model.wire import MOST_THINGS
from planner.relations import TABLE, Row
from planner.scene import Canvas
from prompts.load import render

_MOST_PROBLEMS = 6
_QUOTED_REPLY = 6_000
"""Characters of a reply that are shown to the model again."""


def opening(prompt: str, canvas: Canvas, examples: int) -> list[BaseMessage]:
    """The messages that ask for a plan."""
    turns = (message for example in chosen(prompt, examples)
             for message in (HumanMessage(example.prompt), AIMessage(example.reply)))
    return [SystemMessage(_rules(shape_of(canvas))), *turns, HumanMessage(prompt)]


def again(reply: str, problems: tuple[str, ...]) -> list[BaseMessage]:
    """The messages that send a reply back with what is wrong with it."""
    return [AIMessage(sendable(reply[:_QUOTED_REPLY]) or "(nothing)"),
            HumanMessage(render("repair", problems=problems[:_MOST_PROBLEMS]))]


def with_evidence(messages: list[BaseMessage], evidence: str) -> list[BaseMessage]:
    """The same request, with what a picture of an earlier plan lacked."""
    return [*messages, HumanMessage(render("evidence", evidence=evidence))] if evidence else messages


@cache
def _rules(shape: str) -> str:
    """The instructions; relations that the text does not explain itself are added as the table says them."""
    told = render("plan", shape=shape, limit=MOST_THINGS, more=())
    more = [_explained(row) for row in TABLE.values() if row.kind != "part_of" and f"`{row.kind}`" not in told]
    return render("plan", shape=shape, limit=MOST_THINGS, more=more) if more else told


def _explained(row: Row) -> str:
    ends = {"alone": " (without `b`)", "arrangement": " (all together, without `b`)"}
    return f"`{row.kind}`: {row.say.format(a='a', b='b', words='…')}{ends.get(row.arity, '')}"


def shape_of(canvas: Canvas) -> str:
    """The shape of a picture in words."""
    unit = gcd(canvas.width, canvas.height)
    if canvas.width == canvas.height:
        return "square"
    return f"{canvas.width // unit} wide to {canvas.height // unit} high"


def sendable(text: str) -> str:
    """The text without lone surrogates, which cannot be sent or stored."""
    return text.encode("utf-8", "replace").decode("utf-8")
