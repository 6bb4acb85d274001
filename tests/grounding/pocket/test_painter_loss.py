"""The painter is helped while it grows up, and learns from pictures alone from then on."""

import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from grounding.pocket.training.lessons import Lesson
from grounding.pocket.training.unet import GROWN_UP, LEVELS, LOOKS, THINGS, Unet, importance, scheduler
from grounding.pocket.world import COLOURS, KINDS


class Shown:
    """The same two pictures again and again: a thing in a corner, spoken of by one word."""

    def lesson(self, count: int, random_numbers: torch.Generator) -> Lesson:
        owners = torch.zeros(count, 4, 4, dtype=torch.int64)
        owners[:, :2, :2] = 1
        looks = torch.zeros(count, 9, 3, dtype=torch.int64)
        looks[:, 0] = torch.tensor([len(KINDS), len(COLOURS), 3])
        spoken = torch.tensor([0, 1, 0], dtype=torch.uint8).expand(count, -1)
        return Lesson(torch.ones(count, 4, 4, 4), torch.zeros(count, 3, 8), owners, looks, spoken, spoken > 0, [[{}]])


class Still(nn.Module):
    """Predicts nothing, sees nothing, looks everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def forward(self, noisy: Tensor, steps: Tensor, states: Tensor) -> Tensor:
        self.count = len(noisy)
        return torch.zeros_like(noisy)

    def named(self) -> Tensor:
        self.asked += 1
        return torch.zeros(self.count, sum(LOOKS), 2, 2)

    def aimed(self) -> Tensor:
        return torch.full((self.count, 4, 3), 1 / 3)


def stage(seen: int) -> Any:
    unet: Any = object.__new__(Unet)
    unet.device, unet.batch, unet.seen = torch.device("cpu"), 4, seen
    unet.random, unet.words = torch.Generator().manual_seed(0), random.Random(0)
    unet.wholes, unet.crops, unet.empty = [Shown()] * len(LEVELS), Shown(), torch.zeros(3, 8)
    unet.scheduler, unet.model = scheduler(), Still()
    unet.noise_scales = unet.scheduler.alphas_cumprod
    return unet


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_aids_fade_while_it_grows_up(share: float) -> None:
    unet = stage(int(share * GROWN_UP))
    losses = unet.loss(0.0)
    alone = stage(GROWN_UP).loss(0.0)["loss"]
    added = float(losses["loss"]) - float(alone)
    assert {"named", "aimed"} < set(losses)
    whole = 0.03 * float(losses["named"]) + 0.05 * float(losses["aimed"])
    assert added == pytest.approx((1 - share) * whole, rel=0.05)


def test_nothing_but_pictures_teaches_it_afterwards() -> None:
    unet = stage(GROWN_UP)
    for _ in range(8):
        losses = unet.loss(0.0)
        assert set(losses) < {"loss", "v", "crop_v"}
    assert unet.model.asked == 0


def test_a_thing_that_may_be_in_two_places_is_not_taught_to_be_in_both() -> None:
    """What minimises the weighted square error is the weighted mean; in noise it has to be the mean itself."""
    here, there = torch.zeros(2, 1, 9), torch.zeros(2, 1, 9)
    here[0, 0, 1], there[1, 0, 7] = 1, 1
    shown = here + there
    kept = scheduler().alphas_cumprod
    for step, most in ((999, 0.51), (850, 0.52), (0, 0.76)):
        weights = importance(shown > 0, kept[[step, step]])[:, 0]
        best = (weights * shown).sum(0) / weights.sum(0)
        assert 0.5 < float(best[0, 1]) < most
        assert float(best[0, 7]) == pytest.approx(float(best[0, 1]))


def test_where_there_is_no_noise_an_error_on_a_thing_or_its_rim_weighs_more() -> None:
    shown = torch.zeros(1, 5, 5, dtype=torch.bool)
    shown[0, 2, 1] = True
    weights = importance(shown, torch.ones(1))[0, 0]
    assert weights[1:4, :3].unique().tolist() == [THINGS]
    assert weights.sum() == 9 * THINGS + 16
