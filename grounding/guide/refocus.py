"""When and how far the latents are moved so that attention falls where the layout wants it.

Three profiles over one mechanism. `paper` and `head` are Attention Refocusing as printed and as published: raw steps,
on a schedule in fiftieths of the trajectory. `ours` reads the maps of the ordinary passes, which cost next to nothing,
spends a gradient only on scenes with a thing that is still weak, tests again before it goes backward, and takes steps
of a size relative to the latents' noise, so that one setting fits every model. At the first step, when no pass has been
seen yet, it looks for itself, unless things are bound: binding hardly ever leaves anything to do. Where it does, the
passes that are gone back through are bound like the ordinary ones, so both see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor

from grounding.attention import CrossWatch, Hook, RowWatch
from grounding.backbone import Backbone, Conditioning, Shape
from grounding.guide import energies
from grounding.guide.bind import Binder
from grounding.guide.energies import Cross
from grounding.guide.targets import Target
from grounding.settings import SATISFIED, Refocus

__all__ = ["IDLE", "Measured", "Plan", "Refocus", "Refocuser", "Seen", "head_measure", "head_plan", "our_measure",
           "our_plan", "paper_measure", "paper_plan"]

LOSS_FLOOR = 0.1

KINDS: tuple[Literal["self"], Literal["gated"]] = ("self", "gated")


class Plan(NamedTuple):
    """What one step may do: a factor on the energy, the most updates, the step (of 50) that the energy is told, and
    when the stop test is made (`after` an update that it would have spared, as published, or `before` the backward).
    `favoured` leaves it to the things whose weight is above 1."""

    factor: float
    most: int
    fiftieth: int
    test: Literal["never", "before", "after"] = "before"
    floor: bool = False
    favoured: bool = False


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
    """A few updates per step, over the first part of the trajectory, and twice as many in the first, which decides most
    about places. However short, it has the second step in it, the first one that knows what is weak of things that are
    bound. Then come a few for the things that weigh more."""
    if refocus.until and i < max(2, refocus.until * total):
        return Plan(1, refocus.updates if i else 2 * refocus.updates, i)
    if refocus.most > 1 and i < refocus.longer * total:
        return Plan(1, refocus.updates, i, favoured=True)
    return IDLE


def _fiftieths(i: int, total: int) -> range:
    return range(-(-i * 50 // total), -(-(i + 1) * 50 // total))


class Seen(NamedTuple):
    """One scene's canonical maps: cross "rows cols text", box-averaged self rows, gated ones where there are any."""

    cross: Tensor
    own: Tensor | None = None
    gated: Tensor | None = None


class Measured(NamedTuple):
    """An energy to go down, and the weakest claim of any instance to its cells (as its profile has it). `usual` is
    what the energy would be if no thing weighed more than another; None where none does."""

    energy: Tensor
    weakest: float
    usual: Tensor | None = None


class Slopes(NamedTuple):
    """The gradient of the energy, and of what it would be if no thing weighed more than another."""

    energy: Tensor
    usual: Tensor


Measure: TypeAlias = Callable[[Refocus, Target, Seen, Plan], Measured]


def head_measure(refocus: Refocus, target: Target, seen: Seen, plan: Plan) -> Measured:
    """s · (SAR + CAR + 3 · ground), as published: every word is an object of its own, with all boxes of its phrases."""
    objects, at = target.by_word()
    if not objects:
        return Measured(_nothing(seen).energy, 1.0)
    cross = energies.car_head(seen.cross, objects, plan.fiftieth)
    energy = cross.energy if refocus.cross else cross.energy * 0
    if seen.own is not None:
        energy = energy + energies.sar_head_rows(seen.own[..., at, :], objects, (target.rows, target.cols))
    if seen.gated is not None and plan.fiftieth < 15:
        slots = [[slot for slot, other in enumerate(target.instance_item) if other == target.instance_item[n]]
                 for n in at]
        cells = target.rows * target.cols
        energy = energy + 3 * energies.ground_head_rows(seen.gated[..., at, :], slots, cells, len(objects))
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
    """E = (1/q) Σ_c w_c o_c² + (1/b) Σ_b w_b o_b² over columns c and instances b, o the share of their attention that
    falls outside, w their things' weights."""
    weights = _weights(refocus, target, plan)
    weakest = _weakest(target.share(seen.cross.detach()), weights)
    if not refocus.weights:
        return Measured(_astray(refocus, target, seen, None), weakest)
    even = (weights > 0).float() if plan.favoured else torch.ones_like(weights)
    return Measured(_astray(refocus, target, seen, weights), weakest, _astray(refocus, target, seen, even))


def _astray(refocus: Refocus, target: Target, seen: Seen, weights: Tensor | None) -> Tensor:
    energy = seen.cross.new_zeros(())
    if refocus.cross and target.objects():
        by_column = None if weights is None else target.column_factors(weights)
        energy = energy + energies.car_ours(seen.cross, *target.column_masks(), by_column)
    if seen.own is not None:
        energy = energy + energies.sar_ours(seen.own, target.row_masks(refocus.united), weights)
    return energy


def _weights(refocus: Refocus, target: Target, plan: Plan) -> Tensor:
    """What each instance counts in a step; 0 for those whose turn it is not."""
    weights = target.factors(refocus.weights)
    return weights * (weights > 1) if plan.favoured else weights


def _weakest(shares: Tensor, weights: Tensor) -> float:
    """The least share, where what strays counts as often as its thing weighs."""
    return 1 - (weights.to(shares) * (1 - shares)).max().item()


def _nothing(seen: Seen) -> Cross:
    return Cross(seen.cross.new_zeros(()), 1.0, 0.0)


class Refocuser:
    """`Refocus` for one batch of scenes: a `Guide` for the loop, and the hooks that watch its ordinary passes."""

    def __init__(self, refocus: Refocus, backbone: Backbone, cond: Conditioning, targets: Sequence[Target | None],
                 total: int, *, bind: Binder | None = None, strides: Sequence[int | None] = ()) -> None:
        self.refocus, self.backbone, self.cond, self.targets, self.total = refocus, backbone, cond, targets, total
        self.bind, self.strides = bind, strides or range(total)
        self.truncated, self.backward = [0] * len(targets), [0] * len(targets)
        self.bytes = 0
        self.first: dict[int, Tensor] = {}
        self.last: dict[int, Tensor] = {}
        self.shares: dict[int, Tensor] = {}
        self._measure: Measure = {"head": head_measure, "paper": paper_measure, "ours": our_measure}[refocus.profile]
        self._watch: CrossWatch | None = None

    def plan(self, i: int) -> Plan:
        """What step `i` may do."""
        return self._schedule(i) if self.refocus.active else IDLE

    @cached_property
    def _last(self) -> int:
        """The last step that may do anything by the schedule, even if nothing is guided."""
        return max((i for i in range(self.total) if self._schedule(i).most), default=0)

    def _schedule(self, i: int) -> Plan:
        """The published schedules count steps forward, not the evaluations in which a scheduler corrects itself."""
        if self.refocus.profile == "ours":
            return our_plan(i, self.total, self.refocus)
        plan = head_plan if self.refocus.profile == "head" else paper_plan
        n = self.strides[i]
        return IDLE if n is None else plan(n, sum(n is not None for n in self.strides))

    @property
    def reads(self) -> bool:
        """Whether it needs to know what the ordinary passes see."""
        return self.refocus.active and self.refocus.profile == "ours"

    def hooks(self, i: int) -> list[Hook]:
        """What watches the ordinary pass at step `i`: the first steps, and one more than may move things."""
        grids = [(t.rows, t.cols) for t in self.targets if t]
        self._watch = None
        if grids and (i <= self._last + 1 or not self.last):
            self._watch = CrossWatch(*grids[0], self.cond.states.shape[1], len(self.targets))
        return [self._watch] if self._watch else []

    def note(self) -> None:
        """Take in what the ordinary pass has seen."""
        if self._watch is not None:
            self.bytes = max(self.bytes, self._watch.bytes)
            for b, (cross, target) in enumerate(zip(self._watch.maps(), self.targets, strict=True)):
                if target:
                    seen = target.canonical(cross)
                    self.last[b], self.shares[b] = target.strength(seen).cpu(), target.share(seen).cpu()
                    self.first.setdefault(b, self.last[b])

    def _first_look(self, seen: list[Seen], active: list[int]) -> None:
        """What guidance sees before it moves anything for the first time, if that is before the first ordinary pass."""
        for b, one in zip(active, seen, strict=True):
            if b not in self.first:
                self.first[b] = self._target(b).strength(one.cross.detach()).cpu()

    def __call__(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents moved towards the layout, or the same tensor where nothing needs it."""
        plan = self.plan(i)
        active = [b for b, target in enumerate(self.targets) if target and self._due(b, target, plan)]
        for _ in range(plan.most):
            if active:
                x, active = self._update(x, t, i, plan, active)
        return x

    def _due(self, b: int, target: Target, plan: Plan) -> bool:
        """`ours` acts only on scenes that the last ordinary pass has shown to have a weak thing; or, before the first,
        on those that its own look shows to have one."""
        if self.refocus.profile != "ours":
            return True
        if b not in self.shares:
            return self.bind is None
        return _weakest(self.shares[b], _weights(self.refocus, target, plan)) < self._enough

    def _update(self, x: Tensor, t: Tensor, i: int, plan: Plan, active: list[int]) -> tuple[Tensor, list[int]]:
        """One update of the active scenes, and those that are active still."""
        start = x[active].detach().requires_grad_()
        bound, cond = self.bind.at(i / self.total, self.cond, active) if self.bind else (None, self.cond)
        with torch.enable_grad():
            look, watches = self.watches(start, t, active)
            found, slopes = self.backbone.attend(start, t, cond.pick(active), watches,
                                                 lambda: self._downhill(start, look(), plan, active),
                                                 [bound] if bound else [])
        if slopes is None:
            return x, []
        x = x.clone()
        for row, b in enumerate(active):
            if b in found:
                x[b] -= self._stride(slopes.energy[row], t, slopes.usual[row])
        if plan.test == "after":
            found = {b: m for b, m in found.items()
                     if m.weakest < SATISFIED and not (plan.floor and m.energy.item() <= LOSS_FLOOR)}
        return x, list(found)

    def _downhill(self, x: Tensor, seen: list[Seen], plan: Plan,
                  active: list[int]) -> tuple[dict[int, Measured], Slopes | None]:
        """The scenes that still need it, and the gradients of their energies; None if there is none."""
        self._first_look(seen, active)
        found = {b: self._measure(self.refocus, self._target(b), s, plan) for b, s in zip(active, seen, strict=True)}
        if plan.test == "before":
            found = {b: m for b, m in found.items() if m.weakest < self._enough}
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

    @property
    def _enough(self) -> float:
        if self.refocus.profile != "ours":
            return SATISFIED
        return self.refocus.weak_bound if self.bind else self.refocus.weak

    def _target(self, b: int) -> Target:
        target = self.targets[b]
        assert target is not None
        return target

    def _stride(self, gradient: Tensor, t: Tensor, usual: Tensor | None = None) -> Tensor:
        """How far to go: the raw gradient as published, or `step` noise units against its direction.

        What is a unit, the `usual` gradient says: so things that do not weigh more are moved as if none did, and no
        step is longer than the largest weight.
        """
        gradient = torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)
        if self.refocus.profile != "ours":
            return gradient * self.refocus.scale
        even = gradient if usual is None else torch.nan_to_num(usual, nan=0.0, posinf=0.0, neginf=0.0)
        size = torch.maximum(_size(even), _size(gradient) / self.refocus.most).clamp(min=1e-12)
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
        if self.refocus.profile != "head":
            there -= {"gated"}
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


def _size(gradient: Tensor) -> Tensor:
    return gradient.square().mean().sqrt()


def _padded(masks: Sequence[Tensor]) -> Tensor:
    """Scenes with fewer boxes get empty ones."""
    most = max(len(m) for m in masks)
    return torch.stack([torch.cat([m, m.new_zeros(most - len(m), m.shape[1])]) for m in masks])
