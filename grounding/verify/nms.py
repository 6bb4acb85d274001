"""One box per thing: duplicates of a noun are removed, and nouns compete for a box that several of them claim.

Detectors of the open-vocabulary kind leave duplicates in. A fixed threshold either keeps duplicates or merges things
that the plan puts over each other, so two boxes that overlap survive where they fit two planned things that overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from grounding.verify.judges import Sighting, logit
from planner.scene import Box

IOU = 0.5
"""Intersection over union above which two boxes of one noun are one thing."""
COVERED = 0.8
"""Share of the smaller box within the larger one above which both are one thing (a part seen as a whole)."""
FITS = 0.35
"""IoU with a planned box from which a detection speaks for it."""
SLACK = 0.15
"""How much more than planned two things may overlap."""
SAME_PLACE = 0.7
"""IoU above which two nouns are two names for one thing."""

Floats = npt.NDArray[np.float64]


def distinct(sightings: Sequence[Sighting], planned: Sequence[Box] = ()) -> tuple[Sighting, ...]:
    """The sightings of one noun without duplicates, best first; `planned` are the boxes of the things of this noun."""
    ordered = sorted(sightings, key=lambda s: -s.score)
    if len(ordered) < 2:
        return tuple(ordered)
    boxes, plan = corners(s.box for s in ordered), corners(planned)
    over, inside = overlap(boxes, boxes)
    same = ((over > IOU) | (inside > COVERED)) & ~_planned_pairs(overlap(boxes, plan)[0], over, inside, plan)
    left = np.ones(len(ordered), dtype=bool)
    kept = []
    for i, sighting in enumerate(ordered):
        if left[i]:
            kept.append(sighting)
            left &= ~same[i]
    return tuple(kept)


def _planned_pairs(fits: Floats, over: Floats, inside: Floats, plan: Floats) -> npt.NDArray[np.bool_]:
    """Which pairs of boxes speak for two planned things, and overlap no more than these do: [n, n]."""
    if len(plan) < 2:
        return np.zeros(over.shape, dtype=bool)
    speaks, whom = fits.max(1) >= FITS, fits.argmax(1)
    plan_over, plan_inside = (table[whom[:, None], whom[None]] for table in overlap(plan, plan))
    pairs: npt.NDArray[np.bool_] = (speaks[:, None] & speaks[None] & (whom[:, None] != whom[None])
                                    & (over <= plan_over + SLACK) & (inside <= plan_inside + SLACK))
    return pairs


def compete(seen: Mapping[str, Sequence[Sighting]], cuts: Mapping[str, float],
            together: frozenset[frozenset[str]] = frozenset()) -> dict[str, tuple[Sighting, ...]]:
    """Where two nouns claim one place, the one that is further above its threshold has it.

    `cuts` are thresholds by noun; `together` are the pairs of nouns that the plan puts in one place.
    """
    nouns = list(seen)
    flat = [(k, s) for k, noun in enumerate(nouns) for s in seen[noun]]
    if not flat:
        return dict.fromkeys(nouns, ())
    of = np.array([k for k, _ in flat])
    excess = np.array([logit(s.score) - logit(cuts[nouns[k]]) for k, s in flat])
    rivals = np.array([[a != b and frozenset((a, b)) not in together for b in nouns] for a in nouns])
    boxes = corners(s.box for _, s in flat)
    taken = (overlap(boxes, boxes)[0] > SAME_PLACE) & rivals[of[:, None], of[None]] & (excess[None] > excess[:, None])
    lost = taken.any(1)
    return {noun: tuple(s for (own, s), gone in zip(flat, lost, strict=True) if own == k and not gone)
            for k, noun in enumerate(nouns)}


def corners(boxes: Iterable[Box]) -> Floats:
    """Boxes as an array [n, 4] of x0 y0 x1 y1."""
    rows = [box.corners for box in boxes]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 4)


def overlap(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """IoU, and shared area over the smaller area, of every box of `a` with every box of `b`: both [len(a), len(b)]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(-1)[:, None], (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return shared / (area_a + area_b - shared), shared / np.minimum(area_a, area_b)
