"""Layouts as JSON lines, one prompt each: what `--batch` reads and writes, and what layout judges score."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from planner.errors import BadInput, ScenewrightError
from planner.plain import shown
from planner.scene import Canvas, Layout, Scene
from scenewright.canvases import canvas_of

LONGEST_ERROR = 600


class BadLine(BadInput):
    """A line that holds no prompt, or one with a setting that cannot be used. `known` is what it says of the rest."""

    def __init__(self, sentence: str, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.known = {name: value for name, value in (known or {}).items()
                      if name in ("id", "prompt") and isinstance(value, str | int)}


class TakenIds(dict[str, int]):
    """The ids of a batch, each with the number of its line."""

    def take(self, wish: Wish, number: int, name: str = "") -> None:
        """Raise `BadLine` where another line has this id, or one that gives files the same `name`."""
        if wish.id is not None and (other := self.setdefault(name or str(wish.id), number)) != number:
            raise BadLine(f"the id `{wish.id}` is that of line {other} too; ids have to differ", wish.answer)


class Wish(BaseModel):
    """What one line of a batch asks for."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    prompt: str
    id: Annotated[str, Field(min_length=1, max_length=200)] | int | None = None
    """Comes back in the answer, and is the name of its files."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    canvas: str | None = None

    @property
    def size(self) -> Canvas | None:
        """The canvas that the line asks for."""
        return canvas_of(self.canvas) if self.canvas else None

    @property
    def answer(self) -> dict[str, Any]:
        """What an answer begins with: the id, if there is one, and the prompt."""
        return ({} if self.id is None else {"id": self.id}) | {"prompt": self.prompt}


def wish_of(line: bytes, unused: Counter[str] | None = None) -> Wish:
    """What a line asks for: its words, or a JSON object with `prompt` and perhaps `id`, `seed` and `canvas`. A key that
    looks like one of these is an error; others are counted in `unused`."""
    try:
        text = line.decode("utf-8").strip()
        read = json.loads(text) if text.startswith(("{", "[", '"')) else text
    except UnicodeDecodeError as error:
        raise BadLine(f"expected UTF-8, got the byte {line[error.start]:#04x} at column {error.start + 1}") from None
    except RecursionError:
        raise BadLine('expected {"prompt": "…"}, got JSON that is nested too deeply') from None
    except ValueError as error:
        if line.lstrip().startswith(b'"'):
            return Wish(prompt=text)
        raise BadLine(f'expected a JSON object {{"prompt": "…"}}: {error}') from None
    if isinstance(read, str):
        return Wish(prompt=read)
    if not isinstance(read, dict) or not isinstance(read.get("prompt"), str):
        raise BadLine(f'expected a JSON object with a "prompt" string, got {shown(json.dumps(read))}')
    return _wish(read, Counter() if unused is None else unused)


def _wish(read: dict[str, Any], unused: Counter[str]) -> Wish:
    for key in read.keys() - Wish.model_fields.keys():
        if near := get_close_matches(key.lower(), Wish.model_fields, 1, 0.75):
            raise BadLine(f"there is no key `{key[:40]}`; did you mean `{near[0]}`?", read)
        unused[key] += 1
    try:
        wish = Wish(**read)
        _ = wish.size
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadLine(f"`{first['loc'][0]}` cannot be used: {first['msg']}", read) from None
    except BadInput as error:
        raise BadLine(str(error), read) from None
    return wish


def told_unused(unused: Counter[str]) -> str:
    """What was in the lines and serves nothing here."""
    named = ", ".join(f"`{key[:40]}` ({count})" for key, count in unused.most_common(6))
    others = " and others" * (len(unused) > 6)
    return f"keys that are not used: {named}{others}; used are {', '.join(Wish.model_fields)}"


def record(layout: Layout, milliseconds: float | None = None) -> dict[str, Any]:
    """One layout as one line: every thing with its box and its depth `z`, what must be absent, and the whole `layout`,
    with its scene, relations, notes and what was not understood, from which any command reads it back."""
    depths, boxes = layout.depths, layout.boxes
    line: dict[str, Any] = {
        "prompt": layout.scene.prompt,
        "things": [
            {"id": t.id, "name": t.noun, "phrase": t.phrase, "attributes": list(t.attributes),
             "box": [round(v, 6) for v in boxes[t.id].corners], "z": depths[t.id]}
            for t in layout.scene.things if t.id in boxes
        ],
        "absent": _absent(layout.scene),
        "unread": list(layout.scene.unread),
        "notes": list(layout.scene.notes),
    }
    line |= {} if milliseconds is None else {"ms": round(milliseconds, 3)}
    return line | {"layout": layout.model_dump(mode="json")}


def _absent(scene: Scene) -> list[str]:
    """What is nowhere in the picture; what only one thing lacks ("a cat without a hat") may be elsewhere."""
    shown = {t.noun for t in scene.things}
    return list(dict.fromkeys(a.noun for a in scene.absent if a.of is None or a.noun not in shown))


def planned(lines: Iterable[bytes], plan: Callable[[Wish], Layout],
            unused: Counter[str] | None = None) -> Iterator[dict[str, Any]]:
    """A record for every line that is not blank. A line that cannot be planned becomes a record with an `error`."""
    ids = TakenIds()
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _planned(line, number, plan, unused, ids)


def _planned(line: bytes, number: int, plan: Callable[[Wish], Layout], unused: Counter[str] | None,
             ids: TakenIds) -> dict[str, Any]:
    about: dict[str, Any] = {"line": number, "prompt": ""}
    started = time.perf_counter()
    try:
        wish = wish_of(line, unused)
        about |= wish.answer
        ids.take(wish, number)
        return about | record(plan(wish), (time.perf_counter() - started) * 1e3) | {"prompt": wish.prompt}
    except Exception as error:
        return about | failed(error)


def failed(error: Exception) -> dict[str, Any]:
    """What the answer to a line says of its failure."""
    known = error.known if isinstance(error, BadLine) else {}
    ours = isinstance(error, ScenewrightError | OSError)
    said = str(error) if ours else f"unexpected {type(error).__name__}: {error}"
    return {**known, "error": " ".join(said.split())[:LONGEST_ERROR]}


def dumped(line: dict[str, Any]) -> str:
    """One line of text, in ASCII so that any reader and any prompt can be trusted with it."""
    return json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n"


def lines_in(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """The lines of a file of JSON lines: number (the one that the line states, or else its place), text and content;
    none where the text is something else."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            about = json.loads(line)
        except (ValueError, RecursionError):
            return []
        if not isinstance(about, dict):
            return []
        found.append((about.get("line", number), line, about))
    return found
