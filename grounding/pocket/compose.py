"""Random pictures by seed: lists, counts and related pairs, with items anywhere on the canvas."""

from __future__ import annotations

import random
from dataclasses import replace

from grounding.pocket.asked import CONTAINERS, SURFACES, asked
from grounding.pocket.palette import BACKGROUNDS, COLOURS, STYLES
from grounding.pocket.pictures import SCALES, SIZES, Bond, BoxXYXY, Picture, Piece
from grounding.pocket.placing import (
    any_item,
    anywhere,
    fit,
    hidden,
    holds,
    inside,
    longer_side,
    ordered,
    scatter,
    smaller,
    unlike,
)
from grounding.pocket.shapes import KINDS

_LEAST_SHRINK = 0.65
_MOST_HIDDEN = 0.45
"""What one of a crowd hides of another at most."""


def _list(rng: random.Random) -> list[Piece]:
    """Two to four different things."""
    count = rng.choices((2, 3, 4), (0.5, 0.35, 0.15))[0]
    items = [any_item(rng) for _ in range(count)]
    return ordered(scatter(items, rng))


def _alike(rng: random.Random) -> list[Piece]:
    """Two to six of one kind, in one colour or in several, now and then with something else."""
    count = rng.choices((2, 3, 4, 5, 6), (0.3, 0.28, 0.2, 0.12, 0.1))[0]
    first = any_item(rng, ("small", "medium", "large") if count < 4 else ("small", "medium"))
    long = longer_side(first)
    items = [replace(first, box=fit(first.kind, long * rng.uniform(0.96, 1.04), 0, 0)) for _ in range(count)]
    look = rng.random()
    if look < 0.25:
        items = [replace(item, colour=rng.choice(tuple(COLOURS))) for item in items]
    if look > 0.85 and count < 5:
        items.append(any_item(rng, ("small", "medium")))
    if look < 0.05 and count < 4:
        boxes = {size: fit(first.kind, SCALES[size], 0, 0) for size in SIZES}
        items = [replace(item, size=size, box=boxes[size]) for item, size in zip(items, SIZES, strict=False)]
    return ordered(scatter(items, rng))


def _flat_pair(kind: str, rng: random.Random) -> list[Piece]:
    items = [any_item(rng), any_item(rng)]
    for attempt in range(400):
        placed = [replace(item, box=anywhere(item.kind, longer_side(item), rng)) for item in items]
        if holds(kind, placed[0].box, placed[1].box):
            return placed
        if attempt % 60 == 59:
            items = [smaller(item, rng) for item in items]
    return []


def _standing(rng: random.Random) -> list[Piece]:
    """Something on something."""
    below = any_item(rng, ("medium", "large"), tuple(SURFACES))
    above = unlike(below, any_item(rng, ("small", "medium")), rng)
    for _ in range(60):
        base = anywhere(below.kind, longer_side(below), rng)
        width, height = above.box[2] - above.box[0], above.box[3] - above.box[1]
        room = base[2] - base[0] - width
        if room < -0.3 * width:
            above = smaller(above, rng)
            continue
        foot = base[1] + SURFACES[below.kind] * (base[3] - base[1])
        middle = (base[0] + base[2]) / 2 + rng.uniform(-0.5, 0.5) * max(0.0, room * 0.8)
        if below.kind == "chair":
            middle = base[0] + 0.62 * (base[2] - base[0])
        box = (middle - width / 2, foot - height, middle + width / 2, foot)
        if inside(box) and holds("on", box, base):
            return [replace(above, box=box, depth=1), replace(below, box=base, depth=0)]
    return []


def _contained(rng: random.Random) -> list[Piece]:
    """Something small in something large: it shows within its outline."""
    outer = any_item(rng, ("large",), tuple(CONTAINERS))
    inner = unlike(outer, any_item(rng, ("small",)), rng)
    base = anywhere(outer.kind, longer_side(outer), rng)
    wide, high = base[2] - base[0], base[3] - base[1]
    x0, y0, x1, y1 = CONTAINERS[outer.kind]
    width, height = inner.box[2] - inner.box[0], inner.box[3] - inner.box[1]
    shrink = min(1.0, (x1 - x0) * wide / width, (y1 - y0) * high / height)
    if shrink < _LEAST_SHRINK:
        return []
    x = base[0] + x0 * wide + rng.random() * ((x1 - x0) * wide - width * shrink)
    y = base[1] + y0 * high + rng.random() * ((y1 - y0) * high - height * shrink)
    box = (x, y, x + width * shrink, y + height * shrink)
    return [replace(inner, box=box, depth=1), replace(outer, box=base, depth=0)] if holds("in", box, base) else []


def _overlapping(rng: random.Random) -> list[Piece]:
    """Two things of different colour, the first one partly over the second."""
    near = any_item(rng)
    far = unlike(near, any_item(rng, ("medium", "large")), rng)
    for _ in range(120):
        back = anywhere(far.kind, longer_side(far), rng)
        front = anywhere(near.kind, longer_side(near), rng)
        width = max(0.0, min(back[2], front[2]) - max(back[0], front[0]))
        height = max(0.0, min(back[3], front[3]) - max(back[1], front[1]))
        hidden = width * height / ((back[2] - back[0]) * (back[3] - back[1]))
        shared = width * height / ((front[2] - front[0]) * (front[3] - front[1]))
        clear = 0.1 < hidden < 0.5 and shared > 0.3 and front[3] > back[3] - 0.05
        if clear and holds("in_front_of", front, back):
            return [replace(near, box=front, depth=1), replace(far, box=back, depth=0)]
    return []


def _related(rng: random.Random) -> tuple[list[Piece], tuple[Bond, ...]]:
    kind = rng.choice(("left_of", "right_of", "above", "below", "next_to", "on", "on", "in", "in_front_of", "behind"))
    if kind == "on":
        items = _standing(rng)
    elif kind == "in":
        items = _contained(rng)
    elif kind in ("in_front_of", "behind"):
        items = _overlapping(rng)
        items = items[::-1] if kind == "behind" else items
    else:
        items = ordered(_flat_pair(kind, rng))
    if not items:
        return _list(rng), ()
    if rng.random() < 0.25:
        more = scatter([any_item(rng, ("small", "medium"))], rng, tuple(item.box for item in items))
        items += [replace(item, depth=2) for item in more]
    return items, (Bond(kind, 0, 1),)


def _noticed(items: list[Piece], rng: random.Random) -> tuple[Bond, ...]:
    """A flat relation that happens to hold between two items of a list, now and then."""
    if rng.random() < 0.5:
        return ()
    kinds = ("left_of", "right_of", "above", "below", "next_to")
    found = [
        Bond(kind, a, b)
        for a in range(len(items))
        for b in range(len(items))
        if a != b
        for kind in kinds
        if holds(kind, items[a].box, items[b].box)
    ]
    return (rng.choice(found),) if found else ()


def _single(rng: random.Random, sizes: tuple[str, ...] = SIZES) -> list[Piece]:
    return scatter([any_item(rng, sizes)], rng)


def _everyday(rng: random.Random) -> tuple[list[Piece], tuple[Bond, ...]]:
    roll = rng.random()
    if roll < 0.12:
        return _single(rng), ()
    if roll < 0.36:
        return _alike(rng), ()
    if roll < 0.66:
        items = _list(rng)
        return items, _noticed(items, rng)
    return _related(rng)


def _crowd(rng: random.Random) -> list[Piece]:
    """Two to four things of one look that touch or overlap, now and then with something else apart from them."""
    count = rng.choices((2, 3, 4), (0.5, 0.3, 0.2))[0]
    first = _single(rng, ("small", "medium", "large") if count == 2 else ("small", "medium"))[0]
    crowd = [first]
    for _ in range(40):
        if len(crowd) == count:
            break
        box = _beside(rng.choice(crowd).box, rng)
        if inside(box) and all(hidden(box, other.box) < _MOST_HIDDEN for other in crowd):
            crowd.append(replace(first, box=box))
    more = [any_item(rng, ("small", "medium"))] if rng.random() < 0.4 else []
    return ordered([*crowd, *scatter(more, rng, tuple(item.box for item in crowd))])


def _beside(box: BoxXYXY, rng: random.Random) -> BoxXYXY:
    """A box of this size that touches this one, or goes over it."""
    along, across = rng.uniform(0.5, 1.02) * rng.choice((-1, 1)), rng.uniform(-0.4, 0.4)
    x, y = rng.choice(((along, across), (across, along)))
    dx, dy = x * (box[2] - box[0]), y * (box[3] - box[1])
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


CROWDED = 3
"""The level of crowds, which eyes must be able to count although none is ever asked for."""
ASKED = 4
"""The level of what people ask for."""


def picture(seed: int, *, level: int = 2) -> Picture:
    """The picture of this seed. Level 0: one large item; 1: one or two; 2: one to six, related and overlapping;
    3 (`CROWDED`): things of one look that touch or overlap; 4 (`ASKED`): what people ask for."""
    if level not in (0, 1, 2, CROWDED, ASKED):
        raise ValueError(f"level must be 0, 1, 2, {CROWDED} or {ASKED}, got {level}")
    rng = random.Random(f"pocket world 1/{level}/{seed}")
    links: tuple[Bond, ...] = ()
    if level == 0:
        items = _single(rng, ("large",))
    elif level == 1:
        pair = [any_item(rng, ("medium", "large")) for _ in range(2)]
        items = _single(rng) if rng.random() < 0.45 else ordered(scatter(pair, rng))
    elif level == CROWDED:
        items = _crowd(rng)
    elif level == ASKED:
        items, links = asked(rng)
    else:
        items, links = _everyday(rng)
    background = rng.choices(BACKGROUNDS, (0.2, *([0.8 / 9] * 9)))[0]
    style = rng.choices(STYLES, (0.58, 0.14, 0.14, 0.14))[0]
    missing = tuple(kind for kind in KINDS if all(item.kind != kind for item in items))
    absent = (rng.choice(missing),) if rng.random() < 0.06 else ()
    return Picture(tuple(items), links, background, style, absent, seed)
