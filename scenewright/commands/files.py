"""Reads and writes the files that a command line names; `-` is stdin or stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from planner.errors import BadInput, FormatError
from planner.scene import Canvas, Layout
from scenewright.commands.shell import write

DASH = Path("-")


def read_text(path: Path) -> str:
    """The text of a file, or of stdin."""
    name = _name(path)
    try:
        raw = sys.stdin.buffer.read() if path == DASH else path.read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"expected UTF-8 text in {name}, got the byte {error.object[error.start]:#04x} "
                       f"at {error.start}") from None
    except OSError as error:
        raise BadInput(f"cannot read {name}: {error.strerror}") from None


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; `-` writes to stdout."""
    if path == DASH:
        return write(text)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        raise OSError(error.errno, f"cannot write: {error.strerror}", str(path)) from None
    finally:
        half.unlink(missing_ok=True)


def read_layout(path: Path, format: str = "", *, canvas: Canvas | None = None, nouns: Sequence[str] = ()) -> Layout:
    """The layout in a file of any format that `planner.formats` knows; without a name, it is told from the text."""
    from planner.formats import load

    text = read_text(path)
    try:
        return load(text, format, canvas=canvas, nouns=nouns)
    except FormatError as error:
        raise FormatError(f"{_name(path)}: {error}") from None


def _name(path: Path) -> str:
    return "stdin" if path == DASH else f"`{path}`"
