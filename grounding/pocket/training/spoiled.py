"""Things as the painter paints them, sound and broken, for the eye that tells them apart.

A scene is noised some way and painted back twice in the same noise: as it is, and with faults in its things. A fault is
in the drawing, or in what the painter is told: in a part of the thing it follows another caption. What is left of a
fault is the difference between the two; where the painter has healed it, there is nothing to be learned.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from grounding.pocket.captions import caption
from grounding.pocket.compose import ASKED
from grounding.pocket.models import load_pipeline, side
from grounding.pocket.training.autoencoder import to_signed
from grounding.pocket.training.faults import FAULTS, Subject, cells, half, patches, spoil
from grounding.pocket.training.scenes import UNSEEN
from grounding.pocket.training.settings import TrainingSettings
from grounding.pocket.world import COLOURS, KINDS, Picture, Piece, draw, masks, picture
from grounding.verify.inspector import around
from planner.scene import Box

CONTEXT, SIDE = 1.6, 80
"""Crops are kept a little wider than the inspector looks, so that they can be shifted."""
SHARD = 96
"""Scenes that are painted and kept together."""
SCENES = 2880
BATCH, STEPS, GUIDANCE = 12, 12, 5.0
LEVELS = (0, 1, 1, 2, 2, 2, ASKED)
PAINTED = 0.2
"""The share of the scenes, the first ones, that are painted back; the others only go through the autoencoder, which
takes a fifth of the time."""
STRENGTHS = (0.0, 0.0, 0.0, 0.25, 0.35, 0.45, 0.55)
"""How far along the trajectory a scene is noised."""
TOLD = (0.5, 0.6, 0.7)
"""The same where the fault is in what the painter is told: what is told counts early."""
CONFLICT = 0.3
"""The share of faults that are in what the painter is told."""
SAME, LEFT, ASTRAY = 18.0, 22.0, 50.0
"""How far a thing may be from itself (`_apart`): less than the first, and it is what it was; more than the second, and
a fault is left; more than the third, and it has gone wrong by itself."""
SPOILED = 0.75
"""The share of things that get a fault."""
SEEN = 0.6
"""A thing of which less than this is to be seen is left out."""
KEPT = ("crops", "boxes", "kinds", "sound")


class Lot(NamedTuple):
    """Crops "n side side 3" of things, the box of each in its crop "n 4", its kind, and whether it is sound."""

    crops: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    kinds: NDArray[np.int64]
    sound: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.crops)


_Row = tuple[NDArray[np.uint8], NDArray[np.float32], int, bool]


class _Job(NamedTuple):
    """A scene drawn sound and spoiled, what is told of it, and where what else is followed."""

    scene: Picture
    sound: NDArray[np.uint8]
    spoiled: NDArray[np.uint8]
    told: str
    instead: str
    where: NDArray[np.float32]


def shards(state: Path, unseen: bool = False) -> list[Path]:
    """The files of what has been painted so far, to learn from or to measure on."""
    files = [file for file in sorted((state / "spoiled").glob("*.npz")) if (int(file.stem) >= UNSEEN) == unseen]
    if not files:
        raise FileNotFoundError(f"nothing in `{state / 'spoiled'}`: run the stage `spoiled` first")
    return files


def lots(state: Path, unseen: bool = False, only: Path | None = None) -> Lot:
    """What has been painted so far, or what is in one of the files."""
    parts = [np.load(file) for file in ([only] if only else shards(state, unseen))]
    return Lot(*(np.concatenate([part[name] for part in parts]) for name in KEPT))


def spoil_all(settings: TrainingSettings) -> int:
    """Paint so many scenes, the tenth part of them for measuring only; what is there already is left."""
    folder, count = settings.state / "spoiled", -(-(settings.scenes or SCENES) // SHARD)
    folder.mkdir(parents=True, exist_ok=True)
    firsts = [SHARD * number + (UNSEEN if number % 10 == 9 else 0) for number in range(count)]
    missing = [first for first in firsts if not (folder / f"{first:09d}.npz").exists()]
    pipeline = load_pipeline() if missing else None
    for first in missing:
        number = first % UNSEEN // SHARD
        _shard(folder / f"{first:09d}.npz", pipeline, first, painted=number < PAINTED * count or first >= UNSEEN)
    return len(lots(settings.state))


def _shard(path: Path, pipeline: Any, first: int, painted: bool) -> None:
    found: list[_Row] = []
    rng = random.Random(f"spoiled {first}")
    for at in track(range(first, first + SHARD, BATCH), f"painting {path.stem}", transient=True):
        told = painted and rng.random() < CONFLICT
        jobs = [_job(seed, told, side(pipeline), rng) for seed in range(at, at + BATCH)]
        strength = rng.choice(TOLD if told else STRENGTHS) if painted else 0.0
        sound, spoiled = _painted(pipeline, jobs, strength, at, empty=not told and rng.random() < 0.3)
        for job, whole, broken in zip(jobs, sound, spoiled, strict=True):
            found += _crops(job, whole, broken, surely=not told)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    crops, boxes, kinds, sound_ones = (np.array(column) for column in zip(*found, strict=True))
    np.savez_compressed(partial, crops=crops, boxes=boxes, kinds=kinds, sound=sound_ones)
    os.replace(partial, path)


def _job(seed: int, told: bool, wide: int, rng: random.Random) -> _Job:
    scene = picture(seed, level=rng.choice(LEVELS))
    chosen = [number for number in range(len(scene.items)) if rng.random() < SPOILED]
    sound, words = draw(scene, wide), caption(scene, rng)
    spoiled, where, items = sound.astype(np.float32), np.zeros((wide, wide), dtype=np.float32), list(scene.items)
    for number in chosen:
        item = scene.items[number]
        if told:
            items[number] = replace(item, colour=rng.choice([c for c in COLOURS if c != item.colour]),
                                    kind=item.kind if rng.random() < 0.5 else rng.choice(KINDS))
            where = np.maximum(where, _followed(item, wide, rng))
        else:
            made = spoil(Subject.of(scene, number, wide), rng.choice(tuple(FAULTS)), rng)
            spoiled = np.where(made.where[..., None] > 0, made.pixels, spoiled)
    instead = caption(replace(scene, items=tuple(items)), rng) if told else words
    return _Job(scene, sound, np.clip(spoiled, 0, 255).astype(np.uint8), words, instead, where)


def _followed(item: Piece, wide: int, rng: random.Random) -> NDArray[np.float32]:
    """A part of a thing in which another caption is followed."""
    if rng.random() < 0.4:
        return (cells(item.box, wide, rng.randint(5, 16), rng) % 2).astype(np.float32) * _inside(item, wide)
    return rng.choice((half, half, patches))(item.box, wide, rng) * _inside(item, wide)


def _inside(item: Piece, wide: int) -> NDArray[np.float32]:
    found = np.zeros((wide, wide), dtype=np.float32)
    x0, y0, x1, y1 = (round(v * wide) for v in item.box)
    found[y0:y1, x0:x1] = 1
    return found


@torch.no_grad()
def _painted(pipeline: Any, jobs: Sequence[_Job], strength: float, seed: int, empty: bool,
             ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The drawings of all jobs painted back in one noise: as they are, and spoiled."""
    drawn = torch.from_numpy(np.stack([job.sound for job in jobs] + [job.spoiled for job in jobs]))
    factor = pipeline.vae.config.scaling_factor
    with torch.autocast("cpu", torch.bfloat16):
        x: Tensor = pipeline.vae.encode(to_signed(drawn)).latent_dist.mean.float() * factor
    if strength > 0:
        texts = [job.told for job in jobs] if not empty else [""] * len(jobs)
        where = torch.zeros(2 * len(jobs), 1, *x.shape[2:])
        spots = torch.from_numpy(np.stack([job.where for job in jobs]).astype(np.float32))[:, None]
        where[len(jobs):] = functional.interpolate(spots, x.shape[2:], mode="area")
        x = _repaint(pipeline, x, texts, [job.instead for job in jobs], where, strength, seed)
    with torch.autocast("cpu", torch.bfloat16):
        decoded = pipeline.vae.decode(x / factor).sample.float()
    shown = decoded.add(1).mul(127.5).clamp(0, 255).round().byte()
    sound, spoiled = shown.permute(0, 2, 3, 1).numpy().reshape(2, len(jobs), *drawn.shape[1:])
    return sound, spoiled


def _repaint(pipeline: Any, x: Tensor, texts: Sequence[str], instead: Sequence[str], where: Tensor, strength: float,
             seed: int) -> Tensor:
    """Latents noised to this part of the trajectory and painted back, following `instead` where the mask says so."""
    told, empty = pipeline.encode_prompt([*texts, *instead], "cpu", 1, True, negative_prompt=[""] * 2 * len(texts))
    count = len(texts)
    own = torch.cat([told[:count], told[:count]])
    scheduler = pipeline.scheduler
    scheduler.set_timesteps(STEPS)
    steps = scheduler.timesteps[round((1 - strength) * STEPS):]
    noise = torch.randn((count, *x.shape[1:]), generator=torch.Generator().manual_seed(seed)).repeat(2, 1, 1, 1)
    x = scheduler.add_noise(x, noise, steps[:1].expand(len(x)))
    odd = bool(where.any())
    states = torch.cat([empty[:1].expand(2 * count, -1, -1), own, *([told[count:]] if odd else [])])
    with torch.autocast("cpu", torch.bfloat16):
        for step in steps:
            batch = torch.cat([x, x, *([x[count:]] if odd else [])])
            plain, guided, *other = pipeline.unet(batch, step, encoder_hidden_states=states).sample.float().split(
                [2 * count, 2 * count, *([count] if odd else [])])
            if odd:
                spot = where[count:]
                guided = torch.cat([guided[:count], guided[count:] * (1 - spot) + other[0] * spot])
            x = scheduler.step(plain + GUIDANCE * (guided - plain), step, x).prev_sample
    return x


def _crops(job: _Job, sound: NDArray[np.uint8], spoiled: NDArray[np.uint8], surely: bool) -> list[_Row]:
    """What is to be learned from a pair of pictures: every thing that came out sound, and every broken one. What has
    gone wrong without our doing is broken too, where the drawing was followed so closely that this can be told."""
    found: list[_Row] = []
    parts = masks(job.scene, 64).sum((1, 2)) / (64 * 64)
    for item, shown in zip(job.scene.items, parts, strict=True):
        if shown < SEEN * _covered(item.kind) * _area(item):
            continue
        astray = _apart(job.sound, sound, item)
        if astray < SAME:
            found.append(_kept(sound, item, True))
        elif surely and astray > ASTRAY:
            found.append(_kept(sound, item, False))
        if _apart(sound, spoiled, item) > LEFT and _apart(job.sound, spoiled, item) > LEFT:
            found.append(_kept(spoiled, item, False))
    return found


def _apart(first: NDArray[np.uint8], second: NDArray[np.uint8], item: Piece) -> float:
    """How far a thing is from itself in two pictures: the mean difference, of 255, where it is the largest over a
    window of a third of its length."""
    away = np.abs(first.astype(np.float32) - second).mean(-1)
    x0, y0, x1, y1 = (round(v * len(first)) for v in item.box)
    window = max(3, round(max(x1 - x0, y1 - y0) / 3))
    return float(ndimage.uniform_filter(away, window)[max(y0 - 2, 0): y1 + 2, max(x0 - 2, 0): x1 + 2].max())


def _kept(pixels: NDArray[np.uint8], item: Piece, sound: bool) -> _Row:
    cut = around(Image.fromarray(pixels), Box.of(*item.box), CONTEXT, SIDE)
    return cut.pixels, np.array(cut.spot, dtype=np.float32), KINDS.index(item.kind), sound


def _area(item: Piece) -> float:
    return (item.box[2] - item.box[0]) * (item.box[3] - item.box[1])


@cache
def _covered(kind: str) -> float:
    """What part of its box a thing of this kind covers if nothing hides it."""
    item = Piece(kind, "red", "plain", "large", (0.1, 0.1, 0.9, 0.9), 0)
    return float(masks(Picture((item,)), 64)[0].sum() / (64 * 64 * _area(item)))
