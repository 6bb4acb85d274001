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

Boxes = npt.NDArray[np.float64]


def distinct(sightings: Sequence[Sighting], planned: Sequence[Box] = ()) -> tuple[Sighting, ...]:
    """The sightings of one noun without duplicates, best first; `planned` are the boxes of the things of this noun."""
    ordered = sorted(sightings, key=lambda s: -s.score)
    if len(ordered) < 2:
        return tuple(ordered)
    boxes = corners(s.box for s in ordered)
    over, inside = overlap(boxes, boxes)
    plan = corners(planned)
    fits, plan_over, plan_inside = overlap(boxes, plan)[0], *overlap(plan, plan)
    kept: list[int] = []
    for i in range(len(ordered)):
        same = (k for k in kept if over[i, k] > IOU or inside[i, k] > COVERED)
        if all(_planned_pair(fits[i], fits[k], over[i, k], inside[i, k], plan_over, plan_inside) for k in same):
            kept.append(i)
    return tuple(ordered[k] for k in kept)


def _planned_pair(one: Boxes, other: Boxes, over: float, inside: float, plan_over: Boxes, plan_inside: Boxes) -> bool:
    """Whether two boxes speak for two planned things, and overlap no more than these do."""
    if len(one) < 2:
        return False
    a, b = int(one.argmax()), int(other.argmax())
    if a == b or one[a] < FITS or other[b] < FITS:
        return False
    return bool(over <= plan_over[a, b] + SLACK and inside <= plan_inside[a, b] + SLACK)


def compete(seen: Mapping[str, Sequence[Sighting]], cuts: Mapping[str, float],
            together: frozenset[frozenset[str]] = frozenset()) -> dict[str, tuple[Sighting, ...]]:
    """Where two nouns claim one place, the one that is further above its threshold has it.

    `cuts` are thresholds by noun; `together` are the pairs of nouns that the plan puts in one place.
    """
    return {noun: tuple(s for s in some if not any(
                _takes(rival, cuts[other], s, cuts[noun]) for other, rivals in seen.items()
                if other != noun and frozenset((other, noun)) not in together for rival in rivals))
            for noun, some in seen.items()}


def _takes(rival: Sighting, rival_cut: float, own: Sighting, own_cut: float) -> bool:
    return (rival.box.iou(own.box) > SAME_PLACE
            and logit(rival.score) - logit(rival_cut) > logit(own.score) - logit(own_cut))


def corners(boxes: Iterable[Box]) -> Boxes:
    """Boxes as an array [n, 4] of x0 y0 x1 y1."""
    rows = [box.corners for box in boxes]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 4)


def overlap(a: Boxes, b: Boxes) -> tuple[Boxes, Boxes]:
    """IoU, and shared area over the smaller area, of every box of `a` with every box of `b`: both [len(a), len(b)]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(-1)[:, None], (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return shared / (area_a + area_b - shared), shared / np.minimum(area_a, area_b)
