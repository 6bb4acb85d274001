"""An eye for broken things: does what was found look as a whole and clean thing of its kind does?

A detector says what something is most like; a cat without a head, a box of two colours and a house that grows into a
tree are still most like a cat, a box and a house. Yet its tower sees more than its heads say: this small network reads
in what the tower sees of a crop whether the thing is whole. It stands in a file beside the detector that it was taught
on, and says nothing of kinds that it was not taught.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional

from grounding.errors import ModelMissing
from planner.scene import Box

SIDE = 128
"""How many pixels wide and high a crop is; the detector's processor makes of that what the tower takes."""
CONTEXTS = (1.3, 1.5)
"""Crops are so many times as long as their thing, so that what the thing runs into is seen too. Two looks are better
than one: what is sound looks so from either distance."""
READ, WIDE = 48, 64
"""How wide it reads a patch, and its own layers."""
KINDS, NEEDS = "kinds", "needs"
"""Under these names the file says which kinds it knows, in the order of its table, and what scores are needed: pairs of
a side, in parts of the picture, and the score for things whose longer side is at least that."""

Spot = tuple[float, float, float, float]
Needed = Sequence[tuple[float, float]]


class Cut(NamedTuple):
    """A square around a thing, and where the thing is in it: `x0 y0 x1 y1` in parts of the square."""

    pixels: NDArray[np.uint8]
    spot: Spot


def around(image: Image.Image, box: Box, context: float, side: int) -> Cut:
    """The square around a box, so many times as long as the box, reduced or enlarged to so many pixels. Beyond the edge
    of the picture the colours of the edge go on."""
    wide, high = image.size
    long = max(box.w * wide, box.h * high) * context
    left, top = (box.x0 + box.x1) / 2 * wide - long / 2, (box.y0 + box.y1) / 2 * high - long / 2
    more = math.ceil(max(0.0, -left, -top, left + long - wide, top + long - high)) + 1
    wider = Image.fromarray(np.pad(np.asarray(image), ((more, more), (more, more), (0, 0)), mode="edge"))
    square = (left + more, top + more, left + more + long, top + more + long)
    spot = ((box.x0 * wide - left) / long, (box.y0 * high - top) / long,
            (box.x1 * wide - left) / long, (box.y1 * high - top) / long)
    return Cut(np.asarray(wider.resize((side, side), Image.Resampling.BICUBIC, box=square)), spot)


def marked(spots: Tensor, side: int) -> Tensor:
    """What part of each of so many rows and columns the boxes "n 4" cover: "n 1 side side"."""
    at = torch.arange(side) / side
    across, down = ((torch.minimum(high[:, None], at + 1 / side) - torch.maximum(low[:, None], at)).clamp(min=0) * side
                    for low, high in ((spots[:, 0], spots[:, 2]), (spots[:, 1], spots[:, 3])))
    return (down[:, :, None] * across[:, None, :])[:, None]


class Seer(Protocol):
    """A detector whose tower can be asked what it sees."""

    def patches(self, images: Sequence[Image.Image]) -> Tensor:
        """What is seen in each patch of each picture, row by row: "images patches width"."""
        ...


class Network(nn.Module):
    """What a tower sees of crops, with the thing marked and its kind, to one number each: the more, the sounder."""

    def __init__(self, kinds: int, width: int) -> None:
        super().__init__()
        self.read = nn.Linear(width, READ)
        self.kinds = nn.Embedding(kinds, 2 * READ)
        nn.init.zeros_(self.kinds.weight)
        self.first = nn.Conv2d(READ + 1, WIDE, 3, 1, 1)
        self.second, self.third = nn.Conv2d(WIDE, WIDE, 3, 2, 1), nn.Conv2d(WIDE, WIDE, 3, 1, 1)
        self.norms = nn.ModuleList(nn.GroupNorm(8, WIDE) for _ in range(2))
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(2 * WIDE, 1)

    def forward(self, seen: Tensor, marks: Tensor, kinds: Tensor) -> Tensor:
        """The logits "n", of patches "n patches width" and the part of each that the thing's box covers "n 1 s s"."""
        scale, shift = self.kinds(kinds)[..., None, None].chunk(2, 1)
        x = self.read(seen).transpose(1, 2).unflatten(2, marks.shape[2:])
        x = functional.silu(x * (1 + scale) + shift)
        x = functional.silu(self.norms[0](self.first(torch.cat([x, marks * 2 - 1], 1))))
        x = functional.silu(self.norms[1](self.second(x)))
        x = x + functional.silu(self.third(x))
        found: Tensor = self.last(self.drop(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)))[:, 0]
        return found


class NetInspector:
    """An inspector made of a tower, the network and the names of its kinds."""

    def __init__(self, seer: Seer, network: Network, kinds: Sequence[str], name: str, needed: Needed) -> None:
        self.seer, self.network = seer, network.eval()
        self.kinds, self.name, self.needed = tuple(kinds), name, sorted(needed)

    def needs(self, box: Box) -> float:
        """The score that a thing of this size needs. What is small shows little: only what is blatant is doubted."""
        return next((score for side, score in reversed(self.needed) if max(box.w, box.h) >= side), 0.0)

    @torch.inference_mode()
    def inspect(self, image: Image.Image, things: Sequence[tuple[str, Box]]) -> tuple[float | None, ...]:
        """Per thing, how sure it is that this is a sound one, from 0 to 1; None for a kind that it was not taught."""
        known = [number for number, (noun, _) in enumerate(things) if noun in self.kinds]
        found: list[float | None] = [None] * len(things)
        if known:
            cuts = [around(image, things[number][1], context, SIDE) for number in known for context in CONTEXTS]
            seen = self.seer.patches([Image.fromarray(cut.pixels) for cut in cuts])
            marks = marked(torch.tensor([cut.spot for cut in cuts]), round(seen.shape[1] ** 0.5))
            kinds = torch.tensor([self.kinds.index(things[number][0]) for number in known for _ in CONTEXTS])
            scores = self.network(seen, marks, kinds).view(len(known), -1).mean(1).sigmoid().tolist()
            for number, score in zip(known, scores, strict=True):
                found[number] = score
        return tuple(found)


def open_inspector(file: Path, seer: Seer) -> NetInspector:
    """The inspector in a file, which was taught on what this detector's tower sees. Raises `ModelMissing` where it
    cannot be used."""
    try:
        with safe_open(file, "pt") as opened:
            told = opened.metadata() or {}
            state = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
        kinds = json.loads(told[KINDS])
        needed = [(float(side), float(score)) for side, score in json.loads(told[NEEDS])]
        network = Network(len(kinds), state["read.weight"].shape[1])
        network.load_state_dict(state)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelMissing(f"`{file}` is no inspector ({type(error).__name__}); restore it, or take its name out of "
                           "the profile beside it") from None
    mark = sha256(file.read_bytes()).hexdigest()[:8]
    return NetInspector(seer, network, kinds, f"{file.stem} {mark}", needed)
