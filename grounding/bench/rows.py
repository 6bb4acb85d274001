"""The ways of painting that are compared. A row is a name and the options it paints with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from PIL.Image import Image

from grounding.errors import BadRequest
from grounding.guide.incantation import Incanter
from grounding.painter import Painter
from grounding.pocket.pictures import SCALES
from grounding.rendering import Painting
from grounding.settings import Bind, How, Incant, Refocus
from planner.scene import Layout


class BenchRow(NamedTuple):
    """One way of painting. With `tries` above 1, the best of so many seeds by `Scorer` is kept; tokens are kept where
    the same scorer prefers them; `gated` ones read boxes by GLIGEN's layers."""

    how: How
    tries: int = 1
    gated: bool = False

    @property
    def chooses(self) -> bool:
        """Whether it needs a scorer."""
        return self.tries > 1 or self.how.tokens is not None

    def painted_with(self, steps: int, guidance_scale: float) -> How:
        """How it paints with so many steps and so much classifier-free guidance."""
        return self.how.but(steps=steps, guidance_scale=guidance_scale)

    def made(self, steps: int, guidance_scale: float, *further: object) -> str:
        """A hash of its settings and of whatever else a picture depends on."""
        how = self.painted_with(steps, guidance_scale).model_dump(mode="json")
        said = json.dumps([how, self.tries, self.gated, *map(str, further)], sort_keys=True)
        return sha256(said.encode()).hexdigest()[:12]


Scorer = Callable[[Image, str], float]
"""How well a picture fits its prompt, by a model that is neither the painter nor the judge."""

BOUND = Bind(scales=SCALES)

ROWS: dict[str, BenchRow] = {
    "plain": BenchRow(How(watch=False)),
    "bind": BenchRow(How(bind=BOUND)),
    "head-car": BenchRow(How(refocus=Refocus(profile="head", self_attention=False))),
    "head-sar": BenchRow(How(refocus=Refocus(profile="head", cross=False))),
    "paper": BenchRow(How(refocus=Refocus(profile="paper"))),
    "head": BenchRow(How(refocus=Refocus(profile="head"))),
    "refocus": BenchRow(How(refocus=Refocus())),
    "ours": BenchRow(How(bind=BOUND, refocus=Refocus())),
    "tokens": BenchRow(How(watch=False, tokens=Incant(iterations=10, checks=1))),
    "gated": BenchRow(How(watch=False), gated=True),
    "gated-ours": BenchRow(How(bind=BOUND, refocus=Refocus()), gated=True),
    "best-of-2": BenchRow(How(watch=False), tries=2),
}


class BenchPicture(NamedTuple):
    """A picture that a row stands by, and what all of its tries cost."""

    painting: Painting
    seconds: float
    forward_equivalents: float


def paint(painter: Painter, row: BenchRow, layouts: Sequence[Layout], seeds: Sequence[int], scorer: Scorer | None,
          *, steps: int, guidance_scale: float) -> list[BenchPicture]:
    """One picture per layout, as the row paints it. Later tries add a large number to the seed."""
    how = row.painted_with(steps, guidance_scale)
    if how.tokens is not None:
        return [_learned(painter, how, layout, seed, scorer) for layout, seed in zip(layouts, seeds, strict=True)]
    tries = [painter.paint(layouts, how, seed=[seed + 1_000_003 * k for seed in seeds]) for k in range(row.tries)]
    return [_best(versions, scorer) for versions in zip(*tries, strict=True)]


def _learned(painter: Painter, how: How, layout: Layout, seed: int, scorer: Scorer | None) -> BenchPicture:
    if scorer is None:
        raise BadRequest("tokens are kept where a scorer prefers them; give one")
    found = Incanter(painter, lambda image, asked: scorer(image, asked.scene.prompt))(layout, how, seed=seed)
    return BenchPicture(found.painting, found.seconds, found.forward_equivalents)


def _best(versions: Sequence[Painting], scorer: Scorer | None) -> BenchPicture:
    costs = [version.receipt.cost for version in versions]
    best = versions[0] if scorer is None or len(versions) == 1 else max(
        versions, key=lambda v: scorer(v.image, v.receipt.prompt))
    return BenchPicture(best, sum(c.seconds for c in costs), sum(c.forward_equivalents for c in costs))
