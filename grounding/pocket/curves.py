"""Curves and polygons that the shapes of the pocket world are built from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
XY = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """One polygon. Parts with `ink` make the silhouette; the others are details within it."""

    points: Points
    tone: str = "body"
    ink: bool = True


def disc(cx: float, cy: float, rx: float, ry: float | None = None, n: int = 40) -> Points:
    angles = np.linspace(0, 2 * math.pi, n, endpoint=False)
    return np.stack([cx + rx * np.cos(angles), cy + (ry or rx) * np.sin(angles)], axis=1)


def poly(*points: XY) -> Points:
    return np.array(points, dtype=np.float64)


def blob(*points: XY, steps: int = 6) -> Points:
    """A closed Catmull-Rom curve through the points."""
    p = np.array(points, dtype=np.float64)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2))


def slab(x0: float, y0: float, x1: float, y1: float, r: float = 0.0) -> Points:
    """A rectangle with rounded corners."""
    if r <= 0:
        return poly((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    quarter = np.linspace(0, math.pi / 2, 6)
    corners = []
    for k, (cx, cy) in enumerate(((x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r))):
        angle = quarter + k * math.pi / 2
        corners.append(np.stack([cx + r * np.cos(angle), cy + r * np.sin(angle)], axis=1))
    return np.concatenate(corners)


def band(cx: float, cy: float, outer: float, inner: float, start: float, end: float) -> Points:
    """A piece of a ring, angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 20))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(np.concatenate([ring * outer, ring[::-1] * inner]) + np.array([cx, cy]), dtype=np.float64)


def detail(points: Points, tone: str) -> Stroke:
    return Stroke(points, tone, ink=False)
