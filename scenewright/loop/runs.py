"""Stored runs: a folder each, files that appear whole or not at all, work by the digest of what it depends on.

    runs/two-red-balls-3f2a…/
        run.json            what was asked for, with which versions, and from which run it continues
        lock                held by the process that works on the run
        plans/<digest>.json
        pictures/<digest>/  one batch: task.json, paintings.json, 0.png, 1.png …
        reports/<digest>.json
        picture.png, layout.json, report.json, report.html, result.json

The last line is the outcome, whole without the rest; the folders are the work, from which a stopped run goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, TypeVar

from PIL import Image
from pydantic import BaseModel, Field, ValidationError

from grounding.receipt import Receipt
from grounding.verify.report import Report
from planner.scene import Data
from planner.whole import flush_folder, flushed, write_whole
from scenewright.errors import Busy, Mismatch, StorageFailed
from scenewright.loop.files import own_folder, read_whole, remove, sweep
from scenewright.loop.naming import digest
from scenewright.loop.stages import Painting, PaintTask, PlannedLayout

RUN, LOCK, RESULT, PICTURE, LAYOUT, REPORT, PAGE, REFUSED = (
    "run.json", "lock", "result.json", "picture.png", "layout.json", "report.json", "report.html", "refused.json")
PICTURES = "pictures"
WORK = ("plans", PICTURES, "reports")
RunPart = Literal["picture", "labels", "page", "work"]
PARTS: Mapping[RunPart, tuple[str, ...]] = {
    "picture": (PICTURE,), "labels": (LAYOUT, REPORT), "page": (PAGE,), "work": WORK}
"""What of a finished run can be kept or not. The picture, the request and the outcome are always kept."""

M = TypeVar("M", bound=BaseModel)
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises over files that are no pictures."""


class Summary(Data):
    """One line of `scenewright runs`."""

    id: str
    state: str
    """`done`, `failed verification`, `busy`, `interrupted`, `refused` or `damaged`."""
    prompt: str = ""
    created: str = ""
    rounds: int = 0


class Judged(Data):
    """A stored report, and how long it took."""

    report: Report
    seconds: float = 0.0


class Note(Data):
    """What is stored with a picture."""

    sha256: str
    receipt: Receipt


class Notes(Data):
    """What is stored with a batch. One that `failed` has no pictures, and the reason."""

    task: str
    pictures: tuple[Note, ...] = ()
    seconds: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class StoredBatch:
    """The stored pictures of one task, how long they took, and why there are none if painting failed."""

    paintings: tuple[Painting, ...]
    seconds: float = 0.0
    failed: str = ""


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
            own_folder(self.folder)
            handle = _opened_lock(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise StorageFailed.of(error, path) from None
        try:
            owner = os.pread(handle, 32, 0)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Busy(f"the run `{self.id}` is busy: process {_owner(owner)} works on it; wait for it, or ask for "
                           "another seed") from None
            if not owner or _owner(owner) != "unknown":
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            sweep(self.folder)
            yield
        finally:
            os.close(handle)

    def write(self, name: str, content: str | bytes) -> Path:
        """Store a file whole or not at all: written aside, flushed to the disk, then renamed."""
        path = self.folder / name
        try:
            own_folder(path.parent)
            if path.is_symlink() or not path.is_file():
                remove(path)
            write_whole(path, content)
        except OSError as error:
            raise StorageFailed.of(error, path) from None
        return path

    def bytes_of(self, name: str) -> bytes | None:
        """A stored file, or None where there is none."""
        try:
            return read_whole(self.folder / name)
        except OSError as error:
            raise StorageFailed.of(error, self.folder / name) from None

    def read(self, name: str) -> str | None:
        """A stored text, or None where there is none."""
        try:
            raw = self.bytes_of(name)
            return None if raw is None else raw.decode()
        except UnicodeDecodeError:
            return None

    def _stored(self, name: str, model: type[M]) -> M | None:
        """A stored value; None where it is missing or damaged."""
        try:
            return model.model_validate_json(self.bytes_of(name) or b"")
        except ValidationError:
            return None

    def describe(self, request: Mapping[str, Any], versions: Mapping[str, str], parent: str | None = None) -> None:
        """Write down what was asked for, once."""
        if self.description() is None:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            about = _About(created=created, parent=parent, request=dict(request), versions=dict(versions))
            self.write(RUN, about.model_dump_json(indent=1) + "\n")

    def description(self) -> dict[str, Any] | None:
        """What was asked for, or None where that is missing or damaged."""
        about = self._stored(RUN, _About)
        return None if about is None else about.model_dump()

    def plan(self, key: str) -> PlannedLayout | None:
        """A stored plan."""
        return self._stored(f"plans/{key}.json", PlannedLayout)

    def keep_plan(self, key: str, plan: PlannedLayout) -> None:
        """Store a plan under the digest of what it depends on."""
        self.write(f"plans/{key}.json", plan.model_dump_json())

    @property
    def begun(self) -> bool:
        """Whether any work is stored."""
        return (self.folder / "plans").is_dir()

    def keep_batch(self, key: str, task: PaintTask, batch: StoredBatch) -> None:
        """Store a batch as one folder that appears at once."""
        target = self.folder / "pictures" / key
        half = target.with_name(f".{key}.part")
        try:
            own_folder(target.parent)
            remove(half)
            half.mkdir()
            wanted, notes = task.model_dump_json(), []
            for i, painting in enumerate(batch.paintings):
                raw = png(painting.image)
                flushed(half / f"{i}.png", raw)
                notes.append(Note(sha256=hashlib.sha256(raw).hexdigest(), receipt=painting.receipt))
            flushed(half / "task.json", wanted.encode())
            flushed(half / "paintings.json", Notes(
                task=digest(wanted), pictures=tuple(notes), seconds=batch.seconds,
                failed=batch.failed).model_dump_json().encode())
            flush_folder(half)
            remove(target)
            half.rename(target)
            flush_folder(target.parent)
        except OSError as error:
            raise StorageFailed.of(error, target) from None

    def batch(self, key: str) -> StoredBatch | None:
        """A stored batch; None where it is missing or any file of it is not what was written."""
        notes, wanted = self._stored(f"pictures/{key}/paintings.json", Notes), self.read(f"pictures/{key}/task.json")
        if notes is None or wanted is None or digest(wanted) != notes.task:
            return None
        paintings = [_painting(self.bytes_of(f"pictures/{key}/{i}.png"), note) for i, note in enumerate(notes.pictures)]
        whole = tuple(painting for painting in paintings if painting is not None)
        return StoredBatch(whole, notes.seconds, notes.failed) if len(whole) == len(paintings) else None

    def paintings(self, key: str) -> tuple[Painting, ...]:
        """The pictures of a stored batch; none where the round failed. Raises `Mismatch` where they are damaged."""
        batch = self.batch(key)
        if batch is None:
            raise Mismatch(f"the pictures `{key}` of the run `{self.id}` are missing or damaged; the same request "
                           "paints them again")
        return batch.paintings

    def painting(self, key: str, index: int) -> Painting:
        """One picture of a stored batch."""
        return self.paintings(key)[index]

    def task(self, key: str) -> PaintTask:
        """What was asked of the painter for a batch."""
        task = self._stored(f"pictures/{key}/task.json", PaintTask)
        if task is None:
            raise Mismatch(f"the task of the batch `{key}` of the run `{self.id}` is missing or damaged; the same "
                           "request makes it again")
        return task

    def keep_judged(self, name: str, judged: Judged) -> None:
        """Store a report under the digest of what it depends on."""
        self.write(f"reports/{name}.json", judged.model_dump_json())

    def judged(self, name: str) -> Judged | None:
        """A stored report with the time that it took, or None where it is missing or damaged."""
        return self._stored(f"reports/{name}.json", Judged)

    def report(self, name: str) -> Report | None:
        """A stored report, or None where it is missing or damaged."""
        judged = self.judged(name)
        return None if judged is None else judged.report

    def drop(self, *names: str) -> None:
        """Remove files that would not be true any more."""
        for name in names:
            try:
                remove(self.folder / name)
            except OSError as error:
                raise StorageFailed.of(error, self.folder / name) from None

    def trim(self, keep: Collection[RunPart]) -> None:
        """Keep only these parts of a finished run, and what always is: it is still given back at once, but what its
        rounds were is known from `result.json` alone."""
        if self._stored(RESULT, _Ended) is not None:
            kept = {name for part in {*keep, "picture"} for name in PARTS[part]}
            self.drop(*(name for names in PARTS.values() for name in names if name not in kept))

    def summary(self) -> Summary:
        """How the run stands. Whatever its files are, this says something."""
        try:
            about, ended = self._stored(RUN, _About), self._stored(RESULT, _Ended)
            busy = _held(self.folder / LOCK)
        except (StorageFailed, OSError):
            return Summary(id=self.id, state="damaged")
        if about is None:
            return Summary(id=self.id, state="damaged")
        if ended is not None:
            state = "done" if ended.verified else "failed verification"
        else:
            state = "busy" if busy else "refused" if (self.folder / REFUSED).is_file() else "interrupted"
        return Summary(id=self.id, state=state, prompt=str(about.request.get("prompt", "")), created=about.created,
                       rounds=ended.rounds if ended else 0)


class _About(BaseModel):
    """What `run.json` must hold to be one."""

    created: str = ""
    parent: str | None = None
    request: dict[str, Any]
    versions: dict[str, str] = Field(default_factory=dict)


class _Ended(BaseModel):
    """What `result.json` must hold to be one."""

    verified: bool
    rounds: int


def png(image: Image.Image, **options: Any) -> bytes:
    """The picture as PNG: the same pixels give the same bytes."""
    stream = BytesIO()
    image.convert("RGB").save(stream, "PNG", compress_level=6, **options)
    return stream.getvalue()


def _painting(raw: bytes | None, note: Note) -> Painting | None:
    if raw is None or hashlib.sha256(raw).hexdigest() != note.sha256:
        return None
    try:
        image = Image.open(BytesIO(raw))
        image.load()
    except UNREADABLE:
        return None
    return Painting(image, note.receipt)


def _opened_lock(path: Path, flags: int) -> int:
    """The lock's file, if it is one: a link is not followed, a pipe not waited for, and what has another name too is
    not ours to write into."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
        os.close(handle)
        raise OSError(f"`{path}` is not a lock of ours; remove it")
    return handle


def _owner(content: bytes) -> str:
    """The process that a lock names."""
    return content.decode().strip() if re.fullmatch(rb"\d{1,20}\n", content) else "unknown"


def _held(lock: Path) -> bool:
    """Whether somebody holds the lock now."""
    handle = _opened_lock(lock, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
