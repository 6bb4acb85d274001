"""Which picture each row of a batch follows, for families with ControlNets."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.backbone import Conditioning

FOLLOWS = "follows"
"""The entry of a conditioning that says so: guidance runs passes over some rows of a batch."""


def following(cond: Conditioning, pictures: Tensor | None) -> Conditioning:
    """The conditioning with a picture for each row, in turn, where there are several."""
    if pictures is None or len(pictures) == 1:
        return cond
    rows = torch.arange(cond.batch, device=cond.states.device) % len(pictures)
    return Conditioning(cond.states, {**cond.extra, FOLLOWS: rows}, cond.beyond)


def followed(cond: Conditioning, pictures: Tensor) -> Tensor:
    """The picture of every row."""
    rows = cond.extra.get(FOLLOWS)
    return pictures.expand(cond.batch, -1, -1, -1) if rows is None else pictures[rows.to(pictures.device)]


def sized(pictures: Tensor, rows: int, cols: int) -> Tensor:
    """The pictures at the size that is being painted."""
    if pictures.shape[2:] == (rows, cols):
        return pictures
    return F.interpolate(pictures.float(), (rows, cols), mode="bilinear", antialias=True).to(pictures)
