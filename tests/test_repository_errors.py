"""One tree of errors: everything that is raised on purpose hangs from one root, where the docstring says."""

from __future__ import annotations

import re
from importlib import import_module

import planner.errors
from planner.errors import ScenewrightError

HOMES = ("planner.errors", "grounding.errors", "scenewright.errors")


def drawn() -> dict[str, str]:
    """Each error of the drawing with the one above it."""
    found, above = {}, {0: "ScenewrightError"}
    for line in (planner.errors.__doc__ or "").splitlines():
        if branch := re.match(r"([│ ├└─]*)[├└]── (\w+)", line):
            depth = len(branch[1]) // 4
            found[branch[2]] = above[depth]
            above[depth + 1] = branch[2]
    return found


def defined() -> dict[str, str]:
    """Each error that is defined with its base."""
    kinds = {kind for home in HOMES for kind in vars(import_module(home)).values()
             if isinstance(kind, type) and issubclass(kind, ScenewrightError)}
    return {kind.__name__: kind.__mro__[1].__name__ for kind in kinds if kind is not ScenewrightError}


def test_the_tree_is_as_it_is_drawn() -> None:
    assert drawn() == defined()
    assert len(drawn()) == 17
