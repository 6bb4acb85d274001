"""The stored runs of a folder: listed, moved and removed. One that is damaged spoils nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from scenewright.errors import Busy, Mismatch, StorageFailed
from scenewright.loop.files import remove
from scenewright.loop.runs import LOCK, Run, RunPart, Summary


def runs_in(root: Path) -> list[Summary]:
    """The stored runs, newest first."""
    found = [Run(folder).summary() for folder in _folders(root)]
    return sorted(found, key=lambda s: (s.created, s.id), reverse=True)


def _folders(root: Path) -> Sequence[Path]:
    """The folders that are runs."""
    if not root.is_dir():
        return ()
    return [folder for folder in root.iterdir()
            if folder.is_dir() and not folder.name.startswith(".") and os.path.lexists(folder / LOCK)]


def stored(root: Path, id: str) -> Run:
    """The run of this name. Raises `Mismatch` where there is none."""
    if id not in {folder.name for folder in _folders(root)}:
        raise Mismatch(f"there is no run `{id}` in `{root}`")
    return Run(root / id)


def remove_run(root: Path, id: str) -> None:
    """Remove a run that nobody works on."""
    run = stored(root, id)
    with run.locked():
        _moved(run.folder, root / f".{id}.part")
    remove(root / f".{id}.part")


def move(root: Path, id: str, to: Path) -> Run:
    """Move a run that nobody works on into another folder of runs: there whole or not at all, then gone from here."""
    run, target, half = stored(root, id), to / id, to / f".{id}.part"
    if os.path.lexists(target):
        raise Mismatch(f"there is a run `{id}` in `{to}` already")
    with run.locked():
        try:
            to.mkdir(parents=True, exist_ok=True)
            remove(half)
            shutil.copytree(run.folder, half, symlinks=True)
            half.rename(target)
        except OSError as error:
            raise StorageFailed.of(error, target) from None
        _moved(run.folder, root / f".{id}.part")
    remove(root / f".{id}.part")
    return Run(target)


def _moved(folder: Path, to: Path) -> None:
    try:
        remove(to)
        folder.rename(to)
    except OSError as error:
        raise StorageFailed.of(error, folder) from None


def prune(root: Path, keep: Collection[RunPart]) -> list[str]:
    """Keep only these parts of all finished runs that nobody works on; the names of those that were looked at."""
    found = []
    for summary in runs_in(root):
        if summary.state in ("done", "failed verification"):
            run = Run(root / summary.id)
            try:
                with run.locked():
                    run.trim(keep)
            except Busy:
                continue
            found.append(run.id)
    return found
