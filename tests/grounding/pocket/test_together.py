"""Processes that train together take the same steps, and only one of them writes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CREW = Path(__file__).with_name("crew.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("crew")
    here = {**os.environ, "PYTHONPATH": str(CREW.parents[3])}
    subprocess.run([sys.executable, CREW, out], check=True, timeout=300, env=here)
    return out


def told(folder: Path, sort: str) -> list[Any]:
    return [json.loads(file.read_text()) for file in sorted(folder.glob(f"{sort}-*.json"))]


def test_all_take_the_mean_gradient_from_the_leaders_weights(folder: Path) -> None:
    first, second = told(folder, "step")
    assert first["weights"] == second["weights"]
    assert first["gradient"] == second["gradient"] == [[2.0] * 3] * 2
    assert first["bias"] is second["bias"] is None  # nobody had one


def test_all_end_at_the_same_step_when_one_is_asked_to_stop(folder: Path) -> None:
    assert [one["agreed"] for one in told(folder, "step")] == [[0.5, True]] * 2


def test_a_run_of_two_ends_with_one_model_and_one_checkpoint(folder: Path) -> None:
    first, second = told(folder, "run")
    assert first == second
    slope, offset = first[0][0][0], first[1][0]
    assert abs(slope - 2) < 0.3
    assert abs(offset - 1) < 0.3
    assert [file.name for file in (folder / "state").glob("*.pt")] == ["line.pt"]
    assert len((folder / "state" / "line.jsonl").read_text().splitlines()) == 1
