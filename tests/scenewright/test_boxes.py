"""Boxes find their things by name."""

from __future__ import annotations

from planner.scene import Box, Layout, Placement, Scene, Thing
from scenewright.boxes import hints_for


def thing(id: str, noun: str, *attributes: str) -> Thing:
    return Thing(id=id, noun=noun, phrase=" ".join(("a", *attributes, noun)), attributes=attributes)


def at(i: int) -> Box:
    return Box.of(0.1 * i, 0.1, 0.1 * i + 0.1, 0.2)


def drawn(*things: Thing) -> Layout:
    placed = tuple(Placement(thing=t.id, box=at(i)) for i, t in enumerate(things))
    return Layout(scene=Scene(things=things), placements=placed)


def test_things_of_the_same_id_and_noun_keep_their_boxes() -> None:
    some = (thing("cat2", "cat"), thing("cat1", "cat"))
    assert hints_for(Scene(things=some), drawn(*reversed(some))) == {"cat1": at(0), "cat2": at(1)}


def test_an_id_alone_is_not_enough() -> None:
    assert hints_for(Scene(things=(thing("a", "cat"),)), drawn(thing("a", "dog"))) == {}


def test_attributes_tell_things_of_one_noun_apart() -> None:
    scene = Scene(things=(thing("a", "ball", "red"), thing("b", "ball", "blue")))
    assert hints_for(scene, drawn(thing("x", "ball", "blue"), thing("y", "ball", "red"))) == {"a": at(1), "b": at(0)}


def test_a_box_serves_one_thing_only() -> None:
    scene = Scene(things=(thing("a", "cat"), thing("b", "cat")))
    assert hints_for(scene, drawn(thing("x", "cat"))) == {"a": at(0)}


def test_things_without_a_box_give_no_hint() -> None:
    assert hints_for(Scene(things=(thing("a", "cat"),)), Layout(scene=Scene(things=(thing("a", "cat"),)))) == {}
