"""What a person sees while a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from planner.scene import Canvas
from scenewright.api import watch
from scenewright.commands.live import Live
from scenewright.config import Settings
from scenewright.loop import events
from scenewright.loop.shelf import runs_in
from scenewright.loop.stages import PaintTask
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack
from tests.scenewright import fakes

PROMPT = "a red ball left of a blue box"
MISSING = "exists:ball1"


def shown(live: Live) -> str:
    assert isinstance(live.console, Console)
    with live.console.capture() as captured:
        live.console.print(live._shown())
    return captured.get()


def test_claims_turn_green_while_a_run_goes_on(tmp_path: Path) -> None:
    def wrong(task: PaintTask, index: int) -> tuple[str, ...]:
        return () if len(task.seeds) > 1 else (MISSING,)

    live = Live(tmp_path / "preview.png", Console(force_terminal=True, width=100, file=None))
    stages = Stack(PromptPlanner(spare=Canvas()), fakes.DrawingPainter(wrong), fakes.Oracle())
    seen: list[str] = []
    for event in watch(PROMPT, settings=Settings(runs=tmp_path / "runs"), stack=stages):
        live.show(event)
        seen.append(shown(live))
        if isinstance(event, events.Verified) and event.round == 1:
            assert "✗ the red ball is there" in seen[-1]
    assert "planning" in seen[0]
    assert "· the red ball is there" in seen[1]
    assert "✓ the red ball is there" in seen[-1]
    assert "round 2 of 4" in seen[-1]
    assert "→ a new seed" in seen[-1]
    assert (tmp_path / "preview.png").exists()


def test_a_preview_that_cannot_be_written_costs_the_preview_only(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    live = Live(tmp_path / "file" / "preview.png", Console(stderr=True))
    stages = Stack(PromptPlanner(spare=Canvas()), fakes.DrawingPainter(), fakes.Oracle())
    for event in watch(PROMPT, settings=Settings(runs=tmp_path / "runs"), stack=stages):
        live.show(event)
    assert "no more previews" in capsys.readouterr().err
    assert [r.state for r in runs_in(tmp_path / "runs")] == ["done"]
