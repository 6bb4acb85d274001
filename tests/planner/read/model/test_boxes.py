"""The unit of a model's boxes is told from the numbers; boxes that cannot be understood are left to the solver."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.read.model.boxes import GRID, boxes_of, turned
from planner.scene import Box, Canvas

WIDE = Canvas(width=1600, height=900)
SQUARE = Canvas(width=512, height=512)
CORNERS = {"cat": (0.1, 0.2, 0.4, 0.7), "dog": (0.55, 0.3, 0.95, 0.9)}


def scaled(across, down=None):
    down = across if down is None else down
    return {id: (a * across, b * down, c * across, d * down) for id, (a, b, c, d) in CORNERS.items()}


@pytest.mark.parametrize(("edges", "canvas", "note"), [
    (scaled(GRID), SQUARE, None), (scaled(1.0), SQUARE, "fractions"), (scaled(1600, 900), WIDE, "pixels of 1600 × 900"),
])
def test_grid_fractions_and_pixels_mean_the_same_boxes(edges, canvas, note):
    boxes, notes = boxes_of(edges, canvas)
    for id, corners in CORNERS.items():
        assert boxes[id].corners == pytest.approx(corners)
    assert [n for n in notes if note is None or note not in n] == []
    assert bool(notes) == (note is not None)


def test_per_cent_and_widths_are_told_from_the_numbers():
    sizes = {id: (a, b, c - a, d - b) for id, (a, b, c, d) in scaled(GRID).items()}
    sizes["owl"] = (500.0, 500.0, 200.0, 300.0)
    for edges, note in ((scaled(100), "per cent"), (sizes, "width and height")):
        boxes, notes = boxes_of(edges, SQUARE)
        assert boxes["cat"].corners == pytest.approx(CORNERS["cat"])
        assert note in notes[0]


@pytest.mark.parametrize(("edges", "canvas"), [
    ({"cat": CORNERS["cat"], "dog": scaled(GRID)["dog"]}, SQUARE),
    (scaled(4000), SQUARE),
    ({"a": (1000.0, 200.0, 1400.0, 800.0)}, Canvas(width=900, height=1600)),
], ids=["fractions among whole numbers", "beyond everything", "pixels turned"])
def test_boxes_without_a_common_unit_are_left_to_the_solver(edges, canvas):
    assert boxes_of(edges, canvas) == ({}, ("the boxes of the language model could not be understood",))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_box_with_an_edge_that_is_no_number_is_left_to_the_solver(bad):
    edges = scaled(GRID) | {"owl": (100.0, bad, 300.0, 300.0)}
    boxes, notes = boxes_of(edges, SQUARE)
    assert set(boxes) == {"cat", "dog"}
    assert notes == ()


def test_a_box_that_leaves_the_picture_is_cut_and_one_outside_is_left_out():
    edges = scaled(GRID) | {"in": (900.0, 900.0, 1080.0, 1050.0), "out": (1010.0, 100.0, 1090.0, 300.0)}
    boxes, notes = boxes_of(edges, SQUARE)
    assert boxes["in"].corners == pytest.approx((0.9, 0.9, 1.0, 1.0))
    assert "out" not in boxes
    assert len(notes) == 2


def test_one_flipped_box_among_good_ones_is_left_to_the_solver():
    boxes, _ = boxes_of(scaled(GRID) | {"owl": (500.0, 500.0, 400.0, 600.0)}, SQUARE)
    assert set(boxes) == {"cat", "dog"}


def test_no_boxes_at_all_are_no_mistake():
    assert boxes_of({"cat": (math.nan,) * 4}, SQUARE).boxes == {}
    assert boxes_of({}, SQUARE).boxes == {}


edge = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 2000) | st.integers(-5, 1100).map(float)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(edge, edge, edge, edge), max_size=8))
def test_any_numbers_give_boxes_on_the_canvas_or_none(edges):
    boxes, _ = boxes_of(edges, WIDE)
    assert all(0 <= b.x0 < b.x1 <= 1 and 0 <= b.y0 < b.y1 <= 1 for b in boxes.values())
    assert set(boxes) <= set(edges)


def test_turning_boxes_twice_gives_them_back():
    boxes = {"a": Box.of(0.1, 0.2, 0.4, 0.9)}
    assert turned(turned(boxes)) == boxes
    assert turned(boxes)["a"] == Box.of(0.2, 0.1, 0.9, 0.4)
