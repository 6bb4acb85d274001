"""What a foreign layout file holds, whatever its syntax: labelled boxes from far to near, and words around them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from planner.errors import FormatError
from planner.formats.conventions import few_enough
from planner.ids import clean_ids
from planner.plain import sentence_of
from planner.read.grammar import read
from planner.scene import Absent, Box, Canvas, Layout, Lettering, Placement, Scene, Thing

LARGEST_FILE = 16_000_000

_LONGEST_NAME = 400
_ARTICLE = re.compile(r"(?:an?|the|one)\s+", re.IGNORECASE)


class LabelledBox(NamedTuple):
    """One labelled box; without `box`, something that is in the picture somewhere."""

    phrase: str
    box: Box | None
    id: str = ""
    noun: str = ""
    text: str = ""


@dataclass(frozen=True)
class ForeignLayout:
    """The labelled boxes of a file in the order they are painted, and the words around them."""

    items: Sequence[LabelledBox]
    canvas: Canvas
    prompt: str = ""
    background: str = ""
    absent: Sequence[str] = field(default=())

    def layout(self) -> Layout:
        """The layout: one thing for every item. Relations are not part of any foreign format."""
        few_enough(self.items)
        ids = clean_ids((item.id or item.phrase for item in self.items), "thing").clean
        named = list(zip(ids, self.items, strict=True))
        try:
            scene = Scene(
                prompt=self.prompt, background=self.background,
                things=tuple(thing_of(id, item) for id, item in named),
                absent=tuple(Absent(noun=bare(phrase), phrase=phrase) for phrase in self.absent),
                lettering=tuple(Lettering(content=item.text, host=id) for id, item in named if item.text))
            return Layout(scene=scene, canvas=self.canvas, placements=tuple(
                Placement(thing=id, box=item.box, depth=depth)
                for depth, (id, item) in enumerate(named) if item.box is not None))
        except ValidationError as error:
            raise FormatError(f"the file does not hold a layout: {sentence_of(error)}") from None


def thing_of(id: str, item: LabelledBox) -> Thing:
    """The thing that an item names; the grammar tells its noun and attributes where it can."""
    first = next(iter(read(item.phrase).things), None) if len(item.phrase) <= _LONGEST_NAME else None
    if first is None or first.group is not None:
        return Thing(id=id, noun=item.noun or bare(item.phrase), phrase=item.phrase)
    return Thing(id=id, noun=item.noun or first.noun, phrase=item.phrase, attributes=first.attributes)


def bare(phrase: str) -> str:
    """A phrase without its article."""
    article = _ARTICLE.match(phrase)
    return phrase[article.end():] or phrase if article else phrase


def items_of(layout: Layout) -> list[tuple[Thing, Placement]]:
    """The things that have a box, far ones first."""
    things = {thing.id: thing for thing in layout.scene.things}
    return [(things[p.thing], p) for p in layout.far_to_near() if p.thing in things]


def decoded(source: str | bytes | object) -> Any:
    """The JSON value of a file's text, or the value itself where it is decoded already."""
    if not isinstance(source, str | bytes):
        return source
    try:
        return json.loads(text_of(source), parse_constant=_no_number)
    except RecursionError:
        raise FormatError("the file is nested too deeply to be a layout") from None
    except ValueError as error:
        raise FormatError(f"expected JSON: {error}") from None


def text_of(source: str | bytes | object) -> str:
    """The text of a file."""
    if not isinstance(source, str | bytes):
        raise FormatError(f"expected the text of a file, got a {type(source).__name__}")
    if len(source) > LARGEST_FILE:
        raise FormatError(f"the file has {len(source)} characters; a layout has at most {LARGEST_FILE}")
    try:
        text = source.decode("utf-8") if isinstance(source, bytes) else source
        text.encode("utf-8")
    except UnicodeError:
        raise FormatError("the file is not UTF-8 text") from None
    return text.removeprefix("\ufeff")


def _no_number(name: str) -> None:
    raise ValueError(f"`{name}` is not a JSON number")


def written(value: object) -> str:
    """A value as the text of a JSON file."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)


def word(holder: Any, key: str, spare: str = "") -> str:
    """The text under `key`, or `spare` where there is none."""
    value = holder.get(key)
    if value is None:
        return spare
    if not isinstance(value, str):
        raise FormatError(f"`{key}` needs a text, got a {type(value).__name__}")
    return value or spare


def rows_of(value: Any, what: str) -> list[dict[str, Any]]:
    """A list of objects, or a `FormatError`."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise FormatError(f"{what} needs a list of objects")
    few_enough(value)
    return value
