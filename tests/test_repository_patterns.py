"""No regular expression of the product takes time in the square of its input, whatever the input is made of.

Every literal pattern in the source is tried on texts pumped from its own characters. Time is the process's own and is
compared with that for a quarter of the text, so that a busy machine changes nothing.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import time
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("planner", "prompts", "editor", "grounding", "scenewright")
ANYWHERE = ("search", "findall", "finditer", "split", "sub", "subn")
AT_THE_START = ("match", "fullmatch")
LENGTH = 8_000
SQUARE = 8.0
"""Four times as much text takes a line four times as long, and a square sixteen times; a mark between them."""
NOTICEABLE = 0.03
"""Seconds; less than that for 8,000 characters is no attack."""
CHARACTERS = " \na1\"'`,.-(<é"
SAFE = {r"\s+([,.;])": "its text has no two spaces in a row: the line itself puts one for every run"}

Case = tuple[str, int, bool]
"""A pattern, its flags, and whether it is only tried at the start of a text."""


def literals() -> Iterator[tuple[str, Case]]:
    """Every literal pattern that a function of `re` is called with, and where that is."""
    for path in sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
                    and ast.unparse(node.func.value) == "re" and node.func.attr in (*ANYWHERE, *AT_THE_START)):
                text, told = node.args[0], ast.unparse(node)
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    flags = sum(getattr(re, name) for name in ("DOTALL", "VERBOSE", "MULTILINE", "IGNORECASE")
                                if name in told)
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", (text.value, flags, node.func.attr in AT_THE_START)


def compiled() -> Iterator[tuple[str, Case]]:
    """Every pattern that is made when a module without heavy libraries is loaded."""
    for path in sorted(p for package in ("planner", "prompts") for p in (ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(name)
        source = path.read_text(encoding="utf-8")
        for key, value in vars(sys.modules[name]).items():
            start = f"{key}." in source and not any(f"{key}.{how}(" in source for how in ANYWHERE)
            for found in value.values() if isinstance(value, dict) else [value]:
                if isinstance(found, re.Pattern) and isinstance(found.pattern, str):
                    yield f"{name}.{key}", (found.pattern, found.flags & ~re.UNICODE, start)


CASES = {case: place for place, case in (*literals(), *compiled()) if case[0] not in SAFE}


def pumped(pattern: str) -> Iterator[str]:
    """Pieces to repeat: the pattern's own characters and words, a few others, and pairs of them."""
    words = [word for word in re.findall(r"[A-Za-z]{2,}", pattern) if len(word) < 12][:4]
    pieces = list(dict.fromkeys((*CHARACTERS, *(c for c in pattern if c not in "\\()[]{}?*+|^$"), *words)))[:24]
    yield from pieces
    yield from (a + b for a, b in permutations(pieces[:9], 2))


def seconds(case: Case, text: str) -> float:
    pattern = re.compile(case[0], case[1])
    begin = time.process_time()
    if case[2]:
        pattern.match(text)
        pattern.fullmatch(text)
    else:
        for _ in pattern.finditer(text):
            pass
    return time.process_time() - begin


def squares(case: Case, piece: str, first: str) -> bool:
    """Whether four times as much of a text costs much more than four times as long."""
    def text(length: int) -> str:
        return first + (piece * length)[:length] + "\0"

    if seconds(case, text(LENGTH // 2)) < NOTICEABLE / 4:
        return False
    long, short = (min(seconds(case, text(n)) for _ in range(3)) for n in (LENGTH, LENGTH // 4))
    return long > NOTICEABLE and long > SQUARE * short


def test_no_pattern_takes_time_in_the_square_of_its_input() -> None:
    assert len(CASES) > 40
    found = {(place, piece) for case, place in CASES.items() for piece in pumped(case[0])
             for first in ("", case[0][:1], "```") if squares(case, piece, first) and squares(case, piece, first)}
    assert found == set()


@pytest.mark.parametrize(("pattern", "piece"), [(r"\s+$", " "), (r"```[a-z]*\s*\n(.*?)```", "\n")])
def test_the_test_finds_squares(pattern: str, piece: str) -> None:
    assert any(squares((pattern, re.DOTALL, False), piece, "```") for _ in range(3))
