"""Rendered scenes to train on: drawn once by worker processes, kept as arrays that map into memory."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grounding.pocket.captions import caption
from grounding.pocket.compose import ASKED, CROWDED
from grounding.pocket.phrases import phrased
from grounding.pocket.world import Picture, draw, picture

SHARD = 500
CAPTIONS = 6
UNSEEN = 50_000_000  # seeds from here on are never trained on
SHARES = {0: 1, 1: 2, 2: 3, CROWDED: 2}
"""How many scenes of each level eyes learn from, for one of the lowest."""


@dataclass(frozen=True)
class SceneFeed:
    """A run of scenes of one level: pictures, several captions of each, and what is in them."""

    folders: tuple[Path, ...]

    def __len__(self) -> int:
        return SHARD * len(self.folders)

    @cached_property
    def pictures(self) -> NDArray[np.uint8]:
        """uint8 [scenes, 128, 128, 3]"""
        return np.concatenate([np.load(folder / "pictures.npy", mmap_mode="r") for folder in self.folders])

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Per scene: `seed`, `captions`, `items`."""
        return [row for folder in self.folders for row in json.loads((folder / "rows.json").read_text())]


def scenes(state: Path, level: int, count: int, workers: int = 1, unseen: bool = False) -> SceneFeed:
    """At least `count` scenes of a level, drawing those shards that are not on the disk yet."""
    root = state / "scenes" / world_fingerprint()
    start = UNSEEN if unseen else 0
    seeds = range(start, start + -(-count // SHARD) * SHARD, SHARD)
    folders = tuple(root / f"level{level}" / f"{seed:09d}" for seed in seeds)
    missing = [(folder, level, seed) for folder, seed in zip(folders, seeds, strict=True) if not folder.exists()]
    _render_all(missing, workers)
    return SceneFeed(folders)


def world_fingerprint() -> str:
    """Names what the drawing code draws and says now, so that scenes of an older world are never mixed in."""
    content = hashlib.sha256()
    for seed in range(24):
        level = (0, 1, 2, ASKED)[seed % 4]
        scene = picture(seed, level=level)
        content.update(draw(scene).tobytes())
        content.update(" ".join(captions(scene, level)).encode())
    return content.hexdigest()[:12]


def captions(scene: Picture, level: int) -> list[str]:
    """Several captions of a scene; two of three in free words where it is one that people ask for."""
    words = random.Random(scene.seed)
    ways = (phrased, caption, phrased) if level == ASKED else (caption,)
    return [ways[number % len(ways)](scene, words) for number in range(CAPTIONS)]


def _render_all(jobs: Sequence[tuple[Path, int, int]], workers: int) -> None:
    if len(jobs) <= 1 or workers <= 1:
        for job in jobs:
            _render(job)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_render, jobs))


def _render(job: tuple[Path, int, int]) -> None:
    folder, level, first = job
    pictures, rows = [], []
    for seed in range(first, first + SHARD):
        scene = picture(seed, level=level)
        pictures.append(draw(scene))
        items = [asdict(item) for item in scene.items]
        rows.append({"seed": seed, "captions": captions(scene, level), "items": items})
    partial = folder.with_name(folder.name + f".{os.getpid()}")
    partial.mkdir(parents=True, exist_ok=True)
    np.save(partial / "pictures.npy", np.stack(pictures))
    (partial / "rows.json").write_text(json.dumps(rows))
    os.replace(partial, folder)
