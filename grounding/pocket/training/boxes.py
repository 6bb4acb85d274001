"""Boxes as tensors: corners, overlap, the matching of patches to things, average precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def corners_of(boxes: Tensor) -> Tensor:
    """Centre, width and height to corners; "… 4"."""
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([middle - half, middle + half], -1)


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of every box of `first` "… n 4" with every box of `second` "… m 4"; corners."""
    shared, union = _shared_and_union(first, second)
    return shared / union


def pairwise_giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al. 2019): IoU less the share of the hull that neither box covers; corners."""
    low = torch.minimum(first[..., :, None, :2], second[..., None, :, :2])
    high = torch.maximum(first[..., :, None, 2:], second[..., None, :, 2:])
    hull = (high - low).prod(-1)
    shared, union = _shared_and_union(first, second)
    return shared / union - (hull - union) / hull


def assign(cost: Tensor, counts: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
    """The cheapest patch for each thing: indices of picture, patch and thing.

    `cost` is "pictures patches things"; of the last axis, the first `counts[picture]` are things, the rest is padding.
    """
    found: list[tuple[int, int, int]] = []
    for picture, (table, count) in enumerate(zip(cost.float().cpu().numpy(), counts, strict=True)):
        pairs = zip(*linear_sum_assignment(table[:, :count]), strict=True)
        found += [(picture, int(patch), int(thing)) for patch, thing in pairs]
    pictures, patches, things = torch.tensor(found, device=cost.device).unbind(1)
    return pictures, patches, things


def average_precision(kept: Sequence[tuple[float, bool]], present: int) -> float:
    """The area under the precision envelope; `kept` holds scores and whether each found something not found before."""
    right = np.array([hit for _, hit in sorted(kept, key=lambda pair: -pair[0])], dtype=float)
    if not len(right) or not present:
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / present)


def _shared_and_union(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    low = torch.maximum(first[..., :, None, :2], second[..., None, :, :2])
    high = torch.minimum(first[..., :, None, 2:], second[..., None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (first, second)]
    return shared, areas[0][..., :, None] + areas[1][..., None, :] - shared
