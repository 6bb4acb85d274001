"""The face of scenewright: a sentence in, a verified picture out. Everything here is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grounding.verify.report import Report
    from planner.check import check, verdicts
    from planner.draw import draw
    from planner.errors import PlanError
    from planner.scene import Box, Canvas, Layout, Scene
    from scenewright.api import render, verify, watch
    from scenewright.config import Settings
    from scenewright.loop.result import Result
    from scenewright.planning import plan

__version__ = "0.1.0"
__all__ = ["Box", "Canvas", "Layout", "PlanError", "Report", "Result", "Scene", "Settings", "check", "draw", "plan",
           "render", "verdicts", "verify", "watch"]

_HOMES = {
    "Box": "planner.scene", "Canvas": "planner.scene", "Layout": "planner.scene", "PlanError": "planner.errors",
    "Report": "grounding.verify.report", "Result": "scenewright.loop.result", "Scene": "planner.scene",
    "Settings": "scenewright.config", "check": "planner.check", "draw": "planner.draw", "plan": "scenewright.planning",
    "render": "scenewright.api", "verdicts": "planner.check", "verify": "scenewright.api", "watch": "scenewright.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module `scenewright` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
