"""What the multimodal transformers (Stable Diffusion 3, FLUX.1) have in common: flow matching, joint layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from grounding.attention import Enough, Hook, Layer
from grounding.backbone import Blank, Conditioning, Lexicon, Placed, R, Shape, Words
from grounding.backbones import joint
from grounding.backbones.control import followed, following, sized
from grounding.backbones.latents import from_pixels, pictures, pixels_of, to_pixels
from grounding.backbones.opening import controlled, marked, open_pipeline
from grounding.backbones.towers import Tower, together
from grounding.backbones.unet import opened
from grounding.errors import BadRequest, Unsupported
from grounding.loading import PLAIN, Loading

PATCH = 2
"""Latent pixels on a side of one image token, in both families."""


@dataclass(frozen=True)
class JointControl:
    """A ControlNet of the family and the picture it follows ("batch 3 height width", 0 to 1), passed through to the
    transformer. `mode` is for nets that were trained on several kinds of picture."""

    net: Any
    picture: Tensor
    scale: float = 1.0
    mode: int | None = None


class JointTransformer(ABC):
    """A `Backbone` whose image and text attend to each other in the same layers, and whose model predicts a velocity.

    x = (1 − σ) x₀ + σ n with σ = t / 1000, and the model gives v = n − x₀. `watched` are the numbers of the blocks in
    which layout is read; by default those from half to three quarters of the double-stream blocks.
    """

    native_boxes = 0
    kind: Any
    controls: Mapping[str, str]
    """The classes of ControlNet that the family has, as their folders name them."""
    processor: Callable[[Layer, Sequence[Hook], bool], Any]
    towers: tuple[Tower, ...]

    def __init__(self, pipe: Any, *, name: str, control: JointControl | None = None,
                 watched: Sequence[int] | None = None, device: str = "", digest: str = "") -> None:
        self.pipe, self.name, self.control, self.digest = pipe, name, control, digest
        self.transformer, self.vae = pipe.transformer, pipe.vae
        for part in (self.transformer, self.vae, *([control.net] if control else [])):
            part.requires_grad_(False).eval()
        self.device, self.dtype = torch.device(device or self.transformer.device), self.transformer.dtype
        self.watched = _watched(len(self.transformer.transformer_blocks), watched)
        self._followed: tuple[JointControl, Tensor] | None = None

    @classmethod
    def load(cls, source: str | Path, *, device: str = "cpu", loading: Loading = PLAIN, checkpointing: bool = False,
             **options: Any) -> Self:
        """From a local folder or a single file. `checkpointing` trades time for memory."""
        pipe = open_pipeline(cls.kind, Path(source), loading, device=device,
                             without={"feature_extractor": None, "image_encoder": None})
        if checkpointing:
            pipe.transformer.enable_gradient_checkpointing()
        if loading.control:
            net, picture = controlled(loading.control, cls.controls, pipe.transformer.dtype, device)
            options["control"] = JointControl(net, picture, loading.control.strength)
        return cls(pipe, name=str(source), device=device, digest=marked(Path(source), loading), **options)

    def fingerprint(self) -> str:
        """The digest of the files that it was loaded from."""
        return self.digest

    def size(self) -> tuple[int, int]:
        """The width and height that the model was trained for."""
        side = self.pipe.default_sample_size * self.pipe.vae_scale_factor
        return side, side

    def shape(self, width: int, height: int) -> Shape:
        """The latent's shape for a picture of this size."""
        unit = self.pipe.vae_scale_factor * PATCH
        if width < 1 or height < 1 or width % unit or height % unit:
            raise BadRequest(f"width and height must be positive multiples of {unit}, got {width} × {height}")
        return Shape(self.vae.config.latent_channels, height * PATCH // unit, width * PATCH // unit)

    @abstractmethod
    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them (see `Backbone.encode`)."""

    def blank(self) -> Blank:
        """What learned tokens start from."""
        return together(self.towers)

    def lexicon(self) -> Lexicon:
        """The first tower's token embeddings: a CLIP's, in both families."""
        return self.towers[0].lexicon()

    def stack(self, words: Sequence[Words]) -> Conditioning:
        """A batch of encoded texts."""
        return Conditioning(torch.stack([w.states for w in words]),
                            {"pooled": torch.stack([w.extra["pooled"] for w in words])})

    def place(self, cond: Conditioning, placed: Sequence[Sequence[Placed]]) -> Conditioning:
        """No things, for the model has no grounding layers; but pictures, if it follows several."""
        return following(cond, self.control.picture if self.control else None)

    @abstractmethod
    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """The attention layers in the order in which a pass runs them."""

    def grid(self, shape: Shape) -> tuple[int, int]:
        """One cell per image token."""
        return shape.rows // PATCH, shape.cols // PATCH

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook] = ()) -> Tensor:
        """One pass of the transformer."""
        if not hooks:
            return self._pass(x, t, cond)
        with opened(self.transformer, self.layers(Shape(*x.shape[1:]), t), hooks, processor=self.processor,
                    refuse=joint.refuse):
            return self._pass(x, t, cond)

    def attend(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook], then: Callable[[], R],
               during: Sequence[Hook] = ()) -> R:
        """The part of a pass that `hooks` want to see."""
        with opened(self.transformer, self.layers(Shape(*x.shape[1:]), t), [*hooks, *during], until=hooks,
                    processor=self.processor, refuse=joint.refuse):
            with suppress(Enough):
                self._pass(x, t, cond)
            return then()

    @abstractmethod
    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """The velocity."""

    @torch.no_grad()
    def followed(self, control: JointControl, x: Tensor, cond: Conditioning, *, shifted: bool = True) -> Tensor:
        """The picture that a ControlNet follows, as a latent, for every row of `x`; it is encoded once."""
        rows, cols = (side * self.pipe.vae_scale_factor for side in x.shape[2:])
        if self._followed is None or self._followed[0] is not control or self._followed[1].shape[2:] != x.shape[2:]:
            latent = from_pixels(self.vae, sized(control.picture, rows, cols) * 2 - 1)
            shift = self.vae.config.get("shift_factor") or 0.0
            self._followed = control, latent if shifted else latent + shift * self.vae.config.scaling_factor
        latent = self._followed[1]
        return followed(cond, latent).to(x)

    def clean(self, x: Tensor, t: Tensor, output: Tensor) -> Tensor:
        """x̂₀ = x − σ v."""
        return x - self.noise_level(t) * output

    def noise_level(self, t: Tensor) -> float:
        """σ."""
        return float(t) / float(self.pipe.scheduler.config.num_train_timesteps)

    def pixels(self, latents: Tensor) -> Tensor:
        """Latents to pixels in −1 … 1, differentiably."""
        return to_pixels(self.vae, latents)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        """Latents to pictures."""
        return pictures(self.pixels(latents))

    @torch.no_grad()
    def encode_images(self, images: Sequence[Image.Image]) -> Tensor:
        """Pictures to latents (the mean, no noise)."""
        return from_pixels(self.vae, pixels_of(images))

    def scheduler(self, kind: type[Any] | None = None, shape: Shape | None = None) -> Any:
        """A fresh flow-matching scheduler, with the shift that latents of this shape get and the members that the loop
        expects of every scheduler."""
        scheduler = (kind or type(self.pipe.scheduler)).from_config(self.pipe.scheduler.config)
        if not type(scheduler).__name__.startswith("FlowMatch"):
            raise Unsupported(f"`{self.name}` predicts velocities: a `FlowMatch…` scheduler is needed, not a "
                              f"`{type(scheduler).__name__}`")
        if not hasattr(scheduler, "init_noise_sigma"):
            scheduler.init_noise_sigma = 1.0
        if not hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input = lambda sample, timestep=None: sample
        further = self._schedule(scheduler.config, shape)
        if further:
            scheduler.set_timesteps = partial(_set_timesteps, scheduler.set_timesteps, further)
        return scheduler

    def _schedule(self, config: Any, shape: Shape | None) -> dict[str, Any]:
        """What the family's pipeline tells the scheduler besides the number of steps."""
        if not config.get("use_dynamic_shifting", False):
            return {}
        rows, cols = self.grid(shape or self.shape(*self.size()))
        low, high = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
        least, most = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
        return {"mu": least + (most - least) / (high - low) * (rows * cols - low)}


def _set_timesteps(original: Callable[..., None], further: dict[str, Any], steps: int, device: Any = None) -> None:
    """`linear` asks for σ from 1 down to 1/steps, evenly, before the shift."""
    given = {name: value for name, value in further.items() if name != "linear"}
    if further.get("linear"):
        original(sigmas=np.linspace(1.0, 1 / steps, steps), device=device, **given)
    else:
        original(steps, device=device, **given)


def _watched(blocks: int, chosen: Sequence[int] | None) -> frozenset[int]:
    if chosen is None:
        return frozenset(range(blocks // 2, max(blocks // 2 + 1, -(-3 * blocks // 4))))
    if not chosen or not all(0 <= number < blocks for number in chosen):
        raise BadRequest(f"`watched` are numbers of double-stream blocks, 0 to {blocks - 1}, at least one; got "
                         f"{list(chosen)}")
    return frozenset(chosen)
