"""The types: strict, frozen, finite, consistent, and exact through JSON."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.scene import (
    Absent,
    Box,
    Canvas,
    Group,
    Layout,
    Lettering,
    Mask,
    Move,
    Placement,
    Point,
    Polygon,
    Relation,
    Scene,
    Spot,
    Thing,
)

coordinate = st.floats(-2, 3, allow_subnormal=False)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0 = draw(coordinate), draw(coordinate)
    return Box.of(x0, y0, x0 + draw(st.floats(0.001, 2)), y0 + draw(st.floats(0.001, 2)))


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    ids = [f"t{i}" for i in range(draw(st.integers(1, 5)))]
    things = tuple(Thing(id=id, noun=draw(text), phrase=draw(text), attributes=tuple(draw(st.lists(text, max_size=2))),
                         group=draw(st.sampled_from([None, "g"]))) for id in ids)
    relations = tuple(Relation(kind="left_of", subjects=(ids[0],), objects=(id,), words=draw(text)) for id in ids[1:])
    absent = (Absent(noun="dog", phrase=draw(text)),)
    scene = Scene(prompt=draw(text), things=things, relations=relations, absent=absent,
                  groups=(Group(id="g", words=draw(text), at_least=1, at_most=None),), background=draw(text),
                  style=(draw(text),), lettering=(Lettering(content=draw(text), host=ids[0]),), unread=(draw(text),))
    placements = tuple(Placement(thing=id, box=draw(boxes()), depth=draw(st.integers(-5, 5))) for id in ids)
    moves = (Move(thing=ids[0], before=draw(boxes()), after=draw(boxes()), why=draw(text)),)
    canvas = Canvas(width=draw(st.integers(1, 4096)), height=draw(st.integers(1, 4096)))
    return Layout(scene=scene, canvas=canvas, placements=placements, moves=moves, seed=draw(st.integers(0, 2**63)))


@given(layouts())
def test_a_layout_comes_back_from_json_exactly(layout: Layout) -> None:
    assert Layout.model_validate_json(layout.model_dump_json()) == layout
    assert '"schema_version":1' in layout.model_dump_json()


@pytest.mark.parametrize("corners", [
    (0.5, 0.0, 0.5, 1.0), (0.0, 0.7, 1.0, 0.2), (math.nan, 0.0, 1.0, 1.0), (0.0, 0.0, math.inf, 1.0),
    (0.0, 0.0, 512.0, 512.0), ("0", 0.0, 1.0, 1.0), (True, 0.0, 1.0, 1.0)])
def test_a_box_without_size_or_with_impossible_corners_is_refused(corners: tuple) -> None:
    with pytest.raises(ValidationError):
        Box.of(*corners)


@given(a=boxes(), b=boxes())
def test_intersection_over_union_is_symmetric_and_one_only_for_the_same_box(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert a.iou(a) == pytest.approx(1.0)
    assert 0 <= a.iou(b) <= 1 + 1e-9


@given(a=boxes(), b=boxes())
def test_a_hull_contains_its_boxes(a: Box, b: Box) -> None:
    hull = Box.hull([a, b])
    assert all(hull.x0 <= c.x0 and hull.y0 <= c.y0 and hull.x1 >= c.x1 and hull.y1 >= c.y1 for c in (a, b))


def test_nothing_can_be_changed_after_it_is_made() -> None:
    with pytest.raises(ValidationError):
        Box.of(0, 0, 1, 1).x0 = 0.5  # type: ignore[misc]


def test_unknown_fields_and_other_schema_versions_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Scene.model_validate_json('{"prompt": "x", "colour": "red"}')
    with pytest.raises(ValidationError, match="schema_version"):
        Scene.model_validate_json('{"schema_version": 2}')


CAT, DOG = Thing(id="cat", noun="cat", phrase="a cat"), Thing(id="dog", noun="dog", phrase="a dog")


@pytest.mark.parametrize(("fields", "said"), [
    ({"things": (CAT, CAT)}, "two things are called `cat`"),
    ({"things": (CAT,), "relations": (Relation(kind="on", subjects=("cat",), objects=("dog",)),)}, "no `dog`"),
    ({"things": (CAT,), "relations": (Relation(kind="on", subjects=("cat",), objects=("cat",)),)}, "to itself"),
    ({"things": (CAT.model_copy(update={"part_of": "cat"}),)}, "no `cat`"),
    ({"things": (CAT.model_copy(update={"group": "g"}),)}, "no `g`"),
    ({"absent": (Absent(noun="tail", phrase="tail", of="cat"),)}, "no `cat`"),
])
def test_a_scene_refers_only_to_what_is_there(fields: dict, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Scene(**fields)


@pytest.mark.parametrize(("fields", "said"), [
    ({"kind": "sideways_of", "subjects": ("a",), "objects": ("b",)}, "no relation `sideways_of`"),
    ({"kind": "on", "subjects": ("a",)}, "needs objects"),
    ({"kind": "on", "subjects": (), "objects": ("b",)}, "subjects"),
])
def test_a_relation_fits_its_row(fields: dict, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Relation(**fields)


def test_a_box_is_the_envelope_of_its_region() -> None:
    triangle = Polygon(points=(Point(x=0.1, y=0.2), Point(x=0.5, y=0.2), Point(x=0.3, y=0.9)))
    assert triangle.envelope() == Box.of(0.1, 0.2, 0.5, 0.9)
    assert Spot(x=0.5, y=0.5, radius=0.1).envelope().corners == pytest.approx((0.4, 0.4, 0.6, 0.6))
    mask = Mask(columns=4, rows=2, runs=(1, 2, 5))
    assert list(mask.inside()) == [(0, 1), (0, 2)]
    assert mask.envelope() == Box.of(0.25, 0.0, 0.75, 0.5)
    Placement(thing="cat", box=triangle.envelope(), region=triangle)
    with pytest.raises(ValidationError, match="envelope"):
        Placement(thing="cat", box=Box.of(0, 0, 1, 1), region=triangle)


@pytest.mark.parametrize("runs", [(1, 2), (8,), (0, 9)])
def test_a_mask_covers_its_grid_and_is_not_empty(runs: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        Mask(columns=4, rows=2, runs=runs)


def test_depth_orders_from_far_to_near() -> None:
    placements = (Placement(thing="cat", box=Box.of(0, 0, 1, 1), depth=3),
                  Placement(thing="dog", box=Box.of(0, 0, 1, 1), depth=-1))
    layout = Layout(scene=Scene(things=(CAT, DOG)), placements=placements)
    assert [p.thing for p in layout.far_to_near()] == ["dog", "cat"]


def test_a_thing_says_where_it_was_read_and_its_attributes_too_or_not_at_all() -> None:
    cat = Thing(id="cat", noun="cat", phrase="a red cat", attributes=("red",), mentions=((2, 9),),
                attribute_mentions=((2, 5),), weight=1.3)
    assert Thing.model_validate_json(cat.model_dump_json()) == cat
    assert Thing(id="cat", noun="cat", phrase="a red cat", attributes=("red",), attribute_mentions=(None,)).weight == 1
    for wrong in ({"mentions": ((9, 9),)}, {"mentions": ((-1, 2),)}, {"attribute_mentions": ((2, 5),)},
                  {"weight": 0.0}):
        with pytest.raises(ValidationError):
            Thing(id="cat", noun="cat", phrase="a cat", **wrong)


def test_what_was_stated_is_certain_and_certainty_is_a_share() -> None:
    assert Relation(kind="row", subjects=("cat",)).certainty == 1
    assert (Scene().confidence, Scene().canvas) == (1, None)
    with pytest.raises(ValidationError):
        Relation(kind="row", subjects=("cat",), certainty=1.1)
    with pytest.raises(ValidationError):
        Scene(confidence=-0.1)
