"""The picture of a report: what was judged shows where it is, whatever the size of the image."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from grounding.verify.picture import COLOUR, PANEL, SIDE, SURPLUS, draw
from grounding.verify.report import Report
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.verify import Verifier
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing
from tests.grounding.verify.oracle import Seen

BLANK = Image.new("RGB", (100, 60), (128, 128, 128))
WANTED, ELSEWHERE = Box.of(0.1, 0.3, 0.4, 0.9), Box.of(0.6, 0.3, 0.9, 0.9)


def report(*seen: tuple[str, Box, float], bystanders: tuple[str, ...] = ()) -> Report:
    scene = Scene(prompt="a cat", things=(Thing(id="cat1", noun="cat", phrase="a cat"),))
    layout = Layout(scene=scene, canvas=Canvas(width=100, height=60),
                    placements=(Placement(thing="cat1", box=WANTED),))
    return Verifier(Seen(*seen), None, Thresholds(noun=Cut(at=0.2, samples=9)), bystanders=bystanders).verify(
        BLANK, layout)


def edge_colours(sheet: Image.Image, box: Box, size: tuple[int, int]) -> set[tuple[int, ...]]:
    """The colours along the lower edge of a box, where no label lies."""
    pixels = np.asarray(sheet)
    y = round(box.y1 * size[1]) - 2
    return {tuple(int(v) for v in p) for p in pixels[y, round(box.x0 * size[0]):round(box.x1 * size[0])]}


SIZE = (640, 384)


def test_what_holds_is_green_what_is_missing_is_dashed_red_what_is_surplus_is_purple() -> None:
    assert COLOUR["holds"] in edge_colours(draw(BLANK, report(("cat", WANTED, 0.9))), WANTED, SIZE)
    missing = edge_colours(draw(BLANK, report()), WANTED, SIZE)
    assert COLOUR["fails"] in missing
    assert (128, 128, 128) in missing
    both = draw(BLANK, report(("cat", WANTED, 0.9), ("cat", ELSEWHERE, 0.8)))
    assert SURPLUS in edge_colours(both, ELSEWHERE, SIZE)
    other = draw(BLANK, report(("cat", WANTED, 0.9), ("dog", ELSEWHERE, 0.8), bystanders=("dog",)))
    assert SURPLUS in edge_colours(other, ELSEWHERE, SIZE)


@pytest.mark.parametrize("size", [(16, 16), (100, 60), (60, 300), (1600, 900)])
def test_small_images_are_enlarged_and_large_ones_kept(size: tuple[int, int]) -> None:
    sheet = draw(Image.new("RGB", size), report(("cat", WANTED, 0.9)))
    times = max(1.0, SIDE / max(size))
    assert sheet.width == round(size[0] * times) + PANEL
    assert sheet.height >= round(size[1] * times)


def test_the_panel_grows_with_what_there_is_to_say_and_long_words_are_cut() -> None:
    plain = report(("cat", WANTED, 0.9))
    long = plain.model_copy(update={"limits": tuple(f"{k} {'x' * 300} and more" for k in range(40))})
    assert draw(BLANK, long).height > draw(BLANK, plain).height + 40 * 20


@pytest.mark.parametrize("thin", [Box.of(0.5, 0.5, 0.9, 0.5011), Box.of(0.5, 0.2, 0.5011, 0.9),
                                  Box.of(0.9985, 0.9985, 1.0, 1.0), Box.of(-0.5, -0.5, 1.5, 1.5)])
def test_boxes_of_any_thinness_and_reach_are_drawn(thin: Box) -> None:
    assert draw(BLANK, report(("cat", thin, 0.9))).width == SIDE + PANEL
    assert draw(BLANK, report(("cat", WANTED, 0.9), ("cat", thin, 0.8))).width == SIDE + PANEL


def test_texts_are_drawn_in_signs_that_the_font_has() -> None:
    plain = report(("cat", WANTED, 0.9))
    accents, bare = (plain.model_copy(update={"prompt": prompt}) for prompt in ("“café” × 3 猫", '"cafe" x 3 ?'))
    assert draw(BLANK, accents).tobytes() == draw(BLANK, bare).tobytes()


def test_the_image_itself_is_not_touched() -> None:
    image = BLANK.copy()
    draw(image, report(("cat", WANTED, 0.9)))
    assert image.tobytes() == BLANK.tobytes()
