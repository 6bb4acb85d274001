"""All that goes with a thing, laid out about it: the ways of going with one, in the order they are laid out in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planner.place.anatomy import spots_on
from planner.place.stage.forest import Node
from planner.place.stage.hands import in_hand
from planner.place.stage.nearby import above, around, at, before, behind, hidden, leaning, toward, under
from planner.place.stage.order import Laying, ordered
from planner.place.stage.surfaces import on, riding, stacked
from planner.place.stage.vessels import inside
from planner.relations import TABLE
from planner.relations.row import Arrangement


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
    for kid in node.kids:
        if kid.how == "grown" and kid.kids:
            lay(kid, laying)


def grow(node: Node) -> None:
    """Parts and garments have their usual places and sizes on their whole."""
    kids = sorted((kid for kid in node.kids if kid.how == "grown"), key=lambda kid: kid.level)
    if kids:
        spots = spots_on(node.noun, node.w / node.h, [(kid.noun, kid.kind.w / kid.kind.h) for kid in kids])
        for kid, spot in zip(kids, spots, strict=True):
            told = min(max(kid.told, 0.6), 1.5)
            kid.x, kid.y, kid.w, kid.h = spot.x * node.w, spot.y * node.h, spot.w * node.w, spot.h * node.h
            kid.w, kid.h, kid.placed = kid.w * min(told, 1.2), kid.h * told, True


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
    "member": _members, "in": inside, "on": on, "ride": riding, "hand": _hand, "stack": stacked, "around": around,
    "lean": leaning, "under": under, "before": before, "hidden": hidden, "behind": behind, "above": above,
    "toward": toward, "at": at,
}
"""The order matters: what is over a thing is over all that is on it."""
