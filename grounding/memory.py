"""What to do where a batch does not fit into memory: one picture after the other, and a sentence where none fits."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from grounding.errors import Unsupported

T = TypeVar("T")


def as_memory_allows(items: Sequence[int], work: Callable[[Sequence[int]], list[T]]) -> list[T]:
    """What `work` makes of all items together; where that is too much, of one after the other."""
    try:
        return work(items)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    _release()
    try:
        return [made for item in items for made in work((item,))]
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        _release()
        raise Unsupported("there is not enough memory to paint even one picture; choose a smaller canvas, a smaller "
                          "model, or another device") from None


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, in any of the ways in which libraries say so."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(
        words in said for words in ("out of memory", "alloc_failed", "not enough memory", "can't allocate memory"))


def _release() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
