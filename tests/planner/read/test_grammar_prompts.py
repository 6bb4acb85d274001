"""Prompts of many kinds, and the scenes they must be read as."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from planner.read.grammar import read


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notation = _load("notation").notation
STANZAS = [stanza.split("\n") for table in ("prompts.txt", "plain.txt") for stanza in
           Path(__file__).with_name(table).read_text(encoding="utf-8").strip().split("\n\n")]


def test_the_table_covers_many_prompts() -> None:
    assert len(STANZAS) >= 200
    assert len({stanza[0] for stanza in STANZAS}) == len(STANZAS)


@pytest.mark.parametrize("stanza", STANZAS, ids=[stanza[0][2:62] for stanza in STANZAS])
def test_the_prompt_is_read_as_this_scene(stanza: list[str]) -> None:
    assert notation(read(stanza[0].removeprefix("> "))) == stanza[1:]
