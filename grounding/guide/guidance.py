"""What a way of guiding may do, and how several work together in the passes of one batch.

A new one is a file here with a `guidance(settings, scenes, before)` that makes it, and its settings: a `Term` in
`grounding.settings` that is a field of `How`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from importlib import import_module
from typing import NamedTuple

import torch
from torch import Tensor

from grounding.attention import Hook
from grounding.backbone import Backbone, Conditioning, Shape, Words
from grounding.guide.targets import Target
from grounding.guide.watch import Watch
from grounding.settings import How, Term


@dataclass
class Scenes:
    """One batch as guidance sees it. `given` are the texts without what guidance adds, `strides` says of each
    evaluation which step forward it belongs to, `watch` knows what the ordinary passes show."""

    backbone: Backbone
    shape: Shape
    words: Sequence[Words]
    targets: Sequence[Target | None]
    given: Conditioning
    strides: Sequence[int | None]
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.targets, self.given.states.shape[1], len(self.strides))

    @property
    def total(self) -> int:
        """How many evaluations there are."""
        return len(self.strides)


class Passes(NamedTuple):
    """What guidance spent on one scene: passes that end early, and backward passes through them."""

    truncated: int = 0
    backward: int = 0


class Guidance:
    """One way of leading a batch's pictures to their layouts. Each part does nothing unless it is overridden."""

    bytes = 0
    """The most memory that it took at any time."""
    binds = False
    """Whether it ties things to their places in every pass, so that little is left to do for others."""
    names = False
    """Whether each thing is told to the model in a text of its own."""
    reads = False
    """Whether it needs to know what the ordinary passes show."""
    last: int | None = None
    """The last step at which it may move the latents; None for one that never does."""

    def columns(self, given: Conditioning, i: int) -> Conditioning:
        """The texts for step `i`, with columns of its own appended."""
        return given

    def hooks(self, i: int, rows: Sequence[int] | None = None) -> list[Hook]:
        """What changes attention in the passes of step `i`, over the whole batch or some rows of it."""
        return []

    def move(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents moved before step `i`, or the very same tensor."""
        return x

    def lift(self, difference: Tensor, i: int) -> Tensor | None:
        """By what to multiply classifier-free guidance at step `i`, place by place ("batch 1 rows cols"); `difference`
        is what it multiplies. None for nothing."""
        return None

    def cost(self, n: int) -> Passes:
        """What was spent on scene `n`."""
        return Passes()


Make = Callable[[Term, Scenes, Sequence[Guidance]], Guidance | None]


def guides_of(how: How, scenes: Scenes) -> list[Guidance]:
    """Every guidance that `how` asks for, in order."""
    found: list[Guidance] = []
    for term in how.terms:
        make: Make = import_module(f"grounding.guide.{term.home}").guidance
        made = make(term, scenes, tuple(found))
        if made is not None:
            found.append(made)
    lasts = [guide.last for guide in found if guide.last is not None]
    if lasts:
        scenes.watch.until = max(lasts)
    return found


class Led(NamedTuple):
    """The texts and hooks of one step's passes."""

    cond: Conditioning
    hooks: list[Hook]


def led(guides: Sequence[Guidance], given: Conditioning, i: int, rows: Sequence[int] | None = None) -> Led:
    """What all guides make of the texts of the whole batch, and of the passes over these rows of it."""
    cond = reduce(lambda texts, guide: guide.columns(texts, i), guides, given)
    return Led(cond, [hook for guide in guides for hook in guide.hooks(i, rows)])


def lifted(guides: Sequence[Guidance], difference: Tensor, i: int) -> Tensor | None:
    """By what all guides together multiply classifier-free guidance; None where none does."""
    factors = [factor for guide in guides if (factor := guide.lift(difference, i)) is not None]
    return reduce(torch.mul, factors) if factors else None
