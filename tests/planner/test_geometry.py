"""The tests in the plane imply the published rules, here written down again from their descriptions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import geometry
from planner.geometry import Frame, Rect
from planner.relations import TABLE, arrangement, canvas, depth, plane, ring, size, support
from planner.relations.row import Pair

lengths = st.floats(0.03, 0.9)
rects = st.builds(Rect, st.floats(0, 1), st.floats(0, 1), lengths, lengths)


SQUARE = Frame(1.0, 1.0)


def margin(kind: str, a: Rect, b: Rect) -> float:
    return TABLE[kind].margin([a], [b], SQUARE)


def corners(r: Rect) -> tuple[float, float, float, float]:
    return r.cx - r.w / 2, r.cy - r.h / 2, r.cx + r.w / 2, r.cy + r.h / 2


def hrs_edges(kind: str, a: Rect, b: Rect) -> bool:
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = corners(a), corners(b)
    return {"left_of": ax0 < bx0, "right_of": ax1 > bx1, "above": ay0 < by0 or ay1 < by1,
            "below": ay1 > by1 or ay0 > by0}[kind]


def direction(kind: str, a: Rect, b: Rect) -> tuple[float, float]:
    """How far `a` lies from `b` along the relation's axis, and across it."""
    dx, dy = b.cx - a.cx, b.cy - a.cy
    return {"left_of": (dx, dy), "right_of": (-dx, dy), "above": (dy, dx), "below": (-dy, dx)}[kind]


def nsr_angle(kind: str, a: Rect, b: Rect) -> bool:
    along, across = direction(kind, a, b)
    return math.hypot(along, across) > 0 and along / math.hypot(along, across) > math.sqrt(0.5)


def geneval_margin(kind: str, a: Rect, b: Rect) -> bool:
    along, across = direction(kind, a, b)
    sizes = a.w + b.w if kind in ("left_of", "right_of") else a.h + b.h
    return max(along - 0.1 * sizes, 0) / max(math.hypot(along, across), 1e-12) > 0.5


def overlap(a: Rect, b: Rect) -> float:
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = corners(a), corners(b)
    both = max(min(ax1, bx1) - max(ax0, bx0), 0) * max(min(ay1, by1) - max(ay0, by0), 0)
    return both / (a.w * a.h + b.w * b.h - both)


@pytest.mark.parametrize("kind", ["left_of", "right_of", "above", "below"])
@given(a=rects, b=rects)
def test_what_holds_here_holds_by_every_published_rule(kind: str, a: Rect, b: Rect) -> None:
    if margin(kind, a, b) >= 0:
        assert direction(kind, a, b)[0] > 0
        assert hrs_edges(kind, a, b)
        assert nsr_angle(kind, a, b)
        assert geneval_margin(kind, a, b)
        assert overlap(a, b) < 0.1


@pytest.mark.parametrize("kind", ["left_of", "right_of", "above", "below"])
@given(a=rects, b=rects)
def test_a_slanted_order_keeps_all_rules_but_the_dominant_axis(kind: str, a: Rect, b: Rect) -> None:
    if TABLE[kind].margin([a], [b], SQUARE, slanted=True) >= 0:
        assert direction(kind, a, b)[0] > 0
        assert hrs_edges(kind, a, b)
        assert geneval_margin(kind, a, b)
        assert overlap(a, b) < 0.1


@pytest.mark.parametrize("row", [row for row in TABLE.values() if row.opposite], ids=lambda row: row.kind)
@given(a=rects, b=rects)
def test_opposites_agree_with_the_ends_exchanged(row, a: Rect, b: Rect) -> None:
    assert margin(row.kind, a, b) == pytest.approx(margin(row.opposite, b, a), abs=1e-9)


@pytest.mark.parametrize("kind", [row.kind for row in TABLE.values() if row.opposite and row.opposite != row.kind])
@given(a=rects, b=rects)
def test_a_relation_and_its_opposite_never_hold_together(kind: str, a: Rect, b: Rect) -> None:
    if TABLE[kind].nearer:
        pytest.skip("these differ in depth, not in the plane")
    opposite = TABLE[kind].opposite
    assert margin(kind, a, b) < 0 or margin(opposite, a, b) < 0


@given(a=rects, b=rects, c=rects)
def test_between_two_does_not_depend_on_their_order(a: Rect, b: Rect, c: Rect) -> None:
    assert geometry.between(a, [b, c]) == pytest.approx(geometry.between(a, [c, b]))


@given(a=rects, b=rects, c=rects)
def test_between_satisfies_the_edge_rule_on_one_axis(a: Rect, b: Rect, c: Rect) -> None:
    if geometry.between(a, [b, c]) >= 0:
        pairs = [("right_of", "left_of"), ("left_of", "right_of"), ("below", "above"), ("above", "below")]
        assert any(hrs_edges(p, a, b) and hrs_edges(q, a, c) for p, q in pairs)
        assert any(min(p, q) < m < max(p, q) for m, p, q in ((a.cx, b.cx, c.cx), (a.cy, b.cy, c.cy)))


def test_a_thing_is_surrounded_when_no_half_of_the_view_is_free() -> None:
    middle = Rect(0.5, 0.5, 0.1, 0.1)
    round_it = [Rect(0.5 + 0.3 * math.cos(t), 0.5 + 0.3 * math.sin(t), 0.1, 0.1) for t in (0.0, 2.1, 4.2)]
    one_side = [Rect(0.8, y, 0.1, 0.1) for y in (0.2, 0.5, 0.8)]
    assert geometry.surrounded_by(middle, round_it) == pytest.approx((math.pi - 2.1) / math.pi)
    assert geometry.surrounded_by(middle, one_side) < 0


@pytest.mark.parametrize(("a", "b", "kind", "by_hand"), [
    (Rect(0.5, 0.45, 0.2, 0.3), Rect(0.5, 0.75, 0.4, 0.4), "on", 0.07),
    (Rect(0.7, 0.45, 0.2, 0.3), Rect(0.5, 0.75, 0.4, 0.4), "on", 0.02),
    (Rect(0.5, 0.5, 0.1, 0.1), Rect(0.5, 0.5, 0.4, 0.4), "in", 0.1),
    (Rect(0.5, 0.5, 0.2, 0.6), Rect(0.5, 0.25, 0.1, 0.1), "wearing", 0.8),
    (Rect(0.5, 0.5, 0.2, 0.6), Rect(0.5, 0.15, 0.1, 0.1), "wearing", 0.02),
    (Rect(0.5, 0.5, 0.2, 0.6), Rect(0.5, 0.12, 0.1, 0.1), "wearing", -0.01),
    (Rect(0.5, 0.5, 0.2, 0.6), Rect(0.65, 0.5, 0.15, 0.1), "wearing", 0.025 / 0.15 - 0.2),
    (Rect(0.5, 0.5, 0.4, 0.4), Rect(0.5, 0.5, 0.2, 0.2), "larger_than", 4 / 1.3 - 1),
])
def test_margins_have_the_value_worked_out_by_hand(a: Rect, b: Rect, kind: str, by_hand: float) -> None:
    assert margin(kind, a, b) == pytest.approx(by_hand)


@given(a=rects, width=st.floats(1, 3))
def test_corners_are_the_conjunction_of_their_sides(a: Rect, width: float) -> None:
    frame = Frame(width, 1.0)
    sides = {"left": geometry.at_left, "right": geometry.at_right, "top": geometry.at_top, "bottom": geometry.at_bottom}
    for vertical in ("top", "bottom"):
        for horizontal in ("left", "right"):
            both = min(sides[vertical](a, frame), sides[horizontal](a, frame))
            assert TABLE[f"at_{vertical}_{horizontal}"].margin([a], [], frame) == both


@pytest.mark.parametrize("missing", ["test", "aim"])
def test_a_relation_without_a_test_or_an_aim_cannot_be_made(missing: str) -> None:
    given = {"test": geometry.on, "aim": TABLE["on"].aim} | {"say": "{a} leans on {b}"}
    del given[missing]
    with pytest.raises(TypeError, match=missing):
        Pair("leaning_on", (), **given)


def test_a_relation_that_aims_at_nothing_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="needs an aim, or sizes"):
        Pair("leaning_on", (), say="{a} leans on {b}", test=geometry.on, aim=None)


def test_no_relation_stands_in_two_modules() -> None:
    families = (plane, support, depth, ring, size, canvas, arrangement)
    kinds = [row.kind for family in families for row in family.ROWS]
    assert sorted([*kinds, "other"]) == sorted(TABLE)
    assert len(set(kinds)) == len(kinds) == 50


def test_denials_and_opposites_name_rows_that_exist() -> None:
    assert all(row.denial in TABLE for row in TABLE.values() if row.denial)
    assert all(TABLE[row.opposite].opposite == row.kind for row in TABLE.values() if row.opposite)
