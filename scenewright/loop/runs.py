"""Stored runs: a folder each, files that appear whole or not at all, pictures by the digest of what they depend on.

    runs/two-red-balls-3f2a…/
        run.json            what was asked for, with which versions, and from which run it continues
        state.sqlite        the loop's checkpoints
        lock                held by the process that works on the run
        layouts/<digest>.json
        pictures/<digest>/  one batch: task.json, paintings.json, 0.png, 1.png …
        reports/<digest>.json
        picture.png, report.json, result.json, report.html
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import ValidationError

from grounding.verify.report import Report
from planner.scene import Data, Layout
from planner.whole import flush_folder, flushed, write_whole
from scenewright.errors import Busy, Mismatch, StorageFailed
from scenewright.loop.stages import Painting, Task

SCHEMA = 1
RUN, STATE, LOCK, RESULT, PICTURE, REPORT, PAGE = (
    "run.json", "state.sqlite", "lock", "result.json", "picture.png", "report.json", "report.html")


def digest(text: str) -> str:
    """A name for a content."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def seed_of(*parts: object) -> int:
    """A seed from content: the same parts give the same seed, on every machine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")


def run_id(prompt: str, request: Mapping[str, Any]) -> str:
    """A readable name that is the same for the same request."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:40].rstrip("-") or "run"
    return f"{words}-{digest(json.dumps(request, sort_keys=True, ensure_ascii=True))[:10]}"


class Summary(Data):
    """One line of `scenewright runs`."""

    id: str
    state: str
    """`done`, `failed verification`, `busy`, `interrupted` or `damaged`."""
    prompt: str = ""
    created: str = ""
    rounds: int = 0


class Run:
    """One run's folder. Whoever writes into it holds its lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Work on this run alone; raises `Busy` if another process or thread does. A killed owner's lock is free."""
        path = self.folder / LOCK
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageFailed.of(error, path) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
                raise Busy(f"the run `{self.id}` is busy: process {owner} works on it; wait for it, or ask for "
                           "another seed") from None
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            self._sweep()
            yield
        finally:
            os.close(handle)

    def _sweep(self) -> None:
        """Remove what a killed owner left half-written."""
        for leftover in self.folder.glob("**/.*.part"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)

    def write(self, name: str, content: str | bytes) -> Path:
        """Store a file whole or not at all: written aside, flushed to the disk, then renamed."""
        path = self.folder / name
        try:
            write_whole(path, content)
        except OSError as error:
            raise StorageFailed.of(error, path) from None
        return path

    def read(self, name: str) -> str | None:
        """A stored text, or None where there is none."""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise StorageFailed.of(error, self.folder / name) from None

    def describe(self, request: Mapping[str, Any], versions: Mapping[str, str], parent: str | None = None) -> None:
        """Write down what was asked for, once."""
        if self.description() is None:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            content = {"schema": SCHEMA, "created": created, "parent": parent, "request": dict(request),
                       "versions": dict(versions)}
            self.write(RUN, json.dumps(content, indent=1) + "\n")

    def description(self) -> dict[str, Any] | None:
        """What was asked for, or None where that is missing or damaged."""
        return _object(self.read(RUN))

    def result(self) -> dict[str, Any] | None:
        """The outcome as it was stored at the end, or None."""
        return _object(self.read(RESULT))

    def keep_layout(self, layout: Layout) -> str:
        """Store a layout under its digest."""
        text = layout.model_dump_json()
        name = digest(text)
        if self.read(f"layouts/{name}.json") != text:
            self.write(f"layouts/{name}.json", text)
        return name

    def layout(self, name: str) -> Layout:
        """The layout with this digest."""
        text = self.read(f"layouts/{name}.json")
        if text is None or digest(text) != name:
            raise Mismatch(f"the layout `{name}` of the run `{self.id}` is missing or damaged")
        return Layout.model_validate_json(text)

    def keep_paintings(self, key: str, task: Task, paintings: Sequence[Painting]) -> None:
        """Store a batch as one folder that appears at once."""
        target = self.folder / "pictures" / key
        half = target.with_name(f".{key}.part")
        try:
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            wanted = task.model_dump_json()
            notes = []
            for i, painting in enumerate(paintings):
                raw = png(painting.image)
                flushed(half / f"{i}.png", raw)
                notes.append({"sha256": hashlib.sha256(raw).hexdigest(), "receipt": dict(painting.receipt)})
            flushed(half / "task.json", wanted.encode())
            flushed(half / "paintings.json", json.dumps({"task": digest(wanted), "pictures": notes}).encode())
            flush_folder(half)
            shutil.rmtree(target, ignore_errors=True)
            half.rename(target)
            flush_folder(target.parent)
        except OSError as error:
            raise StorageFailed.of(error, target) from None

    def paintings(self, key: str) -> list[Painting] | None:
        """A stored batch; None where it is missing or any file of it is not what was written."""
        folder = self.folder / "pictures" / key
        try:
            notes = json.loads((folder / "paintings.json").read_bytes())
            if digest((folder / "task.json").read_text(encoding="utf-8")) != notes["task"]:
                return None
            return [_painting(folder / f"{i}.png", note) for i, note in enumerate(notes["pictures"])]
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, Mismatch):
            return None
        except OSError as error:
            raise StorageFailed.of(error, folder) from None

    def task(self, key: str) -> Task:
        """What was asked of the painter for a batch."""
        text = self.read(f"pictures/{key}/task.json")
        try:
            return Task.model_validate_json(text or "")
        except ValidationError:
            raise Mismatch(f"the task of the batch `{key}` of the run `{self.id}` is missing or damaged") from None

    def keep_report(self, name: str, report: Report) -> None:
        """Store a report under the digest of what it depends on."""
        self.write(f"reports/{name}.json", report.model_dump_json())

    def report(self, name: str) -> Report | None:
        """A stored report, or None where it is missing or damaged."""
        text = self.read(f"reports/{name}.json")
        try:
            return None if text is None else Report.model_validate_json(text)
        except ValidationError:
            return None

    def drop(self, name: str) -> None:
        """Remove a file that would not be true any more."""
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailed.of(error, self.folder / name) from None

    def set_aside(self, name: str) -> None:
        """Move a damaged file out of the way, and keep it."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            path = self.folder / f"{name}{suffix}"
            if path.exists():
                path.replace(path.with_name(f"{path.name}.damaged"))


def runs_in(root: Path) -> list[Summary]:
    """The stored runs, newest first."""
    if not root.is_dir():
        return []
    found = [_summary(Run(folder)) for folder in root.iterdir() if folder.is_dir() and (folder / LOCK).exists()]
    return sorted(found, key=lambda s: (s.created, s.id), reverse=True)


def png(image: Image.Image, **options: Any) -> bytes:
    """The picture as PNG: the same pixels give the same bytes."""
    stream = BytesIO()
    image.convert("RGB").save(stream, "PNG", compress_level=6, **options)
    return stream.getvalue()


def _painting(path: Path, note: Mapping[str, Any]) -> Painting:
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != note["sha256"]:
        raise Mismatch(f"`{path}` is damaged")
    image = Image.open(BytesIO(raw))
    image.load()
    return Painting(image, note["receipt"])


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _summary(run: Run) -> Summary:
    about, result = run.description(), run.result()
    if about is None:
        return Summary(id=run.id, state="damaged")
    prompt, created = str(about.get("request", {}).get("prompt", "")), str(about.get("created", ""))
    if result is not None:
        state = "done" if result.get("verified") else "failed verification"
        return Summary(id=run.id, state=state, prompt=prompt, created=created, rounds=int(result.get("rounds", 0)))
    state = "busy" if _held(run.folder / LOCK) else "interrupted"
    return Summary(id=run.id, state=state, prompt=prompt, created=created)


def _held(lock: Path) -> bool:
    """Whether somebody holds the lock now."""
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
