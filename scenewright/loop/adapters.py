"""The real stages behind the loop's protocols: reader and solver, sampler, verifier. Heavy imports are made on use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from planner.check import Violation, check
from planner.errors import Conflict
from planner.place import PAINTER, place
from planner.scene import Box, Canvas, Layout, Scene
from scenewright.loop.stages import Painting, Planned, Settled, Step, Task, Unpaintable
from scenewright.understood import understood

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from PIL.Image import Image

    import grounding.painter
    import grounding.rendering
    from grounding.pocket.vocabulary import Unpaintable as Word
    from grounding.settings import Bind, Incant, Refocus
    from grounding.verify.judges import Scorer
    from grounding.verify.report import Report
    from grounding.verify.verify import Verifier

Corners = tuple[float, float, float, float]
ROOM = 1.25
"""By how much the box of a thing that was missing grows in the next layout."""
ENDS = 65536
"""How much of either end of a file tells it apart."""
UPDATES = 10
"""How often tokens are updated as a remedy: an update costs a tenth of a picture, and a new seed may do as well."""
FIRM = 2.0
"""How much more firmly a thing is bound whose words went to the wrong thing."""


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

            return Planned(place(understood(read(prompt)), seed=seed, canvas=self.canvas, legible=PAINTER))
        return self._asked(prompt, seed, calls, check)

    def replan(self, layout: Layout, report: Report | None, *, seed: int, calls: int) -> Planned:
        """Another layout. The language model is told what was wrong with the picture; without one, the solver composes
        anew and makes room for what was missing."""
        words = report.words if report else ""
        if self.model is not None and calls >= 1 and words:
            return self._asked(layout.scene.prompt, seed, calls, _Evidence(words))
        return Planned(_placed(layout.scene, _roomy(layout, report), seed, self.canvas))

    def _asked(self, prompt: str, seed: int, calls: int, judge: Callable[[Layout], Sequence[Violation]]) -> Planned:
        from planner.read.llm import Budget, read_with_model

        assert self.model is not None
        reading = read_with_model(prompt, self.model, canvas=self.canvas, check=judge,
                                  budget=Budget(calls=calls, seconds=self.seconds))
        layout = _placed(understood(reading.scene), reading.hints, seed, self.canvas)
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


def _placed(scene: Scene, hints: Mapping[str, Box], seed: int, canvas: Canvas) -> Layout:
    try:
        return place(scene, hints or None, seed=seed, canvas=canvas, legible=PAINTER)
    except Conflict:
        if not hints:
            raise
        return place(scene, seed=seed, canvas=canvas, legible=PAINTER)


class _How(NamedTuple):
    """The sampler's options, and how prompt tokens are learned, if they are."""

    options: Mapping[str, Any]
    incant: Incant | None


class SampledPainter:
    """Paints with the sampler: a `Task`'s wishes become its refocusing and binding."""

    def __init__(self, painter: grounding.painter.Painter, identity: str, steps: int, guidance_scale: float,
                 scales: Mapping[str, float], scorer: Scorer | None = None,
                 unknown: Callable[[str], Sequence[Word]] | None = None) -> None:
        self.painter, self.scales, self.scorer, self.unknown = painter, scales, scorer, unknown
        self.identity = f"{identity}, {scorer.name}" if scorer else identity
        self.can = frozenset({"mend", "guide", "bind", "clear", *(["tokens"] if scorer else [])})
        self.steps, self.guidance_scale = steps, guidance_scale
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
              settled: Settled | None = None, source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed; where a batch does not fit into memory, one after the other."""
        from grounding.backbones.quiet import quietly

        how = self._how(task, settled)
        with self._alone, quietly():
            try:
                return self._paint(task.layout, task.seeds, how, on_step, cancel, source)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                return self._one_by_one(task, how, on_step, cancel, source)

    def _how(self, task: Task, settled: Settled | None) -> _How:
        """The settings that were recorded, or those that the task comes down to."""
        from grounding.settings import Incant, Options

        if settled is not None:
            options = {name: getattr(settled.options, name) for name in Options.model_fields}
            return _How(options, settled.incant)
        scale = self.guidance_scale if task.guidance_scale is None else task.guidance_scale
        tokens = task.tokens and bool(task.layout.placements) and self.scorer is not None
        learning = Incant(objective="attention", iterations=UPDATES, checks=1) if tokens else None
        return _How({"steps": task.steps or self.steps, "guidance_scale": scale, "refocus": refocus_of(task),
                     "bind": bind_of(task, self.scales), "mend": task.mend}, learning)

    def _one_by_one(self, task: Task, how: _How, on_step: Callable[[Step], None], cancel: Callable[[], bool],
                    source: Image | None) -> list[Painting]:
        from grounding.errors import Unsupported

        _release()
        try:
            return [p for seed in task.seeds for p in
                    self._paint(task.layout, (seed,), how, on_step, cancel, source)]
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            _release()
            raise Unsupported("there is not enough memory to paint even one picture; choose a smaller canvas, a "
                              "smaller model, or another device") from None

    def _paint(self, layout: Layout, seeds: Sequence[int], how: _How, on_step: Callable[[Step], None],
               cancel: Callable[[], bool], source: Image | None) -> list[Painting]:
        if how.incant is not None and self.scorer is not None:
            return [self._incanted(layout, seed, how, how.incant, cancel) for seed in seeds]
        renderings = self.painter.paint(
            [layout] * len(seeds), seed=list(seeds), cancel=cancel, source=source,
            on_step=lambda s: on_step(Step(s.index, s.total, s.preview)), **how.options)
        return [self._painting(rendering, how, None) for rendering in renderings]

    def _incanted(self, layout: Layout, seed: int, how: _How, incant: Incant, cancel: Callable[[], bool]) -> Painting:
        """A picture with tokens learned for it; the scorer, which is not what is optimised, has the last word."""
        from grounding.errors import Cancelled
        from grounding.incantation import Incanter

        if cancel():
            raise Cancelled("cancelled before tokens were learned")
        incanter = Incanter(self.painter, None, self._likeness)
        best = incanter(layout, seed=seed, incant=incant, **how.options)
        picture = self._painting(best.rendering, how, incant)
        return Painting(picture.image, {**picture.receipt, "passes": best.forward_equivalents})

    def _painting(self, rendering: grounding.rendering.Rendering, how: _How, incant: Incant | None) -> Painting:
        """The picture, its receipt with all that a recipe records, and what one without guidance costs."""
        receipt = rendering.receipt
        plain = how.options["steps"] * (1 if how.options["guidance_scale"] == 1 else 2)
        return Painting(rendering.image, {
            **receipt.model_dump(mode="json"), "incant": incant.model_dump(mode="json") if incant else None,
            "device": self.painter.backbone.device.type, "passes": receipt.cost.forward_equivalents,
            "plain_passes": float(plain)})

    def _likeness(self, image: Image, layout: Layout) -> float:
        """How well a picture fits its prompt, to the scorer."""
        assert self.scorer is not None
        return float(self.scorer.score([image], [layout.scene.prompt])[0][0].similarity)


def refocus_of(task: Task) -> Refocus | None:
    """The refocusing that a task asks for: the things that it guides weigh more, the others are moved as ever."""
    from grounding.settings import Refocus

    return Refocus(scale=task.strength, weights=task.guide) if task.strength else None


def bind_of(task: Task, scales: Mapping[str, float]) -> Bind | None:
    """The binding that a task asks for: what it guides or binds is bound more firmly, each thing by itself, and what
    grew outside all boxes is met by leaving its area to the background. What is mended is bound to the end: there
    the rest of the picture, which stays, sees to the setting."""
    from grounding.settings import Bind

    if task.strength == 0:
        return None
    firm = {id: max(task.guide.get(id, 1.0), FIRM) for id in task.bind}
    bind = Bind(scales=dict(scales), firmness={**task.guide, **firm}, empty=task.clear)
    return bind.model_copy(update={"until": 1.0}) if task.mend else bind


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


