"""OWL-ViT and OWLv2 as detectors: all queries in one pass, each with its own score for every box.

The library's post-processing keeps one label per box (the best query takes it), so that "a red car" and "a blue car"
compete and a noun hides behind its attributes. Here each query is scored by itself. OWLv2 pads a picture to a square
at the bottom right, so its boxes are fractions of the longer side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from grounding.verify.judges import Sighting
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

    def __init__(self, model: Any, processor: Any, name: str, template: str = "a photo of {}") -> None:
        self.model, self.processor, self.name, self.template = model, processor, name, template
        self.pads = model.config.model_type == "owlv2"

    @torch.inference_mode()
    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        """Per query, the sightings above the floor, best first."""
        if not queries:
            return ()
        texts = [self.template.format(query) for query in queries]
        inputs = self.processor(text=[texts], images=image, truncation=True, return_tensors="pt").to(self.model.device)
        found = self.model(**inputs.to(self.model.dtype))
        across, down = scale(image.size, self.pads)
        scores = found.logits[0].float().sigmoid().T.cpu()
        boxes = corners(found.pred_boxes[0].float().cpu(), across, down)
        return tuple(sightings(query, row, boxes) for query, row in zip(queries, scores, strict=True))


def scale(size: tuple[int, int], pads: bool) -> tuple[float, float]:
    """What fractions of the model's picture must be multiplied by to be fractions of the real one."""
    longer = max(size)
    return (longer / size[0], longer / size[1]) if pads else (1.0, 1.0)


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
