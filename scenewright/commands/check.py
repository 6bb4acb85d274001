"""`scenewright check`: is everything true that a layout claims?"""

from __future__ import annotations

from pathlib import Path

from planner.check import check, verdicts
from scenewright.canvases import canvas_of
from scenewright.commands.layouts import Choice, read_layout
from scenewright.commands.shell import Ending, write, write_json
from scenewright.commands.show import findings


def check_file(path: Path, canvas: str, choice: Choice, *, json: bool) -> Ending:
    """Check the layout in a file and tell what was found."""
    layout = read_layout(path, canvas=canvas_of(canvas) if canvas else None, choice=choice)
    violations, said = check(layout), verdicts(layout)
    if json:
        write_json({"ok": not violations, "violations": [v.model_dump() for v in violations],
                    "verdicts": [v.model_dump() | {"sentence": v.sentence} for v in said]})
    else:
        write(findings(layout, said, violations))
    return Ending.UNVERIFIED if violations else Ending.DONE
