"""Whether background runs between two things, on pictures drawn for it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grounding.verify.gap import parted
from grounding.verify.thresholds import Thresholds
from planner.scene import Box, Scene
from tests.grounding.verify.pets import cat, only, verify

RED, BLUE, SAND = (200, 30, 30), (30, 30, 200), (210, 190, 150)


def discs(*centres: tuple[float, float], radius: float = 0.15, size: int = 128, colour: tuple[int, int, int] = RED,
          background: tuple[int, int, int] = SAND) -> tuple[Image.Image, list[Box]]:
    """Discs, and their boxes."""
    image = Image.new("RGB", (size, size), background)
    pencil = ImageDraw.Draw(image)
    boxes = [Box.around(x, y, 2 * radius, 2 * radius) for x, y in centres]
    for box in boxes:
        pencil.ellipse([round(size * side) for side in box.corners], fill=colour)
    return image, boxes


@pytest.mark.parametrize("size", [64, 128, 512])
@pytest.mark.parametrize(("x", "apart"), [(0.75, True), (0.63, True), (0.52, False), (0.42, False)])
def test_discs_whose_boxes_overlap_are_two_while_there_is_background_between_them(x: float, apart: bool, size: int,
                                                                                  ) -> None:
    image, (a, b) = discs((0.4, 0.35), (x, 0.58), size=size)
    assert parted(image, a, b) is apart
    assert parted(image, b, a) is apart


def test_boxes_that_overlap_though_the_things_are_far_apart_do_not_matter() -> None:
    image, (a, b) = discs((0.25, 0.5), (0.75, 0.5))
    wide = [Box.of(a.x0, a.y0, 0.55, a.y1), Box.of(0.45, b.y0, b.x1, b.y1)]
    assert a.shared(b) == 0 < wide[0].shared(wide[1])
    assert parted(image, *wide)


def test_things_that_a_third_one_joins_are_not_parted() -> None:
    image, (a, b) = discs((0.3, 0.3), (0.7, 0.7), radius=0.12)
    assert parted(image, a, b)
    ImageDraw.Draw(image).line([128 * 0.3, 128 * 0.3, 128 * 0.7, 128 * 0.7], fill=BLUE, width=14)
    assert not parted(image, a, b, [Box.of(0.3, 0.3, 0.7, 0.7)])


def test_where_things_look_like_the_background_nothing_is_claimed() -> None:
    image, (a, b) = discs((0.3, 0.5), (0.7, 0.5), colour=(215, 190, 150))
    assert not parted(image, a, b)


def test_on_a_background_of_all_colours_nothing_is_claimed() -> None:
    image, (a, b) = discs((0.3, 0.5), (0.7, 0.5))
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    busy = Image.fromarray(noise).resize(image.size, Image.Resampling.NEAREST)
    assert not parted(busy, a, b)


def test_where_no_background_is_to_be_seen_nothing_is_claimed() -> None:
    image, (a, b) = discs((0.25, 0.5), (0.75, 0.5))
    assert not parted(image, Box.of(0, 0, 0.55, 1), Box.of(0.45, 0, 1, 1))
    assert not parted(image, a, b, [Box.of(0, 0, 1, 1)])


def test_a_count_is_in_doubt_only_where_the_things_touch() -> None:
    scene, cut = Scene(things=(cat(1), cat(2))), Thresholds(touching=0.0)
    planned = {"cat1": Box.of(0.05, 0.1, 0.35, 0.5), "cat2": Box.of(0.6, 0.5, 0.9, 0.9)}
    for x, ruling in ((0.63, "holds"), (0.52, "cannot tell")):
        image, seen = discs((0.4, 0.35), (x, 0.58))
        report = verify(scene, [("cat", box, 0.9) for box in seen], thresholds=cut, image=image, **planned)
        assert only(report, "count").ruling == ruling
