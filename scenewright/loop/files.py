"""Files in folders that may be a stranger's: no link is followed, and no pipe waited for."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

LARGEST = 256 * 2**20
"""No file of a run is larger."""


def read_whole(path: Path) -> bytes | None:
    """The content of a regular file; None where there is none of that name (a link, a pipe or a folder is none).
    Raises `OSError` where it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        if path.is_symlink() or not path.is_file():
            return None
        raise
    with os.fdopen(handle, "rb") as stream:
        about = os.fstat(stream.fileno())
        return stream.read() if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST else None


def remove(path: Path) -> None:
    """Remove whatever has this name, if anything has; of a link, the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def own_folder(folder: Path) -> Path:
    """A folder to write into, made if it is not there. Raises `OSError` where the name is a link: what is behind it is
    not ours."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise OSError(f"`{folder}` is a link, which is not followed")
    return folder


def sweep(folder: Path) -> None:
    """Remove what was left half-written in a folder and those below it."""
    for at, folders, files in os.walk(folder, followlinks=False):
        for name in [*folders, *files]:
            if name.startswith(".") and name.endswith(".part"):
                remove(Path(at) / name)
        folders[:] = [name for name in folders if not name.startswith(".")]
