"""The stage that doubles the painter's pictures: an autoencoder of factor eight around latents that a UNet knows.

A factor-four autoencoder made the latents that the UNet learned. One stage more on either side of it turns 256×256
pixels into the same latents and back: the encoder learns to say of a large drawing what the smaller one says of a
drawing half as wide; the decoder learns to draw from those latents, from noisy ones, and from such as the painter
makes (`painted.py`), so that a slightly wrong latent still gives a clean edge.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from grounding.pocket.training.autoencoder import Autoencoder, edges, to_signed, trained_autoencoder
from grounding.pocket.training.latents import latents
from grounding.pocket.training.loop import Regime
from grounding.pocket.training.painted import lessons, painted
from grounding.pocket.training.scenes import SceneFeed, scenes
from grounding.pocket.world import draw, picture

SIDE = 256
CELLS = 16
"""A lesson shows this many latent cells a side."""
NOISE = 0.12
"""How much noise, at most, lies on the latents (of unit spread) from which the decoder learns to draw."""
PAINTED = 0.6
"""The share of lessons, where there are any, whose latents are the painter's."""


class Larger(Autoencoder):
    """256×256 pixels to the latents of a factor-four autoencoder, and back."""

    name: ClassVar[str] = "larger"
    recipe: ClassVar[Regime] = Regime(rate=2e-3, batch=6, average=0.997)
    side: ClassVar[int] = SIDE

    def start(self) -> None:
        grow(self.model, trained_autoencoder(self.settings))

    def begin(self, step: int) -> None:
        settings = self.settings
        self.teacher: Any = trained_autoencoder(settings).to(self.device)
        self.model.register_to_config(scaling_factor=self.teacher.config.scaling_factor)
        runs = lessons(settings)
        drawn = [_large(run, level, count) for level, run, count in runs]
        self.pictures = torch.from_numpy(np.concatenate(drawn))
        self.known = torch.cat([latents(run, self.teacher, self.device)[:count].float() for _, run, count in runs])
        self.wrong = [made for _, run, count in runs for made in painted(run)[:count]]
        self.unseen = to_signed(torch.from_numpy(_large(scenes(settings.state, 2, 1, unseen=True), 2, 24)))

    def loss(self, progress: float) -> dict[str, Tensor]:
        rows = torch.randint(len(self.pictures), (self.batch,), generator=self.random).tolist()
        corners = torch.randint(0, 32 - CELLS + 1, (self.batch, 2), generator=self.random).tolist()
        pixels = torch.stack([_window(self.pictures[row], corner, SIDE // 32)
                              for row, corner in zip(rows, corners, strict=True)])
        shown = to_signed(pixels.to(self.device)).contiguous(memory_format=torch.channels_last)
        known = torch.stack([_cut(self.known[row], corner) for row, corner in zip(rows, corners, strict=True)])
        said = self.model.encode(shown).latent_dist.mean.float() * self.model.config.scaling_factor
        inner = (..., slice(2, -2), slice(2, -2))
        missed = functional.mse_loss(said[inner], known[inner].to(said))
        given = torch.stack([self._given(row, corner) for row, corner in zip(rows, corners, strict=True)])
        drawn = self.model.decode(given.to(shown) / self.model.config.scaling_factor).sample.float()
        apart = functional.l1_loss(drawn, shown)
        edge = functional.l1_loss(edges(drawn), edges(shown))
        square = functional.mse_loss(drawn.detach(), shown)
        return {"loss": apart + edge + missed, "latents": missed, "edge": edge, "psnr": -10 * torch.log10(square / 4)}

    def _given(self, row: int, corner: list[int]) -> Tensor:
        """The latents that the decoder is to draw from."""
        made = self.wrong[row]
        if made is not None and float(torch.rand((), generator=self.random)) < PAINTED:
            return _cut(made, corner).float()
        exact = _cut(self.known[row], corner)
        much = NOISE * float(torch.rand((), generator=self.random)) ** 2
        return exact + much * torch.randn(exact.shape, generator=self.random)

    def save(self, model: Any, weights: Path) -> None:
        model.register_to_config(scaling_factor=trained_autoencoder(self.settings).config.scaling_factor)
        model.half().save_pretrained(weights / "pipeline" / "vae")


def grow(larger: Any, smaller: Any) -> None:
    """Give the inner stages of a factor-eight autoencoder what a factor-four one has learned, and its scale."""
    known = {_outward(name): value for name, value in smaller.state_dict().items()}
    ours = larger.state_dict()
    larger.load_state_dict(ours | {name: value for name, value in known.items() if _fits(ours.get(name), value)})
    larger.register_to_config(scaling_factor=smaller.config.scaling_factor)


def _outward(name: str) -> str:
    """What a part is called where one more stage comes before it: the encoder's stages count from the outside."""
    for number in (2, 1, 0):
        name = name.replace(f"down_blocks.{number}.", f"down_blocks.{number + 1}.") if (
            f"down_blocks.{number}." in name) else name
    return name


def _fits(ours: Tensor | None, theirs: Tensor) -> bool:
    return ours is not None and ours.shape == theirs.shape


def _large(run: SceneFeed, level: int, count: int) -> NDArray[np.uint8]:
    return np.stack([draw(picture(row["seed"], level=level), SIDE) for row in run.rows[:count]])


def _window(pixels: Tensor, corner: list[int], unit: int) -> Tensor:
    y, x = (unit * at for at in corner)
    return pixels[y : y + unit * CELLS, x : x + unit * CELLS]


def _cut(cells: Tensor, corner: list[int]) -> Tensor:
    y, x = corner
    return cells[:, y : y + CELLS, x : x + CELLS]
