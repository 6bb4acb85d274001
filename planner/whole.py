"""Writes files whole or not at all: beside, flushed to the disk, then renamed. Every file that is written goes here."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_LONGEST = 40
"""So much of a file's name is in the name of its unfinished copy, which has to be short enough for the file system."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, making its folder where there is none. An `OSError` names the file; what was there stays then.

    A device or a pipe is written as it is. Where a link stood there is a file afterwards.
    """
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    half = path.with_name(f".{path.name[:_LONGEST]}.{os.getpid()}.part")
    try:
        if path.is_char_device() or path.is_fifo():
            path.write_bytes(raw)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        half.unlink(missing_ok=True)
        flushed(half, raw)
        half.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def flushed(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk. A file or link that is there already is refused."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
