"""`python -m grounding.bench`: every row paints every prompt with the same seed, next to each other, and is judged.

Resumable: pictures that are in the ledger, made with the same settings, are not painted again. Rows are timed in turn
on the same chunk of prompts, so that a busy machine slows them alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from rich.progress import track

from grounding import backbones
from grounding.backbones.gligen import Gligen
from grounding.bench import prompts
from grounding.bench.results import BenchResult, Ledger, table
from grounding.bench.rows import ROWS, BenchPicture, Scorer, paint
from grounding.bench.sheet import sheet
from grounding.folders import digest
from grounding.painter import Painter
from grounding.pocket.judge import judge
from grounding.pocket.models import GATES, WEIGHTS, load_clip, load_gated
from grounding.pocket.trials import Puzzle

SHOWN = 8
"""Lines of each category's sheet."""


def main(
    rows: Annotated[list[str] | None, typer.Option("--row", help="rows to paint (default: all)")] = None,
    categories: Annotated[list[str] | None, typer.Option("--category", help="sorts of prompt (default: all)")] = None,
    count: Annotated[int, typer.Option(help="prompts of each sort")] = 100,
    first: Annotated[int, typer.Option(help="number of the first prompt")] = 0,
    steps: Annotated[int, typer.Option(help="sampling steps")] = 25,
    guidance: Annotated[float, typer.Option(help="classifier-free guidance")] = 5.0,
    batch: Annotated[int, typer.Option(help="pictures painted together")] = 10,
    model: Annotated[Path, typer.Option(help="checkpoint folder")] = WEIGHTS / "pipeline",
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    out: Annotated[Path, typer.Option(help="where results, table and sheets go")] = Path("bench/out/grounding"),
) -> None:
    """Compare the ways of painting."""
    sorts = categories or list(prompts.CATEGORIES)
    ledger = Ledger(out / "results.jsonl")
    painters = open_painters(model, device)
    chosen = rows or [name for name, row in ROWS.items() if row.gated in painters]
    scorer = clip_scorer(model.parent) if any(ROWS[row].chooses for row in chosen) else None
    work = [(sort, list(range(at, min(at + batch, first + count)))) for sort in sorts
            for at in range(first, first + count, batch)]
    made = {row: ROWS[row].made(steps, guidance, painters[ROWS[row].gated].backbone.fingerprint()) for row in chosen}
    for sort, indices in track(work, "painting", transient=True):
        for row in chosen:
            missing = [i for i in indices if not ledger.has((row, sort, i), made[row])]
            if missing:
                painted = _judged(painters[ROWS[row].gated], row, sort, missing, scorer, out, steps, guidance)
                ledger.add(result.model_copy(update={"made": made[row]}) for result in painted)
    results = list(ledger.results.values())
    text = table(results, list(ROWS), sorts)
    (out / "table.md").write_text(f"{text}\n", encoding="utf-8")
    for sort in sorts:
        _sheet(sort, results, out).save(out / f"{sort}.png")
    typer.echo(text)


def open_painters(model: Path, device: str) -> dict[bool, Painter]:
    """The painter, and the one whose layers read boxes, if there is one beside it; by whether they do."""
    found = {False: Painter(backbones.load(model, device=device))}
    if (model.parent / GATES).exists():
        found[True] = Painter(Gligen(load_gated(model.parent).to(device), name="gated",
                                     digest=digest(model, model.parent / GATES)))
    return found


def _judged(painter: Painter, row: str, sort: str, indices: Sequence[int], scorer: Scorer | None, out: Path,
            steps: int, guidance: float) -> Iterator[BenchResult]:
    trials = [prompts.trial(sort, i) for i in indices]
    layouts = [prompts.layout(sort, i) for i in indices]
    painted = paint(painter, ROWS[row], layouts, indices, scorer, steps=steps, guidance_scale=guidance)
    for index, trial, one in zip(indices, trials, painted, strict=True):
        if index < SHOWN:
            file = out / "pictures" / f"{sort}-{index}-{row}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            one.painting.image.save(file)
        yield _result(row, sort, index, trial, one)


def _result(row: str, sort: str, index: int, trial: Puzzle, one: BenchPicture) -> BenchResult:
    """A picture in which the judge finds nothing is a failure like any other; none is left out."""
    seen = judge(np.asarray(one.painting.image))
    return BenchResult(row=row, category=sort, index=index, seed=one.painting.receipt.seed, prompt=trial.prompt,
                  holds=trial.holds(seen), seconds=one.seconds, forward_equivalents=one.forward_equivalents,
                  weak=bool(one.painting.receipt.weak))


def clip_scorer(weights: Path) -> Scorer:
    """The similarity by the CLIP that lies beside the painter (else the pocket's): the usual way to choose a seed."""
    clip = load_clip(weights if (weights / "clip").exists() else WEIGHTS)

    def score(image: Image.Image, prompt: str) -> float:
        given = clip.processor(text=[prompt], images=image, return_tensors="pt", padding=True, truncation=True)
        with torch.no_grad():
            return float(clip.model(**given).logits_per_image[0, 0])

    return score


def _sheet(sort: str, results: Sequence[BenchResult], out: Path) -> Image.Image:
    lines = sorted({r.index for r in results if r.category == sort and r.index < SHOWN})
    rows = [row for row in ROWS if any(r.row == row and r.category == sort for r in results)]
    held = {(r.row, r.index): r.holds for r in results if r.category == sort}
    files = {(row, n): out / "pictures" / f"{sort}-{i}-{row}.png" for row in rows for n, i in enumerate(lines)}
    pictures = {(row, n): (_opened(file), held[row, lines[n]])
                for (row, n), file in files.items() if file.exists() and (row, lines[n]) in held}
    return sheet([prompts.trial(sort, i).prompt for i in lines], rows, pictures)


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")
