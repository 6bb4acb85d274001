"""Everything the command line does: the work of a command is the module of its name, loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenewright.commands import (
        calibrate,
        check,
        convert,
        doctor,
        layouts,
        plan,
        progress,
        render,
        reproduce,
        runs,
        settings,
        verify,
    )

__all__ = ["calibrate", "check", "convert", "doctor", "layouts", "plan", "progress", "render", "reproduce", "runs",
           "settings", "verify"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module `scenewright.commands` has no attribute `{name}`")
    return import_module(f"scenewright.commands.{name}")
