"""`scenewright plan`: one prompt to a table, a picture or JSON, or a file of prompts to a file of layouts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from planner.check import Violation, check, verdicts
from planner.errors import BadInput
from planner.scene import Layout
from scenewright.commands.files import DASH, read_text, write_text
from scenewright.commands.records import dumped, planned
from scenewright.commands.shell import Ending, fail, write
from scenewright.planning import Request


def plan_one(
    request: Request, prompt: str, *, draw: Path | None, relations: bool, json: bool, out: Path | None
) -> Ending:
    """Plan one prompt and show it."""
    layout = request.plan(read_text(DASH) if prompt == "-" else prompt)
    violations = check(layout)
    if draw:
        from planner.draw import draw as draw_layout

        draw_layout(layout, draw, relations=relations)
    text = layout.model_dump_json(indent=2) + "\n"
    if out:
        write_text(out, text)
    if out != DASH:
        write(text if json else told(layout, violations))
    return Ending.UNVERIFIED if violations else Ending.DONE


def told(layout: Layout, violations: Sequence[Violation]) -> str:
    """A layout as a table."""
    from scenewright.commands.show import report

    return report(layout, verdicts(layout), violations)


def plan_batch(request: Request, source: Path, target: Path) -> Ending:
    """Plan every line of a file, writing as it goes. A line that fails becomes a line with an `error`."""
    from scenewright.commands.progress import watched

    if source != DASH and target.exists() and source.samefile(target):
        raise BadInput(f"`{source}` cannot be read and written at once; give --out another name")
    failed = total = 0
    with _opened(source) as lines, _sink(target) as sink:
        for line in watched(planned(lines, request.plan), _count(source)):
            sink(dumped(line))
            total += 1
            failed += "error" in line
    if failed:
        return fail(f"{failed} of {total} lines failed; their `error` says why")
    return Ending.DONE


@contextmanager
def _opened(source: Path) -> Iterator[IO[bytes]]:
    if source == DASH:
        yield sys.stdin.buffer
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise BadInput(f"cannot read `{source}`: {error.strerror}") from None
    with stream:
        yield stream


@contextmanager
def _sink(target: Path) -> Iterator[Callable[[str], object]]:
    """Where the lines go, one at a time and at once."""
    if target == DASH:
        yield write
        return
    with target.open("w", encoding="utf-8", buffering=1) as stream:
        yield stream.write


def _count(source: Path) -> int | None:
    """How many prompts a file holds; unknown for what can be read only once."""
    if not source.is_file():
        return None
    with source.open("rb") as stream:
        return sum(1 for line in stream if line.strip())
