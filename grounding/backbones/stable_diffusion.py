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
from grounding.backbone import Blank, Conditioning, Lexicon, Placed, R, Shape, Words
from grounding.backbones import unet as unets
from grounding.backbones.control import followed, following
from grounding.backbones.latents import from_pixels, pictures, pixels_of, to_pixels
from grounding.backbones.quiet import quietly
from grounding.backbones.towers import ClipTower, shares
from grounding.backbones.weights import fingerprint
from grounding.errors import BadRequest, ModelMissing, Unsupported

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
        size = tuple(side * smaller for side in x.shape[2:])
        if self.picture.shape[2:] != size:
            raise BadRequest(f"the control's picture is {self.picture.shape[3]} × {self.picture.shape[2]}, for what is "
                             f"being painted it has to be {size[1]} × {size[0]}")
        down, mid = self.net(x, t, encoder_hidden_states=cond.text.to(x), conditioning_scale=self.scale,
                             controlnet_cond=followed(cond, self.picture).to(x), return_dict=False, **further)
        return {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}


class StableDiffusion:
    """A `Backbone` around the parts of a `StableDiffusionPipeline`."""

    native_boxes = 0

    def __init__(self, pipe: Any, *, name: str, control: Control | None = None) -> None:
        self.pipe, self.name, self.control = pipe, name, control
        self.unet, self.vae, self.text, self.tokenizer = pipe.unet, pipe.vae, pipe.text_encoder, pipe.tokenizer
        for part in (self.unet, self.vae, self.text, *([control.net] if control else [])):
            part.requires_grad_(False).eval()
        self.tower = ClipTower(self.text, self.tokenizer, penultimate=False)
        self.device, self.dtype = self.unet.device, self.unet.dtype
        self._fingerprint = ""
        alphas = getattr(self.scheduler(), "alphas_cumprod", None)
        if alphas is None:
            raise Unsupported(f"`{name}` comes with a `{type(pipe.scheduler).__name__}`, which does not say how noise "
                              "grows (`alphas_cumprod`); give the checkpoint another scheduler, such as DDIM")
        self._alphas = alphas.to(self.device)

    @classmethod
    def load(cls, source: str | Path, *, device: str = "cpu", dtype: torch.dtype = torch.float32,
             checkpointing: bool = False, offline: bool = True, **options: Any) -> Self:
        """From a local folder or, with `offline=False`, a hub name. `checkpointing` trades time for memory; `options`
        are the family's own."""
        pipe = load_pipeline(source, dtype=dtype, offline=offline).to(device)
        if checkpointing:
            pipe.unet.enable_gradient_checkpointing()
        return cls(pipe, name=str(source), **options)

    def fingerprint(self) -> str:
        """SHA-256 of the weights, taken once."""
        if not self._fingerprint:
            self._fingerprint = fingerprint(*self._weights())
        return self._fingerprint

    def _weights(self) -> tuple[Any, ...]:
        return self.text, self.unet, self.vae

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


PLAIN = {"safety_checker": None, "feature_extractor": None, "image_encoder": None, "requires_safety_checker": False}
"""What a checkpoint may bring and nothing here uses."""


def load_pipeline(source: str | Path, *, dtype: torch.dtype, offline: bool, kind: Any = StableDiffusionPipeline,
                  without: Mapping[str, Any] = PLAIN) -> Any:
    """The checkpoint as a diffusers pipeline: safetensors only, `without` the parts that nothing uses, quietly."""
    if offline and not (Path(source) / "model_index.json").is_file():
        raise ModelMissing(f"there is no checkpoint folder at `{source}` (one with `model_index.json` is expected); "
                           "give another folder, or a hub name with `offline=False`")
    try:
        with quietly():
            return kind.from_pretrained(source, dtype=dtype, local_files_only=offline, use_safetensors=True, **without)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(f"`{source}` could not be loaded: {error}") from error
