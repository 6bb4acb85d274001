"""The small way of asking: short requests, expansion by code, one field repaired at a time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planner.errors import BadReply
from planner.read.model import small
from planner.read.model.examples import tokens_in
from planner.read.model.reader import Reading, Terms, read_with_model
from planner.relations import TABLE
from tests.planner.fakes import ScriptedModel

PROMPT = 'two red birds above a blue cup left of a green cup that says "TEA", no cats, in a kitchen, oil painting'


def thing(noun: str, count: str = "1", *attributes: str) -> dict[str, Any]:
    return {"noun": noun, "count": count, "attributes": list(attributes)}


def plan(*relations: tuple[str, str, str]) -> dict[str, Any]:
    return {"things": [thing("bird", "2", "red"), thing("cup", "1", "blue"), thing("cup", "1", "green")],
            "relations": [{"a": a, "is": kind, "b": b} for a, kind, b in relations],
            "background": "a kitchen", "style": ["oil painting"]}


GOOD = plan(("bird", "above", "blue cup"), ("blue cup", "left_of", "green cup"))


def read(*script: Any, repairs: int = 2) -> tuple[ScriptedModel, Reading]:
    model = ScriptedModel(list(script))
    return model, read_with_model(PROMPT, model, terms=Terms(size="small", repairs=repairs, calls=5))


def relations(reading: Reading) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(r.kind, r.subjects, r.objects) for r in reading.scene.relations]


def test_code_makes_ids_groups_places_and_phrases_of_nouns_and_counts() -> None:
    model, reading = read(GOOD)
    assert len(model.requests) == 1
    assert [(t.noun, t.phrase) for t in reading.scene.things] == [
        ("bird", "a red bird"), ("bird", "a red bird"), ("cup", "a blue cup"), ("cup", "a green cup")]
    bird_1, bird_2, blue, green = (t.id for t in reading.scene.things)
    assert relations(reading) == [("above", (bird_1, bird_2), (blue,)), ("left_of", (blue,), (green,))]
    assert [(g.at_least, g.at_most) for g in reading.scene.groups] == [(2, 2)]
    assert [PROMPT[a:b] for a, b in reading.scene.things[0].mentions] == ["birds"]
    assert (reading.scene.background, reading.scene.style, reading.hints) == ("a kitchen", ("oil painting",), {})


def test_what_follows_rules_is_read_by_the_grammar() -> None:
    _, reading = read(GOOD)
    assert [a.noun for a in reading.scene.absent] == ["cat"]
    assert [text.content for text in reading.scene.lettering] == ["TEA"]


def test_one_field_that_cannot_be_used_is_asked_for_alone_and_put_in_its_place() -> None:
    model, reading = read(plan(("bird", "above", "mug"), ("blue cup", "left_of", "green cup")), "blue cup")
    question = model.requests[1][-1].text
    assert '`relations[0].b` is "mug"' in question
    assert "red bird, blue cup, green cup" in question
    assert tokens_in(question) < 60
    assert relations(reading) == relations(read(GOOD)[1])


@pytest.mark.parametrize("answer", ["I do not know", "", "mug", "{}", "x" * 5000])
def test_a_field_that_stays_wrong_costs_its_relation_and_nothing_else(answer: str) -> None:
    model, reading = read(plan(("bird", "above", "mug"), ("blue cup", "left_of", "green cup")), answer, answer)
    assert len(model.requests) == 3
    assert [kind for kind, _, _ in relations(reading)] == ["left_of"]


def test_a_kind_that_is_none_is_asked_for_too() -> None:
    _, reading = read(plan(("bird", "hovering", "blue cup")), "above")
    assert [kind for kind, _, _ in relations(reading)] == ["above"]


def test_a_reply_that_is_no_plan_is_asked_for_once_more() -> None:
    assert len(read("what?", GOOD)[0].requests) == 2
    with pytest.raises(BadReply):
        read("what?", "what?")


def test_things_of_another_prompt_are_left_out() -> None:
    copied = GOOD | {"things": [*GOOD["things"], thing("spaceship")]}
    assert "spaceship" not in {t.noun for t in read(copied)[1].scene.things}


def test_a_whole_request_is_shorter_than_a_thousand_tokens() -> None:
    schema = tokens_in(json.dumps(small.SCHEMA, separators=(",", ":")))
    assert schema + sum(tokens_in(m.text) for m in small.opening(PROMPT)) < 1000
    assert set(small.SMALL_KINDS) <= set(TABLE)
