"""`scenewright plan`: one prompt to a table, a picture or JSON, or a file of prompts to a file of layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from planner.check import Violation, check, verdicts
from planner.errors import BadInput
from planner.scene import Canvas, Layout
from planner.why import reasons
from scenewright.commands.files import DASH, lines_to, read_layout, read_text, stdin, write_text
from scenewright.commands.records import dumped, planned, told_unused
from scenewright.commands.shell import Ending, fail, note, write, write_json
from scenewright.commands.show import report
from scenewright.planning import PromptPlanner


def plan_one(planner: PromptPlanner, prompt: str, *, hints: Path | None, draw: Path | None, relations: bool, json: bool,
             out: Path | None, why: bool = False) -> Ending:
    """Plan one prompt and show it."""
    pixels = None if ":" in planner.how.canvas else planner.how.size(Canvas())
    kept = read_layout(hints, canvas=pixels) if hints else None
    layout = planner.plan(read_text(DASH) if prompt == "-" else prompt, hints=kept).layout
    violations = check(layout)
    if draw:
        from planner.draw import draw as draw_layout

        draw_layout(layout, draw, relations=relations)
    if out:
        write_text(out, layout.model_dump_json(indent=2) + "\n")
    if out != DASH:
        causes = reasons(layout) if why else {}
        write_json(layout.model_dump(mode="json") | ({"why": causes} if why else {})) if json else write(
            report(layout, verdicts(layout), violations, causes))
    return Ending.UNVERIFIED if violations else Ending.DONE


def told(layout: Layout, violations: Sequence[Violation]) -> str:
    """A layout as a table."""
    return report(layout, verdicts(layout), violations)


def plan_batch(planner: PromptPlanner, source: Path, target: Path) -> Ending:
    """Plan every line of a file, writing as it goes. A line that fails becomes a line with an `error`."""
    from scenewright.commands.progress import watched

    if source != DASH and target.exists() and source.samefile(target):
        raise BadInput(f"`{source}` cannot be read and written at once; give --out another name")
    failed = total = 0
    unused: Counter[str] = Counter()
    with _opened(source) as lines, lines_to(target) as sink:
        answers = planned(
            lines, lambda wish: planner.plan(wish.prompt, seed=wish.seed, canvas=wish.size).layout, unused)
        for line in watched(answers, _count(source)):
            sink(dumped(line))
            total += 1
            failed += "error" in line
    if unused:
        note(told_unused(unused))
    if failed:
        return fail(f"{failed} of {total} lines failed; their `error` says why")
    return Ending.DONE


@contextmanager
def _opened(source: Path) -> Iterator[IO[bytes]]:
    if source == DASH:
        yield stdin()
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise BadInput(f"cannot read `{source}`: {error.strerror}") from None
    with stream:
        yield stream


def _count(source: Path) -> int | None:
    """How many prompts a file holds; unknown for what can be read only once."""
    if not source.is_file():
        return None
    with source.open("rb") as stream:
        return sum(1 for line in stream if line.strip())
