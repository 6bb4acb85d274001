"""What a rendering cost and how sure it is of each thing: the evidence that travels with a picture."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from grounding.settings import How
from planner.scene import Data


class Cost(Data):
    """Passes of the denoiser for one image. `share` is what part of a full pass a truncated one computes, `learning`
    what else was spent on learned tokens (in forward-equivalents), and `attention_bytes` the most memory that watching
    and binding took at any time, for the whole batch."""

    full: int = 0
    truncated: int = 0
    backward: int = 0
    share: float = 1.0
    learning: float = 0.0
    seconds: float = 0.0
    attention_bytes: int = 0

    @property
    def forward_equivalents(self) -> float:
        """In single-sample forward passes; a backward pass with frozen weights counts as its forward."""
        return self.full + (self.truncated + self.backward) * self.share + self.learning


class Attention(Data):
    """How strongly a thing's words claim their box on the attention maps, 0 to 1: before any guidance (binding, where
    there is any, is at work from the start), and at the first step after the last that could guide. Words that the
    model has not read claim nothing. `weak` means that the thing is more likely to be missing than others."""

    thing: str
    phrase: str
    before: float
    after: float
    weak: bool


class Receipt(Data):
    """How a picture was made, what it cost, and what it is unsure of. `weights` is the model's hash, `device` what it
    was painted on."""

    backbone: str
    weights: str
    prompt: str
    negative: str
    seed: int
    learned: str = ""
    """A hash of the learned tokens that stood in the prompt."""
    warm_from: int = 0
    """The step at which it went on from another trajectory."""
    scheduler: str
    device: str = "cpu"
    width: int
    height: int
    batch: int
    cost: Cost
    attention: tuple[Attention, ...] = ()
    notes: tuple[str, ...] = ()
    how: How = How()
    versions: Mapping[str, str] = Field(default_factory=dict)

    @property
    def weak(self) -> tuple[str, ...]:
        """The things that may well be missing, known before decoding."""
        return tuple(a.thing for a in self.attention if a.weak)
