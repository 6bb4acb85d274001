"""What a run is asked for, and how its next round is painted: what the remedies of earlier rounds add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grounding.settings import Mend
from grounding.verify.report import Report
from planner.scene import Box, Data, Layout, ThingId
from scenewright.loop.decide import Action, Remedy
from scenewright.loop.mending import patch
from scenewright.loop.runs import seed_of
from scenewright.loop.stages import MOST_SEEDS, Source, Task

STRONGER = 1.8
"""By how much the guidance of a thing grows each time it is treated."""
STRONGEST = 100.0
MOST_AREAS = 64
PATIENCE = 3
"""At most so many times the candidates are painted in one round."""
WHOLE: frozenset[Remedy] = frozenset(("reseed", "replan", "tokens"))
"""Remedies that need a whole new picture."""


class Request(Data):
    """What a run is asked for. Two equal requests to equal models are one run."""

    prompt: str
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    layout: Layout | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    strength: float = 1.0
    candidates: int = 1
    rounds: int = 4
    seconds: float = 900.0
    llm_calls: int = 6
    parent: str | None = None


class Course(Data):
    """How the next round is painted. `seeding` and `planning` count the new seeds and new layouts so far; `passed` says
    that there is a picture which passes, though with a reserve."""

    seeding: int = 0
    planning: int = 0
    guide: dict[ThingId, float] = Field(default_factory=dict)
    bind: tuple[ThingId, ...] = ()
    clear: tuple[Box, ...] = ()
    tokens: bool = False
    passed: bool = False
    mend: Mend | None = None
    source: Source | None = None

    def after(self, actions: Sequence[Action], report: Report | None = None, source: Source | None = None) -> Course:
        """The course with these remedies; `source` is the picture that they are for, and `report` what was seen there.

        A new seed forgets areas and learned tokens, which were for that picture: what was surplus there is not there
        any more, and learning costs as much as several new seeds. A part is mended only where no remedy asks for a
        whole new picture, and then everything that is wrong is.
        """
        remedies = {action.remedy for action in actions}
        new = self._with_all(actions).model_copy(update={"passed": report is not None and report.passed})
        if "mend" in remedies and not remedies & WHOLE and report and source:
            found = patch(report, [action.problem for action in actions])
            if found is not None:
                return new.model_copy(update={"mend": found.mend, "source": source, "clear": found.clear,
                                              "seeding": new.seeding + 1, "tokens": False})
        if remedies & {"mend", "reseed", "replan"}:
            new = new.model_copy(update={"seeding": new.seeding + 1, "clear": (), "tokens": "tokens" in remedies})
        if "replan" in remedies:
            new = new.model_copy(update={"planning": new.planning + 1, "guide": {}})
        return new

    def _with_all(self, actions: Sequence[Action]) -> Course:
        new = self if self.mend is None else self.model_copy(update={"mend": None, "source": None, "clear": ()})
        for action in actions:
            new = new._with(action)
        return new

    def _with(self, action: Action) -> Course:
        problem = action.problem
        match action.remedy:
            case "guide":
                stronger = {id: min(self.guide.get(id, 1.0) * STRONGER, STRONGEST) for id in problem.things}
                return self.model_copy(update={"guide": {**self.guide, **stronger}})
            case "bind":
                return self.model_copy(update={"bind": tuple(dict.fromkeys((*self.bind, *problem.things)))})
            case "clear":
                areas = tuple(dict.fromkeys((*self.clear, *problem.boxes)))
                return self.model_copy(update={"clear": areas[:MOST_AREAS]})
            case "tokens":
                return self.model_copy(update={"tokens": True})
            case _:
                return self

    def task(self, layout: Layout, request: Request, round: int = 1) -> Task:
        """What to paint now. Seeds come from the words, the request's seed, the count of new seeds and the place in
        the batch. What has failed is hard, so later rounds paint more candidates; but there are no more than asked
        for with tokens, which are learned for each picture, and where a picture has passed."""
        more = 1 if self.tokens or self.passed else min(round, PATIENCE)
        seeds = tuple(seed_of("paint", layout.scene.prompt, request.seed, self.seeding, i)
                      for i in range(min(more * request.candidates, MOST_SEEDS)))
        return Task(layout=layout, seeds=seeds, steps=request.steps, guidance_scale=request.guidance_scale,
                    strength=request.strength, guide=self.guide, bind=self.bind, clear=self.clear, tokens=self.tokens,
                    mend=self.mend, source=self.source)
