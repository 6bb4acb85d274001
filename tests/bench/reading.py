"""`make bench-reading`: prompts as people type them, read by the grammar, placed, and scored by the judge's own rules.

python tests/bench/reading.py --judge FOLDER [--fails out.jsonl]

A prompt that cannot be placed counts as refused. The judge's folder has `reading.py`, its benchmarks lie beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from planner.errors import ScenewrightError
from planner.place import place
from planner.read.grammar import read


def answer(line: dict[str, Any]) -> dict[str, Any]:
    """The scene of a prompt, or why there is none."""
    told = {"id": line["id"], "prompt": line["prompt"]}
    try:
        scene = read(line["prompt"])
        place(scene)
    except ScenewrightError as error:
        return {**told, "error": str(error)}
    return {**told, "scene": scene.model_dump(mode="json")}


def main() -> None:
    """Read, place and score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--gold", default="typed/dev.jsonl", help="below the judge's benchmarks")
    parser.add_argument("--fails", type=Path)
    options = parser.parse_args()
    gold = options.judge.resolve().parent / "benchmarks" / options.gold
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        scenes = Path(folder) / "scenes.jsonl"
        scenes.write_text("".join(json.dumps(answer(line)) + "\n" for line in lines), encoding="utf-8")
        fails = ["--fails", str(options.fails.resolve())] if options.fails else []
        subprocess.run([sys.executable, "reading.py", "score", str(gold), str(scenes), *fails], cwd=options.judge,
                       check=True)


if __name__ == "__main__":
    main()
