"""Words are matched to boxes by characters: repeated words, plurals, several pieces, and words that are not there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.errors import BadRequest
from grounding.guide.targets import aim
from grounding.spans import Grounding, columns, compose, ground
from planner.read.grammar import read
from planner.scene import Absent, Box, Group, Layout, Placement, Scene, Thing


def layout(prompt: str, *things: Thing, **scene: object) -> Layout:
    places = [Placement(thing=t.id, box=Box.of(0.1, 0.1, 0.4, 0.4)) for t in things]
    return Layout(scene=Scene(prompt=prompt, things=things, **scene), placements=tuple(places))  # type: ignore[arg-type]


def thing(id: str, noun: str, *attributes: str, phrase: str = "") -> Thing:
    return Thing(id=id, noun=noun, attributes=attributes, phrase=phrase or " ".join((*attributes, noun)))


def words(found: Grounding, item: int = 0, heads: bool = False) -> list[str]:
    return [found.prompt[a:b] for a, b in (found.items[item].heads if heads else found.items[item].ranges)]


def test_a_phrase_is_found_without_its_article_and_its_noun_within_it() -> None:
    found = ground(layout("A photo of a Red ball.", thing("b", "ball", "red", phrase="a red ball")))
    assert words(found) == ["Red ball"]
    assert words(found, heads=True) == ["ball"]
    assert found.notes == ()


def test_the_same_noun_with_other_attributes_is_another_item() -> None:
    found = ground(layout("a red ball left of a blue ball", thing("a", "ball", "red"), thing("b", "ball", "blue")))
    assert [words(found, i) for i in (0, 1)] == [["red ball"], ["blue ball"]]


def test_things_that_look_alike_are_one_item_with_several_boxes() -> None:
    cats = [thing(f"c{i}", "cat", phrase="three cats") for i in range(3)]
    found = ground(layout("three cats and a dog", *cats, thing("d", "dog")))
    assert [len(item.placements) for item in found.items] == [3, 1]
    assert words(found) == ["cats"]
    assert found.items[0].alone == "a cat"


def test_the_cat_again_is_the_same_cat() -> None:
    found = ground(layout("a black cat and a dog; the cat sleeps", thing("c", "cat", "black"), thing("d", "dog")))
    assert words(found) == ["black cat", "cat"]


def test_the_cat_is_nobodys_when_two_kinds_of_cat_were_named() -> None:
    cats = thing("a", "cat", "black"), thing("b", "cat", "red")
    found = ground(layout("a black cat, a red cat; the cat sleeps", *cats))
    assert [words(found, i) for i in (0, 1)] == [["black cat"], ["red cat"]]


def test_attributes_apart_from_their_noun_are_found() -> None:
    found = ground(layout("one red and two blue balls", thing("a", "ball", "red"), thing("b", "ball", "blue")))
    assert words(found, 1) == ["blue balls"]
    assert words(found, 0) == ["red", "balls"]
    assert words(found, 0, heads=True) == ["balls"]


def test_attributes_after_a_noun_for_all_of_them_are_told_apart() -> None:
    balls = [thing("a", "ball", "red", phrase="a ball"), thing("b", "ball", "blue", phrase="a ball")]
    found = ground(layout("two balls, one red and one blue", *balls))
    assert [words(found, i) for i in (0, 1)] == [["balls", "red"], ["balls", "blue"]]
    assert words(found, 1, heads=True) == ["balls"]


def test_a_phrase_that_names_another_thing_leaves_that_things_words_alone() -> None:
    cat, hat = thing("c", "cat", phrase="a cat wearing a red hat"), thing("h", "hat", "red")
    found = ground(layout("a cat wearing a red hat", cat, hat))
    assert [words(found, i) for i in (0, 1)] == [["cat"], ["red hat"]]


def test_whole_words_only() -> None:
    found = ground(layout("a catalogue and a cat's bed", thing("c", "cat"), thing("b", "bed")))
    assert found.items[0].ranges == ((18, 21),)


@pytest.mark.parametrize(
    ("noun", "plural"), [("cherry", "cherries"), ("leaf", "leaves"), ("mouse", "mice"), ("box", "boxes")])
def test_plurals_are_found(noun: str, plural: str) -> None:
    assert words(ground(layout(f"two {plural}", thing("a", noun)))) == [plural]


def test_a_thing_that_the_prompt_does_not_name_is_appended_and_a_note_says_so() -> None:
    found = ground(layout("a garden", thing("d", "dog", "big", phrase="a big dog")))
    assert found.prompt == "a garden, a big dog"
    assert words(found, heads=True) == ["dog"]
    assert found.notes == ("`a big dog` is not in the prompt; it was appended",)


def test_a_scene_without_a_prompt_gets_a_plain_caption() -> None:
    cats = [Thing(id=id, noun="cat", phrase="a cat", group="g") for id in ("a", "b")]
    scene = Scene(things=(*cats, thing("d", "dog")), groups=(Group(id="g", words="two cats", at_least=2, at_most=2),),
                  background="a beach", style=("pastel",))
    assert compose(scene) == "two cats, dog, on a beach, pastel"


def test_nothing_to_paint_is_refused() -> None:
    with pytest.raises(BadRequest, match="nothing to paint"):
        ground(Layout(scene=Scene()))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadRequest, match="surrogate"):
        ground(layout("a cat \ud83d", thing("c", "cat")))


def test_what_must_be_absent_is_passed_on_but_not_the_absent_parts_of_things() -> None:
    absent = (Absent(noun="tree", phrase="no trees"), Absent(noun="hat", phrase="no hat", of="c"))
    assert ground(layout("a cat, no trees", thing("c", "cat"), absent=absent)).absent == ("tree",)


def test_columns_are_the_models_own(backbone: StableDiffusion) -> None:
    found = ground(layout("a teddy bear and a sphinx", thing("t", "teddy bear"), thing("s", "sphinx")))
    (read,) = backbone.encode([found.prompt])
    (bear, sphinx), notes = columns(found, read)
    assert bear.all == (2, 3)
    assert sphinx.all == tuple(range(6, 12))
    assert notes == ()


def test_words_past_the_limit_are_named(backbone: StableDiffusion) -> None:
    found = ground(layout("a cat " * 19 + "and a dog", thing("d", "dog"), thing("c", "cat")))
    (read,) = backbone.encode([found.prompt])
    (dog, cat), notes = columns(found, read)
    assert dog.all == ()
    assert len(cat.all) == 19
    assert "cut off the end of the prompt: `and a dog`" in notes[0]
    assert "`dog` are past the model's limit" in notes[1]


def test_words_of_another_prompt_are_refused(backbone: StableDiffusion) -> None:
    with pytest.raises(BadRequest, match="another prompt"):
        columns(ground(layout("a cat", thing("c", "cat"))), backbone.encode(["a dog"])[0])


nouns = st.sampled_from(["cat", "dog", "ball", "teddy bear", "box", "sphinx"])
some = st.lists(st.tuples(nouns, st.sampled_from([(), ("red",), ("blue",), ("big", "red")])), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(some, st.text(max_size=40))
def test_every_thing_gets_words_of_its_own_noun_whatever_the_prompt(
        kinds: list[tuple[str, tuple[str, ...]]], prompt: str) -> None:
    things = [thing(f"t{i}", noun, *attributes) for i, (noun, attributes) in enumerate(kinds)]
    found = ground(layout(prompt, *things))
    assert sorted(t for item in found.items for t in item.things) == sorted(t.id for t in things)
    for item in found.items:
        assert item.ranges
        assert all(item.noun in found.prompt[a:b].lower() for a, b in item.heads)


@pytest.mark.parametrize(("prompt", "appended"), [
    ("a red table", "red ball"), ("a ball on a table", "a red ball"), ("a green ball", "a red ball")])
def test_a_thing_of_which_a_word_is_missing_is_appended(prompt: str, appended: str) -> None:
    found = ground(layout(prompt, thing("r", "ball", "red")))
    assert found.prompt == f"{prompt}, {appended}"
    assert found.notes == (f"`{appended}` is not in the prompt; it was appended",)
    assert words(found)[-1] == appended
    assert words(found, heads=True)[-1] == "ball"


def test_what_a_thing_does_may_be_there_in_another_form() -> None:
    assert ground(layout("a cat sits on a mat", thing("c", "cat", "sitting"))).notes == ()


def test_a_word_of_several_pieces_is_one_word(backbone: StableDiffusion) -> None:
    found = ground(layout("a red sphinx and a cat", thing("s", "sphinx", "red"), thing("c", "cat")))
    columns_of, _ = columns(found, backbone.encode([found.prompt])[0])
    red, sphinx = columns_of[0].words
    assert (red, columns_of[1].words) == ((2,), ((11,),))
    assert sphinx == columns_of[0].head
    assert len(sphinx) > 1


def test_a_noun_that_is_cut_off_is_told(backbone: StableDiffusion) -> None:
    found = ground(layout("cat " * 37 + "red ball", thing("b", "ball", "red")))
    of, notes = columns(found, backbone.encode([found.prompt])[0])
    assert of[0].all == of[0].head == (38,)
    assert "the noun of `red ball` is past the model's limit; the words before it stand for it" in notes


def test_each_of_two_vases_is_led_by_its_own_noun() -> None:
    prompt = "The vase to the left of the clock is blue; the vase to the right of the clock is green."
    scene = read(prompt)
    boxes = tuple(Placement(thing=t.id, box=Box.of(0.1, 0.1, 0.4, 0.4)) for t in scene.things)
    found = ground(Layout(scene=scene, placements=boxes))
    heads = {item.alone: item.heads for item in found.items}
    assert heads["a blue vase"] == ((4, 8),)
    assert heads["a green vase"] == ((47, 51),)
    assert {word for item in found.items for word in words(found, found.items.index(item))} >= {"blue", "green"}


def test_where_a_thing_was_read_is_believed_and_other_places_are_searched() -> None:
    told = Thing(id="a", noun="cat", phrase="a cat", mentions=((22, 25),))
    found = ground(layout("  a cat on a mat, a cat on a rug", told, thing("m", "mat")))
    assert [found.items[0].ranges, found.items[0].heads] == [((20, 23),), ((20, 23),)]
    assert words(found, 1) == ["mat"]


def test_what_the_prompt_stresses_is_bound_more_firmly_by_as_much(backbone: StableDiffusion) -> None:
    boxes = (Box.of(0.1, 0.1, 0.4, 0.4), Box.of(0.6, 0.6, 0.9, 0.9))
    scene = read("(a red hat:1.5) and a blue ball")
    placed = Layout(scene=scene, placements=tuple(Placement(thing=t.id, box=b)
                                                  for t, b in zip(scene.things, boxes, strict=True)))
    found = ground(placed)
    assert [item.weight for item in found.items] == [1.5, 1.0]
    target = aim(found, backbone.encode([found.prompt])[0], 16, 16)
    assert target is not None
    assert target.factors({"ball1": 2.0}).tolist() == [1.5, 2.0]
