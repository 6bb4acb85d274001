"""What a person would object to in a layout although every claim holds on it, by prompts as people write them."""

import pytest

from planner.check import check
from planner.claims import claims_of, relation_claims
from planner.errors import MOST_NAMED, Conflict
from planner.place import place
from planner.read.grammar import read


@pytest.mark.parametrize("prompt", [
    "three white cats in a row under an umbrella", "five cats in a row under an umbrella", "twenty birds on a wire",
    "fifteen cups on a table", "six dogs under a tree", "ten apples in a row under a shelf",
])
@pytest.mark.parametrize("seed", range(3))
def test_a_row_fits_on_and_under_what_can_be_widened_for_it(prompt: str, seed: int) -> None:
    assert check(place(read(prompt), seed=seed)) == []


def test_a_shelter_for_many_is_wider_than_high() -> None:
    box = place(read("five cats in a row under an umbrella")).boxes["umbrella1"]
    assert box.w > 1.5 * box.h


def test_a_message_names_few_of_many_contradicting_claims_and_counts_the_rest() -> None:
    claims = tuple(f"bird {i} is on the wire" for i in range(1, 16))
    conflict = Conflict(claims)
    assert conflict.claims == claims
    assert f"and {15 - MOST_NAMED} more" in str(conflict)
    assert f"bird {MOST_NAMED} is" in str(conflict)
    assert f"bird {MOST_NAMED + 1} is" not in str(conflict)


@pytest.mark.parametrize(("prompt", "guest", "pile"), [
    ("a stack of four books with a coffee cup on top", "coffee_cup1", "book"),
    ("a cat on a stack of three boxes next to a lamp", "cat1", "box"),
    ("a pyramid of six cans with a cat on top", "cat1", "can"), ("three cups on a stack of two books", "cup2", "book"),
])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_on_a_pile_is_on_its_topmost_member(prompt: str, guest: str, pile: str, seed: int) -> None:
    layout = place(read(prompt), seed=seed)
    assert check(layout) == []
    members = sorted((box for id, box in layout.boxes.items() if id.startswith(pile)), key=lambda box: box.cy)
    assert layout.boxes[guest].cy < members[0].cy
    assert layout.boxes[guest].y1 < members[1].y0 + 0.02


def test_on_a_pile_does_not_hold_in_the_middle_of_it() -> None:
    layout = place(read("a stack of four books with a coffee cup on top"))
    second = sorted((box for id, box in layout.boxes.items() if id.startswith("book")), key=lambda box: box.cy)[1]
    lower = tuple(p.model_copy(update={"box": second}) if p.thing == "coffee_cup1" else p for p in layout.placements)
    found = check(layout.model_copy(update={"placements": lower}))
    assert any("is on the pile of" in violation.sentence for violation in found)


@pytest.mark.parametrize("prompt", ["a bookshelf with six books", "the nest has three eggs",
                                    "a basket with five apples"])
@pytest.mark.parametrize("seed", range(3))
def test_what_a_holder_has_is_in_it_and_smaller(prompt: str, seed: int) -> None:
    layout = place(read(prompt), seed=seed)
    assert check(layout) == []
    holder, *held = layout.boxes.values()
    assert all(box.shared(holder) > 0.89 * box.area and box.area < 0.25 * holder.area for box in held)


@pytest.mark.parametrize("seed", range(4))
def test_what_hangs_from_a_tree_hangs_in_it_and_what_hangs_from_a_line_below_it(seed: int) -> None:
    layout = place(read("a monkey hanging from a tree"), seed=seed)
    assert check(layout) == []
    monkey, tree = layout.boxes["monkey1"], layout.boxes["tree1"]
    assert monkey.shared(tree) > 0.5 * monkey.area
    assert monkey.cy > tree.cy
    wash = place(read("a shirt hanging from a clothesline"), seed=seed)
    assert check(wash) == []
    assert wash.boxes["shirt1"].cy > wash.boxes["clothesline1"].y1


def test_what_is_understood_is_given_up_for_what_is_said() -> None:
    scene = read("a basket with two apples. the apples are left of the basket")
    layout = place(scene)
    assert check(layout) == []
    assert layout.scene == scene
    assert not any("in the basket" in claim.sentence for claim in relation_claims(layout.scene))


@pytest.mark.parametrize("seed", range(4))
def test_many_on_a_small_seat_leave_the_picture_its_size(seed: int) -> None:
    layout = place(read("several candles on a birthday cake, kids around it"), seed=seed)
    assert check(layout) == []
    kids, candles = ([box for id, box in layout.boxes.items() if id.startswith(noun)] for noun in ("kid", "candle"))
    assert min(box.area for box in kids) > 3 * max(box.area for box in candles)
    assert sum(box.area for box in layout.boxes.values()) > 0.15


@pytest.mark.parametrize(("prompt", "sentence"), [
    ("a boy is walking his dog", "the dog is there"), ("just one bicycle and a car", "the bicycle is there"),
    ("two shoes next to a box", "shoe 1 and shoe 2 are next to the box"),
    ("a man wearing black pants", "the black pants are black"),
    ("a man wearing black pants", "the man wears the black pants"),
    ("a cat on a table", "the cat is on the table"), ("three cats in a row", "cat 1, cat 2 and cat 3 stand in a row"),
    ("sunglasses on a table", "the sunglasses are on the table"),
])
def test_claims_are_grammatical(prompt: str, sentence: str) -> None:
    assert sentence in [claim.sentence for claim in claims_of(read(prompt))]
