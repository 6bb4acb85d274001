"""What a picture carries: `parameters` that many tools read, and a recipe from which we paint the same bytes again.

What is read back is a stranger's text: its size is capped before it is parsed, it is validated field by field, and
nothing in it names a file, a server or a piece of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal, Self

from PIL import Image, PngImagePlugin
from pydantic import Field, ValidationError, model_validator

from grounding.receipt import Receipt
from planner.errors import BadInput
from planner.scene import Data
from scenewright import __version__
from scenewright.loop.runs import UNREADABLE, Run, png
from scenewright.loop.stages import MOST_SEEDS, Made, PaintTask, Word

CHUNK = "scenewright"
DEEPEST = 50
"""So often a picture may have been mended."""
LARGEST = 256 * 1024
LARGEST_FILE = 512 * 1024 * 1024
PACKAGES = ("torch", "diffusers", "transformers", "numpy", "pillow")


class Recipe(Data):
    """All that a picture depends on. It holds no time, cost or place, so that equal pictures are equal files."""

    schema_version: Literal[2] = 2
    task: PaintTask
    index: Annotated[int, Field(ge=0, lt=MOST_SEEDS)] = 0
    painter: Word
    versions: Annotated[dict[Word, Word], Field(max_length=20)]
    run: Word = ""
    parent: Word | None = None
    made: Made | None = None
    source: Recipe | None = None
    """That of the picture which this one mends."""

    @model_validator(mode="after")
    def _in_its_batch(self) -> Self:
        if self.index >= len(self.task.seeds):
            raise ValueError(f"picture {self.index} of a batch of {len(self.task.seeds)}")
        if (self.source is None) != (self.task.source is None):
            raise ValueError("a mended picture needs the recipe of the one that it mends, and no other has one")
        if len(self.history) > DEEPEST:
            raise ValueError(f"a picture that was mended more than {DEEPEST} times")
        return self

    @property
    def history(self) -> tuple[Recipe, ...]:
        """The recipes of the pictures that it goes back to, the first one first, and itself."""
        found = [self]
        while found[0].source is not None:
            found.insert(0, found[0].source)
        return tuple(found)

    @property
    def prompt(self) -> str:
        """The words it was painted from."""
        return self.task.layout.scene.prompt

    @property
    def seed(self) -> int:
        """The seed of this picture of its batch."""
        return self.task.seeds[self.index]


@cache
def versions() -> Mapping[str, str]:
    """The versions on which a picture's bytes depend, as installed here."""
    return {"scenewright": __version__, **{name: found for name in PACKAGES if (found := _version(name))}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def made_of(receipt: Receipt) -> Made:
    """By what a picture was made, as its receipt says."""
    return Made(weights=receipt.weights, scheduler=receipt.scheduler, device=receipt.device)


def recipe_of(run: Run, batch: str, index: int, painter: str, parent: str | None) -> Recipe:
    """How a stored picture was made, with the pictures that it goes back to."""
    task = run.task(batch)
    source = recipe_of(run, task.source.batch, task.source.index, painter, parent) if task.source else None
    return Recipe(task=task, index=index, painter=painter, versions=dict(versions()), run=run.id, parent=parent,
                  made=made_of(run.painting(batch, index).receipt), source=source)


def with_recipe(image: Image.Image, recipe: Recipe, written: str = "") -> bytes:
    """The picture as a PNG file that carries its recipe (as it was `written` before, if it was). A recipe that is too
    large is left out."""
    info = PngImagePlugin.PngInfo()
    _add(info, "parameters", parameters(recipe, image.size))
    content = written or recipe.model_dump_json(
        exclude={name for name in ("made", "source") if getattr(recipe, name) is None})
    if len(content.encode()) <= LARGEST:
        _add(info, CHUNK, content)
    return png(image, pnginfo=info)


def _add(info: PngImagePlugin.PngInfo, name: str, text: str) -> None:
    """As iTXt, which is UTF-8 in every reader."""
    info.add_itxt(name, text.encode("utf-8", "replace").decode().replace("\0", " "), zip=len(text) > 2048)


def parameters(recipe: Recipe, size: tuple[int, int]) -> str:
    """The line that image tools show: the prompt, then `Name: value` pairs."""
    how = recipe.task.how
    pairs = {"Steps": how.steps, "CFG scale": how.guidance_scale, "Seed": recipe.seed,
             "Size": f"{size[0]}x{size[1]}", "Model": recipe.painter.replace(",", " "),
             "Version": f"scenewright {recipe.versions.get('scenewright', '')}".strip()}
    told = ", ".join(f"{name}: {value}" for name, value in pairs.items())
    return f"{recipe.prompt}\n{told}"


def recipe_in(path: Path) -> Recipe:
    """The recipe that a PNG carries. Raises `BadInput` where there is none, or one that is not ours."""
    return read_recipe(path)[0]


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """The recipe that a PNG carries, and how it is written there. Raises `BadInput` as `recipe_in` does."""
    text = _carried(path)
    if text is None:
        raise BadInput(f"`{path}` carries no recipe: it is not ours, or was saved without it")
    try:
        return Recipe.model_validate_json(text), text
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])[:120]
        raise BadInput(f"the recipe in `{path}` is not one of ours: {where}: {first['msg']}") from None


def _carried(path: Path) -> str | None:
    """The text under our name in a PNG file, which Pillow inflates no farther than a mebibyte; None where there is
    none that could be ours."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"`{path}` is larger than any picture of ours")
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read `{path}`: {error.strerror or 'it is not a picture'}") from None
    try:
        with Image.open(BytesIO(raw), formats=["PNG"]) as image:
            text = getattr(image, "text", {}).get(CHUNK)
    except UNREADABLE:
        return None
    return text if isinstance(text, str) and len(text.encode("utf-8", "replace")) <= LARGEST else None
