"""The real stages behind the loop's protocols: reader and solver, sampler, verifier. Heavy imports are made on use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grounding.rendering import Painting, Step
from grounding.settings import How
from planner.check import Violation, check
from planner.place import place
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.loop.stages import Planned, Task, Unpaintable
from scenewright.understood import understood

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from PIL.Image import Image

    import grounding.painter
    from grounding.pocket.vocabulary import Unpaintable as Word
    from grounding.verify.report import Report
    from grounding.verify.verify import Verifier

Corners = tuple[float, float, float, float]
ROOM = 1.25
"""By how much the box of a thing that was missing grows in the next layout."""
ENDS = 65536
"""How much of either end of a file tells it apart."""


@dataclass
class PromptPlanner:
    """Reads with a language model where there is one, with the grammar otherwise, and places with the solver."""

    canvas: Canvas
    model: BaseChatModel | None = None
    seconds: float = 60.0
    """How long one reading may take, all its requests together."""

    def plan(self, prompt: str, *, seed: int, calls: int) -> Planned:
        """A first layout."""
        if self.model is None or calls < 1:
            from planner.read.grammar import read

            return Planned(place(understood(read(prompt)), seed=seed, canvas=self.canvas))
        return self._asked(prompt, seed, calls, check)

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> Planned:
        """Another layout. The language model is told what was wrong with the picture; without one, the solver composes
        anew and makes room for what was missing."""
        words = report.words if report else ""
        if self.model is not None and calls >= 1 and words:
            return self._asked(layout.scene.prompt, seed, calls, _Evidence(words))
        return Planned(place(layout.scene, _roomy(layout, report) or None, seed=seed, canvas=self.canvas))

    def _asked(self, prompt: str, seed: int, calls: int, judge: Callable[[Layout], Sequence[Violation]]) -> Planned:
        from planner.read.llm import Budget, read_with_model

        assert self.model is not None
        reading = read_with_model(prompt, self.model, canvas=self.canvas, check=judge,
                                  budget=Budget(calls=calls, seconds=self.seconds))
        layout = place(understood(reading.scene), reading.hints or None, seed=seed, canvas=self.canvas)
        return Planned(layout, reading.warnings, reading.calls)


def read_scene(prompt: str, model: BaseChatModel | None, calls: int) -> Scene:
    """What a prompt says, without places."""
    if model is None or calls < 1:
        from planner.read.grammar import read

        return understood(read(prompt))
    from planner.read.llm import Budget, read_with_model

    return understood(read_with_model(prompt, model, budget=Budget(calls=calls)).scene)


class _Evidence:
    """A check of a model's boxes that also says, of its first plan, what a picture of an earlier plan lacked: so the
    evidence goes back to the model in words, and a second plan is made with it in mind."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.first: set[Corners] = set()

    def __call__(self, layout: Layout) -> Sequence[Violation]:
        boxes = {box.corners for box in layout.boxes.values()}
        self.first = self.first or boxes
        if boxes != self.first and {(y0, x0, y1, x1) for x0, y0, x1, y1 in boxes} != self.first:
            return check(layout)
        told = "; ".join(line.strip().rstrip(".") for line in self.words.splitlines())
        return [*check(layout), Violation(kind="claim", sentence=(
            f"a picture painted from a plan like this one failed: {told}; give the things concerned larger boxes with "
            "more room around them"))]


def _roomy(layout: Layout, report: Report | None) -> dict[str, Box]:
    """Larger boxes for what was missing, where it was planned."""
    missing = {id for p in (report.problems if report else ()) if p.kind == "missing" for id in p.things}
    return {id: _grown(box) for id, box in layout.boxes.items() if id in missing}


def _grown(box: Box) -> Box:
    w, h = min(box.w * ROOM, 0.9), min(box.h * ROOM, 0.9)
    cx, cy = min(max(box.cx, w / 2), 1 - w / 2), min(max(box.cy, h / 2), 1 - h / 2)
    return Box.around(cx, cy, w, h)


class SampledPainter:
    """Paints with the sampler, one batch at a time."""

    can = frozenset({"mend", "guide", "bind", "clear", "tokens"})

    def __init__(self, painter: grounding.painter.Painter, identity: str, usual: How,
                 unknown: Callable[[str], Sequence[Word]] | None = None) -> None:
        self.painter, self.identity, self.usual, self.unknown = painter, identity, usual, unknown
        self.size = painter.backbone.size()
        self._alone = threading.Lock()

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """The words to be painted that the model is known not to know. One that is only to be absent is no loss."""
        from grounding.pocket.vocabulary import words_of
        from grounding.spans import ground

        if self.unknown is None:
            return ()
        scene = layout.scene
        wanted = words_of(word for thing in scene.things for word in (thing.phrase, thing.noun, *thing.attributes))
        unwanted = words_of(absent.noun for absent in scene.absent) - wanted
        return tuple(Unpaintable(word=found.word, nearest=found.nearest, sentence=str(found))
                     for found in self.unknown(ground(layout).prompt) if found.word not in unwanted)

    def paint(self, task: Task, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed; where a batch does not fit into memory, one after the other."""
        from grounding.backbones.quiet import quietly
        from grounding.painter import Start

        def paint(seeds: Sequence[int]) -> list[Painting]:
            return self.painter.paint([task.layout] * len(seeds), task.how, seed=seeds, start=Start(source=source),
                                      on_step=on_step, cancel=cancel)

        with self._alone, quietly():
            try:
                return paint(task.seeds)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                return _one_by_one(task.seeds, paint)


def _one_by_one(seeds: Sequence[int], paint: Callable[[Sequence[int]], list[Painting]]) -> list[Painting]:
    from grounding.errors import Unsupported

    _release()
    try:
        return [painting for seed in seeds for painting in paint((seed,))]
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        _release()
        raise Unsupported("there is not enough memory to paint even one picture; choose a smaller canvas, a smaller "
                          "model, or another device") from None


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, in any of the ways in which libraries say so."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(
        words in said for words in ("out of memory", "alloc_failed", "not enough memory", "can't allocate memory"))


def _release() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@dataclass
class ClaimVerifier:
    """The verifier with a name for what it judges with."""

    verifier: Verifier
    identity: str

    def verify(self, image: Image, layout: Layout) -> Report:
        """The evidence for every claim."""
        return self.verifier.verify(image, layout)


def fingerprint(source: str | Path) -> str:
    """A digest of a checkpoint folder: names, sizes, and the beginning and end of every file; a name stays itself."""
    folder = Path(source)
    if not folder.is_dir():
        return str(source)
    marks = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".safetensors", ".txt") and p.is_file()):
        size = path.stat().st_size
        with path.open("rb") as file:
            marks.update(f"{path.relative_to(folder)} {size}\n".encode() + file.read(ENDS))
            file.seek(max(0, size - ENDS))
            marks.update(file.read())
    return marks.hexdigest()[:16]


