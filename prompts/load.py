"""Loads what a language model is told: templates that declare their variables, and in-context examples as plain data.

A template is a Markdown file that opens with a header naming its variables:

    ---
    variables: canvas, kinds
    ---
    The canvas is {{ canvas }}.

Values are data. They are put in after the template was compiled, so template syntax inside a value stays text.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

_HEADER = re.compile(r"---\nvariables:(?P<names>[^\n]*)\n---\n(?P<body>.*)", re.DOTALL)
_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class PromptError(ValueError):
    """A template or example that cannot be used as asked."""


class Told(NamedTuple):
    """A compiled template and the variables it declares."""

    template: Template
    variables: frozenset[str]


@cache
def template(name: str) -> Told:
    """The template `prompts/NAME.md`. Its header must name exactly the variables that its body uses."""
    path = files("prompts") / f"{name}.md"
    if not re.fullmatch(r"[a-z][a-z_]*", name) or not path.is_file():
        raise PromptError(f"there is no prompt template `{name}`; have {', '.join(templates())}")
    return compiled(name, path.read_text(encoding="utf-8"))


def compiled(name: str, text: str) -> Told:
    """Compile the text of a template file."""
    header = _HEADER.fullmatch(text)
    if header is None:
        raise PromptError(f"template `{name}` must open with a header `---`, `variables: a, b`, `---`")
    declared = frozenset(filter(None, (word.strip() for word in header["names"].split(","))))
    used = meta.find_undeclared_variables(_JINJA.parse(header["body"]))
    if declared != used:
        raise PromptError(f"template `{name}` declares {sorted(declared)} and uses {sorted(used)}; name the same")
    return Told(_JINJA.from_string(header["body"]), declared)


def render(name: str, **values: object) -> str:
    """The text of the template `name` with `values` put in; every declared variable, and no other, must be given."""
    told = template(name)
    if missing := sorted(told.variables - values.keys()):
        raise PromptError(f"template `{name}` needs `{'`, `'.join(missing)}`")
    if unknown := sorted(values.keys() - told.variables):
        raise PromptError(f"template `{name}` has no variable `{'`, `'.join(unknown)}`; have {sorted(told.variables)}")
    return told.template.render(**values).strip()


def templates() -> tuple[str, ...]:
    """The names of all templates."""
    found = (file.name for file in files("prompts").iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in found if name.endswith(".md")))


@cache
def example_files() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every in-context example as (name, plain data), in the order of their names."""
    folder = files("prompts") / "examples"
    found = {f.name.removesuffix(".json"): f for f in folder.iterdir() if f.name.endswith(".json")}
    return tuple((name, json.loads(found[name].read_text(encoding="utf-8"))) for name in sorted(found))
