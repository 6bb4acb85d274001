"""Attention-refocusing energies as pure functions on canonical maps; nothing here knows of a model.

After Phung, Ge and Huang, "Grounded Text-to-Image Synthesis with Attention Refocusing" (arXiv 2306.05427). Canonical:

- `cross` "rows cols text": cross-attention probabilities averaged over the heads of all layers at one grid, all text
  columns in place (start token first, as the model has them);
- `rows` "layers heads boxes cells": self-attention probabilities whose query rows were averaged over each box, boxes in
  the order of `instances(objects)`. `box_rows` makes them from full maps "layers heads cells cells".

Three profiles: `paper` is the formula in print, `head` what the published code computes (hinges, weights and all),
`ours` what this project uses. Boxes are fractions of the canvas, x0 y0 x1 y1. By hand, for "a cat and a ball":

    cross = torch.cat(cross_maps_of_all_layers).mean(0).reshape(16, 16, 77)  # each "heads 256 77"
    own = torch.stack(self_maps_of_all_layers)                               # each "heads 256 256"
    things = [Object((2,), ((0.1, 0.2, 0.4, 0.8),)), Object((5,), ((0.6, 0.3, 0.9, 0.9),))]
    loss = 4 * head(cross, own, things, step=3).energy

In the published code every word of a phrase is an object, with all boxes of the phrase and all tokens of the word; the
factor (4 here) and the number of updates are `grounding.guide.refocus.head_plan`'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.errors import BadRequest

Corners = tuple[float, float, float, float]


class Object(NamedTuple):
    """Text columns (counted from the start token, which is column 0) and the boxes that they belong in."""

    columns: tuple[int, ...]
    boxes: tuple[Corners, ...]


class Cross(NamedTuple):
    """An energy, the weakest claim to an own box, and the strongest to another's; where maps are not finite, nothing is
    claimed."""

    energy: Tensor
    inside: float
    outside: float


def sharpened(cross: Tensor, gain: float = 100.0) -> Tensor:
    """The map over words: start token and last column dropped, times `gain`, softmax over the rest, smoothed.

    "text-2 rows cols", so column `c` of the model is entry `c - 1`. Smoothing is a 3×3 Gaussian of σ = 0.5 over
    reflected borders with the exponent ((x−μ)/2σ)², which Attend-and-Excite and its descendants use.
    """
    if cross.ndim != 3:
        raise BadRequest(f"a canonical cross map is \"rows cols text\", got {tuple(cross.shape)}")
    words = (_exact(cross)[..., 1:-1] * gain).softmax(-1).movedim(-1, 0)
    side = math.exp(-1.0)
    line = words.new_tensor([side, 1.0, side])
    kernel = line[:, None] * line
    padded = F.pad(words[:, None], (1, 1, 1, 1), mode="reflect")
    return F.conv2d(padded, (kernel / kernel.sum())[None, None]).squeeze(1)


def _exact(maps: Tensor) -> Tensor:
    """Half precision is not enough for energies."""
    return maps.float() if maps.dtype in (torch.float16, torch.bfloat16) else maps


def _checked(objects: Sequence[Object], text: int) -> list[Object]:
    """Objects (or plain pairs) that can be looked up in a map of so many words."""
    _refuse_no_words([c for columns, _ in objects for c in columns], text)
    _refuse_other_units(instances(objects))
    return [Object(*thing) for thing in objects]


def _refuse_no_words(columns: Sequence[int], text: int) -> None:
    """Column 0 is the start token and the last one is dropped: neither can be a word's."""
    if wrong := [c for c in columns if not 1 <= c <= text]:
        raise BadRequest(f"text columns of words are 1 to {text}, got {wrong[0]}")


def _refuse_other_units(boxes: Sequence[tuple[int, Corners]]) -> None:
    """A box may overhang the canvas; one that lies beyond it is in pixels or the like."""
    for _, box in boxes:
        if len(box) != 4 or not (max(box[:2]) <= 1 and min(box[2:]) >= 0 and all(map(math.isfinite, box))):
            raise BadRequest(f"boxes are x0 y0 x1 y1 in fractions of the canvas, got {tuple(box)}")


def truncated(box: Corners, rows: int, cols: int) -> tuple[slice, slice]:
    """The cells of a box as the published code counts them: both ends truncated, so that small boxes have none.
    (What lies left of or above the canvas is cut off; there, the original counts cells from the far end.)"""
    x0, y0, x1, y1 = box
    return slice(max(0, int(y0 * rows)), max(0, int(y1 * rows))), slice(max(0, int(x0 * cols)), max(0, int(x1 * cols)))


def outward(box: Corners, rows: int, cols: int) -> tuple[slice, slice]:
    """The cells that a box touches: always at least one."""
    def span(low: float, high: float, size: int) -> slice:
        first = min(max(math.floor(low * size + 1e-6), 0), size - 1)
        return slice(first, min(max(math.ceil(high * size - 1e-6), first + 1), size))

    return span(box[1], box[3], rows), span(box[0], box[2], cols)


Cells = Callable[[Corners, int, int], tuple[slice, slice]]


def box_mask(boxes: Sequence[Corners], rows: int, cols: int, cells: Cells = outward) -> Tensor:
    """True in the cells of any of the boxes: "rows cols"."""
    mask = torch.zeros(rows, cols, dtype=torch.bool)
    for box in boxes:
        mask[cells(box, rows, cols)] = True
    return mask


def instances(objects: Sequence[Object]) -> list[tuple[int, Corners]]:
    """Every box with the index of its object, in the order in which `box_rows` stacks them."""
    return [(o, box) for o, (_, boxes) in enumerate(objects) for box in boxes]


def box_rows(maps: Tensor, objects: Sequence[Object], rows: int, cols: int, cells: Cells = outward) -> Tensor:
    """Full self-attention maps "layers heads cells cells" to box-averaged rows; a box of no cells gives zeros."""
    boxes = instances(objects)
    _refuse_other_units(boxes)
    return _averaged(maps, [box_mask([box], rows, cols, cells) for _, box in boxes])


def _averaged(maps: Tensor, areas: Sequence[Tensor]) -> Tensor:
    if not areas:
        raise BadRequest("there is no box whose attention could be looked at")
    masks = torch.stack([area.flatten() for area in areas]).to(maps)
    return masks / masks.sum(-1, keepdim=True).clamp(min=1) @ maps


def head(cross: Tensor, own: Tensor | Sequence[Tensor], objects: Sequence[Object], step: int,
         gated: Tensor | Sequence[Tensor] | None = None) -> Cross:
    """The published code's energy at step index `step` (of 50), before its factor: CAR + SAR + 3 · ground.

    `own` are full self-attention maps and `gated` the gated layers' (if the model has any): "layers heads n n", or a
    layer each.
    """
    found = car_head(cross, objects, step)
    energy = found.energy + sar_head(_stacked(own), objects, (cross.shape[0], cross.shape[1]))
    if gated is not None:
        energy = energy + 3 * ground_head(_stacked(gated), objects, step)
    return found._replace(energy=energy)


def _stacked(maps: Tensor | Sequence[Tensor]) -> Tensor:
    return maps if isinstance(maps, Tensor) else torch.stack(list(maps))


def car_head(cross: Tensor, objects: Sequence[Object], step: int) -> Cross:
    """The published code's CAR at step index `step` (of 50).

    For every column of an object: its weakest boxes are pulled up (6·(1−m) below 0.1, else 1−m; nothing from 0.2 on
    once step ≥ 15), its peaks in other objects' boxes pushed down (4·m above 0.15, else m; nothing up to 0.1 once
    step ≥ 15), and its peak in the background pushed down at half weight per own box. A box that truncates to no
    cell counts as satisfied.
    """
    maps, early = sharpened(cross), step < 15
    objects = _checked(objects, len(maps))
    rows, cols = maps.shape[1:]
    terms, inside, outside = [maps.new_zeros(())], 1000.0, 0.0
    for o, thing in enumerate(objects):
        own = [truncated(box, rows, cols) for box in thing.boxes]
        others = [truncated(box, rows, cols) for p, other in enumerate(objects) if p != o for box in other.boxes]
        for column in thing.columns:
            seen = maps[column - 1]
            rest = _zeroed(seen, own)
            for area in own:
                m = _peak(seen[area], 1.0)
                terms.append(_pull(m, early))
                inside = min(inside, m.item() if m.isfinite() else -math.inf)
            for area in others:
                m = _peak(rest[area], 0.0)
                terms.append(_push(m, early))
                outside = max(outside, m.item())
            terms.append(len(own) * _zeroed(rest, others).max() / 2)
    return Cross(_total(terms) / max(len(objects), 1), inside, outside)


def _total(terms: Sequence[Tensor]) -> Tensor:
    """Their sum. In single precision a hundred terms lose the fifth digit; not every device has double."""
    some = torch.stack(list(terms))
    return some.sum() if some.device.type == "mps" else some.sum(dtype=torch.float64).to(some.dtype)


def _peak(area: Tensor, empty: float) -> Tensor:
    return area.max() if area.numel() else area.new_tensor(empty)


def _zeroed(seen: Tensor, areas: Sequence[tuple[slice, slice]]) -> Tensor:
    keep = torch.ones_like(seen)
    for area in areas:
        keep[area] = 0
    return seen * keep


def _pull(m: Tensor, early: bool) -> Tensor:
    return 6 * (1 - m) if m < 0.1 else 1 - m if m < 0.2 or early else m * 0


def _push(m: Tensor, early: bool) -> Tensor:
    return 4 * m if m > 0.15 else m if m > 0.1 or early else m * 0


def sar_head(maps: Tensor, objects: Sequence[Object], grid: tuple[int, int] | None = None) -> Tensor:
    """The published code's SAR on full maps "layers heads cells cells"; see `sar_head_rows`."""
    rows, cols = _grid(maps, grid)
    return sar_head_rows(box_rows(maps, objects, rows, cols, truncated), objects, (rows, cols))


def _grid(maps: Tensor, grid: tuple[int, int] | None) -> tuple[int, int]:
    """The grid of full maps; square if nothing is said."""
    rows, cols = grid or (math.isqrt(maps.shape[-1]),) * 2
    if maps.ndim != 4 or maps.shape[-2:] != (rows * cols, rows * cols):
        raise BadRequest(f"self-attention maps are \"layers heads cells cells\" of {rows * cols} cells, got "
                         f"{tuple(maps.shape)}")
    return rows, cols


def sar_head_rows(rows_seen: Tensor, objects: Sequence[Object], grid: tuple[int, int]) -> Tensor:
    """The published code's SAR: per box the mass outside that box, mean over heads, sum over boxes, per object, mean
    over layers. Other boxes of the same object count as outside. A box of no cells adds nothing (the original's 0/0
    is the one thing not kept)."""
    outside = torch.stack([~box_mask([box], *grid, truncated) for _, box in instances(objects)]).flatten(1)
    return (_exact(rows_seen) * outside.to(rows_seen.device)).sum(-1).mean(1).sum(-1).mean() / len(objects)


def ground_head(maps: Tensor, objects: Sequence[Object], step: int) -> Tensor:
    """The published code's third, undocumented term, on gated self-attention "layers heads n n" with n = cells + 30.

    The query rows of each box are averaged; among the 30 grounding columns the strongest one that is not the object's
    own counts. The original takes the object's index for its grounding slot, as here. Zero from step 15 on.
    """
    side = math.isqrt(maps.shape[-1] - 30)
    own = [(o,) for o, _ in instances(objects)]
    seen = box_rows(maps[..., : side * side, :], objects, side, side, truncated)
    return ground_head_rows(seen, own, side * side, len(objects)) * (step < 15)


def ground_head_rows(rows_seen: Tensor, own_slots: Sequence[Sequence[int]], cells: int, objects: int) -> Tensor:
    """The same on box-averaged rows "layers heads boxes n", with each box's own grounding slots told apart."""
    slots = _exact(rows_seen).mean(0)[..., cells:]
    others = torch.ones(len(own_slots), slots.shape[-1], device=slots.device)
    for row, own in zip(others, own_slots, strict=True):
        row[[slot for slot in own if slot < len(row)]] = 0
    return (slots * others).amax(-1).mean(0).sum() / objects


def car_paper(cross: Tensor, objects: Sequence[Object]) -> Cross:
    """CAR in print: L = (1/q) Σ_i [1 − max(A_i ⊙ M_i)] + (1/q) Σ_i max(A_i ⊙ (1 − M_i)) over q grounded columns."""
    maps = sharpened(cross)
    objects = _checked(objects, len(maps))
    if not any(thing.columns for thing in objects):
        return Cross(maps.new_zeros(()), 1.0, 0.0)
    masks = [box_mask(thing.boxes, *maps.shape[1:]).to(maps) for thing in objects for _ in thing.columns]
    seen = torch.stack([maps[c - 1] for thing in objects for c in thing.columns])
    area = torch.stack(masks)
    inside, outside = ((seen * m).flatten(1).amax(1) for m in (area, 1 - area))
    return Cross((1 - inside + outside).mean(), inside.min().item(), outside.max().item())


def car_regions(cross: Tensor, regions: Sequence[tuple[tuple[int, ...], Tensor]]) -> Cross:
    """CAR's mask form for regions that are not boxes: means inside and outside instead of peaks. Masks "rows cols".
    (In print the 1 of 1 − ΣAM is divided by the area too, which moves the energy and not its gradient.)"""
    maps = sharpened(cross)
    _refuse_no_words([c for columns, _ in regions for c in columns], len(maps))
    if not any(columns for columns, _ in regions):
        return Cross(maps.new_zeros(()), 1.0, 0.0)
    seen = torch.stack([maps[c - 1] for columns, _ in regions for c in columns])
    area = torch.stack([mask for columns, mask in regions for _ in columns]).to(maps)
    inside, outside = ((seen * m).sum((1, 2)) / m.sum((1, 2)).clamp(min=1) for m in (area, 1 - area))
    return Cross((1 - inside + outside).mean(), inside.min().item(), outside.max().item())


def sar_paper(maps: Tensor, objects: Sequence[Object], grid: tuple[int, int] | None = None) -> Tensor:
    """SAR in print on full maps "layers heads cells cells"; see `sar_paper_rows`."""
    rows, cols = _grid(maps, grid)
    known = instances(objects)
    _refuse_other_units(known)
    areas = [box_mask(boxes, rows, cols) for _, boxes in objects] if known else []
    return sar_paper_rows(_averaged(maps, areas), torch.stack([area.flatten() for area in areas]))


def sar_paper_rows(rows_seen: Tensor, masks: Tensor) -> Tensor:
    """L = (1/q) Σ_i Σ_{p ∈ B_i} Σ(S_p ⊙ (1 − M_i)) / Σ(1 − M_i), averaged over layers and heads.

    `rows_seen` "layers heads objects cells" are averages over an object's united boxes, `masks` "objects cells".
    """
    outside = 1 - masks.to(rows_seen)
    mass = (_exact(rows_seen) * outside).sum(-1)
    return (mass * masks.to(mass).sum(-1) / outside.sum(-1).clamp(min=1)).mean()


def car_ours(cross: Tensor, columns: Tensor, masks: Tensor, weights: Tensor | None = None) -> Tensor:
    """(1/q) Σ_c w_c (1 − Σ A_c M_c / Σ A_c)²: the squared part of each column's attention that falls outside its cells.

    It needs no sharpening, moves every cell and not only a peak, and is the same for weak and strong columns. `columns`
    are text columns, `masks` "columns cells", `weights` "columns" (all 1 if there are none).
    """
    return _weighted((1 - inside(cross, columns, masks)).square(), weights).mean()


def inside(cross: Tensor, columns: Tensor, masks: Tensor) -> Tensor:
    """The share of each column's attention that falls in its cells: "columns"."""
    _refuse_no_words(columns.tolist(), cross.shape[-1] - 1)
    seen = _exact(cross).flatten(0, 1).T[columns]
    return (seen * masks.to(seen)).sum(-1) / seen.sum(-1).clamp(min=1e-8)


def sar_ours(rows_seen: Tensor, masks: Tensor, weights: Tensor | None = None) -> Tensor:
    """(1/b) Σ_b w_b of the squared mass that cells of instance b give to cells outside it, mean over layers and heads.
    """
    outside = (_exact(rows_seen) * (1 - masks.to(rows_seen))).sum(-1)
    return _weighted(outside.square(), weights).mean()


def _weighted(terms: Tensor, weights: Tensor | None) -> Tensor:
    return terms if weights is None else terms * weights.to(terms)
