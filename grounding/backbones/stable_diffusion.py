"""Stable Diffusion 1.x and 2.x, the pocket, and whatever else has their shape: ε or v, one CLIP text tower, a UNet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from grounding.attention import Enough, Hook, Layer
from grounding.backbone import Conditioning, Placed, R, Shape, Words
from grounding.backbones import unet as unets
from grounding.backbones.quiet import quietly
from grounding.errors import AttemptFailed, BadRequest, ModelMissing, Unsupported

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

    def __call__(self, x: Tensor, t: Tensor, states: Tensor) -> dict[str, Any]:
        """The residuals for one pass."""
        picture = self.picture.to(x)
        picture = picture.repeat(-(-x.shape[0] // picture.shape[0]), 1, 1, 1)[: x.shape[0]]
        down, mid = self.net(x, t, encoder_hidden_states=states, controlnet_cond=picture,
                             conditioning_scale=self.scale, return_dict=False)
        return {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}


class StableDiffusion:
    """A `Backbone` around the parts of a `StableDiffusionPipeline`."""

    native_boxes = 0

    def __init__(self, pipe: Any, *, name: str, control: Control | None = None) -> None:
        self.pipe, self.name, self.control = pipe, name, control
        self.unet, self.vae, self.text, self.tokenizer = pipe.unet, pipe.vae, pipe.text_encoder, pipe.tokenizer
        for part in (self.unet, self.vae, self.text):
            part.requires_grad_(False).eval()
        self.device, self.dtype = self.unet.device, self.unet.dtype
        self._fingerprint = ""
        self._alphas = self.scheduler().alphas_cumprod.to(self.device)

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
            digest = hashlib.sha256()
            for part in (self.text, self.unet, self.vae):
                for name, weight in sorted(part.state_dict().items()):
                    digest.update(name.encode())
                    digest.update(weight.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

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
        return [self._encode(text, learned) for text in texts]

    def _encode(self, text: str, learned: Tensor | None) -> Words:
        extra = 0 if learned is None else learned.shape[0]
        limit = self.text.config.max_position_embeddings
        ids, offsets = self._tokens(text)
        first, room = 1, limit - 2 - extra
        kept = min(len(ids), room)
        dropped = text[offsets[kept][0]:] if kept < len(ids) else ""
        pad = limit - 2 - kept - extra
        bos, eos, padding = (getattr(self.tokenizer, f"{n}_token_id") for n in ("bos", "eos", "pad"))
        row = [bos, *ids[:kept], *[0] * extra, eos, *[padding] * pad]
        chars = ((0, 0), *offsets[:kept], *[(0, 0)] * (limit - 1 - kept))
        states = self._read(torch.tensor([row], device=self.device), learned, first + kept)
        return Words(text, states, chars, range(first, first + kept), dropped)

    def _tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return found["input_ids"], [tuple(o) for o in found["offset_mapping"]]

    def _read(self, ids: Tensor, learned: Tensor | None, at: int) -> Tensor:
        """The text tower's states, with `learned` in place of the token embeddings from column `at` on."""
        if learned is None:
            with torch.no_grad():
                return self.text(ids)[0][0]  # type: ignore[no-any-return]

        def insert(module: Any, args: Any, output: Tensor) -> Tensor:
            return torch.cat([output[:, :at], learned[None].to(output), output[:, at + learned.shape[0]:]], dim=1)

        handle = self.text.get_input_embeddings().register_forward_hook(insert)
        try:
            return self.text(ids)[0][0]  # type: ignore[no-any-return]
        finally:
            handle.remove()

    def stack(self, words: Sequence[Words]) -> Conditioning:
        """A batch of encoded texts."""
        return Conditioning(torch.stack([w.states for w in words]))

    def place(self, cond: Conditioning, placed: Sequence[Sequence[Placed]]) -> Conditioning:
        """Nothing: the model has no grounding layers."""
        return cond

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

    def attend(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook], then: Callable[[], R]) -> R:
        """The part of a pass that `hooks` want to see."""
        with unets.opened(self.unet, self.layers(Shape(*x.shape[1:]), t), hooks, stop_early=True):
            with suppress(Enough):
                self._pass(x, t, cond)
            return then()

    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        x, states = x.to(self.dtype), cond.states.to(self.dtype)
        residuals = {} if self.control is None else self.control(x, t, states)
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

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        """Latents to pictures."""
        pixels = self.vae.decode(latents.to(self.dtype) / self.vae.config.scaling_factor, return_dict=False)[0]
        if not torch.isfinite(pixels).all():
            raise AttemptFailed("decoding gave non-finite pixels; try another seed, or float32 weights")
        values = (pixels.float() / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
        return [Image.fromarray(picture) for picture in (values * 255).round().astype(np.uint8)]

    @torch.no_grad()
    def encode_images(self, images: Sequence[Image.Image]) -> Tensor:
        """Pictures to latents (the mean, no noise)."""
        arrays = np.stack([np.asarray(image.convert("RGB"), dtype=np.float32) for image in images])
        pixels = torch.from_numpy(arrays / 127.5 - 1).permute(0, 3, 1, 2).to(self.device, self.dtype)
        coded = self.vae.encode(pixels)
        mean = coded.latents if hasattr(coded, "latents") else coded.latent_dist.mean
        return (mean * self.vae.config.scaling_factor).float()  # type: ignore[no-any-return]

    def scheduler(self, kind: type[Any] | None = None) -> Any:
        """A fresh scheduler with the checkpoint's configuration."""
        return (kind or type(self.pipe.scheduler)).from_config(self.pipe.scheduler.config)


def load_pipeline(source: str | Path, *, dtype: torch.dtype, offline: bool) -> Any:
    """The checkpoint as a diffusers pipeline: safetensors only, no safety checker, quietly."""
    if offline and not (Path(source) / "model_index.json").is_file():
        raise ModelMissing(f"there is no checkpoint folder at `{source}` (one with `model_index.json` is expected); "
                           "give another folder, or a hub name with `offline=False`")
    try:
        with quietly():
            return StableDiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
                source, dtype=dtype, local_files_only=offline, use_safetensors=True, safety_checker=None,
                feature_extractor=None, image_encoder=None, requires_safety_checker=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(f"`{source}` could not be loaded: {error}") from error
