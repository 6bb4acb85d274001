"""What settings and stored runs raise on purpose; `planner.errors` draws the tree that they belong to."""

from __future__ import annotations

import errno
from pathlib import Path

from planner.errors import BadInput, ScenewrightError


class RunError(ScenewrightError):
    """Base of all errors of a stored run."""


class Busy(RunError):
    """Another process works on this run. Nothing was changed."""


class StorageFailed(RunError):
    """The run's folder failed. What was stored before is whole; the same request goes on from there."""

    @classmethod
    def of(cls, error: OSError, path: Path) -> StorageFailed:
        """The reason in words, and what to do."""
        remedy = {
            errno.ENOSPC: "the disk is full; make room",
            errno.EDQUOT: "the disk quota is used up; make room",
            errno.EROFS: "the file system is read-only; choose another folder with SCENEWRIGHT_RUNS",
            errno.ELOOP: "it is a link, which is not followed; remove it",
            errno.EACCES: "this folder may not be written; choose another one with SCENEWRIGHT_RUNS",
        }.get(error.errno or 0, f"{error.strerror or error}; see to it")
        return cls(f"cannot store `{path.name}` in `{path.parent}`: {remedy}. What was stored before is whole: the "
                   "same request goes on from there")


class Mismatch(RunError):
    """Stored data is not what it says it is."""


class BadSettings(BadInput):
    """A setting that is unknown or cannot be used. The message names where it came from."""
