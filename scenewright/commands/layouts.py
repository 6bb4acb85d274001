"""Layouts that a command line names: files of any known format, or one line of a file of JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planner.errors import FormatError
from planner.formats import load
from planner.scene import Canvas, Layout
from scenewright.commands.files import named, read_text
from scenewright.commands.records import lines_in

Choice = tuple[int | None, str]
"""Which line of a file of JSON lines is meant: by its number, by its id, or (None, "") the only one."""
ONLY: Choice = (None, "")


def read_layout(path: Path, format: str = "", *, canvas: Canvas | None = None, nouns: Sequence[str] = (),
                choice: Choice = ONLY) -> Layout:
    """The layout in a file of any format that `planner.formats` knows; without a name, it is told from the text. Of a
    file of JSON lines, as `plan --batch` writes them, it is the chosen one."""
    text = read_text(path)
    try:
        return load(_chosen(text, choice), format, canvas=canvas, nouns=nouns)
    except FormatError as error:
        raise FormatError(f"{named(path)}: {error}") from None


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
