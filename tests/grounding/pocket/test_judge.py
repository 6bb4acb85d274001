"""The judge sees what was drawn, also when things touch, are spoilt or are of another size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.pocket.judge import FoundThing, judge, main
from grounding.pocket.judge_exam import Marks, examine, iou, overlaps, scenes, softened, summary, wilson
from grounding.pocket.judge_pixels import read, to_lab
from grounding.pocket.judge_shapes import drawn
from grounding.pocket.placing import fit
from grounding.pocket.world import BACKGROUNDS, COLOURS, KINDS, STYLES, Picture, Piece, draw, picture


def named(found: tuple[FoundThing, ...]) -> list[tuple[str, str]]:
    return sorted((one.kind, one.colour) for one in found)


def test_the_judge_is_right_about_scenes_without_overlap() -> None:
    marks = examine(judge, scenes(8, overlapping=False))
    assert marks.scenes_right == marks.scenes == 8
    assert marks.right == marks.items
    assert marks.made_up == 0
    assert marks.mean_iou > 0.9


def test_the_judge_is_right_about_soft_and_noisy_pictures() -> None:
    marks = examine(judge, scenes(6, overlapping=False), softened)
    assert marks.right >= 0.95 * marks.items


@pytest.mark.parametrize("number", range(0, len(KINDS), 3))
def test_every_third_kind_is_known_in_some_colour_and_setting(number: int) -> None:
    colour, style = list(COLOURS)[number % 10], STYLES[number % 4]
    item = Piece(KINDS[number], colour, "plain", "medium", (0.3, 0.3, 0.65, 0.65), 0)
    shown = Picture((item,), background=BACKGROUNDS[number % 10], style=style)
    assert named(judge(draw(shown))) == [(item.kind, colour)]


def test_touching_things_of_different_colours_are_told_apart() -> None:
    ball = Piece("ball", "red", "plain", "medium", (0.2, 0.3, 0.5, 0.6), 0)
    box = Piece("box", "blue", "plain", "medium", (0.49, 0.3, 0.76, 0.61), 1)
    assert named(judge(draw(Picture((ball, box))))) == [("ball", "red"), ("box", "blue")]


@pytest.mark.parametrize("kind", ["star", "dog", "car", "house", "umbrella", "mushroom", "lamp", "boat"])
def test_things_of_one_kind_and_colour_that_touch_are_told_apart(kind: str) -> None:
    *_, width, height = fit(kind, 0.3, 0.0, 0.0)
    left, right, top = 0.5 - width + 0.01, 0.49, 0.35
    boxes = [(left, top, left + width, top + height), (right, top, right + width, top + height)]
    items = tuple(Piece(kind, "green", "plain", "medium", box, 0) for box in boxes)
    assert named(judge(draw(Picture(items)))) == [(kind, "green")] * 2


def test_a_thing_in_front_of_another_is_seen_with_it() -> None:
    house = Piece("house", "yellow", "plain", "large", (0.2, 0.2, 0.7, 0.7), 0)
    car = Piece("car", "blue", "plain", "medium", (0.5, 0.55, 0.82, 0.73), 1)
    assert named(judge(draw(Picture((house, car))))) == [("car", "blue"), ("house", "yellow")]


@pytest.mark.parametrize("side", [64, 127, 128])
def test_a_thing_may_fill_nearly_all_of_the_picture(side: int) -> None:
    for length in range(side - 4, side + 1):
        assert drawn("book", "flat", length, length, side).shape == (length, length)
    bird = Piece("bird", "blue", "plain", "large", (0.0, 0.14, 0.99, 0.82), 0)
    assert named(judge(draw(Picture((bird,)), 128))) == [("bird", "blue")]


def test_a_slight_cast_of_colour_changes_nothing() -> None:
    items = (
        Piece("cup", "green", "striped", "medium", (0.1, 0.1, 0.42, 0.4), 0),
        Piece("cat", "pink", "plain", "medium", (0.55, 0.5, 0.84, 0.86), 1),
    )
    warm = np.clip(draw(Picture(items)).astype(int) + np.array([7, -2, -8]), 0, 255).astype(np.uint8)
    assert named(judge(warm)) == [("cat", "pink"), ("cup", "green")]


def test_a_faint_thing_is_seen_by_its_rim() -> None:
    star = Piece("star", "white", "spotted", "small", (0.4, 0.4, 0.59, 0.58), 0)
    shown = softened(draw(Picture((star,), background="plain", style="pastel")), 1)
    assert named(judge(shown)) == [("star", "white")]


def test_a_thing_whose_details_are_smudged_is_still_that_thing() -> None:
    bus = Piece("bus", "red", "plain", "large", (0.2, 0.3, 0.8, 0.6), 0)
    pixels = draw(Picture((bus,)))
    pixels[50:62, 34:96] = (216, 52, 52)  # no windows
    (found,) = judge(pixels)
    assert (found.kind, found.colour) == ("bus", "red")


@pytest.mark.parametrize("stain", [(196, 60, 50), (150, 80, 40)])
def test_a_stain_on_a_thing_is_no_thing(stain: tuple[int, int, int]) -> None:
    ball = Piece("ball", "orange", "plain", "large", (0.2, 0.2, 0.7, 0.7), 0)
    pixels = draw(Picture((ball,)))
    pixels[60:66, 34:64] = stain
    assert named(judge(pixels)) == [("ball", "orange")]


def test_a_crisp_thing_on_another_is_a_thing() -> None:
    house = Piece("house", "yellow", "plain", "large", (0.1, 0.1, 0.9, 0.9), 0)
    star = Piece("star", "blue", "plain", "small", (0.4, 0.5, 0.6, 0.7), 1)
    assert named(judge(draw(Picture((house, star))))) == [("house", "yellow"), ("star", "blue")]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_an_empty_background_is_recognised_and_holds_nothing(background: str, style: str) -> None:
    empty = draw(Picture((), background=background, style=style, seed=5))
    assert judge(empty) == ()
    assert read(empty, None, None).setting == (background, style)


@pytest.mark.parametrize("size", [96, 192])
def test_pictures_of_other_sizes_are_judged_alike(size: int) -> None:
    scene = picture(7, level=1)
    found = judge(draw(scene, size))
    assert named(found) == sorted((item.kind, item.colour) for item in scene.items)


def test_the_box_is_that_of_the_item() -> None:
    item = Piece("star", "green", "plain", "medium", (0.31, 0.42, 0.61, 0.72), 0)
    (found,) = judge(draw(Picture((item,))))
    assert iou(found.box, item.box) > 0.9
    assert found.size == "medium"
    assert 0.9 < found.confidence <= 1


def test_a_known_setting_may_be_given() -> None:
    scene = picture(9, level=1)
    image = draw(scene)
    assert judge(image, background=scene.background, style=scene.style) == judge(image)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), dtype=np.uint8),
        np.zeros((8, 9, 3), dtype=np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((8, 8, 4), dtype=np.uint8),
    ],
)
def test_what_is_not_a_picture_is_refused(image: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="square uint8 RGB"):
        judge(image)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="background"):
        judge(draw(picture(1)), background="volcano")
    with pytest.raises(ValueError, match="style"):
        judge(draw(picture(1)), style="cubist")


@pytest.mark.parametrize("fill", [0, 127, 255])
def test_one_flat_tone_holds_no_items(fill: int) -> None:
    assert len(judge(np.full((64, 64, 3), fill, dtype=np.uint8))) <= 1


def test_noise_is_survived() -> None:
    judge(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))


def test_lab_of_known_colours() -> None:
    lab = to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    assert lab == pytest.approx(np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.2]]), abs=0.2)


def test_the_examination_counts_what_it_says() -> None:
    ball = Piece("ball", "red", "plain", "medium", (0.1, 0.1, 0.4, 0.4), 0)
    cup = Piece("cup", "blue", "spotted", "medium", (0.6, 0.6, 0.9, 0.9), 0)

    def sees(_: object) -> list[FoundThing]:
        wrong_colour = FoundThing("cup", "green", "plain", cup.box, 1.0)
        return [
            FoundThing("ball", "red", "plain", ball.box, 1.0),
            wrong_colour,
            FoundThing("hat", "red", "plain", (0, 0, 0.1, 0.1), 1.0),
        ]

    assert examine(sees, [Picture((ball, cup))]) == Marks(1, 0, 2, 1, 1, 1, 1.0)
    assert examine(sees, [Picture((ball,))]).scenes_right == 0
    assert examine(lambda _: sees(_)[:1], [Picture((ball,))]).scenes_right == 1


@given(st.integers(0, 500), st.integers(1, 500))
@settings(deadline=None)
def test_the_interval_of_a_share_holds_it(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) <= high <= 1


def test_intervals_and_overlaps_of_known_cases() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert all(overlaps(scene) for scene in scenes(3, overlapping=True))
    assert not any(overlaps(scene) for scene in scenes(3, overlapping=False))


def test_the_command_prints_a_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--scenes", "1"])
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in printed] == ["apart", "apart, softened", "overlapping"]


def test_a_summary_names_the_shares() -> None:
    line = summary("row", Marks(10, 9, 20, 19, 19, 0, 0.95))
    assert line.startswith("row: kind and colour 95.00% of 20 items")
    assert "90.00% of 10" in line
