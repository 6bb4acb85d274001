"""Reads and writes the files that a command line names; `-` is stdin or stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from planner.errors import BadInput, FormatError
from planner.formats import load
from planner.scene import Canvas, Layout
from planner.whole import write_whole
from scenewright.commands.records import lines_in
from scenewright.commands.shell import harmless, write

DASH = Path("-")
LARGEST = 64 * 2**20


Choice = tuple[int | None, str]
"""Which line of a file of JSON lines is meant: by its number, by its id, or (None, "") the only one."""
ONLY: Choice = (None, "")


def read_text(path: Path) -> str:
    """The text of a file, or of stdin."""
    name = _name(path)
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


def read_layout(path: Path, format: str = "", *, canvas: Canvas | None = None, nouns: Sequence[str] = (),
                choice: Choice = ONLY) -> Layout:
    """The layout in a file of any format that `planner.formats` knows; without a name, it is told from the text. Of a
    file of JSON lines, as `plan --batch` writes them, it is the chosen one."""
    text = read_text(path)
    try:
        return load(_chosen(text, choice), format, canvas=canvas, nouns=nouns)
    except FormatError as error:
        raise FormatError(f"{_name(path)}: {error}") from None


def _chosen(text: str, choice: Choice) -> str:
    """The line that is meant; the whole text where it is no file of lines, and none is asked for."""
    lines = lines_in(text)
    if choice == ONLY and len(lines) < 2:
        return text
    wanted, id = choice
    if wanted is not None:
        found = [line for number, line, _ in lines if number == wanted]
    else:
        found = [line for _, line, about in lines if str(about.get("id", "")) == id] if id else []
    if len(found) != 1:
        ids = [str(about["id"]) for _, _, about in lines if "id" in about]
        known = f"ids are {', '.join(ids[:5])}{' …' * (len(ids) > 5)}" if ids else "its lines have no ids"
        raise FormatError(f"the file holds {len(lines)} JSON lines, and {len(found) or 'none'} of them is the one that "
                          f"is asked for; choose one with --line NUMBER or --id ID ({known})")
    return found[0]


def _name(path: Path) -> str:
    return "stdin" if path == DASH else f"`{path}`"
