"""Random pictures by seed: lists, counts and related pairs, with items anywhere on the canvas."""

from __future__ import annotations

import random
from dataclasses import replace

from grounding.pocket.palette import BACKGROUNDS, COLOURS, STYLES, TEXTURES
from grounding.pocket.pictures import SCALES, SIZES, BoxXYXY, Item, Link, Picture
from grounding.pocket.shapes import KINDS, shape
from planner.geometry import Frame, Rect
from planner.relations import TABLE

MARGIN = 0.012
GAP = 0.02
_LEAST_SHRINK = 0.65
_MOST_HIDDEN = 0.45
"""What one of a crowd hides of another at most."""
_TOUCHING = ("on", "in", "in_front_of", "behind")

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


def fit(kind: str, longer: float, x: float, y: float) -> BoxXYXY:
    """A box of the kind's own proportions with its upper left corner at (x, y)."""
    aspect = shape(kind).aspect
    width, height = (longer, longer / aspect) if aspect >= 1 else (longer * aspect, longer)
    return (x, y, x + width, y + height)


def _anywhere(kind: str, longer: float, rng: random.Random) -> BoxXYXY:
    _, _, width, height = fit(kind, longer, 0, 0)
    x = rng.uniform(MARGIN, 1 - MARGIN - width)
    y = rng.uniform(MARGIN, 1 - MARGIN - height)
    return (x, y, x + width, y + height)


def _apart(a: BoxXYXY, b: BoxXYXY) -> bool:
    return a[2] + GAP <= b[0] or b[2] + GAP <= a[0] or a[3] + GAP <= b[1] or b[3] + GAP <= a[1]


def _inside(box: BoxXYXY) -> bool:
    return min(box) >= MARGIN and max(box) <= 1 - MARGIN


def _texture(rng: random.Random) -> str:
    return rng.choices(TEXTURES, (0.7, 0.15, 0.15))[0]


def _item(rng: random.Random, sizes: tuple[str, ...] = SIZES, kinds: tuple[str, ...] = KINDS) -> Item:
    """An item that is not placed yet: its box has the right size, at the origin."""
    kind, size = rng.choice(kinds), rng.choice(sizes)
    box = fit(kind, SCALES[size] * rng.uniform(0.92, 1.08), 0, 0)
    return Item(kind, rng.choice(tuple(COLOURS)), _texture(rng), size, box, 0)


def _unlike(first: Item, second: Item, rng: random.Random) -> Item:
    """The second item in another colour than the first, since they will touch."""
    return replace(second, colour=rng.choice([colour for colour in COLOURS if colour != first.colour]))


def _longer(item: Item) -> float:
    return max(item.box[2] - item.box[0], item.box[3] - item.box[1])


def _smaller(item: Item, rng: random.Random) -> Item:
    size = SIZES[max(0, SIZES.index(item.size) - 1)]
    return replace(item, size=size, box=fit(item.kind, SCALES[size] * rng.uniform(0.92, 1.0), 0, 0))


def _scatter(items: list[Item], rng: random.Random, taken: tuple[BoxXYXY, ...] = ()) -> list[Item]:
    """The items at uniformly random places, none over another; if they do not fit, smaller ones."""
    for attempt in range(60):
        placed: list[Item] = []
        for item in items:
            for _ in range(12):
                box = _anywhere(item.kind, _longer(item), rng)
                if all(_apart(box, other) for other in (*taken, *(p.box for p in placed))):
                    placed.append(replace(item, box=box))
                    break
            else:
                break
        if len(placed) == len(items):
            return placed
        if attempt % 5 == 4:
            items = [_smaller(item, rng) for item in items]
    return placed


def _ordered(items: list[Item]) -> list[Item]:
    return [replace(item, depth=depth) for depth, item in enumerate(items)]


def _list(rng: random.Random) -> list[Item]:
    """Two to four different things."""
    count = rng.choices((2, 3, 4), (0.5, 0.35, 0.15))[0]
    items = [_item(rng) for _ in range(count)]
    return _ordered(_scatter(items, rng))


def _alike(rng: random.Random) -> list[Item]:
    """Two to six of one kind, in one colour or in several, now and then with something else."""
    count = rng.choices((2, 3, 4, 5, 6), (0.3, 0.28, 0.2, 0.12, 0.1))[0]
    first = _item(rng, ("small", "medium", "large") if count < 4 else ("small", "medium"))
    items = [replace(first, box=fit(first.kind, _longer(first) * rng.uniform(0.96, 1.04), 0, 0)) for _ in range(count)]
    look = rng.random()
    if look < 0.25:
        items = [replace(item, colour=rng.choice(tuple(COLOURS))) for item in items]
    if look > 0.85 and count < 5:
        items.append(_item(rng, ("small", "medium")))
    if look < 0.05 and count < 4:
        boxes = {size: fit(first.kind, SCALES[size], 0, 0) for size in SIZES}
        items = [replace(item, size=size, box=boxes[size]) for item, size in zip(items, SIZES, strict=False)]
    return _ordered(_scatter(items, rng))


def centre(box: BoxXYXY) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _rect(box: BoxXYXY) -> Rect:
    return Rect(*centre(box), box[2] - box[0], box[3] - box[1])


def holds(kind: str, a: BoxXYXY, b: BoxXYXY) -> bool:
    """Whether box `a` clearly stands in a relation to box `b`; those in the plane keep a gap."""
    return TABLE[kind].margin((_rect(a),), (_rect(b),), Frame(1, 1)) >= 0 and (kind in _TOUCHING or _apart(a, b))


def _flat_pair(kind: str, rng: random.Random) -> list[Item]:
    items = [_item(rng), _item(rng)]
    for attempt in range(400):
        placed = [replace(item, box=_anywhere(item.kind, _longer(item), rng)) for item in items]
        if holds(kind, placed[0].box, placed[1].box):
            return placed
        if attempt % 60 == 59:
            items = [_smaller(item, rng) for item in items]
    return []


def _standing(rng: random.Random) -> list[Item]:
    """Something on something."""
    below = _item(rng, ("medium", "large"), tuple(SURFACES))
    above = _unlike(below, _item(rng, ("small", "medium")), rng)
    for _ in range(60):
        base = _anywhere(below.kind, _longer(below), rng)
        width, height = above.box[2] - above.box[0], above.box[3] - above.box[1]
        room = base[2] - base[0] - width
        if room < -0.3 * width:
            above = _smaller(above, rng)
            continue
        foot = base[1] + SURFACES[below.kind] * (base[3] - base[1])
        middle = (base[0] + base[2]) / 2 + rng.uniform(-0.5, 0.5) * max(0.0, room * 0.8)
        if below.kind == "chair":
            middle = base[0] + 0.62 * (base[2] - base[0])
        box = (middle - width / 2, foot - height, middle + width / 2, foot)
        if _inside(box) and holds("on", box, base):
            return [replace(above, box=box, depth=1), replace(below, box=base, depth=0)]
    return []


def _contained(rng: random.Random) -> list[Item]:
    """Something small in something large: it shows within its outline."""
    outer = _item(rng, ("large",), tuple(CONTAINERS))
    inner = _unlike(outer, _item(rng, ("small",)), rng)
    base = _anywhere(outer.kind, _longer(outer), rng)
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


def _overlapping(rng: random.Random) -> list[Item]:
    """Two things of different colour, the first one partly over the second."""
    near = _item(rng)
    far = _unlike(near, _item(rng, ("medium", "large")), rng)
    for _ in range(120):
        back = _anywhere(far.kind, _longer(far), rng)
        front = _anywhere(near.kind, _longer(near), rng)
        width = max(0.0, min(back[2], front[2]) - max(back[0], front[0]))
        height = max(0.0, min(back[3], front[3]) - max(back[1], front[1]))
        hidden = width * height / ((back[2] - back[0]) * (back[3] - back[1]))
        shared = width * height / ((front[2] - front[0]) * (front[3] - front[1]))
        clear = 0.1 < hidden < 0.5 and shared > 0.3 and front[3] > back[3] - 0.05
        if clear and holds("in_front_of", front, back):
            return [replace(near, box=front, depth=1), replace(far, box=back, depth=0)]
    return []


def _related(rng: random.Random) -> tuple[list[Item], tuple[Link, ...]]:
    kind = rng.choice(("left_of", "right_of", "above", "below", "next_to", "on", "on", "in", "in_front_of", "behind"))
    if kind == "on":
        items = _standing(rng)
    elif kind == "in":
        items = _contained(rng)
    elif kind in ("in_front_of", "behind"):
        items = _overlapping(rng)
        items = items[::-1] if kind == "behind" else items
    else:
        items = _ordered(_flat_pair(kind, rng))
    if not items:
        return _list(rng), ()
    if rng.random() < 0.25:
        more = _scatter([_item(rng, ("small", "medium"))], rng, tuple(item.box for item in items))
        items += [replace(item, depth=2) for item in more]
    return items, (Link(kind, 0, 1),)


def _noticed(items: list[Item], rng: random.Random) -> tuple[Link, ...]:
    """A flat relation that happens to hold between two items of a list, now and then."""
    if rng.random() < 0.5:
        return ()
    kinds = ("left_of", "right_of", "above", "below", "next_to")
    found = [
        Link(kind, a, b)
        for a in range(len(items))
        for b in range(len(items))
        if a != b
        for kind in kinds
        if holds(kind, items[a].box, items[b].box)
    ]
    return (rng.choice(found),) if found else ()


def _single(rng: random.Random, sizes: tuple[str, ...] = SIZES) -> list[Item]:
    return _scatter([_item(rng, sizes)], rng)


def _everyday(rng: random.Random) -> tuple[list[Item], tuple[Link, ...]]:
    roll = rng.random()
    if roll < 0.12:
        return _single(rng), ()
    if roll < 0.36:
        return _alike(rng), ()
    if roll < 0.66:
        items = _list(rng)
        return items, _noticed(items, rng)
    return _related(rng)


def _crowd(rng: random.Random) -> list[Item]:
    """Two to four things of one look that touch or overlap, now and then with something else apart from them."""
    count = rng.choices((2, 3, 4), (0.5, 0.3, 0.2))[0]
    first = _single(rng, ("small", "medium", "large") if count == 2 else ("small", "medium"))[0]
    crowd = [first]
    for _ in range(40):
        if len(crowd) == count:
            break
        box = _beside(rng.choice(crowd).box, rng)
        if _inside(box) and all(_hidden(box, other.box) < _MOST_HIDDEN for other in crowd):
            crowd.append(replace(first, box=box))
    more = [_item(rng, ("small", "medium"))] if rng.random() < 0.4 else []
    return _ordered([*crowd, *_scatter(more, rng, tuple(item.box for item in crowd))])


def _beside(box: BoxXYXY, rng: random.Random) -> BoxXYXY:
    """A box of this size that touches this one, or goes over it."""
    along, across = rng.uniform(0.5, 1.02) * rng.choice((-1, 1)), rng.uniform(-0.4, 0.4)
    x, y = rng.choice(((along, across), (across, along)))
    dx, dy = x * (box[2] - box[0]), y * (box[3] - box[1])
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


def _hidden(box: BoxXYXY, other: BoxXYXY) -> float:
    """The share of the second box that the first one covers."""
    width = max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
    height = max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
    return width * height / ((other[2] - other[0]) * (other[3] - other[1]))


CROWDED = 3
"""The level of crowds, which eyes must be able to count although none is ever asked for."""


def picture(seed: int, *, level: int = 2) -> Picture:
    """The picture of this seed. Level 0: one large item; 1: one or two; 2: one to six, related and overlapping;
    3 (`CROWDED`): things of one look that touch or overlap."""
    if level not in (0, 1, 2, CROWDED):
        raise ValueError(f"level must be 0, 1, 2 or {CROWDED}, got {level}")
    rng = random.Random(f"pocket world 1/{level}/{seed}")
    links: tuple[Link, ...] = ()
    if level == 0:
        items = _single(rng, ("large",))
    elif level == 1:
        pair = [_item(rng, ("medium", "large")) for _ in range(2)]
        items = _single(rng) if rng.random() < 0.45 else _ordered(_scatter(pair, rng))
    elif level == CROWDED:
        items = _crowd(rng)
    else:
        items, links = _everyday(rng)
    background = rng.choices(BACKGROUNDS, (0.2, *([0.8 / 9] * 9)))[0]
    style = rng.choices(STYLES, (0.58, 0.14, 0.14, 0.14))[0]
    missing = tuple(kind for kind in KINDS if all(item.kind != kind for item in items))
    absent = (rng.choice(missing),) if rng.random() < 0.06 else ()
    return Picture(tuple(items), links, background, style, absent, seed)
