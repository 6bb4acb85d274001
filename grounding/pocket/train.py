"""`python -m grounding.pocket.train STAGE`: train one of the pocket models, going on from where it stopped."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grounding.pocket.training.settings import TrainingSettings


class StageName(StrEnum):
    """The stages, in the order in which they need each other."""

    tokenizer = "tokenizer"
    autoencoder = "autoencoder"
    text = "text"
    unet = "unet"
    repaint = "repaint"
    painted = "painted"
    spoiled = "spoiled"
    inspector = "inspector"
    sight = "sight"
    gated = "gated"
    larger = "larger"
    export = "export"


def main(
    stage: StageName,
    minutes: Annotated[float, typer.Option(help="wall-clock time to train")] = 20.0,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    state: Annotated[Path, typer.Option(help="checkpoints, rendered scenes, logs")] = Path(".train"),
    batch: Annotated[int | None, typer.Option(help="pictures a step (default: the stage's own)")] = None,
    scenes: Annotated[int | None, typer.Option(help="scenes to render for training")] = None,
    workers: Annotated[int, typer.Option(help="processes that render scenes")] = 1,
    rest: Annotated[float, typer.Option(help="last share of the run, in which the rate falls")] = 0.15,
    shipped: Annotated[bool, typer.Option(help="without a checkpoint, go on from the shipped model")] = False,
    processes: Annotated[int, typer.Option(min=1, help="processes that share the work and the cores")] = 1,
    seed: int = 0,
) -> None:
    """Train STAGE for some minutes; a kill loses at most three of them."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin at barriers starve on a shared machine
    from grounding.pocket.training.settings import TrainingSettings
    from grounding.pocket.training.together import together
    from grounding.pocket.training.tokenizer import make

    settings = TrainingSettings(state, minutes, device, batch, scenes, workers, seed, shipped, rest)
    if stage is StageName.tokenizer:
        make(state)
        return
    if stage is StageName.repaint:
        from grounding.pocket.training.repaint import repaint_all

        typer.echo(f"{repaint_all(settings)} pictures repainted")
        return
    if stage is StageName.painted:
        from grounding.pocket.training.painted import paint_all

        typer.echo(f"latents of {paint_all(settings)} pictures painted")
        return
    if stage is StageName.spoiled:
        from grounding.pocket.training.spoiled import spoil_all

        typer.echo(f"{spoil_all(settings)} things painted, sound and broken")
        return
    if stage is StageName.export:
        from grounding.pocket.training.export import export

        typer.echo("exported " + ", ".join(export(settings)))
        return
    threads = int(os.environ.get("POCKET_THREADS", max(1, (os.cpu_count() or 1) // processes)))
    together(partial(_train, stage.value), settings, processes, threads)


def _train(name: str, settings: TrainingSettings) -> None:
    from grounding.pocket.training.loop import train
    from grounding.pocket.training.stages import STAGES

    train(STAGES[name](settings))


if __name__ == "__main__":
    typer.run(main)
