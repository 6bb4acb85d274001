"""The plan as a language model writes it: flat objects with named scalars, read leniently.

Providers that enforce a schema want every field required, and no tuples, dictionaries or unions; `SCHEMA` is of that
kind. What arrives is still never trusted: it may come from a server that ignores the schema.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from planner.errors import BadReply
from planner.relations import TABLE

MOST_THINGS = 100
MOST_ROWS = 300
"""Entries that any list of a plan may have."""

def _text(value: object) -> object:
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _texts(value: object) -> object:
    items = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    return [text for text in (_text(item) for item in items) if text != ""]


def _items(value: object) -> object:
    return [] if value is None else value


def _number(value: object) -> float:
    """A finite number, or NaN for everything else, so that one bad edge costs one box and not the plan."""
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
    except (ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Number = Annotated[float, BeforeValidator(_number)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False},
                              json_schema_serialization_defaults_required=True)


class WireThing(_Wire):
    """One thing and its box on a grid of 0 to 1000."""

    id: Text = ""
    noun: Text = ""
    phrase: Text = ""
    attributes: Texts = []
    group: Text = ""
    part_of: Text = ""
    left: Number = math.nan
    top: Number = math.nan
    right: Number = math.nan
    bottom: Number = math.nan

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """The box as it was written."""
        return self.left, self.top, self.right, self.bottom


class WireGroup(_Wire):
    """Things that are counted together."""

    id: Text
    words: Text = ""
    at_least: int
    at_most: Annotated[int, BeforeValidator(lambda value: value or 0)] = 0


class WireRelation(_Wire):
    """Something said of the subjects."""

    kind: Annotated[Text, Field(json_schema_extra={"enum": list(TABLE)})] = "other"
    subjects: Texts
    objects: Texts = []
    words: Text = ""
    negated: Annotated[bool, BeforeValidator(lambda value: value or False)] = False


class WireAbsent(_Wire):
    """Something that must not be seen."""

    noun: Text = ""
    phrase: Text = ""
    of: Text = ""


class WireLettering(_Wire):
    """Text to be read in the picture."""

    content: Text
    host: Text = ""


class Plan(_Wire):
    """What must be true of the picture, and where each thing is."""

    things: list[WireThing]
    groups: Annotated[list[WireGroup], BeforeValidator(_items)] = []
    relations: Annotated[list[WireRelation], BeforeValidator(_items)] = []
    absent: Annotated[list[WireAbsent], BeforeValidator(_items)] = []
    background: Text = ""
    style: Texts = []
    lettering: Annotated[list[WireLettering], BeforeValidator(_items)] = []
    unread: Texts = []


def _bare(schema: Any) -> Any:
    """A JSON schema without titles and defaults, which strict providers refuse."""
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    if isinstance(schema, dict):
        return {key: _bare(item) for key, item in schema.items() if key not in ("title", "default")}
    return schema


SCHEMA: dict[str, Any] = {"title": "plan"} | _bare(Plan.model_json_schema(mode="serialization"))
"""The JSON schema that providers are given: every field required, every object closed."""

def plan_of(value: object) -> Plan:
    """The plan in a decoded JSON value. A plan inside a single wrapping key is taken out of it."""
    if isinstance(value, dict) and len(value) == 1 and "things" not in value:
        value = next(iter(value.values()))
    if not isinstance(value, dict) or "things" not in value:
        raise BadReply("expected one JSON object with the key `things`, got " + _kind(value))
    for key, entries in value.items():
        most = MOST_THINGS if key == "things" else MOST_ROWS
        if isinstance(entries, list) and len(entries) > most:
            raise BadReply(f"`{shown(str(key))}` has {len(entries)} entries; a plan has at most {most}")
    try:
        return Plan.model_validate(value)
    except ValidationError as error:
        raise BadReply(sentence_of(error)) from None


def shown(text: str) -> str:
    """Foreign text, short and printable, for a message."""
    return "".join(c if c.isprintable() else "?" for c in text[:80])


def sentence_of(error: ValidationError) -> str:
    """The first few faults of a validation, as a sentence that names the places."""
    faults = [f"`{shown('.'.join(map(str, fault['loc']))) or 'plan'}`: {fault['msg']}"
              for fault in error.errors(include_url=False, include_input=False)[:5]]
    more = f" (and {error.error_count() - 5} more)" if error.error_count() > 5 else ""
    return "; ".join(faults) + more


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return f"an object with the keys {[shown(str(key)) for key in list(value)[:8]]}"
    return {list: "a list", str: "a text", type(None): "null"}.get(type(value), f"a {type(value).__name__}")
