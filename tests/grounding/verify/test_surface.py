"""Pixels tell whether a thing is of one colour and whether a backdrop shows anything."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grounding.verify.pocket import VOCABULARY
from grounding.verify.report import Report
from grounding.verify.surface import Surface, second_colour, to_lab
from grounding.verify.verify import Verifier
from planner.scene import Box, Scene
from tests.grounding.verify.oracle import Scripted, Seen
from tests.grounding.verify.pets import EXACT, cat, plan

BOX = Box.of(0.25, 0.25, 0.75, 0.75)
RED, GREEN, BROWN, BLACK, WHITE = (222, 44, 48), (52, 160, 70), (126, 78, 46), (30, 30, 32), (254, 254, 252)


def halves(first: tuple[int, int, int], second: tuple[int, int, int], share: float) -> Image.Image:
    """A square on grey, so much of it in the second colour."""
    image = Image.new("RGB", (128, 128), (200, 200, 205))
    pen = ImageDraw.Draw(image)
    pen.rectangle((32, 32, 95, 95), fill=first)
    pen.rectangle((32, round(96 - 64 * share), 95, 95), fill=second)
    return image


def test_lightness_and_hue_of_known_colours() -> None:
    lab = to_lab(np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0]], dtype=np.float32))
    assert lab[0] == pytest.approx([100, 0, 0], abs=0.1)
    assert lab[1] == pytest.approx([0, 0, 0], abs=0.1)
    assert lab[2] == pytest.approx([53.24, 80.09, 67.2], abs=0.1)


@pytest.mark.parametrize("share", [0.25, 0.4])
def test_the_second_colour_of_a_thing_is_measured(share: float) -> None:
    assert Surface(halves(RED, GREEN, share), [BOX]).second(BOX) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize(("first", "second", "share"), [
    (RED, RED, 0.5), (BROWN, BLACK, 0.4), (RED, (164, 18, 34), 0.5), (RED, (200, 200, 205), 0.3)])
def test_shades_of_one_colour_and_the_backdrop_are_no_second_one(first: tuple[int, int, int],
                                                                 second: tuple[int, int, int], share: float) -> None:
    assert Surface(halves(first, second, share), [BOX]).second(BOX) < 0.02


def test_dark_parts_count_whole_and_light_ones_half() -> None:
    dark = Surface(halves(RED, BLACK, 0.3), [BOX]).second(BOX)
    light = Surface(halves(RED, WHITE, 0.3), [BOX]).second(BOX)
    assert dark == pytest.approx(0.3, abs=0.03)
    assert light == pytest.approx(0.15, abs=0.03)


def test_what_has_no_colour_at_all_has_no_second_one() -> None:
    assert second_colour(np.full((100, 3), [50, 0, 0], dtype=np.float32)) == 0.0


def look(image: Image.Image, mixed: float = 0.2, even: float = 0.0, background: str = "",
         scorer: Scripted | None = None) -> Report:
    cuts = EXACT.model_copy(update={"mixed": mixed, "even": even})
    return Verifier(Seen(("cat", BOX, 0.9)), scorer, cuts, vocabulary=VOCABULARY).verify(
        image, plan(Scene(things=(cat(),), background=background), cat1=BOX))


@pytest.mark.parametrize(("share", "mixed", "doubt"), [(0.4, 0.2, "mixed"), (0.1, 0.2, None), (0.4, 1.0, None)])
def test_a_thing_of_two_colours_may_not_be_one_thing(share: float, mixed: float, doubt: str | None) -> None:
    report = look(halves(RED, GREEN, share), mixed)
    assert report.finding("exists:cat1").doubt == doubt
    assert report.passed == (doubt is None)
    if doubt:
        assert "of it is of a second colour: cannot tell if it is one thing" in report.finding("exists:cat1").sentence
        assert [(p.kind, p.things) for p in report.problems] == [("missing", ("cat1",))]
        assert report.worth_another_round


def bands() -> Image.Image:
    image = halves(RED, RED, 0.5)
    ImageDraw.Draw(image).rectangle((0, 100, 127, 127), fill=GREEN)
    return image


@pytest.mark.parametrize(("image", "setting", "doubt"), [
    (halves(RED, RED, 0.5), "a city", "unclear"), (bands(), "a city", None), (halves(RED, RED, 0.5), "the sky", None)])
def test_an_even_backdrop_shows_no_setting(image: Image.Image, setting: str, doubt: str | None) -> None:
    scorer = Scripted({setting.split()[-1]: 9.0})
    report = look(image, even=5.0, background=setting, scorer=scorer)
    assert report.finding("background").doubt == doubt
    assert report.passed == (doubt is None)
    assert look(image, background=setting, scorer=scorer).passed
