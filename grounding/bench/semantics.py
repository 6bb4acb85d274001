"""What CLIP makes of pictures and texts, differentiably: pixels in, learned tokens among the words.

Learned tokens live in the painter's token-embedding space. A CLIP whose text tower the painter uses has the same space;
another one is reached by the linear map that takes the painter's embeddings of shared pieces to CLIP's (least squares).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.backbone import Lexicon
from grounding.backbones.towers import ClipTower
from grounding.errors import Unsupported

_EMPTY = frozenset([
    "a", "an", "the", "some", "of", "and", "or", "with", "is", "are", "be", "being", "was", "were", "that", "this",
    "these", "those", "its", "it", "their", "his", "her", "there", "to", "for"])
"""Words that no picture shows or fails to show."""

Translate = Callable[[Tensor], Tensor]


class Semantics:
    """A CLIP model and its processor. All embeddings are unit vectors."""

    def __init__(self, model: Any, processor: Any) -> None:
        if model.config.model_type != "clip":
            raise Unsupported(f"a CLIP model is needed to optimise tokens, not `{model.config.model_type}`")
        self.model = model.requires_grad_(False).eval()
        self.tower = ClipTower(model.text_model, processor.tokenizer, penultimate=False)
        images = processor.image_processor
        self.mean, self.std = (torch.tensor(v).view(1, 3, 1, 1) for v in (images.image_mean, images.image_std))
        self.side, self.cropped = int(model.config.vision_config.image_size), bool(images.do_center_crop)

    def picture(self, pixels: Tensor) -> Tensor:
        """The embedding of one picture in −1 … 1 ("1 3 height width"): "dim". Its middle where the processor crops."""
        height, width = pixels.shape[2:]
        short = min(height, width)
        size = [side * self.side // short if self.cropped else self.side for side in (height, width)]
        seen = F.interpolate(pixels.float() / 2 + 0.5, size=size, mode="bicubic", antialias=True).clamp(0, 1)
        top, left = ((side - self.side) // 2 for side in size)
        seen = seen[:, :, top : top + self.side, left : left + self.side]
        seen = (seen - self.mean.to(seen)) / self.std.to(seen)
        features = self.model.get_image_features(pixel_values=seen.to(self.model.device, self.model.dtype))
        return F.normalize(features.pooler_output[0].float(), dim=-1)

    def text(self, text: str, learned: Tensor | None = None) -> Tensor:
        """The embedding of a text, with learned tokens (of CLIP's own space) after its last word: "dim"."""
        pooled = self.tower.read(text, learned).pooled
        return F.normalize(self.model.text_projection(pooled).float(), dim=-1)

    def translator(self, lexicon: Lexicon) -> Translate:
        """From the painter's learned tokens to CLIP's token embeddings."""
        mine, theirs = self.tower.lexicon(), lexicon
        shared = sorted(mine.pieces.keys() & theirs.pieces.keys())
        source = theirs.table[[theirs.pieces[piece] for piece in shared]].float()
        goal = mine.table[[mine.pieces[piece] for piece in shared]].float().to(source.device)
        if source.shape == goal.shape and len(shared) and torch.allclose(source, goal, atol=1e-6):
            return lambda learned: learned[:, theirs.part]
        if len(shared) <= source.shape[1]:
            raise Unsupported(f"CLIP shares {len(shared)} pieces of text with the painter, too few to relate token "
                              f"embeddings {source.shape[1]} wide; use the CLIP that the painter was trained with")
        ones = torch.ones(len(shared), 1, device=source.device)
        solved = torch.linalg.lstsq(torch.cat([source, ones], 1).double().cpu(), goal.double().cpu()).solution
        linear, shift = solved[:-1].float().to(source.device), solved[-1].float().to(source.device)
        return lambda learned: learned[:, theirs.part].float() @ linear + shift

    @torch.no_grad()
    def neglected(self, picture: Tensor, text: str, share: float) -> tuple[str, ...]:
        """The words of a text that the picture shows least: of the similarities of its words to the picture, those
        in the lowest `share` of their range. No word is more neglected than another where all are alike."""
        words = [w for w in dict.fromkeys(re.findall(r"[^\W\d_]+", text)) if w.lower() not in _EMPTY]
        if not words:
            return ()
        similar = torch.stack([self.text(word) @ picture for word in words])
        low, high = similar.min(), similar.max()
        return tuple(w for w, s in zip(words, similar, strict=True) if s - low < share * (high - low))


def masked(text: str, words: Sequence[str]) -> str:
    """The text without these words."""
    if not words:
        return text
    left = re.sub(rf"\b(?:{'|'.join(map(re.escape, words))})\b", "", text)
    return re.sub(r"\s+([,.;])", r"\1", re.sub(r"\s+", " ", left)).strip()
