"""`make demo` shows three plans that hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.check import check
from planner.scene import Layout
from scenewright.demo import PROMPTS, demo


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
