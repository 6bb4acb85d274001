"""A picture records how it was painted: other defaults paint it as it was, and strangers' settings are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import StableDiffusionPipeline

from grounding.settings import Bind, Incant, Refocus
from planner.errors import BadInput
from planner.place import place
from planner.read.grammar import read
from planner.scene import Canvas
from scenewright import fakes
from scenewright.api import render
from scenewright.commands.reproduce import reproduce
from scenewright.config import Settings
from scenewright.loop import adapters
from scenewright.loop.adapters import SampledPainter
from scenewright.loop.metadata import Recipe, read_recipe, recipe_in, settled_in, versions, with_recipe
from scenewright.loop.result import Result
from scenewright.loop.stages import Planned, Task
from scenewright.stack import Stack, open_painter
from tests.grounding.conftest import parts

PROMPT = "a red ball left of a blue box"


class Placed:
    """Plans with the grammar."""

    def plan(self, prompt: str, *, seed: int, calls: int) -> Planned:
        return Planned(place(read(prompt), seed=seed, canvas=Canvas(width=128, height=128)))

    def replan(self, layout: Any, report: Any, *, seed: int, calls: int) -> Planned:
        return Planned(layout)


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> SampledPainter:
    """A tiny Stable Diffusion."""
    folder = tmp_path_factory.mktemp("sd")
    StableDiffusionPipeline(**parts()).save_pretrained(folder)
    return open_painter(str(folder))


@pytest.fixture(scope="module")
def result(painter: SampledPainter, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A picture that says nothing about steps and scale: they are the model's own."""
    painter.steps, painter.guidance_scale = 3, 4.0
    settings = Settings(runs=tmp_path_factory.mktemp("runs"), rounds=1)
    return render(PROMPT, settings=settings, stack=Stack(Placed(), painter, None))


def test_a_picture_records_every_setting_and_the_weights(result: Result, painter: SampledPainter) -> None:
    recipe = recipe_in(result.picture)
    assert recipe.task.steps is None
    settled = recipe.settled
    assert settled is not None
    assert (settled.options.steps, settled.options.guidance_scale) == (3, 4.0)
    assert (settled.options.refocus, settled.options.bind, settled.incant) == (Refocus(), Bind(), None)
    assert settled.weights == painter.painter.backbone.fingerprint()
    assert (settled.scheduler, settled.device) == ("DDIMScheduler", "cpu")
    written = json.loads(read_recipe(result.picture)[1])["settled"]["options"]
    assert set(written["refocus"]) == set(Refocus.model_fields)
    assert set(written["bind"]) == set(Bind.model_fields)


def test_a_version_with_other_defaults_paints_the_same_file(
        result: Result, painter: SampledPainter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painter, "steps", 5)
    monkeypatch.setattr(painter, "guidance_scale", 9.0)
    monkeypatch.setattr(adapters, "refocus_of", lambda task: Refocus(until=0.9, weak=1.0, updates=3))
    monkeypatch.setattr(adapters, "bind_of", lambda task, scales: None)
    task = recipe_in(result.picture).task
    fresh = painter.paint(task, on_step=lambda step: None, cancel=lambda: False)[0].image
    assert fresh.tobytes() != result.image.tobytes()  # so the defaults would show
    again = reproduce(result.picture, painter)
    assert again.same_bytes
    assert again.differences == ()


def test_a_picture_from_before_settings_were_recorded_is_painted_again_byte_by_byte(
        result: Result, painter: SampledPainter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "old.png"
    old.write_bytes(with_recipe(result.image, recipe_in(result.picture).model_copy(update={"settled": None})))
    assert "settled" not in json.loads(read_recipe(old)[1])
    again = reproduce(old, painter)
    assert again.same_bytes
    assert any("does not record its settings" in said for said in again.differences)
    monkeypatch.setattr(painter, "steps", 5)
    told = reproduce(old, painter)
    assert not told.same_bytes
    assert "does not record its settings" in told.sentence


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
    ({"incant": Incant(tokens=2)}, "incant.tokens was 2, here it is None"),
])
def test_what_cannot_be_as_it_was_is_named(
        result: Result, painter: SampledPainter, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    recipe = recipe_in(result.picture)
    assert recipe.settled is not None
    odd = tmp_path / "odd.png"
    odd.write_bytes(with_recipe(result.image, recipe.model_copy(
        update={"settled": recipe.settled.model_copy(update=change)})))
    assert any(said in difference for difference in reproduce(odd, painter).differences)


def recipe() -> Recipe:
    layout = place(read(PROMPT), seed=0, canvas=Canvas())
    settled = settled_in({
        "options": {"steps": 3, "guidance_scale": 4.0, "refocus": Refocus().model_dump(mode="json"),
                    "bind": Bind().model_dump(mode="json"), "negative": "", "watch": True},
        "scheduler": "DDIM", "weights": "ab", "device": "cpu", "incant": Incant().model_dump(mode="json")})
    assert settled is not None
    return Recipe(task=Task(layout=layout, seeds=(1,)), painter="p", versions=versions(), settled=settled)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("change", [
    lambda s: s.update(code="import os"),
    lambda s: s["options"].update(callback="x"),
    lambda s: s["options"]["refocus"].update(extra=1),
    lambda s: s["options"].update(steps=10**9),
    lambda s: s["options"].update(steps="3"),
    lambda s: s["options"].update(guidance_scale=float("nan")),
    lambda s: s["options"].update(guidance_scale=float("inf")),
    lambda s: s["options"]["refocus"].update(scale=1e9),
    lambda s: s["options"]["refocus"].update(step=float("nan")),
    lambda s: s["options"]["refocus"].update(updates=10**6),
    lambda s: s["options"]["refocus"].update(weights={"ball1": 1e9}),
    lambda s: s["options"]["refocus"].update(weights={"../ball": 1.0}),
    lambda s: s["options"]["refocus"].update(weights={f"a{i}": 1.0 for i in range(1001)}),
    lambda s: s["options"]["bind"].update(firmness={"ball1": -1.0}),
    lambda s: s["options"]["bind"].update(empty=[{"x0": 0, "y0": 0, "x1": 1, "y1": 1}] * 65),
    lambda s: s["options"]["bind"].update(hold=True),
    lambda s: s["incant"].update(iterations=10**6),
    lambda s: s.update(scheduler="x" * 401),
    lambda s: s.pop("weights"),
    lambda s: s.update(options=[]),
])
def test_settings_that_are_unknown_out_of_bounds_or_not_finite_are_refused(tmp_path: Path, change: Change) -> None:
    whole = recipe()
    content = json.loads(whole.model_dump_json())
    change(content["settled"])
    image = fakes.DrawingPainter().paint(whole.task, on_step=lambda step: None, cancel=lambda: False)[0].image
    (tmp_path / "good.png").write_bytes(with_recipe(image, whole))
    (tmp_path / "bad.png").write_bytes(with_recipe(image, whole, json.dumps(content)))
    assert recipe_in(tmp_path / "good.png") == whole
    with pytest.raises(BadInput, match="not one of ours"):
        recipe_in(tmp_path / "bad.png")


def test_a_receipt_that_does_not_say_how_it_was_painted_records_nothing() -> None:
    assert settled_in({}) is None
    assert settled_in({"options": {"steps": 0}, "scheduler": "DDIM", "weights": "ab", "device": "cpu"}) is None
