"""Learned prompt tokens against as many seeds as the same compute buys, for both objectives.

python tests/bench/tokens.py [--count 20] [--out bench/out/tokens]

The referee that keeps the best of either is the detector's share of claims that hold; success is decided by the judge
of the pocket's pictures, which shares nothing with it. Goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image
from rich.console import Console
from rich.table import Table

from grounding import backbones
from grounding.bench import prompts
from grounding.duel import duel
from grounding.incantation import Incant, Incanter
from grounding.painter import Painter
from grounding.pocket.judge import judge
from grounding.pocket.models import WEIGHTS, load_clip
from grounding.semantics import Semantics
from planner.scene import Layout
from scenewright.config import Settings
from scenewright.stack import open_stack

SETTINGS = (("attention", Incant(objective="attention", iterations=10, checks=1)), ("meaning", Incant()))
SORTS = ("spatial", "colour", "counting", "size")
HOW: dict[str, Any] = {"steps": 25, "guidance_scale": 5.0, "watch": False}


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="prompts of each sort")
    parser.add_argument("--out", type=Path, default=Path("bench/out/tokens"), help="where the results go")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "results.jsonl"
    done = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    there = {(one["objective"], one["sort"], one["index"]) for one in done}
    clip, verifier = load_clip(), open_stack(Settings.load()).verifier
    assert verifier is not None

    def referee(image: Image, layout: Layout) -> float:
        return verifier.verify(image, layout).score

    incanter = Incanter(Painter(backbones.load(WEIGHTS / "pipeline")), Semantics(clip.model, clip.processor), referee)
    for index in range(args.count):
        for sort in SORTS:
            for objective, settings in SETTINGS:
                if (objective, sort, index) not in there:
                    done.append(_one(incanter, objective, settings, sort, index))
                    with file.open("a") as ledger:
                        ledger.write(json.dumps(done[-1]) + "\n")
    _show(done)


def _one(incanter: Incanter, objective: str, settings: Incant, sort: str, index: int) -> dict[str, Any]:
    trial = prompts.trial(sort, index)

    def right(image: Image, layout: Layout) -> float:
        return float(trial.holds(judge(np.asarray(image))))

    found = duel(incanter, prompts.layout(sort, index), right, seed=index, incant=settings, **HOW)
    return {"objective": objective, "sort": sort, "index": index, "plain": found.plain, "tokens": found.with_tokens,
            "seeds": found.with_seeds, "passes": found.tokens.forward_equivalents,
            "seeds_passes": found.seeds.forward_equivalents, "tries": found.seeds.tries,
            "kept": found.tokens.learned is not None}


def _show(done: Sequence[dict[str, Any]]) -> None:
    table = Table("objective", "prompts", "plain", "tokens", "seeds", "tokens alone right", "seeds alone right", "kept",
                  "passes", "passes of the seeds", box=None)
    for objective, _ in SETTINGS:
        for sort in (*SORTS, "all"):
            some = [one for one in done if one["objective"] == objective and sort in (one["sort"], "all")]
            if some:
                right = [f"{sum(one[way] for one in some):.0f}" for way in ("plain", "tokens", "seeds")]
                won = sum(one["tokens"] > one["seeds"] for one in some)
                lost = sum(one["tokens"] < one["seeds"] for one in some)
                passes = [f"{sum(one[name] for one in some) / len(some):.0f}" for name in ("passes", "seeds_passes")]
                table.add_row(f"{objective}, {sort}", str(len(some)), *right, str(won), str(lost),
                              str(sum(one["kept"] for one in some)), *passes)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
