"""Several processes that train one model: each has pictures of its own, and every step follows the mean gradient.

On a CPU this is how cores are used well: two processes of one thread do nearly twice the work of one, one process of
two threads only half as much again.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import torch
from torch import distributed, nn
from torch.multiprocessing import get_context

from grounding.pocket.training.settings import TrainingSettings

_APART = 1_000_003
"""How far the seeds of two processes are from each other."""
_PATIENCE = timedelta(hours=1)


class Agreed(NamedTuple):
    """How far the run is, and whether anyone was asked to stop: the same in every process."""

    progress: float
    stop: bool


def together(work: Callable[[TrainingSettings], None], settings: TrainingSettings, processes: int,
             threads: int) -> None:
    """Run `work` in so many processes at once; this one leads."""
    if processes < 2:
        torch.set_num_threads(threads)
        work(settings)
        return
    port = _free_port()
    context = get_context("spawn")
    others = [
        context.Process(target=_member, args=(work, settings, rank, processes, threads, port), daemon=True)
        for rank in range(1, processes)
    ]
    for other in others:
        other.start()
    _member(work, settings, 0, processes, threads, port)
    for other in others:
        other.join(60)


def leads() -> bool:
    """Whether this process writes checkpoints and reports."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


@contextmanager
def leader_first() -> Iterator[None]:
    """What is made once and kept on disk is made by the leader; the others then find it."""
    if distributed.is_initialized() and not leads():
        distributed.barrier()
    yield
    if distributed.is_initialized() and leads():
        distributed.barrier()


@torch.no_grad()
def same_start(model: nn.Module) -> None:
    """Give every process the leader's weights."""
    if distributed.is_initialized():
        for tensor in (*model.parameters(), *model.buffers()):
            whole = tensor.contiguous()
            distributed.broadcast(whole, 0)
            tensor.copy_(whole)


@torch.no_grad()
def agree(model: nn.Module, progress: float, stop: bool) -> Agreed:
    """Put the mean gradient of all processes into each of them; they also agree on when to end."""
    if not distributed.is_initialized():
        return Agreed(progress, stop)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    parts = [torch.zeros(p.numel()) if p.grad is None else p.grad.float().reshape(-1).cpu() for p in trained]
    joined = torch.cat([*parts, torch.tensor([progress, float(stop)])])
    distributed.all_reduce(joined)
    joined /= distributed.get_world_size()
    *means, told = torch.split(joined, [*(p.numel() for p in trained), 2])
    for parameter, mean in zip(trained, means, strict=True):
        if parameter.grad is not None:
            parameter.grad.copy_(mean.view(parameter.shape))
        elif bool(mean.any()):
            parameter.grad = mean.view(parameter.shape).to(parameter)
    return Agreed(float(told[0]), bool(told[1] > 0))


def _member(
    work: Callable[[TrainingSettings], None], settings: TrainingSettings, rank: int, size: int, threads: int, port: int
) -> None:
    torch.set_num_threads(threads)
    address = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=size, timeout=_PATIENCE)
    try:
        work(replace(settings, seed=settings.seed + _APART * rank))
    finally:
        distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
