"""The CLIP stage: one space for pictures and captions, taught with captions that are almost right."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from grounding.pocket.training.autoencoder import tile, to_signed
from grounding.pocket.training.loop import Recipe, Settings, Stage
from grounding.pocket.training.negatives import negatives
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.tokenizer import LONGEST

WIDTH = 192
NEGATIVES = 3
MEAN = (0.5, 0.5, 0.5)


def build(tokenizer: CLIPTokenizer) -> CLIPModel:
    """A CLIP of a few million parameters; pixels in [-1, 1]."""
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "max_position_embeddings": LONGEST,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "projection_dim": WIDTH,
    }
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "image_size": 128,
        "patch_size": 16,
        "projection_dim": WIDTH,
    }
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)
    config._attn_implementation = "eager"  # on a CPU in bf16 three times as fast as the fused kernel
    return CLIPModel(config)


class Clip(Stage):
    name: ClassVar[str] = "clip"
    recipe: ClassVar[Recipe] = Recipe(rate=1.5e-3, batch=48, average=0.998, weight_decay=0.02)
    model: CLIPModel

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = CLIPTokenizer.from_pretrained(settings.state / "tokenizer")
        self.model = build(self.tokenizer)
        self.words = random.Random(settings.seed)

    def begin(self, step: int) -> None:
        each = (self.settings.scenes or 12000) // 6
        found = [
            scenes(self.settings.state, level, n * each, self.settings.workers) for level, n in enumerate((1, 2, 3))
        ]
        self.pictures = torch.from_numpy(np.concatenate([run.pictures for run in found])).to(self.device)
        self.captions = [row["captions"] for run in found for row in run.rows]
        self.levels = [each, each * 3]
        self.words.seed(self.settings.seed + step)
        unseen = [scenes(self.settings.state, level, 1, unseen=True) for level in (0, 1, 2)]
        self.unseen = torch.from_numpy(np.concatenate([run.pictures[:100] for run in unseen])).to(self.device)
        self.unseen_captions = [row["captions"][0] for run in unseen for row in run.rows[:100]]

    def loss(self, progress: float) -> dict[str, Tensor]:
        chosen = torch.randint(len(self.captions), (self.batch,), generator=self.random)
        captions = [self.words.choice(self.captions[number]) for number in chosen.tolist()]
        wrong = [negatives(caption, NEGATIVES, self.words) for caption in captions]
        owners = [owner for owner, texts in enumerate(wrong) for _ in texts]
        seen = self.look(self.model, self.pictures[chosen.to(self.device)])
        read = self.read(self.model, [*captions, *(text for texts in wrong for text in texts)])
        scale = self.model.logit_scale.clamp(max=4.6).exp()
        true, false = read[: len(captions)], read[len(captions) :]
        scores = scale * seen @ true.T + _same(captions).to(self.device)
        near = scores.new_full((len(captions), len(captions) * NEGATIVES), float("-inf"))
        own = torch.tensor(owners, device=self.device)
        near[own, torch.arange(len(own), device=self.device)] = scale * (seen[own] * false).sum(-1)
        target = torch.arange(len(captions), device=self.device)
        to_text = functional.cross_entropy(torch.cat([scores, near], 1), target)
        to_picture = functional.cross_entropy(scores.T, target)
        hardest = near.max(1).values
        return {
            "loss": (to_text + to_picture) / 2,
            "right": (scores.argmax(1) == target).float().mean(),
            "harder": (scores.diagonal() > hardest).float().mean(),
        }

    def measure(self, model: Any) -> dict[str, float]:
        seen = self.look(model, self.unseen)
        words = random.Random(1)
        figures: dict[str, float] = {}
        for start, level in ((0, 0), (100, 1), (200, 2)):
            right = 0
            for number in range(start, start + 100):
                caption = self.unseen_captions[number]
                read = self.read(model, [caption, *negatives(caption, 8, words)])
                right += int((read @ seen[number]).argmax() == 0)
            figures[f"unseen_level{level}"] = right / 100
        return figures

    def sheet(self, model: Any) -> Image.Image:
        return tile(to_signed(self.unseen[::38][:8]), 8)

    def save(self, model: Any, weights: Path) -> None:
        from transformers import CLIPImageProcessorPil, CLIPProcessor

        model.half().save_pretrained(weights / "clip")
        side = {"height": 128, "width": 128}
        images = CLIPImageProcessorPil(size=side, crop_size=side, image_mean=MEAN, image_std=MEAN, do_center_crop=False)
        processor: Any = CLIPProcessor(images, self.tokenizer)  # type: ignore[no-untyped-call]
        processor.save_pretrained(weights / "clip")

    def look(self, model: Any, pictures: Tensor) -> Tensor:
        pixels = to_signed(pictures).contiguous(memory_format=torch.channels_last)
        return functional.normalize(model.get_image_features(pixel_values=pixels).pooler_output.float(), dim=-1)

    def read(self, model: Any, texts: list[str]) -> Tensor:
        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        read = model.get_text_features(input_ids=tokens.input_ids.to(self.device))
        return functional.normalize(read.pooler_output.float(), dim=-1)


def _same(captions: list[str]) -> Tensor:
    """-inf between different pictures of which the same is said: neither is a wrong answer for the other."""
    table = torch.zeros(len(captions), len(captions))
    for row, text in enumerate(captions):
        for column, other in enumerate(captions):
            if row != column and text == other:
                table[row, column] = float("-inf")
    return table
