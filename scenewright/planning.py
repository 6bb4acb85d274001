"""Plans prompts: a reader makes the scene, the solver places it. What `scenewright.plan` and its command do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import BadInput
from planner.place import place
from planner.read.grammar import read
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.canvases import canvas_of
from scenewright.commands.files import read_layout
from scenewright.hints import hints_for
from scenewright.places import configured
from scenewright.understood import understood

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True)
class Request:
    """How to plan, whatever the prompt. `reader` is `auto`, `grammar` or `llm`."""

    reader: str = "auto"
    seed: int = 0
    canvas: Canvas = field(default_factory=Canvas)
    hints: Layout | None = None

    @classmethod
    def of(cls, reader: str, hints: Path | None, seed: int, canvas: str) -> Request:
        """From the words of a command line."""
        size = canvas_of(canvas)
        pixels = None if ":" in canvas else size
        request = cls(reader, seed, size, read_layout(hints, canvas=pixels) if hints else None)
        if reader == "llm":
            _ = request._model
        return request

    def plan(self, prompt: str) -> Layout:
        """The layout of a prompt. A person's hints count for more than a model's."""
        if not prompt.strip():
            raise BadInput("expected a prompt, got no words; say what the picture shows")
        scene, boxes = self._read(prompt)
        understood(scene)
        hints = {**boxes, **(hints_for(scene, self.hints) if self.hints else {})}
        return place(scene, hints or None, seed=self.seed, canvas=self.canvas)

    def _read(self, prompt: str) -> tuple[Scene, Mapping[str, Box]]:
        if self.reader == "grammar" or self._model is None:
            return read(prompt), {}
        from planner.read.llm import read_with_model

        reading = read_with_model(prompt, self._model, canvas=self.canvas)
        return reading.scene, reading.hints

    @cached_property
    def _model(self) -> BaseChatModel | None:
        """The language model of the settings; they are not loaded where nothing is set."""
        if self.reader == "auto" and not configured():
            return None
        from scenewright.config import Settings
        from scenewright.reader import language_model

        return language_model(Settings.load({"planner": self.reader} if self.reader != "auto" else {}))


def plan(prompt: str, *, reader: str = "auto", hints: Layout | None = None, seed: int = 0,
         canvas: Canvas | None = None) -> Layout:
    """A layout in which every claim of the prompt holds.

    `reader` is `grammar` (built in), `llm` (the language model that the settings name) or `auto` (that model if there
    is one). The boxes of `hints` are kept as far as the claims allow. Raises `planner.errors.PlanError`.
    """
    return Request(reader, seed, canvas or Canvas(), hints).plan(prompt)
