"""Reads and writes the files that a command line names; `-` is stdin or stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import ValidationError

from planner.errors import BadInput
from planner.scene import Layout
from scenewright.shell import write

DASH = Path("-")


def read_text(path: Path) -> str:
    """The text of a file, or of stdin."""
    name = "stdin" if path == DASH else f"`{path}`"
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
    finally:
        half.unlink(missing_ok=True)


def read_layout(path: Path) -> Layout:
    """The layout in a file that `scenewright plan --json` wrote."""
    try:
        return Layout.model_validate_json(read_text(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole file"
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        name = "stdin" if path == DASH else f"`{path}`"
        raise BadInput(f"expected a layout in {name}: {where}: {first['msg']}{more}") from None
