"""Embedded texts, kept: the same queries come back with every picture of a run, and the text tower need not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

MOST = 4096
"""How many texts are kept."""


class Kept:
    """Unit vectors of texts: [texts, dimensions], computed by `embed` for the texts that are new."""

    def __init__(self, embed: Callable[[Sequence[str]], Tensor]) -> None:
        self.embed = embed
        self._rows: OrderedDict[str, Tensor] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """The vectors of these texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, unit(self.embed(new)), strict=True))
        for text in texts:
            self._rows.move_to_end(text)
        rows = torch.stack([self._rows[text] for text in texts])
        while len(self._rows) > MOST:
            self._rows.popitem(last=False)
        return rows


def unit(vectors: Tensor) -> Tensor:
    """The vectors with length 1, in full precision."""
    return torch.nn.functional.normalize(vectors.float(), dim=-1)
