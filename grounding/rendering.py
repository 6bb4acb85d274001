"""What goes into painting and what comes out: options, a prepared job, a step's report, a rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL.Image import Image

from grounding.backbone import Placed, Shape, Words
from grounding.guide.targets import Target
from grounding.receipt import Receipt
from grounding.sampler import Trajectory
from grounding.settings import Options
from planner.scene import Layout

__all__ = ["Job", "Options", "Rendering", "Step"]


@dataclass(frozen=True)
class Job:
    """One picture to be painted, checked and encoded. `target` is None where the layout places nothing."""

    layout: Layout
    seed: int
    shape: Shape
    words: Words
    negative: Words
    target: Target | None
    notes: tuple[str, ...]
    learned: str = ""
    """A hash of the learned tokens in `words`."""

    @property
    def placed(self) -> list[Placed]:
        """Every instance, for a model's own grounding layers."""
        items = self.target.grounding.items if self.target else ()
        return [Placed(item.alone, box.corners) for item in items for box in item.boxes]


@dataclass(frozen=True)
class Step:
    """What a caller is told after each step. `attention` is the strength of each thing, one mapping per picture;
    `preview()` decodes what the pictures are heading for, at the price of a decoding."""

    index: int
    total: int
    seconds: float
    attention: tuple[Mapping[str, float], ...]
    preview: Callable[[], list[Image]]


@dataclass(frozen=True)
class Rendering:
    """A picture, how it was made, and (on request) the way from noise to it."""

    image: Image
    layout: Layout
    receipt: Receipt
    trajectory: Trajectory | None = None
