"""Stable Diffusion 1.x and 2.x, the pocket, and whatever else has their shape: ε or v, one CLIP text tower, a UNet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image
from torch import Tensor

from grounding.attention import Enough, Hook, Layer
from grounding.backbone import Blank, Conditioning, Habit, Lexicon, Placed, R, Shape, Words
from grounding.backbones import unet as unets
from grounding.backbones.control import followed, following, sized
from grounding.backbones.latents import from_pixels, pictures, pixels_of, to_pixels
from grounding.backbones.opening import controlled, marked, open_pipeline
from grounding.backbones.quiet import quietly
from grounding.backbones.towers import ClipTower, shares
from grounding.errors import BadRequest, Unsupported
from grounding.loading import PLAIN, Loading

with quietly():
    from diffusers import StableDiffusionPipeline

GUIDED_CELLS = 256
"""Layout is decided at the grid nearest to 16×16."""


@dataclass(frozen=True)
class Control:
    """A ControlNet and the picture it follows ("batch 3 height width", 0 to 1), passed through to the UNet."""

    net: Any
    picture: Tensor
    scale: float = 1.0

    def __call__(self, x: Tensor, t: Tensor, cond: Conditioning, **further: Any) -> dict[str, Any]:
        """The residuals for one pass."""
        smaller = 2 ** (len(self.net.config.conditioning_embedding_out_channels) - 1)
        picture = sized(self.picture, x.shape[2] * smaller, x.shape[3] * smaller)
        down, mid = self.net(x, t, encoder_hidden_states=cond.text.to(x), conditioning_scale=self.scale,
                             controlnet_cond=followed(cond, picture).to(x), return_dict=False, **further)
        return {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}


class StableDiffusion:
    """A `Backbone` around the parts of a `StableDiffusionPipeline`."""

    habit = Habit(25, 7.5)
    native_boxes = 0
    kind: Any = StableDiffusionPipeline
    without: Mapping[str, Any] = {"safety_checker": None, "feature_extractor": None, "image_encoder": None,
                                  "requires_safety_checker": False}
    """What a checkpoint may bring and nothing here uses."""

    def __init__(self, pipe: Any, *, name: str, control: Control | None = None, device: str = "",
                 digest: str = "") -> None:
        self.pipe, self.name, self.control, self.digest = pipe, name, control, digest
        self.unet, self.vae, self.text, self.tokenizer = pipe.unet, pipe.vae, pipe.text_encoder, pipe.tokenizer
        for part in (self.unet, self.vae, self.text, *([control.net] if control else [])):
            part.requires_grad_(False).eval()
        self.tower = ClipTower(self.text, self.tokenizer, penultimate=False)
        self.device, self.dtype = torch.device(device or self.unet.device), self.unet.dtype
        alphas = getattr(self.scheduler(), "alphas_cumprod", None)
        if alphas is None:
            raise Unsupported(f"`{name}` comes with a `{type(pipe.scheduler).__name__}`, which does not say how noise "
                              "grows (`alphas_cumprod`); give the checkpoint another scheduler, such as DDIM")
        self._alphas = alphas.to(self.device)

    @classmethod
    def load(cls, source: str | Path, *, device: str = "cpu", loading: Loading = PLAIN, checkpointing: bool = False,
             **options: Any) -> Self:
        """From a local folder or a single file. `checkpointing` trades time for memory; `options` are the family's
        own."""
        pipe = open_pipeline(cls.kind, Path(source), loading, device=device, without=cls.without)
        if checkpointing:
            pipe.unet.enable_gradient_checkpointing()
        if loading.control:
            net, picture = controlled(loading.control, {"ControlNetModel": "ControlNetModel"}, pipe.unet.dtype, device)
            options["control"] = Control(net, picture, loading.control.strength)
        return cls(pipe, name=str(source), device=device, digest=marked(Path(source), loading), **options)

    def fingerprint(self) -> str:
        """The digest of the files that it was loaded from."""
        return self.digest

    def size(self) -> tuple[int, int]:
        """The width and height that the model was trained for."""
        side = self.unet.config.sample_size * self.pipe.vae_scale_factor
        return side, side

    def shape(self, width: int, height: int) -> Shape:
        """The latent's shape for a picture of this size."""
        unit = self.pipe.vae_scale_factor
        if width < 1 or height < 1 or width % unit or height % unit:
            raise BadRequest(f"width and height must be positive multiples of {unit}, got {width} × {height}")
        return Shape(self.vae.config.latent_channels, height // unit, width // unit)

    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them (see `Backbone.encode`)."""
        own, = shares(learned, (self.tower,))
        read = [(text, self.tower.read(text, own)) for text in texts]
        return [Words(text, r.states, r.offsets, r.content, r.dropped) for text, r in read]

    def blank(self) -> Blank:
        """What learned tokens start from."""
        return self.tower.blank()

    def lexicon(self) -> Lexicon:
        """The text encoder's token embeddings."""
        return self.tower.lexicon()

    def stack(self, words: Sequence[Words]) -> Conditioning:
        """A batch of encoded texts."""
        return Conditioning(torch.stack([w.states for w in words]))

    def place(self, cond: Conditioning, placed: Sequence[Sequence[Placed]]) -> Conditioning:
        """No things, for the model has no grounding layers; but pictures, if it follows several."""
        return following(cond, self.control.picture if self.control else None)

    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """The attention layers in the order in which a pass runs them."""
        return unets.layers(self.unet, shape)

    def grid(self, shape: Shape) -> tuple[int, int]:
        """The cross-attention grid nearest to 16×16."""
        grids = {(layer.rows, layer.cols) for layer in self.layers(shape) if layer.kind == "cross"}
        if not grids:
            raise Unsupported(f"`{self.name}` has no cross-attention that could be guided")
        return min(grids, key=lambda g: (max(g[0] * g[1], GUIDED_CELLS) / min(g[0] * g[1], GUIDED_CELLS), g))

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook] = ()) -> Tensor:
        """One pass of the UNet."""
        if not hooks:
            return self._pass(x, t, cond)
        with unets.opened(self.unet, self.layers(Shape(*x.shape[1:]), t), hooks):
            return self._pass(x, t, cond)

    def attend(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook], then: Callable[[], R],
               during: Sequence[Hook] = ()) -> R:
        """The part of a pass that `hooks` want to see."""
        with unets.opened(self.unet, self.layers(Shape(*x.shape[1:]), t), [*hooks, *during], until=hooks):
            with suppress(Enough):
                self._pass(x, t, cond)
            return then()

    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        x, states = x.to(self.dtype), cond.states.to(self.dtype)
        residuals = {} if self.control is None else self.control(x, t, cond)
        out = self.unet(x, t, encoder_hidden_states=states, return_dict=False, **self._inputs(cond, t), **residuals)
        return out[0].float()  # type: ignore[no-any-return]

    def _inputs(self, cond: Conditioning, t: Tensor) -> Mapping[str, Any]:
        """Further arguments of the UNet, for families that have any."""
        return {}

    def clean(self, x: Tensor, t: Tensor, output: Tensor) -> Tensor:
        """x̂₀ = (x − √(1−ᾱ) ε) / √ᾱ, or √ᾱ x − √(1−ᾱ) v, or the output itself where the model predicts that."""
        alpha = self._alphas[t.long()].sqrt()
        sigma = (1 - alpha**2).sqrt()
        clean: Tensor
        match self.pipe.scheduler.config.prediction_type:
            case "v_prediction":
                clean = alpha * x - sigma * output
            case "sample":
                clean = output
            case _:
                clean = (x - sigma * output) / alpha
        return clean

    def noise_level(self, t: Tensor) -> float:
        """√(1 − ᾱ)."""
        return float((1 - self._alphas[t.long()]).sqrt())

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
        """A fresh scheduler with the checkpoint's configuration."""
        return (kind or type(self.pipe.scheduler)).from_config(self.pipe.scheduler.config)
