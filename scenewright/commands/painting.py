"""The commands that need an image model: what their options mean. The work is done in modules loaded on use."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scenewright import commands as work

PROMPTS = 'One prompt per line, or JSON lines {"prompt": "…"} with id, seed and canvas if wanted; `-` is stdin.'
LineNumber = Annotated[int | None, typer.Option("--line", help="Of a file of JSON lines: the one with this number.")]
LineId = Annotated[str, typer.Option("--id", help="Of a file of JSON lines: the one with this id.")]
class Reader(StrEnum):
    """Who reads the prompt."""

    auto = "auto"
    grammar = "grammar"
    llm = "llm"


Planner = Annotated[Reader | None, typer.Option(help="Who reads the prompt; `auto` takes the language model if one is "
                                                     "set in SCENEWRIGHT_LLM.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
SettingOption = Annotated[list[str] | None, typer.Option(
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
    canvas: Annotated[str | None, typer.Option(help="A ratio like 16:9 or a size like 768x512; far from what "
                                                    "the model was trained for, only its ratio is kept.")] = None,
    planner: Planner = None,
    layout: Annotated[Path | None, typer.Option(help="Paint this layout, of `plan --json` or `--batch`.")] = None,
    line: LineNumber = None,
    id: LineId = "",
    out: Annotated[Path | None, typer.Option(help="Copy the picture here, as .png, .jpg or .webp; of several the best, "
                                                  "and the others as NAME-2 …; with --batch, a folder.")] = None,
    report: Annotated[Path | None, typer.Option(help="Copy the report page here; with --batch, a folder.")] = None,
    preview: Annotated[Path | None, typer.Option(help="Keep showing in this file what it is heading for.")] = None,
    batch: Annotated[Path | None, typer.Option(help=PROMPTS)] = None,
    keep: Annotated[str, typer.Option(help="Keep only this of a finished run: picture, labels, page, work, as in "
                                           "picture,labels; all if not given.")] = "",
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """Paint a prompt and verify every claim of it. Exit code 3 says that a claim fails."""
    flags = {"candidates": n, "seed": seed, "steps": steps, "rounds": rounds, "canvas": canvas, "planner": planner}
    order = work.render.Order.of(flags, setting or [], out=out, report=report, preview=preview, keep=keep, json=json)
    raise typer.Exit(order.carried_out(prompt, layout, (line, id), batch))


def verify(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    prompt: Annotated[str | None, typer.Argument(help="What it should show.")] = None,
    layout: Annotated[Path | None, typer.Option(help="A layout: places are then verified too.")] = None,
    line: LineNumber = None,
    id: LineId = "",
    draw: Annotated[Path | None, typer.Option(help="Draw the evidence on the picture, to this .png file.")] = None,
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """Say of a picture which claims of a prompt hold, with evidence. Exit code 3 says that one fails."""
    raise typer.Exit(work.verify.verify_picture(image, prompt, layout, (line, id), draw=draw, assignments=setting or [],
                                    json=json))


def reproduce(
    image: Annotated[Path, typer.Argument(help="A PNG that scenewright made.")],
    out: Annotated[Path | None, typer.Option(help="Write what is painted now here.")] = None,
    together: Annotated[bool, typer.Option("--together", help="Paint its whole batch again, for the sake of the "
                                                              "last bits.")] = False,
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """Paint a picture again from its own recipe. Says whether the same bytes come out."""
    raise typer.Exit(work.reproduce.reproduce_file(image, out, together=together, assignments=setting or [], json=json))


def runs(
    names: Annotated[list[str] | None, typer.Argument(help="The runs that are meant; all if none is named.")] = None,
    keep: Annotated[str, typer.Option(help="Remove all but this from every finished run: a list of picture, labels, "
                                           "page and work, as in picture,labels.")] = "",
    move: Annotated[Path | None, typer.Option(help="Move the named runs into this folder of runs.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the named runs.")] = False,
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """List the stored runs and how they ended; move, remove or pare them down."""
    raise typer.Exit(work.runs.manage_runs(names or [], keep=keep, to=move, remove=remove, assignments=setting or [],
                                           json=json))


def models(
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """List the models that can be used, and what is missing. Says how to get it."""
    raise typer.Exit(work.doctor.list_models(setting or [], json=json))


def calibrate(
    out: Annotated[Path, typer.Option(help="Write the thresholds to this file.")] = Path("thresholds.json"),
    pictures: Annotated[int, typer.Option(min=20, max=20_000, help="How many pictures with known content.")] = 300,
    images: Annotated[Path | None, typer.Option(help="Your own labelled pictures: a folder, COCO or YOLO.")] = None,
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """Measure the verifier's thresholds on known pictures."""
    raise typer.Exit(work.calibrate.calibrate_judges(out, pictures, images, setting or [], json=json))


def doctor(
    setting: SettingOption = None,
    json: Json = False,
) -> None:
    """Check the installation: packages, settings, folders, models."""
    raise typer.Exit(work.doctor.examine(setting or [], json=json))
