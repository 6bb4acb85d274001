"""Every example runs as it stands and imports nothing of ours but `scenewright`."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

from planner.scene import Canvas
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack
from tests.scenewright import fakes

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
OURS = {"planner", "prompts", "grounding", "editor"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_from_an_empty_folder(
        example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    oracle = fakes.Oracle()
    stack = Stack(PromptPlanner(spare=Canvas(width=128, height=128)), fakes.DrawingPainter(), oracle)
    monkeypatch.setattr("scenewright.stack.open_stack", lambda settings, *more: stack)
    monkeypatch.setattr("scenewright.stack.open_verifier", lambda *names: (oracle, ()))
    runpy.run_path(str(example), run_name="__main__")
    assert "picture.png" in capsys.readouterr().out
    assert list(tmp_path.glob("runs/*/picture.png"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_imports_only_the_public_package_and_is_short(example: Path) -> None:
    tree = ast.parse(example.read_text())
    roots = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert not roots & OURS
    assert "scenewright" in roots
    assert ast.get_docstring(tree)
    assert len(example.read_text().splitlines()) <= 25
