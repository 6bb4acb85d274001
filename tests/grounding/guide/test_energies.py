"""The energies against closed forms, finite differences, and a second implementation of the published behaviour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from grounding.errors import BadRequest
from grounding.guide import energies
from grounding.guide.energies import Object

Floats = npt.NDArray[np.float64]

LEFT, RIGHT, SPECK = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), (0.51, 0.51, 0.55, 0.55)
corner = st.floats(0, 1, allow_nan=False)
box = st.tuples(corner, corner, corner, corner).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3])))
thing = st.builds(Object, st.lists(st.integers(1, 18), min_size=1, max_size=3, unique=True).map(tuple),
                  st.lists(box, min_size=1, max_size=3).map(tuple))
things = st.lists(thing, min_size=1, max_size=4)


def random_cross(seed: int, columns: int = 20, sharp: float = 4.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(16, 16, columns, generator=generator, dtype=torch.float64) * sharp).softmax(-1)


def random_self(seed: int, side: int = 16, layers: int = 2, heads: int = 3, extra: int = 0) -> Tensor:
    n = side * side + extra
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(layers, heads, n, n, generator=generator, dtype=torch.float64) * 2).softmax(-1)


def head_in_numpy(cross: Floats, objects: Sequence[Object], step: int) -> tuple[float, float, float]:
    """The published CAR, cell by cell, from its description; no torch."""
    words = np.exp(100 * cross[:, :, 1:-1])
    words /= words.sum(-1, keepdims=True)
    weights = np.array([[math.exp(-((i - 1) ** 2 + (j - 1) ** 2)) for j in range(3)] for i in range(3)])
    weights /= weights.sum()
    total, least, most = 0.0, 1000.0, 0.0
    for o, (columns, boxes) in enumerate(objects):
        for column in columns:
            padded = np.pad(words[:, :, column - 1], 1, mode="reflect")
            smooth = np.array([[(padded[y:y + 3, x:x + 3] * weights).sum() for x in range(16)] for y in range(16)])
            left = smooth.copy()
            for x0, y0, x1, y1 in boxes:
                area = smooth[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)]
                m = area.max() if area.size else 1.0
                total += 6 * (1 - m) if m < 0.1 else (1 - m) if (m < 0.2 or step < 15) else 0
                least = min(least, m)
                left[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)] = 0
            background = left.copy()
            for other, (_, theirs) in enumerate(objects):
                for x0, y0, x1, y1 in theirs if other != o else ():
                    area = left[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)]
                    m = area.max() if area.size else 0.0
                    total += 4 * m if m > 0.15 else m if (m > 0.1 or step < 15) else 0
                    most = max(most, m)
                    background[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)] = 0
            total += len(boxes) * background.max() / 2
    return total / len(objects), least, most


def sar_in_numpy(maps: Floats, objects: Sequence[Object]) -> float:
    """The published SAR, box by box; a box of no cells, where the original divides by zero, is left out."""
    total = 0.0
    for layer in maps:
        for _, boxes in objects:
            for x0, y0, x1, y1 in boxes:
                inside = np.zeros((16, 16), bool)
                inside[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)] = True
                if inside.any():
                    rows = layer[:, inside.ravel()].mean(1)
                    total += rows[:, ~inside.ravel()].sum(-1).mean()
    return total / len(objects) / len(maps)


@settings(max_examples=40, deadline=None)
@given(things, st.integers(0, 49), st.integers(0, 10_000), st.sampled_from([0.5, 4.0, 8.0]))
def test_head_is_the_published_cross_energy_on_random_maps(
        objects: list[Object], step: int, seed: int, sharp: float) -> None:
    cross = random_cross(seed, sharp=sharp)
    found = energies.car_head(cross, objects, step)
    energy, least, most = head_in_numpy(cross.numpy(), objects, step)
    assert found.energy.item() == pytest.approx(energy, abs=1e-5)
    assert found.inside == pytest.approx(least, abs=1e-5)
    assert found.outside == pytest.approx(most, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(things, st.integers(0, 10_000))
def test_head_is_the_published_self_energy_on_random_maps(objects: list[Object], seed: int) -> None:
    maps = random_self(seed)
    assert energies.sar_head(maps, objects).item() == pytest.approx(sar_in_numpy(maps.numpy(), objects), abs=1e-5)


def test_head_grounding_is_the_published_third_term() -> None:
    maps = random_self(3, layers=3, extra=30)
    objects = [Object((2,), (LEFT, SPECK)), Object((3,), (RIGHT,))]
    mean, expected = maps.mean(0).numpy(), 0.0
    for o, thing in enumerate(objects):
        for x0, y0, x1, y1 in thing.boxes:
            inside = np.zeros((16, 16), bool)
            inside[int(y0 * 16):int(y1 * 16), int(x0 * 16):int(x1 * 16)] = True
            if inside.any():
                slots = mean[:, :256][:, inside.ravel()].mean(1)[:, 256:].copy()
                slots[:, o] = 0
                expected += slots.max(-1).mean()
    assert energies.ground_head(maps, objects, 14).item() == pytest.approx(expected / 2, abs=1e-6)
    assert energies.ground_head(maps, objects, 15).item() == 0


@settings(max_examples=10, deadline=None)
@given(things, st.integers(0, 49), st.integers(0, 10_000))
def test_head_is_the_three_published_terms_from_plain_pairs_and_lists(
        objects: list[Object], step: int, seed: int) -> None:
    cross, own, gated = random_cross(seed), random_self(seed), random_self(seed, extra=30)
    found = energies.head(cross, list(own), [tuple(thing) for thing in objects], step, list(gated))  # type: ignore[misc]
    energy, least, _ = head_in_numpy(cross.numpy(), objects, step)
    third = energies.ground_head(gated, objects, step).item()
    assert found.energy.item() == pytest.approx(energy + sar_in_numpy(own.numpy(), objects) + 3 * third, abs=1e-5)
    assert found.inside == pytest.approx(least, abs=1e-5)


def test_many_terms_in_single_precision_keep_the_fifth_digit() -> None:
    generator = torch.Generator().manual_seed(0)
    for seed in range(20):
        corners = torch.rand(24, 2, 2, generator=generator, dtype=torch.float64).sort(1).values.flatten(1).tolist()
        objects = [Object((o + 1, o + 7), tuple(map(tuple, corners[4 * o:4 * o + 4]))) for o in range(6)]
        cross = random_cross(seed)
        expected, _, _ = head_in_numpy(cross.float().double().numpy(), objects, 3)
        assert energies.car_head(cross.float(), objects, 3).energy.item() == pytest.approx(expected, abs=1e-5)


def test_where_maps_are_not_finite_nothing_is_claimed() -> None:
    found = energies.car_head(torch.full((16, 16, 5), math.nan), [Object((1,), (LEFT,))], 0)
    assert found.inside == -math.inf


def test_objects_without_boxes_pixels_and_no_objects_at_all_have_a_typed_answer() -> None:
    cross, own, empty = random_cross(0), random_self(0), Object((1,), ())
    assert torch.isfinite(energies.sar_paper(own, [empty, Object((2,), (LEFT,))]))
    assert energies.car_regions(cross, []).energy.item() == 0
    for call in (lambda: energies.car_head(cross, [Object((1,), ((10, 20, 200, 300),))], 0),
                 lambda: energies.car_head(cross, [Object((1,), ((0, 0, math.nan, 1),))], 0),
                 lambda: energies.sar_head(own, [empty]), lambda: energies.sar_paper(own, [empty]),
                 lambda: energies.ground_head(random_self(0, extra=30), [], 0),
                 lambda: energies.car_regions(cross, [((0,), torch.ones(16, 16))]),
                 lambda: energies.car_ours(cross, torch.tensor([-1]), torch.ones(1, 256))):
        with pytest.raises(BadRequest):
            call()


def test_sharpening_is_the_softmax_of_a_hundredfold_without_the_ends() -> None:
    cross = torch.zeros(16, 16, 6)
    cross[..., 0], cross[..., 2] = 0.9, 0.02
    expected = math.exp(2) / (math.exp(2) + 3)
    torch.testing.assert_close(energies.sharpened(cross)[1], torch.full((16, 16), expected))


def test_smoothing_keeps_the_mass_and_uses_the_wide_kernel() -> None:
    cross = torch.zeros(16, 16, 4)
    cross[8, 8, 1] = 1.0
    seen = energies.sharpened(cross)[0] - 0.5
    side = math.exp(-1)
    assert seen[8, 7].item() / seen[8, 8].item() == pytest.approx(side, rel=1e-5)
    assert seen[7, 7].item() / seen[8, 8].item() == pytest.approx(side**2, rel=1e-5)
    assert seen.sum().item() == pytest.approx(0.5, rel=1e-5)


def one_hot(cells: Sequence[tuple[int, int]], column: int = 1, columns: int = 5) -> Tensor:
    cross = torch.zeros(16, 16, columns)
    cross[..., 3] = 1.0
    for y, x in cells:
        cross[y - 1: y + 2, x - 1: x + 2, column] = 1.0
        cross[y - 1: y + 2, x - 1: x + 2, 3] = 0.0
    return cross


def test_a_peak_inside_its_box_costs_nothing_and_one_outside_everything() -> None:
    objects = [Object((1,), (LEFT,))]
    inside, outside = one_hot([(8, 3)]), one_hot([(8, 12)])
    assert energies.car_paper(inside, objects).energy.item() == pytest.approx(0, abs=1e-4)
    assert energies.car_paper(outside, objects).energy.item() == pytest.approx(2, abs=1e-4)
    assert energies.car_head(inside, objects, 0).energy.item() == pytest.approx(0, abs=1e-4)
    assert energies.car_head(outside, objects, 0).energy.item() == pytest.approx(6 + 1 / 2, abs=1e-4)
    masks = energies.box_mask([LEFT], 16, 16).flatten()[None]
    assert energies.car_ours(inside, torch.tensor([1]), masks).item() == pytest.approx(0, abs=1e-6)
    assert energies.car_ours(outside, torch.tensor([1]), masks).item() == pytest.approx(1, abs=1e-6)


def test_heads_hinges_end_at_step_fifteen() -> None:
    objects = [Object((1,), (LEFT,))]
    cross = torch.zeros(16, 16, 4)  # two words: each has half of every cell
    assert energies.car_head(cross, objects, 14).energy.item() == pytest.approx(1 - 0.5 + 0.5 / 2)
    assert energies.car_head(cross, objects, 15).energy.item() == pytest.approx(0.5 / 2)


def test_self_energies_of_flat_attention_are_the_areas_outside() -> None:
    flat = torch.full((2, 4, 256, 256), 1 / 256)
    objects = [Object((1,), (LEFT,)), Object((2,), ((0.0, 0.0, 0.25, 0.5),))]
    assert energies.sar_head(flat, objects).item() == pytest.approx((0.5 + 0.875) / 2)
    assert energies.sar_paper(flat, objects).item() == pytest.approx((128 / 256 + 32 / 256) / 2)
    masks = torch.stack([energies.box_mask(o.boxes, 16, 16).flatten() for o in objects])
    rows = energies.box_rows(flat, objects, 16, 16)
    assert energies.sar_ours(rows, masks).item() == pytest.approx((0.25 + 0.875**2) / 2)


def test_print_and_code_treat_a_second_box_of_the_same_phrase_differently() -> None:
    """In print the boxes of a phrase are one region; in the published code each pushes the other away."""
    inside = energies.box_mask([LEFT], 16, 16).flatten()
    maps = torch.zeros(1, 1, 256, 256)
    maps[..., inside, :] = (~inside).float() / 128
    maps[..., ~inside, :] = inside.float() / 128
    both = [Object((1,), (LEFT, RIGHT))]
    assert energies.sar_head(maps, both).item() == pytest.approx(2)
    assert energies.sar_paper(maps, both).item() == 0


def test_the_mask_form_takes_means_instead_of_peaks() -> None:
    cross = torch.zeros(16, 16, 4)
    diagonal = torch.eye(16)
    found = energies.car_regions(cross, [((1,), diagonal)])
    assert found.energy.item() == pytest.approx(1 - 0.5 + 0.5)


def test_maps_in_another_order_and_columns_that_are_no_words_are_refused() -> None:
    one, maps = [Object((1,), ((0.0, 0.0, 0.5, 0.5),))], torch.rand(2, 2, 16, 16).softmax(-1)
    for cross in (torch.rand(16, 6), torch.rand(1, 4, 4, 6)):
        with pytest.raises(BadRequest, match="rows cols text"):
            energies.car_head(cross, one, 0)
    for column in (0, 5, -1):
        wrong = [Object((column,), one[0].boxes)]
        for energy in (energies.car_paper, lambda m, o: energies.car_head(m, o, 0)):
            with pytest.raises(BadRequest, match="columns of words are 1 to 4"):
                energy(torch.rand(4, 4, 6), wrong)
    for energy in (energies.sar_head, energies.sar_paper):
        with pytest.raises(BadRequest, match="layers heads cells cells"):
            energy(maps[0], one)
        with pytest.raises(BadRequest, match="no box"):
            energy(maps, [])
    assert energies.car_head(torch.rand(4, 4, 6), [], 0).energy == 0
    assert energies.car_paper(torch.rand(4, 4, 6), []).energy == 0


@pytest.mark.parametrize("name", ["head", "paper", "regions", "ours", "sar_head", "sar_paper", "sar_ours", "ground"])
def test_every_energy_has_the_gradient_of_its_finite_differences(name: str) -> None:
    objects = [Object((1, 2), ((0.0, 0.0, 0.5, 0.5),)), Object((3,), ((0.5, 0.5, 1.0, 1.0), (0.0, 0.5, 0.25, 1.0)))]
    masks = torch.stack([energies.box_mask(o.boxes, 4, 4) for o in objects])
    flat = torch.stack([energies.box_mask([b], 4, 4).flatten() for _, b in energies.instances(objects)])
    cross: dict[str, Callable[[Tensor], Tensor]] = {
        "head": lambda m: energies.car_head(m, objects, 3).energy,
        "paper": lambda m: energies.car_paper(m, objects).energy,
        "regions": lambda m: energies.car_regions(m, [((1, 2), masks[0]), ((3,), masks[1])]).energy,
        "ours": lambda m: energies.car_ours(m, torch.tensor([1, 3]), masks.flatten(1)),
    }
    own: dict[str, Callable[[Tensor], Tensor]] = {
        "sar_head": lambda m: energies.sar_head(m, objects), "sar_paper": lambda m: energies.sar_paper(m, objects),
        "sar_ours": lambda m: energies.sar_ours(energies.box_rows(m, objects, 4, 4), flat),
        "ground": lambda m: energies.ground_head(m, objects, 0),
    }
    generator = torch.Generator().manual_seed(5)
    if name in cross:
        logits, energy = torch.randn(4, 4, 6, generator=generator, dtype=torch.float64) * 0.02 - 3, cross[name]
    else:
        n = 46 if name == "ground" else 16
        logits, energy = torch.randn(1, 2, n, n, generator=generator, dtype=torch.float64), own[name]
    logits.requires_grad_()
    normalise = (lambda x: x.exp()) if name in cross else (lambda x: x.softmax(-1))
    (gradient,) = torch.autograd.grad(energy(normalise(logits)), logits)
    direction = torch.randn(logits.shape, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        ahead, behind = (energy(normalise(logits + sign * 1e-6 * direction)).item() for sign in (1, -1))
    assert (ahead - behind) / 2e-6 == pytest.approx((gradient * direction).sum().item(), rel=1e-5, abs=1e-8)


def test_the_order_of_objects_and_boxes_does_not_matter() -> None:
    cross, maps = random_cross(1), random_self(1)
    objects = [Object((1, 2), (LEFT, SPECK)), Object((5,), (RIGHT,)), Object((7,), ((0.1, 0.2, 0.9, 0.4),))]
    turned = [Object(o.columns[::-1], o.boxes[::-1]) for o in objects[::-1]]
    for energy in (lambda o: energies.car_head(cross, o, 3).energy, lambda o: energies.car_paper(cross, o).energy,
                   lambda o: energies.sar_head(maps, o), lambda o: energies.sar_paper(maps, o)):
        torch.testing.assert_close(energy(objects), energy(turned))


@settings(max_examples=60, deadline=None)
@given(things, st.integers(0, 49), st.sampled_from([0.0, 1.0, 1e-30]))
def test_no_energy_is_ever_nan_not_even_on_degenerate_boxes_and_maps(
        objects: list[Object], step: int, value: float) -> None:
    cross = torch.full((16, 16, 20), value, requires_grad=True)
    maps = torch.full((1, 1, 256, 256), value, requires_grad=True)
    rows = energies.box_rows(maps, objects, 16, 16)
    masks = torch.stack([energies.box_mask([b], 16, 16).flatten() for _, b in energies.instances(objects)])
    columns = torch.tensor([o.columns[0] for o in objects for _ in o.boxes])
    total = (energies.car_head(cross, objects, step).energy + energies.sar_head(maps, objects)
             + energies.car_paper(cross, objects).energy + energies.sar_paper(maps, objects)
             + energies.car_ours(cross, columns, masks) + energies.sar_ours(rows, masks))
    assert math.isfinite(total.item())
    assert all(torch.isfinite(g).all() for g in torch.autograd.grad(total, (cross, maps)))


@settings(max_examples=200, deadline=None)
@given(box)
def test_a_box_covers_at_least_one_cell_and_all_that_it_touches(corners: tuple[float, float, float, float]) -> None:
    mask = energies.box_mask([corners], 16, 16)
    assert mask.any()
    x0, y0, x1, y1 = corners
    for fx, fy in ((0.5, 0.5), (0.01, 0.01), (0.99, 0.99)):
        x, y = x0 + fx * (x1 - x0), y0 + fy * (y1 - y0)
        if min(abs(x * 16 - round(x * 16)), abs(y * 16 - round(y * 16))) > 1e-4:
            assert mask[min(int(y * 16), 15), min(int(x * 16), 15)]


def test_a_speck_that_the_published_grid_loses_still_counts() -> None:
    assert not energies.box_mask([SPECK], 16, 16, energies.truncated).any()
    assert energies.box_mask([SPECK], 16, 16).sum() == 1
