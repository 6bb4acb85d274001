"""Makes sure at start that our sister packages are this installation's, and not strangers of the same name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

SISTERS = ("planner", "prompts", "grounding", "editor")


class StrangePackage(ImportError):
    """One of our package names leads to somebody else's files, or to none."""


def check_origin() -> None:
    """Raise `StrangePackage` with the file found instead, unless all of `SISTERS` lie beside this package."""
    home = Path(__file__).resolve().parent.parent
    for name in SISTERS:
        found = _found(name)
        if found is None:
            raise StrangePackage(f"the package `{name}` is missing: expected it in {home}; install scenewright again")
        if found.parent != home:
            raise StrangePackage(
                f"`import {name}` finds {found}, expected {home / name}; "
                "run from another folder, take that one off PYTHONPATH, or uninstall the package that brought it"
            )


def _found(name: str) -> Path | None:
    """Where an import of `name` would lead: the folder of a package, or a single file."""
    spec = find_spec(name)
    if spec is None:
        return None
    places = spec.submodule_search_locations
    if places:
        return Path(next(iter(places))).resolve()
    return Path(spec.origin or name).resolve()
