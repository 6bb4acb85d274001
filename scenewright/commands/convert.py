"""`scenewright convert`: a layout file from one format to another."""

from __future__ import annotations

from pathlib import Path

from planner.formats import LABELLED, dump, names
from scenewright.canvases import canvas_of
from scenewright.commands.files import DASH, read_text, write_text
from scenewright.commands.layouts import Choice, read_layout
from scenewright.commands.shell import Ending, note


def convert_file(source: Path, target: Path, source_format: str, target_format: str, canvas: str,
                 classes: Path | None, image: str, choice: Choice) -> Ending:
    """Convert one file. `classes` holds the class names of a data set, in the order of their numbers: a list that is
    there is used and never changed; where there is none, one is written."""
    known = _class_names(classes)
    size = canvas_of(canvas) if canvas else None
    layout = read_layout(source, source_format, canvas=size, nouns=known, choice=choice)
    picture = image or (f"{target.stem}.png" if target != DASH else "image.png")
    write_text(target, dump(layout, target_format, nouns=known, image=picture))
    if target_format in LABELLED and not known:
        found = names(layout)
        if classes:
            write_text(classes, "".join(f"{name}\n" for name in found))
        else:
            note(f"the class numbers are of this file alone ({', '.join(found)}); with --classes they are those of a "
                 "list")
    return Ending.DONE


def _class_names(classes: Path | None) -> list[str]:
    if classes is None or not classes.exists():
        return []
    return [line.strip() for line in read_text(classes).splitlines() if line.strip()]
