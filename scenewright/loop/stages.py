"""The three stages that the loop drives, as protocols: who plans, who paints, who verifies, and what passes between.

None of this imports torch: a fake of each is a few lines (`tests.scenewright.fakes`), the real ones are in
`scenewright.loop.painter` and `scenewright.loop.verifier`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Protocol, Self

from pydantic import Field, model_validator

from grounding.brief import Brief
from grounding.profile import Unpaintable
from grounding.rendering import Painting, Step
from grounding.settings import How
from grounding.verify.report import Report
from planner.scene import Canvas, Data, Layout
from scenewright.planning import PlannedLayout as PlannedLayout

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MOST_SEEDS", "Made", "PaintStage", "PaintTask", "Painting", "PlanStage", "PlannedLayout", "Seed",
           "SourcePicture", "Step", "Unpaintable", "VerifyStage", "Word"]

Word = Annotated[str, Field(max_length=400)]
MOST_SEEDS = 16
"""The pictures of one batch."""
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class PlanStage(Protocol):
    """Words to a layout on which every claim holds."""

    def plan(self, prompt: str, *, seed: int, calls: int) -> PlannedLayout:
        """A first layout, with at most `calls` requests to a language model. Raises `planner.errors.PlanError`."""
        ...

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> PlannedLayout:
        """Another layout of the same scene, knowing what was seen in a picture of this one. Where there is no other,
        the same one."""
        ...


class SourcePicture(Data):
    """A stored picture: the key of its batch, and its place there."""

    batch: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    index: Annotated[int, Field(ge=0, lt=MOST_SEEDS)]


class PaintTask(Data):
    """What to paint: a batch of one layout with several seeds, and how. The same task on the same painter gives the
    same bytes. `brief` is how the painter is told the layout (as the prompt was typed, if there is none), `source` the
    picture of which a part is mended."""

    layout: Layout
    brief: Brief | None = None
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=MOST_SEEDS)]
    how: How = How()
    source: SourcePicture | None = None

    @model_validator(mode="after")
    def _mends_something(self) -> Self:
        if (self.how.mend is None) != (self.source is None):
            raise ValueError("what is mended and the picture that it is mended in come together")
        return self

    @property
    def told(self) -> Layout:
        """The layout in the words that the painter is told."""
        return self.layout if self.brief is None else self.brief.of(self.layout)

    def key(self, painter: str) -> str:
        """The name under which its pictures are stored: a digest of everything that they depend on."""
        return hashlib.sha256(f"{painter}\n{self.model_dump_json()}".encode()).hexdigest()[:32]


class Made(Data):
    """By which weights a picture was made (their SHA-256), with which scheduler, and on what."""

    weights: Word
    scheduler: Word
    device: Word


class PaintStage(Protocol):
    """Layouts to pictures. `identity` names the model down to its weights, `can` the remedies that it offers, `usual`
    is how it paints best where nothing else is asked for."""

    identity: str
    can: frozenset[str]
    size: tuple[int, int]
    usual: How

    def fitted(self, canvas: Canvas, how: How) -> tuple[int, int]:
        """The width and height in which it paints a canvas."""
        ...

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """What the layout wants and the model is known not to know; nothing where nobody knows what it knows."""
        ...

    def brief(self, layout: Layout) -> Brief | None:
        """How it is best told this layout; nothing where the prompt will do as it was typed."""
        ...

    def paint(self, task: PaintTask, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed. `source` is the picture that the task mends.

        Raises `grounding.errors.GroundingError`.
        """
        ...


class VerifyStage(Protocol):
    """A picture to a report. `identity` names the models and thresholds that it judges with."""

    identity: str

    def verify(self, image: Image, layout: Layout) -> Report:
        """Every claim of the layout's scene, tested on the picture."""
        ...
