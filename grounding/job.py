"""What is asked for, checked and encoded: one picture to be painted, and what it starts from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from PIL.Image import Image
from torch import Tensor

from grounding import spans
from grounding.backbone import Backbone, Placed, Shape, Words
from grounding.errors import BadRequest
from grounding.guide.targets import Target, aim
from grounding.mend import only
from grounding.sampler import Trajectory
from grounding.settings import How
from planner.scene import Canvas, Layout

LONGEST = 4.0
"""A canvas may be this many times as long as it is wide; beyond that no model has seen anything like it."""
STRETCH = 1.25
"""A square may have sides so many times as long as the model's own, or as short. On larger ones things come twice (on
the pocket at 1.375 times, in three pictures of three): the model has never seen one picture there, only several."""
STEP = 64
"""Sides in pixels are multiples of this, or of an eighth of a small model's own."""


@dataclass(frozen=True)
class Start:
    """What pictures start from besides their words: `learned` prompt tokens, an earlier trajectory (`warm`) to go on
    with from its step `at` instead of from noise, and the picture (`source`) of which a part is painted anew."""

    learned: Tensor | None = None
    warm: Trajectory | None = None
    at: int = 0
    source: Image | None = None

    def __post_init__(self) -> None:
        if self.at and self.warm is None:
            raise BadRequest(f"`at` is the number of a step of the trajectory `warm`, got {self.at!r} without one")


FRESH = Start()


@dataclass(frozen=True)
class Job:
    """One picture to be painted, checked and encoded. `target` is None where the layout places nothing."""

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


def job_of(backbone: Backbone, layout: Layout, how: How, seed: int, learned: Tensor | None = None) -> Job:
    """What is painted of a layout. Raises `BadRequest` where it cannot be."""
    if not 0 <= seed < 2**63:
        raise BadRequest(f"a seed is a whole number from 0 to 2⁶³−1, got {seed!r}")
    alone = how.mend.things if how.mend else ()
    grounding = spans.ground(only(layout, alone) if alone else layout)
    unwanted = ", ".join(part for part in (how.negative, *grounding.absent) if part)
    spans.refuse_halves(unwanted)
    words, negative = backbone.encode([grounding.prompt], learned)[0], backbone.encode([unwanted])[0]
    shape = backbone.shape(*fitted(backbone.size(), layout.canvas, how.pixels))
    target = aim(grounding, words, *backbone.grid(shape))
    _, cut = spans.columns(grounding, words)
    notes = (*grounding.notes, *cut, *_left_out(backbone.native_boxes, target))
    if negative.dropped:
        notes += (f"the model's limit cut off the end of what is unwanted: `{negative.dropped}`",)
    return Job(seed, shape, words, negative, target, notes, _hashed(learned))


def _left_out(most: int, target: Target | None) -> Sequence[str]:
    if target is None or not 0 < most < len(target.things):
        return ()
    return (f"the model's own grounding takes {most} boxes; without it: {', '.join(target.things[most:])}",)


def _hashed(learned: Tensor | None) -> str:
    return "" if learned is None else sha256(learned.detach().float().cpu().numpy().tobytes()).hexdigest()[:16]


def fitted(native: tuple[int, int], canvas: Canvas, pixels: bool = False) -> tuple[int, int]:
    """The width and height in which a model paints a canvas that was trained for `native` ones: its `pixels`, to the
    nearest step, where they are about as many as the model knows; else its ratio, with the area that it was trained
    for and sides in eighths of the model's own."""
    ratio = canvas.width / canvas.height
    if not 1 / LONGEST <= ratio <= LONGEST:
        raise BadRequest(f"a canvas may be {LONGEST:g} times as long as wide, got {canvas.width} × {canvas.height}")
    width, height = native
    if pixels and 1 / STRETCH**2 <= canvas.width * canvas.height / (width * height) <= STRETCH**2:
        across, down = min(STEP, width // 8), min(STEP, height // 8)
        return round(canvas.width / across) * across, round(canvas.height / down) * down
    stretch = math.sqrt(ratio * height / width)
    return round(8 * stretch) * width // 8, round(8 / stretch) * height // 8
