"""The one training loop: wall-clock budget, checkpoints that survive a kill, a log, sample sheets."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import torch
from PIL import Image
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from grounding.pocket.models import MANIFEST, WEIGHTS
from grounding.pocket.training.optimise import Optimiser, moving_average
from grounding.pocket.training.settings import TrainingSettings as TrainingSettings
from grounding.pocket.training.together import Agreed, agree, leader_first, leads, same_start


@dataclass(frozen=True)
class Regime:
    """How one stage is optimised."""

    rate: float
    batch: int
    weight_decay: float = 0.0
    average: float = 0.998
    warm_up: int = 100
    clip: float = 1.0
    sheet_every: float = 300.0


class TrainingStage(ABC):
    """One model to train. A stage builds `model` and says what its loss is; the loop does the rest."""

    name: ClassVar[str]
    recipe: ClassVar[Regime]
    model: Any

    def __init__(self, settings: TrainingSettings) -> None:
        self.settings = settings
        self.device = torch.device(settings.device)
        self.batch = settings.batch or self.recipe.batch
        self.random = torch.Generator().manual_seed(settings.seed)

    @abstractmethod
    def loss(self, progress: float) -> dict[str, Tensor]:
        """The losses of one fresh batch; `loss` is the one that is descended."""

    @abstractmethod
    def measure(self, model: Any) -> dict[str, float]:
        """Figures on scenes never trained on."""

    @abstractmethod
    def sheet(self, model: Any) -> Image.Image:
        """A picture by which a person sees how far the model is."""

    @abstractmethod
    def save(self, model: Any, weights: Path) -> None:
        """Write the model as an ordinary checkpoint folder below `weights`."""

    @abstractmethod
    def load(self, weights: Path) -> None:
        """Take over the shipped model of this stage."""

    def start(self) -> None:  # noqa: B027
        """Called once, before the very first step: take over what earlier stages have learned."""

    @abstractmethod
    def begin(self, step: int) -> None:
        """Fetch the data; `step` says how far an earlier run came."""


@dataclass
class _Clock:
    now: Callable[[], float]
    started: float
    budget: float
    before: float

    @property
    def spent(self) -> float:
        return self.now() - self.started

    @property
    def progress(self) -> float:
        return min(1.0, self.spent / self.budget)

    @property
    def total(self) -> float:
        return self.before + self.spent


def train(stage: TrainingStage, checkpoint_every: float = 180.0,
          seconds: Callable[[], float] = time.monotonic) -> nn.Module:
    """Train for the minutes in the stage's settings, going on from its last checkpoint; returns the averaged model.
    `seconds` is the clock."""
    settings, recipe = stage.settings, stage.recipe
    settings.state.mkdir(parents=True, exist_ok=True)
    if not (settings.state / f"{stage.name}.pt").exists():
        stage.load(WEIGHTS) if settings.shipped else stage.start()
    stage.model.to(stage.device, memory_format=torch.channels_last)
    optimiser = Optimiser(stage.model, recipe.rate, recipe.weight_decay, recipe.clip)
    average = moving_average(stage.model, recipe.average)
    step, before = _restore(stage, optimiser, average)
    same_start(stage.model)
    with leader_first():
        stage.begin(step)
    clock = _Clock(seconds, seconds(), settings.minutes * 60.0, before)
    first, saved, drawn = step, 0.0, 0.0
    recent: deque[dict[str, float]] = deque(maxlen=50)
    with _progress(stage.name) as show, _stop_signals() as stopping:
        now = Agreed(0.0, stop=False)
        while now.progress < 1.0 and not now.stop:
            with mixed(stage.device):
                losses = stage.loss(now.progress)
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            now = agree(stage.model, clock.progress, bool(stopping))
            scale = _rate_scale(step - first, now.progress, recipe.warm_up, settings.rest)
            optimiser.step(scale)
            average.update_parameters(stage.model)
            step += 1
            if step % 10 == 0:
                recent.append({name: float(value.detach()) for name, value in losses.items()})
                show(now.progress, step, recent)
            if not leads():
                continue
            if clock.spent - saved > checkpoint_every:
                saved = clock.spent
                _checkpoint(stage, optimiser, average, step, clock.total)
            if clock.spent - drawn > recipe.sheet_every:
                drawn = clock.spent
                _report(stage, average.module, step, clock.total, recent)
    if leads():
        _checkpoint(stage, optimiser, average, step, clock.total)
        _report(stage, average.module, step, clock.total, recent)
    return average.module


def trained(stage: TrainingStage) -> Any:
    """The averaged model of a stage's last checkpoint; without one, the shipped model."""
    path = stage.settings.state / f"{stage.name}.pt"
    if not path.exists():
        return _shipped(stage).model.eval().requires_grad_(False)
    saved = torch.load(path, map_location="cpu", weights_only=True)
    state = {name.removeprefix("module."): value for name, value in saved["average"].items() if name != "n_averaged"}
    stage.model.load_state_dict(state)
    return stage.model.eval().requires_grad_(False)


def _shipped(stage: TrainingStage) -> TrainingStage:
    if not (WEIGHTS / MANIFEST).exists():
        path = stage.settings.state / f"{stage.name}.pt"
        raise FileNotFoundError(f"neither `{path}` nor shipped weights exist: train the stage `{stage.name}` first")
    stage.load(WEIGHTS)
    return stage


def mixed(device: torch.device) -> Any:
    """Matrices in bf16, sums in fp32."""
    return torch.autocast(device.type, torch.bfloat16) if device.type in ("cpu", "cuda") else nullcontext()


def plain_attention(model: Any, device: torch.device) -> None:
    """On a CPU in bf16, attention written out is three times as fast as the fused kernel."""
    if device.type == "cpu":
        model.set_attn_implementation("eager")


def _rate_scale(steps: int, progress: float, warm_up: int, rest: float) -> float:
    rising = min(1.0, (steps + 1) / warm_up)
    falling = min(1.0, (1.0 - progress) / rest) if rest > 0 else 1.0
    return rising * max(falling, 0.02)


def _restore(stage: TrainingStage, optimiser: Optimiser, average: nn.Module) -> tuple[int, float]:
    path = stage.settings.state / f"{stage.name}.pt"
    if not path.exists():
        return 0, 0.0
    saved = torch.load(path, map_location=stage.device, weights_only=True)
    stage.model.load_state_dict(saved["model"])
    average.load_state_dict(saved["average"])
    optimiser.load_state_dict(saved["optimiser"])
    stage.random.manual_seed(stage.settings.seed + saved["step"])
    torch.manual_seed(stage.settings.seed + saved["step"])
    return int(saved["step"]), float(saved["seconds"])


def _checkpoint(stage: TrainingStage, optimiser: Optimiser, average: nn.Module, step: int, seconds: float) -> None:
    path = stage.settings.state / f"{stage.name}.pt"
    content: dict[str, Any] = {
        "model": stage.model.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "seconds": seconds,
    }
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def _report(stage: TrainingStage, model: nn.Module, step: int, seconds: float, recent: deque[dict[str, float]]) -> None:
    model.eval()
    with torch.no_grad():
        figures = stage.measure(model)
        sheet = stage.sheet(model)
    folder = stage.settings.state / "sheets"
    folder.mkdir(exist_ok=True)
    sheet.save(folder / f"{stage.name}-{step:07d}.png")
    line = {"stage": stage.name, "step": step, "seconds": round(seconds), **_means(recent), **figures}
    with (stage.settings.state / f"{stage.name}.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    sys.stderr.write(json.dumps(line) + "\n")


def _means(recent: deque[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over the steps that had it."""
    found: dict[str, list[float]] = {}
    for row in recent:
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return {name: round(sum(values) / len(values), 5) for name, values in found.items()}


@contextmanager
def _progress(name: str) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, disable=not (sys.stderr.isatty() and leads())) as bar:
        task = bar.add_task(name, total=1.0, figures="")

        def show(progress: float, step: int, recent: deque[dict[str, float]]) -> None:
            figures = "  ".join(f"{key} {value:.4f}" for key, value in _means(recent).items())
            bar.update(task, completed=progress, figures=f"step {step}  {figures}")
            if bar.disable and leads() and step % 100 == 0:
                sys.stderr.write(f"{name} {progress:6.1%} step {step} {figures}\n")

        yield show


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """SIGTERM and Ctrl-C end the loop after the current step, so that the last checkpoint is written."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
