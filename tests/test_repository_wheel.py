"""What is installed is whole: the wheel holds every file of the packages, and works far from the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("planner", "prompts", "grounding", "editor", "scenewright")
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.part")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The wheel's content, built from a copy of what it is built from."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=IGNORED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
             "--wheel-dir", str(source / "dist"), str(source)]
    subprocess.run(build, check=True, cwd=source, timeout=300)
    (wheel,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    yield target
    shutil.rmtree(source)
    shutil.rmtree(target)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for name in PACKAGES for path in (folder / name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".pyc", ".part")}


def test_the_wheel_holds_every_file_of_the_packages_but_what_only_training_needs(unpacked: Path) -> None:
    training = {name for name in _files(ROOT) if name.startswith("grounding/pocket/training/")}
    assert training
    assert _files(unpacked) == _files(ROOT) - training


def test_nothing_that_is_installed_needs_what_is_not(unpacked: Path) -> None:
    """Only the commands that train and examine ask for it, and they are run in the repository."""
    asking = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*.py")
              if "grounding.pocket.training" in path.read_text(encoding="utf-8")}
    assert asking == {"grounding/pocket/train.py", "grounding/pocket/evaluate.py"}


def test_the_installed_command_plans_far_from_the_repository(unpacked: Path, tmp_path: Path) -> None:
    code = (f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
            f"sys.path = [p for p in sys.path if p not in ('', {str(ROOT)!r})]\n"
            "import scenewright\nassert scenewright.__file__.startswith(sys.path[0]), scenewright.__file__\n"
            "from scenewright.commands.cli import command\n"
            "sys.exit(command(['plan', 'a cat left of a dog', '--draw', 'cat.png']))")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, timeout=60, stdout=subprocess.DEVNULL)
    assert (tmp_path / "cat.png").stat().st_size > 1000
