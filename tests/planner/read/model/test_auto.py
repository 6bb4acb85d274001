"""`auto`: the model is asked where the grammar is unsure, and what both say is what is certain."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.read.grammar import read
from planner.read.model.agreement import ONE_VOICE, agreed
from planner.read.model.reader import Terms, read_where_unsure, sureness
from planner.scene import Canvas, Relation, Scene, Thing
from tests.planner.fakes import ScriptedModel

PROMPT = "a cat left of a dog"


def scene(*relations: Relation, **more: object) -> Scene:
    return Scene(prompt=PROMPT, things=(Thing(id="cat", noun="cat", phrase="a cat"),
                                        Thing(id="dog", noun="dog", phrase="a dog")), relations=relations, **more)


def relation(kind: str, a: str = "cat", b: str = "dog") -> Relation:
    return Relation(kind=kind, subjects=(a,), objects=(b,))


PLAN = {"things": [{"id": "cat", "noun": "cat", "words": "a cat"}, {"id": "dog", "noun": "dog", "words": "a dog"}],
        "relations": [{"a": ["cat"], "is": "left_of", "b": ["dog"]}, {"a": ["cat"], "is": "above", "b": ["dog"]}]}


@pytest.mark.parametrize(("confidence", "asked"), [(1.0, 0), (0.8, 0), (0.79, 1), (0.0, 1)])
def test_the_model_is_asked_below_the_confidence_that_the_terms_set(
        confidence: float, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sure = read(PROMPT).model_copy(update={"confidence": confidence})
    monkeypatch.setattr("planner.read.model.reader.read", lambda prompt: sure)
    model = ScriptedModel([PLAN])
    reading = read_where_unsure(PROMPT, model, terms=Terms(sure=0.8))
    assert len(model.requests) == asked
    assert reading.source == ("both" if asked else "grammar")


def test_a_scene_whose_words_were_lost_is_never_sure() -> None:
    assert sureness(scene()) == 1.0
    assert sureness(scene(unread=("zorbly",))) == sureness(scene(notes=("odd",))) == sureness(Scene()) == 0.0


def test_what_both_read_is_certain_and_what_the_model_alone_read_may_be_given_up() -> None:
    both = agreed(scene(relation("left_of"), relation("above")), scene(relation("left_of")))
    assert [r.certainty for r in both.relations] == [1.0, ONE_VOICE]


def test_the_same_said_the_other_way_round_is_the_same() -> None:
    both = agreed(scene(relation("left_of")), scene(relation("right_of", "dog", "cat")))
    assert [r.certainty for r in both.relations] == [1.0]


def test_parameters_are_the_grammars() -> None:
    wide = Canvas(width=912, height=512)
    assert agreed(scene(), scene(canvas=wide)).canvas == wide
    assert agreed(scene(canvas=wide), scene()).canvas == wide


def test_a_model_that_fails_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.read.model.reader.sureness", lambda scene: 0.0)
    reading = read_where_unsure(PROMPT, ScriptedModel(["no"] * 3))
    assert reading.source == "grammar"
    assert [t.noun for t in reading.scene.things] == ["cat", "dog"]
    assert "language model" in reading.scene.notes[-1]


def test_without_a_word_understood_the_grammar_has_the_last_word() -> None:
    try:
        reading = read_where_unsure("", ScriptedModel(["no"] * 3))
    except PlanError:
        return
    assert reading.source == "grammar"
