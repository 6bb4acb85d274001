"""The sight stage: one vision tower for the pocket's CLIP and its OWL-ViT detector, on the text tower that can read.

It learns three things at once from every picture: which caption is true of it, where the things are that a few words
mean, and what each cell shows. The last is asked by a head that is thrown away; it is by far the quickest teacher.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, OwlViTConfig, OwlViTForObjectDetection

from grounding.pocket.compose import CROWDED
from grounding.pocket.training.autoencoder import tile, to_signed
from grounding.pocket.training.boxes import assign, average_precision, corners_of, pairwise_giou, pairwise_iou
from grounding.pocket.training.feed import feed
from grounding.pocket.training.lessons import MOST_ITEMS, looks
from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage, plain_attention, trained
from grounding.pocket.training.negatives import negatives
from grounding.pocket.training.owners import owners
from grounding.pocket.training.queries import Query, QueryItem, ask, by_name
from grounding.pocket.training.repaint import repainted
from grounding.pocket.training.scenes import SHARES, scenes
from grounding.pocket.training.text import LAYERS, WIDTH, TextStage
from grounding.pocket.training.tokenizer import LONGEST, tokenizer_of
from grounding.pocket.world import COLOURS, KINDS, TEXTURES

LONGEST_QUERY = 32
QUERIES = 12
NEGATIVES = 3
PATCH = 8
VISION = 160
MEAN = (0.5, 0.5, 0.5)
LOOKS = (len(KINDS) + 1, len(COLOURS) + 1, len(TEXTURES) + 1)
SAID, NAMED = 0.5, 2.0
PAINTED = 0.4
"""The part of the pictures that are repainted ones, where there are any."""


class SightBatch(NamedTuple):
    """Which pictures of which scenes, what is said of them truly and falsely, what is asked, and which things each
    query means."""

    shown: Tensor  # "pictures"
    rows: Tensor  # "pictures"
    texts: list[str]  # a true caption of each, then the false ones
    owners: Tensor  # "false": whose picture each false caption is about
    same: Tensor  # "pictures pictures": another picture of which the same is said
    queries: list[str]  # of one picture after the other
    boxes: Tensor  # "pictures things 4", corners, padded
    counts: list[int]
    meant: Tensor  # "pictures things queries"


def towers(tokenizer: CLIPTokenizer) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the text and the vision configurations of CLIP and detector have in common."""
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    text = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_attention_heads": 4, "num_hidden_layers": LAYERS}
    text |= {"vocab_size": len(tokenizer), "max_position_embeddings": LONGEST, "projection_dim": WIDTH, **ids}
    vision = {"hidden_size": VISION, "intermediate_size": 4 * VISION, "num_attention_heads": 5, "num_hidden_layers": 6}
    return text, {**vision, "image_size": 128, "patch_size": PATCH, "projection_dim": WIDTH}


def detector(tokenizer: CLIPTokenizer) -> OwlViTForObjectDetection:
    """An OWL-ViT with heads for boxes and words on every patch."""
    text, vision = towers(tokenizer)
    found = OwlViTForObjectDetection(OwlViTConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))
    _calm(found)
    return found


def clip_of(found: OwlViTForObjectDetection, tokenizer: CLIPTokenizer) -> CLIPModel:
    """The CLIP that a detector's towers are."""
    text, vision = towers(tokenizer)
    clip = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))
    theirs = found.owlvit.state_dict()
    clip.load_state_dict({name.replace("pre_layernorm", "pre_layrnorm"): value for name, value in theirs.items()})
    return clip


class Eye(nn.Module):
    """The detector, and the head that says what each cell shows."""

    def __init__(self, found: OwlViTForObjectDetection) -> None:
        super().__init__()
        self.detector: Any = found
        self.head = nn.Linear(VISION, sum(LOOKS))


class SightStage(TrainingStage):
    name: ClassVar[str] = "sight"
    recipe: ClassVar[Regime] = Regime(rate=1e-3, batch=16, average=0.998, weight_decay=0.02, sheet_every=600.0)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.tokenizer = tokenizer_of(settings.state)
        self.model: Any = Eye(detector(self.tokenizer))
        plain_attention(self.model.detector, self.device)
        self.owl: Any = self.model.detector.owlvit
        self.owl.text_model.requires_grad_(False)
        self.pooled: dict[str, Tensor] = {}

    def start(self) -> None:
        reader = trained(TextStage(self.settings)).text
        state = {name.removeprefix("text_model."): value for name, value in reader.state_dict().items()}
        self.owl.text_model.load_state_dict(state)

    def begin(self, step: int) -> None:
        settings = self.settings
        self.random.manual_seed(settings.seed + step)
        each = (settings.scenes or 24000) // sum(SHARES.values())
        runs = [scenes(settings.state, level, share * each, settings.workers) for level, share in SHARES.items()]
        painted = [repainted(run) for run in runs]
        first = np.cumsum([0, *(len(run) for run in runs)])
        self.repainted = np.concatenate([kept.rows + at for kept, at in zip(painted, first, strict=False)])
        self.pictures = torch.from_numpy(np.concatenate([*(run.pictures for run in runs),
                                                         *(kept.pictures for kept in painted)])).to(self.device)
        self.owners = torch.cat([owners(run) for run in runs])[:, 1::2, 1::2]
        self.captions = [row["captions"] for run in runs for row in run.rows]
        self.items: list[list[QueryItem]] = [row["items"] for run in runs for row in run.rows]
        self.looks = looks(self.items)
        self.batches = feed(self._write_batch, settings.workers, settings.seed + step)
        unseen = [scenes(settings.state, level, 1, unseen=True) for level in SHARES]
        self.unseen = [torch.from_numpy(run.pictures[:200]).to(self.device) for run in unseen]
        self.unseen_captions = [[row["captions"][0] for row in run.rows[:100]] for run in unseen]
        self.unseen_items = [[row["items"] for row in run.rows[:200]] for run in unseen]

    def loss(self, progress: float) -> dict[str, Tensor]:
        batch = next(self.batches)
        pixels = self._blur(to_signed(self.pictures[batch.shown.to(self.device)]))
        summary, patches = self._look(self.model, pixels)
        queries = self._read(self.model, batch.queries).view(len(batch.rows), QUERIES, -1)
        logits, boxes = self._find(self.model, patches, queries)
        shown = self.owners[batch.rows].flatten(1).to(self.device)
        parts = losses(logits, boxes, shown, batch)
        named = self._named(patches, shown, self.looks[batch.rows].to(self.device))
        said, right = self._said(summary, batch)
        loss = parts.pop("loss") + NAMED * named + SAID * said
        return {"loss": loss, **parts, "named": named, "said": said, "right": right}

    def measure(self, model: Any) -> dict[str, float]:
        words = random.Random(1)
        figures = {}
        for level, (pictures, captions) in enumerate(zip(self.unseen, self.unseen_captions, strict=True)):
            summary, _ = self._look(model, to_signed(pictures[:100]))
            right = []
            for picture, true in zip(summary, captions, strict=True):
                read = self._read(model, [true, *negatives(true, 8, words)], keep=False)
                right.append(int((read @ picture).argmax() == 0))
            figures[f"caption_level{level}"] = sum(right) / len(right)
        found = {"ap50": self._precision(model, 2, words), "ap50_crowds": self._precision(model, CROWDED, words)}
        return {**figures, **found}

    def _precision(self, model: Any, level: int, words: random.Random) -> float:
        """Average precision on unseen pictures of a level, asked for everything in them and for what is not."""
        kept: list[tuple[float, bool]] = []
        present = 0
        for pixels, items in zip(to_signed(self.unseen[level]), self.unseen_items[level], strict=True):
            queries = by_name(items, 4, words)
            logits, boxes = self._detect(model, pixels[None], [query.words for query in queries])
            present += sum(query.means(item) for query in queries for item in items)
            kept += judge_detections(logits[0], boxes[0], items, queries)
        return round(average_precision(kept, present), 4)

    def sheet(self, model: Any) -> Image.Image:
        shown = to_signed(self.unseen[2][:16])
        sheet = tile(shown, 8)
        pencil = ImageDraw.Draw(sheet)
        for number, items in enumerate(self.unseen_items[2][:16]):
            asked = [query.words for query in by_name(items, 0, random.Random(0))]
            logits, boxes = self._detect(model, shown[number : number + 1], asked)
            scores = logits[0].sigmoid().max(-1).values
            corner = (number % 8 * 128, number // 8 * 128)
            for box in corners_of(boxes[0])[scores > 0.4].clamp(0, 1).tolist():
                edges = [round(127 * value) + corner[side % 2] for side, value in enumerate(box)]
                pencil.rectangle(edges, outline="red")
        return sheet

    def save(self, model: Any, weights: Path) -> None:
        from transformers import (
            CLIPImageProcessorPil,
            CLIPProcessor,
            OwlViTImageProcessorPil,
            OwlViTProcessor,
        )

        side = {"height": 128, "width": 128}
        clip: Any = clip_of(model.detector, self.tokenizer)
        clip.half().save_pretrained(weights / "clip")
        images = CLIPImageProcessorPil(size=side, crop_size=side, image_mean=MEAN, image_std=MEAN, do_center_crop=False)
        reading: Any = CLIPProcessor(images, self.tokenizer)  # type: ignore[no-untyped-call]
        reading.save_pretrained(weights / "clip")
        model.detector.half().save_pretrained(weights / "detector")
        short = tokenizer_of(self.settings.state, LONGEST_QUERY)
        asked = OwlViTImageProcessorPil(size=side, do_center_crop=False, image_mean=MEAN, image_std=MEAN)
        asking: Any = OwlViTProcessor(asked, short)  # type: ignore[no-untyped-call]
        asking.save_pretrained(weights / "detector")

    def load(self, weights: Path) -> None:
        shipped = OwlViTForObjectDetection.from_pretrained(weights / "detector", dtype=torch.float32)
        self.model.detector.load_state_dict(shipped.state_dict())

    def _write_batch(self, words: random.Random) -> SightBatch:
        chosen = [self._choose(words) for _ in range(self.batch)]
        rows = [row for _, row in chosen]
        captions = [words.choice(self.captions[row]) for row in rows]
        false = [(owner, text) for owner, true in enumerate(captions) for text in negatives(true, NEGATIVES, words)]
        numbers = torch.tensor([hash(caption) for caption in captions])
        same = (numbers[:, None] == numbers[None]) & ~torch.eye(len(rows), dtype=torch.bool)
        items = [self.items[row][:MOST_ITEMS] for row in rows]
        queries = [ask(seen, QUERIES, words) for seen in items]
        boxes = torch.zeros(len(rows), MOST_ITEMS, 4)
        boxes[..., 2:] = 1
        meant = torch.zeros(len(rows), MOST_ITEMS, QUERIES)
        for row, (seen, asked) in enumerate(zip(items, queries, strict=True)):
            boxes[row, : len(seen)] = _corners(seen)
            meant[row, : len(seen)] = torch.tensor([[query.means(item) for query in asked] for item in seen]).float()
        return SightBatch(
            torch.tensor([shown for shown, _ in chosen]),
            torch.tensor(rows),
            [*captions, *(text for _, text in false)],
            torch.tensor([owner for owner, _ in false]),
            same,
            [query.words for asked in queries for query in asked],
            boxes,
            [len(seen) for seen in items],
            meant,
        )

    def _choose(self, words: random.Random) -> tuple[int, int]:
        """A picture and the scene that it shows."""
        if len(self.repainted) and words.random() < PAINTED:
            at = words.randrange(len(self.repainted))
            return len(self.captions) + at, int(self.repainted[at])
        row = words.randrange(len(self.captions))
        return row, row

    def _look(self, model: Any, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """A picture's vector as CLIP sees it, and its patches as the detector does."""
        found = model.detector.image_embedder(pixels.contiguous(memory_format=torch.channels_last))
        patches = found[0].flatten(1, 2)
        summary = model.detector.owlvit.visual_projection(found[1].pooler_output)
        return functional.normalize(summary.float(), dim=-1), patches

    def _read(self, model: Any, texts: Sequence[str], keep: bool = True) -> Tensor:
        """Texts as vectors. The tower that reads them is frozen: what it made of a text is kept."""
        pooled = self._pooled(texts, keep)
        return functional.normalize(model.detector.owlvit.text_projection(pooled).float(), dim=-1)

    @torch.no_grad()
    def _pooled(self, texts: Sequence[str], keep: bool) -> Tensor:
        found = dict(self.pooled) if not keep else self.pooled
        new = sorted(set(texts) - found.keys(), key=len)
        for first in range(0, len(new), 64):
            part = new[first : first + 64]
            read = self.tokenizer(part, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
            states = self.owl.text_model(input_ids=read.input_ids.to(self.device)).pooler_output
            found.update(zip(part, states.float(), strict=True))
        return torch.stack([found[text] for text in texts])

    def _find(self, model: Any, patches: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        logits, _ = model.detector.class_predictor(patches, queries)
        grid = patches.view(len(patches), 128 // PATCH, -1, patches.shape[-1])
        return logits.float(), model.detector.box_predictor(patches, grid).float()

    def _detect(self, model: Any, pixels: Tensor, asked: Sequence[str]) -> tuple[Tensor, Tensor]:
        _, patches = self._look(model, pixels)
        return self._find(model, patches, self._read(model, asked, keep=False)[None])

    def _named(self, patches: Tensor, shown: Tensor, things: Tensor) -> Tensor:
        wanted = things.gather(1, shown.long()[..., None].expand(-1, -1, len(LOOKS)))
        said = self.model.head(patches).float().split(list(LOOKS), -1)
        weights = torch.where(shown > 0, 1.0, 0.25)
        parts = [
            functional.cross_entropy(logits.mT, wanted[..., which], reduction="none")
            for which, logits in enumerate(said)
        ]
        return (torch.stack(parts).sum(0) * weights).sum() / weights.sum()

    def _said(self, summary: Tensor, batch: SightBatch) -> tuple[Tensor, Tensor]:
        """The contrastive loss of CLIP, with captions that are almost right among the wrong ones."""
        read = self._read(self.model, batch.texts)
        count = len(summary)
        scale = self.owl.logit_scale.clamp(max=4.6).exp()
        scores = (scale * summary @ read[:count].T).float().masked_fill(batch.same.to(self.device), float("-inf"))
        whose = batch.owners.to(self.device)
        near = scores.new_full((count, len(whose)), float("-inf"))
        near[whose, torch.arange(len(whose), device=self.device)] = scale * (summary[whose] * read[count:]).sum(-1)
        target = torch.arange(count, device=self.device)
        to_text = functional.cross_entropy(torch.cat([scores, near], 1), target)
        right = (scores.diagonal() > near.max(1).values).float().mean()
        return (to_text + functional.cross_entropy(scores.T, target)) / 2, right

    def _blur(self, pixels: Tensor) -> Tensor:
        """Painted pictures are softer than drawn ones: half of what is shown has lost a little, and has noise."""
        soft = functional.avg_pool2d(pixels, 3, 1, 1)
        share = torch.rand(len(pixels), 1, 1, 1, generator=self.random).sub(0.5).clamp(min=0).mul(1.6).to(self.device)
        return pixels.lerp(soft, share) + 0.05 * share * torch.randn_like(pixels)


def losses(logits: Tensor, boxes: Tensor, shown: Tensor, batch: SightBatch) -> dict[str, Tensor]:
    """Focal loss of every patch against every query; L1 and GIoU of the boxes of patches that show a thing.

    One patch answers for each thing: the one that the cheapest assignment gives it (box distance, GIoU, confidence).
    Every other patch that shows the thing learns its box too, but stays silent.
    """
    corners = corners_of(boxes)
    wanted, meant = batch.boxes.to(corners.device), batch.meant.to(logits.device)
    asked = meant.sum(2).clamp(min=1)[:, None]
    with torch.no_grad():
        confidence = logits.sigmoid() @ meant.mT / asked
        cost = 5 * torch.cdist(corners, wanted, p=1) - 2 * pairwise_giou(corners, wanted) - 2 * confidence
        pictures, patches, things = assign(cost, batch.counts)
    target = torch.zeros_like(logits)
    target[pictures, patches] = meant[pictures, things]
    chance = logits.sigmoid()
    surprise = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    focal = (surprise * (target - chance).square()).sum() / target.sum().clamp(min=1)
    distance, overlap = _misfit(corners[pictures, patches], wanted[pictures, things])
    rows, cells = (shown > 0).nonzero(as_tuple=True)
    all_distance, all_overlap = _misfit(corners[rows, cells], wanted[rows, shown[rows, cells].long() - 1])
    loss = 2 * focal + 5 * (distance + all_distance) + 2 * (overlap + all_overlap)
    return {"loss": loss, "focal": focal, "distance": distance, "giou": overlap}


def judge_detections(
    logits: Tensor, boxes: Tensor, items: Sequence[QueryItem], queries: Sequence[Query], floor: float = 0.02
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


def _misfit(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    return (found - wanted).abs().sum(-1).mean(), 1 - pairwise_giou(found[:, None], wanted[:, None]).mean()


def _calm(found: OwlViTForObjectDetection) -> None:
    """Heads that at first say "nothing here, about one patch large" (the stock ones begin with logits of hundreds)."""
    words, boxes = found.class_head, found.box_head
    for layer in (words.dense0, boxes.dense0, boxes.dense1, boxes.dense2):
        layer.reset_parameters()
    for layer, start in ((words.logit_scale, 9.0), (words.logit_shift, -0.6)):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, start)


def _corners(items: Iterable[QueryItem]) -> Tensor:
    return torch.tensor([item["box"] for item in items], dtype=torch.float32)
