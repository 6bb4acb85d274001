"""The numbers that verdicts hang on, each by what it does on either side of it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grounding.verify.gap import parted
from grounding.verify.judges import Sighting
from grounding.verify.match import cost
from grounding.verify.nms import distinct
from grounding.verify.occlusion import _balance
from grounding.verify.report import UNJUDGED, VITAL
from planner.scene import Box
from tests.grounding.verify.pets import cat


def sighting(box: Box, score: float) -> Sighting:
    return Sighting(query="a cat", box=box, score=score)


@pytest.mark.parametrize(("inside", "left"), [(0.79, 2), (0.81, 1)])
def test_a_box_of_which_four_fifths_lie_in_another_is_a_part_of_it(inside: float, left: int) -> None:
    whole, part = Box.of(0.0, 0.0, 0.8, 0.8), Box.of(0.8 - 0.2 * inside, 0.0, 1.0 - 0.2 * inside, 0.2)
    assert len(distinct([sighting(whole, 0.9), sighting(part, 0.8)])) == left


@pytest.mark.parametrize(("over", "left"), [(0.49, 2), (0.51, 1)])
def test_boxes_that_share_half_of_what_they_cover_are_one(over: float, left: int) -> None:
    shift = 0.5 * (1 - over) / (1 + over)
    a, b = Box.of(0.0, 0.0, 0.5, 0.5), Box.of(shift, 0.0, 0.5 + shift, 0.5)
    assert len(distinct([sighting(a, 0.9), sighting(b, 0.8)])) == left


def test_a_sure_sighting_is_a_fifth_of_its_score_cheaper() -> None:
    box = Box.of(0.1, 0.1, 0.3, 0.3)
    costs = [cost(cat(), sighting(box, score), None, lambda thing, seen: 1.0) for score in (0.0, 0.5, 1.0)]
    assert costs == pytest.approx([0.5, 0.4, 0.3])


def test_a_wrong_attribute_costs_twice_the_worst_place() -> None:
    here, there = Box.of(0.0, 0.0, 0.1, 0.1), Box.of(0.9, 0.9, 1.0, 1.0)
    wrong = cost(cat(), sighting(here, 0.0), here, lambda thing, seen: 0.0)
    far = cost(cat(), sighting(there, 0.0), here, lambda thing, seen: 1.0)
    assert (wrong, far) == pytest.approx((2.0, 1.0))


@pytest.mark.parametrize(("left", "balance"), [(0.05, -0.5), (0.1, -1.0), (0.4, -1.0)])
def test_two_good_explanations_of_what_is_shared_count_for_less(left: float, balance: float) -> None:
    shared, around = np.array([1 - left, left, 0.0]), np.array([0.0, 0.0, 1.0])
    first, second = np.array([1.0, 0.0, 0.0]), shared
    assert _balance(shared, [first, second], around) == pytest.approx(balance, abs=1e-6)
    assert _balance(shared, [second, first], around) == pytest.approx(-balance, abs=1e-6)


@pytest.mark.parametrize(("grey", "apart"), [(128 + 12, True), (128 + 16, False)])
def test_a_strip_parts_two_things_if_it_is_within_a_tenth_of_the_background(grey: int, apart: bool) -> None:
    image = Image.new("RGB", (100, 100), (128, 128, 128))
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 40, 79, 59), fill=(220, 30, 30))
    pen.rectangle((45, 40, 54, 59), fill=(grey, grey, grey))
    assert parted(image, Box.of(0.2, 0.4, 0.5, 0.6), Box.of(0.5, 0.4, 0.8, 0.6)) is apart


def test_what_is_vital_and_what_no_picture_would_settle() -> None:
    assert {"exists", "count", "relation", "part", "lettering", "background"} == VITAL
    assert {"unknown", "unseen"} == UNJUDGED
