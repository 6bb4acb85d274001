"""Attention Refocusing as its published code computes it."""

from __future__ import annotations

from torch import Tensor

from grounding.guide import energies
from grounding.guide.profile import IDLE, GuidanceMeasured, GuidancePlan, Published, Seen, nothing
from grounding.guide.targets import Target
from grounding.settings import Refocus


def head_plan(i: int, total: int) -> GuidancePlan:
    """The published code's schedule: steps 0–1 of 50 have 2 updates of factor 4, 2–4 have 6, 5–9 have 3 of factor 3;
    then 10 and 15 have 2, and 20, 25, 30, 35 have 2 of factor 1. Other step counts: the first listed fiftieth that
    falls into a step decides."""
    for n in _fiftieths(i, total):
        if n < 10:
            factor, most = (4, 2) if n < 2 else (4, 6) if n < 5 else (3, 3)
            return GuidancePlan(factor, most, n, "after", floor=True)
        if n % 5 == 0 and n <= 35:
            return GuidancePlan(3 if n < 20 else 1, 2, n, "after")
    return IDLE


def _fiftieths(i: int, total: int) -> range:
    return range(-(-i * 50 // total), -(-(i + 1) * 50 // total))


def head_measure(refocus: Refocus, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
    """s · (SAR + CAR + 3 · ground), as published: every word is an object of its own, with all boxes of its phrases."""
    objects, at = target.by_word()
    if not objects:
        return GuidanceMeasured(nothing(seen).energy, 1.0)
    cross = energies.car_head(seen.cross, objects, plan.fiftieth)
    energy = cross.energy if refocus.cross else cross.energy * 0
    if seen.own is not None:
        energy = energy + energies.sar_head_rows(seen.own[..., at, :], objects, (target.rows, target.cols))
    if seen.gated is not None and plan.fiftieth < 15:
        slots = [[slot for slot, other in enumerate(target.instance_item) if other == target.instance_item[n]]
                 for n in at]
        cells = target.rows * target.cols
        energy = energy + 3 * energies.ground_head_rows(seen.gated[..., at, :], slots, cells, len(objects))
    return GuidanceMeasured(plan.factor * energy, cross.inside)


class Head(Published):
    """The profile `head`."""

    gated = True

    def schedule(self, n: int, total: int) -> GuidancePlan:
        """The published code's."""
        return head_plan(n, total)

    def masks(self, target: Target) -> Tensor:
        """Each box as the published code counts its cells."""
        return target.truncated_masks()

    def measure(self, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
        """CAR, SAR and the grounding layers' term."""
        return head_measure(self.refocus, target, seen, plan)
