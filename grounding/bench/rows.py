"""The ways of painting that are compared. A row is a name and the options it paints with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from PIL.Image import Image

from grounding.errors import BadRequest
from grounding.guide.bind import Bind
from grounding.guide.incantation import Incant, Incanter
from grounding.guide.refocus import Refocus
from grounding.painter import Painter
from grounding.pocket.pictures import SCALES
from grounding.rendering import Rendering
from planner.scene import Data, Layout


class Row(NamedTuple):
    """One way of painting. With `tries` above 1, the best of so many seeds by `Scorer` is kept; with `incant`, tokens
    are learned for each prompt, and kept where the same scorer prefers them; `gated` ones read boxes by GLIGEN's
    layers."""

    options: dict[str, Any]
    tries: int = 1
    incant: Incant | None = None
    gated: bool = False

    @property
    def chooses(self) -> bool:
        """Whether it needs a scorer."""
        return self.tries > 1 or self.incant is not None

    def made(self, *further: object) -> str:
        """A hash of its settings and of whatever else a picture depends on."""
        own = {name: value.model_dump() if isinstance(value, Data) else value for name, value in self.options.items()}
        incant = self.incant.model_dump() if self.incant else None
        said = json.dumps([own, self.tries, incant, self.gated, *map(str, further)], sort_keys=True)
        return sha256(said.encode()).hexdigest()[:12]


Scorer = Callable[[Image, str], float]
"""How well a picture fits its prompt, by a model that is neither the painter nor the judge."""

BOUND = Bind(scales=SCALES)

ROWS: dict[str, Row] = {
    "plain": Row({"watch": False}),
    "bind": Row({"bind": BOUND}),
    "head-car": Row({"refocus": Refocus(profile="head", self_attention=False)}),
    "head-sar": Row({"refocus": Refocus(profile="head", cross=False)}),
    "paper": Row({"refocus": Refocus(profile="paper")}),
    "head": Row({"refocus": Refocus(profile="head")}),
    "refocus": Row({"refocus": Refocus()}),
    "ours": Row({"bind": BOUND, "refocus": Refocus()}),
    "tokens": Row({"watch": False}, incant=Incant(objective="attention", iterations=10, checks=1)),
    "gated": Row({"watch": False}, gated=True),
    "gated-ours": Row({"bind": BOUND, "refocus": Refocus()}, gated=True),
    "best-of-2": Row({"watch": False}, tries=2),
}


class Painted(NamedTuple):
    """A picture that a row stands by, and what all of its tries cost."""

    rendering: Rendering
    seconds: float
    forward_equivalents: float


def paint(painter: Painter, row: Row, layouts: Sequence[Layout], seeds: Sequence[int], scorer: Scorer | None,
          **options: Any) -> list[Painted]:
    """One picture per layout, as the row paints it. Later tries add a large number to the seed."""
    if row.incant is not None:
        return [_learned(painter, row, layout, seed, scorer, options)
                for layout, seed in zip(layouts, seeds, strict=True)]
    tries = [painter.paint(layouts, seed=[seed + 1_000_003 * k for seed in seeds], **options, **row.options)
             for k in range(row.tries)]
    return [_best(versions, scorer) for versions in zip(*tries, strict=True)]


def _learned(painter: Painter, row: Row, layout: Layout, seed: int, scorer: Scorer | None,
             options: dict[str, Any]) -> Painted:
    if scorer is None:
        raise BadRequest("tokens are kept where a scorer prefers them; give one")
    incanter = Incanter(painter, None, lambda image, asked: scorer(image, asked.scene.prompt))
    found = incanter(layout, seed=seed, incant=row.incant, **options, **row.options)
    return Painted(found.rendering, found.seconds, found.forward_equivalents)


def _best(versions: Sequence[Rendering], scorer: Scorer | None) -> Painted:
    costs = [version.receipt.cost for version in versions]
    best = versions[0] if scorer is None or len(versions) == 1 else max(
        versions, key=lambda v: scorer(v.image, v.receipt.prompt))
    return Painted(best, sum(c.seconds for c in costs), sum(c.forward_equivalents for c in costs))
