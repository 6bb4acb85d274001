"""Where guests are in a thing: at its bottom, on its boards, behind its windows, or sticking out of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.place.stage.forest import Node
from planner.place.stage.order import Laying, ordered


def inside(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """In it, or sticking out of it, as things of its class hold what they hold."""
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
