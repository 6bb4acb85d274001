"""Control-C: the run stops at its next step, says that it was cancelled, and can go on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from scenewright.loop.shelf import runs_in
from tests.scenewright.keys import heed_control_c

SLOW = """
import sys, time
import scenewright.stack
from planner.read.grammar import read
from tests.scenewright import fakes
from scenewright.commands.cli import main

stages = fakes.stack(read("a red ball"), steps=int(sys.argv.pop(1)))
stages.painter.pause = lambda: time.sleep(0.02)
scenewright.stack.open_stack = lambda settings, *more: stages
main()
"""


def started(folder: Path, steps: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SLOW, str(steps), "render", "a red ball", "--set", f"runs={folder}"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
                            preexec_fn=heed_control_c)


def test_control_c_cancels_with_130_and_one_sentence_and_the_run_goes_on_later(tmp_path: Path) -> None:
    with started(tmp_path, 2000) as process:
        while not list(tmp_path.glob("*/plans/*.json")):
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err == "scenewright: cancelled; the same command goes on from there\n"
    assert [run.state for run in runs_in(tmp_path)] == ["interrupted"]
    with started(tmp_path, 2) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [run.state for run in runs_in(tmp_path)] == ["done"]
