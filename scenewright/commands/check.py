"""`scenewright check`: is everything true that a layout claims?"""

from __future__ import annotations

from pathlib import Path

from planner.check import check, verdicts
from planner.scene import Canvas
from scenewright.commands.files import Choice, read_layout
from scenewright.commands.shell import Ending, write, write_json


def check_file(path: Path, canvas: Canvas | None, choice: Choice, *, json: bool) -> Ending:
    """Check the layout in a file and tell what was found."""
    layout = read_layout(path, canvas=canvas, choice=choice)
    violations, said = check(layout), verdicts(layout)
    if json:
        write_json({"ok": not violations, "violations": [v.model_dump() for v in violations],
                    "verdicts": [v.model_dump() | {"sentence": v.sentence} for v in said]})
    else:
        from scenewright.commands.show import findings

        write(findings(layout, said, violations))
    return Ending.UNVERIFIED if violations else Ending.DONE
