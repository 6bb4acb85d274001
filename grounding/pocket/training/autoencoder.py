"""The autoencoder stage: 128×128 pixels to 32×32×4 latents and back, with crisp edges."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor
from torch.nn import functional

from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage, trained
from grounding.pocket.training.scenes import scenes

CROP = 64
KL_WEIGHT = 1e-6


CHANNELS = {128: (32, 64, 96), 256: (24, 32, 64, 96)}
"""Per side of the pictures, all with latents of 32×32, the width of every stage from the pixels inward."""


def build(side: int = 128) -> Any:
    """About a million parameters, convolutions only: what it does to a patch does not depend on the picture's size."""
    channels = CHANNELS[side]
    return AutoencoderKL(  # type: ignore[no-untyped-call]
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=side,
        mid_block_add_attention=False,
    )


class Autoencoder(TrainingStage):
    name: ClassVar[str] = "autoencoder"
    recipe: ClassVar[Regime] = Regime(rate=2e-3, batch=8, average=0.998)
    side: ClassVar[int] = 128

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.model: Any = build(self.side)

    def begin(self, step: int) -> None:
        each = (self.settings.scenes or 9000) // 6
        shares = ((0, each), (1, 2 * each), (2, 3 * each))
        found = [scenes(self.settings.state, level, n, self.settings.workers) for level, n in shares]
        self.pictures = torch.from_numpy(np.concatenate([run.pictures for run in found])).to(self.device)
        unseen = [scenes(self.settings.state, level, 1, unseen=True).pictures[:40] for level in (0, 1, 2)]
        self.unseen = to_signed(torch.from_numpy(np.concatenate(unseen))).to(self.device)

    def loss(self, progress: float) -> dict[str, Tensor]:
        whole = progress > 0.85
        pictures = self._batch(max(4, self.batch // 4) if whole else self.batch, None if whole else CROP)
        posterior = self.model.encode(pictures).latent_dist
        painted = self.model.decode(posterior.sample()).sample.float()
        difference = functional.l1_loss(painted, pictures)
        square = functional.mse_loss(painted, pictures)
        edge = functional.l1_loss(edges(painted), edges(pictures))
        spread = posterior.kl().float().mean()
        return {
            "loss": difference + 2.0 * square + edge + KL_WEIGHT * spread,
            "psnr": -10 * torch.log10(square.detach() / 4),
            "kl": spread,
        }

    def measure(self, model: Any) -> dict[str, float]:
        painted = self._paint(model, self.unseen)
        squares = (painted - self.unseen).square().mean((1, 2, 3)) / 4
        latents = model.encode(self.unseen).latent_dist.mean
        return {"unseen_psnr": float((-10 * squares.log10()).mean()), "latent_std": float(latents.std())}

    def sheet(self, model: Any) -> Image.Image:
        chosen = self.unseen[::15][:8]
        return tile(torch.cat([chosen, self._paint(model, chosen)]), 8)

    def save(self, model: Any, weights: Path) -> None:
        measure_scale(model, self.settings.state)
        model.half().save_pretrained(weights / "pipeline" / "vae")

    def load(self, weights: Path) -> None:
        self.model = AutoencoderKL.from_pretrained(weights / "pipeline" / "vae", dtype=torch.float32)  # type: ignore[no-untyped-call]

    def _paint(self, model: Any, pictures: Tensor) -> Tensor:
        parts = [model(part, sample_posterior=False).sample.clamp(-1, 1) for part in torch.split(pictures, 20)]
        return torch.cat(parts)

    def _batch(self, count: int, crop: int | None) -> Tensor:
        chosen = torch.randint(len(self.pictures), (count,), generator=self.random)
        pictures = self.pictures[chosen.to(self.device)]
        if crop is not None:
            size = pictures.shape[1]
            corners = torch.randint(0, (size - crop) // 4 + 1, (count, 2), generator=self.random).tolist()
            pictures = torch.stack(
                [p[4 * y : 4 * y + crop, 4 * x : 4 * x + crop] for p, (y, x) in zip(pictures, corners, strict=True)]
            )
        return to_signed(pictures)


def trained_autoencoder(settings: TrainingSettings) -> Any:
    """The autoencoder behind the latents that a painter learns. One that ships keeps the scale that it ships with."""
    model = trained(Autoencoder(settings))
    if (settings.state / f"{Autoencoder.name}.pt").exists():
        measure_scale(model, settings.state)
    return model


def measure_scale(model: Any, state: Path) -> None:
    """Set the factor that gives the latents of rendered scenes unit spread."""
    run = scenes(state, 2, 1, unseen=True)
    with torch.no_grad():
        found = model.encode(to_signed(torch.from_numpy(run.pictures[:100]))).latent_dist.mean
    model.register_to_config(scaling_factor=round(1 / float(found.std()), 4))


def to_signed(pictures: Tensor) -> Tensor:
    """uint8 [n, rows, cols, 3] to floats in [-1, 1], channels first."""
    return pictures.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def tile(pictures: Tensor, columns: int) -> Image.Image:
    """Pictures in [-1, 1] as one image, `columns` to a row."""
    levels = pictures.float().add(1).mul(127.5).clamp(0, 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    rows = [np.concatenate(list(levels[i : i + columns]), 1) for i in range(0, len(levels), columns)]
    return Image.fromarray(np.concatenate(rows))


def edges(pictures: Tensor) -> Tensor:
    across = pictures[..., 1:, 1:] - pictures[..., 1:, :-1]
    down = pictures[..., 1:, 1:] - pictures[..., :-1, 1:]
    return torch.cat([across, down], 1)
