"""`python -m grounding.pocket.evaluate`: how good the pocket models are, by a judge that is none of them."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
import typer
from PIL import Image
from rich.progress import track

from grounding.pocket.captions import caption
from grounding.pocket.judge import judge
from grounding.pocket.models import load_clip, load_detector, load_pipeline
from grounding.pocket.timing import timings
from grounding.pocket.training.boxes import average_precision, corners_of, pairwise_iou
from grounding.pocket.training.negatives import WAYS, wrong
from grounding.pocket.training.queries import by_name
from grounding.pocket.training.sight import judge_detections
from grounding.pocket.trials import TRIALS, Puzzle, TrialShare
from grounding.pocket.world import Picture, draw, picture

Pixels = npt.NDArray[np.uint8]
UNSEEN = 70_000_000
JUDGE_MUST = 0.99
FLOOR = 0.3
"""The detector's score from which a thing counts as found."""


class ExamPart(StrEnum):
    """What can be measured."""

    judge = "judge"
    images = "images"
    detector = "detector"
    clip = "clip"
    autoencoder = "autoencoder"
    speed = "speed"


def main(
    parts: Annotated[list[ExamPart] | None, typer.Argument(help="what to measure (default: all)")] = None,
    count: Annotated[int, typer.Option(help="prompts, or scenes, for each figure")] = 300,
    steps: Annotated[int, typer.Option(help="sampling steps")] = 25,
    guidance: Annotated[float, typer.Option(help="classifier-free guidance")] = 5.0,
    batch: Annotated[int, typer.Option(help="pictures painted together")] = 10,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    out: Annotated[Path, typer.Option(help="folder for report.json and grids")] = Path("bench/out/pocket"),
) -> None:
    """Measure the shipped models; figures carry 95 % intervals."""
    out.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {}
    for part in parts or list(ExamPart):
        report[part.value] = MEASURES[part](count, steps, guidance, batch, device, out)
        typer.echo(json.dumps({part.value: report[part.value]}, indent=1, ensure_ascii=False))
    (out / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure_judge(count: int, *_: Any) -> dict[str, str]:
    """The judge on rendered scenes of one large thing and of one or two: everything found, kind and colour."""
    figures = {}
    for level in (0, 1, 2):
        shown = [picture(UNSEEN + number, level=level) for number in range(count)]
        right = sum(_all_found(scene) for scene in track(shown, f"judge, level {level}", transient=True))
        figures[f"level {level}, every thing found"] = str(TrialShare(right, count))
    return figures


def measure_images(count: int, steps: int, guidance: float, batch: int, device: str, out: Path) -> dict[str, str]:
    """Unguided pictures of made-up prompts, read by the judge; the detector's word is compared with its."""
    trusted = TrialShare(sum(_all_found(picture(UNSEEN + number, level=0)) for number in range(100)), 100)
    if trusted.value < JUDGE_MUST:
        raise SystemExit(f"the judge reads only {trusted} of rendered scenes; mend it before it judges pictures")
    pipeline = load_pipeline()
    pipeline.to(device)
    figures: dict[str, str] = {}
    agreed: list[bool] = []
    for name, make in TRIALS.items():
        trials = [make(random.Random(f"{name} {number}")) for number in range(count)]
        painted = list(_paint(pipeline, trials, steps, guidance, batch, name))
        held = [trial.holds(judge(pixels)) for trial, pixels in zip(trials, painted, strict=True)]
        figures[name] = str(TrialShare(sum(held), count))
        if name in ("one object", "two objects"):
            agreed += _agreements(trials, painted)
        _grid(painted[:32], held[:32]).save(out / f"{name.replace(' ', '-')}.png")
    figures["detector agrees with the judge on a thing"] = str(TrialShare(sum(agreed), len(agreed)))
    return figures


def measure_detector(count: int, *_: Any) -> dict[str, str]:
    """AP50 on unseen rendered scenes of up to six things, asked for by colour and kind; four absent things each."""
    finder = load_detector()
    kept: list[tuple[float, bool]] = []
    present = 0
    for number in track(range(count), "detector", transient=True):
        scene = picture(UNSEEN + number, level=2)
        items = [vars(item) for item in scene.items]
        queries = by_name(items, 4, random.Random(number))
        found = _detect(finder, draw(scene), [query.words for query in queries])
        present += sum(query.means(item) for query in queries for item in items)
        kept += judge_detections(found.logits[0], found.pred_boxes[0], items, queries)
    return {"AP50": f"{average_precision(kept, present):.3f} ({count} scenes, {present} things)"}


def measure_clip(count: int, *_: Any) -> dict[str, str]:
    """Picks the true caption among it and up to 16 false ones of one sort."""
    scorer = load_clip()
    figures = {}
    for way in WAYS:
        words = random.Random(way)
        right = of = 0
        for number in track(range(count), f"clip, {way}", transient=True):
            scene = picture(UNSEEN + number, level=number % 3)
            true = caption(scene, words)
            false = {text for _ in range(64) if (text := wrong(true, way, words)) and text != true}
            if false:
                texts = [true, *sorted(false)[:16]]
                given = scorer.processor(
                    text=texts, images=Image.fromarray(draw(scene)), return_tensors="pt", padding=True
                )
                with torch.no_grad():
                    right += int(scorer.model(**given).logits_per_image.argmax() == 0)
                of += 1
        figures[f"{way} changed"] = str(TrialShare(right, of))
    return figures


def measure_autoencoder(count: int, *_: Any) -> dict[str, str]:
    """PSNR of unseen scenes after encoding and decoding."""
    pipeline = load_pipeline()
    vae = pipeline.vae
    decibels = []
    for number in track(range(count), "autoencoder", transient=True):
        drawn = draw(picture(UNSEEN + number, level=number % 3), vae.config.sample_size)
        pixels = torch.from_numpy(drawn).permute(2, 0, 1)[None] / 127.5 - 1
        with torch.no_grad():
            back = vae.decode(vae.encode(pixels).latent_dist.mean).sample.clamp(-1, 1)
        decibels.append(float(-10 * ((back - pixels).square().mean() / 4).log10()))
    low, middle = np.quantile(decibels, (0.05, 0.5))
    return {"PSNR": f"mean {np.mean(decibels):.1f} dB, median {middle:.1f}, 5 % quantile {low:.1f}"}


def measure_speed(*_: Any) -> dict[str, str]:
    """Loading, one picture, and how much of it is the UNet."""
    return timings()


Measure = Callable[[int, int, float, int, str, Path], dict[str, str]]
MEASURES: dict[ExamPart, Measure] = {
    ExamPart.judge: measure_judge,
    ExamPart.images: measure_images,
    ExamPart.detector: measure_detector,
    ExamPart.clip: measure_clip,
    ExamPart.autoencoder: measure_autoencoder,
    ExamPart.speed: measure_speed,
}


def _all_found(scene: Picture) -> bool:
    found = [(item.kind, item.colour) for item in judge(draw(scene))]
    return sorted(found) == sorted((item.kind, item.colour) for item in scene.items)


def _paint(
    pipeline: Any, trials: Sequence[Puzzle], steps: int, guidance: float, batch: int, name: str
) -> Iterator[Pixels]:
    for start in track(range(0, len(trials), batch), name, transient=True):
        prompts = [trial.prompt for trial in trials[start : start + batch]]
        noise = [torch.Generator().manual_seed(start + number) for number in range(len(prompts))]
        painted = pipeline(
            prompts, num_inference_steps=steps, guidance_scale=guidance, generator=noise, output_type="np"
        )
        yield from np.round(painted.images * 255).astype(np.uint8)


def _agreements(trials: Sequence[Puzzle], painted: Sequence[Pixels]) -> list[bool]:
    """For each thing that the judge can see or that was asked for: does the detector say the same of it?"""
    finder = load_detector()
    agreed = []
    for trial, pixels in zip(trials, painted, strict=True):
        seen = judge(pixels)
        found = _detect(finder, pixels, [f"a {thing.words}" for thing in trial.things])
        best = found.logits[0].sigmoid().max(0)
        for thing, score, patch in zip(trial.things, best.values.tolist(), best.indices.tolist(), strict=True):
            there = thing.among(seen)
            if not there:
                agreed.append(score < FLOOR)
                continue
            box = corners_of(found.pred_boxes[0, patch])[None]
            overlap = pairwise_iou(box, torch.tensor([item.box for item in there])).max()
            agreed.append(score >= FLOOR and float(overlap) >= 0.5)
    return agreed


def _detect(finder: Any, pixels: Pixels, queries: list[str]) -> Any:
    given = finder.processor(text=[queries], images=Image.fromarray(pixels), return_tensors="pt")
    with torch.no_grad():
        return finder.model(**given)


def _grid(painted: Sequence[Pixels], held: Sequence[bool]) -> Image.Image:
    """Eight to a row, with a bar below each: green where the judge saw what was asked for."""
    wide = painted[0].shape[1]
    bars = [np.full((wide // 20, wide, 3), (40, 160, 70) if right else (200, 50, 50), np.uint8) for right in held]
    cells = [np.concatenate([pixels, bar]) for pixels, bar in zip(painted, bars, strict=True)]
    rows = [np.concatenate(cells[start : start + 8], 1) for start in range(0, len(cells) - 7, 8)]
    return Image.fromarray(np.concatenate(rows))


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("POCKET_THREADS", os.cpu_count() or 1)))
    typer.run(main)
