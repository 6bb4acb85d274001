"""Reads a prompt with a language model: in-context examples, a validated plan, and back only what cannot be used.

Everything the model says is data. It is parsed as JSON, validated, and never evaluated, never part of a template, never
in a note. Its boxes are hints: the solver puts them right, and no request is spent on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from planner.check import check
from planner.claims import relation_claims
from planner.errors import BadReply, Conflict, NoReply, ReplyError
from planner.place.conflicts import refuse_contradictions
from planner.place.depth import depth_order
from planner.read.grammar import read
from planner.read.model import small
from planner.read.model.agreement import agreed
from planner.read.model.boxes import boxes_of, turned
from planner.read.model.client import open_model
from planner.read.model.doubts import doubts
from planner.read.model.draft import draft_of
from planner.read.model.line import Callbacks, Line
from planner.read.model.replies import Reply, value_of
from planner.read.model.request import again, opening, sendable, with_evidence
from planner.read.model.terms import Price, Terms
from planner.read.model.wire import SCHEMA, plan_of
from planner.scene import Box, Canvas, Layout, Placement, Scene

__all__ = ["Price", "Reading", "Terms", "laid_out", "open_model", "read_where_unsure", "read_with_model"]

FELL_BACK = "the language model could not be used; the built-in grammar read the prompt"


@dataclass(frozen=True)
class Reading:
    """A scene read by a language model or by the grammar; boxes for the solver to start from; and what it cost."""

    scene: Scene
    hints: Mapping[str, Box]
    source: str
    """`model`, `grammar`, or `both`."""
    calls: int = 0
    tokens: int = 0
    cost: float | None = None
    warnings: tuple[str, ...] = ()


class _Take(NamedTuple):
    """One reply that became a scene, and what speaks against it."""

    scene: Scene
    hints: Mapping[str, Box]
    conflict: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int]:
        """Smaller is better: without contradiction before anything else."""
        return bool(self.conflict), len(self.doubts)


def read_with_model(prompt: str, model: BaseChatModel, *, terms: Terms | None = None, canvas: Canvas | None = None,
                    evidence: str = "", callbacks: Callbacks | None = None) -> Reading:
    """Ask `model` for a plan of `prompt`; send it back if it cannot be used, as often as the terms allow.

    `evidence` says what a picture of an earlier plan lacked; `callbacks` are langchain's. Where no reply becomes a
    scene, the `NoReply` or `BadReply` is raised, unless the terms let the grammar read in its place, with a note.
    """
    terms, prompt, canvas = terms or Terms(), sendable(prompt), canvas or Canvas()
    line = Line(model, terms, small.SCHEMA if terms.size == "small" else SCHEMA, callbacks)
    try:
        take = _asked(line, prompt, canvas, evidence)
    except ReplyError as error:
        if not terms.fallback:
            raise
        return _reading(line, noted(read(prompt), FELL_BACK), {}, "grammar", (f"{FELL_BACK} ({error})",))
    said = tuple(f"in doubt: {question}" for question in take.doubts)
    return _reading(line, noted(take.scene, *said), take.hints, "model", said)


def read_where_unsure(prompt: str, model: BaseChatModel, *, terms: Terms | None = None, canvas: Canvas | None = None,
                      evidence: str = "", callbacks: Callbacks | None = None) -> Reading:
    """The grammar's scene where the grammar is sure of it; otherwise the model's, with what both are sure of.

    A model that cannot be used is a note here, not an error.
    """
    terms = (terms or Terms()).model_copy(update={"fallback": True})
    scene = read(sendable(prompt))
    if sureness(scene) >= terms.sure and not evidence:
        return Reading(scene, {}, "grammar")
    reading = read_with_model(prompt, model, terms=terms, canvas=canvas, evidence=evidence, callbacks=callbacks)
    if reading.source == "grammar":
        return reading
    both = agreed(reading.scene, scene)
    return Reading(both, reading.hints, "both", reading.calls, reading.tokens, reading.cost, reading.warnings)


def sureness(scene: Scene) -> float:
    """How far the grammar's scene can be trusted: its own confidence, and none where it says that words were lost."""
    return 0.0 if scene.unread or scene.notes or not scene.things else scene.confidence


def _reading(line: Line, scene: Scene, hints: Mapping[str, Box], source: str, warnings: tuple[str, ...]) -> Reading:
    return Reading(scene, hints, source, line.calls, line.tokens, line.cost, warnings)


def noted(scene: Scene, *notes: str) -> Scene:
    """The scene with more notes."""
    return scene.model_copy(update={"notes": (*scene.notes, *(note[:400] for note in notes))})


def _asked(line: Line, prompt: str, canvas: Canvas, evidence: str) -> _Take:
    if line.terms.size == "small":
        return _judged(small.read_small(line, prompt), {}, prompt)
    talk = with_evidence(opening(prompt, canvas, line.terms.examples), evidence)
    return _best_take(line, talk, lambda reply: _take(reply, prompt, canvas))


def _best_take(line: Line, talk: list[BaseMessage], take: Callable[[Reply], _Take]) -> _Take:
    """Ask, judge, and ask again with the problems, until there are none or no more may be asked."""
    best: _Take | None = None
    trouble: ReplyError = NoReply("nothing was asked")
    problems: tuple[str, ...] = ()
    more: list[BaseMessage] = []
    for _ in range(line.terms.repairs + 1):
        try:
            reply = line.ask(talk + more)
            new = take(reply)
        except NoReply as error:
            trouble = error
            break
        except BadReply as error:
            trouble, problems = error, (str(error),)
        else:
            problems = (new.conflict,) if new.conflict else new.doubts if best is None else ()
            best = new if best is None or new.rank <= best.rank else best
        if not problems:
            break
        more = again(reply.text, problems)
    if best is None:
        raise trouble
    return best


def _take(reply: Reply, prompt: str, canvas: Canvas) -> _Take:
    """The scene in a reply with its boxes; `NoReply` or `BadReply` where there is none."""
    draft = draft_of(plan_of(value_in(reply)), prompt)
    boxes, mended = boxes_of(draft.edges, canvas)
    boxes, swapped = _upright(draft.scene, boxes, canvas)
    return _judged(noted(draft.scene, *draft.notes, *mended, *swapped), boxes, prompt)


def value_in(reply: Reply) -> object:
    """The JSON value of a reply; `NoReply` or `BadReply` where there is none."""
    if reply.finish == "refusal":
        raise NoReply("the language model refused")
    if reply.finish == "length":
        raise BadReply("the reply was cut off at the token limit; answer again with shorter phrases and fewer words")
    if not reply.content:
        raise BadReply("the reply was empty; answer with one JSON object")
    return value_of(reply.content) if isinstance(reply.content, str) else reply.content


def _judged(scene: Scene, boxes: Mapping[str, Box], prompt: str) -> _Take:
    try:
        refuse_contradictions(scene, relation_claims(scene))
    except Conflict as conflict:
        return _Take(scene, boxes, f"{conflict} If the description itself says so, leave it.")
    return _Take(scene, boxes, doubts=doubts(prompt, scene))


def _upright(scene: Scene, boxes: dict[str, Box], canvas: Canvas) -> tuple[dict[str, Box], tuple[str, ...]]:
    """The boxes with across and down exchanged, where that and nothing less makes several claims hold."""
    if not boxes or len(check(laid_out(scene, boxes, canvas))) < 2 or check(laid_out(scene, turned(boxes), canvas)):
        return boxes, ()
    return turned(boxes), ("across and down were swapped in the boxes; swapped back, all claims hold",)


def laid_out(scene: Scene, boxes: Mapping[str, Box], canvas: Canvas) -> Layout:
    """The scene with boxes as they were given, not moved, in the order of depth that the relations ask for."""
    depths = depth_order(relation_claims(scene), {id: box.y1 for id, box in boxes.items()})
    placements = tuple(Placement(thing=id, box=box, depth=depths[id]) for id, box in boxes.items())
    return Layout(scene=scene, canvas=canvas, placements=placements)
