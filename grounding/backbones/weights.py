"""What tells one set of weights from another."""

from __future__ import annotations

import hashlib

import torch
from torch import nn


def fingerprint(*parts: nn.Module) -> str:
    """SHA-256 of the weights of these models, with their names."""
    digest = hashlib.sha256()
    for part in parts:
        for name, weight in sorted(part.state_dict().items()):
            digest.update(name.encode())
            digest.update(weight.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
