"""Layouts to pictures: what is asked is checked and encoded, batches are run, and every picture gets its receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grounding.backbone import Backbone, Conditioning, Shape
from grounding.cost import truncated_share
from grounding.errors import BadRequest
from grounding.guide.incantation import Incanter
from grounding.job import FRESH, Job, Start, fitted, job_of
from grounding.rendering import Painting, Step
from grounding.run import paint_together
from grounding.sampler import kind_of
from grounding.settings import How
from planner.scene import Layout

__all__ = ["Painter", "Start", "fitted"]

PLAINLY = How()


class Painter:
    """Paints layouts with one backbone and one kind of diffusers scheduler (the checkpoint's own by default)."""

    def __init__(self, backbone: Backbone, scheduler: type[Any] | None = None) -> None:
        self.backbone, self.kind = backbone, scheduler
        self._shares: dict[Shape, float] = {}

    def paint(self, layouts: Layout | Sequence[Layout], how: How = PLAINLY, *, seed: int | Sequence[int] = 0,
              start: Start = FRESH, on_step: Callable[[Step], None] | None = None,
              cancel: Callable[[], bool] | None = None, keep: bool = False) -> list[Painting]:
        """One picture per layout, in one batch per canvas size.

        One `seed` serves every layout, or each has its own. The same request gives the same picture; in a batch of
        another size it may differ in the last bits. `keep` returns trajectories.
        """
        many = [layouts] if isinstance(layouts, Layout) else list(layouts)
        seeds = [seed] * len(many) if isinstance(seed, int) else list(seed)
        if len(seeds) != len(many):
            raise BadRequest(f"one seed per layout is needed: {len(many)} layouts, {len(seeds)} seeds")
        if (how.mend is None) != (start.source is None):
            raise BadRequest("to mend a picture takes both: the picture (`source`) and what to paint anew (`mend`)")
        if how.tokens is not None:
            return [self._with_tokens(one, how, s, cancel) for one, s in zip(many, seeds, strict=True)]
        jobs = [job_of(self.backbone, one, how, s, start.learned) for one, s in zip(many, seeds, strict=True)]
        done: dict[int, Painting] = {}
        for shape in dict.fromkeys(job.shape for job in jobs):
            rows = [n for n, job in enumerate(jobs) if job.shape == shape]
            painted = paint_together(self.backbone, [jobs[n] for n in rows], how, start,
                                     kind=self.kind or kind_of(how.scheduler), share=self.truncated_share,
                                     on_step=on_step, cancel=cancel, keep=keep)
            done.update(zip(rows, painted, strict=True))
        return [done[n] for n in range(len(many))]

    def _with_tokens(self, layout: Layout, how: How, seed: int, cancel: Callable[[], bool] | None) -> Painting:
        """The picture with prompt tokens learned for it, where there is a placed thing whose words can be led."""
        if not layout.placements:
            return self.paint(layout, how.but(tokens=None), seed=seed, cancel=cancel)[0]
        found = Incanter(self)(layout, how, seed=seed, cancel=cancel)
        receipt = found.painting.receipt
        learning = found.forward_equivalents - receipt.cost.forward_equivalents
        cost = receipt.cost.model_copy(update={"learning": learning, "seconds": found.seconds})
        return Painting(found.painting.image, receipt.model_copy(update={"how": how, "cost": cost}))

    def prepare(self, layout: Layout, how: How = PLAINLY, seed: int = 0) -> Job:
        """What `paint` would do with a layout, checked and encoded, for those who run passes of their own."""
        return job_of(self.backbone, layout, how, seed)

    def truncated_share(self, shape: Shape, cond: Conditioning) -> float:
        """What part of a full pass one computes that ends in the last watched layer; it is measured once."""
        if shape not in self._shares:
            self._shares[shape] = truncated_share(self.backbone, shape, cond)
        return self._shares[shape]
