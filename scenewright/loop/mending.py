"""What of a picture is to be painted anew so that its claims may hold: the places of what is wrong, and little else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grounding.settings import Mend
from grounding.verify.report import Match, Problem, Report
from planner.scene import Box

WIPED = frozenset(("surplus", "absent"))
"""Troubles with what must go; with all others, the things are painted again."""
IN_THE_WAY = 0.3
"""What has more than this part of itself inside the place of a thing that is painted anew goes too."""
MOST = 64


class Patch(NamedTuple):
    """What to paint anew, and which parts of that are to be left to the background."""

    mend: Mend
    clear: tuple[Box, ...]


def patch(report: Report, problems: Sequence[Problem]) -> Patch | None:
    """The places of these problems: of what must go, where it was seen; of things, where they were planned and where
    they were seen, and what is in their way there. None where no place is known."""
    matches = {match.thing: match for match in report.matches}
    clear = tuple(box for p in problems if p.kind in WIPED for box in p.boxes)[:MOST]
    things = tuple(dict.fromkeys(id for p in problems if p.kind not in WIPED for id in p.things if id in matches))
    areas = (*clear, *(box for id in things for box in _places(matches[id], report)))
    return Patch(Mend(areas=areas[:4 * MOST], things=things), clear) if areas else None


def _places(match: Match, report: Report) -> list[Box]:
    planned = [match.planned] if match.planned else []
    seen = [match.seen.box] if match.seen else []
    others = [s.sighting.box for s in report.surplus
              if match.planned and s.sighting.box.shared(match.planned) > IN_THE_WAY * s.sighting.box.area]
    return [*planned, *seen, *others]
