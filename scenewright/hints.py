"""Boxes of another layout for the things of a scene: by name, whatever the ids are."""

from __future__ import annotations

from collections.abc import Callable

from planner.scene import Box, Layout, Scene, Thing

_SAME: tuple[Callable[[Thing, Thing], bool], ...] = (
    lambda a, b: a.id == b.id and a.noun == b.noun,
    lambda a, b: a.phrase.lower() == b.phrase.lower(),
    lambda a, b: a.noun == b.noun and set(a.attributes) == set(b.attributes),
    lambda a, b: a.noun == b.noun,
)
"""When two things are the same one, surest first."""


def hints_for(scene: Scene, other: Layout) -> dict[str, Box]:
    """For each thing of `scene` that `other` has too, its box there; every box serves once."""
    free = [t for t in other.scene.things if t.id in other.boxes]
    found: dict[str, Box] = {}
    for same in _SAME:
        for thing in (t for t in scene.things if t.id not in found):
            match = next((t for t in free if same(thing, t)), None)
            if match:
                free.remove(match)
                found[thing.id] = other.boxes[match.id]
    return found
