"""A small training in several processes, run as a program: each tells what it took and where it ended."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor, nn

from grounding.pocket.training.loop import Regime, TrainingStage, train
from grounding.pocket.training.settings import TrainingSettings
from grounding.pocket.training.together import agree, leads, same_start, together


class Line(TrainingStage):
    """Learns y = 2 x + 1."""

    name: ClassVar[str] = "line"
    recipe: ClassVar[Regime] = Regime(rate=0.05, batch=16, average=0.9, warm_up=5)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        torch.manual_seed(settings.seed)
        self.model: Any = nn.Linear(1, 1)

    def loss(self, progress: float) -> dict[str, Tensor]:
        x = torch.rand(self.batch, 1, generator=self.random)
        return {"loss": (self.model(x) - 2 * x - 1).square().mean()}

    def begin(self, step: int) -> None:
        self.random.manual_seed(self.settings.seed + step)

    def measure(self, model: Any) -> dict[str, float]:
        return {}

    def sheet(self, model: Any) -> Image.Image:
        return Image.new("RGB", (4, 4))

    def save(self, model: Any, weights: Path) -> None:
        raise NotImplementedError

    def load(self, weights: Path) -> None:
        raise NotImplementedError


def one_step(out: Path, settings: TrainingSettings) -> None:
    """Each process has a gradient of its own; all end with the mean, with the leader's weights and the same word."""
    torch.manual_seed(settings.seed)
    model = nn.Linear(3, 2)
    same_start(model)
    mine = torch.full((2, 3), float(1 + 2 * (not leads())))
    model.weight.grad = mine.clone()
    now = agree(model, 0.25 if leads() else 0.75, stop=not leads())
    told = {"weights": model.weight.tolist(), "gradient": model.weight.grad.tolist(), "agreed": list(now),
            "bias": None if model.bias.grad is None else model.bias.grad.tolist()}  # fmt: skip
    (out / f"step-{settings.seed}.json").write_text(json.dumps(told))


def whole_run(out: Path, settings: TrainingSettings) -> None:
    """A run of the training loop."""
    stage = Line(settings)
    train(stage)
    weights = [value.tolist() for value in stage.model.state_dict().values()]
    (out / f"run-{settings.seed}.json").write_text(json.dumps(weights))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for work in (one_step, whole_run):
        together(partial(work, folder), TrainingSettings(folder / "state", minutes=0.03), processes=2, threads=1)
