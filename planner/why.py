"""Why each thing of a layout is where it is: which claims put it there, which habit, or where such things are."""

from __future__ import annotations

from collections import defaultdict

from planner.claims import relation_claims
from planner.geometry import Frame, Rect
from planner.kinds import kind_with
from planner.margins import slack
from planner.relations import TABLE
from planner.scene import Layout
from planner.usual import with_usual

_WHERE = {
    "sky": "it is in the sky", "aircraft": "it flies", "bird": "it flies", "insect": "it flies", "kite": "it flies",
    "balloon": "it floats in the air", "wall": "it hangs on a wall", "hung": "it hangs overhead",
    "niche": "it is above the ground", "ground": "it lies on the ground", "land": "it is far away",
}
"""Where things of a class are when nothing else says so; all others stand on the ground."""


def reasons(layout: Layout) -> dict[str, tuple[str, ...]]:
    """By thing: the claims about its place that hold, what is understood or usual, else where such things are; and how
    large it is in the world.
    """
    frame = Frame(*layout.canvas.units)
    rects = {id: Rect.of(box, layout.canvas) for id, box in layout.boxes.items()}
    found: dict[str, list[str]] = defaultdict(list)
    stated = len(layout.scene.relations)
    for claim in relation_claims(with_usual(layout.scene)):
        row = TABLE[claim.relation]
        ends = (*claim.things, *claim.objects)
        if row.arity == "words" or not rects.keys() >= set(ends) or slack(claim, rects, None, frame) < 0:
            continue
        told = claim.sentence if claim.source < stated else f"usually, {claim.sentence}"
        for id in claim.objects if row.guest == "object" else claim.things:
            found[id].append(told)
    for placement in layout.placements:
        if placement.locked:
            found[placement.thing].insert(0, "its box is locked")
    return {id: (*(found.get(id) or (_place(id, layout),)), _size(id, layout)) for id in rects}


def _place(id: str, layout: Layout) -> str:
    thing = layout.scene.thing(id)
    return _WHERE.get(kind_with(thing.noun, thing.attributes).sort, "it stands on the ground")


def _size(id: str, layout: Layout) -> str:
    thing = layout.scene.thing(id)
    kind = kind_with(thing.noun, thing.attributes)
    return f"such things are about {kind.h:g} m high and {kind.w:g} m wide"
