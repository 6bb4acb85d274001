"""Reads and writes the files that a command line names; `-` is stdin or stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from planner.errors import BadInput
from planner.whole import write_whole
from scenewright.commands.shell import harmless, write

DASH = Path("-")
LARGEST = 64 * 2**20


def read_text(path: Path) -> str:
    """The text of a file, or of stdin."""
    name = named(path)
    try:
        if path != DASH and path.stat().st_size > LARGEST:
            raise BadInput(f"{name} is larger than any text that is read ({LARGEST // 2**20} MiB)")
        raw = stdin().read(LARGEST + 1) if path == DASH else path.read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"expected UTF-8 text in {name}, got the byte {error.object[error.start]:#04x} "
                       f"at {error.start}") from None
    except OSError as error:
        raise BadInput(f"cannot read {name}: {error.strerror}") from None


def stdin() -> IO[bytes]:
    """What stands on stdin."""
    if sys.__stdin__ is None:
        raise BadInput("expected a text on stdin, and stdin is closed")
    return sys.stdin.buffer


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; `-` writes to stdout."""
    if path == DASH:
        write(harmless(text))
    else:
        write_whole(path, text)


@contextmanager
def lines_to(target: Path) -> Iterator[Callable[[str], object]]:
    """Where lines go, one at a time and at once; one for which there is no room is not written in part."""
    if target == DASH:
        yield write
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        yield lambda line: _line(handle, line.encode(), target)
    finally:
        os.close(handle)


def _line(handle: int, line: bytes, target: Path) -> None:
    written = 0
    try:
        while written < len(line):
            written += os.write(handle, line[written:])
    except OSError as error:
        if written:
            os.ftruncate(handle, os.lseek(handle, 0, os.SEEK_CUR) - written)
        raise OSError(error.errno, error.strerror, str(target)) from None


def named(path: Path) -> str:
    """A file as a message calls it."""
    return "stdin" if path == DASH else f"`{path}`"
