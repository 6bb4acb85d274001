"""A cat, a dog and a picture of which is said what is seen on it."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from grounding.verify.report import Finding, Report
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.verify import Verifier
from planner.scene import (
    Box,
    Canvas,
    Layout,
    Placement,
    Scene,
    Thing,
)
from tests.grounding.verify.oracle import Scripted, Seen

GREY = Image.new("RGB", (200, 100), (120, 120, 120))
EXACT = Thresholds(noun=Cut(at=0.2, samples=100), box_error=0.0)


def cat(k: int = 1, *attributes: str, **more: str) -> Thing:
    return Thing(id=f"cat{k}", noun="cat", phrase=" ".join(("a", *attributes, "cat")), attributes=attributes, **more)


def dog() -> Thing:
    return Thing(id="dog1", noun="dog", phrase="a dog")


def plan(scene: Scene, **boxes: Box) -> Layout:
    return Layout(scene=scene, canvas=Canvas(width=200, height=100), placements=tuple(
        Placement(thing=id, box=box) for id, box in boxes.items()))


def verify(scene: Scene, seen: Sequence[tuple[str, Box, float]], scorer: Scripted | None = None,
           thresholds: Thresholds = EXACT, image: Image.Image = GREY, **boxes: Box) -> Report:
    return Verifier(Seen(*seen), scorer, thresholds).verify(image, plan(scene, **boxes))


def only(report: Report, kind: str) -> Finding:
    (found,) = [f for f in report.findings if f.claim.kind == kind]
    return found


LEFT, RIGHT = Box.of(0.05, 0.3, 0.3, 0.8), Box.of(0.6, 0.3, 0.9, 0.8)
