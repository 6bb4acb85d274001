"""What a model is run with where the settings say nothing, family by family."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import torch

from grounding.backbones import FAMILIES
from grounding.settings import Bind, How, Refocus
from planner.place import place
from planner.read.grammar import read
from planner.scene import Canvas
from scenewright.loop.stages import PaintTask
from scenewright.stack import open_painter
from tests.grounding.backbones.conftest import flux, sd3, sdxl
from tests.grounding.conftest import WORDS, tokenizer


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[[str], Path]:
    """Write a tiny checkpoint of a family and give its folder."""
    def make(kind: str) -> Path:
        torch.manual_seed(0)
        second = tokenizer()
        second.pad_token = "!"
        build = {"sdxl": sdxl, "sd3": sd3, "flux": flux}[kind]
        build(tokenizer(), second, list(WORDS)).save_pretrained(tmp_path / kind)
        return tmp_path / kind

    return make


def test_every_family_has_a_habit_that_can_be_painted_with() -> None:
    found = {}
    for family in FAMILIES.values():
        module, name = family.split(":")
        habit = getattr(import_module(f"grounding.backbones.{module}"), name).habit
        assert How(steps=habit.steps, guidance_scale=habit.guidance_scale).steps > 1
        found[name] = tuple(habit)
    assert found == {"StableDiffusion": (25, 7.5), "Gligen": (25, 7.5), "StableDiffusionXL": (30, 5.0),
                     "StableDiffusion3": (28, 7.0), "Flux": (28, 1.0)}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("kind", "family", "habit"), [
    ("sdxl", "StableDiffusionXL", (30, 5.0)), ("sd3", "StableDiffusion3", (28, 7.0)), ("flux", "Flux", (28, 1.0))])
def test_a_folder_gets_the_habit_of_its_family(folder_of: Callable[[str], Path], kind: str, family: str,
                                               habit: tuple[int, float]) -> None:
    painter = open_painter(str(folder_of(kind)))
    assert type(painter.painter.backbone).__name__ == family
    assert (painter.usual.steps, painter.usual.guidance_scale) == habit
    assert (painter.usual.refocus, painter.usual.bind) == (Refocus(), Bind())


def test_flux_is_painted_without_an_unconditional_half(folder_of: Callable[[str], Path]) -> None:
    painter = open_painter(str(folder_of("flux")))
    layout = place(read("a red ball"), seed=0, canvas=Canvas(width=32, height=32))

    def plain_passes(scale: float | None) -> tuple[float, float]:
        how = painter.usual.asked(steps=3, strength=0.0, guidance_scale=scale)
        task = PaintTask(layout=layout, seeds=(1,), how=how)
        receipt = painter.paint(task, on_step=lambda step: None, cancel=lambda: False)[0].receipt
        return receipt.cost.forward_equivalents, receipt.how.plain_passes

    assert plain_passes(None) == (3, 3)
    assert plain_passes(2.0) == (6, 6)
