"""Boxes: overlap against shapely, the assignment against brute force, average precision against its definition."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box as rectangle

from grounding.pocket.training.boxes import assign, average_precision, corners_of, pairwise_giou, pairwise_iou

side = st.floats(0.05, 1.0)
place = st.floats(0.0, 1.0)
boxes = st.tuples(place, place, side, side).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@given(first=boxes, second=boxes)
@settings(max_examples=60, deadline=None)
def test_overlaps_are_those_of_shapely(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    a, b = rectangle(*first), rectangle(*second)
    both = a.intersection(b).area / a.union(b).area
    hull = rectangle(*a.union(b).bounds)
    general = both - (hull.area - a.union(b).area) / hull.area
    tensors = torch.tensor([first]), torch.tensor([second])
    assert float(pairwise_iou(*tensors)) == pytest.approx(both, abs=1e-5)
    assert float(pairwise_giou(*tensors)) == pytest.approx(general, abs=1e-5)


def test_centres_become_corners() -> None:
    torch.testing.assert_close(corners_of(torch.tensor([0.5, 0.4, 0.2, 0.6])), torch.tensor([0.4, 0.1, 0.6, 0.7]))


def test_the_assignment_is_the_cheapest_and_ignores_padding() -> None:
    cost = torch.rand(3, 5, 4, generator=torch.Generator().manual_seed(0))
    counts = [3, 1, 4]
    padded = cost.clone()
    for picture, count in enumerate(counts):
        padded[picture, :, count:] = -100
    pictures, patches, things = assign(padded, counts)
    for picture, count in enumerate(counts):
        own = pictures == picture
        assert sorted(things[own].tolist()) == list(range(count))
        paid = cost[picture, patches[own], things[own]].sum()
        cheapest = min(
            sum(cost[picture, patch, thing] for thing, patch in enumerate(chosen))
            for chosen in itertools.permutations(range(5), count)
        )
        torch.testing.assert_close(paid, torch.as_tensor(cheapest))


def test_average_precision_is_one_for_a_perfect_ranking_and_falls_with_every_false_alarm() -> None:
    assert average_precision([(0.9, True), (0.8, True), (0.1, False)], 2) == pytest.approx(1.0)
    assert average_precision([(0.9, False), (0.8, True)], 1) == pytest.approx(0.5)
    assert average_precision([(0.9, True)], 2) == pytest.approx(0.5)
    assert average_precision([], 3) == 0.0


def test_average_precision_is_the_area_under_the_precision_envelope() -> None:
    numbers = np.random.default_rng(4)
    scores, hits = numbers.permutation(40) / 40, numbers.random(40) < 0.4
    present = int(hits.sum()) + 3
    ordered = hits[np.argsort(-scores)]
    points = [(ordered[:n].sum() / present, ordered[:n].mean()) for n in range(1, 41)]
    area, before = 0.0, 0.0
    for recall in sorted({r for r, _ in points}):
        area += (recall - before) * max(p for r, p in points if r >= recall)
        before = recall
    found = average_precision(list(zip(scores.tolist(), hits.tolist(), strict=True)), present)
    assert found == pytest.approx(area)
