"""Pictures of layouts: what is nearer covers, names can be read, any text is harmless."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from planner.colours import ALIKE, PALETTE, SWATCHES, distance
from planner.draw import contrast, draw, picture, svg
from planner.errors import BadInput
from planner.plain import plain
from planner.scene import Absent, Box, Canvas, Group, Layout, Placement, Point, Polygon, Relation, Scene, Spot, Thing
from planner.sketch import INK, PAPER, Sketch, sketch

SVG = "{http://www.w3.org/2000/svg}"


def thing(id: str, noun: str = "cat", *attributes: str) -> Thing:
    return Thing(id=id, noun=noun, phrase=" ".join((*attributes, noun)), attributes=attributes)


def layout(*rows: tuple[Thing, Box, int], canvas: Canvas | None = None, prompt: str = "",
           relations: tuple[Relation, ...] = (), groups: tuple[Group, ...] = ()) -> Layout:
    scene = Scene(prompt=prompt, things=tuple(t for t, _, _ in rows), relations=relations, groups=groups)
    placements = tuple(Placement(thing=t.id, box=box, depth=depth) for t, box, depth in rows)
    return Layout(scene=scene, canvas=canvas or Canvas(), placements=placements)


def measured(text: str, size: float) -> float:
    return 0.6 * size * len(text)


def sketched(what: Layout, **options: bool) -> Sketch:
    return sketch(what, measured, **options)  # type: ignore[arg-type]


GRID = layout(*((thing(f"t{i}", "apple", "green"), Box.around(0.1 + 0.2 * (i % 5), 0.1 + 0.2 * (i // 5), 0.15, 0.15), i)
                for i in range(25)))
OVERLAID = layout((thing("far", "house"), Box.of(0.1, 0.1, 0.7, 0.7), 0),
                  (thing("near", "car"), Box.of(0.4, 0.4, 0.9, 0.9), 3))


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "a.svg"])
def test_the_suffix_chooses_the_format(tmp_path: Path, name: str) -> None:
    path = draw(OVERLAID, tmp_path / name)
    start = path.read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n" if name.lower().endswith("png") else start.startswith(b"<svg")


@pytest.mark.parametrize("size", [128, 256, 512, 1024])
def test_names_and_captions_can_be_read_however_small_the_picture(size: int) -> None:
    scene = OVERLAID.scene.model_copy(update={"prompt": "a car before a house", "background": "a street"})
    for what in (GRID, OVERLAID.model_copy(update={"scene": scene})):
        drawn = sketch(what, measured, size=size, relations=True)
        assert min(drawn.font, drawn.small, *(line.size for line in drawn.caption), 99) >= 11
        stage = drawn.stage
        assert all(stage.x <= t.rect.x and t.rect.x + t.rect.w <= stage.x + stage.w for t in drawn.tags)


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svg.gz"])
def test_another_suffix_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"\.png or \.svg"):
        draw(OVERLAID, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_where_two_things_overlap_the_nearer_one_shows() -> None:
    stage, image = sketched(OVERLAID).stage, picture(OVERLAID)

    def tint_at(share: float) -> tuple[int, ...]:
        return image.getpixel((int(stage.x + share * stage.w), int(stage.y + share * stage.h)))  # type: ignore[return-value]

    far, both, near = (tint_at(share) for share in (0.3, 0.6, 0.8))
    to_near, to_far = (sum(abs(a - b) for a, b in zip(both, other, strict=True)) for other in (near, far))
    assert to_near < to_far / 2


def test_the_order_of_painting_is_far_to_near_whatever_the_order_of_the_list() -> None:
    rows = [(thing(f"t{i}"), Box.of(0.1 * i, 0.1, 0.1 * i + 0.3, 0.4), i) for i in range(5)]
    xs = [outline.rect.x for outline in sketched(layout(*reversed(rows))).outlines]
    assert xs == sorted(xs)


def test_the_part_of_an_edge_that_is_hidden_is_dashed_and_no_other() -> None:
    far, near = sketched(OVERLAID).outlines
    assert far.hidden
    assert not near.hidden
    for x0, y0, x1, y1 in far.hidden:
        assert near.rect.holds((x0 + x1) / 2, (y0 + y1) / 2)


def test_every_box_lies_where_the_fractions_say_on_a_canvas_of_the_right_shape() -> None:
    wide = layout((thing("a"), Box.of(0.25, 0.5, 0.75, 1.0), 0), canvas=Canvas(width=1600, height=900))
    result = sketched(wide)
    assert result.stage.w / result.stage.h == pytest.approx(16 / 9)
    rect = result.outlines[0].rect
    assert (rect.x - result.stage.x) / result.stage.w == pytest.approx(0.25)
    assert (rect.y - result.stage.y) / result.stage.h == pytest.approx(0.5)
    assert (rect.w / result.stage.w, rect.h / result.stage.h) == pytest.approx((0.5, 0.5))


def test_no_two_tags_touch_in_a_crowd_of_twenty_five() -> None:
    tags = sketched(GRID).tags
    assert len(tags) == 25
    assert all(a.rect.shared(b.rect) == 0 for a, b in combinations(tags, 2))


@given(st.lists(st.tuples(st.floats(0, 0.8), st.floats(0, 0.8), st.floats(0.05, 0.2), st.floats(0.05, 0.2)),
                min_size=1, max_size=12))
def test_tags_stay_on_the_stage_and_overlap_little_wherever_boxes_are(boxes: list[tuple[float, ...]]) -> None:
    what = layout(*((thing(f"t{i}", "fire hydrant", "red"), Box.of(x, y, x + w, y + h), i)
                    for i, (x, y, w, h) in enumerate(boxes)))
    result = sketched(what)
    for tag in result.tags:
        assert tag.rect.kept_in(result.stage) == tag.rect
    hidden = sum(a.rect.shared(b.rect) for a, b in combinations(result.tags, 2))
    assert hidden <= 0.35 * sum(tag.rect.w * tag.rect.h for tag in result.tags)


def test_things_of_one_group_share_a_colour_and_other_things_have_another() -> None:
    cats = [Thing(id=f"c{i}", noun="cat", phrase="cat", group="cats") for i in range(3)]
    what = layout(*((c, Box.of(0.1, 0.1 + 0.2 * i, 0.2, 0.2 + 0.2 * i), i) for i, c in enumerate(cats)),
                  (thing("d", "dog"), Box.of(0.5, 0.5, 0.8, 0.8), 9),
                  groups=(Group(id="cats", words="three cats", at_least=3, at_most=3),))
    colours = [outline.colour for outline in sketched(what).outlines]
    assert len(set(colours[:3])) == 1
    assert colours[3] not in colours[:3]


@pytest.mark.parametrize("word", SWATCHES)
def test_the_dot_of_a_colour_word_shows_on_its_plate(word: str) -> None:
    what = layout((thing("a", "bird", word), Box.of(0.1, 0.1, 0.5, 0.5), 0), (thing("b", "car", word),
                                                                              Box.of(0.6, 0.6, 0.9, 0.9), 1))
    plates = sketched(what).tags
    assert len({tag.colour for tag in plates}) == 2
    assert all(tag.swatch and distance(tag.colour, tag.swatch) > ALIKE for tag in plates)


def test_the_caption_says_whose_absence_it_is() -> None:
    scene = Scene(things=(thing("t", "teddy"), thing("b", "boy"), thing("h", "hat")),
                  absent=(Absent(noun="hat", phrase="hat", of="t"), Absent(noun="dog", phrase="dog")))
    boxes = (Box.of(0.1, 0.1, 0.3, 0.5), Box.of(0.6, 0.1, 0.9, 0.9), Box.of(0.7, 0.1, 0.8, 0.2))
    what = Layout(scene=scene, placements=tuple(Placement(thing=t.id, box=box, depth=i)
                                                for i, (t, box) in enumerate(zip(scene.things, boxes, strict=True))))
    words = " ".join(line.text for line in sketched(what).caption)
    assert "without: dog" in words
    assert "teddy: no hat" in words
    assert "without: hat" not in words


@pytest.mark.parametrize("colour", PALETTE)
def test_a_name_on_its_plate_can_be_read(colour: str) -> None:
    assert max(contrast(INK, colour), contrast(PAPER, colour)) >= 3.8


def test_the_contrast_of_black_and_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == 1.0


@pytest.mark.parametrize("kind", ["normal", "protan", "deutan"])
def test_neighbouring_palette_colours_stay_apart_for_colour_blind_eyes(kind: str) -> None:
    seen = [_as_seen(colour, kind) for colour in PALETTE[:6]]
    apart = [sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5 for p, q in combinations(seen, 2)]
    assert min(apart) > 30


def _as_seen(colour: str, kind: str) -> tuple[float, ...]:
    """Linear matrices for full dichromacy (Machado, Oliveira and Fernandes 2009), applied to sRGB values."""
    rows = {
        "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
        "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    }[kind]
    rgb = [int(colour[i:i + 2], 16) for i in (1, 3, 5)]
    return tuple(sum(m * v for m, v in zip(row, rgb, strict=True)) for row in rows)


def test_an_arrow_runs_from_the_subject_to_the_object() -> None:
    what = layout((thing("a"), Box.of(0.1, 0.1, 0.3, 0.3), 0), (thing("b", "dog"), Box.of(0.6, 0.6, 0.9, 0.9), 0),
                  relations=(Relation(kind="left_of", subjects=("a",), objects=("b",), words="left of"),))
    result = sketched(what, relations=True)
    (arrow,) = result.arrows
    (strand,) = arrow.heads
    assert result.outlines[0].rect.holds(*strand[:2])
    assert result.outlines[1].rect.holds(*strand[2:])
    assert arrow.text == "left of"
    assert not sketched(what).arrows


def test_the_strands_of_many_things_meet_in_the_words_of_their_relation() -> None:
    cats = [(thing(f"c{i}"), Box.of(0.1, 0.2 * i, 0.2, 0.2 * i + 0.15), 0) for i in range(4)]
    what = layout(*cats, (thing("d", "dog"), Box.of(0.6, 0.4, 0.9, 0.7), 0), relations=(
        Relation(kind="left_of", subjects=("c0", "c1", "c2", "c3"), objects=("d",), words="left of"),))
    result = sketched(what, relations=True)
    (arrow,) = result.arrows
    assert len(arrow.tails) == 4
    assert {strand[2:] for strand in arrow.tails} == {arrow.plate.centre} == {strand[:2] for strand in arrow.heads}
    assert all(o.rect.holds(*strand[:2]) for o, strand in zip(result.outlines, arrow.tails, strict=False))


def test_a_box_that_leaves_the_canvas_is_drawn_up_to_the_margin_and_not_beyond_the_picture() -> None:
    result = sketched(layout((thing("a"), Box.of(-5, -5, 5, 5), 0)))
    rect = result.outlines[0].rect
    assert 0 < rect.x < result.stage.x
    assert rect.x + rect.w < result.width


def test_a_box_without_a_thing_in_the_scene_is_drawn_under_its_id() -> None:
    stray = Layout(scene=Scene(), placements=(Placement(thing="ghost", box=Box.of(0.1, 0.1, 0.9, 0.9)),))
    assert [tag.text for tag in sketched(stray).tags] == ["ghost"]


def test_regions_are_drawn_as_what_they_are() -> None:
    triangle = Polygon(points=(Point(x=0.1, y=0.1), Point(x=0.5, y=0.1), Point(x=0.3, y=0.5)))
    spot = Spot(x=0.7, y=0.7, radius=0.1)
    things = (thing("a", "sail"), thing("b", "ball"))
    placements = tuple(Placement(thing=t.id, box=r.envelope(), region=r)
                       for t, r in zip(things, (triangle, spot), strict=True))
    what = Layout(scene=Scene(things=things), placements=placements)
    assert len(sketched(what).outlines[0].points) == 3
    root = ET.fromstring(svg(what))
    assert len(root.findall(f"{SVG}polygon")) == 2
    inside, outside = (picture(what).getpixel((int(28 + 1024 * x), int(28 + 1024 * 0.4))) for x in (0.3, 0.12))
    assert inside != outside


@given(st.text(alphabet=st.characters(), min_size=1, max_size=60))
def test_any_text_gives_a_valid_document_that_shows_it_and_obeys_nothing(text: str) -> None:
    what = layout((thing("a"), Box.of(0.1, 0.1, 0.5, 0.5), 0), prompt=text.encode("utf-8", "replace").decode())
    root = ET.fromstring(svg(what, size=256))
    assert {child.tag for child in root.iter()} <= {f"{SVG}{name}" for name in ("svg", "rect", "line", "text", "path")}


@given(st.text(max_size=200))
def test_plain_text_has_no_control_format_or_broken_characters_and_is_left_alone_the_second_time(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    assert plain(shown) == shown


def test_a_very_long_prompt_is_cut_to_three_lines() -> None:
    result = sketched(layout((thing("a"), Box.of(0.1, 0.1, 0.5, 0.5), 0), prompt="word " * 5000 + "x" * 5000))
    assert len(result.caption) == 3
    assert result.caption[-1].text.endswith("…")
    assert all(measured(line.text, line.size) <= result.stage.w for line in result.caption)


def test_an_empty_layout_is_an_empty_stage(tmp_path: Path) -> None:
    with Image.open(draw(Layout(scene=Scene()), tmp_path / "empty.png")) as image:
        assert image.size == (1080, 1080)


def test_the_same_layout_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (draw(GRID, tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert first == second
    assert svg(GRID) == svg(GRID)
