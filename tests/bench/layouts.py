"""`make bench-layouts`: scenes placed and drawn on sheets, to be marked by eye.

python tests/bench/layouts.py --prompts FILE.jsonl [--out bench/out/layouts]
python tests/bench/layouts.py --marks bench/out/layouts/marks.csv

The first call draws sheets of nine and an empty `marks.csv`; a person fills in `sensible` (y or n: sizes to one scale,
things on what carries them, above and below as in the world, all that is said in its place, nothing more). The second
call counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from scenewright import ScenewrightError, draw, plan

CELL, CAPTION, ACROSS = 420, 70, 3


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


def main() -> None:
    """Draw, or count the marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, help="JSON lines with a `prompt` each")
    parser.add_argument("--out", type=Path, default=Path("bench/out/layouts"))
    parser.add_argument("--marks", type=Path)
    options = parser.parse_args()
    if options.marks:
        print(counted(options.marks))
    elif options.prompts:
        lines = options.prompts.read_text(encoding="utf-8").splitlines()
        sheets([json.loads(line)["prompt"] for line in lines], options.out)
    else:
        parser.error("expected --prompts or --marks")


if __name__ == "__main__":
    main()
