"""Where things are that go with another without its carrying them: around it, before, behind, over and under it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.place.stage.forest import Node
from planner.place.stage.order import Laying, ordered
from planner.place.stage.surfaces import sit

TOGETHER = 0.75
"""In a picture two before each other are as different in size as in the world to this power."""
STEP_NEARER = 0.86
"""Who is before something has the foot lower by the rest of the own height."""
MOST_HIDDEN = 0.6
"""How much of a thing may be hidden by what is before it."""
LEAST_BESIDE = 0.36
"""How large the smaller of them is at least, of the larger one."""


def around(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """One at each side, a little nearer; the others behind it, so that what is on it can be seen."""
    if host.sort in ("top", "floor", "ground"):
        for kid in kids:
            sit(kid)
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


def leaning(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """At its side, half before it."""
    for k, kid in enumerate(kids):
        side = (1 if k % 2 else -1) * laying.rng.choice((-1, 1))
        thin = host.sort in ("tree", "person", "floor", "long")
        kid.w *= 1.4 if thin and kid.h > 2 * kid.w else 1.0
        kid.x = side * (0.5 * host.w + (0.04 * kid.w if thin else 0.0))
        kid.y = (host.h - kid.h) / 2 + 0.03 * host.h


def before(host: Node, kids: Sequence[Node], laying: Laying) -> None:
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
        hidden = STEP_NEARER * kid.h
        if kid.sort == "ground":
            hidden = 0.45 * kid.h
        elif kid.sort in ("small", "plate", "bowl", "vase") and host.sort == "top":
            hidden = 0.75 * host.h + kid.h / 2
        elif host.sort == "wall":
            hidden = 0.55 * kid.h
        elif kid.sort == "plate" and host.sort == "person":
            hidden = 0.42 * host.h + kid.h / 2
        covered = min(hidden, host.h) * min(kid.w, host.w) / max(host.w * host.h, 1e-9)
        if covered > MOST_HIDDEN:
            wide = MOST_HIDDEN * host.w * host.h / min(hidden, host.h)
            kid.x = laying.rng.choice((-1, 1)) * ((kid.w + host.w) / 2 - wide)
        kid.y = host.h / 2 - hidden + kid.h / 2
        at += 1.1 * kid.w
    if len(row) == 1 and host.w > 0:
        _aside(host, row[0], laying)


def _aside(host: Node, kid: Node, laying: Laying) -> None:
    """Move it sideways to where it hides least of what is on the other: the door of a house, who sits on a sofa."""
    others = [other for other in host.kids if other.placed and other is not kid]
    if others:
        places = [kid.x + side * share * host.w for share in (0.0, 0.15, 0.3, 0.45) for side in (-1, 1)]
        laying.rng.shuffle(places)
        kid.x = min(places, key=lambda x: (round(sum(_covered(kid, x, other) for other in others), 2), abs(x)))


def _covered(kid: Node, x: float, other: Node) -> float:
    """Which part of the other it hides there."""
    w = min(x + kid.w / 2, other.x + other.w / 2) - max(x - kid.w / 2, other.x - other.w / 2)
    h = min(kid.y + kid.h / 2, other.y + other.h / 2) - max(kid.y - kid.h / 2, other.y - other.h / 2)
    return max(w, 0.0) * max(h, 0.0) / (other.w * other.h)


def _drawn(small: Node, large: Node, least: float = LEAST_BESIDE) -> float:
    """How much larger than to scale the smaller of two before each other is, as if it were nearer or the other farther:
    it could not be made out else.
    """
    ratio = math.sqrt(small.w * small.h / (large.w * large.h))
    return max(ratio ** TOGETHER, least) / ratio if ratio < 1 else 1.0


def hidden(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """A little farther, the most of it behind what hides it."""
    for kid in kids:
        kid.scale(min(0.9 * _drawn(kid, host), 1.05 * host.w / kid.w, 1.05 * host.h / kid.h))
        side = laying.rng.choice((-1.0, 1.0))
        kid.x = side * ((host.w + kid.w) / 2 - 0.76 * min(kid.w, host.w))
        kid.y = host.h / 2 - 0.08 * min(kid.h, host.h) - kid.h / 2


def behind(host: Node, kids: Sequence[Node], laying: Laying) -> None:
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
    high, foot_of_host = (host.h, host.h / 2) if host.id else (up + down, down)
    for kid in row:
        kid.x = at + kid.w / 2
        foot = foot_of_host - min(0.4 * kid.h, 0.45 * high)
        if kid.kind.h > 1.3 * host.kind.h and foot - kid.h > -up - 0.12 * high:
            kid.h = foot + up + 0.12 * high
        kid.y = foot - kid.h / 2
        at += kid.w


_FLOATING = {"kite": 0.9, "balloon": 0.35, "sky": 0.4, "aircraft": 0.4, "bird": 0.3, "wall": 0.12, "hung": 0.25,
             "building": 0.2, "branch": 0.6}


def above(host: Node, kids: Sequence[Node], laying: Laying) -> None:
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


def at(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """On the other side of it, sitting, half hidden."""
    for kid in kids:
        sit(kid)
        kid.y = host.h / 2 - 0.1 * host.h - 0.5 * kid.h - max(0.58 * host.h - 0.3 * kid.h, 0.0)


def toward(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """In the air at its side, as high as its upper part."""
    left, right, up, _ = host.reach()
    for kid in kids:
        sides = {"left_of": -1.0, "right_of": 1.0}
        told = [sides[c.relation] for c in laying.claims if c.relation in sides and c.things == (kid.id,)]
        side = told[0] if told else laying.rng.choice((-1.0, 1.0))
        reach = right if side > 0 else left
        level = kid.goal.y if kid.goal is not None and kid.goal.host is host else -0.6 * up
        kid.x, kid.y = side * (reach + 0.9 * kid.w), level


def under(host: Node, kids: Sequence[Node], laying: Laying) -> None:
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
