"""Scenes of the sort that people ask for: things inside, behind, on and held by others, crowds, edges, corners."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from grounding.pocket.palette import COLOURS
from grounding.pocket.pictures import SCALES, Bond, BoxXYXY, Piece, size_of
from grounding.pocket.placing import (
    MARGIN,
    any_item,
    anywhere,
    apart,
    centre,
    fit,
    hidden,
    holds,
    inside,
    longer_side,
    ordered,
    scatter,
    unlike,
)
from grounding.pocket.shapes import shape

Scene = tuple[list[Piece], tuple[Bond, ...]]

SURFACES = {"table": 0.1, "box": 0.16, "book": 0.1, "bus": 0.05, "car": 0.06, "chair": 0.5, "hat": 0.06, "cup": 0.05}
"""What things can stand on, and how far below its top edge (as a share of its height) they stand."""
CONTAINERS = {
    "box": (0.12, 0.25, 0.88, 0.95),
    "house": (0.14, 0.42, 0.86, 1.0),
    "tree": (0.1, 0.04, 0.9, 0.62),
    "bus": (0.04, 0.04, 0.96, 0.88),
    "cup": (0.03, 0.12, 0.72, 0.95),
}
"""What things can be in, and the part of its box (in shares of it) where they show."""
HEADS = {"cat": (0.42, 0.1), "dog": (0.78, 0.06), "rabbit": (0.46, 0.4), "bird": (0.31, 0.06), "fish": (0.4, 0.08)}
"""Where a hat sits: the middle and the top of a head, as shares of the body's box."""
HOLDERS = ("cat", "dog", "rabbit", "bird")
HELD = ("ball", "flower", "umbrella", "book", "cup", "apple", "heart", "star", "lamp", "fish", "mushroom", "hat")
CONTAINED = (0.3, 0.5)
"""How long a contained thing is, as a share of its container's shorter and longer side."""
HIDDEN = (0.1, 0.5)
"""How much of a thing is hidden by what is before it."""
_TRIES = 80


def _sized(item: Piece, longer: float) -> Piece:
    """The item with a longer side of this length, at the origin."""
    box = fit(item.kind, longer, 0, 0)
    return replace(item, box=box, size=size_of(box))


def _moved(item: Piece, x: float, y: float) -> BoxXYXY:
    """The item's box with its upper left corner there."""
    x0, y0, x1, y1 = item.box
    return (x, y, x + x1 - x0, y + y1 - y0)


def _at(item: Piece, x: float, y: float, depth: int = 0) -> Piece:
    """The item with its upper left corner there."""
    box = _moved(item, x, y)
    return replace(item, box=box, size=size_of(box), depth=depth)


def _large(rng: random.Random, kinds: tuple[str, ...]) -> Piece:
    """Something that has room for others, now and then more than half as wide as the picture."""
    item = any_item(rng, ("large",), kinds)
    item = _sized(item, rng.uniform(0.4, 0.64))
    return replace(item, box=anywhere(item.kind, longer_side(item), rng))


def contained(rng: random.Random) -> Scene:
    """Something in something: at most half as long, wholly within what holds it."""
    outer = _large(rng, tuple(CONTAINERS))
    inner = unlike(outer, any_item(rng), rng)
    x0, y0, x1, y1 = outer.box
    left, top, right, bottom = CONTAINERS[outer.kind]
    share = rng.uniform(*CONTAINED)
    aspect = shape(inner.kind).aspect
    width = min(share * (x1 - x0), aspect * share * (y1 - y0) * 1.2, (right - left) * (x1 - x0))
    inner = _sized(inner, max(width, width / aspect))
    width, height = inner.box[2], inner.box[3]
    room_x, room_y = (right - left) * (x1 - x0) - width, (bottom - top) * (y1 - y0) - height
    if min(room_x, room_y) < 0 or longer_side(inner) < 0.1:
        return [], ()
    placed = _at(inner, x0 + left * (x1 - x0) + rng.random() * room_x, y0 + top * (y1 - y0) + rng.random() * room_y, 1)
    return ([placed, outer], (Bond("in", 0, 1),)) if holds("in", placed.box, outer.box) else ([], ())


def before(rng: random.Random) -> Scene:
    """Something partly hidden by what is in front of it, however large either is."""
    far, near = any_item(rng, ("small", "medium", "large", "large")), any_item(rng)
    near = unlike(far, near, rng)
    for _ in range(_TRIES):
        back, front = anywhere(far.kind, longer_side(far), rng), anywhere(near.kind, longer_side(near), rng)
        clear = HIDDEN[0] < hidden(front, back) < HIDDEN[1] and front[3] > back[3] - 0.05
        if clear and holds("in_front_of", front, back):
            items = [replace(near, box=front, depth=1), replace(far, box=back, depth=0)]
            if rng.random() < 0.6:
                return items[::-1], (Bond("behind", 0, 1),)
            return items, (Bond("in_front_of", 0, 1),)
    return [], ()


def loaded(rng: random.Random) -> Scene:
    """One to three things side by side on something that is as wide as its load."""
    below = _large(rng, ("table", "table", "table", "box", "book", "bus"))
    count = rng.choices((1, 2, 3), (0.4, 0.35, 0.25))[0] if below.kind in ("table", "bus", "book") else 1
    if below.kind == "table" and count > 1:
        below = _sized(below, rng.uniform(0.5, 0.85))
    wide, high = below.box[2] - below.box[0], below.box[3] - below.box[1]
    each = min(rng.uniform(0.15, 0.32), 0.95 * wide / count)
    one = unlike(below, any_item(rng), rng)
    alike = rng.random() < 0.6
    load = []
    for _ in range(count):
        item = one if alike else unlike(below, any_item(rng), rng)
        aspect = shape(item.kind).aspect
        load.append(_sized(item, each * rng.uniform(0.92, 1.0) * (1 if aspect >= 1 else min(1.3, 1 / aspect))))
    tallest = max(item.box[3] for item in load)
    foot_below = SURFACES[below.kind] * high
    if MARGIN + tallest - foot_below > 1 - MARGIN - high or sum(item.box[2] for item in load) > wide:
        return [], ()
    x = rng.uniform(MARGIN, 1 - MARGIN - wide)
    y = rng.uniform(max(MARGIN, MARGIN + tallest - foot_below), 1 - MARGIN - high)
    below = _at(below, x, y)
    gap = (wide - sum(item.box[2] for item in load)) / count
    placed, left = [], x + gap / 2
    for item in load:
        placed.append(_at(item, left, y + foot_below - item.box[3], 1))
        left += item.box[2] + gap
    if not all(holds("on", item.box, below.box) for item in placed):
        return [], ()
    return [*placed, below], tuple(Bond("on", k, count) for k in range(count))


def worn(rng: random.Random) -> Scene:
    """Somebody with a hat or a crown on the head."""
    body = any_item(rng, ("medium", "large", "large"), tuple(HEADS))
    body = _sized(body, longer_side(body) * rng.uniform(1.0, 1.25))
    hat = unlike(body, any_item(rng, ("small",), ("hat", "crown")), rng)
    wide, high = body.box[2], body.box[3]
    hat = _sized(hat, rng.uniform(0.42, 0.56) * min(wide, high))
    middle, top = HEADS[body.kind]
    rise = max(0.0, hat.box[3] * 0.85 - top * high)
    if rise + high > 1 - 2 * MARGIN or longer_side(hat) < 0.09:
        return [], ()
    x, y = rng.uniform(MARGIN, 1 - MARGIN - wide), rng.uniform(MARGIN + rise, 1 - MARGIN - high)
    spot = (x + middle * wide - hat.box[2] / 2, y + top * high - hat.box[3] * 0.85)
    if not inside(_moved(hat, *spot)):
        return [], ()
    return [_at(body, x, y), _at(hat, *spot, 1)], (Bond("wearing", 0, 1),)


def held(rng: random.Random) -> Scene:
    """Somebody with a thing in front, at one side."""
    body = any_item(rng, ("medium", "large", "large"), HOLDERS)
    body = replace(body, box=anywhere(body.kind, longer_side(body), rng))
    thing = unlike(body, any_item(rng, ("small",), HELD), rng)
    thing = _sized(thing, rng.uniform(0.4, 0.6) * longer_side(body))
    x0, y0, x1, y1 = body.box
    side = rng.choice((0.08, 0.92))
    middle = (x0 + side * (x1 - x0), y0 + rng.uniform(0.55, 0.75) * (y1 - y0))
    spot = (middle[0] - thing.box[2] / 2, middle[1] - thing.box[3] / 2)
    box = _moved(thing, *spot)
    if longer_side(thing) < 0.1 or not inside(box) or not 0.02 < hidden(box, body.box) < HIDDEN[1]:
        return [], ()
    return [body, _at(thing, *spot, 1)], (Bond("holding", 0, 1),)


def crowd(rng: random.Random) -> Scene:
    """Three to six of a kind, apart: anywhere, in a row, or in two rows; of one colour or of two."""
    count = rng.choices((3, 4, 5, 6), (0.2, 0.3, 0.28, 0.22))[0]
    first = any_item(rng, ("small", "medium"))
    first = _sized(first, rng.uniform(0.15, 0.26) if count > 3 else rng.uniform(0.17, 0.32))
    items = [_sized(first, longer_side(first) * rng.uniform(0.96, 1.04)) for _ in range(count)]
    if rng.random() < 0.35:
        other = rng.choice([colour for colour in COLOURS if colour != first.colour])
        some = rng.randint(1, count - 1)
        items = [replace(item, colour=other) if k < some else item for k, item in enumerate(items)]
    if rng.random() < 0.5:
        items = [replace(item, size=size_of(item.box)) for item in _rows(items, rng)]
    else:
        items = scatter(items, rng)
    return ordered(items), ()


def _rows(items: list[Piece], rng: random.Random) -> list[Piece]:
    """The items side by side, in as many rows as they need."""
    columns = len(items) if len(items) < 5 and rng.random() < 0.6 else -(-len(items) // 2)
    rows = -(-len(items) // columns)
    pitch = (1 - 2 * MARGIN) / columns
    widest = max(item.box[2] for item in items)
    if widest > 0.92 * pitch:
        items = [_sized(item, longer_side(item) * 0.92 * pitch / widest) for item in items]
    high = max(item.box[3] for item in items)
    top = rng.uniform(MARGIN, max(MARGIN, 1 - MARGIN - rows * high * 1.15))
    placed = []
    for k, item in enumerate(items):
        row, column = divmod(k, columns)
        x = MARGIN + (column + 0.5) * pitch - item.box[2] / 2 + rng.uniform(-0.04, 0.04) * (pitch - widest)
        y = top + row * high * 1.15 + rng.uniform(0, 0.06) * high
        placed.append(_at(item, min(max(x, MARGIN), 1 - MARGIN - item.box[2]), min(y, 1 - MARGIN - item.box[3])))
    return placed


def touching(rng: random.Random) -> Scene:
    """Two or three different things, each beside the one before it with no gap between them."""
    items = [any_item(rng, ("small", "medium", "medium", "large"))]
    items[0] = replace(items[0], box=anywhere(items[0].kind, longer_side(items[0]), rng))
    for _ in range(rng.choice((1, 1, 2))):
        new = unlike(items[-1], any_item(rng, ("small", "medium")), rng)
        for _ in range(12):
            x0, y0, x1, y1 = items[-1].box
            wide, high, slip = new.box[2] - new.box[0], new.box[3] - new.box[1], rng.uniform(-0.012, 0.01)
            x = rng.choice((x0 - wide - slip, x1 + slip))
            beside = rng.uniform(y0 - high / 2, y1 - high / 2)
            y = y1 - high + rng.uniform(-0.04, 0.04) if rng.random() < 0.6 else beside
            box = (x, y, x + wide, y + high)
            if inside(box) and all(hidden(box, other.box) < 0.08 for other in items):
                items.append(replace(new, box=box))
                break
    items = ordered(items)
    return (items, (Bond("next_to", 0, 1),)) if len(items) > 1 and holds("next_to", items[0].box, items[1].box) else (
        items, ())


def edges(rng: random.Random) -> Scene:
    """One to four things in corners, at edges, or in the very middle."""
    count = rng.choices((1, 2, 3, 4), (0.35, 0.38, 0.17, 0.1))[0]
    spots = rng.sample([(x, y) for x in (0, 1, 2) for y in (0, 1, 2)], count)
    placed: list[Piece] = []
    for across, down in spots:
        item = any_item(rng, ("small", "medium", "large") if count < 3 else ("small", "medium"))
        wide, high = item.box[2] - item.box[0], item.box[3] - item.box[1]
        x, y = (_spot(where, side, rng) for where, side in ((across, wide), (down, high)))
        box = (x, y, x + wide, y + high)
        if all(apart(box, other.box) for other in placed):
            placed.append(replace(item, box=box))
    return ordered(placed), ()


def _spot(where: int, side: float, rng: random.Random) -> float:
    """Where a thing begins that lies at the near edge (0), in the middle (1) or at the far edge (2)."""
    slip = rng.uniform(0, 0.05)
    return (MARGIN + slip, (1 - side) / 2 + rng.uniform(-0.04, 0.04), 1 - MARGIN - slip - side)[where]


def unequal(rng: random.Random) -> Scene:
    """Two of a kind, or a large and a small thing: what tells them apart is size and colour."""
    first = _sized(any_item(rng), rng.uniform(0.42, 0.6))
    second = any_item(rng, ("small",)) if rng.random() < 0.5 else replace(first, colour=rng.choice(tuple(COLOURS)))
    second = unlike(first, _sized(second, SCALES["small"] * rng.uniform(0.85, 1.1)), rng)
    return ordered(scatter([first, second], rng)), ()


def between(rng: random.Random) -> Scene:
    """Three things in a line, across or down; now and then the outer two are alike."""
    outer, middle = any_item(rng, ("small", "medium")), any_item(rng, ("small", "medium"))
    last = outer if rng.random() < 0.4 else any_item(rng, ("small", "medium"))
    items = [outer, middle, last]
    across = rng.random() < 0.7
    axis = 0 if across else 1
    sides = [item.box[axis + 2] - item.box[axis] for item in items]
    room = 1 - 2 * MARGIN - sum(sides) - 0.06
    if room < 0:
        items = [_sized(item, longer_side(item) * 0.7) for item in items]
        sides = [item.box[axis + 2] - item.box[axis] for item in items]
        room = 1 - 2 * MARGIN - sum(sides) - 0.06
    cuts = sorted(rng.uniform(0, room) for _ in range(2))
    starts = [MARGIN + cuts[0] * rng.random(), 0.0, 0.0]
    starts[1] = starts[0] + sides[0] + 0.03 + (cuts[1] - cuts[0]) * rng.uniform(0.2, 1)
    starts[2] = starts[1] + sides[1] + 0.03 + (room - cuts[1]) * rng.uniform(0.2, 1)
    line = rng.uniform(0.3, 0.7)
    placed = []
    for item, start in zip(items, starts, strict=True):
        thick = item.box[3 - axis] - item.box[1 - axis]
        other = min(max(line - thick / 2 + rng.uniform(-0.08, 0.08), MARGIN), 1 - MARGIN - thick)
        placed.append(_at(item, *((start, other) if across else (other, start))))
    return ordered(placed), ()


def listed(rng: random.Random) -> Scene:
    """Three to five different things anywhere."""
    items = [any_item(rng, ("small", "small", "medium")) for _ in range(rng.choices((3, 4, 5), (0.4, 0.4, 0.2))[0])]
    return ordered(scatter(items, rng)), ()


def alone(rng: random.Random) -> Scene:
    """A single thing of any size, up to two thirds of the picture."""
    item = _sized(any_item(rng), rng.uniform(0.15, 0.66))
    return ordered(scatter([item], rng)), ()


SORTS: dict[Callable[[random.Random], Scene], float] = {
    contained: 0.14,
    before: 0.15,
    loaded: 0.11,
    worn: 0.06,
    held: 0.05,
    crowd: 0.14,
    touching: 0.07,
    edges: 0.08,
    unequal: 0.05,
    between: 0.05,
    listed: 0.06,
    alone: 0.04,
}
"""How often each sort of scene is drawn."""


def asked(rng: random.Random) -> Scene:
    """A scene of one of the sorts, now and then with something else apart from it."""
    make = rng.choices(tuple(SORTS), tuple(SORTS.values()))[0]
    items, links = next((scene for scene in (make(rng) for _ in range(30)) if scene[0]), ([], ()))
    if not items:
        return listed(rng)
    if len(items) < 3 and rng.random() < 0.18:
        more = scatter([any_item(rng, ("small", "medium"))], rng, tuple(item.box for item in items))
        items = items + [replace(item, depth=2) for item in more]
    return items, links


def place_of(item: Piece) -> tuple[int, int] | None:
    """The edge, corner or middle where a thing clearly is, as column and row (0, 1, 2); nothing where it is unclear."""
    found = []
    for middle, low, high in zip(centre(item.box), item.box[:2], item.box[2:], strict=True):
        near = (low < 0.1 and middle < 0.38, abs(middle - 0.5) < 0.08, high > 0.9 and middle > 0.62)
        if not any(near):
            return None
        found.append(near.index(True))
    return found[0], found[1]
