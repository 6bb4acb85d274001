"""`make bench-planner`: how long reading and placing take on many prompts, and a whole process beside bare imports.

It prints figures and judges nothing. Without a judge's folder it takes the prompts of the in-context examples.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from planner.errors import ScenewrightError
from planner.place import place
from planner.read.grammar import read
from scenewright.commands.progress import watched
from scenewright.commands.records import dumped, record

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = "import pydantic, typer, rich, shapely"
PROMPT = "two white cats left of a stop sign"


class Timed(NamedTuple):
    """One prompt's milliseconds, and the line that a judge scores."""

    reading: float
    placing: float
    line: dict[str, object]


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, default=ROOT.parent / "shared" / "judge", help="folder with score.py")
    parser.add_argument("--suite", default="", help="this suite only")
    parser.add_argument("--pairs", type=int, default=15, help="how many pairs of processes to time")
    parser.add_argument("--score", action="store_true", help="let the judge score the layouts as well")
    args = parser.parse_args()
    suites = dict(_suites(args.judge, args.suite))
    console = Console(width=110)
    table = Table("suite", *(f"{what} {unit}" for what in ("read", "place", "both") for unit in ("median", "p95")),
                  "prompts", "failed", title="milliseconds of processor time", box=None, padding=(0, 2, 0, 0))
    everything: list[Timed] = []
    for name, prompts in suites.items():
        timed = [_timed(prompt) for prompt in watched(prompts, len(prompts), name)]
        everything += timed
        table.add_row(name, *_row(timed))
        if args.score:
            _score(args.judge, name, timed)
    table.add_row("all", *_row(everything), style="bold")
    console.print(table)
    console.print(f"\n`scenewright plan` beside `{IMPORTS}`, {args.pairs} pairs of processes: {_ratio(args.pairs)}")


def _suites(judge: Path, only: str) -> Iterator[tuple[str, list[str]]]:
    if not (judge / "score.py").exists():
        examples = sorted((ROOT / "prompts/examples").glob("*.json"))
        yield "examples", [json.loads(path.read_text())["prompt"] for path in examples]
        return
    for line in _judge(judge, "suites").splitlines():
        name = line.split()[0]
        if name == only or not only:
            yield name, [json.loads(text)["prompt"] for text in _judge(judge, "prompts", name).splitlines()]


def _judge(judge: Path, *args: str) -> str:
    command = [sys.executable, "score.py", *args]
    return subprocess.run(command, cwd=judge, check=True, capture_output=True, text=True).stdout


def _score(judge: Path, suite: str, timed: list[Timed]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as layouts:
        layouts.writelines(dumped(one.line) for one in timed)
        layouts.flush()
        print(_judge(judge, "score", suite, layouts.name))


def _timed(prompt: str) -> Timed:
    start = time.process_time()
    try:
        scene = read(prompt)
        middle = time.process_time()
        layout = place(scene)
    except ScenewrightError as error:
        return Timed((time.process_time() - start) * 1e3, 0.0, {"prompt": prompt, "error": str(error)})
    end = time.process_time()
    line = record(layout, (end - start) * 1e3) | {"prompt": prompt}
    return Timed((middle - start) * 1e3, (end - middle) * 1e3, line)


def _row(timed: list[Timed]) -> Iterator[str]:
    for values in ([t.reading for t in timed], [t.placing for t in timed], [t.reading + t.placing for t in timed]):
        ordered = sorted(values)
        yield f"{statistics.median(ordered):.2f}"
        yield f"{ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]:.2f}"
    yield str(len(timed))
    yield str(sum("error" in t.line for t in timed))


def _ratio(pairs: int) -> str:
    """`scenewright plan` beside bare imports, one after the other, so that whatever else runs burdens both alike."""
    plan = ["-m", "scenewright", "plan", PROMPT]
    for command in (plan, ["-c", IMPORTS]):
        _process(command)
    runs = [(_process(plan), _process(["-c", IMPORTS])) for _ in range(pairs)]
    told = []
    for clock in ("wall", "processor"):
        ours, theirs = ([getattr(run[i], clock) for run in runs] for i in (0, 1))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        told.append(f"{clock} {statistics.median(ours) * 1e3:.0f} ms to {statistics.median(theirs) * 1e3:.0f} ms, "
                    f"median ratio {ratio:.2f}")
    return "; ".join(told)


class Process(NamedTuple):
    """Seconds that a process took."""

    wall: float
    processor: float


def _process(args: list[str]) -> Process:
    start, before = time.perf_counter(), _burnt()
    subprocess.run([sys.executable, *args], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return Process(time.perf_counter() - start, _burnt() - before)


def _burnt() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
