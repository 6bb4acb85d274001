"""`scenewright convert`: a layout file from one format to another."""

from __future__ import annotations

from pathlib import Path

from planner.formats import dump, names
from planner.scene import Canvas
from scenewright.commands.files import read_layout, read_text, write_text
from scenewright.commands.shell import Ending


def convert_file(
    source: Path, target: Path, source_format: str, target_format: str, canvas: Canvas | None, classes: Path | None
) -> Ending:
    """Convert one file. `classes` holds the class names of a YOLO file: read with one, written for one."""
    reading = source_format == "yolo"
    nouns = read_text(classes).splitlines() if classes and reading else []
    layout = read_layout(source, source_format, canvas=canvas, nouns=nouns)
    write_text(target, dump(layout, target_format))
    if classes and not reading and target_format == "yolo":
        write_text(classes, "".join(f"{name}\n" for name in names(layout)))
    return Ending.DONE
