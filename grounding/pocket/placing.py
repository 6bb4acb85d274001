"""Where things may be placed in a picture: boxes of a kind's own proportions, apart, inside, over each other."""

from __future__ import annotations

import random
from dataclasses import replace

from grounding.pocket.palette import COLOURS, TEXTURES
from grounding.pocket.pictures import SCALES, SIZES, BoxXYXY, Piece
from grounding.pocket.shapes import KINDS, shape
from planner.geometry import Frame, Rect
from planner.relations import TABLE

MARGIN = 0.012
GAP = 0.02
_TOUCHING = ("on", "in", "in_front_of", "behind")


def fit(kind: str, longer: float, x: float, y: float) -> BoxXYXY:
    """A box of the kind's own proportions with its upper left corner at (x, y)."""
    aspect = shape(kind).aspect
    width, height = (longer, longer / aspect) if aspect >= 1 else (longer * aspect, longer)
    return (x, y, x + width, y + height)


def anywhere(kind: str, longer: float, rng: random.Random) -> BoxXYXY:
    _, _, width, height = fit(kind, longer, 0, 0)
    x = rng.uniform(MARGIN, 1 - MARGIN - width)
    y = rng.uniform(MARGIN, 1 - MARGIN - height)
    return (x, y, x + width, y + height)


def apart(a: BoxXYXY, b: BoxXYXY) -> bool:
    return a[2] + GAP <= b[0] or b[2] + GAP <= a[0] or a[3] + GAP <= b[1] or b[3] + GAP <= a[1]


def inside(box: BoxXYXY) -> bool:
    return min(box) >= MARGIN and max(box) <= 1 - MARGIN


def any_texture(rng: random.Random) -> str:
    return rng.choices(TEXTURES, (0.7, 0.15, 0.15))[0]


def any_item(rng: random.Random, sizes: tuple[str, ...] = SIZES, kinds: tuple[str, ...] = KINDS) -> Piece:
    """An item that is not placed yet: its box has the right size, at the origin."""
    kind, size = rng.choice(kinds), rng.choice(sizes)
    box = fit(kind, SCALES[size] * rng.uniform(0.92, 1.08), 0, 0)
    return Piece(kind, rng.choice(tuple(COLOURS)), any_texture(rng), size, box, 0)


def unlike(first: Piece, second: Piece, rng: random.Random) -> Piece:
    """The second item in another colour than the first, since they will touch."""
    return replace(second, colour=rng.choice([colour for colour in COLOURS if colour != first.colour]))


def longer_side(item: Piece) -> float:
    return max(item.box[2] - item.box[0], item.box[3] - item.box[1])


def smaller(item: Piece, rng: random.Random) -> Piece:
    size = SIZES[max(0, SIZES.index(item.size) - 1)]
    return replace(item, size=size, box=fit(item.kind, SCALES[size] * rng.uniform(0.92, 1.0), 0, 0))


def scatter(items: list[Piece], rng: random.Random, taken: tuple[BoxXYXY, ...] = ()) -> list[Piece]:
    """The items at uniformly random places, none over another; if they do not fit, smaller ones."""
    for attempt in range(60):
        placed: list[Piece] = []
        for item in items:
            for _ in range(12):
                box = anywhere(item.kind, longer_side(item), rng)
                if all(apart(box, other) for other in (*taken, *(p.box for p in placed))):
                    placed.append(replace(item, box=box))
                    break
            else:
                break
        if len(placed) == len(items):
            return placed
        if attempt % 5 == 4:
            items = [smaller(item, rng) for item in items]
    return placed


def ordered(items: list[Piece]) -> list[Piece]:
    return [replace(item, depth=depth) for depth, item in enumerate(items)]


def centre(box: BoxXYXY) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _rect(box: BoxXYXY) -> Rect:
    return Rect(*centre(box), box[2] - box[0], box[3] - box[1])


def holds(kind: str, a: BoxXYXY, b: BoxXYXY) -> bool:
    """Whether box `a` clearly stands in a relation to box `b`; those in the plane keep a gap."""
    return TABLE[kind].margin((_rect(a),), (_rect(b),), Frame(1, 1)) >= 0 and (kind in _TOUCHING or apart(a, b))


def hidden(box: BoxXYXY, other: BoxXYXY) -> float:
    """The share of the second box that the first one covers."""
    width = max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
    height = max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
    return width * height / ((other[2] - other[0]) * (other[3] - other[1]))
