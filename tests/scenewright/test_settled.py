"""A picture records how it was painted: other defaults paint it as it was, and strangers' settings are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import StableDiffusionPipeline

from grounding.settings import Bind, How, Incant, Refocus
from planner.errors import BadInput
from planner.place import place
from planner.read.grammar import read
from planner.scene import Canvas
from scenewright.api import render
from scenewright.commands.reproduce import reproduce
from scenewright.config import Settings
from scenewright.loop.metadata import Recipe, read_recipe, recipe_in, versions, with_recipe
from scenewright.loop.painter import SampledPainter
from scenewright.loop.result import Result
from scenewright.loop.stages import Made, PaintTask, PlannedLayout
from scenewright.stack import Stack, open_painter
from tests.grounding.conftest import parts
from tests.scenewright import fakes

PROMPT = "a red ball left of a blue box"


class Placed:
    """Plans with the grammar."""

    def plan(self, prompt: str, *, seed: int, calls: int) -> PlannedLayout:
        return PlannedLayout(layout=place(read(prompt), seed=seed, canvas=Canvas(width=128, height=128)))

    def replan(self, layout: Any, report: Any, *, seed: int, calls: int) -> PlannedLayout:
        return PlannedLayout(layout=layout)


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> SampledPainter:
    """A tiny Stable Diffusion."""
    folder = tmp_path_factory.mktemp("sd")
    StableDiffusionPipeline(**parts()).save_pretrained(folder)
    return open_painter(str(folder))


@pytest.fixture(scope="module")
def result(painter: SampledPainter, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A picture that says nothing about steps and scale: they are the model's own."""
    painter.usual = painter.usual.but(steps=3, guidance_scale=4.0)
    settings = Settings(runs=tmp_path_factory.mktemp("runs"), rounds=1)
    return render(PROMPT, settings=settings, stack=Stack(Placed(), painter, None))


def test_a_picture_records_every_setting_and_the_weights(result: Result, painter: SampledPainter) -> None:
    recipe = recipe_in(result.picture)
    assert recipe.task.how == How(steps=3, guidance_scale=4.0, refocus=Refocus(), bind=Bind())
    assert recipe.made == Made(weights=painter.painter.backbone.fingerprint(), scheduler="DDIMScheduler", device="cpu")
    written = json.loads(read_recipe(result.picture)[1])["task"]["how"]
    assert set(written) == set(How.model_fields)
    assert set(written["refocus"]) == set(Refocus.model_fields)
    assert set(written["bind"]) == set(Bind.model_fields)


def test_a_version_with_other_habits_paints_the_same_file(
        result: Result, painter: SampledPainter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painter, "usual", How(steps=5, guidance_scale=9.0))
    again = reproduce(result.picture, painter)
    assert again.same_bytes
    assert again.differences == ()


def test_a_recipe_is_kept_as_it_is_written(result: Result, painter: SampledPainter, tmp_path: Path) -> None:
    recipe, written = read_recipe(result.picture)
    spaced = tmp_path / "spaced.png"
    spaced.write_bytes(with_recipe(result.image, recipe, json.dumps(json.loads(written), indent=1)))
    assert spaced.read_bytes() != result.picture.read_bytes()
    assert reproduce(spaced, painter).same_bytes


@pytest.mark.parametrize(("change", "said"), [
    ({"weights": "0" * 64}, f"weights was {'0' * 64}, here it is"),
    ({"scheduler": "EulerDiscreteScheduler"}, "scheduler was EulerDiscreteScheduler, here it is DDIMScheduler"),
    ({"device": "cuda"}, "device was cuda, here it is cpu"),
])
def test_what_cannot_be_as_it_was_is_named(
        result: Result, painter: SampledPainter, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    recipe = recipe_in(result.picture)
    assert recipe.made is not None
    odd = tmp_path / "odd.png"
    odd.write_bytes(with_recipe(result.image, recipe.model_copy(
        update={"made": recipe.made.model_copy(update=change)})))
    assert any(said in difference for difference in reproduce(odd, painter).differences)


def recipe() -> Recipe:
    how = How(steps=3, guidance_scale=4.0, refocus=Refocus(), bind=Bind(), tokens=Incant())
    return Recipe(task=PaintTask(layout=place(read(PROMPT), seed=0, canvas=Canvas()), seeds=(1,), how=how), painter="p",
                  versions=versions(), made=Made(weights="ab", scheduler="DDIM", device="cpu"))


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("change", [
    lambda s: s.update(code="import os"),
    lambda s: s["how"].update(callback="x"),
    lambda s: s["how"]["refocus"].update(extra=1),
    lambda s: s["how"].update(steps=10**9),
    lambda s: s["how"].update(steps="3"),
    lambda s: s["how"].update(guidance_scale=float("nan")),
    lambda s: s["how"].update(guidance_scale=float("inf")),
    lambda s: s["how"]["refocus"].update(scale=1e9),
    lambda s: s["how"]["refocus"].update(step=float("nan")),
    lambda s: s["how"]["refocus"].update(updates=10**6),
    lambda s: s["how"]["refocus"].update(weights={"ball1": 1e9}),
    lambda s: s["how"]["refocus"].update(weights={"../ball": 1.0}),
    lambda s: s["how"]["refocus"].update(weights={f"a{i}": 1.0 for i in range(1001)}),
    lambda s: s["how"]["bind"].update(firmness={"ball1": -1.0}),
    lambda s: s["how"]["bind"].update(empty=[{"x0": 0, "y0": 0, "x1": 1, "y1": 1}] * 65),
    lambda s: s["how"]["bind"].update(hold=True),
    lambda s: s["how"]["tokens"].update(iterations=10**6),
    lambda s: s["made"].update(scheduler="x" * 401),
    lambda s: s["made"].pop("weights"),
    lambda s: s.update(how=[]),
])
def test_settings_that_are_unknown_out_of_bounds_or_not_finite_are_refused(tmp_path: Path, change: Change) -> None:
    whole = recipe()
    content = json.loads(whole.model_dump_json())
    part = content["task"] | {"made": content["made"]}
    change(part)
    content |= {"made": part.pop("made"), "task": part}
    image = fakes.DrawingPainter().paint(whole.task, on_step=lambda step: None, cancel=lambda: False)[0].image
    (tmp_path / "good.png").write_bytes(with_recipe(image, whole))
    (tmp_path / "bad.png").write_bytes(with_recipe(image, whole, json.dumps(content)))
    assert recipe_in(tmp_path / "good.png") == whole
    with pytest.raises(BadInput, match="not one of ours"):
        recipe_in(tmp_path / "bad.png")
