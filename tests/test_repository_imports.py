"""What is loaded, and what is not: planning never brings in torch, the grammar no language model's libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "diffusers", "transformers", "accelerate", "safetensors"}
MODEL_SIDE = {"langchain", "langchain_core", "langchain_openai", "langgraph", "openai", "httpx", "tenacity"}


def loaded_by(code: str, *args: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`."""
    tail = "\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code + tail, *args], cwd=ROOT, capture_output=True,
                          text=True, timeout=120, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def all_of(package: str) -> str:
    return (f"import importlib, pkgutil, {package}\n"
            f"for found in pkgutil.walk_packages({package}.__path__, '{package}.'):\n"
            "    importlib.import_module(found.name)\n")


@pytest.mark.parametrize("package", ["planner", "prompts"])
def test_no_module_of_planner_or_prompts_loads_torch(package: str) -> None:
    assert not loaded_by(all_of(package)) & HEAVY


PLAN = "from scenewright.commands.cli import command\nassert command({args!r}) == 0"


def test_planning_with_the_grammar_loads_neither_torch_nor_a_language_model_library() -> None:
    loaded = loaded_by(PLAN.format(args=["plan", "a red cat left of a dog", "--planner", "grammar"]))
    assert not loaded & (HEAVY | MODEL_SIDE)
    assert not loaded & {"numpy", "scipy", "shapely", "PIL", "pydantic_settings"}


def test_drawing_loads_pillow_and_nothing_heavier(tmp_path: Path) -> None:
    args = ["plan", "a red cat left of a dog", "--draw", str(tmp_path / "cat.png")]
    loaded = loaded_by(PLAN.format(args=args))
    assert "PIL" in loaded
    assert not loaded & (HEAVY | MODEL_SIDE)


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["plan", "--help"]])
def test_help_and_version_load_no_planner(args: list[str]) -> None:
    loaded = loaded_by(PLAN.format(args=args))
    assert not {name for name in loaded if name.startswith(("planner.", "shapely", "numpy", "PIL"))}


def test_importing_the_public_package_loads_nothing_else_of_ours() -> None:
    loaded = loaded_by("import scenewright")
    assert not loaded & (HEAVY | MODEL_SIDE | {"planner", "pydantic", "typer", "rich"})


def test_verifying_loads_no_diffusers_and_what_is_read_before_painting_no_torch(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    Image.new("RGB", (128, 128), "white").save(picture)
    run = "from scenewright.commands.cli import command\ncommand({args!r})"
    loaded = loaded_by(run.format(args=["verify", str(picture), "a red ball"]))
    assert "transformers" in loaded
    assert not {name for name in loaded if name.split(".")[0] == "diffusers"}
    for args in (["models"], ["doctor", "--set", f"runs={tmp_path}"]):
        assert not loaded_by(run.format(args=args)) & {"torch", "diffusers", "transformers"}
