"""Grounding DINO as a detector: one query per pass, since its recall falls and its phrases merge as prompts grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

from grounding.verify.judges import OPEN, Knowledge, Sighting
from grounding.verify.owl import corners, sightings


class Dino:
    """A detector made of a Grounding DINO (or MM Grounding DINO) model and its processor."""

    def __init__(self, model: Any, processor: Any, name: str, knows: Knowledge = OPEN) -> None:
        self.model, self.processor, self.name, self.knows = model, processor, name, knows

    @torch.inference_mode()
    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        """Per query, the sightings above the floor, best first."""
        pixels = self.processor.image_processor(images=image, return_tensors="pt")
        return tuple(self._find(query, pixels) for query in queries)

    def _find(self, query: str, pixels: Any) -> tuple[Sighting, ...]:
        words = self.processor.tokenizer([caption(query)], truncation=True, return_token_type_ids=True,
                                         return_tensors="pt")
        inputs = {**words, **pixels.to(self.model.dtype)}
        found = self.model(**{name: value.to(self.model.device) for name, value in inputs.items()})
        scores = found.logits[0].float().sigmoid().amax(-1).cpu()
        return sightings(query, scores, corners(found.pred_boxes[0].float().cpu()))


def caption(query: str) -> str:
    """The only form that the model was trained on: lower case, a full stop at the end and nowhere else."""
    return " ".join(query.lower().replace(".", " ").split()) + "."
