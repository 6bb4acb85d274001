"""Where guests are on a thing: on its top, within its surface, on somebody's shoulder or back, on a pile."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from planner.place.stage.forest import SITTING, Node
from planner.place.stage.order import Laying, ordered
from planner.sizes import flat, natural

_SINK = {"top": 0.1, "seat": 0.5, "bridge": 0.12, "branch": 0.3, "line": 0.4, "ground": 0.5, "vehicle": 0.05,
         "building": 0.03, "plate": 0.4, "small": 0.15, "shelf": 0.1, "case": 0.03, "plant": 0.2, "boat": 0.45,
         "land": 0.08, "bowl": 0.2, "animal": 0.12, "planet": 0.3, "tree": 0.25, "floor": 0.06}
"""How far below its upper edge what stands on a thing has its foot, of the thing's height."""
_LONG = frozenset(("top", "seat", "branch", "line", "bridge", "ground", "plate", "shelf", "land", "floor", "planet"))
"""What may become longer for what is on it."""
_WIDEST = 2.4
_SITTER = 1.4
"""How large in metres what sits on a seat is at most; what is larger is heaped on it."""


def on(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """On its top, within its surface, or perched on somebody."""
    upon = [kid for kid in kids if host.sort in ("person", "animal")]
    rest = [kid for kid in kids if kid not in upon]
    for k, kid in enumerate(upon):
        _perched(host, kid, laying.rng)
        if len(upon) > 1:
            wide = max(host.w, 0.9 * sum(other.w for other in upon))
            kid.x = ((k + 0.5) / len(upon) - 0.5) * wide
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
        if host.seated or (host.host is not None and host.host.sort == "seat"):
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
            sit(kid)
    for kid in kids:
        if kid.sort == "long" and host.sort != "person":
            kid.scale(min(1.0, host.h / kid.h if host.h > 0.3 * host.w else 1.0))
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
    heaped = host.sort == "seat" and any(kid.sort != "person" and max(kid.kind[1:]) > _SITTER for kid in row)
    for kid, (left, right, _, _) in zip(row, spans, strict=True):
        kid.x, kid.y = at + left, _foot_on(host, kid, heaped) - kid.h / 2
        at += left + right + gap
    _centre(host, row)


def _centre(host: Node, row: Sequence[Node]) -> None:
    """Shift a row until its largest is over its host rather than beside its middle, as far as the row stays on it."""
    main = max(row, key=lambda kid: kid.w * kid.h)
    most = 0.8 * max(-main.y, 0.0)
    shift = min(max(main.x, -most), most) - main.x
    edge = 0.5 * host.w - max(abs(kid.x) for kid in row if kid.x * shift >= 0) if any(
        kid.x * shift >= 0 for kid in row) else 0.0
    shift = math.copysign(min(abs(shift), max(edge, 0.0)), shift) if len(row) > 1 else shift
    for kid in row:
        kid.x += shift


def sit(node: Node) -> None:
    """Make somebody who stands sit."""
    if node.sort == "person" and not node.seated and node.h > node.w:
        node.h, node.seated = SITTING * node.h, True


def _foot_on(host: Node, kid: Node, heaped: bool) -> float:
    """How high a guest has its foot: on the seat of a chair, unless what is no sitter is heaped on it; half way up what
    is climbed.
    """
    if "climb" in kid.words:
        return 0.04 * host.h
    sink = _SINK.get(host.sort, 0.05) if not heaped else 0.12
    if host.sort == "seat" and not heaped:
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
        if kid.h < 1.5 * kid.w:
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


def riding(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """Astride, over its middle."""
    if host.sort == "long" and host.h > host.w:
        host.w, host.h = host.h, host.w
    low = 0.82 if host.noun.split()[-1] in ("bicycle", "bike", "motorcycle", "motorbike", "scooter") else 0.55
    low = 0.3 if host.h > 1.6 * kids[0].h else 0.1 if host.h < 0.3 * kids[0].h else low
    for k, kid in enumerate(kids):
        kid.x = 0.05 * host.w + (k - (len(kids) - 1) / 2) * 0.2 * host.w
        kid.y = -host.h / 2 + low * host.h - kid.h / 2


def stacked(host: Node, kids: Sequence[Node], laying: Laying) -> None:
    """On top of it, nearly flush."""
    for kid in kids:
        kid.x, kid.y = laying.rng.uniform(-0.03, 0.03) * host.w, -(host.h + kid.h) / 2 + 0.02 * host.h
