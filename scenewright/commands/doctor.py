"""`scenewright models` and `doctor`: what can be used here, and whether all is well."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from grounding.errors import GroundingError
from grounding.named import POCKET, PROPOSED, cached, fitting, model_folder
from grounding.profile import Profile
from planner.whole import write_whole
from scenewright import stack
from scenewright.commands.console import table
from scenewright.commands.shell import Ending, write, write_json
from scenewright.config import Settings, assigned
from scenewright.errors import StorageFailed
from scenewright.loop.metadata import versions
from scenewright.places import config_file

LEAST_ROOM = 200 * 2**20
NEEDED = {"torch": "render", "diffusers": "render", "transformers": "render", "safetensors": "render",
          "langgraph": "", "jinja2": "", "shapely": "", "scipy": ""}


class Examined(NamedTuple):
    """One line: what, whether it is well, and what there is to say."""

    what: str
    well: bool
    said: str


def list_models(assignments: Sequence[str], *, json: bool) -> Ending:
    """What each role is set to, whether it is there, and what else could be used."""
    settings = Settings.load(assigned(assignments))
    chosen = [*(_chosen(role, name) for role, name in stack.roles(settings).items()), *_objections(settings)]
    others = list(_cached())
    if json:
        write_json({"chosen": [f._asdict() for f in chosen], "cached": [f._asdict() for f in others]})
    else:
        write(_found([*chosen, *others]))
    return Ending.DONE if all(f.well for f in chosen) else Ending.FAILED


def _objections(settings: Settings) -> Iterator[Examined]:
    """What the models that were named cannot do for each other, or on this machine."""
    return (Examined(what, False, sentence) for what, sentence in stack.objections(settings))


def _chosen(role: str, name: str) -> Examined:
    """Whether the model of a role is there. Only files are looked at."""
    try:
        folder = model_folder(name, role)
    except (GroundingError, ImportError) as error:
        others = " or ".join(f"`hf download {other}`" for other in PROPOSED[role.removeprefix("second ")])
        return Examined(role, False, f"{name}: {error}. To use another: {others}, then SCENEWRIGHT_"
                                  f"{role.upper().replace(' ', '_')}=its name")
    try:
        fitting(role, folder)
        profile = Profile.of(folder)
    except GroundingError as error:
        return Examined(role, False, f"{name}: {error}")
    where = "in the package" if name == POCKET else str(folder)
    return Examined(role, True, f"{name}: {where}{_known(profile) if role == 'image model' else ''}")


def _known(profile: Profile) -> str:
    """What an image model can be asked for, where that is not anything."""
    if profile.nouns is None:
        return ""
    families = profile.vocabulary.families if profile.vocabulary else {}
    return f"; it paints {', '.join(profile.nouns)}; in {', '.join(families.get('colour', ('any colour',)))}"


def _cached() -> Iterator[Examined]:
    """The models in the hub's cache that could take a role."""
    for role, name in cached():
        variable = f"SCENEWRIGHT_{role.upper().replace(' ', '_')}"
        yield Examined(role, True, f"{name} is in the cache; use it with {variable}=its name")


def examine(assignments: Sequence[str], *, json: bool) -> Ending:
    """Everything that can keep scenewright from working, one line each."""
    settings = Settings.load(assigned(assignments))
    found = [*_packages(), *_settings(settings), *_folders(settings),
             *(_chosen(role, name) for role, name in stack.roles(settings).items()), *_objections(settings)]
    if json:
        write_json([f._asdict() for f in found])
    else:
        write(_found(found))
    return Ending.DONE if all(f.well for f in found) else Ending.FAILED


def _packages() -> Iterator[Examined]:
    yield Examined("python", True, f"{platform.python_version()} on {platform.machine()}")
    here = versions()
    for name, extra in NEEDED.items():
        missing = f"missing; install with `pip install 'scenewright[{extra}]'`" if extra else "missing; install again"
        there = find_spec(name) is not None
        yield Examined(name, there, here.get(name, "there") if there else missing)
    if find_spec("torchvision") is not None:
        yield Examined("torchvision", True, "not used; if models fail to load, `pip uninstall torchvision`")


def _settings(settings: Settings) -> Iterator[Examined]:
    path = config_file()
    said = "is read" if path.exists() else "is not there; defaults and variables hold"
    yield Examined("settings", True, f"{path} {said}")
    if settings.llm:
        key = "with a key of its own" if settings.llm_api_key else "with the provider's key variable"
        yield Examined("language model", True, f"{settings.llm} {key}; it is not asked now")
    else:
        yield Examined("language model", True, "none; the built-in grammar reads prompts")


def _folders(settings: Settings) -> Iterator[Examined]:
    probe = settings.runs / "doctor.probe"
    try:
        write_whole(probe, b"")
        probe.unlink()
        free = shutil.disk_usage(settings.runs).free
    except OSError as error:
        yield Examined("runs", False, str(StorageFailed.of(error, probe)))
        return
    advice = "" if free >= LEAST_ROOM else ": make room"
    yield Examined("runs", not advice, f"{settings.runs.resolve()}, {free / 2**30:.1f} GiB free{advice}")


def _found(found: Sequence[Examined]) -> str:
    return table(("", "what", ""), [("✓" if f.well else "✗", f.what, f.said) for f in found])
