"""Where guests are on what carries them: on its top or surface, in it, at hand, around it, over, under or behind it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from planner.claims import Claim
from planner.kinds import kind_of
from planner.place.anatomy import spots_on
from planner.place.stage.forest import SITTING, Node
from planner.place.stage.hands import in_hand
from planner.place.stage.order import ordered
from planner.relations import TABLE
from planner.relations.row import Arrangement
from planner.sizes import flat, natural


class Laying(NamedTuple):
    """What the order of guests depends on."""

    claims: Sequence[Claim]
    rng: random.Random
    above: bool = False
    """Whether the ground is looked down on."""


_SINK = {"top": 0.1, "seat": 0.5, "bridge": 0.12, "branch": 0.3, "line": 0.4, "ground": 0.5, "vehicle": 0.05,
         "building": 0.03, "plate": 0.4, "small": 0.15, "shelf": 0.1, "case": 0.03, "plant": 0.2, "boat": 0.45,
         "land": 0.08, "bowl": 0.2, "animal": 0.12, "planet": 0.3, "tree": 0.25, "floor": 0.06}
"""How far below its upper edge what stands on a thing has its foot, of the thing's height."""
_LONG = frozenset(("top", "seat", "branch", "line", "bridge", "ground", "plate", "shelf", "land", "floor", "planet"))
"""What may become longer for what is on it."""
_WIDEST = 2.4


TOGETHER = 0.75
"""In a picture two before each other are as different in size as in the world to this power."""
LEAST_BESIDE = 0.3
"""How large the smaller of them is at least, of the larger one."""


def lay(node: Node, laying: Laying) -> None:
    """Place all that goes with a node, from the leaves up."""
    grow(node)
    for kid in node.kids:
        lay(kid, laying)
    for how, place in _WAYS.items():
        kids = [kid for kid in node.kids if kid.how == how]
        if kids:
            place(node, kids, laying)
            for kid in kids:
                kid.placed = True
    grow(node)


def grow(node: Node) -> None:
    """Parts and garments have their usual places and sizes on their whole."""
    kids = sorted((kid for kid in node.kids if kid.how == "grown"), key=lambda kid: kid.level)
    if kids:
        spots = spots_on(node.noun, node.w / node.h, [(kid.noun, kid.kind.w / kid.kind.h) for kid in kids])
        for kid, spot in zip(kids, spots, strict=True):
            told = min(max(kid.told, 0.6), 1.5)
            kid.x, kid.y, kid.w, kid.h = spot.x * node.w, spot.y * node.h, spot.w * node.w, spot.h * node.h
            kid.w, kid.h, kid.placed = kid.w * min(told, 1.2), kid.h * told, True


# on


def _on(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    upon = [kid for kid in kids if host.sort in ("person", "animal")]
    rest = [kid for kid in kids if kid not in upon]
    for kid in upon:
        _perched(host, kid, laying.rng)
    if rest and (_seen_from_above(host, rest) or (laying.above and host.sort == "ground")):
        _lying(host, rest, laying)
    elif rest:
        _standing(host, rest, laying)


def _seen_from_above(host: Node, kids: Sequence[Node]) -> bool:
    """Whether they lie within it, as on a plate or a pizza that is looked at from above."""
    if any("top" in kid.words for kid in kids):
        return False
    small = all(kid.sort in ("small", "plate", "bowl", "insect", "plant", "vase") for kid in kids)
    laid = sum(kid.sort == "plate" or kid.noun.split()[-1] == "card" for kid in kids) > 1
    return small and (host.sort == "plate" or (flat(host.noun) and host.sort in ("small", "ground"))
                      or (host.sort == "top" and laid))


def _perched(host: Node, kid: Node, rng: random.Random) -> None:
    side = rng.choice((-1.0, 1.0))
    if host.sort == "person" and "head" not in kid.words and kid.h < 0.6 * host.h:
        if kid.sort in ("person", "animal") and kid.h > 0.25 * host.h and "should" not in kid.words:
            kid.x, kid.y = 0.1 * side * host.w, 0.02 * host.h
            return
        kid.x, foot = 0.36 * side * host.w, -0.32 * host.h
    else:
        kid.x, foot = 0.06 * side * host.w, -host.h / 2 + (0.14 if host.sort == "animal" else 0.03) * host.h
    kid.y = foot - kid.h / 2


def _standing(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Side by side with their feet on its top; it becomes longer for them, and they smaller."""
    if host.sort in ("seat",):
        for kid in kids:
            _sit(kid)
    row = ordered(kids, laying.claims, laying.rng)
    if host.sort == "ground":
        host.h = max(host.h, 0.2 * host.w)
    spans = [kid.reach() for kid in row]
    need = sum(a + b for a, b, _, _ in spans) + 0.06 * host.w * (len(row) - 1)
    if need > 0.92 * host.w and host.sort in _LONG:
        longer = min(need / (0.92 * host.w), _WIDEST)
        host.w *= longer
        if host.sort in ("ground", "plate", "planet"):
            host.h *= math.sqrt(longer)
    if need > 1.05 * host.w:
        for kid in row:
            kid.scale(max(1.05 * host.w / need, 0.35))
        spans = [kid.reach() for kid in row]
    total = sum(a + b for a, b, _, _ in spans)
    free = max(0.94 * host.w - total, 0.0)
    gap = min(free / (len(row) + 1), 0.25 * total)
    at = -(total + gap * (len(row) - 1)) / 2
    slack = max(free - gap * (len(row) - 1), 0.0) / 2
    at += laying.rng.uniform(-0.5, 0.5) * slack if not any(c.relation == "at_center" for c in laying.claims) else 0.0
    for kid, (left, right, _, _) in zip(row, spans, strict=True):
        kid.x, kid.y = at + left, _foot_on(host, kid) - kid.h / 2
        at += left + right + gap
    if len(row) == 1:
        most = 0.8 * max(-row[0].y, 0.0)
        row[0].x = min(max(row[0].x, -most), most)


def _sit(node: Node) -> None:
    if node.sort == "person" and not node.seated and node.h > node.w:
        node.h, node.seated = SITTING * node.h, True


def _foot_on(host: Node, kid: Node) -> float:
    sink = _SINK.get(host.sort, 0.05)
    if host.sort == "seat":
        sink = 0.88 if kid.sort == "person" and host.noun.split()[-1] not in ("bed", "mattress", "hammock") else 0.45
    return -host.h / 2 + sink * host.h


def _lying(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Within it, seen from above: in lines, of one kind side by side."""
    if host.sort == "ground" and laying.above:
        host.h = max(host.h, 0.55 * host.w)
    if host.sort == "plate":
        host.h = max(host.h, (0.8 if host.how == "" else 0.45) * host.w)
    if host.sort == "top":
        _laid(host, kids, {id for c in laying.claims if c.relation == "at_center" for id in c.things})
        return
    for kid in kids:
        kid.h = kid.w / max(natural(kid.noun).aspect, 0.7)
    columns = max(1, min(len(kids), math.ceil(math.sqrt(len(kids) * host.w / host.h * 0.8))))
    rows = math.ceil(len(kids) / columns)
    w, h = 0.86 * host.w / columns, 0.84 * host.h / rows
    fits = min(min(0.86 * w / kid.w, 0.86 * h / kid.h) for kid in kids)
    line = ordered(kids, laying.claims, laying.rng)
    for k, kid in enumerate(line):
        kid.scale(min(fits, 1.5))
        here = min(columns, len(kids) - k // columns * columns)
        kid.x, kid.y = (k % columns - (here - 1) / 2) * w, (k // columns - (rows - 1) / 2) * h


def _laid(host: Node, kids: Sequence[Node], central: set[str]) -> None:
    """A table that is looked down on: what is the most of along its edges, the rest in the middle."""
    host.w, host.h = 1.3 * host.w, 0.62 * 1.3 * host.w
    counts = [sum(other.noun == kid.noun for other in kids) for kid in kids]
    ring = [kid for kid, n in zip(kids, counts, strict=True) if n > 1 and n == max(counts)]
    middle = [kid for kid in kids if kid not in ring and kid.id not in central]
    middle[len(middle) // 2:len(middle) // 2] = [kid for kid in kids if kid.id in central and kid not in ring]
    upper = math.ceil(len(ring) / 2)
    for k, kid in enumerate(ring):
        row, at, n = (0, k, upper) if k < upper else (1, k - upper, len(ring) - upper)
        kid.h = max(kid.h, 0.5 * kid.w)
        kid.scale(min(1.25, 0.8 * 0.9 * host.w / max(upper, 1) / kid.w, 0.3 * host.h / kid.h))
        kid.x, kid.y = ((at + 0.5) / n - 0.5) * 0.86 * host.w, (0.32 if row else -0.32) * host.h
    for k, kid in enumerate(middle):
        left, right, up, down = kid.reach()
        kid.scale(min(1.0, 0.34 * host.h / (up + down), 0.7 * host.w / len(middle) / (left + right)))
        _, _, up, down = kid.reach()
        kid.x, kid.y = ((k + 0.5) / len(middle) - 0.5) * 0.7 * host.w, (up - down) / 2
    for kid in middle if len(central) == 1 else ():
        if kid.id in central:
            shift = kid.x
            for other in middle:
                other.x -= shift


def _riding(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    if host.sort == "long" and host.h > host.w:
        host.w, host.h = host.h, host.w
    low = 0.82 if host.noun.split()[-1] in ("bicycle", "bike", "motorcycle", "motorbike", "scooter") else 0.55
    low = 0.3 if host.h > 1.6 * kids[0].h else 0.1 if host.h < 0.3 * kids[0].h else low
    for k, kid in enumerate(kids):
        kid.x = 0.05 * host.w + (k - (len(kids) - 1) / 2) * 0.2 * host.w
        kid.y = -host.h / 2 + low * host.h - kid.h / 2


def _stacked(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    for kid in kids:
        kid.x, kid.y = laying.rng.uniform(-0.03, 0.03) * host.w, -(host.h + kid.h) / 2 + 0.02 * host.h


# in


def _in(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    row = ordered(kids, laying.claims, laying.rng)
    if host.sort in ("vase", "boat") or (host.sort == "bowl" and any(
            kid.sort in ("plant", "person", "long", "tree") for kid in row)):
        _sticking_out(host, row)
    elif host.sort == "case" and host.h > host.w:
        _shelved(host, row)
    elif host.sort in ("vehicle", "aircraft") and any(kid.sort in ("person", "animal") for kid in row):
        _spread(host, row, 0.8, 0.55, -0.12)
    elif host.sort == "tree":
        _spread(host, row, 0.7, 0.5, -0.15)
    elif host.sort == "building" and max(kid.h for kid in row) < 0.3 * host.h:
        _spread(host, row, 0.9, 0.4, 0.1)
    else:
        _piled(host, row)


def _sticking_out(host: Node, row: Sequence[Node]) -> None:
    """Their lower parts are in it, as of flowers in a vase or people in a boat."""
    if host.sort == "boat":
        host.scale(max(1.0, 0.5 * max(kid.h for kid in row) / host.h))
    total = sum(kid.w for kid in row)
    host.w = max(host.w, min(0.8 * total, 1.7 * host.w))
    wide = 1.15 * host.w / total
    for kid in row:
        kid.scale(min(wide, 1.0))
        least, most = 0.7 * host.h, 2.2 * host.h
        if host.sort != "boat" and not least < kid.h < most:
            kid.h = min(least, 1.4 * kid.h) if kid.h < least else most
    total = sum(kid.w for kid in row)
    at = -total / 2
    for k, kid in enumerate(row):
        kid.x = at + kid.w / 2
        foot = min(max(0.33 * kid.h, 0.36 * host.h), 0.9 * host.h)
        kid.y = -host.h / 2 + foot - kid.h / 2 - 0.03 * kid.h * (k % 2)
        at += kid.w


def _shelved(host: Node, row: Sequence[Node]) -> None:
    """On the boards of something tall, from the top down."""
    boards = max(2, min(4, len(row)))
    board = 0.92 * host.h / boards
    for k, kid in enumerate(row):
        fits = min(0.8 * board / kid.h, 0.4 * host.w / kid.w if len(row) > boards else 0.8 * host.w / kid.w)
        kid.scale(min(fits, 1.0))
        level = k % boards
        across = (0.22 if k // boards % 2 else -0.22) if len(row) > boards else 0.0
        kid.x, kid.y = across * host.w, -0.46 * host.h + (level + 1) * board - kid.h / 2


def _spread(host: Node, row: Sequence[Node], wide: float, high: float, level: float) -> None:
    """Side by side at one height within it."""
    w = wide * host.w / len(row)
    for k, kid in enumerate(row):
        kid.scale(min(0.9 * w / kid.w, high * host.h / kid.h, 1.0))
        kid.x, kid.y = (k - (len(row) - 1) / 2) * w, level * host.h


def _piled(host: Node, row: Sequence[Node]) -> None:
    """At its bottom, in lines."""
    n = len(row)
    columns = max(1, min(n, round(math.sqrt(n * host.w / host.h)))) if n > 1 else 1
    lines = math.ceil(n / columns)
    w, h = 0.88 * host.w / columns, 0.84 * host.h / lines
    full = 0.92 if n > 1 else 0.7
    fits = min(1.0, *(min(full * w / kid.w, full * h / kid.h) for kid in row))
    if fits < 0.8 and not host.how:
        larger = min(0.8 / fits, 1.7)
        host.w, host.h, w, h, fits = host.w * larger, host.h * larger, w * larger, h * larger, fits * larger
    for k, kid in enumerate(row):
        kid.scale(fits)
        here = min(columns, n - k // columns * columns)
        kid.x = (k % columns - (here - 1) / 2) * w
        hangs = n == 1 and host.sort in ("bowl", "niche", "case", "vase")
        kid.y = 0.08 * host.h if hangs else 0.44 * host.h - (k // columns) * h - kid.h / 2


# around, before, behind, over and under


def _around(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """One at each side, a little nearer; the others behind it, so that what is on it can be seen."""
    if host.sort in ("top", "floor", "ground"):
        for kid in kids:
            _sit(kid)
    row = ordered(kids, laying.claims, laying.rng)
    if any(kid.sort in ("fish", "bird", "insect", "sky") for kid in kids):
        for k, kid in enumerate(row):
            angle = 2 * math.pi * (k + 0.5) / len(row)
            kid.x = math.cos(angle) * (host.w / 2 + 0.9 * kid.w)
            kid.y = math.sin(angle) * (host.h / 2 + 1.1 * kid.h)
        return
    if len(row) < 3:
        for kid, side in zip(row, (-1, 1), strict=False):
            kid.x, kid.y = side * (host.w + kid.w) / 2, (host.h - kid.h) / 2
        return
    fore = 2 if len(row) < 7 else 4
    front, back = [*row[:fore // 2], *row[len(row) - fore // 2:]], row[fore // 2:len(row) - fore // 2]
    gap = 0.06 * host.w
    need = sum(kid.w for kid in back) + gap * (len(back) - 1)
    host.w = max(host.w, min(need / 0.9, 2.2 * host.w))
    at = -need / 2
    for kid in back:
        kid.x, kid.y = at + kid.w / 2, -host.h / 2 + 0.3 * min(host.h, kid.h) - kid.h / 2
        at += kid.w + gap
    for k, kid in enumerate(front):
        side, rank = (-1 if k < fore // 2 else 1), (k if k < fore // 2 else fore - 1 - k)
        kid.x = side * (host.w / 2 + kid.w * (0.52 + 1.1 * (fore // 2 - 1 - rank)))
        kid.y = max(0.04 * host.h + 0.02 * kid.h, host.h / 2 + 0.1 * host.h - kid.h / 2)


def _leaning(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    for k, kid in enumerate(kids):
        side = (1 if k % 2 else -1) * laying.rng.choice((-1, 1))
        thin = host.sort in ("tree", "person", "floor", "long")
        kid.w *= 1.4 if thin and kid.h > 2 * kid.w else 1.0
        kid.x = side * (0.5 * host.w + (0.04 * kid.w if thin else 0.0))
        kid.y = (host.h - kid.h) / 2 + 0.03 * host.h


def _before(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Nearer: lower down, hiding a part of its foot."""
    row = ordered(kids, laying.claims, laying.rng)
    for kid in row:
        if kid.sort != "ground" and host.w > 0:
            kid.scale(_drawn(kid, host, LEAST_BESIDE if len(row) == 1 else 0.0))
            host.scale(_drawn(host, kid))
    need = sum(kid.w for kid in row) * 1.1
    at = -need / 2 + (laying.rng.uniform(-0.5, 0.5) * max(host.w - need, 0.0) if len(row) == 1 else 0.0)
    for kid in row:
        kid.x = at + 0.55 * kid.w
        hidden = min(0.7 * kid.h, 0.45 * host.h)
        if kid.sort == "ground":
            hidden = 0.45 * kid.h
        elif kid.sort in ("small", "plate", "bowl", "vase") and host.sort == "top":
            hidden = 0.75 * host.h + kid.h / 2
        if kid.w > 0.75 * host.w and kid.h > 0.6 * host.h:
            kid.x += laying.rng.choice((-1, 1)) * 0.25 * host.w
        kid.y = host.h / 2 - hidden + kid.h / 2
        at += 1.1 * kid.w


def _drawn(small: Node, large: Node, least: float = LEAST_BESIDE) -> float:
    """How much larger than to scale the smaller of two before each other is, as if it were nearer or the other farther:
    it could not be made out else.
    """
    ratio = math.sqrt(small.w * small.h / (large.w * large.h))
    return max(ratio ** TOGETHER, least) / ratio if ratio < 1 else 1.0


def _hidden(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """A little farther, the most of it behind what hides it."""
    for kid in kids:
        kid.scale(min(0.9 * _drawn(kid, host), 1.05 * host.w / kid.w, 1.05 * host.h / kid.h))
        side = laying.rng.choice((-1.0, 1.0))
        kid.x = side * ((host.w + kid.w) / 2 - 0.76 * min(kid.w, host.w))
        kid.y = host.h / 2 - 0.08 * min(kid.h, host.h) - kid.h / 2


def _behind(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Farther: smaller, its foot higher up, and rising over what hides it."""
    left, right, up, down = host.reach()
    row = ordered(kids, laying.claims, laying.rng)
    for kid in row:
        kid.scale(0.85 * (_drawn(kid, host) / _drawn(host, kid) if host.id else 0.85))
    need = sum(kid.w for kid in row)
    at = (right - left) / 2 - need / 2
    if len(row) == 1:
        wide = (left + right - kid.w) / 2 if (kid := row[0]).w < 0.7 * (left + right) else 0.35 * host.w
        at += laying.rng.choice((-0.55, 0.55)) * max(wide, 0.3 * min(host.w or left, kid.w))
    high = host.h or (up + down)
    for kid in row:
        kid.x = at + kid.w / 2
        foot = down - min(0.4 * kid.h, 0.45 * high)
        if kid.kind.h > 1.3 * host.kind.h and foot - kid.h > -up - 0.12 * high:
            kid.h = foot + up + 0.12 * high
        kid.y = foot - kid.h / 2
        at += kid.w


_FLOATING = {"kite": 0.9, "balloon": 0.35, "sky": 0.4, "aircraft": 0.4, "bird": 0.3, "wall": 0.12, "hung": 0.25,
             "building": 0.2, "branch": 0.6}


def _above(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Over all that is on it, as high as such things are."""
    _, _, up, _ = host.reach()
    row = ordered(kids, laying.claims, laying.rng)
    gap = 0.15 * max(kid.reach()[0] + kid.reach()[1] for kid in row)
    at = -(sum(sum(kid.reach()[:2]) for kid in row) + gap * (len(row) - 1)) / 2
    for kid in row:
        left, right, _, down = kid.reach()
        grounded = host.sort == "ground" and kid.sort not in _FLOATING
        rise = 0.0 if grounded else max(_FLOATING.get(kid.sort, 0.1) * host.h, 0.12 * kid.h)
        kid.x, kid.y = at + left, -up - rise - down
        at += left + right + gap
        if kid.sort == "kite":
            kid.x += laying.rng.choice((-0.4, 0.4)) * host.h


def _at(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """On the other side of it, sitting, half hidden."""
    for kid in kids:
        _sit(kid)
        kid.y = host.h / 2 - 0.1 * host.h - 0.5 * kid.h - max(0.58 * host.h - 0.3 * kid.h, 0.0)


def _toward(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """In the air at its side, as high as its upper part."""
    left, right, up, _ = host.reach()
    for kid in kids:
        side = laying.rng.choice((-1.0, 1.0))
        reach = right if side > 0 else left
        kid.x, kid.y = side * (reach + 0.9 * kid.w), -0.6 * up if host.sort != "person" else -0.8 * up


def _under(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """At its foot, before it; what is low and broad is high enough for what is under it."""
    row = ordered(kids, laying.claims, laying.rng)
    tallest, need = max(kid.h for kid in row), sum(sum(kid.reach()[:2]) for kid in row) * 1.15
    if host.sort in ("umbrella", "hung"):
        if 1.1 * need > host.w:
            host.w, host.h = 1.1 * need, max(min(host.h, 0.7 * need), 0.5 * host.h)
    elif host.sort in ("top", "seat", "bridge"):
        for kid in row:
            kid.scale(min(1.0, 0.8 * host.h / tallest, 0.9 * host.w / need))
    elif host.sort in ("tree", "building") and need > 0.9 * host.w:
        host.scale(min(need / (0.9 * host.w), 1.6))
    need = sum(sum(kid.reach()[:2]) for kid in row) * 1.15
    at = -need / 2
    if len(row) == 1:
        at += laying.rng.choice((-0.22, 0.22)) * max(host.w - need, 0.0)
    for kid in row:
        left, right, _, _ = kid.reach()
        kid.x = at + left + 0.075 * (left + right)
        low = 0.06 * host.h
        if host.sort in ("umbrella", "line", "hung", "branch"):
            low = kid.h - 0.1 * min(kid.h, host.h)
        kid.y = max(host.h / 2 + low - kid.h / 2, 0.55 * abs(kid.x) * 2)
        at += 1.15 * (left + right)


def _members(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    form = TABLE[host.noun]
    assert isinstance(form, Arrangement)
    row = ordered(kids, laying.claims, laying.rng) if host.noun in ("row", "line") else list(kids)
    spans = [kid.reach() for kid in row]
    room = 0.12 * sum(kid.w for kid in row) / len(row)
    offsets = form.form([(a + b, kid.h) for kid, (a, b, _, _) in zip(row, spans, strict=True)], room, laying.rng)
    level = sum(y for _, y in offsets) / len(offsets) if host.noun not in ("row", "line") else 0.0
    for kid, (x, y) in zip(row, offsets, strict=True):
        kid.x, kid.y = x, y - level
    host.w, host.h = 1e-3, 1e-3


def _hand(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    in_hand(host, kids, laying.rng)


_WAYS: dict[str, Callable[[Node, Sequence[Node], Laying], None]] = {
    "member": _members, "in": _in, "on": _on, "ride": _riding, "hand": _hand, "stack": _stacked, "around": _around,
    "lean": _leaning, "under": _under, "before": _before, "behind": _behind,
    "hidden": _hidden, "above": _above,
    "toward": _toward, "at": _at,
}


def class_of(noun: str) -> str:
    """The class of a noun's kind."""
    return kind_of(noun).sort
