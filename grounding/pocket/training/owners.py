"""Which thing each cell of a scene shows, worked out once and kept beside its picture."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grounding.pocket.training.scenes import SceneFeed
from grounding.pocket.world import masks, picture

CELLS = 32


def owners(run: SceneFeed) -> Tensor:
    """uint8 [scenes, 32, 32]: 0 where the background fills most of a cell, else one more than the thing's number."""
    return torch.cat([torch.from_numpy(_of_shard(folder)) for folder in run.folders])


def _of_shard(folder: Path) -> NDArray[np.uint8]:
    path = folder / "owners.npy"
    if path.exists():
        kept: NDArray[np.uint8] = np.load(path)
        return kept
    level = int(folder.parent.name.removeprefix("level"))
    seeds = [row["seed"] for row in json.loads((folder / "rows.json").read_text())]
    found = np.stack([_owners(seed, level) for seed in seeds])
    partial = path.with_suffix(f".{os.getpid()}.npy")
    np.save(partial, found)
    os.replace(partial, path)
    return found


def _owners(seed: int, level: int) -> NDArray[np.uint8]:
    shown = masks(picture(seed, level=level))
    each = shown.shape[-1] // CELLS
    shares = shown.reshape(len(shown), CELLS, each, CELLS, each).mean((2, 4))
    found: NDArray[np.uint8] = np.concatenate([1 - shares.sum(0, keepdims=True), shares]).argmax(0).astype(np.uint8)
    return found
