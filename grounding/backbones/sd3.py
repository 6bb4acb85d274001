"""Stable Diffusion 3 and 3.5: three text towers in one row of columns, image tokens before text tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.attention import Layer
from grounding.backbone import Conditioning, Habit, Shape, Words
from grounding.backbones.joint import OpenImageFirst
from grounding.backbones.mmdit import JointControl, JointTransformer
from grounding.backbones.quiet import quietly
from grounding.backbones.towers import ClipTower, T5Tower, TextReading, Tower, shares

with quietly():
    from diffusers import StableDiffusion3Pipeline


class StableDiffusion3(JointTransformer):
    """A `Backbone` around the parts of a `StableDiffusion3Pipeline`, with or without T5.

    The columns are CLIP's (both CLIPs side by side), then T5's, so a word has two columns or more. `length` is how many
    columns T5 has. Learned tokens are as wide as all towers' token embeddings together.
    """

    habit = Habit(28, 7.0)
    kind = StableDiffusion3Pipeline
    controls: Mapping[str, str] = {"SD3ControlNetModel": "SD3ControlNetModel"}
    processor = OpenImageFirst

    def __init__(self, pipe: Any, *, length: int = 256, **options: Any) -> None:
        super().__init__(pipe, **options)
        self.length = length
        self.clips = (ClipTower(pipe.text_encoder, pipe.tokenizer, penultimate=True),
                      ClipTower(pipe.text_encoder_2, pipe.tokenizer_2, penultimate=True))
        self.t5 = None if pipe.text_encoder_3 is None else T5Tower(pipe.text_encoder_3, pipe.tokenizer_3, length)
        self.towers: tuple[Tower, ...] = self.clips if self.t5 is None else (*self.clips, self.t5)

    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them."""
        return [self._words(text, learned) for text in texts]

    def _words(self, text: str, learned: Tensor | None) -> Words:
        parts = shares(learned, self.towers)
        first, second = (tower.read(text, own) for tower, own in zip(self.clips, parts, strict=False))
        long = self._long(text, parts[-1])
        clip = torch.cat([first.states, second.states], -1)
        states = torch.cat([F.pad(clip, (0, long.states.shape[-1] - clip.shape[-1])), long.states])
        pooled = torch.cat([first.pooled, second.pooled])
        shift = len(first.offsets)
        end = shift + long.content.stop if long.content else first.content.stop
        dropped = first.dropped if self.t5 is None else long.dropped
        return Words(text, states, first.offsets + long.offsets, range(first.content.start, end), dropped,
                     first.dropped, {"pooled": pooled})

    def _long(self, text: str, learned: Tensor | None) -> TextReading:
        """T5's reading, or the zeros that stand for it."""
        if self.t5 is not None:
            return self.t5.read(text, learned)
        width = self.transformer.config.joint_attention_dim
        zeros = torch.zeros(self.length, width, device=self.device, dtype=self.dtype)
        return TextReading(zeros, zeros[0, :0], ((0, 0),) * self.length, range(0), "")

    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """The attention layers in the order in which a pass runs them; some checkpoints have a second one per block."""
        found = []
        for n, block in enumerate(self.transformer.transformer_blocks):
            place, grid, watched = f"transformer_blocks.{n}", self.grid(shape), n in self.watched
            found.append(Layer(f"{place}.attn", "joint", *grid, watched))
            if block.attn2 is not None:
                found.append(Layer(f"{place}.attn2", "self", *grid, watched))
        return tuple(found)

    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        x, states, pooled = (f.to(self.dtype) for f in (x, cond.states, cond.extra["pooled"]))
        time = t.to(x.device).expand(len(x))
        residuals = self._residuals(self.control, x, cond, pooled, time) if self.control else None
        out = self.transformer(x, states, pooled, time, block_controlnet_hidden_states=residuals, return_dict=False)
        return out[0].float()  # type: ignore[no-any-return]

    def _residuals(self, control: JointControl, x: Tensor, cond: Conditioning, pooled: Tensor, time: Tensor) -> Any:
        """What the ControlNet adds. Nets that want no pooled text were trained without the VAE's shift."""
        config = control.net.config
        bare = config.force_zeros_for_pooled_projection
        return control.net(
            hidden_states=x, timestep=time, pooled_projections=torch.zeros_like(pooled) if bare else pooled,
            controlnet_cond=self.followed(control, x, cond, shifted=not bare), conditioning_scale=control.scale,
            encoder_hidden_states=cond.text.to(x) if config.joint_attention_dim is not None else None,
            return_dict=False)[0]
