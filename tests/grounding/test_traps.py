"""The known traps of the published attention-refocusing code, one by one: none of them is inherited."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from grounding.backbones.stable_diffusion import StableDiffusion
from grounding.guide import energies
from grounding.guide.energies import Object
from grounding.guide.head import head_measure
from grounding.guide.profile import GuidancePlan, Seen
from grounding.guide.refocus import Refocus, profile_of
from grounding.guide.targets import Target, aim
from grounding.painter import Painter
from grounding.settings import How
from grounding.spans import columns, ground
from planner.scene import Box, Layout, Placement, Scene, Thing

SPECK = (0.51, 0.51, 0.55, 0.55)


def thing(id: str, noun: str, *attributes: str) -> Thing:
    return Thing(id=id, noun=noun, attributes=attributes, phrase=" ".join((*attributes, noun)))


def layout(prompt: str, *placed: tuple[Thing, tuple[float, float, float, float]]) -> Layout:
    return Layout(scene=Scene(prompt=prompt, things=tuple(t for t, _ in placed)),
                  placements=tuple(Placement(thing=t.id, box=Box.of(*corners)) for t, corners in placed))


def target(backbone: StableDiffusion, one: Layout) -> Target:
    grounding = ground(one)
    found = aim(grounding, backbone.encode([grounding.prompt])[0], 16, 16)
    assert found is not None
    return found


def test_1_print_and_code_disagree_so_both_can_be_had() -> None:
    cross = torch.full((16, 16, 5), 0.2)
    objects = [Object((1,), ((0.0, 0.0, 0.5, 1.0),)), Object((2,), ((0.5, 0.0, 1.0, 1.0),))]
    third = 1 / 3
    assert energies.car_paper(cross, objects).energy.item() == pytest.approx(1 - third + third)
    assert energies.car_head(cross, objects, 0).energy.item() == pytest.approx(1 - third + 4 * third)


def test_2_our_self_energy_does_not_grow_with_the_size_of_a_box() -> None:
    """In print SAR sums over query pixels: a box four times as large weighs more; a share of mass does not."""
    small, large = (torch.zeros(1, 256) for _ in range(2))
    small[0, :16], large[0, :64] = 1, 1
    all_outside = torch.zeros(1, 1, 1, 256)
    all_outside[..., 255] = 1
    assert energies.sar_ours(all_outside, small) == energies.sar_ours(all_outside, large) == 1
    assert energies.sar_paper_rows(all_outside, large) > 3 * energies.sar_paper_rows(all_outside, small)


@pytest.mark.parametrize("united", [False, True])
def test_3_whether_instances_of_a_phrase_are_pushed_apart_is_a_choice(backbone: StableDiffusion, united: bool) -> None:
    two = target(backbone, layout("cats", (thing("a", "cat"), (0, 0, 0.5, 1)), (thing("b", "cat"), (0.5, 0, 1, 1))))
    guide = Refocus(united=united)
    masks = two.row_masks(guide.united)
    looking_over = torch.zeros(1, 1, len(masks), 256).reshape(1, 1, len(masks), 16, 16)
    looking_over[..., 12] = 1 / 16
    energy = energies.sar_ours(looking_over.flatten(-2), masks).item()
    assert energy == pytest.approx(0 if united else 0.5)


def test_4_columns_follow_the_tokenizer_not_the_spaces(backbone: StableDiffusion) -> None:
    """Split at spaces, `cat` would be word 4, and column 4 is a letter of `sphinx`."""
    grounding = ground(layout("a sphinx and cat", (thing("c", "cat"), (0, 0, 1, 1))))
    (found,), _ = columns(grounding, backbone.encode([grounding.prompt])[0])
    assert found.all == (9,)


def test_4_every_mention_counts_not_only_the_first(backbone: StableDiffusion) -> None:
    grounding = ground(layout("a cat and the cat", (thing("c", "cat"), (0, 0, 1, 1))))
    assert [r[0] for r in grounding.items[0].ranges] == [2, 14]


def test_5_a_word_shared_by_two_phrases_does_not_put_each_into_the_others_box(backbone: StableDiffusion) -> None:
    both = target(backbone, layout("a red ball and a red box", (thing("a", "ball", "red"), (0, 0, 0.5, 1)),
                                   (thing("b", "box", "red"), (0.5, 0, 1, 1))))
    assert [item.all for item in both.columns] == [(2, 3), (6, 7)]


def test_5_a_thing_that_the_prompt_does_not_name_is_not_dropped(backbone: StableDiffusion) -> None:
    found = target(backbone, layout("a garden", (thing("c", "cat"), (0, 0, 1, 1))))
    assert found.grounding.prompt.endswith(", cat")
    assert found.columns[0].all


def test_6_grounding_slots_are_those_of_the_boxes_not_the_index_of_a_word(backbone: StableDiffusion) -> None:
    two = target(backbone, layout("cats and a dog", (thing("a", "cat"), (0, 0, 0.5, 0.5)),
                                  (thing("b", "cat"), (0.5, 0, 1, 0.5)), (thing("d", "dog"), (0, 0.5, 1, 1))))
    gated = torch.zeros(1, 1, 3, 286)
    for row, own in enumerate(([256, 257], [256, 257], [258])):
        gated[..., row, own] = 0.3
    quiet = Refocus(profile="head", cross=False)
    flat = torch.full((16, 16, 40), 1 / 40)
    assert head_measure(quiet, two, Seen(flat, None, gated), GuidancePlan(4, 1, 0)).energy.item() == 0
    gated[..., 2, 256] = 0.2
    found = head_measure(quiet, two, Seen(flat, None, gated), GuidancePlan(4, 1, 0)).energy.item()
    assert found == pytest.approx(4 * 3 * 0.2 / 2)


def test_5_in_the_published_profile_every_word_counts_as_an_object(backbone: StableDiffusion) -> None:
    """"red" and "ball" each have the phrase's boxes; a word of two phrases has the boxes of both."""
    one = layout("a red ball and a box", (thing("b", "ball", "red"), (0.1, 0.1, 0.5, 0.5)),
                 (thing("x", "box"), (0.5, 0.4, 0.95, 0.95)))
    found = target(backbone, one)
    (red, ball), (box,) = (item.all for item in found.columns)
    words = [Object((red,), ((0.1, 0.1, 0.5, 0.5),)), Object((ball,), ((0.1, 0.1, 0.5, 0.5),)),
             Object((box,), ((0.5, 0.4, 0.95, 0.95),))]
    random = torch.Generator().manual_seed(2)
    cross = torch.randn(16, 16, 40, generator=random, dtype=torch.float64).softmax(-1)
    maps = torch.randn(2, 3, 256, 256, generator=random, dtype=torch.float64).softmax(-1)
    rows = energies.box_rows(maps, found.boxes(), 16, 16, energies.truncated)
    for step in (0, 20):
        measured = head_measure(Refocus(profile="head"), found, Seen(cross, rows), GuidancePlan(3, 1, step)).energy
        expected = 3 * (energies.car_head(cross, words, step).energy + energies.sar_head(maps, words))
        torch.testing.assert_close(measured, expected)
    shared, at = target(backbone, layout("two cats", (thing("a", "cat"), (0.0, 0.0, 0.4, 0.4)),
                                         (thing("b", "cat", "black"), (0.5, 0.5, 0.9, 0.9)))).by_word()
    assert sorted(len(word.boxes) for word in shared) in ([1, 2], [1, 1, 1])
    assert len(at) == sum(len(word.boxes) for word in shared)


@pytest.mark.parametrize("profile", ["paper", "head", "ours"])
@pytest.mark.parametrize("only", ["cross", "self_attention"])
def test_7_each_term_works_alone(backbone: StableDiffusion, profile: str, only: str) -> None:
    one = layout("a red ball", (thing("b", "ball", "red"), (0.1, 0.1, 0.5, 0.5)))
    choice: dict[str, Any] = {"cross": only == "cross", "self_attention": only == "self_attention"}
    found = Painter(backbone).paint(one, How(steps=4, refocus=Refocus(profile=profile, weak=1.0, **choice)))[0]
    assert found.receipt.cost.backward > 0


def test_8_a_speck_is_neither_satisfied_nor_a_nan_and_does_not_stop_the_loop(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    one = layout("a red ball and a cat", (thing("b", "ball", "red"), SPECK), (thing("c", "cat"), (0.0, 0.0, 0.5, 1.0)))
    found = target(backbone, one)
    assert found.instance_masks.sum(1).tolist() == [1, 128]
    assert float(found.strength(torch.full((16, 16, 40), 1 / 40))[0]) < 0.1
    cross, rows = torch.full((16, 16, 40), 1 / 40), torch.full((1, 1, 2, 256), 1 / 256)
    measured = head_measure(Refocus(profile="head"), found, Seen(cross, rows), GuidancePlan(4, 6, 3))
    assert math.isfinite(measured.energy.item())
    assert measured.energy.item() > 0.1


def test_9_our_step_is_the_same_whatever_scale_the_energy_has(
        backbone: StableDiffusion, noise: Callable[..., Tensor]) -> None:
    """The published step is the raw gradient, so each backbone needs a factor of its own (4, 40, 70 …)."""
    ours, raw = (profile_of(Refocus(profile=p), range(50), bound=False) for p in ("ours", "head"))
    gradient, level = noise()[0], backbone.noise_level(torch.tensor(700))
    small = gradient * 1e-4
    torch.testing.assert_close(ours.stride(small, small, level), ours.stride(gradient, gradient, level))
    torch.testing.assert_close(raw.stride(small, small, level), raw.stride(gradient, gradient, level) * 1e-4)
