"""Learned tokens against the baseline most likely to beat them: the best of as many seeds as the same compute buys."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL.Image import Image

from grounding.guide.incantation import Incantation, Incanter
from grounding.painter import Painter
from grounding.rendering import Painting
from grounding.settings import How
from planner.scene import Layout

STRIDE = 1_000_003
"""Further seeds are so far from the first."""

Judge = Callable[[Image, Layout], float]
"""How good a picture is, by something that neither chose it nor was optimised."""


class Best(NamedTuple):
    """The best of several seeds, by the same referee as the tokens had."""

    painting: Painting
    score: float
    tries: int
    forward_equivalents: float


class Duel(NamedTuple):
    """Both ways to spend the same compute on one layout, and what an independent judge makes of them and of the plain
    picture."""

    tokens: Incantation
    seeds: Best
    plain: float
    with_tokens: float
    with_seeds: float


class Tally(NamedTuple):
    """How often tokens did better than seeds, worse, and alike, and the judge's mean of each way."""

    won: int
    lost: int
    even: int
    plain: float
    with_tokens: float
    with_seeds: float


def best_of_seeds(painter: Painter, layout: Layout, how: How, referee: Judge, budget: float, *, seed: int = 0) -> Best:
    """As many pictures as `budget` forward-equivalents pay for (at least one), and the one that the referee prefers.

    The budget is rounded up to whole pictures, in favour of the seeds.
    """
    first = painter.paint(layout, how, seed=seed)[0]
    spent, tries = first.receipt.cost.forward_equivalents, 1
    best, score = first, referee(first.image, layout)
    while spent < budget and not math.isclose(spent, budget):
        other = painter.paint(layout, how, seed=(seed + STRIDE * tries) % 2**63)[0]
        spent, tries = spent + other.receipt.cost.forward_equivalents, tries + 1
        if (found := referee(other.image, layout)) > score:
            best, score = other, found
    return Best(best, score, tries, spent)


def duel(incanter: Incanter, layout: Layout, how: How, referee: Judge, judge: Judge, *, seed: int = 0) -> Duel:
    """Learn tokens (`how` says how), then spend what that cost on seeds, and let the judge compare. The `referee`
    chooses among the seeds; the incanter has its own."""
    tokens, bare = incanter(layout, how, seed=seed), how.but(tokens=None)
    seeds = best_of_seeds(incanter.painter, layout, bare, referee, tokens.forward_equivalents, seed=seed)
    plain = incanter.painter.paint(layout, bare, seed=seed)[0]
    return Duel(tokens, seeds, *(judge(p.image, layout) for p in (plain, tokens.painting, seeds.painting)))


def tally(duels: Sequence[Duel]) -> Tally:
    """The score of many duels."""
    won = sum(d.with_tokens > d.with_seeds for d in duels)
    lost = sum(d.with_tokens < d.with_seeds for d in duels)
    sums = (sum(values) / max(1, len(duels)) for values in
            ([d.plain for d in duels], [d.with_tokens for d in duels], [d.with_seeds for d in duels]))
    return Tally(won, lost, len(duels) - won - lost, *sums)
