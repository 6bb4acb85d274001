"""Layouts to pictures: what is asked is checked and encoded, batches are run, and every picture gets its receipt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from PIL.Image import Image
from pydantic import ValidationError
from torch import Tensor

from grounding import spans
from grounding.backbone import Backbone, Conditioning, Shape
from grounding.cost import truncated_share
from grounding.errors import BadRequest
from grounding.guide.targets import Target, aim
from grounding.mend import only
from grounding.rendering import Job, Options, Rendering, Step
from grounding.run import Run
from grounding.sampler import Trajectory
from planner.scene import Canvas, Layout

LONGEST = 4.0
"""A canvas may be this many times as long as it is wide; beyond that no model has seen anything like it."""


class Painter:
    """Paints layouts with one backbone and one kind of diffusers scheduler (the checkpoint's own by default)."""

    def __init__(self, backbone: Backbone, scheduler: type[Any] | None = None) -> None:
        self.backbone, self.kind = backbone, scheduler
        self._shares: dict[Shape, float] = {}

    def paint(
        self, layouts: Layout | Sequence[Layout], *, seed: int | Sequence[int] = 0, keep: bool = False,
        learned: Tensor | None = None, warm: Trajectory | None = None, warm_from: int = 0, source: Image | None = None,
        on_step: Callable[[Step], None] | None = None, cancel: Callable[[], bool] | None = None, **options: Any,
    ) -> list[Rendering]:
        """One picture per layout, in one batch per canvas size; `options` are the fields of `Options`.

        One `seed` serves every layout, or each has its own. The same request gives the same picture; in a batch of
        another size it may differ in the last bits. `keep` returns trajectories. `learned` are prompt tokens for every
        layout. `warm` and `warm_from` go on from that step of an earlier trajectory instead of from noise. `source` is
        the picture of which the option `mend` names what is painted anew.
        """
        chosen = _options(options)
        if (chosen.mend is None) != (source is None):
            raise BadRequest("to mend a picture takes both: the picture (`source`) and what to paint anew (`mend`)")
        for name, given, kind in (("learned", learned, Tensor), ("warm", warm, Trajectory), ("source", source, Image)):
            if not isinstance(given, kind | None):
                raise BadRequest(f"`{name}` is a `{kind.__name__}`, got {given!r}")
        many = list(layouts) if isinstance(layouts, Sequence) else [layouts]
        seeds = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str) else [seed] * len(many)
        if isinstance(warm_from, bool) or not isinstance(warm_from, int) or (warm is None and warm_from):
            raise BadRequest(f"`warm_from` is the number of a step of the trajectory `warm`, got {warm_from!r}"
                             f"{' without one' if warm is None else ''}")
        if not all(isinstance(layout, Layout) for layout in many):
            raise BadRequest("what is painted is a `Layout`, or a sequence of them")
        if len(seeds) != len(many):
            raise BadRequest(f"one seed per layout is needed: {len(many)} layouts, {len(seeds)} seeds")
        jobs = [self._job(layout, s, chosen, learned) for layout, s in zip(many, seeds, strict=True)]
        done: dict[int, Rendering] = {}
        for shape in dict.fromkeys(job.shape for job in jobs):
            rows = [n for n, job in enumerate(jobs) if job.shape == shape]
            run = Run(self.backbone, self.kind, [jobs[n] for n in rows], chosen, shares=self._shares, on_step=on_step,
                      cancel=cancel)
            done.update(zip(rows, run.paint(keep=keep, warm=warm, start=warm_from, source=source), strict=True))
        return [done[n] for n in range(len(many))]

    def prepare(self, layout: Layout, seed: int = 0, **options: Any) -> tuple[Job, Options]:
        """What `paint` would do with a layout, checked and encoded, for those who run passes of their own."""
        chosen = _options(options)
        return self._job(layout, seed, chosen, None), chosen

    def truncated_share(self, shape: Shape, cond: Conditioning) -> float:
        """What part of a full pass one computes that ends in the last watched layer; it is measured once."""
        if shape not in self._shares:
            self._shares[shape] = truncated_share(self.backbone, shape, cond)
        return self._shares[shape]

    def _job(self, layout: Layout, seed: int, options: Options, learned: Tensor | None) -> Job:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
            raise BadRequest(f"a seed is a whole number from 0 to 2⁶³−1, got {seed!r}")
        alone = options.mend.things if options.mend else ()
        grounding = spans.ground(only(layout, alone) if alone else layout)
        unwanted = ", ".join(part for part in (options.negative, *grounding.absent) if part)
        spans.refuse_halves(unwanted)
        words, negative = self.backbone.encode([grounding.prompt], learned)[0], self.backbone.encode([unwanted])[0]
        shape = fitted(self.backbone, layout.canvas)
        target = aim(grounding, words, *self.backbone.grid(shape))
        _, cut = spans.columns(grounding, words)
        notes = (*grounding.notes, *cut, *self._left_out(target))
        if negative.dropped:
            notes += (f"the model's limit cut off the end of what is unwanted: `{negative.dropped}`",)
        return Job(layout, seed, shape, words, negative, target, notes, _hashed(learned))

    def _left_out(self, target: Target | None) -> tuple[str, ...]:
        most = self.backbone.native_boxes
        if target is None or not 0 < most < len(target.things):
            return ()
        return (f"the model's own grounding takes {most} boxes; without it: {', '.join(target.things[most:])}",)


def _hashed(learned: Tensor | None) -> str:
    return "" if learned is None else sha256(learned.detach().float().cpu().numpy().tobytes()).hexdigest()[:16]


def _options(options: dict[str, Any]) -> Options:
    try:
        return Options(**options)
    except ValidationError as error:
        wrong = "; ".join(f"`{'.'.join(map(str, e['loc']))}`: {e['msg']} (got {e['input']!r})" for e in error.errors())
        raise BadRequest(f"{wrong}. The options are: {', '.join(Options.model_fields)}") from error


def fitted(backbone: Backbone, canvas: Canvas) -> Shape:
    """The latent shape with about the canvas's ratio and the area that the model was trained for, its sides in eighths
    of the model's own."""
    ratio = canvas.width / canvas.height
    if not 1 / LONGEST <= ratio <= LONGEST:
        raise BadRequest(f"a canvas may be {LONGEST:g} times as long as wide, got {canvas.width} × {canvas.height}")
    width, height = backbone.size()
    stretch = math.sqrt(ratio * height / width)
    return backbone.shape(round(8 * stretch) * width // 8, round(8 / stretch) * height // 8)
