"""Scenes as the painter paints them: drawn ones that are noised some way and painted back, where no thing changed.

Eyes that have seen drawn pictures only miss some of what is painted: edges are softer there, and shapes a little off.
What is in such a picture is known as exactly as before, as long as no part of it has come out too different.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from torch.nn import functional

from grounding.pocket.compose import CROWDED
from grounding.pocket.models import load_pipeline, side
from grounding.pocket.training.scenes import SHARES, SceneFeed, scenes
from grounding.pocket.training.settings import TrainingSettings

STRENGTHS = (0.25, 0.4, 0.55)
"""How far along the trajectory a picture is noised."""
STEPS, GUIDANCE = 12, 5.0
BATCH = 20
PATCH, CHANGED = 12, 0.15
"""A picture is left out if a patch of so many pixels a side has changed by more than this part of the range."""
FILE = "repainted.npz"
SCENES = 3000


class Repainted(NamedTuple):
    """Pictures, and for each the number of its scene in the run."""

    pictures: NDArray[np.uint8]
    rows: NDArray[np.int64]


def repainted(run: SceneFeed) -> Repainted:
    """What is there of a run so far."""
    found = [(np.load(folder / FILE), at) for at, folder in enumerate(run.folders) if (folder / FILE).exists()]
    each = len(run) // len(run.folders)
    if not found:
        return Repainted(run.pictures[:0], np.zeros(0, dtype=np.int64))
    return Repainted(np.concatenate([kept["pictures"] for kept, _ in found]),
                     np.concatenate([kept["rows"] + each * at for kept, at in found]))


def repaint_all(settings: TrainingSettings) -> int:
    """Repaint scenes with the shipped painter, in the sight stage's shares; what is there already is left. How many
    pictures were kept. Crowds are left out: what lies close together does not come out of it as it was."""
    from diffusers import StableDiffusionImg2ImgPipeline

    parts = load_pipeline().components
    painter: Any = StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False)  # type: ignore[no-untyped-call]
    painter.set_progress_bar_config(disable=True)
    painter.to(settings.device)
    shares = {level: share for level, share in SHARES.items() if level != CROWDED}
    each = (settings.scenes or SCENES) // sum(shares.values())
    runs = [scenes(settings.state, level, share * each, settings.workers) for level, share in shares.items()]
    missing = [folder for run in runs for folder in run.folders if not (folder / FILE).exists()]
    return sum(_shard(painter, folder) for folder in missing)


def _shard(painter: Any, folder: Path) -> int:
    one = SceneFeed((folder,))
    words = random.Random(str(folder.name))
    pictures, rows = [], []
    for at in track(range(0, len(one), BATCH), f"repainting {folder.parent.name}/{folder.name}", transient=True):
        drawn = one.pictures[at : at + BATCH]
        painted = _paint(painter, drawn, [words.choice(row["captions"]) for row in one.rows[at : at + BATCH]],
                         words.choice(STRENGTHS), seed=one.rows[at]["seed"])
        same = unchanged(drawn, painted)
        pictures.append(painted[same])
        rows.append(at + np.flatnonzero(same))
    kept = np.concatenate(rows)
    partial = folder / f"{FILE}.{os.getpid()}.npz"
    np.savez(partial, pictures=np.concatenate(pictures), rows=kept)
    os.replace(partial, folder / FILE)
    return len(kept)


def _paint(painter: Any, drawn: NDArray[np.uint8], captions: list[str], strength: float, seed: int,
           ) -> NDArray[np.uint8]:
    noise = torch.Generator().manual_seed(seed)
    with torch.autocast(painter.device.type, torch.bfloat16):
        found = painter(captions, image=[_sized(picture, side(painter)) for picture in drawn], strength=strength,
                        num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=noise, output_type="pil")
    return np.stack([np.array(_sized(np.array(picture), drawn.shape[1])) for picture in found.images])


def _sized(picture: NDArray[np.uint8], wide: int) -> Image.Image:
    """A picture at another width: what eyes learn from is smaller than what is painted."""
    image = Image.fromarray(picture)
    return image if image.width == wide else image.resize((wide, wide), Image.Resampling.BICUBIC)


def unchanged(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Per picture, whether no patch of it has changed too much."""
    away = torch.from_numpy(np.abs(before.astype(np.float32) - after).mean(-1) / 255)
    patches = functional.avg_pool2d(away[:, None], PATCH, PATCH // 3)
    found: NDArray[np.bool_] = (patches.flatten(1).amax(1) <= CHANGED).numpy()
    return found
