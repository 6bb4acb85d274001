"""What a run is asked for, and how its next round is painted: what the remedies of earlier rounds add up to."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from grounding.brief import Brief
from grounding.settings import GUIDED, How
from planner.scene import Box, Data, Layout
from scenewright.loop.naming import seed_of
from scenewright.loop.stages import MOST_SEEDS, PaintTask, Seed, SourcePicture

PATIENCE = 3
"""At most so many times the candidates are painted in one round."""


Wording = Literal["brief", "typed"]
"""Whether the painter is told the prompt in its own words, or as it was typed."""


class Request(Data):
    """What a run is asked for. Two equal requests to equal models are one run."""

    prompt: str
    seed: Seed = 0
    layout: Layout | None = None
    how: How = GUIDED
    wording: Wording = "brief"
    candidates: Annotated[int, Field(ge=1, le=MOST_SEEDS)] = 1
    rounds: Annotated[int, Field(ge=1, le=50)] = 4
    seconds: Annotated[float, Field(gt=0.0)] = 900.0
    llm_calls: Annotated[int, Field(ge=0, le=100)] = 6
    parent: str | None = None


class Course(Data):
    """How the next round is painted, and of which picture a part is mended (`source`).

    `seeding` and `planning` count the new seeds and new layouts so far; `passed` says that there is a picture which
    passes, though with a reserve.
    """

    how: How = GUIDED
    source: SourcePicture | None = None
    seeding: int = 0
    planning: int = 0
    passed: bool = False

    def painted(self, **changes: Any) -> Self:
        """With another way of painting."""
        return self.model_copy(update={"how": self.how.but(**changes)})

    def emptied(self, areas: tuple[Box, ...]) -> Self:
        """With these areas left to the background, as far as anything is bound at all."""
        bind = self.how.bind
        return self if bind is None else self.painted(bind=bind.model_copy(update={"empty": areas}))

    def whole(self) -> Self:
        """For whole pictures: what was mended is forgotten."""
        if self.how.mend is None:
            return self
        return self.emptied(()).painted(mend=None).model_copy(update={"source": None})

    def seeded(self) -> Self:
        """With a new seed, without what was for the picture of the last one."""
        return self.emptied(()).painted(tokens=None).model_copy(update={"seeding": self.seeding + 1})

    def task(self, layout: Layout, request: Request, round: int = 1, brief: Brief | None = None) -> PaintTask:
        """What to paint now. Seeds come from the words, the request's seed, the count of new seeds and the place in
        the batch. What has failed is hard, so later rounds paint more candidates; but there are no more than asked
        for with tokens, which are learned for each picture, where every kind is painted apart, and where a picture has
        passed."""
        more = 1 if self.how.tokens or self.passed or self.how.layered == "apart" else min(round, PATIENCE)
        seeds = tuple(seed_of("paint", layout.scene.prompt, request.seed, self.seeding, i)
                      for i in range(min(more * request.candidates, MOST_SEEDS)))
        return PaintTask(layout=layout, brief=brief, seeds=seeds, how=self.how, source=self.source)
