"""What the README shows works as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from planner.scene import Canvas
from scenewright.api import render
from scenewright.commands.cli import command
from scenewright.commands.records import dumped, record
from scenewright.commands.shell import run
from scenewright.config import Settings
from scenewright.planning import PromptPlanner, plan
from scenewright.stack import Stack
from tests.scenewright import fakes

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
COMMANDS = [line for line in re.findall(r"^\.venv/bin/(scenewright .*)$", README, re.MULTILINE) if "…" not in line]
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(autouse=True)
def _at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the files that the README speaks of, and models that never err."""
    painter, oracle = fakes.DrawingPainter(), fakes.Oracle()
    stack = Stack(PromptPlanner(spare=Canvas(width=128, height=128)), painter, oracle)
    monkeypatch.setattr("scenewright.stack.open_stack", lambda settings, *more: stack)
    monkeypatch.setattr("scenewright.stack.open_painter", lambda *names: painter)
    monkeypatch.setattr("scenewright.stack.open_verifier", lambda *names: (oracle, ()))
    monkeypatch.chdir(tmp_path)
    done = render("a red ball to the left of a blue box", settings=Settings(runs=tmp_path / "earlier"))
    Path("balls.png").write_bytes(done.picture.read_bytes())
    Path("prompts.jsonl").write_text('{"prompt": "a red ball on a table"}\n')
    Path("layouts.jsonl").write_text(dumped(record(plan("a cat left of a dog"))))
    Path("layout.json").write_text(plan("a cat left of a dog").model_dump_json())


def test_the_readme_shows_commands_and_a_program() -> None:
    assert len(COMMANDS) >= 3
    assert PROGRAMS


@pytest.mark.parametrize("shown", COMMANDS)
def test_a_command_of_the_readme_ends_well(shown: str) -> None:
    assert run(lambda: command(shlex.split(shown, comments=True)[1:])) == 0


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_readme_runs(program: str) -> None:
    exec(compile(program, "README.md", "exec"), {})
