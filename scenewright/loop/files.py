"""Files that appear whole or not at all, in folders that may be a stranger's: no link is followed, nothing waits."""

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


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that it is whole or absent, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_new(half, content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
        half.replace(path)
        flush_folder(path.parent)
    finally:
        half.unlink(missing_ok=True)


def write_new(path: Path, content: bytes) -> None:
    """A new file, flushed to the disk; what had the name before is gone, and what a link pointed to is untouched."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
