"""The detector stage: an OWL-ViT that finds what a few words name, started from the CLIP towers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTokenizer, OwlViTConfig, OwlViTForObjectDetection

from grounding.pocket.training.autoencoder import tile, to_signed
from grounding.pocket.training.boxes import assign, average_precision, corners_of, pairwise_giou, pairwise_iou
from grounding.pocket.training.clip import MEAN, WIDTH, Clip
from grounding.pocket.training.feed import feed
from grounding.pocket.training.loop import Recipe, Settings, Stage, plain_attention, trained
from grounding.pocket.training.queries import Item, Query, ask, by_name
from grounding.pocket.training.scenes import scenes
from grounding.pocket.training.tokenizer import tokenizer_of

LONGEST_QUERY = 32
QUERIES = 12
MOST_ITEMS = 8


class Batch(NamedTuple):
    """Which scenes, what is asked, where the things are, and which things each query means."""

    rows: Tensor  # "pictures"
    tokens: Tensor  # "pictures·queries length"
    boxes: Tensor  # "pictures things 4", corners, padded
    counts: list[int]
    meant: Tensor  # "pictures things queries"


def build(tokenizer: CLIPTokenizer) -> OwlViTForObjectDetection:
    """The towers of the pocket CLIP, with heads for boxes and words on every patch."""
    tower = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_attention_heads": 4}
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    longest = {"vocab_size": len(tokenizer), "max_position_embeddings": LONGEST_QUERY}
    text = {**tower, **ids, **longest, "num_hidden_layers": 4}
    vision = {**tower, "num_hidden_layers": 5, "image_size": 128, "patch_size": 16}
    detector = OwlViTForObjectDetection(OwlViTConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))
    _calm(detector)
    return detector


def start_from(detector: OwlViTForObjectDetection, clip: Any) -> None:
    """Copy the towers of a CLIP into a detector."""
    ours = detector.owlvit.state_dict()
    theirs = {name.replace("pre_layrnorm", "pre_layernorm"): value for name, value in clip.state_dict().items()}
    positions = "text_model.embeddings.position_embedding.weight"
    theirs[positions] = theirs[positions][:LONGEST_QUERY]
    fitting = {name: value for name, value in theirs.items() if name in ours and ours[name].shape == value.shape}
    detector.owlvit.load_state_dict(fitting, strict=False)


class Detector(Stage):
    name: ClassVar[str] = "detector"
    recipe: ClassVar[Recipe] = Recipe(rate=1e-3, batch=16, average=0.998, weight_decay=0.02)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = tokenizer_of(settings.state, LONGEST_QUERY)
        self.model: Any = build(self.tokenizer)
        plain_attention(self.model, self.device)

    def start(self) -> None:
        start_from(self.model, trained(Clip(self.settings)))

    def begin(self, step: int) -> None:
        settings = self.settings
        each = (settings.scenes or 24000) // 6
        found = [scenes(settings.state, level, share * each, settings.workers) for level, share in enumerate((1, 2, 3))]
        self.pictures = torch.from_numpy(np.concatenate([run.pictures for run in found])).to(self.device)
        self.items: list[list[Item]] = [row["items"] for run in found for row in run.rows]
        self.batches = feed(self._ask_batch, settings.workers, settings.seed + step)
        unseen = scenes(settings.state, 2, 1, unseen=True)
        self.unseen = torch.from_numpy(unseen.pictures[:200]).to(self.device)
        self.unseen_items = [row["items"] for row in unseen.rows[:200]]

    def loss(self, progress: float) -> dict[str, Tensor]:
        batch = next(self.batches)
        pixels = self._blur(to_signed(self.pictures[batch.rows.to(self.device)]))
        found = self.model(input_ids=batch.tokens.to(self.device), pixel_values=pixels)
        return losses(found.logits.float(), corners_of(found.pred_boxes.float()), batch)

    def measure(self, model: Any) -> dict[str, float]:
        words = random.Random(1)
        kept: list[tuple[float, bool]] = []
        present = 0
        for pixels, items in zip(to_signed(self.unseen), self.unseen_items, strict=True):
            queries = by_name(items, 4, words)
            found = model(input_ids=self._read(queries).to(self.device), pixel_values=pixels[None])
            present += sum(query.means(item) for query in queries for item in items)
            kept += judge_detections(found.logits[0].float(), found.pred_boxes[0].float(), items, queries)
        return {"ap50": round(average_precision(kept, present), 4)}

    def sheet(self, model: Any) -> Image.Image:
        shown = to_signed(self.unseen[:16])
        sheet = tile(shown, 8)
        pencil = ImageDraw.Draw(sheet)
        for number, items in enumerate(self.unseen_items[:16]):
            tokens = self._read(by_name(items, 0, random.Random(0))).to(self.device)
            found = model(input_ids=tokens, pixel_values=shown[number : number + 1])
            scores = found.logits[0].float().sigmoid().max(-1).values
            corner = (number % 8 * 128, number // 8 * 128)
            for box in corners_of(found.pred_boxes[0].float())[scores > 0.4].clamp(0, 1).tolist():
                edges = [round(127 * value) + corner[side % 2] for side, value in enumerate(box)]
                pencil.rectangle(edges, outline="red")
        return sheet

    def save(self, model: Any, weights: Path) -> None:
        from transformers import OwlViTImageProcessorPil, OwlViTProcessor

        model.half().save_pretrained(weights / "detector")
        side = {"height": 128, "width": 128}
        images = OwlViTImageProcessorPil(size=side, do_center_crop=False, image_mean=MEAN, image_std=MEAN)
        processor: Any = OwlViTProcessor(images, self.tokenizer)  # type: ignore[no-untyped-call]
        processor.save_pretrained(weights / "detector")

    def load(self, weights: Path) -> None:
        shipped = OwlViTForObjectDetection.from_pretrained(weights / "detector", dtype=torch.float32)
        self.model.load_state_dict(shipped.state_dict())

    def _ask_batch(self, words: random.Random) -> Batch:
        rows = [words.randrange(len(self.items)) for _ in range(self.batch)]
        items = [self.items[row][:MOST_ITEMS] for row in rows]
        queries = [ask(seen, QUERIES, words) for seen in items]
        boxes = torch.zeros(len(rows), MOST_ITEMS, 4)
        boxes[..., 2:] = 1
        meant = torch.zeros(len(rows), MOST_ITEMS, QUERIES)
        for row, (seen, asked) in enumerate(zip(items, queries, strict=True)):
            boxes[row, : len(seen)] = _corners(seen)
            meant[row, : len(seen)] = torch.tensor([[query.means(item) for query in asked] for item in seen]).float()
        tokens = self._read([query for asked in queries for query in asked])
        return Batch(torch.tensor(rows), tokens, boxes, [len(seen) for seen in items], meant)

    def _read(self, queries: Sequence[Query]) -> Tensor:
        texts = [query.words for query in queries]
        found = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST_QUERY, return_tensors="pt")
        tokens: Tensor = found.input_ids
        return tokens

    def _blur(self, pixels: Tensor) -> Tensor:
        """Painted pictures are softer than drawn ones: half of what is shown has lost a little, and has noise."""
        soft = functional.avg_pool2d(pixels, 3, 1, 1)
        share = torch.rand(len(pixels), 1, 1, 1, generator=self.random).sub(0.5).clamp(min=0).mul(1.6).to(self.device)
        return pixels.lerp(soft, share) + 0.05 * share * torch.randn_like(pixels)


def losses(logits: Tensor, corners: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Focal loss of every patch against every query; L1 and GIoU of the patches that answer for a thing.

    A patch answers for the thing that the cheapest assignment gives it (box distance, GIoU, confidence).
    """
    boxes, meant = batch.boxes.to(corners.device), batch.meant.to(logits.device)
    asked = meant.sum(2).clamp(min=1)[:, None]
    with torch.no_grad():
        confidence = logits.sigmoid() @ meant.mT / asked
        cost = 5 * torch.cdist(corners, boxes, p=1) - 2 * pairwise_giou(corners, boxes) - confidence
        pictures, patches, things = assign(cost, batch.counts)
    target = torch.zeros_like(logits)
    target[pictures, patches] = meant[pictures, things]
    chance = logits.sigmoid()
    surprise = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    focal = (surprise * (target - chance).square()).sum() / target.sum().clamp(min=1)
    found, wanted = corners[pictures, patches], boxes[pictures, things]
    distance = (found - wanted).abs().sum(-1).mean()
    overlap = 1 - pairwise_giou(found[:, None], wanted[:, None]).mean()
    return {"loss": 2 * focal + 5 * distance + 2 * overlap, "focal": focal, "distance": distance, "giou": overlap}


def judge_detections(
    logits: Tensor, boxes: Tensor, items: Sequence[Item], queries: Sequence[Query], floor: float = 0.02
) -> list[tuple[float, bool]]:
    """Each detection's score, and whether it is the first to find a thing that its query means (IoU ≥ 0.5)."""
    overlaps = pairwise_iou(corners_of(boxes), _corners(items).to(boxes.device))
    kept = []
    for column, query in enumerate(queries):
        free = {number for number, item in enumerate(items) if query.means(item)}
        scores = logits[:, column].sigmoid()
        for patch in scores.argsort(descending=True).tolist():
            if scores[patch] < floor:
                break
            met = sorted(free, key=lambda thing: -float(overlaps[patch, thing]))[:1]
            met = [thing for thing in met if float(overlaps[patch, thing]) >= 0.5]
            free -= set(met)
            kept.append((float(scores[patch]), bool(met)))
    return kept


def _calm(detector: OwlViTForObjectDetection) -> None:
    """Heads that at first say "nothing here, about one patch large" (the stock ones begin with logits of hundreds)."""
    words, boxes = detector.class_head, detector.box_head
    for layer in (words.dense0, boxes.dense0, boxes.dense1, boxes.dense2):
        layer.reset_parameters()
    for layer, start in ((words.logit_scale, 9.0), (words.logit_shift, -0.6)):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, start)


def _corners(items: Sequence[Item]) -> Tensor:
    return torch.tensor([item["box"] for item in items], dtype=torch.float32)
