"""The detector stage: an OWL-ViT that finds what a few words name, started from the CLIP towers."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPModel, CLIPTokenizer, OwlViTConfig, OwlViTForObjectDetection

from grounding.pocket.captions import with_article
from grounding.pocket.training.autoencoder import tile, to_signed
from grounding.pocket.training.clip import MEAN, WIDTH, Clip
from grounding.pocket.training.loop import Recipe, Settings, Stage, trained
from grounding.pocket.training.scenes import scenes
from grounding.pocket.world import COLOURS, KINDS, SIZES, TEXTURES

LONGEST_QUERY = 32
QUERIES = 12
Item = Mapping[str, Any]


class Query(NamedTuple):
    """Some words, and the properties that a thing must have to be meant by them."""

    words: str
    wanted: Mapping[str, str]

    def means(self, item: Item) -> bool:
        return all(item[name] == value for name, value in self.wanted.items())


def build(tokenizer: CLIPTokenizer) -> OwlViTForObjectDetection:
    """The towers of the pocket CLIP, with heads for boxes and words on every patch."""
    tower = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_attention_heads": 4}
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    longest = {"vocab_size": len(tokenizer), "max_position_embeddings": LONGEST_QUERY}
    text = {**tower, **ids, **longest, "num_hidden_layers": 4}
    vision = {**tower, "num_hidden_layers": 5, "image_size": 128, "patch_size": 16}
    config = OwlViTConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)
    config._attn_implementation = "eager"
    detector = OwlViTForObjectDetection(config)
    _calm(detector)
    return detector


def _calm(detector: OwlViTForObjectDetection) -> None:
    """Heads that at first say "nothing here, about one patch large" (the stock ones begin with logits of hundreds)."""
    words, boxes = detector.class_head, detector.box_head
    for layer in (words.dense0, boxes.dense0, boxes.dense1, boxes.dense2):
        layer.reset_parameters()
    for layer, start in ((words.logit_scale, 9.0), (words.logit_shift, -0.6)):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, start)


def start_from(detector: OwlViTForObjectDetection, clip: CLIPModel) -> None:
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
    model: OwlViTForObjectDetection

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = CLIPTokenizer.from_pretrained(settings.state / "tokenizer", model_max_length=LONGEST_QUERY)
        self.model = build(self.tokenizer)
        if not (settings.state / f"{self.name}.pt").exists():
            start_from(self.model, trained(Clip(settings)))

    def begin(self, step: int) -> None:
        settings = self.settings
        self.words = random.Random(settings.seed + step)
        each = (settings.scenes or 24000) // 6
        found = [scenes(settings.state, level, n * each, settings.workers) for level, n in enumerate((1, 2, 3))]
        self.pictures = torch.from_numpy(np.concatenate([run.pictures for run in found])).to(self.device)
        self.items: list[list[Item]] = [row["items"] for run in found for row in run.rows]
        unseen = [scenes(settings.state, level, 1, unseen=True) for level in (1, 2, 2)]
        parts = [slice(0, 60), slice(0, 60), slice(60, 140)]
        self.unseen = torch.from_numpy(
            np.concatenate([run.pictures[part] for run, part in zip(unseen, parts, strict=True)])
        ).to(self.device)
        self.unseen_items = [row["items"] for run, part in zip(unseen, parts, strict=True) for row in run.rows[part]]

    def loss(self, progress: float) -> dict[str, Tensor]:
        chosen = torch.randint(len(self.items), (self.batch,), generator=self.random)
        items = [self.items[number] for number in chosen.tolist()]
        queries = [ask(seen, QUERIES, self.words) for seen in items]
        pixels = self._blur(to_signed(self.pictures[chosen.to(self.device)]))
        found = self._look(self.model, pixels, queries)
        logits, boxes = found.logits.float(), found.pred_boxes.float()
        matches = [match(*each) for each in zip(logits.detach(), boxes.detach(), items, queries, strict=True)]
        return losses(logits, boxes, items, queries, matches)

    def measure(self, model: Any) -> dict[str, float]:
        words = random.Random(1)
        kept: list[tuple[float, bool]] = []
        present = 0
        for pixels, items in zip(to_signed(self.unseen), self.unseen_items, strict=True):
            named = {(item["colour"], item["kind"]) for item in items}
            queries = [Query(f"a {c} {k}", {"colour": c, "kind": k}) for c, k in sorted(named)]
            queries += [query for query in ask(items, 16, words) if not any(map(query.means, items))][:4]
            found = self._look(model, pixels[None], [queries])
            present += sum(query.means(item) for query in queries for item in items)
            kept += judge_detections(found.logits[0].float(), found.pred_boxes[0].float(), items, queries)
        return {"ap50": round(average_precision(kept, present), 4)}

    def sheet(self, model: Any) -> Image.Image:
        sheet = tile(to_signed(self.unseen[-16:]), 8)
        pencil = ImageDraw.Draw(sheet)
        for number, items in enumerate(self.unseen_items[-16:]):
            queries = [Query(f"a {i['colour']} {i['kind']}", {}) for i in items]
            found = self._look(model, to_signed(self.unseen[-16:][number : number + 1]), [queries])
            scores = found.logits[0].float().sigmoid().max(-1).values
            corner = (number % 8 * 128, number // 8 * 128)
            for box in corners_of(found.pred_boxes[0].float())[scores > 0.4].tolist():
                pencil.rectangle(
                    [round(128 * value) + corner[side % 2] for side, value in enumerate(box)], outline="red"
                )
        return sheet

    def save(self, model: Any, weights: Path) -> None:
        from transformers import OwlViTImageProcessorPil, OwlViTProcessor

        model.half().save_pretrained(weights / "detector")
        side = {"height": 128, "width": 128}
        images = OwlViTImageProcessorPil(size=side, do_center_crop=False, image_mean=MEAN, image_std=MEAN)
        processor: Any = OwlViTProcessor(images, self.tokenizer)  # type: ignore[no-untyped-call]
        processor.save_pretrained(weights / "detector")

    def _look(self, model: Any, pixels: Tensor, queries: list[list[Query]]) -> Any:
        texts = [query.words for asked in queries for query in asked]
        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST_QUERY, return_tensors="pt")
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        return model(input_ids=tokens.input_ids.to(self.device), pixel_values=pixels)

    def _blur(self, pixels: Tensor) -> Tensor:
        """Painted pictures are softer than drawn ones: half of what is shown has lost a little, and has noise."""
        soft = functional.avg_pool2d(pixels, 3, 1, 1)
        share = torch.rand(len(pixels), 1, 1, 1, generator=self.random).sub(0.5).clamp(min=0).mul(1.6).to(self.device)
        return pixels.lerp(soft, share) + 0.05 * share * torch.randn_like(pixels)


def ask(items: Sequence[Item], count: int, words: random.Random) -> list[Query]:
    """`count` queries about a scene: some are met by its things, the rest are near misses or simply not there."""
    queries: dict[str, Query] = {}
    while len(queries) < count:
        item = dict(words.choice(items))
        roll = words.random()
        if roll > 0.45:
            name, values = words.choice((("colour", tuple(COLOURS)), ("kind", KINDS), ("kind", KINDS)))
            item[name] = words.choice(values)
        if roll > 0.85:
            item = {
                "kind": words.choice(KINDS),
                "colour": words.choice(tuple(COLOURS)),
                "texture": words.choice(TEXTURES),
            }
            item["size"] = words.choice(SIZES)
        query = _query(item, words)
        queries[query.words] = query
    return list(queries.values())


def match(logits: Tensor, boxes: Tensor, items: Sequence[Item], queries: Sequence[Query]) -> tuple[Tensor, Tensor]:
    """Which patch answers for which thing: the assignment of least cost (box distance, GIoU, confidence)."""
    wanted = _corners(items).to(boxes.device)
    asked = torch.tensor([[query.means(item) for query in queries] for item in items], device=boxes.device).float()
    confidence = logits.sigmoid() @ asked.T / asked.sum(1).clamp(min=1)
    corners = corners_of(boxes)
    cost = 5 * torch.cdist(corners, wanted, p=1) - 2 * pairwise_giou(corners, wanted) - confidence
    patches, things = linear_sum_assignment(cost.cpu().numpy())
    return torch.from_numpy(patches), torch.from_numpy(things)


def losses(
    logits: Tensor,
    boxes: Tensor,
    items: Sequence[Sequence[Item]],
    queries: Sequence[Sequence[Query]],
    matches: Sequence[tuple[Tensor, Tensor]],
) -> dict[str, Tensor]:
    """Focal loss of every patch against every query; L1 and GIoU of the patches that answer for a thing."""
    meant = torch.zeros_like(logits)
    found, wanted = [], []
    for picture, (patches, things) in enumerate(matches):
        rows = [[query.means(items[picture][thing]) for query in queries[picture]] for thing in things.tolist()]
        meant[picture, patches.to(logits.device)] = torch.tensor(rows, device=logits.device).float()
        found.append(boxes[picture, patches.to(boxes.device)])
        wanted.append(_corners(items[picture]).to(boxes.device)[things.to(boxes.device)])
    corners, targets = corners_of(torch.cat(found)), torch.cat(wanted)
    chance = logits.sigmoid()
    surprise = functional.binary_cross_entropy_with_logits(logits, meant, reduction="none")
    focal = (surprise * (meant - chance).abs().square()).sum() / meant.sum().clamp(min=1)
    distance = functional.l1_loss(corners, targets) * 4
    overlap = 1 - pairwise_giou(corners, targets).diagonal().mean()
    return {"loss": 2 * focal + 5 * distance + 2 * overlap, "focal": focal, "distance": distance, "giou": overlap}


def judge_detections(
    logits: Tensor, boxes: Tensor, items: Sequence[Item], queries: Sequence[Query], floor: float = 0.02
) -> list[tuple[float, bool]]:
    """Each detection's score, and whether it is the first to find a thing that its query means (IoU ≥ 0.5)."""
    corners = corners_of(boxes)
    overlaps = pairwise_iou(corners, _corners(items).to(corners.device))
    kept = []
    for column, query in enumerate(queries):
        free = {number for number, item in enumerate(items) if query.means(item)}
        scores = logits[:, column].sigmoid()
        for patch in scores.argsort(descending=True).tolist():
            if scores[patch] < floor:
                break
            met = [thing for thing in free if float(overlaps[patch, thing]) >= 0.5]
            free -= set(sorted(met, key=lambda thing: -float(overlaps[patch, thing]))[:1])
            kept.append((float(scores[patch]), bool(met)))
    return kept


def average_precision(kept: Sequence[tuple[float, bool]], present: int) -> float:
    """The area under the precision envelope, at every recall that is reached."""
    right = np.array([hit for _, hit in sorted(kept, key=lambda pair: -pair[0])], dtype=float)
    if not len(right) or not present:
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / present)


def corners_of(boxes: Tensor) -> Tensor:
    """Centre, width and height to corners."""
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([middle - half, middle + half], -1)


def pairwise_giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al. 2019): IoU less the share of the hull that neither box covers; corners."""
    low = torch.minimum(first[:, None, :2], second[None, :, :2])
    high = torch.maximum(first[:, None, 2:], second[None, :, 2:])
    hull = (high - low).prod(-1)
    shared, union = _shared_and_union(first, second)
    return shared / union - (hull - union) / hull


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of every box of `first` with every box of `second`; corners."""
    shared, union = _shared_and_union(first, second)
    return shared / union


def _shared_and_union(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (first, second)]
    return shared, areas[0][:, None] + areas[1][None] - shared


def _corners(items: Sequence[Item]) -> Tensor:
    return torch.tensor([item["box"] for item in items], dtype=torch.float32)


def _query(item: Item, words: random.Random) -> Query:
    """The kind, mostly with its colour, now and then with texture or size."""
    names = [name for name, share in (("size", 0.12), ("texture", 0.2), ("colour", 0.7)) if words.random() < share]
    names = [name for name in names if not (name == "texture" and item[name] == "plain")]
    phrase = " ".join([*(item[name] for name in names), item["kind"]])
    text = with_article(phrase) if words.random() < 0.75 else phrase
    return Query(text, {name: item[name] for name in (*names, "kind")})
