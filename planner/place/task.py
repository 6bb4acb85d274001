"""What is to be placed, and everything about it that does not change from one attempt to the next."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property

from planner.claims import Claim, relation_claims
from planner.errors import BadInput
from planner.geometry import MIN_AREA, MIN_SIDE, Frame, Rect
from planner.margins import broken
from planner.overlap import allowed_pairs, touching_pairs
from planner.place.legibility import Legibility
from planner.place.settle import Work
from planner.scene import Box, Canvas, Scene

MOST_THINGS = 100
MOST_WORK = 700_000
"""How many inequalities are looked at before a scene is given up."""


@dataclass(frozen=True)
class Task:
    """What is to be placed, and what is known before."""

    scene: Scene
    hints: dict[str, Box]
    canvas: Canvas
    locked: frozenset[str]
    seed: int
    legible: Legibility
    work: Work = field(default_factory=lambda: Work(MOST_WORK))

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The relation claims."""
        return relation_claims(self.scene)

    @cached_property
    def frame(self) -> Frame:
        """The canvas in units of its shorter side."""
        return Frame(*self.canvas.units)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The things, in order."""
        return tuple(t.id for t in self.scene.things)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each thing in the order."""
        return {id: k for k, id in enumerate(self.ids)}

    @cached_property
    def apart(self) -> tuple[tuple[int, int], ...]:
        """The pairs (of indices) that must not overlap."""
        allowed = allowed_pairs(self.scene, composing=not self.hints, habits=self.legible.ground)
        return tuple((i, j) for j, b in enumerate(self.ids) for i, a in enumerate(self.ids[:j])
                     if frozenset((a, b)) not in allowed)

    @cached_property
    def touching(self) -> frozenset[frozenset[str]]:
        """The pairs that a relation has touch each other."""
        return frozenset(touching_pairs(self.scene))

    @cached_property
    def hinted(self) -> dict[str, Rect]:
        """The hints in units of the shorter side."""
        return {id: Rect.of(box, self.canvas) for id, box in self.hints.items()}

    @cached_property
    def content(self) -> frozenset[str]:
        """Hinted things that fit the canvas and that no failing claim is about: their sizes are right as they are."""
        troubled = {id for id, r in self.hinted.items()
                    if r.w > self.frame.width or r.h > self.frame.height or self.unpaintable(r)}
        for claim in self.claims:
            ends = {*claim.things, *claim.objects}
            if ends <= self.hinted.keys() and broken(claim, self.hinted, self.frame):
                troubled |= ends
        return frozenset(self.hints.keys() - troubled)

    def unpaintable(self, rect: Rect) -> bool:
        """Whether `check` would call it too small."""
        w, h = rect.w / self.frame.width, rect.h / self.frame.height
        return w * h < MIN_AREA or min(w, h) < MIN_SIDE

    def validate(self) -> None:
        """Refuse what cannot be placed at all."""
        if len(self.ids) > MOST_THINGS:
            raise BadInput(f"at most {MOST_THINGS} things can be placed, the scene has {len(self.ids)}")
        for group in self.scene.groups:
            if (have := sum(t.group == group.id for t in self.scene.things)) < group.at_least:
                raise BadInput(f"“{group.words}” are more than a scene holds: {have} of {group.at_least} would have a "
                               "place; name fewer, or say `many`")
        for id in self.hints:
            if id not in self.ids:
                there = ", ".join(self.ids) or "nothing"
                raise BadInput(f"there is a hint for `{id}`, which is not in the scene; in it: {there}")
        for id in sorted(self.locked - set(self.hints)):
            raise BadInput(f"`{id}` is locked but has no box; give one in `hints`")

    def random(self, attempt: int) -> random.Random:
        """The random numbers of one attempt: from content, the same everywhere."""
        return random.Random(f"{self.seed}|{attempt}|{self.scene.prompt}|{','.join(self.ids)}")
