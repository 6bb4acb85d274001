"""This project's refocusing: gradients for what is weak alone, in steps of a size relative to the latents' noise."""

from __future__ import annotations

import torch
from torch import Tensor

from grounding.guide import energies
from grounding.guide.profile import IDLE, GuidanceMeasured, GuidancePlan, Seen
from grounding.guide.targets import Target
from grounding.settings import Refocus


def our_plan(i: int, total: int, refocus: Refocus) -> GuidancePlan:
    """A few updates per step, over the first part of the trajectory, and twice as many in the first, which decides most
    about places. However short, it has the second step in it, the first one that knows what is weak of things that are
    bound. Then come a few for the things that weigh more."""
    if refocus.until and i < max(2, refocus.until * total):
        return GuidancePlan(1, refocus.updates if i else 2 * refocus.updates, i)
    if refocus.most > 1 and i < refocus.longer * total:
        return GuidancePlan(1, refocus.updates, i, favoured=True)
    return IDLE


def our_measure(refocus: Refocus, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
    """E = (1/q) Σ_c w_c o_c² + (1/b) Σ_b w_b o_b² over columns c and instances b, o the share of their attention that
    falls outside, w their things' weights."""
    weights = weights_of(refocus, target, plan)
    least = weakest(target.share(seen.cross.detach()), weights)
    if not refocus.weights:
        return GuidanceMeasured(_astray(refocus, target, seen, None), least)
    even = (weights > 0).float() if plan.favoured else torch.ones_like(weights)
    return GuidanceMeasured(_astray(refocus, target, seen, weights), least, _astray(refocus, target, seen, even))


def _astray(refocus: Refocus, target: Target, seen: Seen, weights: Tensor | None) -> Tensor:
    energy = seen.cross.new_zeros(())
    if refocus.cross and target.objects():
        by_column = None if weights is None else target.column_factors(weights)
        energy = energy + energies.car_ours(seen.cross, *target.column_masks(), by_column)
    if seen.own is not None:
        energy = energy + energies.sar_ours(seen.own, target.row_masks(refocus.united), weights)
    return energy


def weights_of(refocus: Refocus, target: Target, plan: GuidancePlan) -> Tensor:
    """What each instance counts in a step; 0 for those whose turn it is not."""
    weights = target.factors(refocus.weights)
    return weights * (weights > 1) if plan.favoured else weights


def weakest(shares: Tensor, weights: Tensor) -> float:
    """The least share, where what strays counts as often as its thing weighs."""
    return 1 - (weights.to(shares) * (1 - shares)).max().item()


class Ours:
    """The profile `ours`, over so many steps. Where things are `bound`, each has a text of its own, and what the
    prompt's words do says less; and there is hardly ever anything left to do before the first ordinary pass."""

    reads = True
    gated = False

    def __init__(self, refocus: Refocus, total: int, bound: bool) -> None:
        self.refocus, self.total, self.bound = refocus, total, bound
        self.enough = refocus.weak_bound if bound else refocus.weak

    def plan(self, i: int) -> GuidancePlan:
        """Early, and longer for what weighs more."""
        return our_plan(i, self.total, self.refocus)

    def due(self, target: Target, shares: Tensor | None, plan: GuidancePlan) -> bool:
        """Only scenes that the last ordinary pass has shown to have a weak thing; or, before the first, those whose own
        look shows one."""
        if shares is None:
            return not self.bound
        return weakest(shares, weights_of(self.refocus, target, plan)) < self.enough

    def masks(self, target: Target) -> Tensor:
        """Each box its own, or those of a phrase together."""
        return target.row_masks(self.refocus.united)

    def measure(self, target: Target, seen: Seen, plan: GuidancePlan) -> GuidanceMeasured:
        """What strays, squared."""
        return our_measure(self.refocus, target, seen, plan)

    def stride(self, gradient: Tensor, usual: Tensor, noise: float) -> Tensor:
        """`step` noise units against the gradient's direction.

        What is a unit, the `usual` gradient says: so things that do not weigh more are moved as if none did, and no
        step is longer than the largest weight.
        """
        size = torch.maximum(_size(usual), _size(gradient) / self.refocus.most).clamp(min=1e-12)
        return gradient / size * (self.refocus.scale * self.refocus.step * noise)


def _size(gradient: Tensor) -> Tensor:
    return gradient.square().mean().sqrt()
