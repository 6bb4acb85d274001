"""A reply becomes a scene: JSON is found, ids made clean, what is certain mended, what is not refused in words."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import BadReply
from planner.read.model.draft import draft_of
from planner.read.model.replies import LONGEST_REPLY, value_of
from planner.read.model.wire import MOST_THINGS, SCHEMA, plan_of

PROMPT = "a cat, two cats, a dog, some chairs, a mirror, a printer, a robot with an arm, a stop sign"


def thing(id, noun="cat", **more):
    return {"id": id, "noun": noun, "words": f"a {noun}", "boxes": [[100, 100, 300, 300]]} | more


def scene_of(**plan):
    return draft_of(plan_of({"things": []} | plan), PROMPT).scene


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
    ("{" * 100_000, "ends too early"), ('{"a":' * 19_000, "ends too early"),
    ("x" * (LONGEST_REPLY + 1), "100001 characters"),
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


def rel(a, kind, b=(), **more):
    return {"a": list(a), "is": kind, "b": list(b)} | more


def test_more_relations_than_a_picture_carries_are_refused():
    ends = [f"t{i}" for i in range(100)]
    things = [thing(id) for id in ends]
    many = rel(ends[:40], "left_of", ends[50:])
    assert len(scene_of(things=things, relations=[many]).relations) == 1
    refused("more than 2000 pairs", things=things, relations=[many | {"b": ends[49:]}])
    refused("`relations` has 201 entries", things=things, relations=[many] * 201)


def test_attributes_without_end_are_refused_before_they_are_looked_at():
    flood = thing("cat", attributes=["red"] * 90_000)
    refused("`things.0.attributes` has 90000 entries; 20 are enough", things=[flood])


def test_one_entry_may_count_no_more_than_a_picture_carries():
    refused("counts 9999 things", things=[thing("cat", count="9999")])
    refused("has 120 things", things=[thing(f"c{i}", count="60") for i in range(2)])


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
    scene = scene_of(things=[thing("cat", attributes="black", part_of=None, words=None, count=1)], style=None,
                     background=None, relations=None)
    assert scene.things[0].attributes == ("black",)
    assert scene.things[0].phrase == "a black cat"
    assert scene.style == ()


@pytest.mark.parametrize(("count", "listed", "least", "most"), [
    ("3", 3, 3, 3), (3, 3, 3, 3), ("2+", 3, 2, None), ("5+", 5, 5, None), ("2-4", 2, 2, 4), ("3.0", 3, 3, 3),
])
def test_a_count_lists_as_many_and_leaves_open_what_is_open(count, listed, least, most):
    scene = scene_of(things=[thing("cat", count=count, boxes=[], attributes=["black"], words="two cats")])
    assert [t.id for t in scene.things] == [f"cat_{i + 1}" for i in range(listed)]
    assert {t.phrase for t in scene.things} == {"a black cat"}
    (group,) = scene.groups
    assert (group.words, group.at_least, group.at_most) == ("two cats", least, most)


def test_an_open_number_is_as_many_as_have_boxes():
    assert len(scene_of(things=[thing("cat", count="2+", boxes=[[1, 1, 9, 9]] * 5)]).things) == 5


@pytest.mark.parametrize("count", ["0", "many", "-1", "3 cats", "9" * 50, "²", None, [], {"a": 1}, True])
def test_a_count_that_is_none_is_one_or_refused(count):
    with suppress(BadReply):
        assert len(scene_of(things=[thing("cat", count=count)]).things) == 1


def test_ids_are_made_clean_and_references_follow():
    scene = scene_of(things=[thing("the cat #1"), thing("1"), thing("猫")],
                     relations=[rel(["the cat #1"], "left_of", ["1", "猫"])])
    assert [t.id for t in scene.things] == ["the_cat_1", "thing_1", "thing"]
    assert scene.relations[0].objects == ("thing_1", "thing")


def test_two_things_of_one_id_are_told_apart_unless_a_relation_needs_to_know_which():
    twins = [thing("cat"), thing("cat"), thing("dog", "dog")]
    assert [t.id for t in scene_of(things=twins).things] == ["cat", "cat_2", "dog"]
    refused("several things have the id `cat`", things=twins, relations=[rel(["cat"], "left_of", ["dog"])])


def test_a_missing_id_is_made_from_the_noun():
    assert scene_of(things=[{"noun": "stop sign"}]).things[0].id == "stop_sign"


def test_a_relation_to_nothing_that_is_there_is_refused_by_name():
    refused("no thing with the id `ghost`", things=[thing("cat")], relations=[rel(["cat"], "left_of", ["ghost"])])


def test_an_entry_in_a_relation_means_all_that_it_counts_and_a_number_one_of_them():
    cats, dog = thing("cat", count="2"), thing("dog", "dog")
    scene = scene_of(things=[cats, dog], relations=[rel(["cat"], "next to", ["dog"]), rel(["cat_2"], "on", ["dog"])])
    assert scene.relations[0].subjects == ("cat_1", "cat_2")
    assert scene.relations[0].kind == "next_to"
    assert scene.relations[1].subjects == ("cat_2",)


@pytest.mark.parametrize(("said", "kind", "negated"), [
    ("LEFT OF", "left_of", False), ("to the left of", "left_of", False), ("on top of", "on", False),
    ("in-front-of", "in_front_of", False), ("underneath", "below", False), ("chasing", "other", False),
    ("not on", "on", True), ("not_in", "in", True), ("x" * 5000, "other", False),
])
def test_a_kind_is_told_from_its_cue_words(said, kind, negated):
    scene = scene_of(things=[thing("a"), thing("b")], relations=[rel(["a"], said, ["b"])])
    assert (scene.relations[0].kind, scene.relations[0].negated) == (kind, negated)
    assert not any(said in note for note in scene.notes)


@pytest.mark.parametrize("relation", [rel(["a"], "left_of"), rel([], "left_of", ["a"]), rel(["a"], "row"),
                                      rel(["a"], "left_of", ["a"])])
def test_a_relation_without_its_ends_is_left_out_with_a_note(relation):
    draft = draft_of(plan_of({"things": [thing("a"), thing("b")], "relations": [relation]}), PROMPT)
    assert draft.scene.relations == ()
    assert "left out" in draft.notes[0]


def test_what_is_said_of_places_alone_needs_no_second_end():
    scene = scene_of(things=[thing("a"), thing("b")], relations=[rel(["a"], "at_left", ["b"])])
    assert scene.relations[0].objects == ()


def group(words, count, *of):
    return {"words": words, "count": count, "of": list(of)}


def test_unlike_entries_that_are_counted_together_share_a_group():
    cats = [thing("black", attributes=["black"]), thing("white", attributes=["white"])]
    scene = scene_of(things=cats, groups=[group("two cats", "2", "black", "white")])
    assert {t.group for t in scene.things} == {scene.groups[0].id}
    assert (scene.groups[0].words, scene.groups[0].at_least) == ("two cats", 2)


def test_a_number_over_counted_entries_of_one_noun_is_the_outer_one():
    scene = scene_of(things=[thing("black", count="2"), thing("white", count="3")],
                     groups=[group("five cats", "5", "black", "white")])
    assert [(g.words, g.at_least) for g in scene.groups] == [("five cats", 5)]
    assert {t.group for t in scene.things} == {scene.groups[0].id}


def test_a_number_over_unlike_things_leaves_the_inner_numbers():
    scene = scene_of(things=[thing("cat", count="2"), thing("dog", "dog")], groups=[group("three", "3", "cat", "dog")])
    assert [(g.at_least, g.at_most) for g in scene.groups] == [(2, 2)]


@pytest.mark.parametrize("count", ["3", "1", "3+", "3-5"])
def test_a_group_that_does_not_add_up_is_refused(count):
    refused("counts .* and its entries 2", things=[thing("a"), thing("b")], groups=[group("cats", count, "a", "b")])


def test_parts_go_with_wholes_one_each_where_there_are_as_many():
    robots, arms = thing("robot", "robot", count="2"), thing("arm", "arm", count="4", part_of="robot")
    scene = scene_of(things=[robots, arms])
    assert [t.part_of for t in scene.things[2:]] == ["robot_1", "robot_1", "robot_2", "robot_2"]


def test_a_whole_or_host_that_is_not_there_is_refused():
    refused("no thing with the id `robot`", things=[thing("arm", "arm", part_of="robot")])
    refused("no thing with the id `wall`", things=[thing("cat")], lettering=[{"text": "hi", "on": ["wall"]}])


def test_lettering_on_several_is_on_each():
    scene = scene_of(things=[thing("sign", "stop sign", count="2")], lettering=[{"text": "hi", "on": ["sign"]}])
    assert [(text.content, text.host) for text in scene.lettering] == [("hi", "sign_1"), ("hi", "sign_2")]


@pytest.mark.parametrize(("canvas", "size"), [("16:9", (912, 512)), ("1:1", (512, 512)), ("2:3", (512, 768)),
                                              ("", None), ("wide", None), ("0:1", None), ("99:1", None)])
def test_a_ratio_becomes_a_canvas(canvas, size):
    found = scene_of(things=[thing("cat")], canvas=canvas).canvas
    assert (found and (found.width, found.height)) == size


def test_a_thing_that_no_word_of_the_prompt_names_is_left_out_with_what_is_said_of_it():
    draft = draft_of(plan_of({"things": [thing("cat"), thing("zebra", "zebra")],
                              "relations": [rel(["cat"], "on", ["zebra"])]}), PROMPT)
    assert [t.id for t in draft.scene.things] == ["cat"]
    assert draft.scene.relations == ()
    assert "no word of the prompt names" in draft.notes[0]


def test_a_plan_of_another_prompt_is_refused():
    refused("quote them", things=[thing("zebra", "zebra"), thing("xylophone", "xylophone")])


def test_a_dictionary_that_looks_like_a_serialised_object_stays_data():
    bomb = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "Document"], "kwargs": {"page_content": "x"}}
    scene = scene_of(things=[thing("cat", lc=1, kwargs=bomb), thing("lc", words=json.dumps(bomb) + " cat")], lc=1)
    assert [t.id for t in scene.things] == ["cat", "lc"]
    assert scene.things[1].phrase == json.dumps(bomb) + " cat"


def test_lone_surrogates_in_a_reply_are_refused_not_raised_as_something_else():
    refused("things", things=[thing("cat", words="\ud800 cat")])


def test_what_is_said_again_and_again_is_said_once():
    relation = rel(["a"], "left_of", ["b"], words="left of")
    scene = scene_of(things=[thing("a"), thing("b")], relations=[relation] * 40, style=["oil", "oil"],
                     absent=[{"noun": "dog"}] * 3)
    assert (len(scene.relations), scene.style, len(scene.absent)) == (1, ("oil",), 1)


def test_no_more_than_a_few_faults_are_listed_at_once():
    with pytest.raises(BadReply) as caught:
        scene_of(things=[thing(f"t{i}", part_of="ghost") for i in range(90)])
    assert len(str(caught.value)) < 400


def places(prompt, **plan):
    scene = draft_of(plan_of({"things": []} | plan), prompt).scene
    return scene, {t.id: [prompt[a:b] for a, b in t.mentions] for t in scene.things}


def test_quoted_words_come_back_as_places_of_the_prompt():
    prompt = "The vase to the left of the clock is blue; the vase to the right of the clock is green"
    scene, said = places(prompt, things=[
        {"id": "a", "noun": "vase", "attributes": ["blue"], "words": "The vase"},
        {"id": "b", "noun": "vase", "attributes": ["green"], "words": "the vase"},
        {"id": "clock", "noun": "clock", "words": "the clock"}],
        relations=[rel(["a"], "left_of", ["clock"], words="to the left of")])
    assert said == {"a": ["vase"], "b": ["vase"], "clock": ["clock", "clock"]}
    assert scene.things[0].mentions[0] == (4, 8)
    assert scene.things[1].mentions[0] == (47, 51)
    assert [prompt[slice(*t.attribute_mentions[0])] for t in scene.things[:2]] == ["blue", "green"]
    assert [prompt[slice(*span)] for span in scene.relations[0].mentions] == ["to the left of"]


def test_all_of_a_counted_entry_share_their_places():
    _, said = places("Two brown dogs chase a ball; the dogs are wet",
                     things=[{"id": "dog", "noun": "dog", "count": "2", "words": "Two brown dogs"}])
    assert said == {"dog_1": ["dogs", "dogs"], "dog_2": ["dogs", "dogs"]}


def test_words_that_are_quoted_wrongly_have_no_place_but_the_nouns():
    _, said = places("a dog\tand a cat", things=[{"id": "x", "noun": "dog", "words": "some hound"}])
    assert said == {"x": ["dog"]}
