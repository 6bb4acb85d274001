"""The three stages that the loop drives, as protocols: who plans, who paints, who verifies, and what passes between.

None of this imports torch: a fake of each is a few lines (`scenewright.fakes`), the real ones are in
`scenewright.loop.adapters`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self

from pydantic import Field, model_validator

from grounding.settings import Incant, Mend, Options
from grounding.verify.report import Report
from planner.scene import Box, Data, Layout, ThingId
from scenewright.planning import Planned as Planned

if TYPE_CHECKING:
    from PIL.Image import Image

Word = Annotated[str, Field(max_length=400)]
MOST_SEEDS = 16
"""The pictures of one batch."""
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Planner(Protocol):
    """Words to a layout on which every claim holds."""

    def plan(self, prompt: str, *, seed: int, calls: int) -> Planned:
        """A first layout, with at most `calls` requests to a language model. Raises `planner.errors.PlanError`."""
        ...

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> Planned:
        """Another layout of the same scene, knowing what was seen in a picture of this one. Where there is no other,
        the same one."""
        ...


class Source(Data):
    """A stored picture: the key of its batch, and its place there."""

    batch: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    index: Annotated[int, Field(ge=0, lt=MOST_SEEDS)]


class Task(Data):
    """What to paint: a batch of one layout with several seeds. The same task on the same painter gives the same bytes.

    `guide` multiplies the guidance of single things, `bind` names things whose words are tied more firmly to their
    boxes, `clear` lists areas that belong to the background, `tokens` asks for optimised prompt tokens. `mend` says
    what is painted anew of an earlier picture, and `source` which picture that is.
    """

    layout: Layout
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=MOST_SEEDS)]
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    guidance_scale: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    strength: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    guide: dict[ThingId, Annotated[float, Field(ge=0.0, le=100.0)]] = Field(default_factory=dict)
    bind: tuple[ThingId, ...] = ()
    clear: Annotated[tuple[Box, ...], Field(max_length=64)] = ()
    tokens: bool = False
    mend: Mend | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _mends_something(self) -> Self:
        if (self.mend is None) != (self.source is None):
            raise ValueError("`mend` and `source` come together")
        if self.mend is not None and self.tokens:
            raise ValueError("tokens are learned for whole pictures: not while a part of one is mended")
        return self

    def key(self, painter: str) -> str:
        """The name under which its pictures are stored: a digest of everything that they depend on."""
        return hashlib.sha256(f"{painter}\n{self.model_dump_json()}".encode()).hexdigest()[:32]


class Unpaintable(Data):
    """A word of the prompt that the image model has never seen, and the nearest things that it can paint."""

    word: str
    nearest: tuple[str, ...] = ()
    sentence: str


class Settled(Data):
    """How a picture was painted, every default spelled out: by which weights, on what, with which settings. What a
    recipe records, so that another version with other defaults can paint as this one did."""

    options: Options
    incant: Incant | None = None
    """How prompt tokens were learned, if they were."""
    scheduler: Word
    weights: Word
    """The SHA-256 of the image model's weights."""
    device: Word


@dataclass(frozen=True)
class Step:
    """Step `index` of `total` is done. `preview` shows what the picture is heading for; it costs a decoding."""

    index: int
    total: int
    preview: Callable[[], Sequence[Image]]


@dataclass(frozen=True)
class Painting:
    """A picture and its receipt (plain data: what it cost, how sure it is of each thing)."""

    image: Image
    receipt: Mapping[str, Any] = field(default_factory=dict)


class Painter(Protocol):
    """Layouts to pictures. `identity` names the model down to its weights; `can` lists the remedies it offers."""

    identity: str
    can: frozenset[str]
    size: tuple[int, int]

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """What the layout wants and the model is known not to know; nothing where nobody knows what it knows."""
        ...

    def paint(self, task: Task, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              settled: Settled | None = None, source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed; with the settings of an earlier picture, if they are given, instead of those that the
        task comes down to here. `source` is the picture that the task mends.

        Raises `grounding.errors.GroundingError`.
        """
        ...


class Verifier(Protocol):
    """A picture to a report. `identity` names the models and thresholds that it judges with."""

    identity: str

    def verify(self, image: Image, layout: Layout) -> Report:
        """Every claim of the layout's scene, tested on the picture."""
        ...
