"""`make demo` shows three plans that hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.demo.run import PAINTED, PROMPTS, demo, gallery, main
from planner.check import check
from planner.scene import Canvas, Layout
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack
from tests.scenewright import fakes


def test_the_demo_plans_and_draws_every_prompt_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo(tmp_path / "demo")
    out = capsys.readouterr().out
    assert str(tmp_path / "demo") in out
    for name in PROMPTS:
        layout = Layout.model_validate_json((tmp_path / "demo" / f"{name}.json").read_text())
        assert not check(layout)
        assert (tmp_path / "demo" / f"{name}.png").stat().st_size > 5000


def test_the_gallery_has_a_picture_and_a_page_of_every_prompt_and_one_sheet(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(PromptPlanner(spare=Canvas(width=128, height=128)), fakes.DrawingPainter(), fakes.Oracle())
    monkeypatch.setattr("scenewright.stack.open_stack", lambda settings, *more: stack)
    gallery(tmp_path)
    for name in PAINTED:
        assert (tmp_path / f"{name}-painted.png").stat().st_size > 1000
        assert "</html>" in (tmp_path / f"{name}-report.html").read_text()
    assert str(tmp_path / "sheet.png") in capsys.readouterr().out


def test_without_image_models_the_demo_says_so_and_keeps_what_it_planned(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["demo", str(tmp_path)])
    monkeypatch.setenv("SCENEWRIGHT_IMAGE_MODEL", str(tmp_path / "nowhere"))
    assert main() == 0
    assert "nothing is painted" in capsys.readouterr().err
    assert len(list(tmp_path.glob("*.png"))) == len(PROMPTS)
