"""Stand-ins for the three stages: for tests, and for trying the loop without any model.

The painter draws its layout with the pocket world's pen, makes the mistakes that a script asks for, and writes them
into the picture's last rows of pixels, where the verifier reads them: it is always right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from grounding.errors import BadRequest, Cancelled
from grounding.pocket.palette import COLOURS
from grounding.pocket.pictures import Picture, Piece, size_of
from grounding.pocket.shapes import KINDS
from grounding.receipt import Cost, Receipt
from grounding.settings import GUIDED, How
from grounding.verify.judges import Sighting
from grounding.verify.report import Finding, Match, Problem, Report, Trouble
from planner.claims import Claim, claims_of
from planner.place import place
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.loop.stages import Painting, PaintTask, PlannedLayout, Step, Unpaintable
from scenewright.stack import Stack

SIDE = 128
_TROUBLE: dict[str, Trouble] = {"exists": "missing", "count": "surplus", "attribute": "attribute",
                                "relation": "misplaced", "part": "part", "absent": "absent",
                                "background": "background", "style": "style"}

Script = Callable[[PaintTask, int], Collection[str]]
"""The ids of the claims that fail on the picture of `task` with this index."""


def flawless(task: PaintTask, index: int) -> Collection[str]:
    """No mistakes."""
    return ()


@dataclass
class ScenePlanner:
    """Places one scene, whatever the prompt."""

    scene: Scene

    def plan(self, prompt: str, *, seed: int, calls: int) -> PlannedLayout:
        """The scene, placed."""
        return PlannedLayout(layout=place(self.scene, seed=seed, canvas=Canvas(width=SIDE, height=SIDE)))

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> PlannedLayout:
        """The scene, placed differently."""
        return PlannedLayout(layout=place(self.scene, seed=seed, canvas=layout.canvas), notes=("placed anew",))


@dataclass
class DrawingPainter:
    """Draws instead of sampling. `log`, if given, gets a line for every picture that is begun."""

    script: Script = flawless
    steps: int = 3
    pause: Callable[[], None] = lambda: None
    log: Path | None = None
    identity: str = "drawing"
    can: frozenset[str] = frozenset({"mend", "guide", "bind", "clear", "tokens"})
    size: tuple[int, int] = (SIDE, SIDE)
    usual: How = GUIDED
    tasks: list[PaintTask] = field(default_factory=list)
    strange: tuple[Unpaintable, ...] = ()

    def fitted(self, canvas: Canvas, how: How) -> tuple[int, int]:
        """It has paper of one size."""
        return self.size

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """What it was told to find strange."""
        return self.strange

    def brief(self, layout: Layout) -> None:
        """It draws, and is told nothing in words."""

    def paint(self, task: PaintTask, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              source: Image.Image | None = None) -> Sequence[Painting]:
        """One drawing per seed; a mended picture is drawn as any other."""
        self.tasks.append(task)
        if self.log is not None:
            with self.log.open("a") as log:
                log.write(f"{task.key(self.identity)}\n")
        for index in range(self.steps):
            if cancel():
                raise Cancelled(f"cancelled before step {index + 1} of {self.steps}")
            self.pause()
            on_step(Step(index, self.steps, lambda: [self._drawn(task, i) for i in range(len(task.seeds))]))
        return [Painting(self._drawn(task, i), self._receipt(task, seed)) for i, seed in enumerate(task.seeds)]

    def _receipt(self, task: PaintTask, seed: int) -> Receipt:
        return Receipt(backbone=self.identity, weights=self.identity, prompt=task.layout.scene.prompt, negative="",
                       seed=seed, scheduler="pen", width=SIDE, height=SIDE, batch=len(task.seeds),
                       cost=Cost(full=2 * self.steps), how=task.how.but(steps=self.steps))

    def _drawn(self, task: PaintTask, index: int) -> Image.Image:
        from grounding.pocket.paint import draw

        wrong = sorted(self.script(task, index))
        picture = Picture(tuple(_items(task.layout, wrong)), seed=task.seeds[index] % 1000)
        return Image.fromarray(_written(draw(picture, SIDE), json.dumps(wrong)))


def stack(scene: Scene, script: Script = flawless, steps: int = 3) -> Stack:
    """All three stages for one scene."""
    return Stack(ScenePlanner(scene), DrawingPainter(script, steps), Oracle())


@dataclass
class Oracle:
    """Knows what is wrong with a drawing, because it says so itself."""

    identity: str = "oracle"
    judged: int = 0

    def verify(self, image: Image.Image, layout: Layout) -> Report:
        """A report in which the written-down claims fail and all others hold; those after a `?` with a reserve."""
        self.judged += 1
        wrong = set(json.loads(_read(image)))
        findings = tuple(_finding(claim, claim.id in wrong, f"?{claim.id}" in wrong)
                         for claim in claims_of(layout.scene))
        problems = tuple(_problem(f.claim, layout) for f in findings if f.ruling == "fails")
        gone = {id for p in problems if p.kind == "missing" for id in p.things}
        matches = tuple(Match(thing=p.thing, name=p.thing, planned=p.box,
                              seen=None if p.thing in gone else Sighting(query=p.thing, box=p.box, score=0.9))
                        for p in layout.placements)
        return Report(prompt=layout.scene.prompt, canvas=layout.canvas, detector=self.identity, findings=findings,
                      matches=matches, problems=problems)

    look = verify


def _finding(claim: Claim, wrong: bool, shaky: bool) -> Finding:
    return Finding(claim=claim, ruling="fails" if wrong else "holds", score=0.1 if wrong else 0.9, threshold=0.5,
                   sentence=f"{claim.sentence}: {'no' if wrong else 'yes'}",
                   reserve="is not clear to see" if shaky else "")


def _problem(claim: Claim, layout: Layout) -> Problem:
    return Problem(kind=_TROUBLE.get(claim.kind, "whole"), sentence=f"it is not so that {claim.sentence}",
                   things=(*claim.things, *claim.objects), claims=(claim.id,), boxes=(_corner(layout),))


def _corner(layout: Layout) -> Box:
    """The corner that is freest of planned things: what is surplus is seen there."""
    corners = [Box.of(x, y, x + 0.2, y + 0.2) for x in (0.0, 0.8) for y in (0.0, 0.8)]
    return min(corners, key=lambda corner: sum(corner.iou(box) for box in layout.boxes.values()))


def _items(layout: Layout, wrong: Sequence[str]) -> list[Piece]:
    missing = {claim.removeprefix("exists:") for claim in wrong if claim.startswith("exists:")}
    recoloured = {claim.split(":")[1] for claim in wrong if claim.startswith("attribute:")}
    found = []
    for placement in layout.placements:
        thing = layout.scene.thing(placement.thing)
        if thing.noun not in KINDS:
            raise BadRequest(f"the pocket world has no `{thing.noun}`; it has {', '.join(KINDS)}")
        if thing.id not in missing:
            colour = next((word for word in thing.attributes if word in COLOURS), "blue")
            colour = colour if thing.id not in recoloured else "black" if colour != "black" else "white"
            found.append(Piece(thing.noun, colour, "plain", size_of(placement.box.corners), placement.box.corners,
                              placement.depth))
    return found


def _written(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], text: str) -> np.ndarray[
        tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels with a text in the last rows: its length in two bytes, then its bytes."""
    raw = len(text.encode()).to_bytes(2, "big") + text.encode()
    flat = pixels.copy().reshape(-1)
    flat[-len(raw):] = np.frombuffer(raw, np.uint8)[::-1]
    return flat.reshape(pixels.shape)


def _read(image: Image.Image) -> str:
    flat = np.asarray(image.convert("RGB")).reshape(-1)[::-1]
    length = int.from_bytes(flat[:2].tobytes(), "big")
    return flat[2 : 2 + length].tobytes().decode()
