"""Prompts as people type them, painted, judged by the independent judge where it can, and laid out to be marked by eye.

python tests/bench/people.py [--every 1] [--arm full] [--seed 21] [--out bench/out/people]
python tests/bench/people.py --marks bench/out/people/full/marks.csv

The first call paints, writes sheets of twelve and an empty `marks.csv`; a sheet shows a number and the prompt, in an
order that the verdicts do not show through. A person fills in `right` (y or n: every claim holds, things recognisable,
nothing uninvited) and `quality` (1 to 5). The second call counts the marks against what the product said. Every picture
is a stored run: stopped and called again, the bench goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from planner.errors import ScenewrightError
from scenewright.api import render
from scenewright.config import Settings
from scenewright.stack import open_stack
from tests.bench.agent_judge import Judged

PROMPTS = Path(__file__).with_name("people.txt")
ARMS = {"plain": {"strength": 0.0, "rounds": 1}, "guided": {"rounds": 1}, "full": {}}
CELL, CAPTION, COLUMNS, ROWS = 320, 62, 4, 3


class Case(NamedTuple):
    """A prompt and the sort that it stands under."""

    sort: str
    prompt: str


class Line(NamedTuple):
    """What came of one prompt: `judged` is the independent judge's word on the scene as it was read."""

    sort: str
    prompt: str
    refused: str
    verified: bool
    judged: bool
    cost: float
    picture: str


def cases(text: str) -> list[Case]:
    """The prompts of the file, each with its sort."""
    found: list[Case] = []
    sort = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            sort = line.strip("[]")
        elif not line.startswith("#"):
            found.append(Case(sort, line))
    return found


def blind(lines: Sequence[Line]) -> list[Line]:
    """An order that says nothing of sorts or verdicts, the same every time."""
    return sorted(lines, key=lambda line: hashlib.sha256(line.prompt.encode()).digest())


def paint(chosen: Sequence[Case], arm: str, seed: int, out: Path) -> list[Line]:
    """Every prompt rendered; one that is refused has no picture."""
    base = Settings.load()
    settings = base.model_copy(update={**ARMS[arm], "seed": seed, "runs": out / "runs"})
    stack = open_stack(settings)
    lines: list[Line] = []
    for number, case in enumerate(chosen, 1):
        try:
            result = render(case.prompt, settings=settings, stack=stack)
        except ScenewrightError as error:
            lines.append(Line(*case, str(error), False, False, 0.0, ""))
            continue
        picture = out / "pictures" / f"{number:03d}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        result.image.save(picture)
        judged = Judged(result.image, result.layout.scene, result.layout).success
        lines.append(Line(*case, "", result.verified, judged, result.cost, str(picture)))
        if number % 10 == 0:
            print(f"{number} of {len(chosen)}", flush=True)
    return lines


def sheets(lines: Sequence[Line], out: Path) -> None:
    """Sheets of numbered pictures with their prompts, and the file to be marked."""
    shown = [line for line in lines if line.picture]
    size = COLUMNS * ROWS
    for page in range(0, len(shown), size):
        sheet = Image.new("RGB", (COLUMNS * CELL, ROWS * (CELL + CAPTION)), "white")
        pen = ImageDraw.Draw(sheet)
        for cell, line in enumerate(shown[page:page + size]):
            x, y = cell % COLUMNS * CELL, cell // COLUMNS * (CELL + CAPTION)
            picture = Image.open(line.picture).convert("RGB").resize((CELL - 8, CELL - 8), Image.Resampling.LANCZOS)
            sheet.paste(picture, (x + 4, y + 4))
            words = textwrap.fill(f"{page + cell + 1}: {line.prompt}", 52)
            pen.multiline_text((x + 6, y + CELL), words, fill="black")
        sheet.save(out / f"sheet-{page // size + 1:02d}.png")
    with (out / "marks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("n", "prompt", "right", "quality", "note"))
        rows.writerows((n, line.prompt, "", "", "") for n, line in enumerate(shown, 1))


def told(lines: Sequence[Line]) -> str:
    """The figures that need no person."""
    painted = [line for line in lines if line.picture]
    verified = [line for line in painted if line.verified]
    judged = sum(line.judged for line in painted)
    return (f"{len(lines)} prompts, {len(lines) - len(painted)} refused; verified {len(verified)}; right by the judge, "
            f"as read, {judged} ({judged / max(1, len(lines)):.0%}), of the verified "
            f"{sum(line.judged for line in verified)} of {len(verified)}; cost "
            f"{sum(line.cost for line in painted) / max(1, len(painted)):.2f} plain pictures")


def counted(marks: Path) -> str:
    """The marks against what the product said."""
    known = {line.prompt: line for line in map(_line, (marks.parent / "lines.jsonl").read_text().splitlines())}
    with marks.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["right"].strip()]
    right = {row["prompt"]: row["right"].strip().lower().startswith("y") for row in rows}
    verified = [prompt for prompt in right if known[prompt].verified]
    quality = [float(row["quality"]) for row in rows if row["quality"].strip()]
    refused = sum(not line.picture for line in known.values())
    lost = sum(right[p] and not known[p].verified for p in right)
    sorts = {known[p].sort: [right[q] for q in right if known[q].sort == known[p].sort] for p in right}
    by_sort = ", ".join(f"{sort} {sum(found)}/{len(found)}" for sort, found in sorted(sorts.items()))
    return (f"{len(right)} marked, {refused} refused: right {sum(right.values())} "
            f"({sum(right.values()) / max(1, len(right) + refused):.0%}); of {len(verified)} verified "
            f"{sum(right[p] for p in verified)} are right; right but not verified {lost}; mean quality "
            f"{sum(quality) / max(1, len(quality)):.2f}\n{by_sort}")


def _line(text: str) -> Line:
    return Line(**json.loads(text))


def main() -> None:
    """Paint and lay out, or count the marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every n-th prompt")
    parser.add_argument("--offset", type=int, default=0, help="the first of them")
    parser.add_argument("--arm", choices=ARMS, default="full")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--out", type=Path, default=Path("bench/out/people"))
    parser.add_argument("--marks", type=Path)
    options = parser.parse_args()
    if options.marks:
        print(counted(options.marks))
        return
    out: Path = options.out / options.arm
    out.mkdir(parents=True, exist_ok=True)
    chosen = cases(PROMPTS.read_text(encoding="utf-8"))[options.offset::options.every]
    lines = blind(paint(chosen, options.arm, options.seed, out))
    (out / "lines.jsonl").write_text("".join(json.dumps(line._asdict()) + "\n" for line in lines))
    sheets(lines, out)
    print(told(lines))


if __name__ == "__main__":
    main()
