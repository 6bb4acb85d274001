"""Text for a terminal: styled where it can be, whole where it is piped."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.plain import plain

PIPED = 120
"""The least width where nobody looks."""


def console() -> Console:
    """What stands for stdout."""
    made = Console(file=sys.stdout, highlight=False)
    if not made.is_terminal:
        made.width = max(made.width, PIPED)
    return made


def rendered(console: Console, parts: Sequence[RenderableType]) -> str:
    """The parts below each other."""
    with console.capture() as captured:
        console.print(Group(*parts))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def grid(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table without lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(columns))
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int = 160) -> str:
    """Rows of plain text under their columns; a row that begins with ✗ is red."""
    made, screen = grid(*columns), console()
    if not screen.is_terminal:
        screen.width = width
    for row in rows:
        made.add_row(*(Text(plain(str(cell)), "red" if row[0] == "✗" else "") for cell in row))
    return rendered(screen, [made])
