"""The face of scenewright: a sentence in, a verified picture out. Everything here is loaded when it is first used.

    read → place → check, draw          words to a scene, a scene to a layout, what a layout claims, its drawing
    plan                                read and place in one call
    render, watch → Result              plan, paint, verify and repair; `watch` gives `events` on the way
    verify → Report                     which claims hold on any picture
    load, dump                          layouts from and to the files of other tools
    as_runnable, as_tool                planning as a part of a LangChain program

What may be raised hangs from `ScenewrightError`; `planner.errors` draws the tree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grounding.errors import AttemptFailed, Cancelled, GroundingError, ModelMissing, Unsupported
    from grounding.verify.report import Report
    from planner.check import Verdict, Violation, check, verdicts
    from planner.draw import draw
    from planner.errors import (
        BadInput,
        BadReply,
        Conflict,
        FormatError,
        NoReply,
        PlanError,
        ReplyError,
        ScenewrightError,
    )
    from planner.formats import dump, load
    from planner.place import place
    from planner.scene import (
        Absent,
        Box,
        Canvas,
        Group,
        Layout,
        Lettering,
        Mask,
        Placement,
        Point,
        Polygon,
        Relation,
        Scene,
        Spot,
        Thing,
    )
    from scenewright.api import render, verify, watch
    from scenewright.chains import as_runnable, as_tool
    from scenewright.config import Settings
    from scenewright.errors import BadSettings, Busy, Mismatch, RunError, StorageFailed
    from scenewright.loop import events
    from scenewright.loop.remedies import Remedies
    from scenewright.loop.result import Result
    from scenewright.planning import plan, read
    from scenewright.stack import Stack

__version__ = "0.1.0"
_HOMES = {
    "grounding.errors": "AttemptFailed Cancelled GroundingError ModelMissing Unsupported",
    "grounding.verify.report": "Report",
    "planner.check": "Verdict Violation check verdicts",
    "planner.draw": "draw",
    "planner.errors": "BadInput BadReply Conflict FormatError NoReply PlanError ReplyError ScenewrightError",
    "planner.formats": "dump load",
    "planner.scene": "Absent Box Canvas Group Layout Lettering Mask Placement Point Polygon Relation Scene Spot Thing",
    "planner.place": "place",
    "scenewright.api": "render verify watch",
    "scenewright.chains": "as_runnable as_tool",
    "scenewright.config": "Settings",
    "scenewright.errors": "BadSettings Busy Mismatch RunError StorageFailed",
    "scenewright.loop.remedies": "Remedies",
    "scenewright.loop.events": "events",
    "scenewright.loop.result": "Result",
    "scenewright.planning": "plan read",
    "scenewright.stack": "Stack",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}
__all__ = [
    "Absent", "AttemptFailed", "BadInput", "BadReply", "BadSettings", "Box", "Busy", "Cancelled", "Canvas",
    "Conflict", "FormatError", "GroundingError", "Group", "Layout", "Lettering", "Mask", "Mismatch", "ModelMissing",
    "NoReply", "Placement", "PlanError", "Point", "Polygon", "Relation", "Remedies", "ReplyError", "Report",
    "Result", "RunError", "Scene", "ScenewrightError", "Settings", "Spot", "Stack", "StorageFailed", "Thing",
    "Unsupported", "Verdict", "Violation", "as_runnable", "as_tool", "check", "draw", "dump", "events", "load",
    "place", "plan", "read", "render", "verdicts", "verify", "watch",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module `scenewright` has no attribute `{name}`")
    home = import_module(_HOME[name])
    return home if name == "events" else getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
