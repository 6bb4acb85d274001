"""From checkpoints to the folders that ship: fp16 safetensors, tokenizers, schedules, a manifest."""

from __future__ import annotations

from pathlib import Path

from grounding.pocket.models import WEIGHTS, write_manifest
from grounding.pocket.profiles import write_profiles
from grounding.pocket.training.loop import TrainingSettings, trained
from grounding.pocket.training.stages import STAGES

LIMIT = 60_000_000


def export(settings: TrainingSettings, weights: Path = WEIGHTS) -> list[str]:
    """Write the averaged model of every stage that has a checkpoint; returns their names."""
    weights.mkdir(parents=True, exist_ok=True)
    done = []
    for name, kind in STAGES.items():
        if (settings.state / f"{name}.pt").exists():
            stage = kind(settings)
            stage.save(trained(stage), weights)
            done.append(name)
    write_profiles(weights)
    write_manifest(weights)
    size = sum(path.stat().st_size for path in weights.rglob("*") if path.is_file())
    if size > LIMIT:
        raise RuntimeError(f"the weights take {size / 1e6:.0f} MB; the package may hold {LIMIT / 1e6:.0f} MB of them")
    return done
