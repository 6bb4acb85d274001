"""Layouts look like the world: one scale, one ground, things on what carries them, given up for claims."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from planner import geometry
from planner.check import check
from planner.geometry import Frame, Rect
from planner.overlap import allowed_pairs
from planner.place import EYE, PAINTER, Legibility, place
from planner.place.proportions import natural_sizes
from planner.place.world import crowding, feet_of
from planner.read.grammar import read
from planner.scene import Box, Relation, Scene
from planner.sizes import natural
from tests.planner.scenes import thing

ORDER = ("ant", "mouse", "cat", "child", "person", "horse", "car", "tree", "house", "church", "mountain")


def boxes(prompt: str, seed: int = 0) -> dict[str, Box]:
    layout = place(read(prompt), seed=seed)
    assert check(layout) == []
    return layout.boxes


@pytest.mark.parametrize("legible", [EYE, PAINTER])
def test_no_pair_of_things_is_turned_round_in_size(legible: Legibility) -> None:
    reaches = [natural(noun).reach for noun in ORDER]
    assert reaches == sorted(set(reaches))
    for small, large in pairwise(ORDER):
        scene = Scene(things=(thing("a", small), thing("b", large)))
        for seed in range(20):
            sizes = natural_sizes(scene, Frame(1, 1), random.Random(seed), legible)
            assert max(sizes["a"]) < max(sizes["b"])


def test_the_limits_of_an_eye_and_of_a_painter_are_these() -> None:
    assert Legibility(scale=0.62, even=0.15, readable=0.13, modest=0.56, ranks=0.95, filled=1.25, ground=True) == EYE
    assert Legibility(scale=0.25, even=0.5, readable=0.2, modest=0.42, ranks=3.0, filled=1.0, ground=False) == PAINTER


@pytest.mark.parametrize(("legible", "modest"), [(EYE, 0.56), (PAINTER, 0.42)])
def test_beyond_what_is_modest_things_grow_by_a_quarter_of_what_they_would(legible: Legibility, modest: float) -> None:
    side = max(natural_sizes(Scene(things=(thing("a", "ball"),)), Frame(1, 1), random.Random(3), legible)["a"])
    free = replace(legible, modest=9.0)
    would = max(natural_sizes(Scene(things=(thing("a", "ball"),)), Frame(1, 1), random.Random(3), free)["a"])
    assert side == pytest.approx(min(would, modest + (would - modest) / 4))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("prompt", ["a dog and a man", "a cat, a chair and a woman", "an elephant and a mouse"])
def test_things_stand_on_one_ground(prompt: str, seed: int) -> None:
    feet = [box.y1 for box in boxes(prompt, seed).values()]
    assert max(feet) - min(feet) < 0.14
    assert min(feet) > 0.78


@pytest.mark.parametrize("seed", range(4))
def test_what_flies_is_above_what_stands(seed: int) -> None:
    found = boxes("a bird and a dog", seed)
    assert found["bird1"].cy < 0.36
    assert found["dog1"].y1 > 0.78


def test_a_claim_puts_things_off_the_ground() -> None:
    found = boxes("a dog above a bird")
    assert found["dog1"].cy < found["bird1"].cy
    assert boxes("a dog at the top")["dog1"].cy < 1 / 3


def test_far_things_stand_further_back_and_crowds_too() -> None:
    assert feet_of("dog", 0.0) == (0.8, 0.92)
    assert feet_of("castle", 0.0) == (0.64, 0.8)
    assert feet_of("dog", 0.5) == pytest.approx((0.65, 0.92))
    assert crowding([0.4, 0.4], Frame(1, 1)) == 0.0
    assert crowding([0.85, 0.425], Frame(1, 1)) == pytest.approx(0.5)
    assert crowding([3.0], Frame(1, 1)) == 1.0


def test_on_is_carried_by() -> None:
    host = Rect(0.5, 0.5, 0.4, 0.4)
    assert geometry.on(Rect(0.5, 0.5, 0.2, 0.2), host) == pytest.approx(0.2)
    assert geometry.lying_on(Rect(0.66, 0.5, 0.2, 0.2), host) == pytest.approx(0.0, abs=1e-9)
    assert geometry.on(Rect(0.67, 0.5, 0.2, 0.2), host) < 0
    assert geometry.on(Rect(0.5, 0.5, 0.39, 0.39), host) < 0


@pytest.mark.parametrize("seed", range(4))
def test_what_is_on_something_flat_is_within_it_unless_it_is_on_top(seed: int) -> None:
    found = boxes("six cupcakes on a tray", seed)
    tray = found.pop("tray1")
    assert all(box.shared(tray) > 0.7 * box.area for box in found.values())
    pizza = boxes("a bottle on top of a pizza", seed)
    assert pizza["bottle1"].cy < pizza["pizza1"].y0 + 0.02


@pytest.mark.parametrize("seed", range(4))
def test_a_desk_carries_what_it_is_with(seed: int) -> None:
    found = boxes("a desk with a laptop, a cup of coffee and a stack of books", seed)
    desk = found.pop("desk1")
    lowest = max((box for id, box in found.items() if id.startswith("book")), key=lambda box: box.y1)
    for box in (found["laptop1"], found["cup1"], lowest):
        assert desk.y0 - 0.02 < box.y1 < desk.y1
        assert desk.x0 - box.w < box.cx < desk.x1 + box.w


@pytest.mark.parametrize(("prompt", "actor", "thing_"), [
    ("a monkey eating a banana", "monkey1", "banana1"), ("a woman reading a book", "woman1", "book1"),
    ("a girl with a teddy bear", "girl1", "teddy_bear1"),
])
def test_what_is_done_by_hand_is_at_hand(prompt: str, actor: str, thing_: str) -> None:
    found = boxes(prompt)
    assert found[actor].shared(found[thing_]) > 0


def test_hints_that_overlap_by_what_they_do_together_stay_where_they_are() -> None:
    scene = Scene(things=(thing("a", "man"), thing("b", "cigar")),
                  relations=(Relation(kind="other", subjects=("a",), objects=("b",), words="lighting"),))
    hints = {"a": Box.of(0.3, 0.2, 0.6, 0.9), "b": Box.of(0.4, 0.4, 0.5, 0.5)}
    assert place(scene, hints).moves == ()
    assert frozenset("ab") not in allowed_pairs(scene, composing=True)


def test_what_carries_one_thing_may_overlap() -> None:
    scene = Scene(things=(thing("c", "cake"), thing("p", "plate"), thing("t", "table")), relations=(
        Relation(kind="on", subjects=("c",), objects=("p",)), Relation(kind="on", subjects=("c",), objects=("t",))))
    assert {frozenset("pt"), frozenset("cp"), frozenset("ct")} == allowed_pairs(scene)
    assert check(place(scene)) == []


def test_for_a_painter_things_have_the_whole_canvas_and_for_an_eye_one_ground() -> None:
    scene = read("a black apple, two white houses and three purple chairs")
    feet = {legible: [box.y1 for seed in range(12) for box in place(scene, seed=seed, legible=legible).boxes.values()]
            for legible in (EYE, PAINTER)}
    assert min(feet[EYE]) > 0.6
    assert sum(y < 0.6 for y in feet[PAINTER]) > len(feet[PAINTER]) / 4
