"""Guidance as a list of terms: a new one is a file and its settings, and several work together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import ClassVar, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.guide.guidance import Guidance, Passes, Scenes, guides_of, lifted
from grounding.guide.watch import Watch
from grounding.painter import Painter
from grounding.settings import GUIDED, Bind, How, Refocus, Term
from planner.scene import Box, Layout, Placement, Scene, Thing

CAT = Thing(id="c", noun="cat", phrase="a cat")
LEFT = Placement(thing="c", box=Box.of(0, 0, 0.5, 1))
LAYOUT = Layout(scene=Scene(prompt="a cat", things=(CAT,)), placements=(LEFT,))


class Boost(Term):
    """A term of a test's own: guidance that is so many times as strong."""

    home: ClassVar[str] = "boost"
    times: float = 1.0


class Boosted(How):
    """A way of painting that has such a term."""

    boost: Boost | None = None
    again: Boost | None = None


class Booster(Guidance):
    """What the term does."""

    def __init__(self, boost: Boost, scenes: Scenes, before: Sequence[Guidance]) -> None:
        self.boost, self.before, self.moved = boost, before, 0

    def lift(self, difference: Tensor, i: int) -> Tensor | None:
        return torch.full_like(difference[:, :1], self.boost.times)

    def cost(self, n: int) -> Passes:
        return Passes(truncated=0, backward=int(self.boost.times))


@pytest.fixture
def term(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the term, as it would lie in `grounding/guide`."""
    module = ModuleType("grounding.guide.boost")
    module.guidance = Booster  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "grounding.guide.boost", module)


def test_a_new_term_is_painted_with_and_several_multiply(backbone: StableDiffusion, term: None) -> None:
    def paint(how: How) -> Tensor:
        found = Painter(backbone).paint(LAYOUT, how, seed=3, keep=True)[0].trajectory
        assert found is not None
        return found.latents

    twice_thrice = paint(Boosted(steps=3, guidance_scale=1.5, boost=Boost(times=2.0), again=Boost(times=3.0)))
    torch.testing.assert_close(twice_thrice, paint(How(steps=3, guidance_scale=9.0)), rtol=1e-4, atol=1e-5)


def test_a_term_says_what_it_cost(backbone: StableDiffusion, term: None) -> None:
    cost = Painter(backbone).paint(LAYOUT, Boosted(steps=2, boost=Boost(times=5.0)))[0].receipt.cost
    assert (cost.full, cost.truncated, cost.backward) == (4, 0, 5)


def test_every_term_that_can_be_asked_for_has_a_file_that_makes_it() -> None:
    kinds = [kind for info in How.model_fields.values() for kind in get_args(info.annotation)
             if isinstance(kind, type) and issubclass(kind, Term)]
    assert kinds == [Bind, Refocus]
    for kind in kinds:
        assert callable(import_module(f"grounding.guide.{kind.home}").guidance)


def scenes(backbone: StableDiffusion) -> Scenes:
    words = backbone.encode(["a cat"])
    return Scenes(backbone, backbone.shape(128, 128), words, [None], backbone.stack(words), range(20))


def test_a_scene_that_places_nothing_is_not_bound_and_nothing_lifts(backbone: StableDiffusion) -> None:
    guides = guides_of(GUIDED, scenes(backbone))
    assert [guide.binds for guide in guides] == [False]
    assert lifted(guides, torch.ones(1, 4, 8, 8), 0) is None


def test_a_guidance_that_overrides_nothing_does_nothing(backbone: StableDiffusion) -> None:
    idle, x = Guidance(), torch.ones(1, 4, 8, 8)
    some = scenes(backbone)
    assert idle.move(x, x, 0) is x
    assert idle.columns(some.given, 0) is some.given
    assert (idle.hooks(0), idle.lift(x, 0), idle.cost(0), idle.last) == ([], None, Passes(), None)


@pytest.mark.parametrize(("total", "until"), [(1, 0), (2, 1), (10, 1), (20, 2), (50, 7), (100, 14)])
def test_where_nothing_moves_the_first_seventh_or_so_is_watched_and_never_less_than_two_steps(
        total: int, until: int) -> None:
    assert Watch([None], 40, total).until == until


def test_what_is_watched_and_not_guided_is_painted_as_if_nobody_looked(backbone: StableDiffusion) -> None:
    watched, alone = (Painter(backbone).paint(LAYOUT, How(steps=3, watch=watch), seed=1)[0] for watch in (True, False))
    assert np.array_equal(np.asarray(watched.image), np.asarray(alone.image))
    assert [a.thing for a in watched.receipt.attention] == ["c"]
    assert alone.receipt.attention == ()
