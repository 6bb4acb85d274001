"""`make bench-layouts`: scenes placed and drawn to be marked by eye; how likely, diverse and quick layouts are.

python tests/bench/layouts.py --prompts FILE.jsonl [--nsr FOLDER] [--out bench/out/layouts]
python tests/bench/layouts.py --marks bench/out/layouts/marks.csv

The first call draws sheets of nine and an empty `marks.csv`; a person fills in `sensible` (y or n: sizes to one scale,
things on what carries them, above and below as in the world, all that is said in its place, nothing more). The second
call counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import textwrap
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageDraw
from plausible import table

from planner.place import place
from planner.scene import Layout
from scenewright import ScenewrightError, draw, plan, read

CELL, CAPTION, ACROSS = 420, 70, 3
SEEDS = 6


def drawn(prompt: str, path: Path) -> Image.Image:
    """The drawing of a prompt's layout; the reason where there is none."""
    try:
        draw(plan(prompt, planner="grammar"), path)
        return Image.open(path).convert("RGB")
    except ScenewrightError as error:
        sorry = Image.new("RGB", (CELL, CELL), "white")
        ImageDraw.Draw(sorry).text((5, 5), textwrap.fill(str(error), 55), fill="red")
        return sorry


def sheets(prompts: Sequence[str], out: Path) -> None:
    """Sheets of numbered drawings with their prompts, and the file to be marked."""
    out.mkdir(parents=True, exist_ok=True)
    size = ACROSS * ACROSS
    for first in range(0, len(prompts), size):
        sheet = Image.new("RGB", (ACROSS * CELL, ACROSS * (CELL + CAPTION)), "white")
        pen = ImageDraw.Draw(sheet)
        for cell, prompt in enumerate(prompts[first:first + size]):
            x, y, number = cell % ACROSS * CELL, cell // ACROSS * (CELL + CAPTION), first + cell + 1
            picture = drawn(prompt, out / f"{number:03d}.png")
            picture.thumbnail((CELL, CELL))
            sheet.paste(picture, (x, y))
            pen.text((x + 4, y + CELL + 2), textwrap.fill(f"{number}: {prompt}", 66), fill="black")
        sheet.save(out / f"sheet-{first // size + 1:02d}.png")
    with (out / "marks.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("n", "prompt", "sensible", "why"))
        rows.writerows((n, prompt, "", "") for n, prompt in enumerate(prompts, 1))


def counted(marks: Path) -> str:
    """How many of those that are marked are sensible."""
    with marks.open(newline="", encoding="utf-8") as file:
        marks_given = [row["sensible"].strip().lower() for row in csv.DictReader(file) if row["sensible"].strip()]
    told = [mark.startswith("y") for mark in marks_given]
    return f"{sum(told)} of {len(told)} sensible"


def likely(folder: Path) -> str:
    """How likely what the layouts show of pairs of kinds is, by real boxes."""
    lines = ["log-likelihood a pair, by real boxes: higher is likelier"]
    for who, by in table(folder).items():
        told = ", ".join(f"{name} {value:.2f}" for name, value in by.items() if name != "pairs")
        lines.append(f"  {who}: {told} ({by['pairs']:.0f} pairs)")
    return "\n".join(lines)


def diverse(prompts: Sequence[str]) -> str:
    """How different the layouts of several seeds are, and how long one takes."""
    apart, orders, took = [], [], []
    for scene in [read(prompt, planner="grammar") for prompt in prompts]:
        layouts = []
        for seed in range(SEEDS):
            start = time.process_time()
            try:
                layouts.append(place(scene, seed=seed))
            except ScenewrightError:
                continue
            took.append((time.process_time() - start) * 1e3)
        apart += [1 - _shared(a, b) for a, b in combinations(layouts, 2)]
        if len(scene.things) > 1 and layouts:
            orders.append(len({_order(layout) for layout in layouts}))
    took.sort()
    return (f"{SEEDS} seeds of {len(prompts)} prompts: boxes of two differ by {statistics.mean(apart):.0%} (1 - IoU), "
            f"{statistics.mean(n > 1 for n in orders):.0%} of prompts have more than one order from left to right; "
            f"placing took {statistics.median(took):.2f} ms, 95th percentile {took[int(0.95 * len(took))]:.2f} ms")


def _shared(a: Layout, b: Layout) -> float:
    return statistics.mean(box.iou(b.boxes[id]) for id, box in a.boxes.items()) if a.boxes else 1.0


def _order(layout: Layout) -> tuple[str, ...]:
    nouns = {t.id: t.noun for t in layout.scene.things}
    return tuple(nouns[id] for id in sorted(layout.boxes, key=lambda id: layout.boxes[id].cx))


def main() -> None:
    """Draw and measure, or count the marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, help="JSON lines with a `prompt` each")
    parser.add_argument("--nsr", type=Path, help="folder of NSR-1K")
    parser.add_argument("--out", type=Path, default=Path("bench/out/layouts"))
    parser.add_argument("--marks", type=Path)
    options = parser.parse_args()
    if options.marks:
        print(counted(options.marks))
    elif options.prompts:
        lines = options.prompts.read_text(encoding="utf-8").splitlines()
        prompts = [json.loads(line)["prompt"] for line in lines]
        sheets(prompts, options.out)
        print(diverse(prompts))
    else:
        parser.error("expected --prompts or --marks")
    if options.nsr:
        print(likely(options.nsr))


if __name__ == "__main__":
    main()
