"""The solver: everything satisfiable is satisfied, hints move little, locked boxes never, conflicts are minimal."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.check import check, verdicts
from planner.errors import BadInput, Conflict
from planner.place import place
from planner.read.grammar import read
from planner.relations import TABLE
from planner.scene import Absent, Box, Canvas, Relation, Scene
from tests.planner.scenes import NOUNS, satisfiable, thing

PAIRS = sorted(kind for kind, row in TABLE.items() if row.arity in ("pair", "pool"))
ARRANGEMENTS = sorted(kind for kind, row in TABLE.items() if row.arity == "arrangement")
CANVASES = [Canvas(), Canvas(width=1024, height=576), Canvas(width=512, height=1024)]


def pair(kind: str, first: str = "cat", second: str = "dog", negated: bool = False) -> Scene:
    return Scene(prompt=f"{first} {kind} {second}", things=(thing("a", first), thing("b", second)),
                 relations=(Relation(kind=kind, subjects=("a",), objects=("b",), negated=negated),))


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda c: f"{c.width}x{c.height}")
@pytest.mark.parametrize("kind", PAIRS)
def test_every_pair_relation_is_satisfied_between_any_nouns(kind: str, canvas: Canvas) -> None:
    nouns = itertools.product(("cat", "house", "bottle", "person"), ("sofa", "mouse", "dog"))
    for seed, (first, second) in enumerate(nouns):
        assert check(place(pair(kind, first, second), seed=seed, canvas=canvas)) == []


@pytest.mark.parametrize("kind", [k for k in PAIRS if TABLE[k].denial])
def test_a_negated_relation_does_not_hold_on_the_result(kind: str) -> None:
    layout = place(pair(kind, negated=True))
    assert check(layout) == []
    (verdict,) = [v for v in verdicts(layout) if v.claim.kind == "relation"]
    assert verdict.holds


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 9, 12])
@pytest.mark.parametrize("kind", ARRANGEMENTS)
def test_every_arrangement_is_formed_by_any_number(kind: str, n: int) -> None:
    ids = tuple(f"cup{i}" for i in range(n))
    things = tuple(thing(id, "cup") for id in ids)
    scene = Scene(prompt=kind, things=things, relations=(Relation(kind=kind, subjects=ids),))
    assert check(place(scene)) == []


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda c: f"{c.width}x{c.height}")
@pytest.mark.parametrize("kind", sorted(k for k, row in TABLE.items() if row.arity == "alone"))
def test_every_place_on_the_canvas_is_reached_by_large_and_small(kind: str, canvas: Canvas) -> None:
    for noun in ("house", "mouse", "bus", "person"):
        scene = Scene(prompt=kind, things=(thing("a", noun), thing("b", "dog")),
                      relations=(Relation(kind=kind, subjects=("a",)),))
        assert check(place(scene, canvas=canvas)) == []


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 10**6))
def test_what_some_boxes_satisfy_is_satisfied(seed: int) -> None:
    scene, _ = satisfiable(seed, most=6)
    try:
        layout = place(scene, seed=seed)
    except Conflict:
        _, boxes = satisfiable(seed, most=6)
        layout = place(scene, hints=boxes)
    assert check(layout) == []


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_the_boxes_that_a_scene_was_read_from_are_left_where_they_are(seed: int) -> None:
    scene, boxes = satisfiable(seed)
    layout = place(scene, hints=boxes)
    assert layout.boxes == boxes
    assert layout.moves == ()


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_placing_a_placed_layout_changes_nothing(seed: int) -> None:
    scene, boxes = satisfiable(seed)
    layout = place(scene, hints={id: Box.around(b.cx + 0.03, b.cy, b.w, b.h) for id, b in boxes.items()}, seed=seed)
    assert place(scene, hints=layout.boxes, seed=seed + 1).boxes == layout.boxes


def test_a_small_fault_in_the_hints_is_mended_by_a_small_move() -> None:
    hints = {"a": Box.around(0.42, 0.5, 0.2, 0.2), "b": Box.around(0.6, 0.5, 0.2, 0.2)}
    layout = place(pair("left_of"), hints=hints)
    assert check(layout) == []
    assert layout.moves == ()
    overlapping = hints | {"b": Box.around(0.5, 0.5, 0.2, 0.2)}
    moved = place(pair("left_of"), hints=overlapping)
    assert check(moved) == []
    assert all(math.hypot(m.before.cx - m.after.cx, m.before.cy - m.after.cy) < 0.08 for m in moved.moves)
    assert {m.thing for m in moved.moves} == {"a", "b"}
    assert all("the cat is left of the dog" in m.why for m in moved.moves)


def test_a_box_off_the_canvas_is_brought_back_and_the_reason_given() -> None:
    scene = Scene(things=(thing("a", "cat"),))
    layout = place(scene, hints={"a": Box.around(1.0, 0.5, 0.2, 0.2)})
    assert check(layout) == []
    assert [m.why for m in layout.moves] == ["it left the canvas"]
    assert layout.boxes["a"].x1 == pytest.approx(1.0)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_locked_boxes_keep_every_bit(seed: int) -> None:
    scene, boxes = satisfiable(seed, most=5)
    held = sorted(boxes)[0]
    shifted = {id: Box.around(b.cx + 0.02, b.cy - 0.01, b.w, b.h) for id, b in boxes.items()} | {held: boxes[held]}
    try:
        layout = place(scene, hints=shifted, locked={held}, seed=seed)
    except Conflict:
        layout = place(scene, hints=boxes, locked={held}, seed=seed)
    assert layout.boxes[held] == boxes[held]
    assert check(layout) == []
    assert [p.locked for p in layout.placements] == [p.thing == held for p in layout.placements]


def test_locked_boxes_that_contradict_a_claim_are_named_with_it() -> None:
    hints = {"a": Box.around(0.8, 0.5, 0.2, 0.2), "b": Box.around(0.2, 0.5, 0.2, 0.2)}
    with pytest.raises(Conflict) as caught:
        place(pair("left_of"), hints=hints, locked={"a", "b"})
    assert caught.value.claims == ("the cat is left of the dog", "the box of the cat is locked",
                                   "the box of the dog is locked")


def test_the_same_arguments_give_the_same_layout_and_another_seed_another() -> None:
    scene, _ = satisfiable(7)
    layouts = [place(scene, seed=seed) for seed in range(6)]
    assert layouts == [place(scene, seed=seed) for seed in range(6)]
    assert len({tuple(sorted((k, b.corners) for k, b in layout.boxes.items())) for layout in layouts}) == 6


@pytest.mark.parametrize("n", [1, 2, 5, 12, 25, 40])
def test_up_to_forty_things_fit_and_can_be_painted(n: int) -> None:
    scene = Scene(prompt=f"{n} things", things=tuple(thing(f"t{i}", NOUNS[i % len(NOUNS)]) for i in range(n)))
    for seed in range(3):
        assert check(place(scene, seed=seed)) == []


def test_forty_of_a_kind_fit_too() -> None:
    scene = Scene(prompt="forty horses", things=tuple(thing(f"horse{i}", "horse") for i in range(40)))
    assert check(place(scene)) == []


def test_things_do_not_stand_on_a_grid() -> None:
    scene = Scene(prompt="nine cups", things=tuple(thing(f"cup{i}", "cup") for i in range(9)))
    layout = place(scene)
    for axis in ("cx", "cy"):
        at = sorted(getattr(b, axis) for b in layout.boxes.values())
        assert len({round(v, 2) for v in at}) >= 6


def test_a_mouse_is_smaller_than_a_house_unless_the_prompt_says_otherwise() -> None:
    plain = Scene(prompt="a mouse and a house", things=(thing("a", "mouse"), thing("b", "house")))
    assert place(plain).boxes["a"].area < 0.25 * place(plain).boxes["b"].area
    layout = place(pair("larger_than", "mouse", "house"))
    assert layout.boxes["a"].area > 1.3 * layout.boxes["b"].area


def test_many_things_share_one_seat_and_one_container() -> None:
    for kind, host, guest, n in (("on", "sofa", "cat", 3), ("on", "table", "cup", 6), ("in", "bowl", "apple", 5)):
        ids = tuple(f"g{i}" for i in range(n))
        scene = Scene(prompt=f"{n} {guest} {kind} {host}", things=(thing("h", host), *(thing(id, guest) for id in ids)),
                      relations=(Relation(kind=kind, subjects=ids, objects=("h",)),))
        for seed in range(5):
            assert check(place(scene, seed=seed)) == []


def cycle(kind: str, n: int) -> Scene:
    ids = [f"t{i}" for i in range(n)]
    extra = (Relation(kind="near", subjects=("x",), objects=(ids[0],)),)
    return Scene(things=(*(thing(id, "cup") for id in ids), thing("x", "dog")), relations=extra + tuple(
        Relation(kind=kind, subjects=(a,), objects=(b,)) for a, b in zip(ids, ids[1:] + ids[:1], strict=True)))


@pytest.mark.parametrize("kind", ["left_of", "right_of", "above", "below", "on", "larger_than", "smaller_than",
                                  "taller_than", "wider_than", "in_front_of", "behind", "in"])
@pytest.mark.parametrize("n", [2, 3, 5])
def test_an_order_in_a_circle_is_refused_with_all_of_it_and_nothing_else(kind: str, n: int) -> None:
    with pytest.raises(Conflict) as caught:
        place(cycle(kind, n))
    assert len(caught.value.claims) == n
    assert not any("near" in claim for claim in caught.value.claims)


def test_a_contradiction_between_places_and_relations_is_minimal() -> None:
    things = tuple(thing(id, noun) for id, noun in (("a", "cat"), ("b", "dog"), ("c", "lamp")))
    relations = (Relation(kind="at_left", subjects=("a",)), Relation(kind="at_right", subjects=("b",)),
                 Relation(kind="left_of", subjects=("b",), objects=("a",)),
                 Relation(kind="near", subjects=("c",), objects=("a",)))
    with pytest.raises(Conflict) as caught:
        place(Scene(things=things, relations=relations))
    assert caught.value.claims == ("the cat is on the left", "the dog is on the right", "the dog is left of the cat")
    for left_out in range(3):
        place(Scene(things=things, relations=tuple(r for i, r in enumerate(relations) if i != left_out)))


def test_what_must_be_absent_cannot_be_there() -> None:
    with pytest.raises(Conflict, match="there must be no dog"):
        place(Scene(things=(thing("a", "dog"),), absent=(Absent(noun="dog", phrase="dog"),)))
    place(Scene(things=(thing("a", "dog", "white"),), absent=(Absent(noun="dog", phrase="black dog"),)))
    with pytest.raises(Conflict):
        place(Scene(things=(thing("a", "dog", "black"),), absent=(Absent(noun="dog", phrase="black dogs"),)))


@pytest.mark.parametrize("prompt", ["a dog on a sofa, no dogs", "a red ball and a blue box, no red balls"])
def test_a_plural_absence_contradicts_too(prompt: str) -> None:
    with pytest.raises(Conflict, match="there must be no"):
        place(read(prompt))


def test_more_than_a_scene_holds_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="“500 apples” are more than a scene holds: 40 of 500"):
        place(read("500 apples"))
    assert read("forty cats and forty dogs").unread == ("forty dogs",)


def test_depth_follows_the_relations_and_otherwise_the_ground() -> None:
    layout = place(Scene(prompt="d", things=tuple(thing(id, "cup") for id in "abc"), relations=(
        Relation(kind="in_front_of", subjects=("a",), objects=("b",)),
        Relation(kind="behind", subjects=("c",), objects=("b",)))))
    depths = layout.depths
    assert depths["a"] > depths["b"] > depths["c"]
    free = place(Scene(prompt="free", things=tuple(thing(id, "cup") for id in "abcd")))
    by_foot = sorted(free.placements, key=lambda p: p.box.y1)
    assert [p.depth for p in by_foot] == [0, 1, 2, 3]


@pytest.mark.parametrize(("hints", "locked", "said"), [
    ({"z": Box.of(0, 0, 1, 1)}, (), "not in the scene"),
    ({}, ("a",), "no box"),
])
def test_hints_and_locks_for_unknown_things_are_refused(
        hints: dict[str, Box], locked: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        place(pair("left_of"), hints=hints, locked=locked)


def test_an_empty_scene_is_an_empty_layout() -> None:
    assert place(Scene()).placements == ()


@pytest.mark.parametrize(("wearer", "clothes"), [("monkey", ("hat", "sunglasses")), ("man", ("coat", "tie", "boot"))])
def test_clothes_are_worn_together(wearer: str, clothes: tuple[str, ...]) -> None:
    things = (thing("a", wearer), *(thing(noun, noun) for noun in clothes))
    scene = Scene(prompt=wearer, things=things, relations=(Relation(kind="wearing", subjects=("a",), objects=clothes),))
    for seed in range(5):
        assert check(place(scene, seed=seed)) == []


def test_words_that_no_box_shows_do_not_stop_a_row_from_being_ordered() -> None:
    things = tuple(thing(f"cup{i}", "cup") for i in range(3))
    row = Relation(kind="row", subjects=("cup0", "cup1", "cup2"))
    said = Relation(kind="other", subjects=("cup0",), objects=("cup1",), words="with")
    assert not check(place(Scene(things=things, relations=(row, said))))
