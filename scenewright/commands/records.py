"""Layouts as JSON lines, one prompt each: what `--batch` reads and writes, and what layout judges score."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from planner.errors import ScenewrightError
from planner.scene import Layout, Scene

LONGEST_ERROR = 600


class BadLine(ValueError):
    """A line that holds no prompt."""


def record(layout: Layout, milliseconds: float | None = None) -> dict[str, Any]:
    """One layout as one line: every thing with its box and its depth `z`, and what must be absent."""
    depths, boxes = layout.depths, layout.boxes
    line: dict[str, Any] = {
        "prompt": layout.scene.prompt,
        "things": [
            {"id": t.id, "name": t.noun, "phrase": t.phrase, "attributes": list(t.attributes),
             "box": [round(v, 6) for v in boxes[t.id].corners], "z": depths[t.id]}
            for t in layout.scene.things if t.id in boxes
        ],
        "absent": _absent(layout.scene),
    }
    return line if milliseconds is None else line | {"ms": round(milliseconds, 3)}


def _absent(scene: Scene) -> list[str]:
    """What is nowhere in the picture; what only one thing lacks ("a cat without a hat") may be elsewhere."""
    shown = {t.noun for t in scene.things}
    return list(dict.fromkeys(a.noun for a in scene.absent if a.of is None or a.noun not in shown))


def planned(lines: Iterable[bytes], plan: Callable[[str], Layout]) -> Iterator[dict[str, Any]]:
    """A record for every line that is not blank. A line that cannot be planned becomes a record with an `error`."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _planned(line, number, plan)


def _planned(line: bytes, number: int, plan: Callable[[str], Layout]) -> dict[str, Any]:
    prompt = ""
    started = time.perf_counter()
    try:
        prompt = prompt_of(line)
        layout = plan(prompt)
        return record(layout, (time.perf_counter() - started) * 1e3) | {"prompt": prompt}
    except (BadLine, ScenewrightError) as error:
        return _failed(prompt, number, str(error))
    except Exception as error:
        return _failed(prompt, number, f"unexpected {type(error).__name__}: {error}")


def _failed(prompt: str, number: int, error: str) -> dict[str, Any]:
    return {"prompt": prompt, "error": " ".join(error.split())[:LONGEST_ERROR], "line": number}


def prompt_of(line: bytes) -> str:
    """The prompt of one line: its words, or `{"prompt": "…"}`, other keys aside."""
    try:
        text = line.decode("utf-8").strip()
        if not text.startswith(("{", "[")):
            return text
        read = json.loads(text)
    except UnicodeDecodeError as error:
        raise BadLine(f"expected UTF-8, got the byte {line[error.start]:#04x} at column {error.start + 1}") from None
    except RecursionError:
        raise BadLine('expected {"prompt": "…"}, got JSON that is nested too deeply') from None
    except ValueError as error:
        raise BadLine(f'expected a JSON object {{"prompt": "…"}}: {error}') from None
    if not isinstance(read, dict) or not isinstance(read.get("prompt"), str):
        raise BadLine(f'expected a JSON object with a "prompt" string, got {_glimpse(read)}')
    prompt: str = read["prompt"]
    return prompt


def _glimpse(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def dumped(line: dict[str, Any]) -> str:
    """One line of text, in ASCII so that any reader and any prompt can be trusted with it."""
    return json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n"
