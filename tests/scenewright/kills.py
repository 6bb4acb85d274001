"""Kills runs at random points and starts them again until they are through; prints what was found as JSON.

python tests/scenewright/kills.py FOLDER KILLS SEED
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from PIL import Image

import grounding.pocket.paint
import scenewright.loop.agent
import scenewright.page
from planner.read.grammar import read
from scenewright.api import render
from scenewright.config import Settings
from scenewright.loop.stages import PaintTask
from scenewright.stack import Stack
from tests.scenewright import fakes

PROMPT = "a red ball left of a blue box"
LONGEST_LIFE = 0.25
PRELOADED = (grounding.pocket.paint, scenewright.loop.agent, scenewright.page)
"""Loaded before the forks, so that kills fall into the work and not into imports."""


def wrong(task: PaintTask, index: int) -> tuple[str, ...]:
    """Never right, so that all rounds are painted, and always in another way."""
    scene = task.layout.scene
    return (f"exists:{scene.things[0].id}", f"attribute:{scene.things[1].id}:blue")[: 1 + task.seeds[index] % 2]


def once(folder: Path) -> None:
    """One attempt at the whole run."""
    scene = read(PROMPT)
    painter = fakes.DrawingPainter(wrong, steps=3, pause=lambda: time.sleep(0.01), log=folder / "painted.log")
    render(PROMPT, settings=Settings(runs=folder / "runs", rounds=6, candidates=2),
           stack=Stack(fakes.ScenePlanner(scene), painter, fakes.Oracle()))


def live(folder: Path, seconds: float | None) -> bool:
    """An attempt in a process of its own, killed after so long; whether it came through."""
    child = os.fork()
    if child == 0:
        try:
            once(folder)
            os._exit(0)
        finally:
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == 0


def started(folder: Path) -> list[str]:
    """The batches that were begun, in order."""
    log = folder / "painted.log"
    return log.read_text().split() if log.exists() else []


def stored(folder: Path) -> set[str]:
    """The batches that are stored."""
    return {path.name for path in folder.glob("runs/*/pictures/*") if not path.name.startswith(".")}


def half_written(folder: Path) -> list[str]:
    """Files that are there and not whole."""
    bad = []
    for path in folder.glob("runs/**/*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            try:
                if path.suffix == ".json":
                    json.loads(path.read_text())
                elif path.suffix == ".png":
                    Image.open(path).load()
                elif path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"):
                    raise ValueError
            except (ValueError, OSError):
                bad.append(str(path))
    return bad


def through_kills(folder: Path, kills: int, rng: random.Random) -> dict[str, Any]:
    """One run, killed at most so often, then left alone until it is through."""
    folder.mkdir(parents=True)
    twice: list[str] = []
    broken: list[str] = []
    killed, through = 0, False
    while not through:
        before, there = len(started(folder)), stored(folder)
        through = live(folder, rng.uniform(0.0, LONGEST_LIFE) if killed < kills else None)
        twice += [key for key in started(folder)[before:] if key in there]
        broken += half_written(folder)
        killed += not through
        if killed > kills:
            raise RuntimeError("the run fails by itself")
    result = next(folder.glob("runs/*/result.json"))
    return {"killed": killed, "twice": twice, "broken": broken, "tries": json.loads(result.read_text())["tries"],
            "picture": hashlib.sha256((result.parent / "picture.png").read_bytes()).hexdigest()}


def main() -> None:
    """Run after run until there were enough kills; one that is never killed first."""
    folder, kills, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    found = [through_kills(folder / "0", 0, rng)]
    while (left := kills - sum(f["killed"] for f in found)) > 0:
        found.append(through_kills(folder / str(len(found)), left, rng))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
