"""Shapes beyond boxes cover what they cover, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.check import check
from planner.scene import Box, Layout, Mask, Placement, Point, Polygon, Region, Scene, Thing
from planner.shapes import overlap, shape_of

ROOT = Path(__file__).resolve().parents[2]
SIDES = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.05, 0.5), st.floats(0.05, 0.5))


def placed(id: str, region: Region) -> Placement:
    return Placement(thing=id, box=region.envelope(), region=region)


def triangle(id: str, *points: tuple[float, float]) -> Placement:
    return placed(id, Polygon(points=tuple(Point(x=x, y=y) for x, y in points)))


LOWER = triangle("a", (0, 0), (1, 1), (0, 1))
UPPER = triangle("b", (0, 0), (1, 1), (1, 0))


def pair(a: Placement, b: Placement) -> Layout:
    things = tuple(Thing(id=p.thing, noun=p.thing, phrase=p.thing) for p in (a, b))
    return Layout(scene=Scene(things=things), placements=(a, b))


@given(SIDES, SIDES)
def test_on_boxes_the_overlap_is_that_of_the_closed_form(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    first, second = (Placement(thing="x", box=Box.of(x, y, x + w, y + h)) for x, y, w, h in (a, b))
    cover = overlap(first, second)
    assert cover.iou == pytest.approx(first.box.iou(second.box), abs=1e-9)
    smaller = min(first.box.area, second.box.area)
    assert cover.share == pytest.approx(first.box.shared(second.box) / smaller, abs=1e-9)


def test_two_triangles_that_share_an_envelope_and_a_side_do_not_overlap() -> None:
    assert overlap(LOWER, UPPER) == (0.0, 0.0)
    assert not [v for v in check(pair(LOWER, UPPER)) if v.kind == "overlap"]
    same = LOWER.model_copy(update={"thing": "b"})
    assert [v.kind for v in check(pair(LOWER, same))] == ["overlap"]


def test_a_mask_covers_its_cells() -> None:
    checkered = placed("m", Mask(columns=2, rows=2, runs=(0, 1, 2, 1)))
    assert shape_of(checkered).area == pytest.approx(0.5)
    assert overlap(checkered, Placement(thing="x", box=Box.of(0, 0, 1, 1))) == pytest.approx((1.0, 0.5))


def test_a_region_without_an_area_covers_nothing() -> None:
    line = triangle("l", (0, 0), (0.5, 0.5), (1, 1))
    assert overlap(line, LOWER) == (0.0, 0.0)
    assert not [v for v in check(pair(line, LOWER)) if v.kind == "overlap"]


def test_boxes_that_are_apart_are_checked_without_loading_shapely() -> None:
    code = """
import sys
from planner.check import check
from planner.scene import Box, Layout, Placement, Scene, Thing
things = tuple(Thing(id=i, noun=i, phrase=i) for i in "ab")
boxes = Box.of(0.1, 0.1, 0.4, 0.4), Box.of(0.5, 0.5, 0.9, 0.9)
placed = tuple(Placement(thing=t.id, box=b) for t, b in zip(things, boxes))
assert check(Layout(scene=Scene(things=things), placements=placed)) == []
assert not {"shapely", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
