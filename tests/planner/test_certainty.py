"""What a reader inferred is given up, the least certain first, before anything is refused; and it is said."""

import pytest

from planner.check import check
from planner.errors import Conflict
from planner.place import place
from planner.scene import Canvas, Relation, Scene
from tests.planner.scenes import thing

THINGS = (thing("a", "cat"), thing("b", "dog"), thing("c", "lamp"))


def said(kind: str, a: str, b: str, certainty: float = 1.0) -> Relation:
    return Relation(kind=kind, subjects=(a,), objects=(b,), certainty=certainty)


def test_of_an_order_in_a_circle_the_least_certain_is_given_up() -> None:
    circle = (said("left_of", "a", "b", 0.6), said("left_of", "b", "c", 0.4), said("left_of", "c", "a"))
    layout = place(Scene(things=THINGS, relations=circle))
    assert layout.scene.relations == (circle[0], circle[2])
    assert layout.notes == ("“the dog is left of the lamp” was not certain and is given up for what is",)
    assert check(layout) == []


def test_what_only_boxes_show_to_clash_is_given_up_too() -> None:
    stated = (Relation(kind="at_left", subjects=("a",)), Relation(kind="at_right", subjects=("b",)))
    inferred = (said("left_of", "b", "a", 0.9), said("near", "c", "a", 0.2))
    layout = place(Scene(things=THINGS, relations=(*stated, *inferred)))
    assert said("left_of", "b", "a", 0.9) not in layout.scene.relations
    assert set(stated) <= set(layout.scene.relations)
    assert check(layout) == []


def test_what_is_uncertain_and_fits_is_kept_without_a_word() -> None:
    scene = Scene(things=THINGS, relations=(said("left_of", "a", "b", 0.1), said("near", "c", "a", 0.2)))
    layout = place(scene)
    assert layout.scene == scene
    assert layout.notes == ()
    assert check(layout) == []


def test_certain_claims_are_still_refused_and_only_they_are_named() -> None:
    circle = (said("left_of", "a", "b"), said("left_of", "b", "a"), said("above", "c", "a", 0.5))
    with pytest.raises(Conflict) as caught:
        place(Scene(things=THINGS, relations=circle))
    assert caught.value.claims == ("the cat is left of the dog", "the dog is left of the cat")


def test_the_canvas_that_a_prompt_asks_for_is_the_layout_s() -> None:
    wide = Canvas(width=160, height=90)
    assert place(Scene(things=THINGS, canvas=wide)).canvas == wide
    assert place(Scene(things=THINGS, canvas=wide), canvas=Canvas()).canvas == Canvas()


@pytest.mark.parametrize(("certainty", "refused"), [(0.94, False), (0.96, True), (0.9999998, True)])
def test_what_is_nearly_certain_counts_as_stated(certainty: float, refused: bool) -> None:
    scene = Scene(things=THINGS, relations=(said("left_of", "a", "b"), said("right_of", "a", "b", certainty)))
    if refused:
        with pytest.raises(Conflict):
            place(scene)
    else:
        assert len(place(scene).notes) == 1
