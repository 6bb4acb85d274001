"""What a profile of attention refocusing decides: when latents may be moved, down which energy, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from torch import Tensor

from grounding.guide.energies import Cross
from grounding.guide.targets import Target
from grounding.settings import SATISFIED, Refocus


class GuidancePlan(NamedTuple):
    """What one step may do: a factor on the energy, the most updates, the step (of 50) that the energy is told, and
    when the stop test is made (`after` an update that it would have spared, as published, or `before` the backward).
    `favoured` leaves it to the things whose weight is above 1."""

    factor: float
    most: int
    fiftieth: int
    test: Literal["never", "before", "after"] = "before"
    floor: bool = False
    favoured: bool = False


IDLE = GuidancePlan(0, 0, 0)


class Seen(NamedTuple):
    """One scene's canonical maps: cross "rows cols text", box-averaged self rows, gated ones where there are any."""

    cross: Tensor
    own: Tensor | None = None
    gated: Tensor | None = None


class GuidanceMeasured(NamedTuple):
    """An energy to go down, and the weakest claim of any instance to its cells (as its profile has it). `usual` is
    what the energy would be if no thing weighed more than another; None where none does."""

    energy: Tensor
    weakest: float
    usual: Tensor | None = None


class Slopes(NamedTuple):
    """The gradient of the energy, and of what it would be if no thing weighed more than another."""

    energy: Tensor
    usual: Tensor


class GuidanceProfile(Protocol):
    """One policy over one batch."""

    reads: bool
    """Whether it needs to know what the ordinary passes show."""
    gated: bool
    """Whether it looks at a model's own grounding layers too."""
    enough: float
    """A scene whose weakest thing is stronger is left alone."""

    def plan(self, i: int) -> GuidancePlan:
        """What step `i` may do."""
        ...

    def due(self, target: Target, shares: Tensor | None, plan: GuidancePlan) -> bool:
        """Whether a scene is looked at, of which the last ordinary pass has shown these shares (None before any)."""
        ...

    def masks(self, target: Target) -> Tensor:
        """The regions whose query rows are averaged: "regions cells"."""
        ...

    def measure(self, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
        """The energy of what was seen."""
        ...

    def stride(self, gradient: Tensor, usual: Tensor, noise: float) -> Tensor:
        """How far to go down a gradient, where the latents' noise is so large. `usual` is what the gradient would be if
        no thing weighed more than another."""
        ...


class Published:
    """What the printed and the published method have in common: raw steps, on a schedule of steps forward, not of the
    evaluations in which a scheduler corrects itself."""

    reads = False
    gated = False
    enough = SATISFIED

    def __init__(self, refocus: Refocus, strides: Sequence[int | None]) -> None:
        self.refocus, self.strides = refocus, strides
        self.forward = sum(n is not None for n in strides)

    def schedule(self, n: int, total: int) -> GuidancePlan:
        """What the `n`-th step forward may do."""
        raise NotImplementedError

    def plan(self, i: int) -> GuidancePlan:
        """By the step forward that evaluation `i` is."""
        n = self.strides[i]
        return IDLE if n is None else self.schedule(n, self.forward)

    def due(self, target: Target, shares: Tensor | None, plan: GuidancePlan) -> bool:
        """Always."""
        return True

    def stride(self, gradient: Tensor, usual: Tensor, noise: float) -> Tensor:
        """The raw gradient."""
        return gradient * self.refocus.scale


def nothing(seen: Seen) -> Cross:
    """The energy of a scene in which no word is grounded."""
    return Cross(seen.cross.new_zeros(()), 1.0, 0.0)
