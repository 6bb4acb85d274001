"""A stranger's package of the same name is noticed before it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenewright.origin import SISTERS, StrangePackage, check_origin

ROOT = Path(__file__).resolve().parents[2]


def start(path: Path) -> subprocess.CompletedProcess[str]:
    """Start the command with `path` before everything else on the module path."""
    places = os.pathsep.join((str(path), str(ROOT)))
    command = "from scenewright.commands.cli import main; main()"
    return subprocess.run([sys.executable, "-c", command, "--version"], cwd=path,
                          env=os.environ | {"PYTHONPATH": places}, capture_output=True, text=True, timeout=60)


def test_our_own_packages_are_accepted() -> None:
    check_origin()


def test_the_command_starts_where_nothing_is_in_the_way(tmp_path: Path) -> None:
    assert start(tmp_path).returncode == 0


@pytest.mark.parametrize("name", SISTERS)
@pytest.mark.parametrize("shape", ["module", "package"])
def test_a_stranger_of_our_name_is_refused_and_its_file_is_named(tmp_path: Path, name: str, shape: str) -> None:
    stranger = tmp_path / name / "__init__.py" if shape == "package" else tmp_path / f"{name}.py"
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("raise SystemExit('the stranger ran')")
    ended = start(tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert str(tmp_path / name) in ended.stderr
    assert "the stranger ran" not in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenewright.origin.find_spec", lambda name: None)
    with pytest.raises(StrangePackage, match="`planner` is missing"):
        check_origin()
