"""Latents as the painter makes them: those of drawn scenes, noised some way and painted back, with what they show.

A decoder that has only seen the latents of drawings spreads each small error of the painter over its edges.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor

from grounding.pocket.compose import ASKED
from grounding.pocket.training.latents import latents
from grounding.pocket.training.loop import trained
from grounding.pocket.training.repaint import unchanged
from grounding.pocket.training.scenes import SceneFeed, scenes
from grounding.pocket.training.settings import TrainingSettings
from grounding.pocket.training.unet import Unet

LEVELS = {0: 1, 1: 1, 2: 2, ASKED: 4}
SCENES = 1600
FILE = "painted.npz"
STRENGTHS = (0.3, 0.45, 0.6)
"""How far along the trajectory latents are noised."""
STEPS, GUIDANCE, BATCH = 16, 5.0, 16


def painted(run: SceneFeed) -> list[Tensor | None]:
    """The painter's latents "4 32 32" for each scene of a run, of unit spread; nothing where there are none."""
    found: list[Tensor | None] = []
    for folder in run.folders:
        own: list[Tensor | None] = [None] * (len(run) // len(run.folders))
        if (folder / FILE).exists():
            kept = np.load(folder / FILE)
            for row, made in zip(kept["rows"].tolist(), kept["latents"], strict=True):
                own[row] = torch.from_numpy(made)
        found += own
    return found


def paint_all(settings: TrainingSettings) -> int:
    """Make such latents for the scenes that the stage `larger` learns from; how many were kept."""
    stage = Unet(settings)
    pipeline = stage.pipeline(trained(stage))
    return sum(paint_again(run, pipeline, count) for _, run, count in lessons(settings))


def lessons(settings: TrainingSettings) -> list[tuple[int, SceneFeed, int]]:
    """The level, the scenes, and how many of them, that a large autoencoder learns from."""
    each = (settings.scenes or SCENES) // sum(LEVELS.values())
    return [(level, scenes(settings.state, level, n * each, settings.workers), n * each) for level, n in LEVELS.items()]


@torch.no_grad()
def paint_again(run: SceneFeed, pipeline: Any, count: int) -> int:
    """Make the latents of the first scenes of a run with this painter; how many were kept. Those that no longer show
    their scene are left out."""
    made = 0
    for at, folder in enumerate(run.folders):
        one = SceneFeed((folder,))
        wanted = min(len(one), count - at * len(one))
        if wanted > 0 and not (folder / FILE).exists():
            made += _shard(one, folder, pipeline, wanted)
    return made


def _shard(one: SceneFeed, folder: Path, pipeline: Any, count: int) -> int:
    words = random.Random(folder.name)
    exact = latents(one, pipeline.vae, torch.device("cpu"))
    rows: list[NDArray[np.int64]] = []
    kept: list[NDArray[np.float16]] = []
    for at in track(range(0, count, BATCH), f"painting {folder.parent.name}/{folder.name}", transient=True):
        clean = exact[at : min(at + BATCH, count)].float()
        texts = [words.choice(row["captions"]) for row in one.rows[at : at + len(clean)]]
        made = again(pipeline, clean, texts, words.choice(STRENGTHS), seed=at)
        shown = pipeline.vae.decode(made / pipeline.vae.config.scaling_factor).sample
        pixels = shown.add(1).mul(127.5).clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy()
        same = unchanged(one.pictures[at : at + len(clean)], pixels)
        rows.append(at + np.flatnonzero(same))
        kept.append(made[torch.from_numpy(same)].half().numpy())
    partial = folder / f"{FILE}.{os.getpid()}.npz"
    np.savez(partial, rows=np.concatenate(rows), latents=np.concatenate(kept))
    os.replace(partial, folder / FILE)
    return sum(map(len, rows))


def again(pipeline: Any, clean: Tensor, texts: list[str], strength: float, seed: int) -> Tensor:
    """Latents of unit spread, noised to this part of the trajectory and painted back."""
    told = pipeline.encode_prompt(texts, "cpu", 1, True)
    states = torch.cat([told[1], told[0]])
    scheduler = pipeline.scheduler
    scheduler.set_timesteps(STEPS)
    steps = scheduler.timesteps[round((1 - strength) * STEPS) :]
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    x: Tensor = scheduler.add_noise(clean, noise, steps[:1].expand(len(clean)))
    with torch.autocast("cpu", torch.bfloat16):
        for step in steps:
            plain, guided = pipeline.unet(torch.cat([x, x]), step, encoder_hidden_states=states).sample.float().chunk(2)
            x = scheduler.step(plain + GUIDANCE * (guided - plain), step, x).prev_sample
    return x
