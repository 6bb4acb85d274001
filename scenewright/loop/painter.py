"""The real painter behind the loop's protocol: an image model, opened, with a sampler around it. Loads torch."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from PIL.Image import Image

from grounding.backbones import load
from grounding.backbones.quiet import quietly
from grounding.brief import Brief, brief
from grounding.job import Start, fitted
from grounding.layers import layered, painted
from grounding.loading import PLAIN, Loading
from grounding.memory import as_memory_allows
from grounding.named import model_folder
from grounding.painter import Painter
from grounding.profile import Profile, Unpaintable, unpaintable, words_of
from grounding.rendering import Painting, Step
from grounding.settings import Bind, How, Refocus
from grounding.spans import ground
from planner.scene import Canvas, Layout
from scenewright.loop.stages import PaintTask


@lru_cache(maxsize=2)
def open_painter(source: str, device: str = "cpu", loading: Loading = PLAIN) -> SampledPainter:
    """The image model: the pocket, a checkpoint's folder, or a name that lies in the hub's local cache. It is run as
    its profile says, or as is usual for its family."""
    folder = model_folder(source, "image model")
    with warnings.catch_warnings(), quietly():
        warnings.simplefilter("ignore", FutureWarning)  # meant for whoever published the checkpoint
        backbone = load(folder, device=device, loading=loading)
    profile, habit = Profile.of(folder if folder.is_dir() else folder.parent), backbone.habit
    usual = How(steps=profile.steps or habit.steps, guidance_scale=profile.guidance_scale or habit.guidance_scale,
                refocus=Refocus(), bind=Bind(scales=dict(profile.scales)), layered="hiding" if profile.alone else "no")
    return SampledPainter(Painter(backbone), f"{Path(source).name}@{backbone.fingerprint()[:16]}", usual, profile)


class SampledPainter:
    """Paints with the sampler, one batch at a time."""

    can = frozenset({"mend", "guide", "bind", "clear", "apart", "tokens"})

    def __init__(self, painter: Painter, identity: str, usual: How,
                 profile: Profile | None = None) -> None:
        self.painter, self.identity, self.usual, self.profile = painter, identity, usual, profile
        self.size = painter.backbone.size()
        self._alone = threading.Lock()

    def fitted(self, canvas: Canvas, how: How) -> tuple[int, int]:
        """The width and height in which the model paints a canvas."""
        return fitted(self.size, canvas, how.pixels)

    def unpaintable(self, layout: Layout) -> Sequence[Unpaintable]:
        """The words to be painted that the model is known not to know. One that is only to be absent is no loss."""
        if self.profile is None or self.profile.words is None:
            return ()
        scene = layout.scene
        wanted = words_of(word for thing in scene.things for word in (thing.phrase, thing.noun, *thing.attributes))
        unwanted = words_of(absent.noun for absent in scene.absent) - wanted
        asked = " ".join((*(word for thing in scene.things for word in (*thing.attributes, thing.phrase, thing.noun)),
                          scene.background, *scene.style)) if self.brief(layout) else ground(layout).prompt
        return tuple(found for found in unpaintable(asked, self.profile) if found.word not in unwanted)

    def brief(self, layout: Layout) -> Brief | None:
        """In the words that the model's profile says it knows."""
        return brief(layout, self.profile)

    def paint(self, task: PaintTask, *, on_step: Callable[[Step], None], cancel: Callable[[], bool],
              source: Image | None = None) -> Sequence[Painting]:
        """One picture per seed; where a batch does not fit into memory, one after the other."""
        parts = layered(task.brief, task.layout, task.how, self.profile.alone if self.profile else "")

        def batch(layouts: Sequence[Layout], seeds: Sequence[int]) -> list[Painting]:
            return self.painter.paint(layouts, task.how, seed=seeds, start=Start(source=source), on_step=on_step,
                                      cancel=cancel)

        def paint(seeds: Sequence[int]) -> list[Painting]:
            return painted(batch, task.told, parts, seeds) if parts else batch([task.told] * len(seeds), seeds)

        with self._alone, quietly():
            return as_memory_allows(task.seeds, paint)
