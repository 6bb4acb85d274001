"""Learned prompt tokens against as many seeds as the same compute buys, for both objectives.

python tests/bench/tokens.py [--count 20] [--out bench/out/tokens] [--reuse]

The referee that keeps the best of either is the detector's share of claims that hold; success is decided by the judge
of the pocket's pictures, which shares nothing with it. Goes on where it was stopped.

With --reuse: what tokens are worth as a start. A prompt's tokens are learned with one seed and are the start with
another; so are the tokens of the prompt that CLIP finds nearest among those learned before; what the loss is
then, over the first and the last two updates, beside a start from nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image
from rich.console import Console
from rich.table import Table

from grounding import backbones
from grounding.bench import prompts
from grounding.bench.duel import Judge, duel
from grounding.bench.meaning import Weights, meaning
from grounding.bench.semantics import Semantics
from grounding.bench.spellbook import Spellbook
from grounding.guide.incantation import Incanter, Objective, attention
from grounding.painter import Painter
from grounding.pocket.judge import judge
from grounding.pocket.models import WEIGHTS, load_clip
from grounding.settings import How, Incant
from planner.scene import Layout
from scenewright.config import Settings
from scenewright.stack import open_stack

SETTINGS = (("attention", Incant(iterations=10, checks=1)), ("meaning", Incant()))
SORTS = ("spatial", "colour", "counting", "size")
SEEDS = 500
"""A prompt's second seed is so far from its first."""
HOW = How(steps=25, guidance_scale=5.0, watch=False)


def main() -> None:
    """Run the benchmark as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="prompts of each sort")
    parser.add_argument("--out", type=Path, default=Path("bench/out/tokens"), help="where the results go")
    parser.add_argument("--reuse", action="store_true", help="what tokens of before are worth as a start")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.reuse:
        _reuse(args.count)
        return
    file = args.out / "results.jsonl"
    done = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    there = {(one["objective"], one["sort"], one["index"]) for one in done}
    clip, verifier = load_clip(), open_stack(Settings.load()).verifier
    assert verifier is not None

    def referee(image: Image, layout: Layout) -> float:
        return verifier.verify(image, layout).score

    painter = Painter(backbones.load(WEIGHTS / "pipeline"))
    objectives = _objectives(Semantics(clip.model, clip.processor))
    for index in range(args.count):
        for sort in SORTS:
            for objective, settings in SETTINGS:
                if (objective, sort, index) not in there:
                    incanter = Incanter(painter, referee, objectives[objective])
                    done.append(_one(incanter, referee, objective, settings, sort, index))
                    with file.open("a") as ledger:
                        ledger.write(json.dumps(done[-1]) + "\n")
    _show(done)


def _objectives(semantics: Semantics) -> dict[str, Objective]:
    return {"attention": attention, "meaning": meaning(semantics)}


def _one(incanter: Incanter, referee: Judge, objective: str, settings: Incant, sort: str, index: int) -> dict[str, Any]:
    trial = prompts.trial(sort, index)

    def right(image: Image, layout: Layout) -> float:
        return float(trial.holds(judge(np.asarray(image))))

    found = duel(incanter, prompts.layout(sort, index), HOW.but(tokens=settings), referee, right, seed=index)
    return {"objective": objective, "sort": sort, "index": index, "plain": found.plain, "tokens": found.with_tokens,
            "seeds": found.with_seeds, "passes": found.tokens.forward_equivalents,
            "seeds_passes": found.seeds.forward_equivalents, "tries": found.seeds.tries,
            "kept": found.tokens.learned is not None}


def _reuse(count: int) -> None:
    """Losses by start. There is no referee, so that what was learned is kept, liked or not."""
    clip = load_clip()
    painter = Painter(backbones.load(WEIGHTS / "pipeline"))
    semantics = Semantics(clip.model, clip.processor)
    objectives = _objectives(semantics)
    table = Table("objective", "start", "prompts", "loss, first two updates", "last two", box=None)
    for objective, incant in SETTINGS:
        incanter, how = Incanter(painter, None, objectives[objective]), HOW.but(tokens=incant)
        near = Spellbook(painter.backbone, semantics, similar=-1.0)
        courses: dict[str, list[list[float]]] = {"nothing": [], "the nearest prompt's": [], "the same prompt's": []}
        for index in range(count):
            for sort in SORTS:
                layout, prompt = prompts.layout(sort, index), prompts.trial(sort, index).prompt
                learned = incanter(layout, how, seed=index).learned
                assert learned is not None
                if len(near):
                    for name, start in zip(courses, (None, near.near(prompt), learned), strict=True):
                        found = incanter(layout, how, seed=index + SEEDS, start=start)
                        courses[name].append([_loss(incant, terms) for terms in found.history])
                near.add(prompt, learned)
        for name, found_by in courses.items():
            ends = np.array(found_by).mean(axis=0)
            table.add_row(objective, name, str(len(found_by)), f"{ends[:2].mean():.4f}", f"{ends[-2:].mean():.4f}")
    Console(width=140).print(table)


def _loss(incant: Incant, terms: Mapping[str, float]) -> float:
    """What was minimised: the terms with their weights."""
    weights = {**dict(Weights()), "sparsity": incant.sparsity}
    return sum(float(weights.get(name, 1.0)) * value for name, value in terms.items())


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
