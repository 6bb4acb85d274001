"""Latents of rendered scenes, encoded once and kept beside them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grounding.pocket.training.autoencoder import to_signed
from grounding.pocket.training.scenes import Scenes


def latents(run: Scenes, vae: Any, device: torch.device) -> Tensor:
    """fp16 [scenes, 4, 32, 32], scaled to unit spread; what one autoencoder made is never taken for another's."""
    mark = _mark(vae)
    return torch.cat([torch.from_numpy(_of_shard(folder, mark, vae, device)) for folder in run.folders]).to(device)


def _of_shard(folder: Path, mark: str, vae: Any, device: torch.device) -> np.typing.NDArray[np.float16]:
    path = folder / f"latents-{mark}.npy"
    if path.exists():
        kept: NDArray[np.float16] = np.load(path)
        return kept
    pictures = torch.from_numpy(np.load(folder / "pictures.npy"))
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


def _mark(vae: Any) -> str:
    weights = b"".join(
        value.float().cpu().contiguous().numpy().tobytes() for value in vae.encoder.state_dict().values()
    )
    return hashlib.sha256(weights).hexdigest()[:8]
