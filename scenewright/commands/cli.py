"""The command line: `scenewright plan`, `check`, `convert`, `settings`; the work is done elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from scenewright import __version__
from scenewright.commands.painting import PROMPTS, LineId, LineNumber, Setting, given, register
from scenewright.commands.shell import run, write
from scenewright.origin import check_origin

app = typer.Typer(
    name="scenewright",
    help="A sentence becomes claims, a layout that satisfies them, and the evidence that it does.",
    epilog="Exit codes: 0 done, 1 failed, 2 used wrongly, 3 verification failed, 130 cancelled.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FORMATS = "scenewright, lmd, gligen, flux3, ideogram, comfyui, coco or yolo"


class Reader(StrEnum):
    """Who reads the prompt."""

    auto = "auto"
    grammar = "grammar"
    llm = "llm"


def main() -> NoReturn:
    """What the installed command `scenewright` runs."""
    sys.exit(run(lambda: command(sys.argv[1:])))


def command(args: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    check_origin()
    return int(app(list(args), prog_name="scenewright", standalone_mode=False) or 0)


def _version(wanted: bool) -> None:
    if wanted:
        write(f"scenewright {__version__}\n")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


@app.command()
def plan(
    prompt: Annotated[str | None, typer.Argument(help="What the picture shows; `-` reads it from stdin.")] = None,
    draw: Annotated[Path | None, typer.Option(help="Draw the layout to this .png or .svg file.")] = None,
    relations: Annotated[bool, typer.Option("--relations", help="Draw an arrow for every relation.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Say for each thing which claim or habit put it there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the layout as JSON instead of a table.")] = False,
    planner: Annotated[Reader | None, typer.Option(help="Who reads the prompt; `auto` takes the language model if one "
                                                        "is set in SCENEWRIGHT_LLM.")] = None,
    hints: Annotated[Path | None, typer.Option(help="A layout file whose boxes are kept where they fit.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another number gives another composition.")] = None,
    canvas: Annotated[str | None, typer.Option(help="A ratio like 16:9 or a size like 768x512.")] = None,
    batch: Annotated[Path | None, typer.Option(help=PROMPTS)] = None,
    out: Annotated[Path | None, typer.Option(help="Write the result here; `-` is stdout.")] = None,
    setting: Setting = None,
) -> None:
    """Plan a prompt: its things placed, its claims with margins."""
    from scenewright.asked import asked
    from scenewright.commands.plan import plan_batch, plan_one
    from scenewright.planning import PromptPlanner

    flags = {"planner": planner.value if planner else None, "seed": seed, "canvas": canvas}
    able = PromptPlanner(asked(None, given(flags, setting or [])))
    if (prompt is None) == (batch is None):
        raise typer.BadParameter("give either a prompt or --batch with a file of prompts")
    _ = able.chat_model
    if batch is not None:
        if draw or hints:
            raise typer.BadParameter("--draw and --hints belong to one prompt and cannot go with --batch")
        raise typer.Exit(plan_batch(able, batch, out or Path("-")))
    raise typer.Exit(plan_one(able, prompt or "", hints=hints, draw=draw, relations=relations, json=json, out=out,
                              why=why))


@app.command()
def check(
    layout: Annotated[Path, typer.Argument(help="A layout file of any known format; `-` is stdin.")],
    canvas: Annotated[str, typer.Option(help="The picture's size, where the file does not say it.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print verdicts and violations as JSON.")] = False,
    line: LineNumber = None,
    id: LineId = "",
) -> None:
    """Check a layout: canvas, sizes, overlaps, every claim. Exit code 3 if anything is wrong."""
    from scenewright.canvases import canvas_of
    from scenewright.commands.check import check_file
    from scenewright.commands.files import Choice

    raise typer.Exit(check_file(layout, canvas_of(canvas) if canvas else None, Choice(line, id), json=json))


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="The layout file to read; `-` is stdin.")],
    target: Annotated[Path, typer.Argument(help="The file to write; `-` is stdout.")],
    source_format: Annotated[str, typer.Option("--from", help=f"{FORMATS}; told from the text if not given.")] = "",
    target_format: Annotated[str, typer.Option("--to", help="As for --from.")] = "scenewright",
    canvas: Annotated[str, typer.Option(help="The picture's size, where the file does not say it.")] = "",
    classes: Annotated[Path | None, typer.Option(help="The class names of YOLO or COCO files, one a line; with it, "
                                                      "numbers are the same in all files.")] = None,
    image: Annotated[str, typer.Option(help="The picture's file name, for COCO; the target's with .png if not "
                                            "given.")] = "",
    line: LineNumber = None,
    id: LineId = "",
) -> None:
    """Convert a layout between formats. Only scenewright's own keeps relations."""
    from scenewright.canvases import canvas_of
    from scenewright.commands.convert import convert_file
    from scenewright.commands.files import Choice

    size = canvas_of(canvas) if canvas else None
    raise typer.Exit(convert_file(source, target, source_format, target_format, size, classes, image,
                                  Choice(line, id)))


@app.command()
def settings(
    setting: Setting = None,
    json: Annotated[bool, typer.Option("--json", help="Print the settings as JSON.")] = False,
) -> None:
    """List all settings: what each means, its value, and where that comes from."""
    from scenewright.commands.settings import list_settings

    raise typer.Exit(list_settings(setting or [], json=json))


register(app)
