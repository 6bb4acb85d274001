"""`scenewright check`: is everything true that a layout claims?"""

from __future__ import annotations

import json as json_format
from pathlib import Path

from planner.check import check, verdicts
from planner.scene import Canvas
from scenewright.commands.files import read_layout
from scenewright.commands.shell import Ending, write


def check_file(path: Path, canvas: Canvas | None, *, json: bool) -> Ending:
    """Check the layout in a file and tell what was found."""
    layout = read_layout(path, canvas=canvas)
    violations, said = check(layout), verdicts(layout)
    if json:
        found = {"ok": not violations, "violations": [v.model_dump() for v in violations],
                 "verdicts": [v.model_dump() | {"sentence": v.sentence} for v in said]}
        write(json_format.dumps(found, indent=2) + "\n")
    else:
        from scenewright.commands.show import findings

        write(findings(layout, said, violations))
    return Ending.UNVERIFIED if violations else Ending.DONE
