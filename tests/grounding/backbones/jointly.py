"""A ball and a cat for models with joint attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grounding.attention import Call, Layer, Proceed, probabilities
from grounding.guide.bind import Bind, Binder
from grounding.guide.guidance import Scenes
from grounding.guide.targets import Target, aim
from grounding.spans import ground
from planner.scene import Box, Layout, Placement, Scene, Thing

T = torch.tensor(500.0)
SIDE = 32
RED = Thing(id="r", noun="ball", phrase="a red ball", attributes=("red",))
CAT = Thing(id="c", noun="cat", phrase="a cat")
LEFT, RIGHT = Box.of(0.0, 0.0, 0.5, 1.0), Box.of(0.5, 0.5, 1.0, 1.0)
PROMPT = "a red ball beside a cat"


def latents(model: Any, batch: int = 1) -> Tensor:
    return torch.randn(batch, *model.shape(SIDE, SIDE), generator=torch.Generator().manual_seed(0))


def layout(*things: tuple[Thing, Box], prompt: str = PROMPT) -> Layout:
    placements = tuple(Placement(thing=t.id, box=box, depth=n) for n, (t, box) in enumerate(things))
    return Layout(scene=Scene(prompt=prompt, things=tuple(t for t, _ in things)), placements=placements)


def binder(model: Any, bind: Bind, layouts: Sequence[Layout] = (layout((RED, LEFT), (CAT, RIGHT)),)) -> Binder:
    groundings = [ground(some) for some in layouts]
    words = model.encode([g.prompt for g in groundings])
    shape = model.shape(SIDE, SIDE)
    targets: list[Target | None] = [aim(g, w, *model.grid(shape)) for g, w in zip(groundings, words, strict=True)]
    return Binder(bind, Scenes(model, shape, words, targets, model.stack(words), range(10)))


class Seen:
    """Stands inside the binding hook and notes the probabilities that it leads to."""

    def __init__(self) -> None:
        self.maps: list[tuple[Call, Tensor]] = []

    def wants(self, layer: Layer) -> bool:
        return layer.kind == "joint"

    def __call__(self, call: Call, proceed: Proceed) -> Tensor:
        self.maps.append((call, probabilities(call)))
        return proceed(call)
