"""What the command line says about a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainingSettings:
    """What the command line says about one run."""

    state: Path
    minutes: float
    device: str = "cpu"
    batch: int | None = None
    scenes: int | None = None
    workers: int = 1
    seed: int = 0
    shipped: bool = False  # without a checkpoint, begin with the shipped model
    rest: float = 0.15  # the last fraction of the run, in which the rate falls to nothing
