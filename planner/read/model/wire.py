"""The plan as a language model writes it: flat objects with named scalars, read leniently.

Providers that enforce a schema want every field required, and no tuples, dictionaries or unions; `SCHEMA` is of that
kind, and small, because it is sent with every request. What arrives is still never trusted: it may come from a server
that ignores the schema.
"""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from planner.errors import BadReply
from planner.plain import sentence_of, shown

MOST_THINGS = 100
MOST_ROWS = 200
"""Entries that any list of a plan may have."""
MOST_WORDS = 20
"""Attributes, ends or boxes that one entry may have, apart from the boxes of many."""


SMALL_KINDS = ("left_of", "right_of", "above", "below", "next_to", "near", "on", "under", "in", "holding", "wearing",
               "riding", "part_of", "in_front_of", "behind", "between", "larger_than", "smaller_than", "at_left",
               "at_right", "other")
"""The kinds of relations that small models are given to choose from."""


class Count(NamedTuple):
    """How many there are; `most` is None where the words leave it open."""

    least: int
    most: int | None

    @property
    def exact(self) -> bool:
        """Whether one number is stated."""
        return self.least == self.most


def _text(value: object) -> object:
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _texts(value: object) -> object:
    items = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    return [text for text in (_text(item) for item in items) if text != ""]


def _items(value: object) -> object:
    return [] if value is None else value


def _edge(value: object) -> float:
    """A finite number, or NaN for everything else, so that one bad edge costs one box and not the plan."""
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _boxes(value: object) -> object:
    """A list of boxes; a single box that was not put into a list is one, and what is no box is none."""
    if not isinstance(value, list):
        return []
    rows = value if not value or isinstance(value[0], list) else [value]
    return [[_edge(edge) for edge in row] if isinstance(row, list) and len(row) == 4 else [] for row in rows]


_COUNT = re.compile(r"(\d{1,4})(\+|-(\d{1,4}))?", re.ASCII)


def _count(value: object) -> object:
    if value is None or value == "":
        return "1"
    text = str(value).replace(" ", "") if isinstance(value, int | float | str) else value
    return text.removesuffix(".0") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Boxes = Annotated[list[list[float]], BeforeValidator(_boxes), Field(json_schema_extra={
    "items": {"type": "array", "items": {"type": "integer"}}})]
CountText = Annotated[str, BeforeValidator(_count), Field(pattern=rf"^{_COUNT.pattern}$", json_schema_extra={
    "pattern": None})]


class Wire(BaseModel):
    """Read leniently, described strictly."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False}, populate_by_name=True,
                              json_schema_serialization_defaults_required=True)


class WireThing(Wire):
    """One thing, or several that are alike."""

    id: Text = ""
    noun: Text = ""
    count: CountText = "1"
    attributes: Texts = []
    words: Text = ""
    part_of: Text = ""
    boxes: Boxes = []

    @property
    def number(self) -> Count:
        """How many there are."""
        return count_of(self.count)


class WireGroup(Wire):
    """Entries that are counted together."""

    words: Text = ""
    count: CountText
    of: Texts = []

    @property
    def number(self) -> Count:
        """How many there are."""
        return count_of(self.count)


class WireRelation(Wire):
    """Something said of `a`, towards `b`."""

    a: Texts
    kind: Annotated[Text, Field(alias="is")] = "other"
    b: Texts = []
    words: Text = ""


class WireAbsent(Wire):
    """Something that must not be seen."""

    noun: Text = ""
    words: Text = ""
    of: Text = ""


class WireLettering(Wire):
    """Text to be read in the picture."""

    text: Text = ""
    on: Texts = []
    place: Text = ""
    look: Text = ""


class Plan(Wire):
    """What must be true of the picture, and where each thing is."""

    things: list[WireThing]
    groups: Annotated[list[WireGroup], BeforeValidator(_items)] = []
    relations: Annotated[list[WireRelation], BeforeValidator(_items)] = []
    absent: Annotated[list[WireAbsent], BeforeValidator(_items)] = []
    lettering: Annotated[list[WireLettering], BeforeValidator(_items)] = []
    background: Text = ""
    style: Texts = []
    canvas: Text = ""
    unread: Texts = []


class SmallThing(Wire):
    """One thing, or several that are alike."""

    noun: Text
    count: CountText = "1"
    attributes: Texts = []


class SmallRelation(Wire):
    """Something said of one noun towards another."""

    a: Text
    kind: Annotated[Text, Field(alias="is", json_schema_extra={"enum": list(SMALL_KINDS)})]
    b: Text = ""


class SmallPlan(Wire):
    """What is in the picture."""

    things: list[SmallThing]
    relations: list[SmallRelation] = []
    background: Text = ""
    style: Texts = []


def _bare(schema: Any) -> Any:
    """A JSON schema without what strict providers refuse (defaults) and nobody reads (titles, descriptions)."""
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    if isinstance(schema, dict):
        dropped = {"title", "default", "description", "pattern"}
        return {key: _bare(item) for key, item in schema.items() if key not in dropped or isinstance(item, dict)}
    return schema


def schema_of(wire: type[BaseModel], name: str) -> dict[str, Any]:
    """The JSON schema that providers are given: every field required, every object closed."""
    told = json.dumps(_bare(wire.model_json_schema(mode="serialization"))).replace("Wire", "").replace("Small", "")
    return {"title": name, **json.loads(told)}


SCHEMA: dict[str, Any] = schema_of(Plan, "plan")


def count_of(text: str) -> Count:
    """`3` is three, `3+` three or more, `3-5` three to five."""
    found = _COUNT.fullmatch(text)
    if found is None or not int(found[1]):
        raise BadReply(f"`{shown(text)}` is no count; write 3, 3+ for three or more, or 3-5")
    least = int(found[1])
    return Count(least, least if not found[2] else int(found[3]) if found[3] else None)


def plan_of(value: object) -> Plan:
    """The plan in a decoded JSON value. A plan inside a single wrapping key is taken out of it."""
    value = unwrapped(value)
    refuse_floods(value)
    try:
        return Plan.model_validate(value)
    except ValidationError as error:
        raise BadReply(sentence_of(error)) from None


def unwrapped(value: object) -> dict[str, Any]:
    """The object with `things`, also from inside a single wrapping key."""
    if isinstance(value, dict) and len(value) == 1 and "things" not in value:
        value = next(iter(value.values()))
    if not isinstance(value, dict) or "things" not in value:
        raise BadReply("expected one JSON object with the key `things`, got " + _kind(value))
    return value


def refuse_floods(value: dict[str, Any]) -> None:
    """Raise `BadReply` for lists that no picture needs, before they are looked at one by one."""
    for key, entries in value.items():
        most = MOST_THINGS if key == "things" else MOST_ROWS
        if not isinstance(entries, list):
            continue
        if len(entries) > most:
            raise BadReply(f"`{shown(str(key))}` has {len(entries)} entries; a plan has at most {most}")
        for i, entry in enumerate(entries):
            for name, items in entry.items() if isinstance(entry, dict) else ():
                most = MOST_WORDS if name in ("attributes", "on") else MOST_THINGS
                if isinstance(items, list) and len(items) > most:
                    raise BadReply(f"`{shown(f'{key}.{i}.{name}')}` has {len(items)} entries; {most} are enough")


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return f"an object with the keys {[shown(str(key)) for key in list(value)[:8]]}"
    return {list: "a list", str: "a text", type(None): "null"}.get(type(value), f"a {type(value).__name__}")
