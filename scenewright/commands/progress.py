"""A progress bar on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def watched(items: Iterable[T], total: int | None, what: str = "planning") -> Iterable[T]:
    """The same items, with a bar that moves as they are taken. Nothing is shown where stderr is no terminal."""
    console = Console(stderr=True)
    return track(items, what, total, console=console, disable=not console.is_terminal)
