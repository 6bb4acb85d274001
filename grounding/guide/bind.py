"""Binding without gradients: words are tied to their cells by a bias on the attention logits of the early steps.

Each placed thing brings its own short text ("a red ball"), encoded alone and appended to the prompt's columns; only its
own cells can see it, so that no colour leaks through a shared encoding. In those cells the prompt's other words are
held back, and outside all boxes every placed thing's words are. Instances may also be kept from looking at each other.
Classifier-free guidance is stronger in the things' cells than elsewhere, and the more so where a thing's words make
little difference (to even guidance out over regions: S-CFG, Shen et al. 2024). The cost is a few more text columns;
there is no backward pass. In joint layers the text is bound too: a thing's own text reads itself and its cells, and the
prompt does not read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.attention import MASKED, Call, Hook, Layer, Proceed
from grounding.backbone import Backbone, Conditioning, Shape, Words
from grounding.guide.guidance import Guidance, Scenes
from grounding.guide.targets import Target, aim, within
from grounding.settings import Bind, Term
from grounding.spans import Item, singly
from planner.sizes import factor

__all__ = ["Bind", "BindHook", "Binder", "guidance"]

MOSTLY = 0.5
"""A cell is bound to a thing that covers more than this part of it."""

FIRMEST = 1000.0
"""No bias is larger, in logits, so that none looks like a mask."""

LIFTED = 8.0
"""Guidance is at most so many times itself, however firmly a thing is bound: colours burn out."""


class _Places(NamedTuple):
    """Where things are on the latents ("instances cells"), and how firmly each is bound."""

    masks: Tensor
    firm: Tensor


def guidance(term: Term, scenes: Scenes, before: Sequence[Guidance]) -> Guidance | None:
    """The guidance that these settings ask for; None where they do nothing, or nothing is placed."""
    assert isinstance(term, Bind)
    return Binder(term, scenes) if term.active and any(scenes.targets) else None


class Binder(Guidance):
    """`Bind` for one batch of scenes: the conditioning with the things' own texts, and the hook for each step."""

    binds = True

    def __init__(self, bind: Bind, scenes: Scenes) -> None:
        backbone, shape, words, targets = scenes.backbone, scenes.shape, scenes.words, scenes.targets
        self.bind, self.scenes, self.names = bind, scenes, bind.own
        self.width = words[0].states.shape[0]
        texts = [_own_texts(backbone, target, bind.scales) if target and bind.own else [] for target in targets]
        self.extra = max((sum(len(t) for t in own) for own in texts), default=0)
        self.given = _appended(scenes.given, texts, self.extra)
        grids = {(layer.rows, layer.cols) for layer in backbone.layers(shape)}
        self._cross = {grid: self._cross_bias(words, targets, texts, grid).to(backbone.device) for grid in grids}
        self._self = {grid: _apart(bind, targets, words, grid).to(backbone.device) for grid in grids}
        self._joint = {(layer.rows, layer.cols) for layer in backbone.layers(shape) if layer.kind == "joint"}
        self._plain = {(layer.rows, layer.cols) for layer in backbone.layers(shape) if layer.kind != "joint"}
        self._text = _among(texts, self.width, self.extra).to(backbone.device)
        self._reach = {grid: self._text_reach(words, targets, texts, grid).to(backbone.device) for grid in self._joint}
        self._places = [self._place(target, word, shape) for target, word in zip(targets, words, strict=True)]
        self.bytes = self._held()

    def _held(self) -> int:
        """The memory that the biases take, with those of one step assembled for both halves of a guided pass."""
        kept = [*self._cross.values(), *self._self.values(), self._text, *self._reach.values(),
                *(place.masks for place in self._places if place)]
        batch, columns = self._text.shape[:2]
        joint = sum(2 * batch * (rows * cols + columns) ** 2 for rows, cols in self._joint)
        apart = sum(2 * bias.numel() for grid, bias in self._self.items() if self.bind.part and grid in self._plain)
        crossed = sum(2 * bias.numel() for grid, bias in self._cross.items() if grid in self._plain)
        return sum(bias.numel() * bias.element_size() for bias in kept) + 4 * (joint + apart + crossed)

    def columns(self, given: Conditioning, i: int) -> Conditioning:
        """The texts with the things' own, while they are bound."""
        return self.given if self._left(i) else given

    def hooks(self, i: int, rows: Sequence[int] | None = None) -> list[Hook]:
        """The bias of step `i`, while there is one."""
        left = self._left(i)
        return [BindHook(self, left, rows)] if left else []

    def lift(self, difference: Tensor, i: int) -> Tensor | None:
        """More in the things' cells, while they are bound.

        Where a thing's words make little difference, nothing comes to be; so such a thing is lifted up to the one
        whose words make the most. A thing that is alone has none to make way for.
        """
        left = self._left(i)
        if not left:
            return None
        felt = difference.float().square().mean(1).flatten(1)
        rows = [torch.ones_like(one) if place is None else 1 + left * self._more(one, place)
                for one, place in zip(felt, self._places, strict=True)]
        return torch.stack(rows).reshape(difference[:, :1].shape).to(difference.dtype)

    def _left(self, i: int) -> float:
        """How much of the binding is left at step `i`: it fades out until it ends."""
        return max(0.0, 1 - i / self.scenes.total / self.bind.until) if self.bind.until else 0.0

    def _more(self, felt: Tensor, place: _Places) -> Tensor:
        made = (place.masks @ felt / place.masks.sum(1)).sqrt().clamp(min=1e-6)
        uneven = (made.max() / made).clamp(max=self.bind.even)
        lift = self.bind.lift if len(place.firm) > 1 else 1.0
        times = (lift * place.firm * uneven).clamp(1, LIFTED)
        return (place.masks * (times - 1)[:, None]).amax(0)

    def _place(self, target: Target | None, words: Words, shape: Shape) -> _Places | None:
        """The cells of the latents that each instance has, and how firm it is."""
        here = aim(target.grounding, words, shape.rows, shape.cols, share=MOSTLY) if target else None
        if here is None:
            return None
        device = self._text.device
        return _Places(here.instance_masks.to(device), here.factors(self.bind.firmness).to(device))

    def _cross_bias(self, words: Sequence[Words], targets: Sequence[Target | None],
                    texts: Sequence[list[Tensor]], grid: tuple[int, int]) -> Tensor:
        """What to add to the logits at full strength: "batch cells columns+extra"; own texts are hidden elsewhere."""
        bias = torch.zeros(len(words), grid[0] * grid[1], self.width + self.extra)
        bias[..., self.width:] = MASKED
        for row, word, target, own in zip(bias, words, targets, texts, strict=True):
            here = aim(target.grounding, word, *grid, share=MOSTLY) if target else None
            if here is not None:
                self._fill(row, word, here.visible, own)
        return bias

    def _fill(self, row: Tensor, word: Words, here: Target, own: Sequence[Tensor]) -> None:
        bind, masks, at = self.bind, here.item_masks.bool(), self.width
        firm = here.factors(bind.firmness)
        there = here.united(here.instance_masks * firm[:, None])  # "items cells": how firm a thing is in its own cells
        taken, summary = masks.any(0), list(word.summary)
        empty = within(bind.empty, here.rows, here.cols, MOSTLY).flatten() & ~taken
        _put(row, taken, summary, -bind.hold * there.amax(0))
        _put(row, empty, summary, torch.full_like(row[:, 0], -bind.hold))
        for i, (item, firmer) in enumerate(zip(here.columns, here.united(firm), strict=True)):
            mine = list(item.all)
            for j, other in enumerate(here.columns):
                shared = [c for c in mine if j != i and c not in other.all]
                _put(row, masks[j] & ~masks[i], shared, -bind.hold * there[j])
            _put(row, ~taken, mine, -bind.clear * firmer * (1 + empty.float()))
            _put(row, masks[i], mine, bind.pull * there[i])
            if own:
                _put(row, masks[i], list(range(at, at + len(own[i]))), bind.pull * there[i])
                at += len(own[i])

    def _text_reach(self, words: Sequence[Words], targets: Sequence[Target | None], texts: Sequence[list[Tensor]],
                    grid: tuple[int, int]) -> Tensor:
        """What keeps an own text from reading other cells than its thing's: "batch columns+extra cells"."""
        reach = torch.zeros(len(words), self.width + self.extra, grid[0] * grid[1])
        for row, word, target, own in zip(reach, words, targets, texts, strict=True):
            here = aim(target.grounding, word, *grid, share=MOSTLY) if target and own else None
            if here is not None:
                at = self.width
                for states, mask in zip(own, here.visible.item_masks.bool(), strict=True):
                    row[at : at + len(states)] = torch.where(mask, 0.0, MASKED) if mask.any() else 0.0
                    at += len(states)
        return reach


class BindHook:
    """Adds the bias of one step. The last rows of the batch are the conditional ones; the others are left alone."""

    def __init__(self, binder: Binder, left: float, rows: Sequence[int] | None = None) -> None:
        self.binder, self.left = binder, left
        self.rows = slice(None) if rows is None else list(rows)
        self._made: dict[tuple[object, ...], Tensor] = {}

    def wants(self, layer: Layer) -> bool:
        """All attention to text, and self-attention where instances are parted."""
        return layer.kind in ("cross", "joint") or (layer.kind == "self" and self.binder.bind.part > 0)

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        """The layer with its bias."""
        key = call.layer.kind, call.layer.rows, call.layer.cols, call.image.start, call.q.shape[0]
        if key not in self._made:
            self._made[key] = self._bias(call).to(call.q.dtype)[:, None]
        return proceed(call.plus(self._made[key]))

    def _bias(self, call: Call) -> Tensor:
        grid = (call.layer.rows, call.layer.cols)
        match call.layer.kind:
            case "self":
                return self._widened(self._apart(grid), call, 0)
            case "joint":
                return self._around(call, grid)
            case _:
                return self._widened(self._cross(grid), call, self.binder.extra)

    def _around(self, call: Call, grid: tuple[int, int]) -> Tensor:
        """Image and text on both sides, in the model's own order."""
        extra, parts = self.binder.extra, self.binder
        size = call.k.shape[2]
        bias = torch.zeros(call.q.shape[0], size, size, device=call.q.device)
        bias[:, call.image, call.image] = self._widened(self._apart(grid), call, 0)
        bias[:, call.image, call.text] = self._widened(self._cross(grid), call, extra)
        bias[:, call.text, call.text] = self._widened(parts._text[self.rows], call, extra)
        bias[:, call.text, call.image] = self._widened(parts._reach[grid][self.rows], call, 0)
        return bias

    def _apart(self, grid: tuple[int, int]) -> Tensor:
        return self.binder._self[grid][self.rows] * (-self.binder.bind.part * self.left)

    def _cross(self, grid: tuple[int, int]) -> Tensor:
        full = self.binder._cross[grid][self.rows]
        return torch.where(full == MASKED, full, full * self.left)

    def _widened(self, bias: Tensor, call: Call, hidden: int) -> Tensor:
        """With rows for the unconditional half, which is free but for the last `hidden` columns."""
        rest = call.q.shape[0] - bias.shape[0]
        if not rest:
            return bias
        free = torch.zeros(rest, *bias.shape[1:], device=bias.device)
        free[..., bias.shape[-1] - hidden :] = MASKED
        return torch.cat([free, bias])


def _own_texts(backbone: Backbone, target: Target, scales: Mapping[str, float]) -> list[Tensor]:
    """The states of each item's own text, its words and its end token."""
    words = backbone.encode([_sized(item, scales) for item in target.grounding.items])
    return [w.gist for w in words]


def _sized(item: Item, scales: Mapping[str, float]) -> str:
    """An item's own text, with the word for its planned size where that is a small or a large one."""
    _, *words = item.alone.split()
    if not scales or factor(words) != 1.0:
        return item.alone
    side = max(max(box.w, box.h) for box in item.boxes)
    ordered = sorted(scales, key=scales.__getitem__)
    size = min(ordered, key=lambda word: max(side / scales[word], scales[word] / side))
    return singly(size, *words) if size in (ordered[0], ordered[-1]) else item.alone


def _appended(cond: Conditioning, texts: Sequence[list[Tensor]], extra: int) -> Conditioning:
    rows = [torch.cat([states, *own]) for states, own in zip(cond.states, texts, strict=True)]
    length = cond.states.shape[1] + extra
    return Conditioning(torch.stack([F.pad(r, (0, 0, 0, length - r.shape[0])) for r in rows]), cond.extra, extra)


def _among(texts: Sequence[list[Tensor]], columns: int, extra: int) -> Tensor:
    """What keeps text columns of joint layers to themselves: the prompt reads no own text, an own text only itself."""
    among = torch.zeros(len(texts), columns + extra, columns + extra)
    among[..., columns:] = MASKED
    for row, own in zip(among, texts, strict=True):
        at = columns
        for states in own:
            row[at : at + len(states)] = MASKED
            row[at : at + len(states), at : at + len(states)] = 0
            at += len(states)
    return among


def _put(row: Tensor, cells: Tensor, columns: list[int], bias: Tensor) -> None:
    """Set the bias (one for each cell) of some cells towards some columns."""
    row[cells.nonzero(), columns] = bias.clamp(-FIRMEST, FIRMEST)[cells.nonzero()]


def _apart(bind: Bind, targets: Sequence[Target | None], words: Sequence[Words], grid: tuple[int, int]) -> Tensor:
    """1 (or how firm its thing is) where a cell of one instance, or of an empty area, would look at a cell that only
    other instances have: "batch cells cells"."""
    apart = torch.zeros(len(targets), grid[0] * grid[1], grid[0] * grid[1])
    for b, (target, word) in enumerate(zip(targets, words, strict=True)):
        here = aim(target.grounding, word, *grid, share=MOSTLY) if target else None
        if here is not None:
            masks = here.visible.instance_masks
            together = masks.T @ masks
            occupied = masks.amax(0)
            empty = within(bind.empty, *grid, MOSTLY).flatten() * (1 - occupied)
            firm = (masks * here.factors(bind.firmness)[:, None]).amax(0).clamp(max=FIRMEST / max(bind.part, 1.0))
            apart[b] = (firm + empty)[:, None] * occupied * (together == 0)
    return apart
