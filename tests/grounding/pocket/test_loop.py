"""The loop learns, checkpoints, and goes on after a stop where it was."""

import json
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from grounding.pocket.training.loop import Regime, TrainingSettings, TrainingStage, train, trained


class Line(TrainingStage):
    """Learns y = 2 x + 1."""

    name: ClassVar[str] = "line"
    recipe: ClassVar[Regime] = Regime(rate=0.05, batch=16, average=0.9, warm_up=5)

    def __init__(self, settings: TrainingSettings) -> None:
        super().__init__(settings)
        self.model: Any = nn.Linear(1, 1)
        self.began: list[int] = []

    def begin(self, step: int) -> None:
        self.began.append(step)

    def loss(self, progress: float) -> dict[str, Tensor]:
        x = torch.rand(self.batch, 1, generator=self.random)
        return {"loss": (self.model(x) - 2 * x - 1).square().mean()}

    def measure(self, model: Any) -> dict[str, float]:
        return {"slope": model.weight.item()}

    def sheet(self, model: Any) -> Image.Image:
        return Image.new("RGB", (4, 4))

    def save(self, model: Any, weights: Path) -> None:
        raise NotImplementedError

    def load(self, weights: Path) -> None:
        raise NotImplementedError


@pytest.fixture
def settings(tmp_path: Path) -> TrainingSettings:
    return TrainingSettings(tmp_path / "state", minutes=1.0)


def run(stage: TrainingStage) -> Any:
    """Trains by a clock on which every look at it takes a fiftieth of a second, however busy the machine is."""
    looks = count()
    return train(stage, seconds=lambda: next(looks) / 50)


def test_a_run_learns_and_leaves_a_checkpoint_a_log_and_a_sheet(settings: TrainingSettings) -> None:
    model = run(Line(settings))
    assert abs(model.weight.item() - 2) < 0.2
    assert (settings.state / "line.pt").exists()
    assert list((settings.state / "sheets").glob("line-*.png"))
    line = json.loads((settings.state / "line.jsonl").read_text().splitlines()[-1])
    assert line["stage"] == "line"
    assert line["slope"] == pytest.approx(model.weight.item())


def test_a_second_run_goes_on_where_the_first_stopped(settings: TrainingSettings) -> None:
    first = Line(settings)
    run(first)
    second = Line(settings)
    run(second)
    assert first.began == [0]
    assert second.began[0] > 0
    assert abs(second.model.weight.item() - 2) < 0.1


def test_the_trained_model_is_the_average_of_the_last_checkpoint(settings: TrainingSettings) -> None:
    model = run(Line(settings))
    again = trained(Line(settings))
    torch.testing.assert_close(again.weight, model.weight, rtol=0, atol=0)
    assert not again.weight.requires_grad
