"""Latents of rendered scenes, encoded once and kept beside them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grounding.pocket.training.autoencoder import to_signed
from grounding.pocket.training.scenes import SceneFeed
from grounding.pocket.world import draw, picture


def latents(run: SceneFeed, vae: Any, device: torch.device) -> Tensor:
    """fp16 [scenes, 4, 32, 32], scaled to unit spread; what one autoencoder made is never taken for another's."""
    mark = _mark(vae)
    return torch.cat([torch.from_numpy(_of_shard(folder, mark, vae, device)) for folder in run.folders]).to(device)


def _of_shard(folder: Path, mark: str, vae: Any, device: torch.device) -> np.typing.NDArray[np.float16]:
    path = folder / f"latents-{mark}.npy"
    if path.exists():
        kept: NDArray[np.float16] = np.load(path)
        return kept
    pictures = torch.from_numpy(_pictures(folder, vae.config.sample_size))
    parts = []
    for part in torch.split(pictures, 50):
        pixels = to_signed(part.to(device)).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
            parts.append(vae.encode(pixels).latent_dist.mean.float() * vae.config.scaling_factor)
    found: NDArray[np.float16] = torch.cat(parts).half().cpu().contiguous().numpy()
    partial = path.with_suffix(f".{os.getpid()}.npy")
    np.save(partial, found)
    os.replace(partial, path)
    return found


def _pictures(folder: Path, side: int) -> NDArray[np.uint8]:
    """The scenes of a shard at the side that an autoencoder is for."""
    kept: NDArray[np.uint8] = np.load(folder / "pictures.npy")
    if kept.shape[1] == side:
        return kept
    level = int(folder.parent.name.removeprefix("level"))
    rows = json.loads((folder / "rows.json").read_text())
    return np.stack([draw(picture(row["seed"], level=level), side) for row in rows])


def _mark(vae: Any) -> str:
    weights = b"".join(
        value.float().cpu().contiguous().numpy().tobytes() for value in vae.encoder.state_dict().values()
    )
    return hashlib.sha256(weights + str(vae.config.scaling_factor).encode()).hexdigest()[:8]
