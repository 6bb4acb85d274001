"""What forms of English mean: each test's name is the rule, its prompts are examples in words of their own."""

from __future__ import annotations

import pytest

from planner.errors import Conflict
from planner.place import place
from planner.read.grammar import read
from planner.read.grammar.chunks import Chunker
from planner.read.grammar.classes import klass
from planner.read.grammar.fragments import split
from planner.read.grammar.phrases import Phraser
from planner.read.grammar.syntax import Parser
from planner.scene import Canvas, Scene


def things(scene: Scene) -> dict[str, int]:
    """How many of each noun."""
    nouns = [thing.noun for thing in scene.things]
    return {noun: nouns.count(noun) for noun in nouns}


def told(scene: Scene) -> set[tuple[str, str, str]]:
    """Relations with geometry by nouns."""
    by_id = {thing.id: thing.noun for thing in scene.things} | {"": ""}
    return {(by_id[a], r.kind, by_id[b]) for r in scene.relations if r.kind != "other"
            for a in r.subjects for b in r.objects or ("",)}


@pytest.mark.parametrize("request_", [
    "can you draw me {}", "hey could u please make {} thx", "i'd like to see {}", "gimme {} pls",
    "please show me {} lol",
    "I want you to paint {}", "make {}, thank you so much!",
])
def test_a_request_is_no_part_of_the_picture(request_: str) -> None:
    scene = read(request_.format("a goose on a sledge"))
    assert (things(scene), told(scene)) == ({"goose": 1, "sledge": 1}, {("goose", "on", "sledge")})
    assert not scene.unread


@pytest.mark.parametrize("tag", [
    "8k", "octane render", "by greg rutkowski", "soft morning light", "85mm lens", "f/2.8", "wide shot",
    "pastel palette", "trending on artstation", "film grain", "gloomy mood", "sony a7",
])
def test_tags_of_style_camera_and_artist_are_no_things(tag: str) -> None:
    scene = read(f"old sailor, blue coat, wooden pipe, {tag}, stone bridge, white goat")
    assert things(scene) == {"sailor": 1, "coat": 1, "pipe": 1, "bridge": 1, "goat": 1} | (
        {"stone bridge": 1} if "stone bridge" in things(scene) else {})
    assert scene.style


def test_parameters_set_the_canvas_and_what_must_not_be_there() -> None:
    scene = read("a goose on a sledge --ar 16:9 --no fences, dogs --v 6")
    assert scene.canvas is not None
    assert scene.canvas.width * 9 == pytest.approx(scene.canvas.height * 16, rel=0.01)
    assert [absent.noun for absent in scene.absent] == ["fences", "dogs"]
    assert read("a goose").canvas is None
    assert isinstance(read("a goose --ar 1:1").canvas, Canvas)


def test_a_weight_is_its_things_and_no_number() -> None:
    scene = read("a (red goose:1.4) next to a sledge")
    assert {thing.noun: thing.weight for thing in scene.things} == {"goose": 1.4, "sledge": 1.0}


@pytest.mark.parametrize(("prompt", "count"), [
    ("a 1962 tractor", 1), ("a tractor from 1962", 1), ("an iphone 15 on a rug", 1), ("a 9 year old drummer", 1),
    ("drummer number 12 in a cape", 1), ("a cozy 3 story house", 1), ("a boeing 737", 1), ("7 tractors", 7),
])
def test_years_ages_models_and_sizes_count_nothing(prompt: str, count: int) -> None:
    scene = read(prompt)
    assert things(scene)[scene.things[0].noun] == count


def test_what_is_named_again_is_no_second_thing() -> None:
    assert things(read("a lightbulb on a rug, the bulb is cracked")) == {"lightbulb": 1, "rug": 1}
    assert things(read("a goose and a yak drinking, goose on the left, yak on the right")) == {"goose": 1, "yak": 1}


def test_it_is_rather_a_thing_than_a_person_and_rather_what_is_spoken_of() -> None:
    prompt = "A sledge stands in the snow. A girl sits on it. A yak stands behind it."
    assert ("yak", "behind", "sledge") in told(read(prompt))
    assert ("goose", "in_front_of", "piano") in told(
        read("a piano in a hall, a boy in a cape stands beside it, a goose in front of it"))


def test_a_verb_that_is_left_out_is_the_one_before() -> None:
    scene = read("Two drummers. One wears a cape, the other a helmet.")
    assert told(scene) == {("drummer", "wearing", "cape"), ("drummer", "wearing", "helmet")}


def test_one_on_each_of_several_is_as_many() -> None:
    scene = read("There are four stools. On each stool sits a goose.")
    assert things(scene) == {"stool": 4, "goose": 4}


def test_in_a_list_of_tags_clothes_and_parts_are_the_ones_of_whom_it_is_about() -> None:
    scene = read("1girl, long red hair, green eyes, yellow raincoat, holding a lantern, rainy street, masterpiece")
    girl = next(thing.id for thing in scene.things if thing.noun == "girl")
    assert [t.part_of for t in scene.things if t.noun in ("hair", "eye")] == [girl] * 3
    assert {("girl", "wearing", "raincoat"), ("girl", "holding", "lantern")} <= told(scene)
    assert all(r.certainty < 1 for r in scene.relations if r.kind == "wearing")


def test_comparatives_before_nouns_are_claims_of_size() -> None:
    assert ("bench", "larger_than", "spoon") in told(read("a larger bench and a smaller spoon"))
    assert ("yak", "larger_than", "goose") in told(read("a goose, behind the goose an even bigger yak"))


@pytest.mark.parametrize(("prompt", "host"), [
    ('a wooden sign on a beach that says "No fish"', "sign"), ('a girl holds a banner reading "Hello"', "banner"),
    ('a mug with "Boss" on it', "mug"),
])
def test_lettering_stands_on_what_bears_text(prompt: str, host: str) -> None:
    scene = read(prompt)
    assert [scene.thing(text.host).noun for text in scene.lettering if text.host] == [host]


def test_each_thing_knows_all_places_that_name_it() -> None:
    prompt = "A red goose sits on a sledge. The goose is fat. Next to the sledge is a dog."
    places = {t.noun: [prompt[a:b] for a, b in t.mentions] for t in read(prompt).things}
    assert places == {"goose": ["goose", "goose"], "sledge": ["sledge", "sledge"], "dog": ["dog"]}
    goose = read(prompt).things[0]
    where = zip(goose.attributes, goose.attribute_mentions, strict=True)
    assert {word: prompt[at[0]:at[1]] for word, at in where if at} == {"red": "red", "sitting": "sits", "fat": "fat"}


def test_two_vases_each_have_their_own_noun() -> None:
    prompt = "The vase to the left of the clock is blue; the vase to the right of the clock is green."
    vases = {t.attributes[0]: t.mentions for t in read(prompt).things if t.noun == "vase"}
    assert vases == {"blue": ((4, 8),), "green": ((47, 51),)}


def test_a_later_word_overrules_an_earlier_guess() -> None:
    """"and sunglasses" could begin a clause of its own until the verb shows by its number whose it is."""
    scene = read("a monkey wearing a cape and sunglasses is riding a sledge")
    assert ("monkey", "wearing", "sunglasses") in told(scene)


def test_every_arc_has_a_certainty_and_the_tree_is_one_arc_a_chunk() -> None:
    prompt = "a girl with a hat on a bench"
    chunks = Chunker(Phraser(split(prompt).tokens, prompt)).run()
    tree = Parser(chunks).run()
    assert len(tree.arcs) == len(tree.certain) == len(chunks)
    assert all(0 < sure <= 1 for sure in tree.certain)


@pytest.mark.parametrize(("noun", "kind"), [
    ("beekeeper", "person"), ("ibex", "animal"), ("cardigan", "garment"), ("croissant", "food"), ("hallway", "place"),
    ("nostalgia", "abstract"), ("chandelier", "thing"), ("elbow", "part"), ("zzyzzx", "unknown"),
])
def test_the_class_of_a_noun(noun: str, kind: str) -> None:
    assert klass(noun) == kind


def test_a_guess_is_marked_and_a_plain_prompt_says_nothing() -> None:
    assert read("a goose on a sledge").notes == ()
    assert any("zzyzzx" in note for note in read("a zzyzzx on a sledge").notes)
    assert any("it" in note for note in read("a lamp, a sledge, a drum; a goose is next to it").notes)
    assert read("a goose on a sledge").confidence > read("a zzyzzx on a sledge near a qwortle").confidence


def test_what_was_understood_yields_to_what_is_said() -> None:
    assert ("pear", "in", "basket") in told(read("a basket with pears"))
    scene = read("a basket with two pears. the pears are left of the basket")
    assert told(scene) == {("pear", "left_of", "basket")}


@pytest.mark.parametrize(("prompt", "said"), [
    ("a red drum that is blue", ("the drum is red", "the drum is blue")),
    ("three yaks, exactly two yaks", ("there are exactly 3 × yak", "there are exactly 2 × yak")),
])
def test_what_contradicts_itself_in_words_is_a_conflict(prompt: str, said: tuple[str, str]) -> None:
    assert read(prompt).conflicts == said
    with pytest.raises(Conflict, match=said[0]):
        place(read(prompt))


@pytest.mark.parametrize("prompt", [
    "a red drum next to a blue one", "a black and white goose", "the goose is black and white",
    "two yaks, exactly two yaks",
    "a red drum and a blue drum, the blue drum is big", "a drum that is red. the drum is red",
])
def test_what_only_looks_so_is_no_conflict(prompt: str) -> None:
    assert read(prompt).conflicts == ()


@pytest.mark.parametrize("frame", [
    "my nephew wants {}", "I'm making a card for a friend. Could you draw {}?", "hmm try this: {}",
    "generate image: {}",
    "for my kids book: {}", "Dear all, {}", "can someone make me a pic of {}", "i was thinking of {}",
    "need a logo type thing: {}", "it's for my sister. please paint {}",
])
def test_what_the_picture_is_for_is_no_part_of_it(frame: str) -> None:
    scene = read(frame.format("a goose on a sledge"))
    assert (things(scene), told(scene)) == ({"goose": 1, "sledge": 1}, {("goose", "on", "sledge")})


@pytest.mark.parametrize(("prompt", "relation"), [
    ("a lantern lying on a barrel, a moth above it", ("moth", "above", "lantern")),
    ("a barrel in front of a shed. a goose sits behind it", ("goose", "behind", "barrel")),
    ("a sledge with a goose on it", ("goose", "on", "sledge")),
    ("two boys build a snowman near a shed. a girl puts a bucket on its head", ("bucket", "on", "snowman")),
    ("a goose next to a barrel with a lid on it", ("lid", "on", "barrel")),
    ("a pile of bricks on a cart, a shovel next to it", ("shovel", "next_to", "brick")),
    ("a yak in a barn. a crow lands on its back", ("crow", "on", "yak")),
])
def test_it_means_what_is_spoken_of_and_fits(prompt: str, relation: tuple[str, str, str]) -> None:
    assert relation in told(read(prompt))


@pytest.mark.parametrize(("prompt", "plain", "special"), [
    ("six drums, all blue except the last one which is red", ("blue", 5), ("red", 1)),
    ("five kites in a row, all green except for the one in the middle", ("green", 4), ("", 1)),
    ("two rows of three drums, top row blue, bottom row red", ("blue", 3), ("red", 3)),
    ("eight drums, two of them blue and the rest red", ("blue", 2), ("red", 6)),
])
def test_members_of_a_group_are_told_apart(prompt: str, plain: tuple[str, int], special: tuple[str, int]) -> None:
    colours = [next((a for a in t.attributes if a in ("blue", "red", "green")), "") for t in read(prompt).things]
    assert {c: colours.count(c) for c in colours} == dict((plain, special))


@pytest.mark.parametrize(("prompt", "kinds"), [
    ("on the cart lies fruit: two plums, a pear and a quince", {"cart": 1, "plum": 2, "pear": 1, "quince": 1}),
    ("three animals: a goose, a yak and a mole", {"goose": 1, "yak": 1, "mole": 1}),
    ("two musicians, a drummer and a violinist", {"drummer": 1, "violinist": 1}),
])
def test_what_is_named_one_by_one_is_not_there_twice(prompt: str, kinds: dict[str, int]) -> None:
    assert things(read(prompt)) == kinds


def test_who_asks_is_in_the_picture_where_the_prompt_says_so() -> None:
    scene = read("my wife and I in a canoe, she wears a straw hat and I hold a paddle")
    assert things(scene) == {"wife": 1, "person": 1, "canoe": 1, "straw hat": 1, "paddle": 1}
    assert {("wife", "wearing", "straw hat"), ("person", "holding", "paddle")} <= told(scene)
    assert things(read("I want a goose in a canoe")) == {"goose": 1, "canoe": 1}


def test_a_named_one_is_known_by_the_name() -> None:
    scene = read("a pirate named Ottokar on a barrel. Ottokar holds a lantern")
    assert things(scene) == {"pirate": 1, "barrel": 1, "lantern": 1}
    assert ("pirate", "holding", "lantern") in told(scene)
    assert told(read("Zelda and Ottokar sit in a canoe. He holds a lantern and she wears a cloak")) >= {
        ("zelda", "holding", "lantern"), ("ottokar", "wearing", "cloak")}


@pytest.mark.parametrize(("prompt", "noun", "count"), [
    ("a 1957 tractor with 2 geese on the roof", "tractor", 1), ("a three tier cake", "cake", 1),
    ("a $5 lantern on a cart", "lantern", 1), ("three times as many plums as pears, there are 2 pears", "plum", 6),
    ("a spy 007 with two lanterns", "lantern", 2), ("twins in a canoe", "twin", 2),
    ("a giant asleep on a hill", "giant", 1),
])
def test_numbers_count_only_what_they_count(prompt: str, noun: str, count: int) -> None:
    assert things(read(prompt))[noun] == count


def test_lettering_has_its_host_its_place_and_its_look() -> None:
    (text,) = read('a mailbox with "NO GEESE" at the top in white letters').lettering
    assert (text.content, text.host, text.place, text.look) == ("NO GEESE", "mailbox1", "at the top", "white letters")
    (words,) = read('the words "so fast" on the sail of a boat, a gull above it').lettering
    assert words.host is not None


def test_a_label_says_where_what_follows_it_is() -> None:
    scene = read("A shed with two floors. Attic: an old trunk. Ground floor: two sledges.")
    assert {("trunk", "in", "attic"), ("sledge", "in", "floor")} <= told(scene)
    assert ("surfer", "at_left", "") in told(read("left side: a calm sea with one surfer. right side: a barn"))


def test_a_doubtful_reading_refuses_nothing_and_says_so() -> None:
    prompt = ("a goose on a sledge in front of a barn with a yak next to it and a mole under it, it looks at the crow "
              "above it while it sits on it, and a lantern hangs from it over it")
    scene = read(prompt)
    assert scene.confidence < 0.8
    assert any("guessed" in note for note in scene.notes)
    assert all(relation.certainty < 0.95 for relation in scene.relations)
    place(scene)
