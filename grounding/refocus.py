"""When and how far the latents are moved so that attention falls where the layout wants it.

Three profiles over one mechanism. `paper` and `head` are Attention Refocusing as printed and as published: raw steps,
on a schedule in fiftieths of the trajectory. `ours` reads the maps of the ordinary passes, which cost next to nothing,
spends a gradient only on scenes with a thing that is still weak, tests again before it goes backward, and takes steps
of a size relative to the latents' noise, so that one setting fits every model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, NamedTuple, TypeAlias

import torch
from pydantic import Field
from torch import Tensor

from grounding import energies
from grounding.attention import CrossWatch, Hook, RowWatch
from grounding.backbone import Backbone, Conditioning, Shape
from grounding.energies import Cross
from grounding.targets import Target
from planner.scene import Data

SATISFIED = 0.2
"""The published stop test: every box has a peak of at least this."""

LOSS_FLOOR = 0.1

KINDS: tuple[Literal["self"], Literal["gated"]] = ("self", "gated")


class Refocus(Data):
    """How attention is refocused. `scale` multiplies every profile's steps; 0 is exactly no guidance.

    The rest is for `ours`: whether the boxes of one phrase are one region for self-attention or each its own, how long
    it may act, how many updates a step may make, how large they are (in units of the noise), and below which strength a
    thing counts as weak.
    """

    profile: Literal["paper", "head", "ours"] = "ours"
    scale: Annotated[float, Field(ge=0.0, le=1000.0)] = 1.0
    cross: bool = True
    self_attention: bool = True
    united: bool = False
    until: Annotated[float, Field(ge=0.0, le=1.0)] = 0.2
    updates: Annotated[int, Field(ge=1, le=20)] = 1
    step: Annotated[float, Field(gt=0.0, le=10.0)] = 0.2
    weak: Annotated[float, Field(ge=0.0, le=1.0)] = SATISFIED

    @property
    def active(self) -> bool:
        """Whether it does anything."""
        return self.scale > 0 and (self.cross or self.self_attention)


class Plan(NamedTuple):
    """What one step may do: a factor on the energy, the most updates, the step (of 50) that the energy is told, and
    when the stop test is made (`after` an update that it would have spared, as published, or `before` the backward)."""

    factor: float
    most: int
    fiftieth: int
    test: Literal["never", "before", "after"] = "before"
    floor: bool = False


IDLE = Plan(0, 0, 0)


def head_plan(i: int, total: int) -> Plan:
    """The published code's schedule: steps 0–1 of 50 have 2 updates of factor 4, 2–4 have 6, 5–9 have 3 of factor 3;
    then 10 and 15 have 2, and 20, 25, 30, 35 have 2 of factor 1. Other step counts: the first listed fiftieth that
    falls into a step decides."""
    for n in _fiftieths(i, total):
        if n < 10:
            factor, most = (4, 2) if n < 2 else (4, 6) if n < 5 else (3, 3)
            return Plan(factor, most, n, "after", floor=True)
        if n % 5 == 0 and n <= 35:
            return Plan(3 if n < 20 else 1, 2, n, "after")
    return IDLE


def paper_plan(i: int, total: int) -> Plan:
    """The paper's: 2 updates at steps 0–1 of 50, 6 at 2–4, factor 4; then factor 3, and after step 10 only where words
    and boxes do not agree. It leaves the counts from step 5 on open; the published code's are taken."""
    plan = head_plan(i, total)
    return plan._replace(factor=4 if plan.fiftieth < 5 else 3, floor=False,
                         test="never" if plan.fiftieth < 10 else "before")


def our_plan(i: int, total: int, refocus: Refocus) -> Plan:
    """A few updates per step, over the first part of the trajectory; however short, it has the second step in it, the
    first one that knows what is weak."""
    return Plan(1, refocus.updates, i) if refocus.until and i < max(2, refocus.until * total) else IDLE


def _fiftieths(i: int, total: int) -> range:
    return range(-(-i * 50 // total), -(-(i + 1) * 50 // total))


class Seen(NamedTuple):
    """One scene's canonical maps: cross "rows cols text", box-averaged self rows, gated ones where there are any."""

    cross: Tensor
    own: Tensor | None = None
    gated: Tensor | None = None


class Measured(NamedTuple):
    """An energy to go down, and the weakest claim of any instance to its cells."""

    energy: Tensor
    weakest: float


Measure: TypeAlias = Callable[[Refocus, Target, Seen, Plan], Measured]


def head_measure(refocus: Refocus, target: Target, seen: Seen, plan: Plan) -> Measured:
    """s · (SAR + CAR + 3 · ground), as published."""
    objects = target.objects()
    cross = energies.car_head(seen.cross, objects, plan.fiftieth) if objects else _nothing(seen)
    energy = cross.energy if refocus.cross else cross.energy * 0
    if seen.own is not None:
        energy = energy + energies.sar_head_rows(seen.own, target.boxes(), (target.rows, target.cols))
    if seen.gated is not None and plan.fiftieth < 15:
        slots = [[slot for slot, other in enumerate(target.instance_item) if other == item]
                 for item in target.instance_item]
        cells = target.rows * target.cols
        energy = energy + 3 * energies.ground_head_rows(seen.gated, slots, cells, len(target.columns))
    return Measured(plan.factor * energy, cross.inside)


def paper_measure(refocus: Refocus, target: Target, seen: Seen, plan: Plan) -> Measured:
    """α · (CAR + SAR), as printed; regions that are not boxes take CAR's mask form."""
    objects = target.objects()
    if not objects:
        cross = _nothing(seen)
    elif target.boxes_only:
        cross = energies.car_paper(seen.cross, objects)
    else:
        grid = target.item_masks.reshape(-1, target.rows, target.cols)
        pairs = zip(target.boxes(), grid, strict=True)
        cross = energies.car_regions(seen.cross, [(thing.columns, mask) for thing, mask in pairs if thing.columns])
    energy = cross.energy if refocus.cross else cross.energy * 0
    if seen.own is not None:
        energy = energy + energies.sar_paper_rows(seen.own, target.item_masks)
    return Measured(plan.factor * energy, cross.inside)


def our_measure(refocus: Refocus, target: Target, seen: Seen, plan: Plan) -> Measured:
    """The mean squared share of attention that falls outside, over columns and over instances."""
    energy = seen.cross.new_zeros(())
    if refocus.cross and target.objects():
        energy = energy + energies.car_ours(seen.cross, *target.column_masks())
    if seen.own is not None:
        energy = energy + energies.sar_ours(seen.own, target.row_masks(refocus.united))
    return Measured(energy, target.strength(seen.cross.detach()).min().item())


def _nothing(seen: Seen) -> Cross:
    return Cross(seen.cross.new_zeros(()), 1.0, 0.0)


class Refocuser:
    """`Refocus` for one batch of scenes: a `Guide` for the loop, and the hooks that watch its ordinary passes."""

    def __init__(self, refocus: Refocus, backbone: Backbone, cond: Conditioning, targets: Sequence[Target | None],
                 total: int) -> None:
        self.refocus, self.backbone, self.cond, self.targets, self.total = refocus, backbone, cond, targets, total
        self.truncated, self.backward = [0] * len(targets), [0] * len(targets)
        self.bytes = 0
        self.first: dict[int, Tensor] = {}
        self.last: dict[int, Tensor] = {}
        self._measure: Measure = {"head": head_measure, "paper": paper_measure, "ours": our_measure}[refocus.profile]
        self._watch: CrossWatch | None = None

    def plan(self, i: int) -> Plan:
        """What step `i` may do."""
        if not self.refocus.active:
            return IDLE
        match self.refocus.profile:
            case "head":
                return head_plan(i, self.total)
            case "paper":
                return paper_plan(i, self.total)
            case "ours":
                return our_plan(i, self.total, self.refocus)

    def hooks(self, i: int) -> list[Hook]:
        """What watches the ordinary pass at step `i`: the first steps, as long as things may still move."""
        grids = [(t.rows, t.cols) for t in self.targets if t]
        self._watch = None
        if grids and i <= self.refocus.until * self.total:
            self._watch = CrossWatch(*grids[0], self.cond.states.shape[1], len(self.targets))
        return [self._watch] if self._watch else []

    def note(self) -> None:
        """Take in what the ordinary pass has seen."""
        if self._watch is not None:
            self.bytes = max(self.bytes, self._watch.bytes)
            for b, (cross, target) in enumerate(zip(self._watch.maps(), self.targets, strict=True)):
                if target:
                    self.last[b] = target.strength(target.canonical(cross)).cpu()
                    self.first.setdefault(b, self.last[b])

    def __call__(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents moved towards the layout, or the same tensor where nothing needs it."""
        plan = self.plan(i)
        active = [b for b, target in enumerate(self.targets) if target and self._due(b)]
        for _ in range(plan.most):
            if active:
                x, active = self._update(x, t, plan, active)
        return x

    def _due(self, b: int) -> bool:
        """`ours` acts only on scenes that the last ordinary pass has shown to have a weak thing."""
        return self.refocus.profile != "ours" or (b in self.last and self.last[b].min().item() < self.refocus.weak)

    def _update(self, x: Tensor, t: Tensor, plan: Plan, active: list[int]) -> tuple[Tensor, list[int]]:
        """One update of the active scenes, and those that are active still."""
        start = x[active].detach().requires_grad_()
        with torch.enable_grad():
            look, watches = self.watches(start, t, active)
            found, gradient = self.backbone.attend(start, t, self.cond.pick(active), watches,
                                                   lambda: self._downhill(start, look(), plan, active))
        if gradient is None:
            return x, []
        x = x.clone()
        for row, b in enumerate(active):
            if b in found:
                x[b] -= self._stride(gradient[row], t)
        if plan.test == "after":
            found = {b: m for b, m in found.items()
                     if m.weakest < SATISFIED and not (plan.floor and m.energy.item() <= LOSS_FLOOR)}
        return x, list(found)

    def _downhill(self, x: Tensor, seen: list[Seen], plan: Plan,
                  active: list[int]) -> tuple[dict[int, Measured], Tensor | None]:
        """The scenes that still need it, and the gradient of their energies; None if there is none."""
        found = {b: self._measure(self.refocus, self._target(b), s, plan) for b, s in zip(active, seen, strict=True)}
        if plan.test == "before":
            found = {b: m for b, m in found.items() if m.weakest < self._enough}
        for b in active:
            self.truncated[b] += 1
            self.backward[b] += b in found
        if not found:
            return found, None
        return found, torch.autograd.grad(torch.stack([m.energy for m in found.values()]).sum(), x)[0]

    @property
    def _enough(self) -> float:
        return self.refocus.weak if self.refocus.profile == "ours" else SATISFIED

    def _target(self, b: int) -> Target:
        target = self.targets[b]
        assert target is not None
        return target

    def _stride(self, gradient: Tensor, t: Tensor) -> Tensor:
        """How far to go: the raw gradient as published, or `step` noise units against its direction."""
        gradient = torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
        if self.refocus.profile != "ours":
            return gradient * self.refocus.scale
        size = gradient.square().mean().sqrt().clamp(min=1e-12)
        return gradient / size * (self.refocus.scale * self.refocus.step * self.backbone.noise_level(t))

    def watches(self, x: Tensor, t: Tensor, active: list[int]) -> tuple[Callable[[], list[Seen]], list[Hook]]:
        """What watches the active scenes, and how to read their canonical maps from it afterwards."""
        targets = [self._target(b) for b in active]
        rows, cols = targets[0].rows, targets[0].cols
        masks = [self._row_masks(target) for target in targets]
        cross = CrossWatch(rows, cols, self.cond.states.shape[1], len(active))
        boxes = _padded(masks).to(x.device)
        watches = {kind: RowWatch(rows, cols, boxes, kind) for kind in self._kinds(x, t)}

        def look() -> list[Seen]:
            maps = {kind: watch.maps() for kind, watch in watches.items()}
            self.bytes = max(self.bytes, cross.bytes + sum(watch.bytes for watch in watches.values()))
            return [Seen(target.canonical(seen), *(maps[k][n, :, :, : len(m)] if k in maps else None for k in KINDS))
                    for n, (seen, m, target) in enumerate(zip(cross.maps(), masks, targets, strict=True))]

        return look, [cross, *watches.values()]

    def _kinds(self, x: Tensor, t: Tensor) -> list[Literal["self", "gated"]]:
        """The kinds of self-attention to be watched, of those that the model has in its present state."""
        there = {"self" if layer.kind == "joint" else layer.kind
                 for layer in self.backbone.layers(Shape(*x.shape[1:]), t)}
        return [kind for kind in KINDS if kind in there and self.refocus.self_attention]

    def _row_masks(self, target: Target) -> Tensor:
        """The boxes whose query rows the profile averages: united by item in print, each its own otherwise."""
        match self.refocus.profile:
            case "paper":
                return target.item_masks
            case "head":
                return target.truncated_masks()
            case "ours":
                return target.row_masks(self.refocus.united)


def _padded(masks: Sequence[Tensor]) -> Tensor:
    """Scenes with fewer boxes get empty ones."""
    most = max(len(m) for m in masks)
    return torch.stack([torch.cat([m, m.new_zeros(most - len(m), m.shape[1])]) for m in masks])
