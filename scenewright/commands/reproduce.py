"""Paints a picture again from the recipe that it carries, and says whether the same bytes come out."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from scenewright.api import open_picture
from scenewright.commands.shell import Ending, write
from scenewright.config import Settings, assigned
from scenewright.loop.metadata import Recipe, read_recipe, recipe_in, settled_in, versions, with_recipe
from scenewright.loop.runs import write_whole
from scenewright.loop.stages import Painter, Painting, Settled


@dataclass(frozen=True)
class Reproduction:
    """What came out. `differences` are the versions, models and settings that are not the recipe's."""

    recipe: Recipe
    content: bytes
    same_bytes: bool
    same_pixels: bool
    differences: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.same_bytes:
            return "the same bytes came out"
        what = "the same pixels came out, in another file" if self.same_pixels else "another picture came out"
        why = "; ".join(self.differences) or "all versions are the same, so the file was changed after it was made"
        return f"{what}: {why}"


def reproduce(path: Path, painter: Painter) -> Reproduction:
    """Paint the recipe of a picture again, with the settings that it records, and compare."""
    recipe, written = read_recipe(path)
    painting = _painted(recipe, painter)
    content = with_recipe(painting.image, recipe, written)
    return Reproduction(recipe, content, content == path.read_bytes(), _same(painting.image, open_picture(path)),
                        tuple(differences(recipe, painter, settled_in(painting.receipt))))


def _painted(recipe: Recipe, painter: Painter) -> Painting:
    """The picture of a recipe; one that was mended comes after the pictures that it goes back to."""
    painting: Painting | None = None
    for one in recipe.history:
        source = painting.image if painting else None
        painting = painter.paint(one.task, on_step=lambda step: None, cancel=lambda: False, settled=one.settled,
                                 source=source)[one.index]
    assert painting is not None
    return painting


def differences(recipe: Recipe, painter: Painter, settled: Settled | None = None) -> list[str]:
    """What is not as it was when the picture was made; `settled` says how it was painted now."""
    here = versions()
    found = [f"{name} was {was}, here it is {here.get(name, 'missing')}" for name, was in recipe.versions.items()
             if here.get(name) != was]
    if recipe.painter != painter.identity:
        found.insert(0, f"it was painted by {recipe.painter}, here by {painter.identity}")
    if settled is None:
        return found
    if recipe.settled is None:
        return [*found, "it does not record its settings, so those that are usual here were used"]
    before, now = (dict(_settings(s.model_dump(mode="json"))) for s in (recipe.settled, settled))
    return found + [f"{name} was {before.get(name)}, here it is {now.get(name)}" for name in before | now
                    if before.get(name) != now.get(name)]


def _settings(values: dict[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting by its full name."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _settings(value, f"{inside}{name}.")
        else:
            yield f"{inside}{name}", value


def _same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def reproduce_file(path: Path, out: Path | None, *, assignments: Sequence[str], json: bool) -> Ending:
    """The command."""
    from scenewright.stack import loading_of, open_painter

    recipe_in(path)
    settings = Settings.load(assigned(assignments))
    again = reproduce(path, open_painter(settings.image_model, settings.device, settings.scorer,
                                         loading_of(settings)))
    if out is not None:
        write_whole(out, again.content)
    told: dict[str, Any] = {"same_bytes": again.same_bytes, "same_pixels": again.same_pixels,
                            "differences": list(again.differences), "prompt": again.recipe.prompt,
                            "seed": again.recipe.seed}
    write(json_format.dumps(told, indent=2) + "\n" if json else f"{again.sentence}\n")
    return Ending.DONE if again.same_bytes else Ending.UNVERIFIED
