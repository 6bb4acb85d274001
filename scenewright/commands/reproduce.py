"""Paints a picture again from the recipe that it carries, and says whether the same bytes come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from planner.whole import write_whole
from scenewright import stack
from scenewright.api import open_picture
from scenewright.commands.shell import Ending, harmless, write, write_json
from scenewright.config import Settings, assigned
from scenewright.loop.metadata import Recipe, made_of, read_recipe, recipe_in, versions, with_recipe
from scenewright.loop.stages import Made, Painting, PaintStage

FEW = 8
"""So many other pictures are painted again for the last bits of one without being asked for."""


@dataclass(frozen=True)
class Reproduction:
    """What came out. `differences` are the versions, models and settings that are not the recipe's."""

    recipe: Recipe
    content: bytes
    same_bytes: bool
    same_pixels: bool
    differences: tuple[str, ...]
    together: bool = False

    @property
    def others(self) -> int:
        """How many pictures were painted beside it, and beside those that it goes back to."""
        return sum(len(one.task.seeds) - 1 for one in self.recipe.history)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.same_bytes:
            return "the same bytes came out"
        what = "the same pixels came out, in another file" if self.same_pixels else "another picture came out"
        why = "; ".join(self.differences) or (
            f"all versions are the same; {self.others} others were painted with it: try --together" if self.others
            and not self.together else "all versions are the same, so the file was changed after it was made")
        return f"{what}: {why}"


def reproduce(path: Path, painter: PaintStage, *, together: bool = False) -> Reproduction:
    """Paint the recipe of a picture again, with the settings that it records, and compare. Only that one is painted;
    the others of its batch, which may matter for the last bits, are where it came out otherwise and they are few, or
    where `together` asks for them."""
    again = _reproduced(path, painter, together)
    if together or again.same_pixels or not 1 <= again.others <= FEW:
        return again
    return _reproduced(path, painter, True)


def _reproduced(path: Path, painter: PaintStage, together: bool) -> Reproduction:
    recipe, written = read_recipe(path)
    painting = _painted(recipe, painter, together)
    content = with_recipe(painting.image, recipe, written)
    return Reproduction(recipe, content, content == path.read_bytes(), _same(painting.image, open_picture(path)),
                        tuple(differences(recipe, painter, made_of(painting.receipt))), together)


def _painted(recipe: Recipe, painter: PaintStage, together: bool) -> Painting:
    """The picture of a recipe; one that was mended comes after the pictures that it goes back to."""
    painting: Painting | None = None
    for one in recipe.history:
        source = painting.image if painting else None
        task = one.task if together else one.task.model_copy(update={"seeds": (one.seed,)})
        painting = painter.paint(task, on_step=lambda step: None, cancel=lambda: False,
                                 source=source)[one.index if together else 0]
    assert painting is not None
    return painting


def differences(recipe: Recipe, painter: PaintStage, made: Made) -> list[str]:
    """What is not as it was when the picture was made; `made` says by what it is painted now."""
    here = versions()
    found = [f"{name} was {was}, here it is {here.get(name, 'missing')}" for name, was in recipe.versions.items()
             if here.get(name) != was]
    if recipe.painter != painter.identity:
        found.insert(0, f"it was painted by {recipe.painter}, here by {painter.identity}")
    if recipe.made is None:
        return [*found, "it does not record by what it was made"]
    before, now = dict(recipe.made), dict(made)
    return found + [f"{name} was {was}, here it is {now[name]}" for name, was in before.items() if was != now[name]]


def _same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def reproduce_file(path: Path, out: Path | None, *, together: bool, assignments: Sequence[str], json: bool) -> Ending:
    """The command."""
    recipe_in(path)
    settings = Settings.load(assigned(assignments))
    again = reproduce(path, stack.open_painter(settings.image_model, settings.device, stack.loading_of(settings)),
                      together=together)
    if out is not None:
        write_whole(out, again.content)
    told: dict[str, Any] = {"same_bytes": again.same_bytes, "same_pixels": again.same_pixels,
                            "differences": list(again.differences), "prompt": again.recipe.prompt,
                            "seed": again.recipe.seed}
    write_json(told) if json else write(harmless(again.sentence) + "\n")
    return Ending.DONE if again.same_bytes else Ending.UNVERIFIED
