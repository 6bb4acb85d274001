"""Layers: what hides is cut out of a picture of its own and laid over the rest, from far to near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grounding.brief import brief
from grounding.layers import cut_out, kinds, layered, levels, painted
from grounding.pocket.profiles import profiles
from grounding.receipt import Attention, Cost, Receipt
from grounding.rendering import Painting
from grounding.settings import Bind, How, Incant, Mend, Refocus
from planner.scene import Box, Layout, Placement, Scene, Thing

SIDE = 128
POCKET = profiles()["pipeline"]
HIDING, APART = How(bind=Bind(), refocus=Refocus(), layered="hiding"), How(layered="apart")


def layout(*rows: tuple[str, str, tuple[float, float, float, float], int]) -> Layout:
    """Things as (noun, colour, corners, depth)."""
    things = tuple(Thing(id=f"t{n}", noun=noun, phrase=f"a {colour} {noun}", attributes=(colour,))
                   for n, (noun, colour, _, _) in enumerate(rows))
    return Layout(scene=Scene(prompt="as it was typed", things=things, background="meadow"), placements=tuple(
        Placement(thing=f"t{n}", box=Box.of(*corners), depth=depth) for n, (_, _, corners, depth) in enumerate(rows)))


DOG_BEFORE_HOUSE = layout(("house", "blue", (0.2, 0.2, 0.8, 0.8), 0), ("dog", "brown", (0.4, 0.5, 0.7, 0.8), 1))


def test_what_hides_something_is_a_layer_of_its_own_and_what_hides_nothing_is_not() -> None:
    assert levels(DOG_BEFORE_HOUSE) == ({"t0"}, {"t1"})
    beside = layout(("house", "blue", (0.1, 0.2, 0.4, 0.8), 0), ("dog", "brown", (0.5, 0.5, 0.7, 0.8), 1))
    assert levels(beside) == ({"t0", "t1"},)
    assert levels(layout()) == (frozenset(),)


def test_layers_are_as_few_as_keep_apart_what_hides_from_what_is_hidden() -> None:
    tower = layout(("box", "red", (0.2, 0.6, 0.6, 1.0), 0), ("cat", "black", (0.2, 0.3, 0.6, 0.65), 1),
                   ("hat", "blue", (0.2, 0.1, 0.6, 0.35), 2), ("ball", "green", (0.7, 0.1, 0.9, 0.3), 3))
    assert levels(tower) == ({"t0", "t3"}, {"t1"}, {"t2"})


def test_apart_every_kind_has_its_layer_and_of_many_alike_only_three_are_painted_together() -> None:
    cats = [("cat", "black", (0.2 * n, 0.1, 0.2 * n + 0.15, 0.3), 0) for n in range(5)]
    crowd = layout(*cats, ("box", "red", (0.2, 0.6, 0.6, 1.0), 0))
    told = brief(crowd, POCKET)
    assert told is not None
    assert kinds(crowd, told.things) == ({"t0", "t1", "t2"}, {"t3", "t4"}, {"t5"})


def test_the_far_layer_has_the_setting_and_the_others_a_plain_one() -> None:
    told = brief(DOG_BEFORE_HOUSE, POCKET)
    far, near = layered(told, DOG_BEFORE_HOUSE, HIDING, POCKET.alone)
    assert far.scene.prompt == "a blue house in a meadow"
    assert near.scene.prompt == "a brown dog on a plain background"
    assert [p.thing for p in near.placements] == ["t1"]
    assert near.boxes["t1"] == DOG_BEFORE_HOUSE.boxes["t1"]


@pytest.mark.parametrize("how", [How(), HIDING.asked(strength=0.0), HIDING.but(tokens=Incant()),
                                 HIDING.but(mend=Mend(areas=(Box.of(0, 0, 0.5, 0.5),)))])
def test_plain_pictures_learned_tokens_and_mended_parts_have_no_layers(how: How) -> None:
    assert layered(brief(DOG_BEFORE_HOUSE, POCKET), DOG_BEFORE_HOUSE, how, POCKET.alone) == ()


def test_a_model_of_which_nobody_knows_that_it_paints_things_alone_has_no_layers() -> None:
    assert layered(brief(DOG_BEFORE_HOUSE, POCKET), DOG_BEFORE_HOUSE, HIDING, "") == ()
    assert layered(None, DOG_BEFORE_HOUSE, HIDING, POCKET.alone) == ()


def drawn(shade: tuple[int, int, int], corners: tuple[int, int, int, int] | None, *, slope: float = 0.0) -> Image.Image:
    """A disc before a backdrop that grows lighter from left to right by `slope`."""
    ramp = np.linspace(0, slope, SIDE)[None, :, None]
    image = Image.fromarray((np.full((SIDE, SIDE, 3), 180.0) + ramp).astype(np.uint8))
    if corners:
        ImageDraw.Draw(image).ellipse(corners, fill=shade)
    return image


@pytest.mark.parametrize("slope", [0.0, 40.0])
@pytest.mark.parametrize("shade", [(200, 30, 30), (20, 20, 20), (254, 254, 252)])
def test_a_thing_is_cut_out_along_its_edge(shade: tuple[int, int, int], slope: float) -> None:
    cut = cut_out(drawn(shade, (32, 32, 96, 96), slope=slope), [Box.of(0.25, 0.25, 0.75, 0.75)])
    assert cut is not None
    y, x = np.mgrid[:SIDE, :SIDE]
    disc = (x - 64) ** 2 + (y - 64) ** 2 <= 32 ** 2
    assert (cut & disc).sum() / (cut | disc).sum() > 0.95


def test_a_pale_thing_is_all_that_its_outline_encloses_and_a_shadow_is_no_part_of_it() -> None:
    image = drawn((0, 0, 0), None)
    pen = ImageDraw.Draw(image)
    pen.ellipse((30, 96, 98, 106), fill=(150, 150, 150))
    pen.ellipse((32, 32, 96, 96), fill=(182, 182, 182), outline=(110, 115, 150), width=3)
    pen.chord((34, 34, 94, 94), 0, 180, fill=(244, 244, 244))
    cut = cut_out(image, [Box.of(0.25, 0.25, 0.75, 0.75)])
    assert cut is not None
    y, x = np.mgrid[:SIDE, :SIDE]
    disc = (x - 64) ** 2 + (y - 64) ** 2 <= 32 ** 2
    assert (cut & disc).sum() / (cut | disc).sum() > 0.95


def test_what_lies_outside_the_boxes_is_not_cut_out() -> None:
    image = drawn((200, 30, 30), (10, 10, 40, 40))
    ImageDraw.Draw(image).ellipse((100, 100, 120, 120), fill=(30, 30, 200))
    cut = cut_out(image, [Box.of(10 / 128, 10 / 128, 40 / 128, 40 / 128)])
    assert cut is not None
    assert cut[10:40, 10:40].any()
    assert not cut[60:, 60:].any()


def test_nothing_is_cut_out_of_an_uneven_backdrop_or_of_an_empty_box() -> None:
    noisy = Image.fromarray(np.random.default_rng(3).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8))
    assert cut_out(noisy, [Box.of(0.25, 0.25, 0.75, 0.75)]) is None
    assert cut_out(drawn((0, 0, 0), None), [Box.of(0.25, 0.25, 0.75, 0.75)]) is None
    assert cut_out(drawn((0, 0, 0), (32, 32, 96, 96)), [Box.of(0, 0, 1, 1)]) is None


class Painter:
    """Paints discs in the boxes, red for houses and blue for dogs; keeps what it was asked for."""

    def __init__(self, broken: bool = False) -> None:
        self.asked: list[tuple[str, int]] = []
        self.broken = broken

    def __call__(self, layouts: Sequence[Layout], seeds: Sequence[int]) -> list[Painting]:
        self.asked += [(one.scene.prompt, seed) for one, seed in zip(layouts, seeds, strict=True)]
        return [self.paint(one, seed) for one, seed in zip(layouts, seeds, strict=True)]

    def paint(self, layout: Layout, seed: int) -> Painting:
        image = drawn((0, 0, 0), None)
        things = () if self.broken and len(layout.placements) == 1 else layout.placements
        for placement in things:
            shade = (200, 30, 30) if placement.thing == "t0" else (30, 30, 200)
            x0, y0, x1, y1 = (round(SIDE * v) for v in placement.box.corners)
            ImageDraw.Draw(image).ellipse((x0, y0, x1, y1), fill=shade)
        return Painting(image, Receipt(
            backbone="discs", weights="0", prompt=layout.scene.prompt, negative="", seed=seed, scheduler="none",
            width=SIDE, height=SIDE, batch=1, cost=Cost(full=10), attention=tuple(
                Attention(thing=p.thing, phrase="", before=0.5, after=0.9, weak=False) for p in layout.placements)))


def parts() -> tuple[Layout, tuple[Layout, ...]]:
    told = brief(DOG_BEFORE_HOUSE, POCKET)
    assert told is not None
    return told.of(DOG_BEFORE_HOUSE), layered(told, DOG_BEFORE_HOUSE, HIDING, POCKET.alone)


def test_the_near_thing_is_whole_and_the_far_one_shows_around_it() -> None:
    whole, some = parts()
    for seed, made in zip((7, 8), painted(Painter(), whole, some, (7, 8)), strict=True):
        pixels = np.asarray(made.image)
        assert pixels[83, 70].tolist() == [30, 30, 200]
        assert pixels[40, 64].tolist() == [200, 30, 30]
        assert pixels[5, 5].tolist() == [180, 180, 180]
        assert made.receipt.seed == seed
        assert made.receipt.prompt == "a blue house and a brown dog in a meadow"
        assert made.receipt.cost.full == 20
        assert [a.thing for a in made.receipt.attention] == ["t0", "t1"]


def test_all_layers_of_all_seeds_are_painted_in_one_batch() -> None:
    painter = Painter()
    whole, some = parts()
    painted(painter, whole, some, (7, 8))
    house, dog = "a blue house in a meadow", "a brown dog on a plain background"
    assert painter.asked == [(house, 7), (house, 8), (dog, 7), (dog, 8)]


def test_layers_that_are_thrown_away_are_paid_for_all_the_same() -> None:
    tower = layout(("house", "blue", (0.2, 0.5, 0.8, 0.95), 0), ("dog", "brown", (0.4, 0.25, 0.7, 0.55), 1),
                   ("hat", "red", (0.4, 0.05, 0.7, 0.3), 2))
    told = brief(tower, POCKET)
    assert told is not None
    (made,) = painted(Painter(broken=True), told.of(tower), layered(told, tower, HIDING, POCKET.alone), (7,))
    assert made.receipt.cost.full == 40


def test_what_cannot_be_cut_out_is_painted_all_at_once_and_that_costs_all_of_it() -> None:
    painter = Painter(broken=True)
    whole, some = parts()
    (made,) = painted(painter, whole, some, (7,))
    assert painter.asked[-1] == ("a blue house and a brown dog in a meadow", 7)
    assert made.receipt.cost.full == 30
    assert np.asarray(made.image)[83, 70].tolist() == [30, 30, 200]
