"""The optimiser of every stage: Muon on the matrices, AdamW on the rest, and a moving average of the weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 4


class Optimiser:
    """Muon for kernels and weight matrices, AdamW for embeddings, gains and offsets."""

    def __init__(self, model: nn.Module, rate: float, weight_decay: float, clip: float) -> None:
        self.rate, self.clip = rate, clip
        matrices, rest = _split(model)
        self._trained = [*matrices, *rest]
        self._muon = StackedMuon(matrices, weight_decay)
        self._adam = torch.optim.AdamW(rest, lr=rate, weight_decay=0.0, betas=(0.9, 0.98))

    def step(self, scale: float) -> float:
        """Apply the gradients at `scale` times the rate; returns the gradient norm before clipping."""
        norm = nn.utils.clip_grad_norm_(self._trained, self.clip)
        for group in self._adam.param_groups:
            group["lr"] = self.rate * scale
        self._adam.step()
        self._muon.step(self.rate * scale)
        for parameter in self._trained:
            parameter.grad = None
        return float(norm)

    def state_dict(self) -> dict[str, Any]:
        return {"adam": self._adam.state_dict(), "muon": self._muon.momenta}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._adam.load_state_dict(state["adam"])
        for ours, kept in zip(self._muon.momenta, state["muon"], strict=True):
            ours.copy_(kept)


class StackedMuon:
    """`torch.optim.Muon` (rate matched to AdamW's) for many small matrices: those of one shape go through together.

    One by one, the 300 matrices of a small UNet cost as much as its forward pass. A convolution kernel counts as
    the matrix of its filters.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], weight_decay: float) -> None:
        self.weight_decay = weight_decay
        shapes: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        for parameter in parameters:
            shapes[_as_matrix(parameter).shape].append(parameter)
        self.stacks = list(shapes.values())
        self.momenta = [torch.stack([_as_matrix(p.data) for p in stack]).zero_() for stack in self.stacks]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for stack, momentum in zip(self.stacks, self.momenta, strict=True):
            gradients = torch.stack([_as_matrix(_gradient(parameter)) for parameter in stack])
            momentum.lerp_(gradients, 1 - MOMENTUM)
            moves = orthogonal(gradients.lerp(momentum, MOMENTUM))
            size = rate * 0.2 * max(momentum.shape[1:]) ** 0.5
            for parameter, move in zip(stack, moves, strict=True):
                parameter.mul_(1 - rate * self.weight_decay)
                parameter.sub_(_like_kernel(move, parameter), alpha=size)


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrix to each of a stack, nearly, by a few Newton-Schulz steps in bf16."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.bfloat16()
    x = x.mT if tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """An average whose memory grows with its age, so that the first minutes do not drag behind it."""

    def update(averaged: Iterable[Tensor], current: Iterable[Tensor], age: Tensor | int) -> None:
        weight = 1.0 - min(decay, (1.0 + float(age)) / (10.0 + float(age)))
        for ours, theirs in zip(averaged, current, strict=True):
            ours.lerp_(theirs.to(ours.dtype), weight)

    return AveragedModel(model, multi_avg_fn=update)


def _split(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            is_matrix = parameter.ndim in (2, 4) and "embedding.weight" not in name
            (matrices if is_matrix else rest).append(parameter)
    return matrices, rest


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _as_matrix(tensor: Tensor) -> Tensor:
    """Rows are filters; a kernel's columns run channel last, as its memory does."""
    return tensor.permute(0, 2, 3, 1).flatten(1) if tensor.ndim == 4 else tensor


def _like_kernel(matrix: Tensor, kernel: Tensor) -> Tensor:
    if kernel.ndim != 4:
        return matrix
    filters, channels, rows, columns = kernel.shape
    return matrix.view(filters, rows, columns, channels).permute(0, 3, 1, 2)
