"""What people ask for is drawn within the painter's limits, and told truly in free words."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.pocket.asked import SORTS, before, contained, crowd, edges, held, loaded, place_of, worn
from grounding.pocket.captions import plural
from grounding.pocket.judge import judge
from grounding.pocket.judge_exam import examine, overlaps
from grounding.pocket.phrases import phrased
from grounding.pocket.pictures import BoxXYXY, Picture, Piece, size_of
from grounding.pocket.placing import hidden
from grounding.pocket.world import COLOURS, KINDS, picture
from planner.geometry import Frame, Rect
from planner.relations import TABLE

seeds = st.integers(0, 2**40)
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
MANY = {plural(kind): kind for kind in KINDS}


def sides(box: BoxXYXY) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def rect(box: BoxXYXY) -> Rect:
    return Rect((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, *sides(box))


def margin(relation: str, a: BoxXYXY, b: BoxXYXY) -> float:
    return TABLE[relation].margin((rect(a),), (rect(b),), Frame(1, 1))


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_what_is_inside_is_at_most_half_as_long_and_wholly_within(seed: int) -> None:
    items, links = contained(random.Random(seed))
    if not items:
        return
    inner, outer = items
    assert [link.kind for link in links] == ["in"]
    assert all(a <= 0.61 * b for a, b in zip(sides(inner.box), sides(outer.box), strict=True))
    assert sides(inner.box)[0] <= 0.501 * sides(outer.box)[0]
    assert margin("in", inner.box, outer.box) >= 0
    assert (inner.depth, outer.depth) == (1, 0)
    assert inner.colour != outer.colour


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_what_is_behind_is_hidden_by_a_tenth_to_a_half(seed: int) -> None:
    items, _ = before(random.Random(seed))
    if items:
        far, near = sorted(items, key=lambda item: item.depth)
        assert 0.1 < hidden(near.box, far.box) < 0.5


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_a_table_is_as_wide_as_its_load(seed: int) -> None:
    items, links = loaded(random.Random(seed))
    if not items:
        return
    *load, below = items
    assert len(links) == len(load)
    assert sum(sides(item.box)[0] for item in load) <= sides(below.box)[0]
    for item in load:
        assert margin("on", item.box, below.box) >= 0
        assert below.box[0] <= item.box[0] + 1e-9
        assert item.box[2] <= below.box[2] + 1e-9


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_a_hat_hides_little_of_its_head_and_what_is_held_at_most_half_of_its_holder(seed: int) -> None:
    for make in (worn, held):
        items, _ = make(random.Random(seed))
        if items:
            body, thing = items
            assert 0 < hidden(thing.box, body.box) < 0.5
            assert thing.depth > body.depth


def test_crowds_have_three_to_six_of_a_kind_in_one_or_two_colours_and_apart() -> None:
    found = [crowd(random.Random(seed))[0] for seed in range(200)]
    assert {len(items) for items in found} == {3, 4, 5, 6}
    for items in found:
        assert len({item.kind for item in items}) == 1
        assert len({item.colour for item in items}) <= 2
        assert not overlaps(Picture(tuple(items)))


def test_things_at_edges_and_in_corners_are_there_and_every_spot_occurs() -> None:
    found = [place_of(item) for seed in range(300) for item in edges(random.Random(seed))[0]]
    assert {spot for spot in found if spot} == {(x, y) for x in range(3) for y in range(3)}
    assert sum(spot is not None for spot in found) > 0.8 * len(found)


@pytest.mark.parametrize("make", SORTS)
def test_no_sort_is_too_hard_to_place(make: object) -> None:
    assert callable(make)
    assert sum(bool(make(random.Random(seed))[0]) for seed in range(60)) > 40


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_every_item_has_the_size_word_of_its_box(seed: int) -> None:
    assert all(size_of(item.box) == item.size for item in picture(seed, level=4).items)


@given(seeds, st.integers(0, 2**30))
@settings(max_examples=400, deadline=None)
def test_a_free_caption_names_every_kind_and_no_other_and_only_colours_that_are_there(seed: int, turn: int) -> None:
    scene = picture(seed, level=4)
    text = phrased(scene, random.Random(turn))
    words = re.findall(r"[a-z]+", re.sub(r"a green field|a blue sky|on grey|grey background|the sea\b", "", text))
    told = {MANY.get(word, word) for word in words if word in MANY or word in KINDS}
    assert told == {item.kind for item in scene.items}, text
    assert {word for word in words if word in COLOURS} <= {item.colour for item in scene.items}, text


@given(seeds, st.integers(0, 2**30))
@settings(max_examples=400, deadline=None)
def test_a_number_and_a_plural_are_of_as_many_as_there_are(seed: int, turn: int) -> None:
    scene = picture(seed, level=4)
    text = phrased(scene, random.Random(turn))
    said = rf"\b({'|'.join(NUMBERS)}) ({'|'.join(sorted(MANY, key=len, reverse=True))})\b(?! and)"
    for number, many in re.findall(said, text):
        assert sum(item.kind == MANY[many] for item in scene.items) >= NUMBERS[number], text


def test_a_corner_is_told_as_what_it_is() -> None:
    star = Piece("star", "red", "plain", "small", (0.02, 0.02, 0.2, 0.2), 0)
    cup = Piece("cup", "blue", "plain", "small", (0.79, 0.8, 0.97, 0.97), 1)
    texts = {phrased(Picture((star, cup)), random.Random(turn)) for turn in range(300)}
    told = [found.groups() for text in texts
            for found in re.finditer(r"(star|cup) (?:in|at) the (top|upper|bottom|lower) (left|right)", text)]
    assert len(told) > 50
    assert all((side in ("top", "upper"), flank == "left") == (thing == "star",) * 2 for thing, side, flank in told)


def test_what_is_first_in_a_relation_stays_first() -> None:
    items, links = contained(random.Random(3))
    inner, outer = (item.kind for item in items)
    texts = [phrased(Picture(tuple(items), links), random.Random(turn)) for turn in range(200)]
    forward = [text for text in texts if re.search(rf"{inner}.* (?:in|inside|within)\b.* {outer}", text)]
    turned = [text for text in texts if re.search(rf"{outer} with .*{inner}.* it\b", text)]
    assert len(forward) + len(turned) > 80
    assert forward
    assert turned


def test_the_judge_is_right_about_what_people_ask_for() -> None:
    shown = [picture(seed, level=4) for seed in range(90_000_000, 90_000_016)]
    apart = examine(judge, [scene for scene in shown if not overlaps(scene)])
    over = examine(judge, [scene for scene in shown if overlaps(scene)])
    assert apart.right >= 0.95 * apart.items
    assert over.right >= 0.85 * over.items
