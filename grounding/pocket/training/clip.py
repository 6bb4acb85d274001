"""The CLIP stage: one space for pictures and captions, taught with captions that are almost right."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from grounding.pocket.training.autoencoder import tile, to_signed
from grounding.pocket.training.feed import feed
from grounding.pocket.training.loop import Recipe, Settings, Stage, plain_attention
from grounding.pocket.training.negatives import negatives
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.tokenizer import LONGEST, tokenizer_of

WIDTH = 192
NEGATIVES = 3
MEAN = (0.5, 0.5, 0.5)


class Batch(NamedTuple):
    """Which scenes, a true caption of each and false ones, and which scene each false one is about."""

    rows: Tensor  # "pictures"
    tokens: Tensor  # "pictures + false length"
    owners: Tensor  # "false"
    same: Tensor  # "pictures pictures": another picture of which the same is said


def build(tokenizer: CLIPTokenizer) -> CLIPModel:
    """A CLIP of a few million parameters; pixels in [-1, 1]."""
    tower = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": 4,
        "projection_dim": WIDTH,
    }
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    text = {**tower, **ids, "vocab_size": len(tokenizer), "num_hidden_layers": 4, "max_position_embeddings": LONGEST}
    vision = {**tower, "num_hidden_layers": 5, "image_size": 128, "patch_size": 16}
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))


class Clip(Stage):
    name: ClassVar[str] = "clip"
    recipe: ClassVar[Recipe] = Recipe(rate=1.5e-3, batch=48, average=0.998, weight_decay=0.02)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = tokenizer_of(settings.state)
        self.model: Any = build(self.tokenizer)
        plain_attention(self.model, self.device)

    def begin(self, step: int) -> None:
        settings = self.settings
        each = (settings.scenes or 12000) // 6
        found = [scenes(settings.state, level, share * each, settings.workers) for level, share in enumerate((1, 2, 3))]
        self.pictures = torch.from_numpy(np.concatenate([run.pictures for run in found])).to(self.device)
        self.captions = [row["captions"] for run in found for row in run.rows]
        self.batches = feed(self._write_batch, settings.workers, settings.seed + step)
        unseen = [scenes(settings.state, level, 1, unseen=True) for level in (0, 1, 2)]
        self.unseen = torch.from_numpy(np.concatenate([run.pictures[:100] for run in unseen])).to(self.device)
        self.unseen_captions = [row["captions"][0] for run in unseen for row in run.rows[:100]]

    def loss(self, progress: float) -> dict[str, Tensor]:
        batch = next(self.batches)
        count = len(batch.rows)
        seen = self._look(self.model, self.pictures[batch.rows.to(self.device)])
        read = self._read(self.model, batch.tokens)
        scale = self.model.logit_scale.clamp(max=4.6).exp()
        scores = (scale * seen @ read[:count].T).masked_fill(batch.same.to(self.device), float("-inf"))
        owners = batch.owners.to(self.device)
        near = scores.new_full((count, len(owners)), float("-inf"))
        near[owners, torch.arange(len(owners), device=self.device)] = scale * (seen[owners] * read[count:]).sum(-1)
        target = torch.arange(count, device=self.device)
        to_text = functional.cross_entropy(torch.cat([scores, near], 1), target)
        to_picture = functional.cross_entropy(scores.T, target)
        return {
            "loss": (to_text + to_picture) / 2,
            "right": (scores.argmax(1) == target).float().mean(),
            "harder": (scores.diagonal() > near.max(1).values).float().mean(),
        }

    def measure(self, model: Any) -> dict[str, float]:
        seen = self._look(model, self.unseen)
        words = random.Random(1)
        right = []
        for picture, caption in zip(seen, self.unseen_captions, strict=True):
            read = self._read(model, self._tokens([caption, *negatives(caption, 8, words)]))
            right.append(int((read @ picture).argmax() == 0))
        return {f"unseen_level{level}": sum(right[100 * level :][:100]) / 100 for level in (0, 1, 2)}

    def sheet(self, model: Any) -> Image.Image:
        return tile(to_signed(self.unseen[::38][:8]), 8)

    def save(self, model: Any, weights: Path) -> None:
        from transformers import CLIPImageProcessorPil, CLIPProcessor

        model.half().save_pretrained(weights / "clip")
        side = {"height": 128, "width": 128}
        images = CLIPImageProcessorPil(size=side, crop_size=side, image_mean=MEAN, image_std=MEAN, do_center_crop=False)
        processor: Any = CLIPProcessor(images, self.tokenizer)  # type: ignore[no-untyped-call]
        processor.save_pretrained(weights / "clip")

    def load(self, weights: Path) -> None:
        self.model.load_state_dict(CLIPModel.from_pretrained(weights / "clip", dtype=torch.float32).state_dict())

    def _write_batch(self, words: random.Random) -> Batch:
        rows = [words.randrange(len(self.captions)) for _ in range(self.batch)]
        captions = [words.choice(self.captions[row]) for row in rows]
        false = [(owner, text) for owner, true in enumerate(captions) for text in negatives(true, NEGATIVES, words)]
        numbers = torch.tensor([hash(caption) for caption in captions])
        same = (numbers[:, None] == numbers[None]) & ~torch.eye(len(rows), dtype=torch.bool)
        tokens = self._tokens([*captions, *(text for _, text in false)])
        return Batch(torch.tensor(rows), tokens, torch.tensor([owner for owner, _ in false]), same)

    def _look(self, model: Any, pictures: Tensor) -> Tensor:
        pixels = to_signed(pictures).contiguous(memory_format=torch.channels_last)
        return functional.normalize(model.get_image_features(pixel_values=pixels).pooler_output.float(), dim=-1)

    def _read(self, model: Any, tokens: Tensor) -> Tensor:
        read = model.get_text_features(input_ids=tokens.to(self.device))
        return functional.normalize(read.pooler_output.float(), dim=-1)

    def _tokens(self, texts: list[str]) -> Tensor:
        read = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        tokens: Tensor = read.input_ids
        return tokens
