"""The true shapes of placements, beyond their boxes, and how much of one another they cover."""

from __future__ import annotations

from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from planner.scene import Mask, Placement, Polygon


class Cover(NamedTuple):
    """How much two shapes cover each other."""

    share: float
    """Of the smaller one."""
    iou: float
    """Intersection over union."""


def shape_of(placement: Placement) -> BaseGeometry:
    """The placement's region as a shapely geometry in fractions of the canvas."""
    region = placement.region
    if isinstance(region, Polygon):
        return shapely.make_valid(shapely.Polygon([(p.x, p.y) for p in region.points]))
    if isinstance(region, Mask):
        w, h = 1 / region.columns, 1 / region.rows
        cells = [shapely.box(c * w, r * h, (c + 1) * w, (r + 1) * h) for r, c in region.inside()]
        return shapely.union_all(cells)
    return shapely.box(*placement.box.corners)


def overlap(a: Placement, b: Placement) -> Cover:
    """How much `a` and `b` cover each other; a shape without an area covers nothing."""
    first, second = shape_of(a), shape_of(b)
    both, smaller = first.intersection(second).area, min(first.area, second.area)
    return Cover(both / smaller, both / (first.area + second.area - both)) if smaller > 0 else Cover(0.0, 0.0)
