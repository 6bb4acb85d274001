"""Stable Diffusion XL: two text towers, a pooled text, and the size of the picture told to the UNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grounding.backbone import Blank, Conditioning, Habit, Words
from grounding.backbones.quiet import quietly
from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.backbones.towers import ClipTower, shares, together
from grounding.errors import Unsupported

with quietly():
    from diffusers import StableDiffusionXLPipeline


class StableDiffusionXL(StableDiffusion):
    """A `Backbone` around the parts of a `StableDiffusionXLPipeline`.

    Learned tokens are as wide as both towers' token embeddings together. An empty text is no text at all (zeros) where
    the checkpoint wants it so, as in the published ones.
    """

    habit = Habit(30, 5.0)
    kind = StableDiffusionXLPipeline
    without: Mapping[str, Any] = {"feature_extractor": None, "image_encoder": None, "add_watermarker": False}

    def __init__(self, pipe: Any, **options: Any) -> None:
        if pipe.text_encoder is None or pipe.text_encoder_2 is None:
            raise Unsupported("both text encoders are needed; load the base checkpoint, not the refiner")
        super().__init__(pipe, **options)
        self.towers = (ClipTower(pipe.text_encoder, pipe.tokenizer, penultimate=True),
                       ClipTower(pipe.text_encoder_2, pipe.tokenizer_2, penultimate=True))

    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them: both towers' last states but one, side by side."""
        return [self._words(text, learned) for text in texts]

    def _words(self, text: str, learned: Tensor | None) -> Words:
        parts = zip(self.towers, shares(learned, self.towers), strict=True)
        first, second = (tower.read(text, own) for tower, own in parts)
        states, pooled = torch.cat([first.states, second.states], -1), second.pooled
        if not text and learned is None and self.pipe.config.force_zeros_for_empty_prompt:
            states, pooled = torch.zeros_like(states), torch.zeros_like(pooled)
        return Words(text, states, first.offsets, first.content, first.dropped, extra={"pooled": pooled})

    def blank(self) -> Blank:
        """What learned tokens start from."""
        return together(self.towers)

    def stack(self, words: Sequence[Words]) -> Conditioning:
        """A batch of encoded texts."""
        return Conditioning(torch.stack([w.states for w in words]),
                            {"pooled": torch.stack([w.extra["pooled"] for w in words])})

    def _pass(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        x, states = x.to(self.dtype), cond.states.to(self.dtype)
        added = {"text_embeds": cond.extra["pooled"].to(self.dtype), "time_ids": self._sizes(x)}
        residuals = {} if self.control is None else self.control(x, t, cond, added_cond_kwargs=added)
        out = self.unet(x, t, encoder_hidden_states=states, added_cond_kwargs=added, return_dict=False, **residuals)
        return out[0].float()  # type: ignore[no-any-return]

    def _sizes(self, x: Tensor) -> Tensor:
        """Original size, crop and target size: an uncropped picture of the size that is being painted."""
        height, width = (side * self.pipe.vae_scale_factor for side in x.shape[2:])
        return torch.tensor([[height, width, 0, 0, height, width]], device=x.device, dtype=x.dtype).repeat(len(x), 1)
