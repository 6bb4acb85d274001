"""Layout files: round trips to each format's own precision, and mistakes of unit, axis and arity refused in words."""

import json
import string
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import FormatError
from planner.formats import FORMATS, OWN, dump, load, names, sniff
from planner.scene import Absent, Box, Canvas, Layout, Lettering, Move, Placement, Relation, Scene, Thing

PRECISION = {"lmd": 1 / 512, "gligen": 1e-4, "flux3": 1e-4, "ideogram": 1e-3, "yolo": 1e-6}


@st.composite
def boxes(draw):
    w, h = draw(st.floats(0.05, 1.0)), draw(st.floats(0.05, 1.0))
    x, y = draw(st.floats(0.0, 1.0)) * (1 - w), draw(st.floats(0.0, 1.0)) * (1 - h)
    return Box.of(x, y, min(x + w, 1.0), min(y + h, 1.0))


phrases = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
canvases = st.builds(Canvas, width=st.integers(200, 3000), height=st.integers(200, 3000))


@st.composite
def layouts(draw):
    words = draw(st.lists(phrases, min_size=1, max_size=6))
    things = tuple(Thing(id=f"t{i}", noun=draw(st.sampled_from(["cat", "stop sign", "猫", "it's"])), phrase=phrase)
                   for i, phrase in enumerate(words))
    placements = tuple(Placement(thing=t.id, box=draw(boxes()), depth=draw(st.integers(-3, 3))) for t in things)
    scene = Scene(prompt=draw(st.text(string.printable, max_size=40)), things=things, background="a quiet beach",
                  absent=(Absent(noun="dog", phrase="any dog"),), lettering=(Lettering(content="Hi!", host="t0"),))
    return Layout(scene=scene, canvas=draw(canvases), placements=placements)


def back(layout, format, **more):
    return load(dump(layout, format), format, canvas=layout.canvas, **more)


def painted(layout):
    return [(p.thing, layout.scene.thing(p.thing)) for p in layout.far_to_near()]


def steps(format, canvas):
    """The largest error that the format's own precision allows, across and down."""
    if format in PRECISION:
        return PRECISION[format], PRECISION[format]
    unit = {"comfyui": 1.0, "coco": 0.01}[format]
    return unit / canvas.width, unit / canvas.height


@pytest.mark.parametrize("format", list(FORMATS))
@given(layout=layouts())
@settings(max_examples=60)
def test_boxes_come_back_to_the_formats_own_precision_in_painting_order(format, layout):
    again = back(layout, format, **({"nouns": names(layout)} if format == "yolo" else {}))
    across, down = steps(format, layout.canvas)
    ours, theirs = layout.far_to_near(), again.far_to_near()
    assert len(ours) == len(theirs)
    for p, q in zip(ours, theirs, strict=True):
        for a, b, step in zip(p.box.corners, q.box.corners, (across, down) * 2, strict=True):
            assert abs(a - b) <= step * 1.0001
    assert again.canvas == layout.canvas


@pytest.mark.parametrize("format", list(FORMATS))
@given(layout=layouts())
@settings(max_examples=60)
def test_writing_what_was_read_changes_nothing(format, layout):
    nouns = {"nouns": names(layout)} if format == "yolo" else {}
    once = back(layout, format, **nouns)
    first = dump(once, format)
    assert dump(load(first, format, canvas=layout.canvas, **({"nouns": names(once)} if nouns else {})), format) == first


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "yolo"])
@given(layout=layouts())
@settings(max_examples=60)
def test_phrases_come_back_exactly(format, layout):
    ours = [thing.phrase for _, thing in painted(layout)]
    assert [thing.phrase for _, thing in painted(back(layout, format))] == ours


@given(layout=layouts())
def test_the_own_format_keeps_everything(layout):
    move = Move(thing="t0", before=Box.of(0, 0, 1, 1), after=Box.of(0, 0, 0.1, 1 / 3), why="because")
    whole = layout.model_copy(update={"moves": (move,), "seed": 7})
    assert load(dump(whole)) == load(dump(whole), OWN) == load(json.loads(dump(whole))) == whole
    assert dump(load(dump(whole))) == dump(whole)


def simple(**more):
    things = (Thing(id="cat_1", noun="cat", phrase="a white cat"),
              Thing(id="sign", noun="stop sign", phrase="a stop sign"))
    scene = Scene(prompt="a white cat left of a stop sign", things=things, background="a street",
                  relations=(Relation(kind="left_of", subjects=("cat_1",), objects=("sign",)),),
                  absent=(Absent(noun="dog", phrase="dogs"),), lettering=(Lettering(content="STOP", host="sign"),))
    placements = (Placement(thing="sign", box=Box.of(0.5, 0.25, 0.75, 1.0)),
                  Placement(thing="cat_1", box=Box.of(0.125, 0.5, 0.375, 0.9375), depth=1))
    return Layout(**({"scene": scene, "canvas": Canvas(width=1600, height=800), "placements": placements} | more))


def test_lmd_as_published():
    assert dump(simple(), "lmd") == ("[('a stop sign', [256, 128, 128, 384]), ('a white cat', [64, 256, 128, 224])]\n"
                                     "Background prompt: a street\nNegative prompt: dogs\n")


def test_flux3_as_its_pipeline_takes_it():
    assert json.loads(dump(simple(), "flux3")) == [
        {"id": "sign", "bbox": [0.25, 0.5, 1.0, 0.75], "desc": "a stop sign"},
        {"id": "cat_1", "bbox": [0.5, 0.125, 0.9375, 0.375], "desc": "a white cat"}]


def test_ideogram_as_its_caption_is_written():
    caption = json.loads(dump(simple(), "ideogram"))
    assert caption["high_level_description"] == "a white cat left of a stop sign"
    assert caption["compositional_deconstruction"] == {"background": "a street", "elements": [
        {"type": "text", "text": "STOP", "desc": "a stop sign", "bbox": [250, 500, 1000, 750]},
        {"type": "obj", "desc": "a white cat", "bbox": [500, 125, 938, 375]}]}


def test_comfyui_in_pixels_of_the_canvas():
    assert json.loads(dump(simple(), "comfyui"))[1] == {
        "x": 200, "y": 400, "width": 400, "height": 350,
        "metadata": {"text": "", "palette": [], "type": "obj", "desc": "a white cat"}}


def test_gligen_as_its_pipeline_takes_it():
    data = json.loads(dump(simple(), "gligen"))
    assert data["gligen_phrases"] == ["a stop sign", "a white cat"]
    assert data["gligen_boxes"] == [[0.5, 0.25, 0.75, 1.0], [0.125, 0.5, 0.375, 0.9375]]


def test_coco_with_areas_categories_and_a_key_of_its_own():
    data = json.loads(dump(simple(), "coco"))
    assert data["categories"] == [{"id": 1, "name": "cat"}, {"id": 2, "name": "stop sign"}]
    assert data["annotations"][1]["bbox"] == [200.0, 400.0, 400.0, 350.0]
    assert data["annotations"][1]["area"] == 140000.0
    assert data["images"][0]["scenewright"]["prompt"] == "a white cat left of a stop sign"
    assert {t.id: t.noun for t in load(data).scene.things} == {"sign": "stop sign", "cat_1": "cat"}


def test_yolo_lines_count_classes_in_the_order_of_their_names():
    assert names(simple()) == ["cat", "stop sign"]
    assert dump(simple(), "yolo") == "1 0.625 0.625 0.25 0.75\n0 0.25 0.71875 0.25 0.4375\n"
    assert [t.noun for t in load(dump(simple(), "yolo"), "yolo", nouns=["cat", "stop sign"]).scene.things] == [
        "stop sign", "cat"]


@pytest.mark.parametrize("format", [OWN, *FORMATS])
def test_the_format_of_a_file_is_told_from_its_text(format):
    text = dump(simple(), format)
    assert sniff(text) == sniff(text.encode()) == format
    assert load(text, canvas=simple().canvas).boxes.keys()


@pytest.mark.parametrize("text", ["", "hello", "{}", "[]", "[1, 2]", "null", '{"a": 1}', "1 2 3", b"\xff\xfe",
                                  "[" * 10_000])
def test_a_text_of_no_known_format_is_refused_with_the_names(text):
    with pytest.raises(FormatError):
        sniff(text)


def lmd(*quads):
    return "[" + ", ".join(f"('a thing', {list(quad)})" for quad in quads) + "]"


def flux(*quads):
    return [{"id": f"t{i}", "desc": "a thing", "bbox": list(quad)} for i, quad in enumerate(quads)]


def ideogram(*quads):
    elements = [{"type": "obj", "desc": "a thing", "bbox": list(quad)} for quad in quads]
    return {"compositional_deconstruction": {"elements": elements}}


def coco(width, height, *quads):
    return {"images": [{"id": 1, "width": width, "height": height}], "categories": [{"id": 1, "name": "cat"}],
            "annotations": [{"id": i, "image_id": 1, "category_id": 1, "bbox": list(q)} for i, q in enumerate(quads)]}


def comfy(*quads):
    return [dict(zip(("x", "y", "width", "height"), quad, strict=True)) for quad in quads]


WIDE = Canvas(width=1200, height=600)


@pytest.mark.parametrize(("source", "format", "looks_like"), [
    (lmd((0.1, 0.2, 0.3, 0.4), (0.5, 0.2, 0.3, 0.4)), "lmd", "[x, y, width, height] in 0 to 1"),
    (lmd((100, 200, 900, 800), (500, 50, 990, 400)), "lmd", "[x_min, y_min, x_max, y_max] in 0 to 1000"),
    (lmd((200, 200, 500, 400), (250, 50, 490, 400)), "lmd", "[x_min, y_min, x_max, y_max] in 0 to 1000"),
    (flux((100, 200, 600, 800)), "flux3", "[y_min, x_min, y_max, x_max] in 0 to 1000"),
    (flux((100, 200, 600, 1100)), "flux3", "[y_min, x_min, y_max, x_max] in pixels of 1200 × 600"),
    (flux((0.6, 0.5, 0.3, 0.4)), "flux3", "[x, y, width, height] in 0 to 1"),
    (ideogram((0.1, 0.2, 0.6, 0.8)), "ideogram", "[y_min, x_min, y_max, x_max] in 0 to 1"),
    (ideogram((100, 200, 550, 1150)), "ideogram", "in pixels of 1200 × 600"),
    ({"phrases": ["a"], "boxes": [[10, 20, 300, 400]]}, "gligen", "in 0 to 1000"),
    (coco(1200, 600, (50, 700, 200, 400)), "coco", "[y, x, height, width] in pixels of 1200 × 600"),
    (coco(1200, 600, (100, 500, 300, 550)), "coco", "[x_min, y_min, x_max, y_max] in pixels of 1200 × 600"),
    (coco(1200, 600, (0.1, 0.2, 0.6, 0.8)), "coco", "in 0 to 1"),
    (comfy((500, 100, 200, 900)), "comfyui", "[x, y, width, height] in 0 to 1000"),
    (comfy((500, 100, 200, 9000)), "comfyui", "no other usual reading fits either"),
    ("0 600 300 200 100\n", "yolo", "in pixels of 1200 × 600"),
    ("0 0.1 0.2 0.8 0.9\n", "yolo", "[x_min, y_min, x_max, y_max] in 0 to 1"),
])
def test_a_wrong_unit_or_order_is_refused_with_what_it_looks_like(source, format, looks_like):
    with pytest.raises(FormatError) as caught:
        load(source, format, canvas=WIDE)
    assert looks_like in str(caught.value)


def test_swapped_axes_on_a_wide_canvas_are_told_by_name():
    with pytest.raises(FormatError, match=r"it looks like .*y, x, height, width. in pixels"):
        load([{"x": 100, "y": 700, "width": 100, "height": 400}], "comfyui", canvas=WIDE)


QUADS = [[], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, None], [0.1, 0.2, 0.3, "0.4"],
         [True, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, float("nan")], [0.1, 0.2, 0.3, float("inf")], [0.1, 0.2, 0.3, 10**400],
         "0.1 0.2 0.3 0.4", None, 7, {"x": 1}, [[0.1, 0.2, 0.3, 0.4]], [0.5, 0.2, 0.3, 0.4], [0.1, 0.4, 0.3, 0.4]]


@pytest.mark.parametrize("quad", QUADS, ids=lambda q: repr(q)[:30])
def test_four_numbers_that_are_no_box_are_refused(quad):
    noted = coco(100, 100) | {"annotations": [{"image_id": 1, "category_id": 1, "bbox": quad}]}
    for source, format in (({"phrases": ["a"], "boxes": [quad]}, "gligen"), ([{"id": "a", "bbox": quad}], "flux3"),
                           (noted, "coco")):
        with pytest.raises(FormatError):
            load(source, format)


@pytest.mark.parametrize("text", [
    "['a cat', [1, 2, 3, 4]]", "[('a cat', [1, 2, 3])]", "[('a cat', [1, 2, 3, nan])]", "[('a cat', 1, 2, 3, 4)]",
    "[('a cat', [1, 2, 3, 4]", "[(__import__('os').system('x'), [1, 2, 3, 4])]", "[('a' + 'b', [1, 2, 3, 4])]",
    "[('', [10, 20, 300, 400])]", "no list", "[('a cat', [9**9**9, 2, 3, 4])]", "[" + "(" * 100_000,
    "[('a cat', [1, 2, 3, 0])]", "[('" + "a" * 500 + "', [10, 20, 300, 400])]", "[('a cat\\', [1, 2, 300, 400])]",
])
def test_what_is_not_an_lmd_list_is_refused_and_never_run(text):
    with pytest.raises(FormatError):
        load(text, "lmd")


@pytest.mark.parametrize("text", [
    "[('a cat', [10, 20, 300, 400])]", "Objects: [('a cat', [10, 20, 300, 400])]\nBackground prompt: x",
    '[ ("a cat" , [ 10 , 20.0,300, 400 ] ) ,\n]', "[['a cat', (10, 20, 300, 400)]]",
])
def test_the_spellings_of_lmd_answers_are_read(text):
    (placement,) = load(text, "lmd").placements
    assert placement.box.corners == pytest.approx((10 / 512, 20 / 512, 310 / 512, 420 / 512))


def test_an_lmd_answer_without_boxes_is_known_by_its_background_line():
    assert sniff("[]\nBackground prompt: a beach\nNegative prompt: dogs") == "lmd"


def test_an_lmd_box_that_leaves_the_canvas_a_little_is_kept_for_the_check_to_name():
    (placement,) = load("[('an angry dog', [302, 150, 211, 300])]", "lmd").placements
    assert placement.box.x1 > 1.0


def test_lmd_background_and_negative_prompt_are_read():
    scene = load("[]\nBackground prompt: A living room\nNegative prompt: people, dogs\n", "lmd").scene
    assert scene.background == "A living room"
    assert [a.phrase for a in scene.absent] == ["people", "dogs"]
    assert load("[]\nNegative prompt: None", "lmd").scene.absent == ()


def test_an_ideogram_element_without_a_box_is_a_thing_without_a_placement():
    caption = {"compositional_deconstruction": {"elements": [{"type": "text", "text": "OPEN", "desc": "a sign"}]}}
    layout = load(caption)
    assert layout.placements == ()
    assert layout.scene.lettering[0].content == "OPEN"


def test_the_noun_and_the_attributes_are_read_from_the_phrase():
    things = load("[('a small red stop sign', [10, 20, 300, 400]), ('xyzzy', [10, 20, 300, 400])]", "lmd").scene.things
    assert [(t.noun, t.attributes) for t in things] == [("stop sign", ("small", "red")), ("xyzzy", ())]


def test_the_target_boxes_of_a_flux3_edit_are_read():
    rows = [{"id": "hat", "from": "target", "src_bbox": None, "tgt_bbox": [0.1, 0.2, 0.3, 0.4], "desc": "a hat"}]
    assert load(rows).boxes["hat"].corners == (0.2, 0.1, 0.4, 0.3)


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_box_that_leaves_the_canvas_is_not_written_to_a_foreign_file(format):
    away = simple(placements=(Placement(thing="sign", box=Box.of(0.5, 0.5, 1.2, 0.9)),))
    with pytest.raises(FormatError, match="leaves the canvas"):
        dump(away, format)
    assert load(dump(away)) == away


@pytest.mark.parametrize("format", list(FORMATS))
def test_an_empty_layout_is_written_and_read(format):
    empty = Layout(scene=Scene(), canvas=WIDE)
    assert load(dump(empty, format), format, canvas=WIDE).placements == ()


def test_comfyui_needs_to_know_the_canvas():
    with pytest.raises(FormatError, match="give its size"):
        load(dump(simple(), "comfyui"))


@pytest.mark.parametrize("change", [
    {"images": []}, {"images": [{}]}, {"images": None}, {"categories": []}, {"annotations": [[]]},
    {"images": [{"id": 1, "width": 0, "height": 5}]}, {"images": [{"id": 1, "width": True, "height": 5}]},
    {"images": [{"id": 2, "width": 100, "height": 100}]}, {"images": [{"id": 1, "width": "100", "height": 100}]},
])
def test_a_coco_file_that_does_not_add_up_is_refused(change):
    with pytest.raises(FormatError):
        load(coco(100, 100, (10, 10, 50, 50)) | change, "coco")


@pytest.mark.parametrize("text", ["0 1 2 3", "a 0.1 0.2 0.3 0.4", "-1 0.5 0.5 0.1 0.1", "0 a b c d",
                                  "² 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1 nan", "9999999 0.5 0.5 0.1 0.1"])
def test_a_yolo_line_that_does_not_add_up_is_refused(text):
    with pytest.raises(FormatError):
        load(text, "yolo")


def test_a_yolo_class_without_a_name_is_refused_or_numbered():
    with pytest.raises(FormatError, match="class 1 has no name"):
        load("1 0.5 0.5 0.1 0.1", "yolo", nouns=["cat"])
    assert load("1 0.5 0.5 0.1 0.1", "yolo").scene.things[0].noun == "class 1"


@pytest.mark.parametrize("change", [{"schema_version": 2}, {"schema_version": True}, {"scene": {}, "extra": 1},
                                    {"canvas": {"width": 0, "height": 1}}, {"placements": [{"thing": "x", "box": 1}]}])
def test_an_own_file_that_is_not_a_layout_is_refused(change):
    with pytest.raises(FormatError):
        load(json.loads(dump(simple())) | change, OWN)


def test_a_newer_own_file_says_that_it_is_newer():
    with pytest.raises(FormatError, match="version 2; this program reads version 1"):
        load(json.loads(dump(simple())) | {"schema_version": 2}, OWN)


def test_an_unknown_format_is_refused_with_the_names_of_the_known_ones():
    for use in (lambda: load("x", "pdf"), lambda: dump(simple(), "pdf")):
        with pytest.raises(FormatError, match="no format `pdf`; have scenewright, lmd"):
            use()


keys = st.sampled_from([
    "bbox", "id", "desc", "elements", "compositional_deconstruction", "images", "annotations", "categories", "phrases",
    "boxes", "x", "y", "width", "height", "scene", "placements", "metadata", "text", "image_id", "category_id", "name",
    "canvas", "schema_version",
])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=6),
                     max_leaves=25)


@given(tree=trees, format=st.sampled_from([OWN, *FORMATS, ""]))
@settings(max_examples=400)
def test_any_decoded_value_gives_a_layout_or_a_format_error(tree, format):
    for source in (tree, json.dumps(tree)):
        try:
            assert isinstance(load(source, format, canvas=WIDE), Layout)
        except FormatError:
            continue


@given(text=st.text(max_size=200) | st.binary(max_size=200) | st.text("[]()'\",0123456789. \\\n{}:", max_size=120),
       format=st.sampled_from([OWN, *FORMATS, ""]))
@settings(max_examples=400)
def test_any_text_gives_a_layout_or_a_format_error(text, format):
    with suppress(FormatError):
        assert isinstance(load(text, format, canvas=WIDE), Layout)


def test_neither_formats_nor_the_grammar_load_a_language_model_library():
    code = ("import sys, planner.formats, planner.read.grammar, planner.place.solve, planner.check; "
            "print({'langchain_core', 'openai', 'jinja2', 'torch'} & {m.split('.')[0] for m in sys.modules})")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
