"""Repair published layouts: a language model's boxes for HRS-Bench become hints; how far must they move to hold?

python tests/bench/repair.py --benchmarks ../shared/benchmarks
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from planner.check import check
from planner.errors import ScenewrightError
from planner.place import place
from planner.read.grammar import read
from planner.scene import Box, Layout, Placement, Scene

SIDE = 512


def hints_for(scene: Scene, labels: list[str], boxes: list[list[int]]) -> dict[str, Box]:
    """The published boxes, given to things of the same noun in order; what cannot be a box is left out."""
    waiting = defaultdict(list)
    for label, corners in zip(labels, boxes, strict=False):
        if len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]:
            waiting[label.lower().replace("_", " ").strip()].append(Box.of(*(c / SIDE for c in corners)))
    return {t.id: waiting[t.noun].pop(0) for t in scene.things if waiting[t.noun]}


def moved(before: Box, after: Box) -> float:
    """How far a centre went, in pixels of 512."""
    return SIDE * math.hypot(before.cx - after.cx, before.cy - after.cy)


def repair(prompt: str, labels: list[str], boxes: list[list[int]]) -> dict[str, Any]:
    """One prompt: whether the published boxes held before, whether all holds afterwards, and the displacements."""
    scene = read(prompt)
    hints = hints_for(scene, labels, boxes)
    complete = len(hints) == len(scene.things)
    given = Layout(scene=scene, placements=tuple(Placement(thing=id, box=box) for id, box in hints.items()))
    wrong = [v for v in check(given) if v.kind in ("claim", "overlap", "outside") and v.margin != -1.0]
    try:
        layout = place(scene, hints=hints)
    except ScenewrightError as error:
        return {"complete": complete, "held": False, "holds": False, "moves": [], "error": str(error)}
    return {"complete": complete, "held": complete and not wrong, "holds": not check(layout),
            "moves": [moved(box, layout.boxes[id]) for id, box in hints.items()]}


def summary(kind: str, results: list[dict[str, Any]]) -> str:
    """A line of the table."""
    moves = [m for r in results for m in r["moves"]]
    changed = [m for m in moves if m > 0.01]
    count = Counter((r["held"], r["holds"]) for r in results)
    share = 100 / len(results)
    return (f"{kind:<10} {len(results):>6} {share * sum(n for (held, _), n in count.items() if held):>8.1f} "
            f"{share * sum(n for (_, holds), n in count.items() if holds):>8.1f} "
            f"{100 * len(changed) / max(len(moves), 1):>8.1f} {statistics.median(moves or [0.0]):>10.1f} "
            f"{statistics.median(changed or [0.0]):>12.1f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, default=Path("../shared/benchmarks"))
    parser.add_argument("--failures", action="store_true", help="print what could not be repaired")
    options = parser.parse_args()
    published = json.loads((options.benchmarks / "hrs" / "gpt4_layouts.json").read_text(encoding="utf-8"))
    print("kind       layouts  held, %  hold, %  moved, %  median px  of the moved")
    for kind, layouts in published.items():
        results = [repair(prompt, *layout) | {"prompt": prompt} for prompt, layout in layouts.items()]
        print(summary(kind, results))
        for result in results if options.failures else ():
            if not result["holds"]:
                print("  ", result["prompt"], "|", result.get("error", "violations remain"))


if __name__ == "__main__":
    main()
