"""Every in-context example obeys the rules that it teaches."""

import re
from collections import Counter

import pytest

from planner.check import check
from planner.place import place
from planner.read.model.boxes import boxes_of
from planner.read.model.draft import Draft, draft_of
from planner.read.model.examples import PHENOMENA, library, phenomena
from planner.read.model.quotes import Quotes
from planner.read.model.reader import laid_out
from planner.read.model.wire import Plan, plan_of
from planner.relations import TABLE
from planner.scene import Box
from prompts.load import example_files

EXAMPLES = library()
IRREGULAR = {"woman"}


def drafted(example) -> Draft:
    return draft_of(plan_of(example.plan), example.prompt)


def violations(example, boxes: dict[str, Box]) -> list[str]:
    return [v.sentence for v in check(laid_out(drafted(example).scene, boxes, example.canvas))]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_the_example_has_no_violation(example):
    draft = drafted(example)
    boxes, mended = boxes_of(draft.edges, example.canvas)
    boxes = boxes or dict(place(draft.scene, canvas=example.canvas).boxes)
    assert violations(example, boxes) == []
    assert (draft.notes, mended) == ((), ())


def test_most_examples_give_all_boxes_and_the_others_none():
    given = [[bool(thing["boxes"]) for thing in example.plan["things"]] for example in EXAMPLES]
    assert all(all(row) or not any(row) for row in given)
    assert sum(map(any, given)) >= 55


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_the_example_is_written_exactly_as_the_schema_asks(example):
    assert list(example.plan) == list(Plan.model_fields)
    for key, entries in example.plan.items():
        if isinstance(entries, list) and entries and isinstance(entries[0], dict):
            fields = Plan.model_fields[key].annotation.__args__[0].model_fields
            names = [field.alias or name for name, field in fields.items()]
            assert all(list(entry) == names for entry in entries), key


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_every_noun_of_the_example_is_in_its_prompt_and_every_word_of_a_relation_too(example):
    words = set(re.findall(r"\w+", example.prompt.lower()))
    for thing in example.plan["things"]:
        assert Quotes(example.prompt).heads(thing["noun"]) or thing["noun"] in IRREGULAR, thing["noun"]
        assert thing["words"].lower() in example.prompt.lower()
    for relation in example.plan["relations"]:
        assert set(re.findall(r"\w+", relation["words"].lower())) <= words, relation["words"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_what_the_example_shows_is_recognised_in_its_prompt(example):
    assert example.shows <= set(PHENOMENA)
    recognised = phenomena(example.prompt)
    assert len(example.shows & recognised) * 2 >= len(example.shows), (example.shows, recognised)


def test_there_are_sixty_examples_and_each_phenomenon_is_shown_three_times():
    shown = Counter(phenomenon for example in EXAMPLES for phenomenon in example.shows)
    assert len(EXAMPLES) >= 60
    assert {p: shown[p] for p in PHENOMENA if shown[p] < 3} == {}


def test_the_examples_vary_in_shape_and_use_most_relations():
    assert len({example.canvas for example in EXAMPLES}) >= 6
    used = {relation["is"].removeprefix("not ") for example in EXAMPLES for relation in example.plan["relations"]}
    assert len(used) >= 25
    assert used <= set(TABLE)


def test_no_two_examples_share_a_prompt():
    assert len({example.prompt for example in EXAMPLES}) == len(EXAMPLES) == len(example_files())


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.plan["relations"]], ids=lambda e: e.name)
def test_the_check_would_notice_boxes_that_ignore_the_relations(example):
    ids = [thing.id for thing in drafted(example).scene.things]
    heaped = {id: Box.of(0.2, 0.2, 0.8, 0.8) for id in ids}
    corners = Box.of(0.9, 0.0, 0.95, 0.06), Box.of(0.05, 0.93, 0.12, 1.0)
    scattered = {id: corners[i % 2] for i, id in enumerate(ids)}
    assert violations(example, heaped) or violations(example, scattered)
