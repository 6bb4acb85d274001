"""The one table of relations; each is an object with all that the house knows of it, in the module of its family."""

from __future__ import annotations

from planner.relations import arrangement, canvas, depth, plane, ring, size, support
from planner.relations.row import Row, Words

_OTHER = Words("other", (), say="{a} {words} {b}")

TABLE: dict[str, Row] = {row.kind: row for rows in (
    plane.ROWS, support.ROWS, depth.ROWS, ring.ROWS, size.ROWS, canvas.ROWS, arrangement.ROWS, (_OTHER,))
    for row in rows}
"""Every relation by name."""

__all__ = ["TABLE", "Row"]
