"""OWL-ViT and OWLv2 as detectors: all queries on one look at the picture, each with its own score for every box.

The library's post-processing keeps one label per box (the best query takes it), so that "a red car" and "a blue car"
compete and a noun hides behind its attributes. Here each query is scored by itself. OWLv2 pads a picture to a square
at the bottom right, so its boxes are fractions of the longer side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from grounding.verify.judges import OPEN, Knowledge, Sighting
from grounding.verify.kept import Kept
from planner.scene import Box

if TYPE_CHECKING:
    from torch import Tensor

FLOOR = 0.01
"""Scores below this are not worth a sighting; thresholds lie far above."""
MOST = 100
"""Most sightings per query."""
LEAST_SIDE = 1e-3
"""Boxes thinner than this share of the picture are no boxes."""


class Owl:
    """A detector made of an OWL-ViT or OWLv2 model and its processor.

    `template` is what the checkpoint expects a query to look like ("a photo of {}"); scores are not comparable between
    templates, so thresholds belong to one.
    """

    def __init__(self, model: Any, processor: Any, name: str, template: str = "a photo of {}",
                 knows: Knowledge = OPEN) -> None:
        self.model, self.processor, self.name, self.template, self.knows = model, processor, name, template, knows
        self.kind = model.config.model_type
        self._queries = Kept(self._embed)

    @torch.inference_mode()
    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        """Per query, the sightings above the floor, best first."""
        if not queries:
            return ()
        asked = self._queries([self.template.format(query) for query in queries]).to(self.model.dtype)
        pixels = self.processor.image_processor(images=image, return_tensors="pt").pixel_values
        grid, _ = self.model.image_embedder(pixels.to(self.model.device, self.model.dtype))
        patches = grid.flatten(1, 2)
        logits, _ = self.model.class_predictor(patches, asked[None])
        boxes = corners(self.model.box_predictor(patches, grid)[0].float().cpu(), *scale(image.size, self.kind))
        scores = logits[0].float().sigmoid().T.cpu()
        return tuple(sightings(query, row, boxes) for query, row in zip(queries, scores, strict=True))

    @torch.inference_mode()
    def patches(self, images: Sequence[Image.Image]) -> Tensor:
        """What the vision tower sees in each patch of each picture, row by row: "images patches width"."""
        pixels = self.processor.image_processor(images=list(images), return_tensors="pt").pixel_values
        tower = getattr(self.model, self.kind).vision_model
        seen = tower(pixels.to(self.model.device, self.model.dtype)).last_hidden_state[:, 1:]
        found: Tensor = tower.post_layernorm(seen).float().cpu()
        return found

    def _embed(self, texts: Sequence[str]) -> Tensor:
        words = self.processor.tokenizer(list(texts), padding="max_length", truncation=True, return_tensors="pt")
        tower = getattr(self.model, self.kind)
        features: Tensor = tower.get_text_features(**words.to(self.model.device)).pooler_output
        return features


def scale(size: tuple[int, int], kind: str) -> tuple[float, float]:
    """What fractions of the model's picture must be multiplied by to be fractions of the real one."""
    longer = max(size)
    return (longer / size[0], longer / size[1]) if kind == "owlv2" else (1.0, 1.0)


def corners(centres: Tensor, across: float = 1.0, down: float = 1.0) -> Tensor:
    """Boxes `cx cy w h` as `x0 y0 x1 y1`, scaled, cut to the picture: [n, 4]."""
    middle, half = centres[:, :2], centres[:, 2:] / 2
    boxes = torch.cat([middle - half, middle + half], dim=1) * torch.tensor([across, down, across, down])
    return boxes.clamp(0, 1)


def sightings(query: str, scores: Tensor, boxes: Tensor) -> tuple[Sighting, ...]:
    """The best boxes of one query as sightings; `scores` [n], `boxes` [n, 4]."""
    wide = ((boxes[:, 2:] - boxes[:, :2]) > LEAST_SIDE).all(1)
    kept = torch.where(wide & scores.isfinite(), scores, torch.zeros(()))
    best = kept.argsort(descending=True, stable=True)[:MOST].tolist()
    return tuple(Sighting(query=query, score=min(float(scores[k]), 1.0), box=Box.of(*boxes[k].tolist()))
                 for k in best if kept[k] >= FLOOR)
