"""Moves latents so that attention falls where the layout wants it: gradients of an energy on attention maps.

Three profiles over one mechanism, each in a file of its own. `paper` and `head` are Attention Refocusing as printed and
as published: raw steps, on a schedule in fiftieths of the trajectory. `ours` reads the maps of the ordinary passes,
which cost next to nothing, spends a gradient only on scenes with a thing that is still weak, tests again before it goes
backward, and takes steps of a size relative to the latents' noise, so that one setting fits every model. At the first
step, when no pass has been seen yet, it looks for itself, unless things are bound: binding hardly ever leaves anything
to do. Where it does, the passes that are gone back through are bound like the ordinary ones, so both see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from grounding.attention import CrossWatch, Hook, RowWatch
from grounding.backbone import Conditioning, Shape
from grounding.guide.guidance import Guidance, Passes, Scenes, led
from grounding.guide.head import Head
from grounding.guide.ours import Ours
from grounding.guide.paper import Paper
from grounding.guide.profile import IDLE, GuidanceMeasured, GuidancePlan, GuidanceProfile, Seen, Slopes
from grounding.guide.targets import Target
from grounding.settings import SATISFIED, Refocus, Term

__all__ = ["Refocus", "Refocuser", "guidance", "profile_of"]

LOSS_FLOOR = 0.1

KINDS: tuple[Literal["self"], Literal["gated"]] = ("self", "gated")


def guidance(term: Term, scenes: Scenes, before: Sequence[Guidance]) -> Guidance:
    """The guidance that these settings ask for."""
    assert isinstance(term, Refocus)
    return Refocuser(term, scenes, before)


def profile_of(refocus: Refocus, strides: Sequence[int | None], bound: bool) -> GuidanceProfile:
    """The policy of these settings."""
    match refocus.profile:
        case "paper":
            return Paper(refocus, strides)
        case "head":
            return Head(refocus, strides)
        case "ours":
            return Ours(refocus, len(strides), bound)


class Refocuser(Guidance):
    """`Refocus` for one batch of scenes. Its own passes go through the guides `before` it, like the ordinary ones."""

    def __init__(self, refocus: Refocus, scenes: Scenes, before: Sequence[Guidance] = ()) -> None:
        self.refocus, self.scenes, self.before = refocus, scenes, before
        self.profile = profile_of(refocus, scenes.strides, any(guide.binds for guide in before))
        self.reads = refocus.active and self.profile.reads
        self.last = max((i for i in range(scenes.total) if self.profile.plan(i).most), default=0)
        self.truncated, self.backward = [0] * len(scenes.targets), [0] * len(scenes.targets)

    def cost(self, n: int) -> Passes:
        """The passes of its own looks."""
        return Passes(self.truncated[n], self.backward[n])

    def plan(self, i: int) -> GuidancePlan:
        """What step `i` may do."""
        return self.profile.plan(i) if self.refocus.active else IDLE

    def move(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents moved towards the layout, or the same tensor where nothing needs it."""
        plan, shares = self.plan(i), self.scenes.watch.shares
        active = [b for b, target in enumerate(self.scenes.targets)
                  if plan.most and target and self.profile.due(target, shares.get(b), plan)]
        for _ in range(plan.most):
            if active:
                x, active = self._update(x, t, i, plan, active)
        return x

    def _update(self, x: Tensor, t: Tensor, i: int, plan: GuidancePlan, active: list[int]) -> tuple[Tensor, list[int]]:
        """One update of the active scenes, and those that are active still."""
        start = x[active].detach().requires_grad_()
        backbone = self.scenes.backbone
        cond, during = led(self.before, self.scenes.given, i, active)
        with torch.enable_grad():
            look, watches = self.watches(self.scenes.given, start, t, active)
            found, slopes = backbone.attend(start, t, cond.pick(active), watches,
                                            lambda: self._downhill(start, look(), plan, active), during)
        if slopes is None:
            return x, []
        x = x.clone()
        for row, b in enumerate(active):
            if b in found:
                x[b] -= self.profile.stride(_finite(slopes.energy[row]), _finite(slopes.usual[row]),
                                            backbone.noise_level(t))
        if plan.test == "after":
            found = {b: m for b, m in found.items()
                     if m.weakest < SATISFIED and not (plan.floor and m.energy.item() <= LOSS_FLOOR)}
        return x, list(found)

    def _downhill(self, x: Tensor, seen: list[Seen], plan: GuidancePlan,
                  active: list[int]) -> tuple[dict[int, GuidanceMeasured], Slopes | None]:
        """The scenes that still need it, and the gradients of their energies; None if there is none."""
        self._first_look(seen, active)
        found = {b: self.profile.measure(self._target(b), s, plan) for b, s in zip(active, seen, strict=True)}
        if plan.test == "before":
            found = {b: m for b, m in found.items() if m.weakest < self.profile.enough}
        found = {b: m for b, m in found.items() if m.energy.requires_grad}  # others have no words or no term
        for b in active:
            self.truncated[b] += 1
            self.backward[b] += (1 if found[b].usual is None else 2) if b in found else 0
        if not found:
            return found, None
        usual = [m.usual for m in found.values() if m.usual is not None]
        even = torch.autograd.grad(torch.stack(usual).sum(), x, retain_graph=True)[0] if usual else None
        slope = torch.autograd.grad(torch.stack([m.energy for m in found.values()]).sum(), x)[0]
        return found, Slopes(slope, slope if even is None else even)

    def _first_look(self, seen: list[Seen], active: list[int]) -> None:
        """What is there before anything is moved for the first time, if that is before the first ordinary pass."""
        for b, one in zip(active, seen, strict=True):
            if b not in self.scenes.watch.first:
                self.scenes.watch.before(b, self._target(b).strength(one.cross.detach()).cpu())

    def _target(self, b: int) -> Target:
        target = self.scenes.targets[b]
        assert target is not None
        return target

    def watches(self, given: Conditioning, x: Tensor, t: Tensor,
                active: list[int]) -> tuple[Callable[[], list[Seen]], list[Hook]]:
        """What watches the active scenes, and how to read their canonical maps from it afterwards."""
        targets = [self._target(b) for b in active]
        rows, cols = targets[0].rows, targets[0].cols
        masks = [self.profile.masks(target) for target in targets]
        cross = CrossWatch(rows, cols, given.states.shape[1], len(active))
        boxes = _padded(masks).to(x.device)
        watches = {kind: RowWatch(rows, cols, boxes, kind) for kind in self._kinds(x, t)}

        def look() -> list[Seen]:
            maps = {kind: watch.maps() for kind, watch in watches.items()}
            held = cross.bytes + sum(watch.bytes for watch in watches.values())
            self.scenes.watch.bytes = max(self.scenes.watch.bytes, held)
            return [Seen(target.canonical(seen), *(maps[k][n, :, :, : len(m)] if k in maps else None for k in KINDS))
                    for n, (seen, m, target) in enumerate(zip(cross.maps(), masks, targets, strict=True))]

        return look, [cross, *watches.values()]

    def _kinds(self, x: Tensor, t: Tensor) -> list[Literal["self", "gated"]]:
        """The kinds of self-attention to be watched, of those that the model has in its present state."""
        there = {"self" if layer.kind == "joint" else layer.kind
                 for layer in self.scenes.backbone.layers(Shape(*x.shape[1:]), t)}
        wanted = KINDS if self.profile.gated else KINDS[:1]
        return [kind for kind in wanted if kind in there and self.refocus.self_attention]


def _finite(gradient: Tensor) -> Tensor:
    return torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)


def _padded(masks: Sequence[Tensor]) -> Tensor:
    """Scenes with fewer boxes get empty ones."""
    most = max(len(m) for m in masks)
    return torch.stack([torch.cat([m, m.new_zeros(most - len(m), m.shape[1])]) for m in masks])
