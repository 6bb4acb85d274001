"""Prompts become layouts: a reader makes the scene, the solver places it. Everything that plans goes this way."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from planner.errors import BadInput
from planner.place import EYE, Legibility, place
from planner.read import grammar
from planner.read.model.terms import Price, Terms
from planner.scene import Canvas, Data, Layout, Scene
from scenewright.asked import Asked, asked
from scenewright.boxes import hints_for, roomy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel

    from grounding.verify.report import Report
    from planner.read.model.line import Callbacks
    from planner.scene import Box


LONGEST_PROMPT = 20_000


class Understood(NamedTuple):
    """A scene, boxes to start from, what was said on the way, and the requests to a language model that it took."""

    scene: Scene
    boxes: Mapping[str, Box]
    notes: tuple[str, ...] = ()
    calls: int = 0


class PlannedLayout(Data):
    """A layout, what was said about it on the way, how many requests to a language model it took, and how long."""

    layout: Layout
    notes: tuple[str, ...] = ()
    calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class PromptPlanner:
    """Reads with a language model where there is one, with the grammar otherwise, and places with the solver.

    `model` counts for more than the one that the settings name; `spare` is the canvas where nobody asks for one,
    `legible` says who has to make things out.
    """

    how: Asked = field(default_factory=Asked)
    model: BaseChatModel | None = None
    callbacks: Callbacks | None = None
    spare: Canvas = field(default_factory=Canvas)
    legible: Legibility = EYE

    def read(self, prompt: str, *, calls: int | None = None, evidence: str = "") -> Understood:
        """What a prompt says, with at most `calls` requests to the language model, which is told what a picture of an
        earlier plan lacked. Raises `PlanError`."""
        words = in_words(prompt)
        calls = self.how.llm_calls if calls is None else calls
        if self.chat_model is None or calls < 1:
            return Understood(understood(grammar.read(words)), {})
        from planner.read.model.reader import read_where_unsure, read_with_model

        ask = read_with_model if self.how.planner == "llm" else read_where_unsure
        found = ask(words, self.chat_model, canvas=self.how.size(self.spare), evidence=evidence,
                    terms=_terms(self.how, calls), callbacks=self.callbacks)
        return Understood(understood(found.scene), found.hints, found.warnings, found.calls)

    def plan(self, prompt: str, *, hints: Layout | None = None, seed: int | None = None, canvas: Canvas | None = None,
             calls: int | None = None, evidence: str = "") -> PlannedLayout:
        """The layout of a prompt; `seed` and `canvas` replace those of the settings. A person's hints count for more
        than a model's."""
        reading = self.read(prompt, calls=calls, evidence=evidence)
        boxes = {**reading.boxes, **(hints_for(reading.scene, hints) if hints else {})}
        size = canvas or self.how.size(reading.scene.canvas or self.spare)
        layout = place(reading.scene, boxes or None, seed=self.how.seed if seed is None else seed, canvas=size,
                       legible=self.legible)
        return PlannedLayout(layout=layout, notes=reading.notes, calls=reading.calls)

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> PlannedLayout:
        """Another layout. The language model is told what was wrong with the picture; without one, the solver composes
        anew and makes room for what was missing."""
        words = report.words if report else ""
        if self.chat_model is not None and calls >= 1 and words:
            return self.plan(layout.scene.prompt, seed=seed, calls=calls, evidence=words)
        return PlannedLayout(layout=place(layout.scene, roomy(layout, report) or None, seed=seed, canvas=layout.canvas,
                             legible=self.legible))

    @cached_property
    def chat_model(self) -> BaseChatModel | None:
        """The language model that reads; None where the grammar is to."""
        if self.how.planner == "grammar":
            return None
        return self.model or _opened(self.how)


def plan(prompt: str, *, settings: Asked | None = None, hints: Layout | None = None,
         model: BaseChatModel | None = None, callbacks: Callbacks | None = None, **changes: Any) -> Layout:
    """A layout in which every claim of the prompt holds.

    `changes` are settings by name (`seed=1, canvas="16:9", planner="grammar"`), on top of `settings` or of what
    variables and the settings file say. `model` is a LangChain chat model that reads, with `callbacks`, instead of the
    one that the settings name. The boxes of `hints` are kept as far as the claims allow. Raises `ScenewrightError`.
    """
    return PromptPlanner(asked(settings, changes), model, callbacks).plan(prompt, hints=hints).layout


def read(prompt: str, *, settings: Asked | None = None, model: BaseChatModel | None = None,
         callbacks: Callbacks | None = None, **changes: Any) -> Scene:
    """What a prompt says, as a scene with nothing placed; arguments as for `plan`."""
    return PromptPlanner(asked(settings, changes), model, callbacks).read(prompt).scene


def in_words(prompt: str) -> str:
    """The prompt without what cannot be sent or stored. Raises `BadInput` where there are no words, or far too many."""
    words = prompt.strip().encode("utf-8", "replace").decode()
    if not words:
        raise BadInput("the prompt is empty; say what the picture shows")
    if len(words) > LONGEST_PROMPT:
        raise BadInput(f"the prompt has {len(words)} characters; at most {LONGEST_PROMPT} are read")
    return words


def understood(scene: Scene) -> Scene:
    """The scene, if it says anything of the picture. A background, a style or an absence alone is enough."""
    if scene.things or scene.absent or scene.background or scene.style or scene.lettering:
        return scene
    unread = f" (unread: {'; '.join(scene.unread)[:200]})" if scene.unread else ""
    raise BadInput(f"nothing in the prompt was understood{unread}; name in English what the picture shows")


def _opened(how: Asked) -> BaseChatModel | None:
    """The language model that the settings name."""
    if not how.llm:
        if how.planner == "llm":
            raise BadInput("expected a language model in SCENEWRIGHT_LLM, as in SCENEWRIGHT_LLM=openai:NAME, and it "
                           "is not set; set it, hand one over as `model`, or let the grammar read")
        return None
    from planner.read.model.reader import open_model

    return open_model(how.llm, base_url=how.llm_base_url or None, api_key=how.llm_api_key)


def _terms(how: Asked, calls: int) -> Terms:
    """On what terms the model is asked: the settings whose names begin with `llm_`."""
    named = {name: value for name in Terms.model_fields if (value := getattr(how, f"llm_{name}", None)) is not None}
    price = None if how.llm_price is None else Price(input=how.llm_price[0], output=how.llm_price[1])
    return Terms(**{**named, "calls": calls, "price": price})
