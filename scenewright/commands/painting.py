"""The commands that need an image model: what their options mean. The work is done in modules loaded on use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PROMPTS = 'One prompt per line, or JSON lines {"prompt": "…"}; `-` is stdin.'
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Setting = Annotated[list[str] | None, typer.Option(
    "--set", metavar="NAME=VALUE", help="Any setting for this time, as in --set image_model=FOLDER; may be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (render, verify, reproduce, runs, models, calibrate, doctor):
        app.command()(command)


def render(
    prompt: Annotated[str | None, typer.Argument(help="What the picture shows; `-` reads it from stdin.")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Pictures per round, painted together.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another number gives another picture.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of the sampler.")] = None,
    rounds: Annotated[int | None, typer.Option(help="The most rounds of painting and verifying.")] = None,
    canvas: Annotated[str | None, typer.Option(help="A ratio like 16:9 or a size like 768x512.")] = None,
    layout: Annotated[Path | None, typer.Option(help="Paint this layout (of `scenewright plan --json`).")] = None,
    out: Annotated[Path | None, typer.Option(help="Copy the picture here; with --batch, a folder.")] = None,
    report: Annotated[Path | None, typer.Option(help="Copy the report page here; with --batch, a folder.")] = None,
    preview: Annotated[Path | None, typer.Option(help="Keep showing in this file what it is heading for.")] = None,
    batch: Annotated[Path | None, typer.Option(help=PROMPTS)] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Paint a prompt and verify every claim of it. Exit code 3 says that a claim fails."""
    from scenewright.commands.render import Order

    flags = {"candidates": n, "seed": seed, "steps": steps, "rounds": rounds, "canvas": canvas}
    order = Order.of(flags, setting or [], out=out, report=report, preview=preview, json=json)
    raise typer.Exit(order.carried_out(prompt, layout, batch))


def verify(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    prompt: Annotated[str | None, typer.Argument(help="What it should show.")] = None,
    layout: Annotated[Path | None, typer.Option(help="A layout: places are then verified too.")] = None,
    draw: Annotated[Path | None, typer.Option(help="Draw the evidence on the picture, to this .png file.")] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Say of a picture which claims of a prompt hold, with evidence. Exit code 3 says that one fails."""
    from scenewright.commands.verify import verify_picture

    raise typer.Exit(verify_picture(image, prompt, layout, draw=draw, assignments=setting or [], json=json))


def reproduce(
    image: Annotated[Path, typer.Argument(help="A PNG that scenewright made.")],
    out: Annotated[Path | None, typer.Option(help="Write what is painted now here.")] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Paint a picture again from its own recipe. Says whether the same bytes come out."""
    from scenewright.commands.reproduce import reproduce_file

    raise typer.Exit(reproduce_file(image, out, assignments=setting or [], json=json))


def runs(
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List the stored runs and how they ended."""
    from scenewright.commands.doctor import list_runs

    raise typer.Exit(list_runs(setting or [], json=json))


def models(
    setting: Setting = None,
    json: Json = False,
) -> None:
    """List the models that can be used, and what is missing. Says how to get it."""
    from scenewright.commands.doctor import list_models

    raise typer.Exit(list_models(setting or [], json=json))


def calibrate(
    out: Annotated[Path, typer.Option(help="Write the thresholds to this file.")] = Path("thresholds.json"),
    pictures: Annotated[int, typer.Option(min=20, max=20_000, help="How many pictures with known content.")] = 300,
    images: Annotated[Path | None, typer.Option(help="Your own labelled pictures: a folder, COCO or YOLO.")] = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Measure the verifier's thresholds on known pictures."""
    from scenewright.commands.verify import calibrate_judges

    raise typer.Exit(calibrate_judges(out, pictures, images, setting or [], json=json))


def doctor(
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Check the installation: packages, settings, folders, models."""
    from scenewright.commands.doctor import examine

    raise typer.Exit(examine(setting or [], json=json))
