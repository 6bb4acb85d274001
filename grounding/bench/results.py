"""Results that survive a kill: one line of JSON per picture, and the table made from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pydantic import ValidationError

from grounding.pocket.trials import TrialShare
from planner.scene import Data

Key = tuple[str, str, int]


class BenchResult(Data):
    """One picture, judged. `weak` says that its receipt had a weak thing before decoding."""

    row: str
    category: str
    index: int
    seed: int
    prompt: str
    holds: bool
    seconds: float
    forward_equivalents: float
    weak: bool
    made: str = ""
    """A hash of the row's settings, the steps, the guidance and the weights."""

    @property
    def key(self) -> Key:
        """What makes it the same piece of work."""
        return self.row, self.category, self.index


class Ledger:
    """The results of a run in a file. A line that a kill cut short is forgotten and its picture painted again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = {result.key: result for result in _read(path)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{r.model_dump_json()}\n" for r in self.results.values()), encoding="utf-8")

    def has(self, key: Key, made: str) -> bool:
        """Whether the picture is there, and was made with these settings."""
        found = self.results.get(key)
        return found is not None and found.made == made

    def add(self, results: Iterable[BenchResult]) -> None:
        """Write results down."""
        with self.path.open("a", encoding="utf-8") as file:
            for result in results:
                self.results[result.key] = result
                file.write(f"{result.model_dump_json()}\n")


def _read(path: Path) -> Iterator[BenchResult]:
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            yield BenchResult.model_validate(json.loads(line))
        except (ValidationError, ValueError):
            continue


class Cell(NamedTuple):
    """One row's share of prompts that hold in one category, and how many times fewer failures than plain's it has."""

    share: TrialShare
    fewer: float


def cell(results: Sequence[BenchResult], row: str, category: str) -> Cell:
    """From the pictures of this row and category; failures are compared on the prompts that plain painted too."""
    mine = {r.index: r.holds for r in results if (r.row, r.category) == (row, category)}
    plain = {r.index: r.holds for r in results if (r.row, r.category) == ("plain", category)}
    both = mine.keys() & plain.keys()
    failures, before = (sum(not held[i] for i in both) for held in (mine, plain))
    return Cell(TrialShare(sum(mine.values()), len(mine)), before / failures if failures else float("inf"))


class BenchPrice(NamedTuple):
    """Medians over pictures: forward-equivalents, seconds, and the ratio of seconds to plain's on the same prompt."""

    forward_equivalents: float
    seconds: float
    ratio: float


def price(results: Sequence[BenchResult], row: str) -> BenchPrice:
    """What one picture of the row costs."""
    mine = [r for r in results if r.row == row]
    plain = {(r.category, r.index): r.seconds for r in results if r.row == "plain"}
    ratios = [r.seconds / plain[r.category, r.index] for r in mine if (r.category, r.index) in plain]
    return BenchPrice(median(r.forward_equivalents for r in mine), median(r.seconds for r in mine),
                 median(ratios) if ratios else float("nan"))


def table(results: Sequence[BenchResult], rows: Sequence[str], categories: Sequence[str]) -> str:
    """Markdown: per category the share with its 95 % interval and the factor of fewer failures; then the cost."""
    lines = [f"| row | {' | '.join(categories)} | forward-equivalents | s/picture | × plain |",
             "|---" * (len(categories) + 4) + "|"]
    for row in (r for r in rows if any(result.row == r for result in results)):
        cost = price(results, row)
        cells = [_shown(cell(results, row, category), row) for category in categories]
        lines.append(f"| {row} | {' | '.join(cells)} | {cost.forward_equivalents:.1f} | {cost.seconds:.2f} "
                     f"| {cost.ratio:.2f} |")
    return "\n".join(lines)


def _shown(found: Cell, row: str) -> str:
    if not found.share.of:
        return ""
    low, high = found.share.interval
    fewer = "" if row == "plain" else f", {found.fewer:.1f}× fewer failures"
    return f"{found.share.value:.0%} [{low:.0%}–{high:.0%}]{fewer}"
