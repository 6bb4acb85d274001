"""Latents to pixels and back, for every kind of VAE: scale, shift, per-channel statistics, and half precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from grounding.errors import AttemptFailed


def to_pixels(vae: Any, latents: Tensor) -> Tensor:
    """Pictures in −1 … 1 ("batch 3 height width"), differentiably. A VAE that overflows in half precision runs in
    full."""
    if vae.dtype != torch.float16 or not vae.config.get("force_upcast", False):
        return _decoded(vae, latents)
    vae.to(torch.float32)
    try:
        return _decoded(vae, latents)
    finally:
        vae.to(torch.float16)


def _decoded(vae: Any, latents: Tensor) -> Tensor:
    pixels: Tensor = vae.decode(_opened(vae, latents).to(vae.dtype), return_dict=False)[0]
    return pixels.float()


def from_pixels(vae: Any, pixels: Tensor) -> Tensor:
    """Latents of pictures in −1 … 1: the mean, no noise."""
    coded = vae.encode(pixels.to(vae.device, vae.dtype))
    mean = coded.latents if hasattr(coded, "latents") else coded.latent_dist.mean
    return _closed(vae, mean.float())


def pictures(pixels: Tensor) -> list[Image.Image]:
    """Pixels to pictures, rounded as the stock pipelines do it."""
    if not torch.isfinite(pixels).all():
        raise AttemptFailed("decoding gave non-finite pixels; try another seed, or float32 weights")
    values = (pixels.detach() / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(picture) for picture in (values * 255).round().astype(np.uint8)]


def pixels_of(images: Sequence[Image.Image]) -> Tensor:
    """Pictures to pixels in −1 … 1."""
    arrays = np.stack([np.asarray(image.convert("RGB"), dtype=np.float32) for image in images])
    return torch.from_numpy(arrays / 127.5 - 1).permute(0, 3, 1, 2)


def _opened(vae: Any, latents: Tensor) -> Tensor:
    scale, shift = _affine(vae, latents)
    return latents / scale + shift


def _closed(vae: Any, latents: Tensor) -> Tensor:
    scale, shift = _affine(vae, latents)
    return (latents - shift) * scale


def _affine(vae: Any, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and shift, per channel where the VAE has statistics."""
    config = vae.config
    mean, std = config.get("latents_mean"), config.get("latents_std")
    if mean is None or std is None:
        return latents.new_tensor(config.scaling_factor), latents.new_tensor(config.get("shift_factor") or 0.0)
    mean, std = (latents.new_tensor(values).view(1, -1, 1, 1) for values in (mean, std))
    return config.scaling_factor / std, mean
