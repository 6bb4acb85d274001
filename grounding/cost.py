"""What a pass costs, counted in operations rather than timed, so that the figure is the same on every machine."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from grounding.attention import CrossWatch, Hook, RowWatch
from grounding.backbone import Backbone, Conditioning, Shape
from grounding.sampler import schedule


@torch.no_grad()
def truncated_share(backbone: Backbone, shape: Shape, cond: Conditioning) -> float:
    """What part of a full pass over one picture a pass computes that ends in the last layer of the guided grid."""
    x, t = torch.zeros(1, *shape, device=backbone.device), schedule(backbone, 10, shape=shape).timesteps[0]
    rows, cols = backbone.grid(shape)
    boxes = torch.ones(1, 1, rows * cols, device=backbone.device)
    hooks: list[Hook] = [CrossWatch(rows, cols, cond.states.shape[1], 1), RowWatch(rows, cols, boxes)]
    with FlopCounterMode(display=False) as whole:
        backbone.predict(x, t, cond)
    with FlopCounterMode(display=False) as part:
        backbone.attend(x, t, cond, hooks, lambda: None)
    return float(part.get_total_flops() / whole.get_total_flops())
