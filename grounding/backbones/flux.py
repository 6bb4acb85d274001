"""FLUX.1: T5's columns before the image's tokens, CLIP's pooled text beside them, positions by rotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grounding.attention import Layer
from grounding.backbone import Conditioning, Habit, Shape, Words
from grounding.backbones.control import followed, sized
from grounding.backbones.joint import OpenTextFirst
from grounding.backbones.mmdit import PATCH, JointControl, JointTransformer
from grounding.backbones.quiet import quietly
from grounding.backbones.towers import ClipTower, T5Tower, Tower, shares

with quietly():
    from diffusers import FluxPipeline


class Flux(JointTransformer):
    """A `Backbone` around the parts of a `FluxPipeline`.

    `length` is how many columns T5 has; `distilled` the guidance that guidance-distilled checkpoints are told, for
    which the loop's own guidance scale is 1. Learned tokens are as wide as CLIP's and T5's token embeddings together.
    """

    habit = Habit(28, 1.0)  # distilled: it is told its guidance, and what it was trained on has no other half
    kind = FluxPipeline
    controls: Mapping[str, str] = {"FluxControlNetModel": "FluxControlNetModel"}
    processor = OpenTextFirst

    def __init__(self, pipe: Any, *, length: int = 512, distilled: float = 3.5, **options: Any) -> None:
        super().__init__(pipe, **options)
        self.distilled = distilled
        self.clip = ClipTower(pipe.text_encoder, pipe.tokenizer, penultimate=False)
        self.t5 = T5Tower(pipe.text_encoder_2, pipe.tokenizer_2, length)
        self.towers: tuple[Tower, ...] = (self.clip, self.t5)

    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them. There is no start token: the first word is column 0."""
        short, long = shares(learned, self.towers)
        found = []
        for text in texts:
            gist, read = self.clip.read(text, short), self.t5.read(text, long)
            found.append(Words(text, read.states, read.offsets, read.content, read.dropped, gist.dropped,
                               {"pooled": gist.pooled}))
        return found

    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """The attention layers in the order in which a pass runs them: double-stream, then single-stream."""
        grid, transformer = self.grid(shape), self.transformer
        double = [Layer(f"transformer_blocks.{n}.attn", "joint", *grid, n in self.watched)
                  for n in range(len(transformer.transformer_blocks))]
        single = [Layer(f"single_transformer_blocks.{n}.attn", "joint", *grid, False)
                  for n in range(len(transformer.single_transformer_blocks))]
        return (*double, *single)

    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        rows, cols = x.shape[2:]
        states, pooled = (f.to(self.dtype) for f in (cond.states, cond.extra["pooled"]))
        time = t.to(x.device).expand(len(x)).to(self.dtype) / 1000
        inputs = {
            "hidden_states": packed(x.to(self.dtype)), "encoder_hidden_states": states, "pooled_projections": pooled,
            "timestep": time, "img_ids": places(rows // PATCH, cols // PATCH).to(x.device, self.dtype),
            "txt_ids": torch.zeros(states.shape[1], 3, device=x.device, dtype=self.dtype), "return_dict": False}
        residuals = self._residuals(self.control, x, cond, inputs) if self.control else {}
        out = self.transformer(**inputs, **self._told(self.transformer, x), **residuals)[0]
        return unpacked(out, rows, cols).float()

    def _told(self, model: Any, x: Tensor) -> dict[str, Tensor]:
        """The guidance, for models that were distilled on it."""
        if not model.config.guidance_embeds:
            return {}
        return {"guidance": torch.full([len(x)], self.distilled, device=x.device, dtype=torch.float32)}

    def _residuals(self, control: JointControl, x: Tensor, cond: Conditioning,
                   inputs: dict[str, Any]) -> dict[str, Any]:
        """What the ControlNet adds. Nets with a hint block of their own see the picture, the others its latent."""
        sees_pixels = control.net.input_hint_block is not None
        if sees_pixels:
            height, width = (side * self.pipe.vae_scale_factor for side in x.shape[2:])
            picture = sized(control.picture, height, width).to(x.device, self.dtype) * 2 - 1
            seen = followed(cond, picture)
        else:
            seen = packed(self.followed(control, x, cond).to(self.dtype))
        mode = None if control.mode is None else torch.full([len(x), 1], control.mode, device=x.device)
        columns = cond.text.shape[1]
        inputs = {**inputs, "encoder_hidden_states": inputs["encoder_hidden_states"][:, :columns],
                  "txt_ids": inputs["txt_ids"][:columns]}
        double, single = control.net(**inputs, **self._told(control.net, x), controlnet_cond=seen, controlnet_mode=mode,
                                     conditioning_scale=control.scale)
        return {"controlnet_block_samples": double, "controlnet_single_block_samples": single,
                "controlnet_blocks_repeat": sees_pixels}

    def _schedule(self, config: Any, shape: Shape | None) -> dict[str, Any]:
        found = super()._schedule(config, shape)
        return found if config.get("use_flow_sigmas", False) else {**found, "linear": True}


def packed(x: Tensor) -> Tensor:
    """Latents as tokens, each with the pixels of its patch: "batch tokens channels·4"."""
    batch, channels, rows, cols = x.shape
    x = x.view(batch, channels, rows // PATCH, PATCH, cols // PATCH, PATCH).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(batch, rows // PATCH * (cols // PATCH), channels * PATCH**2)


def unpacked(tokens: Tensor, rows: int, cols: int) -> Tensor:
    """Tokens as latents."""
    batch, _, channels = tokens.shape
    x = tokens.view(batch, rows // PATCH, cols // PATCH, channels // PATCH**2, PATCH, PATCH).permute(0, 3, 1, 4, 2, 5)
    return x.reshape(batch, channels // PATCH**2, rows, cols)


def places(rows: int, cols: int) -> Tensor:
    """Each image token's position as the rotation takes it: "tokens 3", of which the first is always 0."""
    down, across = torch.meshgrid(torch.arange(rows), torch.arange(cols), indexing="ij")
    return torch.stack([torch.zeros_like(down), down, across], -1).reshape(-1, 3).float()
