"""Where the ground of a layout begins: behind the farthest of those who stand on it, if they stand on one."""

from __future__ import annotations

from planner.kinds import kind_with
from planner.relations import TABLE
from planner.scene import Layout
from planner.usual import with_usual

_OFF_GROUND = frozenset(("sky", "aircraft", "bird", "insect", "kite", "balloon", "wall", "hung", "niche", "fish"))
_AFLOAT = frozenset(("swimming", "flying", "floating", "jumping", "falling", "diving"))
CLOSE = frozenset(("portrait", "close-up", "closeup", "headshot", "aerial", "top-down", "overhead", "underwater"))
"""Words of views in which no ground is seen, or nothing else."""
BEHIND = 0.05
"""How far behind the farthest of them the ground begins, of the canvas's height."""
HIGHEST, DEEPEST = 0.42, 0.4
"""A ground begins no higher than this, and the feet on it are no further apart."""


def ground_line(layout: Layout) -> float | None:
    """The height at which the ground begins, of the canvas's height; none where nothing stands on one, or where it is
    looked down on.
    """
    scene = with_usual(layout.scene)
    lifted = {t.id for t in scene.things if t.part_of or _AFLOAT & set(t.attributes)
              or kind_with(t.noun, t.attributes).sort in _OFF_GROUND}
    for relation in scene.relations:
        row = TABLE[relation.kind]
        if relation.negated or row.arity == "words":
            continue
        if row.guest:
            lifted |= set(relation.subjects if row.guest == "subject" else relation.objects)
        elif row.order and row.order[0] == "y":
            lifted |= set(relation.subjects if row.order[1] > 0 else relation.objects)
    flat = (t for t in scene.things if kind_with(t.noun, t.attributes).sort == "plate" and t.id not in lifted)
    if CLOSE & set(layout.scene.prompt.lower().split()) or any(flat):
        return None
    feet = [box.y1 for id, box in layout.boxes.items() if id not in lifted]
    if not feet or min(feet) - BEHIND < HIGHEST or max(feet) - min(feet) > DEEPEST:
        return None
    return min(feet) - BEHIND
