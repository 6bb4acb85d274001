"""Who covers whom, told by colours, on pocket pictures whose order in depth is known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from grounding.pocket.world import picture
from grounding.verify.occlusion import SURE, coverage
from planner.scene import Box
from tests.grounding.verify.oracle import image_of


def test_exchanging_the_boxes_exchanges_the_sign() -> None:
    drawn = picture(11)
    boxes = [Box.of(0.1, 0.1, 0.7, 0.7), Box.of(0.4, 0.3, 0.9, 0.9)]
    there, back = coverage(image_of(drawn), *boxes), coverage(image_of(drawn), *boxes[::-1])
    assert there is not None
    assert back is not None
    assert there == pytest.approx(-back)


def test_boxes_that_share_nothing_tell_nothing() -> None:
    assert coverage(Image.new("RGB", (50, 50)), Box.of(0.0, 0.0, 0.3, 0.3), Box.of(0.6, 0.6, 0.9, 0.9)) is None


def test_equal_boxes_tell_nothing() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    assert coverage(noise, Box.of(0.1, 0.1, 0.5, 0.5), Box.of(0.1, 0.1, 0.5, 0.5)) is None


def test_a_thing_within_another_is_nearer_where_its_colours_show() -> None:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[10:90, 10:90] = (20, 20, 200)
    inner, outer = Box.of(0.4, 0.4, 0.6, 0.6), Box.of(0.1, 0.1, 0.9, 0.9)
    hidden = coverage(Image.fromarray(pixels), inner, outer)
    pixels[40:60, 40:60] = (200, 20, 20)
    shown = coverage(Image.fromarray(pixels), inner, outer)
    assert hidden == pytest.approx(-1.0)
    assert shown == pytest.approx(1.0)


def test_on_pocket_pictures_it_decides_most_orders_and_is_nearly_always_right() -> None:
    decided, right, asked = 0, 0, 0
    for seed in range(1000):
        drawn = picture(seed)
        for link in drawn.relations:
            if link.kind in ("in_front_of", "behind", "in"):
                near, far = (drawn.items[k] for k in (link.subject, link.object))
                found = coverage(image_of(drawn), Box.of(*near.box), Box.of(*far.box))
                asked += 1
                if found is not None and abs(found) >= SURE:
                    decided += 1
                    right += (found > 0) == (near.depth > far.depth)
    assert asked > 60
    assert decided / asked >= 0.7
    assert right / decided >= 0.95
