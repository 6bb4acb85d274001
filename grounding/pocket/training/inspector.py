"""The inspector's stage: sound things and broken ones told apart, by what the detector's tower sees of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from grounding.pocket.models import WEIGHTS
from grounding.pocket.profiles import INSPECTOR
from grounding.pocket.training.autoencoder import tile
from grounding.pocket.training.by_eye import marked_by_eye
from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage
from grounding.pocket.training.sight import VISION
from grounding.pocket.training.spoiled import CONTEXT as KEPT_CONTEXT
from grounding.pocket.training.spoiled import Lot, lots, shards
from grounding.pocket.world import KINDS as NOUNS
from grounding.verify.inspector import CONTEXTS, KINDS, NEEDS, SIDE, Network, Seer, marked, open_inspector
from grounding.verify.load import open_detector

NEEDED = ((0.0, 0.05), (0.2, 0.1))
"""What scores less may be broken, by the longer side. At 0.3 for the larger ones three in four of the broken things
that a person marked were found, but six of forty pictures that an eye calls right were doubted; so it is less."""
MARKED_FROM = 0.8
"""From here on half of what it learns from are things that a person marked, of pictures that the loop painted."""
MISNAMED = 0.08
"""The share of sound things that are shown under another name, as broken ones of that."""
SHIFT, ZOOM, EDGE, TONE = 0.05, 0.1, 0.05, 0.08
"""How far a crop is shifted and enlarged, how far the edges of the box are off, and how far the tones."""
AT_ONCE = 50


class Seen(NamedTuple):
    """What the tower saw of things, "n patches width", where each is, its kind, and whether it is sound."""

    patches: Tensor
    marks: Tensor
    kinds: Tensor
    sound: Tensor


class InspectorStage(TrainingStage):
    name: ClassVar[str] = "inspector"
    recipe: ClassVar[Regime] = Regime(rate=2e-3, batch=96, average=0.99, weight_decay=0.02, sheet_every=240.0)

    def __init__(self, settings: TrainingSettings, seer: Seer | None = None) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.seer = seer
        self.model: Any = Network(len(NOUNS), VISION)

    def begin(self, step: int) -> None:
        self.random.manual_seed(self.settings.seed + step)
        seer: Any = self.seer or open_detector(WEIGHTS / "detector")
        self.shown, self.exact = (seen(self.settings.state, seer, unseen) for unseen in (False, True))
        self.unseen = lots(self.settings.state, unseen=True)
        self.marked = _look(seer, marked_by_eye(), self.random)

    def loss(self, progress: float) -> dict[str, Tensor]:
        sources = [self.shown] if progress < MARKED_FROM else [self.shown, self.marked]
        parts = [self._evenly(some, self.batch // len(sources)) for some in sources]
        patches, marks, kinds, sound = (torch.cat(columns) for columns in zip(*parts, strict=True))
        other = torch.randint(1, len(NOUNS), (len(kinds),), generator=self.random)
        misnamed = (torch.rand(len(kinds), generator=self.random) < MISNAMED) & sound
        told = torch.where(misnamed, (kinds + other) % len(NOUNS), kinds)
        judged = self.model(patches.float(), marks.float(), told)
        meant = (sound & ~misnamed) * 0.96 + 0.02
        return {"loss": functional.binary_cross_entropy_with_logits(judged.float(), meant)}

    def _evenly(self, some: Seen, count: int) -> Seen:
        """As many sound things as broken ones."""
        ways = (torch.nonzero(some.sound == way)[:, 0] for way in (True, False))
        rows = torch.cat([rows[torch.randint(len(rows), (count // 2,), generator=self.random)] for rows in ways])
        return Seen(*(column[rows] for column in some))

    def measure(self, model: Any) -> dict[str, float]:
        """How many broken things it finds where it takes one sound thing in forty for broken, and how often a broken
        one of a random pair has the lower score."""
        scores, sound = self.scores(model, self.exact), self.exact.sound
        cut = scores[sound].quantile(0.025)
        above = (scores[sound][:, None] > scores[~sound][None]).float().mean()
        return {"found": float((scores[~sound] < cut).float().mean()), "apart": float(above)}

    def sheet(self, model: Any) -> Image.Image:
        """The things never trained on about which it is the most wrong: sound ones above, broken ones below."""
        scores, sound = self.scores(model, self.exact), self.exact.sound
        order = [torch.nonzero(sound)[:, 0][scores[sound].argsort()[:24]],
                 torch.nonzero(~sound)[:, 0][scores[~sound].argsort(descending=True)[:24]]]
        found: Image.Image = tile(_signed(self.unseen.crops[torch.cat(order).numpy()]), 12)
        return found

    @torch.no_grad()
    def scores(self, model: Any, some: Seen) -> Tensor:
        """The score of every thing."""
        return torch.cat([model(patches.float(), marks.float(), kinds).sigmoid().float() for patches, marks, kinds in
                          zip(*(torch.split(part, AT_ONCE) for part in some[:3]), strict=True)])

    def save(self, model: Any, weights: Path) -> None:
        state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
        save_file(state, weights / "detector" / INSPECTOR, {KINDS: json.dumps(NOUNS), NEEDS: json.dumps(NEEDED)})

    def load(self, weights: Path) -> None:
        seer: Any = self.seer or open_detector(weights / "detector")
        self.model.load_state_dict(open_inspector(weights / "detector" / INSPECTOR, seer).network.state_dict())


def seen(state: Path, seer: Any, unseen: bool) -> Seen:
    """What a tower sees of everything that was painted, exactly as the verifier will show it where it is for measuring,
    else each a little different; worked out once and kept beside the crops."""
    found = []
    for file in track(shards(state, unseen), "looking", transient=True):
        kept = file.with_name(f"{file.stem}-{seer.name.replace(' ', '-')}.pt")
        if not kept.exists():
            lot = lots(state, unseen, only=file)
            partial = kept.with_suffix(f".{os.getpid()}.tmp")
            torch.save(_look(seer, lot, None if unseen else torch.Generator().manual_seed(0))._asdict(), partial)
            os.replace(partial, kept)
        found.append(Seen(**torch.load(kept, weights_only=True)))
    return Seen(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _look(seer: Any, lot: Lot, random: torch.Generator | None) -> Seen:
    parts = []
    for rows in np.array_split(np.arange(len(lot)), -(-len(lot) // AT_ONCE)):
        crops, spots = varied(lot, rows, random)
        pixels = crops.add(1).mul(127.5).clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy()
        patches = seer.patches([Image.fromarray(crop) for crop in pixels])
        marks = marked(spots, round(patches.shape[1] ** 0.5))
        parts.append(Seen(patches.half(), marks.half(), torch.from_numpy(lot.kinds[rows]),
                          torch.from_numpy(lot.sound[rows])))
    return Seen(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def varied(lot: Lot, rows: Sequence[int] | NDArray[np.int64], random: torch.Generator | None) -> tuple[Tensor, Tensor]:
    """Crops "n 3 side side" as they are shown, from -1 to 1, and the box of the thing in each "n 4": a little off, or
    as the verifier cuts them."""
    pixels = _signed(lot.crops[rows])
    spots, count = torch.from_numpy(lot.boxes[rows]) * 2 - 1, len(pixels)
    scale, middle = torch.full((count, 1), CONTEXTS[0] / KEPT_CONTEXT), torch.zeros(count, 2)
    if random is not None:
        scale = scale * (1 + ZOOM * _drawn((count, 1), random))
        middle = SHIFT * _drawn((count, 2), random)
        spots = spots + EDGE * _drawn((count, 4), random)
        tones = 1 + TONE * _drawn((count, 3, 1, 1), random)
        pixels = (pixels * tones + TONE * _drawn((count, 3, 1, 1), random)).clamp(-1, 1)
    at = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x = at[None, None, :] * scale[..., None] + middle[:, :1, None]
    y = at[None, :, None] * scale[..., None] + middle[:, 1:, None]
    grid = torch.stack([x.expand(count, SIDE, SIDE), y.expand(count, SIDE, SIDE)], -1)
    crops = functional.grid_sample(pixels, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return crops.clamp(-1, 1), ((spots - middle.repeat(1, 2)) / scale + 1) / 2


def _signed(crops: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1


def _drawn(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=random) * 2 - 1
