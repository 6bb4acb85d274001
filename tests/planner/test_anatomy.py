"""Parts and garments are where one looks for them, unless a claim says otherwise."""

import pytest

from planner.check import check
from planner.geometry import Rect, iou, shared
from planner.place import place
from planner.place.anatomy import spot_of
from planner.read.grammar import read
from planner.scene import Box, Layout, Relation, Scene, Thing
from tests.planner.scenes import thing

SEEDS = range(4)


def placed(prompt: str, seed: int = 0) -> dict[str, Rect]:
    """The rectangle of every thing, on a layout without fault."""
    layout: Layout = place(read(prompt), seed=seed)
    assert check(layout) == []
    return {id: Rect.of(box, layout.canvas) for id, box in layout.boxes.items()}


def height(part: Rect, whole: Rect) -> float:
    """How high a part is on its whole, 0 at the top and 1 at the foot."""
    return (part.cy - whole.y0) / whole.h


@pytest.mark.parametrize("seed", SEEDS)
def test_a_face_is_at_the_top_with_its_eyes_side_by_side_and_the_scarf_below(seed: int) -> None:
    at = placed("a snowman with a carrot nose, two button eyes and a scarf", seed)
    body, eyes, nose = at["snowman1"], (at["button_eye1"], at["button_eye2"]), at["carrot_nose1"]
    assert all(height(eye, body) < 0.3 and shared(eye, body) > 0.99 * eye.area for eye in eyes)
    assert abs(eyes[0].cy - eyes[1].cy) < 0.02
    assert min(eyes[0].cx, eyes[1].cx) < body.cx < max(eyes[0].cx, eyes[1].cx)
    assert max(eye.cy for eye in eyes) < nose.cy < at["scarf1"].cy
    assert height(at["scarf1"], body) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_eyes_are_small_and_a_house_stands_on_the_ground_with_its_door(seed: int) -> None:
    cat = placed("a cat with two green eyes and a long tail", seed)
    assert cat["eye1"].area < 0.06 * cat["cat1"].area
    house = placed("a house with a red door, two windows and a chimney", seed)
    whole = house["house1"]
    assert height(house["door1"], whole) > 0.7
    assert house["chimney1"].y0 < whole.y0
    for part in ("door1", "window1", "window2"):
        assert shared(house[part], whole) > 0.99 * house[part].area


@pytest.mark.parametrize("seed", SEEDS)
def test_clothes_are_worn_where_they_belong_and_not_over_each_other(seed: int) -> None:
    at = placed("a man wearing a blue shirt, black pants, a hat and black shoes", seed)
    man = at["man1"]
    shoes = [r for id, r in at.items() if id.startswith("shoe")]
    assert at["hat1"].y0 <= man.y0 < at["hat1"].y1 < at["shirt1"].y0
    assert height(at["shirt1"], man) < height(at["pants1"], man) < min(height(shoe, man) for shoe in shoes)
    assert iou(at["shirt1"], at["pants1"]) < 0.02


@pytest.mark.parametrize(("prompt", "part", "low", "high"), [
    ("a car with four wheels", "wheel", 0.6, 1.0), ("an old man with a white beard", "beard", 0.15, 0.4),
    ("a horse with four legs", "leg", 0.6, 1.0), ("a dog with two ears", "ear", 0.0, 0.35),
])
def test_parts_are_in_their_band(prompt: str, part: str, low: float, high: float) -> None:
    at = placed(prompt)
    whole = next(iter(at.values()))
    assert all(low < height(r, whole) < high for id, r in at.items() if id.startswith(part))


def family(*relations: Relation) -> Scene:
    parts = tuple(Thing(id=id, noun=noun, phrase=noun, part_of="w") for id, noun in (("e", "eye"), ("t", "tail")))
    return Scene(prompt="p", things=(thing("w", "cat"), *parts), relations=relations)


def test_a_claim_decides_against_the_usual_place() -> None:
    layout = place(family(Relation(kind="below", subjects=("e",), objects=("t",))))
    assert check(layout) == []


def test_a_claim_about_a_part_moves_the_whole_and_the_part_stays_on_it() -> None:
    scene = Scene(prompt="p", things=(thing("h", "house"), Thing(id="d", noun="door", phrase="a door", part_of="h"),
                                      thing("c", "cat")),
                  relations=(Relation(kind="right_of", subjects=("d",), objects=("c",)),))
    layout = place(scene)
    assert check(layout) == []
    assert height(Rect.of(layout.boxes["d"], layout.canvas), Rect.of(layout.boxes["h"], layout.canvas)) > 0.7


def test_a_hinted_part_is_where_the_hint_says() -> None:
    hints = {"w": Box.of(0.2, 0.2, 0.8, 0.8), "e": Box.of(0.4, 0.6, 0.5, 0.7)}
    layout = place(family(), hints)
    assert layout.boxes["e"] == hints["e"]
    assert check(layout) == []


def test_what_is_wider_than_high_has_its_head_at_one_end() -> None:
    dog, man = spot_of("eye", "dog", 1.35), spot_of("green eye", "man", 0.48)
    assert dog is not None
    assert man is not None
    assert abs(dog.x) > 0.25 > man.x == 0.0


def test_parts_of_parts_go_with_them() -> None:
    scene = Scene(prompt="p", things=(thing("h", "house"), Thing(id="d", noun="door", phrase="a door", part_of="h"),
                                      Thing(id="k", noun="knob", phrase="a knob", part_of="d")))
    layout = place(scene)
    assert check(layout) == []
    assert layout.boxes["k"].shared(layout.boxes["d"]) > 0.5 * layout.boxes["k"].area


@pytest.mark.parametrize("seed", SEEDS)
def test_the_doors_of_a_row_of_houses_fit_them(seed: int) -> None:
    at = placed("three houses in a row, each with a red door", seed)
    for i in (1, 2, 3):
        assert shared(at[f"door{i}"], at[f"house{i}"]) > 0.99 * at[f"door{i}"].area
