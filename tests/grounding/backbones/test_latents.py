"""Latents and pixels: scale, shift and statistics as the pipelines have them, and half precision where it overflows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL

from grounding.backbones.latents import from_pixels, pictures, to_pixels
from grounding.errors import AttemptFailed


def vae(**options: Any) -> Any:
    torch.manual_seed(0)
    model = AutoencoderKL(block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
                          up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, norm_num_groups=4, **options)
    return model.eval()


@torch.no_grad()
def test_scale_shift_and_statistics_are_undone_before_decoding_and_applied_after_encoding() -> None:
    latents, pixels = torch.randn(1, 4, 8, 8), torch.rand(1, 3, 16, 16) * 2 - 1
    mean, std = [0.1, -0.2, 0.3, 0.0], [1.0, 0.5, 2.0, 1.5]
    shaped = (torch.tensor(values).view(1, 4, 1, 1) for values in (mean, std))
    m, s = shaped
    for options, opened, closed in (
            ({"scaling_factor": 0.5}, latents / 0.5, lambda z: z * 0.5),
            ({"scaling_factor": 0.5, "shift_factor": 0.1}, latents / 0.5 + 0.1, lambda z: (z - 0.1) * 0.5),
            ({"scaling_factor": 0.5, "latents_mean": mean, "latents_std": std}, latents * s / 0.5 + m,
             lambda z: (z - m) * 0.5 / s)):
        model = vae(**options)
        torch.testing.assert_close(to_pixels(model, latents), model.decode(opened).sample)
        torch.testing.assert_close(from_pixels(model, pixels), closed(model.encode(pixels).latent_dist.mean))


@torch.no_grad()
def test_a_vae_that_overflows_in_half_precision_runs_in_full_and_stays_half() -> None:
    half, latents = vae(force_upcast=True).half(), torch.randn(1, 4, 8, 8)
    full = vae(force_upcast=True).half().float()
    torch.testing.assert_close(to_pixels(half, latents), to_pixels(full, latents))
    assert half.dtype == torch.float16


def test_pixels_that_are_not_finite_are_a_lost_attempt() -> None:
    with pytest.raises(AttemptFailed, match="non-finite"):
        pictures(torch.full((1, 3, 4, 4), float("nan")))
