"""Attention Refocusing as it is printed."""

from __future__ import annotations

from torch import Tensor

from grounding.guide import energies
from grounding.guide.head import head_plan
from grounding.guide.profile import GuidanceMeasured, GuidancePlan, Published, Seen, nothing
from grounding.guide.targets import Target
from grounding.settings import Refocus


def paper_plan(i: int, total: int) -> GuidancePlan:
    """The paper's: 2 updates at steps 0–1 of 50, 6 at 2–4, factor 4; then factor 3, and after step 10 only where words
    and boxes do not agree. It leaves the counts from step 5 on open; the published code's are taken."""
    plan = head_plan(i, total)
    return plan._replace(factor=4 if plan.fiftieth < 5 else 3, floor=False,
                         test="never" if plan.fiftieth < 10 else "before")


def paper_measure(refocus: Refocus, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
    """α · (CAR + SAR), as printed; regions that are not boxes take CAR's mask form."""
    objects = target.objects()
    if not objects:
        cross = nothing(seen)
    elif target.boxes_only:
        cross = energies.car_paper(seen.cross, objects)
    else:
        grid = target.item_masks.reshape(-1, target.rows, target.cols)
        pairs = zip(target.boxes(), grid, strict=True)
        cross = energies.car_regions(seen.cross, [(thing.columns, mask) for thing, mask in pairs if thing.columns])
    energy = cross.energy if refocus.cross else cross.energy * 0
    if seen.own is not None:
        energy = energy + energies.sar_paper_rows(seen.own, target.item_masks)
    return GuidanceMeasured(plan.factor * energy, cross.inside)


class Paper(Published):
    """The profile `paper`."""

    def schedule(self, n: int, total: int) -> GuidancePlan:
        """The paper's."""
        return paper_plan(n, total)

    def masks(self, target: Target) -> Tensor:
        """The boxes of a phrase together."""
        return target.item_masks

    def measure(self, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
        """CAR and SAR."""
        return paper_measure(self.refocus, target, seen, plan)
