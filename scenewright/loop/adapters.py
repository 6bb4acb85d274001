"""The real painter and verifier behind the loop's protocols. Heavy imports are made on use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounding.brief import Brief
from grounding.rendering import Painting, Step
from grounding.settings import How
from planner.scene import Layout
from scenewright.loop.stages import Task, Unpaintable

if TYPE_CHECKING:
    from PIL.Image import Image

    import grounding.painter
    from grounding.profile import Profile
    from grounding.verify.looks import Looks
    from grounding.verify.report import Report

class SampledPainter:
    """Paints with the sampler, one batch at a time."""

    can = frozenset({"mend", "guide", "bind", "clear", "apart", "tokens"})

    def __init__(self, painter: grounding.painter.Painter, identity: str, usual: How,
                 profile: Profile | None = None) -> None:
        self.painter, self.identity, self.usual, self.profile = painter, identity, usual, profile
        self.size = painter.backbone.size()
        self._alone = threading.Lock()

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """The words to be painted that the model is known not to know. One that is only to be absent is no loss."""
        from grounding.profile import unpaintable, words_of
        from grounding.spans import ground

        if self.profile is None or self.profile.words is None:
            return ()
        scene = layout.scene
        wanted = words_of(word for thing in scene.things for word in (thing.phrase, thing.noun, *thing.attributes))
        unwanted = words_of(absent.noun for absent in scene.absent) - wanted
        return tuple(Unpaintable(word=found.word, nearest=found.nearest, sentence=str(found))
                     for found in unpaintable(ground(layout).prompt, self.profile) if found.word not in unwanted)

    def brief(self, layout: Layout) -> Brief | None:
        """In the words that the model's profile says it knows."""
        from grounding.brief import brief

        return brief(layout, self.profile)

    def paint(self, task: Task, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed; where a batch does not fit into memory, one after the other."""
        from grounding.backbones.quiet import quietly
        from grounding.layers import layered, painted
        from grounding.painter import Start

        def batch(layouts: Sequence[Layout], seeds: Sequence[int]) -> list[Painting]:
            return self.painter.paint(layouts, task.how, seed=seeds, start=Start(source=source), on_step=on_step,
                                      cancel=cancel)

        def paint(seeds: Sequence[int]) -> list[Painting]:
            return painted(batch, task.told, parts, seeds) if parts else batch([task.told] * len(seeds), seeds)

        parts = layered(task.brief, task.layout, task.how, self.profile.alone if self.profile else "")

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

    verifier: Looks
    identity: str

    def verify(self, image: Image, layout: Layout) -> Report:
        """The evidence for every claim, confirmed by a second look."""
        return self.verifier.confirmed(image, layout)

    def look(self, image: Image, layout: Layout) -> Report:
        """One look, for a picture that nobody chose."""
        return self.verifier.verify(image, layout)
