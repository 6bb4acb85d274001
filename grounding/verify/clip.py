"""CLIP and SigLIP as scorers: cosines of embeddings, and the model's own logits; texts are embedded once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from grounding.verify.judges import OPEN, Fit, Knowledge
from grounding.verify.kept import Kept, unit

if TYPE_CHECKING:
    from torch import Tensor

class Clip:
    """A scorer made of a CLIP, SigLIP or SigLIP 2 model and its processor.

    logit = exp(scale) · cos(image, text) + bias, where only SigLIP has a bias; its logistic is a probability of its
    own, while CLIP's logits mean something only against those of rival texts.
    """

    def __init__(self, model: Any, processor: Any, name: str, knows: Knowledge = OPEN) -> None:
        self.model, self.processor, self.name, self.knows = model, processor, name, knows
        self.padded = model.config.model_type.startswith("siglip")
        self._texts = Kept(self._embed)

    @torch.inference_mode()
    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        """Per image, per text."""
        if not images or not texts:
            return tuple(() for _ in images)
        cosines = (self._see(images) @ self._texts(texts).T).float().cpu()
        scale = float(self.model.logit_scale.detach().float().exp())
        bias = getattr(self.model, "logit_bias", None)
        logits = cosines * scale + (float(bias) if bias is not None else 0.0)
        return tuple(tuple(map(Fit, *row)) for row in zip(cosines.tolist(), logits.tolist(), strict=True))

    def _see(self, images: Sequence[Image.Image]) -> Tensor:
        inputs = self.processor.image_processor(images=list(images), return_tensors="pt").to(self.model.device)
        features = self.model.get_image_features(**inputs.to(self.model.dtype))
        return unit(features.pooler_output)

    def _embed(self, texts: Sequence[str]) -> Tensor:
        limit = self.model.config.text_config.max_position_embeddings
        inputs = self.processor.tokenizer(list(texts), padding="max_length" if self.padded else True, truncation=True,
                                          max_length=limit, return_tensors="pt").to(self.model.device)
        features: Tensor = self.model.get_text_features(**inputs).pooler_output
        return features

