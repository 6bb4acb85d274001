"""Runs that are killed again and again end like one that never was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("KILLS", "12"))
"""`KILLS=50` for the long form."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A run without a kill, and as many others as it takes."""
    script = Path(__file__).with_name("kills.py")
    done = subprocess.run([sys.executable, str(script), str(tmp_path_factory.mktemp("kills")), str(KILLS), "1"],
                          capture_output=True, text=True, timeout=900, cwd=script.parents[2], check=False,
                          env={**os.environ, "PYTHONPATH": str(script.parents[2])})
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_there_were_as_many_kills_as_asked_for(runs: list[dict[str, Any]]) -> None:
    assert runs[0]["killed"] == 0
    assert sum(run["killed"] for run in runs) == KILLS


def test_every_run_ends_with_the_same_picture_and_the_same_history(runs: list[dict[str, Any]]) -> None:
    assert {run["picture"] for run in runs} == {runs[0]["picture"]}
    assert all(run["tries"] == runs[0]["tries"] for run in runs)
    assert len(runs[0]["tries"]) == 2 * (1 + 2 + 3 + 3 + 3 + 3)


def test_nothing_that_was_stored_is_painted_a_second_time(runs: list[dict[str, Any]]) -> None:
    assert not [key for run in runs for key in run["twice"]]


def test_no_file_is_ever_seen_half_written(runs: list[dict[str, Any]]) -> None:
    assert not [path for run in runs for path in run["broken"]]
