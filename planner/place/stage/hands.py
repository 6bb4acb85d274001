"""Where what somebody holds is: umbrellas over the head, staffs beside, babies in the arms, a meal at the mouth."""

from __future__ import annotations

import random
from collections.abc import Sequence

from planner.place.stage.forest import Node

_AT_MOUTH = ("eat", "drink", "lick", "smok", "blow", "bit", "sip")
_TOSSED = ("toss", "throw", "juggl", "catch")
_HANGS = frozenset(("bag", "handbag", "purse", "suitcase", "bucket", "basket", "briefcase", "lantern", "luggage"))


def in_hand(host: Node, kids: Sequence[Node], rng: random.Random) -> None:
    """Place what is held, the first at one side, the next at the other."""
    side = rng.choice((-1.0, 1.0))
    for kid in kids:
        if kid.w > 0.9 * host.w and kid.sort not in ("umbrella", "long", "floor") and host.sort == "person":
            kid.scale(max(0.9 * host.w / kid.w, 0.6))
        if "between" in kid.words:
            kid.x, kid.y = 0.0, (host.h - kid.h) / 2
            continue
        kid.x, kid.y = (_by_person if host.sort == "person" or host.h > 1.2 * host.w else _by_animal)(host, kid, side)
        side = -side


def _by_person(host: Node, kid: Node, side: float) -> tuple[float, float]:
    W, H, w, h = host.w, host.h, kid.w, kid.h
    if kid.sort == "umbrella":
        return 0.15 * side * W, -0.5 * H + 0.26 * h - h / 2
    if kid.sort in ("balloon", "kite"):
        return side * (W / 2 + 0.15 * w), -0.5 * H - 0.05 * h
    if any(word in kid.words for word in _TOSSED):
        return 0.3 * side * W, -0.5 * H - 0.25 * h
    if kid.sort == "long":
        return side * (W / 2), (H - h) / 2 if h > 0.8 * H else -0.02 * H - 0.3 * h
    if any(word in kid.words for word in _AT_MOUTH):
        return side * 0.2 * W, -0.28 * H
    if kid.sort in ("person", "animal") or (kid.sort == "floor" and h < H):
        return side * 0.14 * W, -0.1 * H
    if kid.noun.split()[-1] in _HANGS:
        return side * (W / 2), 0.04 * H + h / 2
    if kid.sort in ("floor", "top", "vehicle", "building"):
        return side * 0.5 * (W + 0.6 * w), (H - h) / 2
    return side * (0.38 * W), -0.08 * H


def _by_animal(host: Node, kid: Node, side: float) -> tuple[float, float]:
    """In its mouth, or over its back if it is larger."""
    kid.scale(min(1.0, 2.0 * host.w / kid.w, 2.0 * host.h / kid.h))
    if kid.w * kid.h > 0.35 * host.w * host.h:
        return side * 0.15 * host.w, -(host.h + kid.h) / 2 + 0.3 * min(host.h, kid.h)
    return side * 0.46 * host.w, -0.14 * host.h
