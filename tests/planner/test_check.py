"""Checking a layout: each kind of fault is found, named with what to do, and nothing else is."""

import pytest

from planner.check import check, verdicts
from planner.claims import claims_of
from planner.overlap import allowed_pairs
from planner.scene import (
    Absent,
    Box,
    Canvas,
    Group,
    Layout,
    Lettering,
    Mask,
    Placement,
    Point,
    Polygon,
    Relation,
    Scene,
)
from planner.shapes import shape_of
from tests.planner.scenes import thing

CAT, DOG = thing("cat1", "cat", "white"), thing("dog1", "dog")


def layout(boxes: dict[str, tuple[float, float, float, float]], *relations: Relation, depths: tuple[int, ...] = (),
           canvas: Canvas | None = None, **scene: object) -> Layout:
    placed = tuple(Placement(thing=id, box=Box.of(*c), depth=(depths or tuple(range(len(boxes))))[i])
                   for i, (id, c) in enumerate(boxes.items()))
    things = scene.pop("things", (CAT, DOG))
    whole = Scene(things=things, relations=relations, **scene)
    return Layout(scene=whole, placements=placed, canvas=canvas or Canvas())


LEFT = Relation(kind="left_of", subjects=("cat1",), objects=("dog1",))
GOOD = {"cat1": (0.1, 0.4, 0.4, 0.7), "dog1": (0.6, 0.4, 0.9, 0.7)}


def test_a_good_layout_has_no_violations() -> None:
    assert check(layout(GOOD, LEFT)) == []


@pytest.mark.parametrize(("boxes", "kind", "said"), [
    ({"cat1": GOOD["cat1"]}, "missing", "`dog1` (a dog) has no box; add one"),
    (GOOD | {"owl1": (0.45, 0.1, 0.55, 0.2)}, "surplus", "`owl1` has a box and is not in the scene"),
    (GOOD | {"dog1": (0.8, 0.4, 1.1, 0.7)}, "outside", "the dog leaves the canvas: 10.0% beyond the right"),
    (GOOD | {"dog1": (0.8, 0.4, 0.81, 0.7)}, "too small", "the dog is too small to paint"),
    (GOOD | {"dog1": (0.3, 0.4, 0.6, 0.7)}, "overlap", "the white cat and the dog overlap (33% of the smaller one)"),
    ({"cat1": GOOD["dog1"], "dog1": GOOD["cat1"]}, "claim", "“the white cat is left of the dog” does not hold"),
])
def test_each_fault_is_named_with_what_to_do(boxes: dict, kind: str, said: str) -> None:
    found = check(layout(boxes, LEFT))
    assert kind in [v.kind for v in found]
    assert any(said in v.sentence for v in found)


def test_an_order_in_depth_that_is_stated_is_checked() -> None:
    over = {"cat1": (0.2, 0.5, 0.5, 0.8), "dog1": (0.3, 0.3, 0.7, 0.7)}
    front = Relation(kind="in_front_of", subjects=("cat1",), objects=("dog1",))
    assert check(layout(over, front, depths=(1, 0))) == []
    assert [v.kind for v in check(layout(over, front, depths=(0, 1)))] == ["claim"]


def test_overlap_is_a_property_of_the_relation() -> None:
    over = {"cat1": (0.3, 0.3, 0.6, 0.6), "dog1": (0.2, 0.3, 0.7, 0.9)}
    cases = {"on": False, "in_front_of": False, "near": False, "larger_than": True, "next_to": True}
    for kind, overlaps in cases.items():
        relation = Relation(kind=kind, subjects=("cat1",), objects=("dog1",))
        assert ("overlap" in [v.kind for v in check(layout(over, relation, depths=(1, 0)))]) == overlaps, kind


def test_what_is_worn_may_cover_what_its_wearer_may_cover() -> None:
    things = (thing("man1", "man"), thing("horse1", "horse"), thing("boot1", "boot"), thing("tree1", "tree"))
    relations = (Relation(kind="riding", subjects=("man1",), objects=("horse1",)),
                 Relation(kind="wearing", subjects=("man1",), objects=("boot1",)))
    allowed = allowed_pairs(Scene(things=things, relations=relations))
    assert frozenset(("boot1", "horse1")) in allowed
    assert frozenset(("man1", "tree1")) not in allowed


def test_every_claim_has_a_verdict_and_colours_are_left_to_the_picture() -> None:
    scene = {"background": "a beach", "style": ("watercolour",), "absent": (Absent(noun="owl", phrase="owl"),),
             "lettering": (Lettering(content="HELLO", host="cat1"),)}
    found = {v.claim.id: v.holds for v in verdicts(layout(GOOD, LEFT, **scene))}
    assert found == {
        "exists:cat1": True, "exists:dog1": True, "count:cat": True, "count:dog": True, "attribute:cat1:white": None,
        "relation:0:left_of:cat1-dog1": True, "absent:0:owl": True, "lettering:0": None, "background": None,
        "style:0": None}


def test_counts_are_exact_unless_the_words_leave_them_open() -> None:
    def count(at_most: int | None) -> tuple[int, int | None]:
        things = tuple(thing(f"cat{i}", "cat").model_copy(update={"group": "g1"}) for i in range(4))
        group = Group(id="g1", words="cats", at_least=3, at_most=at_most)
        (claim,) = [c for c in claims_of(Scene(things=things, groups=(group,))) if c.kind == "count"]
        return claim.at_least, claim.at_most
    assert count(None) == (3, None)
    assert count(6) == (3, 6)
    things = tuple(thing(f"cat{i}", "cat") for i in range(4))
    (exact,) = [c for c in claims_of(Scene(things=things)) if c.kind == "count"]
    assert (exact.at_least, exact.at_most) == (4, 4)


def test_a_group_counts_as_its_words_say_also_where_not_all_have_a_place() -> None:
    things = tuple(thing(f"cat{i}", "cat").model_copy(update={"group": "g1"}) for i in range(4))
    group = Group(id="g1", words="50 cats", at_least=50, at_most=50)
    (claim,) = [c for c in claims_of(Scene(things=things, groups=(group,))) if c.kind == "count"]
    assert (claim.at_least, claim.at_most, claim.sentence) == (50, 50, "there are exactly 50 × cat")
    animals = (things[0], thing("dog1", "dog").model_copy(update={"group": "g1"}))
    pair = group.model_copy(update={"at_least": 2, "at_most": 2})
    told = [c.sentence for c in claims_of(Scene(things=animals, groups=(pair,))) if c.kind == "count"]
    assert told == ["there is exactly 1 × cat", "there is exactly 1 × dog"]


def test_claims_have_unique_names_and_pairs_are_taken_one_by_one() -> None:
    cats = tuple(thing(f"cat{i}", "cat") for i in range(3))
    left = Relation(kind="left_of", subjects=("cat0", "cat1", "cat2"), objects=("dog1",))
    near = Relation(kind="near", subjects=("cat0", "cat1", "cat2"), objects=("dog1",))
    claims = claims_of(Scene(things=(*cats, DOG), relations=(left, near)))
    assert len({c.id for c in claims}) == len(claims)
    assert [len(c.things) for c in claims if c.kind == "relation"] == [1, 1, 1, 3]
    said = [c.sentence for c in claims if c.kind == "relation"]
    assert said[:2] == ["cat 1 is left of the dog", "cat 2 is left of the dog"]


def test_angles_are_angles_on_wide_canvases() -> None:
    diagonal = {"cat1": (0.3, 0.15, 0.4, 0.35), "dog1": (0.6, 0.55, 0.7, 0.75)}
    assert [v.kind for v in check(layout(diagonal, LEFT))] == ["claim"]
    assert check(layout(diagonal, LEFT, canvas=Canvas(width=1024, height=512))) == []


def test_regions_are_measured_by_their_shape_not_by_their_box() -> None:
    corner = Polygon(points=(Point(x=0.1, y=0.1), Point(x=0.5, y=0.1), Point(x=0.1, y=0.5)))
    other = Polygon(points=(Point(x=0.5, y=0.15), Point(x=0.5, y=0.5), Point(x=0.15, y=0.5)))
    placements = tuple(Placement(thing=id, box=r.envelope(), region=r) for id, r in (("cat1", corner), ("dog1", other)))
    assert check(Layout(scene=Scene(things=(CAT, DOG)), placements=placements)) == []
    plain = tuple(Placement(thing=p.thing, box=p.box) for p in placements)
    assert [v.kind for v in check(Layout(scene=Scene(things=(CAT, DOG)), placements=plain))] == ["overlap"]


def test_the_shape_of_a_mask_has_the_area_of_its_cells() -> None:
    mask = Mask(columns=10, rows=10, runs=(11, 3, 7, 3, 76))
    assert shape_of(Placement(thing="cat1", box=mask.envelope(), region=mask)).area == pytest.approx(0.06)


def several(kind: str, subjects: int, objects: int) -> list[tuple[int, int]]:
    some, others = tuple(f"a{i}" for i in range(subjects)), tuple(f"b{i}" for i in range(objects))
    things = (*(thing(id, "bird") for id in some), *(thing(id, "pole") for id in others))
    scene = Scene(things=things, relations=(Relation(kind=kind, subjects=some, objects=others),))
    return [(len(c.things), len(c.objects)) for c in claims_of(scene) if c.kind == "relation"]


@pytest.mark.parametrize(("kind", "subjects", "objects", "atoms"), [
    ("left_of", 2, 3, [(1, 1)] * 6),
    ("on", 4, 3, [(1, 3)] * 4),
    ("in_front_of", 5, 2, [(5, 2)]),
    ("wearing", 2, 2, [(1, 2), (1, 2), (2, 1), (2, 1)]),
    ("wearing", 3, 2, [(3, 1), (3, 1)]),
    ("holding", 1, 2, [(1, 1), (1, 1)]),
    ("holding", 2, 1, [(1, 1), (1, 1)]),
])
def test_what_is_said_of_several_is_shared_as_people_mean_it(
        kind: str, subjects: int, objects: int, atoms: list[tuple[int, int]]) -> None:
    assert several(kind, subjects, objects) == atoms
