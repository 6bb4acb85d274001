"""How often a picture is right, and what it costs: plain, guided, full loop, and the best of several plain ones.

python tests/bench/agent.py [--count 200] [--out bench/out/agent] [--arms plain,guided,full,best-of-n]

Every picture is a stored run: stopped and called again, the bench goes on where it was. Success is decided by
`agent_judge`, which shares nothing with the verifier.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from grounding.verify.report import Report
from planner.scene import Layout
from planner.whole import write_whole
from scenewright.api import render
from scenewright.config import Settings
from scenewright.loop.result import Result
from scenewright.loop.stages import Painting, PaintTask
from scenewright.stack import Stack, open_stack
from tests.bench.agent_judge import Judged
from tests.bench.agent_prompts import Case, cases


@dataclass
class Clock:
    """Seconds spent in the models, to tell what the rest takes."""

    models: float = 0.0


@dataclass
class TimedPainter:
    """A painter whose time is taken."""

    inner: Any
    clock: Clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def paint(self, task: PaintTask, **options: Any) -> Sequence[Painting]:
        """The inner painter's pictures."""
        began = time.perf_counter()
        try:
            return list(self.inner.paint(task, **options))
        finally:
            self.clock.models += time.perf_counter() - began


@dataclass
class TimedVerifier:
    """A verifier whose time is taken."""

    inner: Any
    clock: Clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def verify(self, image: Any, layout: Layout) -> Report:
        """The inner verifier's report."""
        began = time.perf_counter()
        try:
            report: Report = self.inner.verify(image, layout)
            return report
        finally:
            self.clock.models += time.perf_counter() - began


@dataclass
class Tally:
    """One arm's figures."""

    successes: list[bool] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    agreed: int = 0
    claims: int = 0
    seconds: list[tuple[int, float]] = field(default_factory=list)
    overhead: list[float] = field(default_factory=list)
    by_category: dict[str, list[bool]] = field(default_factory=dict)
    verified: dict[int, list[bool]] = field(default_factory=dict)
    """Per round in which a picture was verified: whether it is right."""

    def told(self) -> dict[str, Any]:
        """As plain data."""
        passed = [right for some in self.verified.values() for right in some]
        few = [s for objects, s in self.seconds if objects <= 3]
        return {
            "prompts": len(self.successes), "success": _mean(self.successes), "cost": _mean(self.costs),
            "rounds": _mean(self.rounds), "agreement": self.agreed / self.claims if self.claims else None,
            "claims": self.claims, "verified": len(passed),
            "verified_but_wrong": passed.count(False) / len(self.successes) if self.successes else None,
            "wrong_by_round": {str(round): f"{some.count(False)} of {len(some)}"
                               for round, some in sorted(self.verified.items())},
 "median_seconds_up_to_3": statistics.median(few) if few else None,
            "overhead": statistics.median(self.overhead) if self.overhead else None,
            "by_category": {name: _mean(values) for name, values in sorted(self.by_category.items())}}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def run_arm(all_cases: Sequence[Case], settings: Settings, stack: Stack, name: str) -> Tally:
    """Every case with these settings."""
    tally, clock = Tally(), Clock()
    timed = replace(stack, painter=TimedPainter(stack.painter, clock),
                    verifier=TimedVerifier(stack.verifier, clock) if stack.verifier else None)
    for number, case in enumerate(all_cases, 1):
        clock.models, began = 0.0, time.perf_counter()
        result = render(case.prompt, settings=settings, stack=timed)
        _count(tally, case, result, time.perf_counter() - began, clock.models)
        if number % 10 == 0:
            print(f"{name}: {number} of {len(all_cases)}, {_mean(tally.successes):.1%}", flush=True)
    return tally


def _count(tally: Tally, case: Case, result: Result, seconds: float, models: float) -> None:
    judged = Judged(result.image, case.scene)
    tally.successes.append(judged.success)
    tally.by_category.setdefault(case.category, []).append(judged.success)
    if result.verified:
        tally.verified.setdefault(result.outcome.best.round, []).append(judged.success)
    tally.costs.append(result.cost)
    tally.rounds.append(result.rounds)
    if models:
        tally.seconds.append((case.objects, seconds))
        tally.overhead.append(1 - models / seconds)
    own = Judged(result.image, result.layout.scene, result.layout)
    for finding in result.report.findings if result.report else ():
        said = own.holds(finding.claim)
        if said is not None and finding.ruling != "cannot tell":
            tally.claims += 1
            tally.agreed += said == (finding.ruling == "holds")


def main() -> None:
    """Run the arms and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("bench/out/agent"))
    parser.add_argument("--arms", default="plain,guided,full,best-of-n")
    options = parser.parse_args()
    base = Settings.load()
    stack, all_cases = open_stack(base), cases(options.count, options.seed)
    arms: dict[str, dict[str, Any]] = {
        "plain": {"strength": 0.0, "rounds": 1}, "guided": {"rounds": 1}, "full": {},
        "best-of-n": {"strength": 0.0, "rounds": 1, "candidates": 3}}
    found: dict[str, dict[str, Any]] = {}
    for name in options.arms.split(","):
        more = dict(arms[name])
        if name == "best-of-n" and "full" in found:
            more["candidates"] = max(1, round(found["full"]["cost"]))
        settings = base.model_copy(update={**more, "runs": options.out / "runs" / name})
        found[name] = run_arm(all_cases, settings, stack, name).told()
        write_whole(options.out / "agent.json", json.dumps(found, indent=2) + "\n")
    _print(found)


def _print(found: dict[str, dict[str, Any]]) -> None:
    table = Table("arm", "prompts", "success", "cost (plain pictures)", "rounds", "verifier agrees",
                  "verified", "verified but wrong", "s (≤ 3 things)",
                  "overhead", *next(iter(found.values()))["by_category"])
    for name, f in found.items():
        agree = "–" if f["agreement"] is None else f"{f['agreement']:.1%}"
        speed = "–" if f["median_seconds_up_to_3"] is None else f"{f['median_seconds_up_to_3']:.1f}"
        over = "–" if f["overhead"] is None else f"{f['overhead']:.1%}"
        wrong = f"{f['verified_but_wrong']:.1%}"
        table.add_row(name, str(f["prompts"]), f"{f['success']:.1%}", f"{f['cost']:.2f}", f"{f['rounds']:.2f}", agree,
                      str(f["verified"]), wrong, speed, over, *(f"{v:.0%}" for v in f["by_category"].values()))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
