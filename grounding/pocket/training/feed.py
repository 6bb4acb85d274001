"""Endless batches made by worker processes, so that a fast device never waits for captions to be written."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from torch.utils.data import DataLoader, IterableDataset, get_worker_info

FeedBatch = TypeVar("FeedBatch")


def feed(make: Callable[[random.Random], FeedBatch], workers: int, seed: int) -> Iterator[FeedBatch]:
    """What `make` returns, for ever; in this process if there is only one worker."""
    processes = workers if workers > 1 else 0
    loader: DataLoader[FeedBatch] = DataLoader(_Endless(make, seed), batch_size=None, num_workers=processes)
    return iter(loader)


class _Endless(IterableDataset[FeedBatch], Generic[FeedBatch]):
    def __init__(self, make: Callable[[random.Random], FeedBatch], seed: int) -> None:
        self.make, self.seed = make, seed

    def __iter__(self) -> Iterator[FeedBatch]:
        worker = get_worker_info()
        words = random.Random(f"{self.seed} {worker.id if worker else 0}")
        while True:
            yield self.make(words)
