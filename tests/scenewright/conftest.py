"""A small scene, and runs of it with scripted stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planner.scene import Relation, Scene, Thing
from scenewright.loop.agent import Loop
from scenewright.loop.course import Request
from scenewright.loop.runs import Run
from tests.scenewright.fakes import DrawingPainter, Oracle, ScenePlanner

MISSING = "exists:ball"
COLOUR = "attribute:box:blue"


@pytest.fixture
def scene() -> Scene:
    """A red ball left of a blue box."""
    return Scene(
        prompt="a red ball left of a blue box",
        things=(Thing(id="ball", noun="ball", phrase="a red ball", attributes=("red",)),
                Thing(id="box", noun="box", phrase="a blue box", attributes=("blue",))),
        relations=(Relation(kind="left_of", subjects=("ball",), objects=("box",), words="left of"),))


@pytest.fixture
def loop(scene: Scene, tmp_path: Path) -> Callable[..., Loop]:
    """A loop over the scene; arguments replace its parts, those of the request included."""
    def make(**parts: Any) -> Loop:
        request = {name: parts.pop(name) for name in list(parts) if name in Request.model_fields}
        whole: dict[str, Any] = {
            "request": Request(prompt=scene.prompt, **request), "run": Run(tmp_path / "run"),
            "planner": ScenePlanner(scene), "painter": DrawingPainter(), "verifier": Oracle(), **parts}
        whole["run"].folder.mkdir(parents=True, exist_ok=True)
        return Loop(**whole)
    return make
