"""A reply becomes a scene: JSON is found, ids made clean, what is certain mended, what is not refused in words."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import BadReply
from planner.read.replies import draft_of, value_of
from planner.read.wire import MOST_THINGS, SCHEMA, plan_of


def thing(id, noun="cat", **more):
    return {"id": id, "noun": noun, "phrase": f"a {noun}", "left": 100, "top": 100, "right": 300, "bottom": 300} | more


def scene_of(**plan):
    return draft_of(plan_of({"things": []} | plan), "a prompt").scene


def refused(match, **plan):
    with pytest.raises(BadReply, match=match):
        scene_of(**plan)


PLAN = {"things": [thing("cat")]}


@pytest.mark.parametrize("text", [
    json.dumps(PLAN),
    f"```json\n{json.dumps(PLAN)}\n```",
    f"Here you are:\n\n```\n{json.dumps(PLAN, indent=2)}\n```\nAnything else?",
    f"The plan is {json.dumps(PLAN)} as asked.",
    f"{{not json}} but {json.dumps(PLAN)}",
    f"\ufeff {json.dumps(PLAN)}",
], ids=["bare", "fenced", "fenced and prose", "in a sentence", "after braces", "byte order mark"])
def test_the_object_is_found_wherever_it_stands(text):
    assert plan_of(value_of(text)).things[0].id == "cat"


@pytest.mark.parametrize(("text", "says"), [
    ("", "no JSON object"), ("I would rather not.", "no JSON object"), ("[1, 2]", "no JSON object"),
    ("null", "no JSON object"), (json.dumps(PLAN)[:-9], "ends too early"), ("[" * 100_000, "no JSON object"),
    ("{" * 100_000, "ends too early"), ('{"a":' * 50_000, "ends too early"), ("x" * 500_000, "500000 characters"),
    ('{"things": ' + "9" * 5000 + "}", "no JSON object"),
])
def test_a_text_without_a_whole_object_is_refused_in_words(text, says):
    with pytest.raises(BadReply, match=says):
        value_of(text)


@given(st.text(max_size=500) | st.text(alphabet='{}[]",:0123456789eE.-truefalsn \\"`', max_size=300))
def test_any_text_gives_an_object_or_a_bad_reply(text):
    with suppress(BadReply):
        assert isinstance(value_of(text), dict)


def test_a_plan_inside_one_wrapping_key_is_taken_out():
    assert plan_of({"scene": PLAN}).things[0].noun == "cat"


@pytest.mark.parametrize("value", [{}, {"boxes": []}, {"a": 1, "b": 2}, {"plan": [1]}, {"things": "cat"},
                                   {"things": [1]}, {"things": [[]]}, {"things": {}}, {"things": None}])
def test_what_is_not_a_plan_is_refused(value):
    with pytest.raises(BadReply):
        plan_of(value)


def test_more_things_than_a_picture_carries_are_refused():
    with pytest.raises(BadReply, match="10000 entries"):
        plan_of({"things": [thing(f"t{i}") for i in range(10_000)]})
    assert len(plan_of({"things": [thing(f"t{i}") for i in range(MOST_THINGS)]}).things) == MOST_THINGS


def test_more_relations_than_a_picture_carries_are_refused():
    ends = [f"t{i}" for i in range(100)]
    things = [thing(id) for id in ends]
    many = {"kind": "left_of", "subjects": ends[:40], "objects": ends[50:]}
    assert len(scene_of(things=things, relations=[many]).relations) == 1
    refused("more than 2000 pairs", things=things, relations=[many | {"objects": ends[49:]}])
    refused("`relations` has 301 entries", things=things, relations=[many] * 301)


def test_the_schema_is_one_that_strict_providers_accept():
    def walk(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                assert set(node["required"]) == set(node["properties"])
            assert not {"default", "anyOf", "oneOf", "prefixItems", "allOf"} & node.keys()
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(SCHEMA)
    json.loads(json.dumps(SCHEMA, allow_nan=False))


def test_null_numbers_and_single_texts_are_read_for_what_they_mean():
    scene = scene_of(things=[thing("cat", attributes="black", group=None, phrase=None)], style=None, background=None,
                     relations=None)
    assert scene.things[0].attributes == ("black",)
    assert scene.things[0].phrase == "cat"
    assert scene.style == ()


def test_ids_are_made_clean_and_references_follow():
    scene = scene_of(things=[thing("the cat #1"), thing("1"), thing("猫")],
                     relations=[{"kind": "left_of", "subjects": ["the cat #1"], "objects": ["1", "猫"]}])
    assert [t.id for t in scene.things] == ["the_cat_1", "thing_1", "thing"]
    assert scene.relations[0].objects == ("thing_1", "thing")


def test_two_things_of_one_id_are_told_apart_unless_a_relation_needs_to_know_which():
    twins = [thing("cat"), thing("cat"), thing("dog", "dog")]
    assert [t.id for t in scene_of(things=twins).things] == ["cat", "cat_2", "dog"]
    refused("several things have the id `cat`", things=twins,
            relations=[{"kind": "left_of", "subjects": ["cat"], "objects": ["dog"]}])


def test_a_missing_id_is_made_from_the_noun():
    assert scene_of(things=[{"noun": "stop sign"}]).things[0].id == "stop_sign"


def test_a_relation_to_nothing_that_is_there_is_refused_by_name():
    refused("no thing with the id `ghost`", things=[thing("cat")],
            relations=[{"kind": "left_of", "subjects": ["cat"], "objects": ["ghost"]}])


def test_a_group_in_a_relation_means_all_its_members():
    cats = [thing("c1", group="cats"), thing("c2", group="cats"), thing("dog", "dog")]
    scene = scene_of(things=cats, groups=[{"id": "cats", "words": "two cats", "at_least": 2, "at_most": 2}],
                     relations=[{"kind": "next to", "subjects": ["cats"], "objects": ["dog"]}])
    assert scene.relations[0].subjects == ("c1", "c2")
    assert scene.relations[0].kind == "next_to"


@pytest.mark.parametrize(("said", "kind"), [
    ("LEFT OF", "left_of"), ("to the left of", "left_of"), ("on top of", "on"), ("in-front-of", "in_front_of"),
    ("underneath", "below"), ("chasing", "other"),
])
def test_a_kind_is_told_from_its_cue_words(said, kind):
    scene = scene_of(things=[thing("a"), thing("b")], relations=[{"kind": said, "subjects": ["a"], "objects": ["b"]}])
    assert scene.relations[0].kind == kind


@pytest.mark.parametrize(("relation", "says"), [
    ({"kind": "left_of", "subjects": ["a"], "objects": []}, "needs at least one id in `objects`"),
    ({"kind": "left_of", "subjects": [], "objects": ["a"]}, "needs at least one id in `subjects`"),
    ({"kind": "at_left", "subjects": ["a"], "objects": ["b"]}, "leave `objects` empty"),
    ({"kind": "row", "subjects": ["a"], "objects": ["b"]}, "leave `objects` empty"),
    ({"kind": "left_of", "subjects": ["a"], "objects": ["a"]}, "relates a thing to itself"),
    ({"kind": "left_of", "objects": ["a"]}, "relations.0.subjects"),
])
def test_a_relation_with_the_wrong_ends_is_refused(relation, says):
    refused(says, things=[thing("a"), thing("b")], relations=[relation])


@pytest.mark.parametrize(("group", "says"), [
    ({"id": "cats", "words": "three cats", "at_least": 3, "at_most": 3}, "`three cats` has 3 things and 2 are listed"),
    ({"id": "cats", "words": "one cat", "at_least": 1, "at_most": 1}, "has 1 things and 2 are listed"),
    ({"id": "cats", "words": "several cats", "at_least": 3, "at_most": 0}, "3 to any number"),
    ({"id": "dogs", "words": "two dogs", "at_least": 2}, "not one of `groups`"),
])
def test_a_group_that_does_not_add_up_is_refused(group, says):
    refused(says, things=[thing("a", group="cats"), thing("b", group="cats")], groups=[group])


@pytest.mark.parametrize("phrase", ["two chairs", "3 chairs", "Several chairs", "both chairs"])
def test_a_box_for_several_things_is_refused(phrase):
    refused("list every one", things=[thing("chairs", phrase, phrase=phrase)])


@pytest.mark.parametrize("phrase", ["twofold mirror", "threesome", "3D printer", "manyara"])
def test_a_word_that_only_begins_like_a_number_is_no_number(phrase):
    assert scene_of(things=[thing("x", phrase, phrase=phrase)]).things


def test_a_whole_or_host_that_is_not_there_is_refused():
    refused("no thing with the id `robot`", things=[thing("arm", part_of="robot")])
    refused("no thing with the id `wall`", things=[thing("cat")], lettering=[{"content": "hi", "host": "wall"}])


def test_a_dictionary_that_looks_like_a_serialised_object_stays_data():
    bomb = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "Document"], "kwargs": {"page_content": "x"}}
    scene = scene_of(things=[thing("cat", lc=1, kwargs=bomb), thing("lc", phrase=json.dumps(bomb))], lc=1)
    assert [t.id for t in scene.things] == ["cat", "lc"]
    assert scene.things[1].phrase == json.dumps(bomb)


def test_lone_surrogates_in_a_reply_are_refused_not_raised_as_something_else():
    refused("things", things=[thing("cat", phrase="\ud800")])


def test_what_is_said_again_and_again_is_said_once():
    relation = {"kind": "left_of", "subjects": ["a"], "objects": ["b"], "words": "left of"}
    scene = scene_of(things=[thing("a"), thing("b")], relations=[relation] * 40, style=["oil", "oil"],
                     absent=[{"noun": "dog"}] * 3)
    assert (len(scene.relations), scene.style, len(scene.absent)) == (1, ("oil",), 1)


def test_no_more_than_a_few_faults_are_listed_at_once():
    with pytest.raises(BadReply) as caught:
        scene_of(things=[thing(f"t{i}", part_of="ghost") for i in range(90)])
    assert len(str(caught.value)) < 400
