"""Layouts to pictures: what is asked is checked and encoded, the loop is run, and every picture gets its receipt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

import torch
from PIL.Image import Image
from pydantic import Field, ValidationError
from torch import Tensor

from grounding import spans
from grounding.attention import Hook
from grounding.backbone import Backbone, Conditioning, Shape, Words
from grounding.bind import Bind, Binder
from grounding.errors import AttemptFailed, BadRequest
from grounding.receipt import Attention, Cost, Receipt
from grounding.refocus import Refocus, Refocuser
from grounding.sampler import Moment, Trajectory, denoise, draw_noise, schedule
from grounding.targets import Target, aim
from planner.scene import Canvas, Data, Layout

WATCH_ONLY = Refocus(scale=0.0)


class Options(Data):
    """How to paint, apart from what."""

    steps: Annotated[int, Field(ge=1, le=1000)] = 25
    guidance_scale: Annotated[float, Field(ge=1.0, le=100.0)] = 7.5
    refocus: Refocus | None = None
    bind: Bind | None = None
    negative: str = ""
    watch: bool = True
    """Whether attention is watched even where nothing is refocused, so that the receipt knows what is weak."""


@dataclass(frozen=True)
class Step:
    """What a caller is told after each step. `attention` is the strength of each thing, one mapping per picture;
    `preview()` decodes what the pictures are heading for, at the price of a decoding."""

    index: int
    total: int
    seconds: float
    attention: tuple[Mapping[str, float], ...]
    preview: Callable[[], list[Image]]


@dataclass(frozen=True)
class Rendering:
    """A picture, how it was made, and (on request) the way from noise to it."""

    image: Image
    layout: Layout
    receipt: Receipt
    trajectory: Trajectory | None = None


@dataclass(frozen=True)
class Job:
    """One picture to be painted, checked and encoded."""

    layout: Layout
    seed: int
    shape: Shape
    words: Words
    negative: Words
    target: Target | None


class Painter:
    """Paints layouts with one backbone and one kind of diffusers scheduler (the checkpoint's own by default)."""

    def __init__(self, backbone: Backbone, scheduler: type[Any] | None = None) -> None:
        self.backbone, self.kind = backbone, scheduler

    def paint(
        self, layouts: Layout | Sequence[Layout], *, seed: int | Sequence[int] = 0, keep: bool = False,
        learned: Tensor | None = None, warm: Trajectory | None = None, warm_from: int = 0,
        on_step: Callable[[Step], None] | None = None, cancel: Callable[[], bool] | None = None, **options: Any,
    ) -> list[Rendering]:
        """One picture per layout, in one batch per canvas size; `options` are the fields of `Options`.

        One `seed` serves every layout, or each has its own. The same request gives the same picture; in a batch of
        another size it may differ in the last bits. `keep` returns trajectories. `learned` are prompt tokens for every
        layout. `warm` and `warm_from` continue an earlier trajectory from that step instead of from noise.
        """
        chosen = _options(options)
        many = [layouts] if isinstance(layouts, Layout) else list(layouts)
        seeds = [seed] * len(many) if isinstance(seed, int) else list(seed)
        if len(seeds) != len(many):
            raise BadRequest(f"one seed per layout is needed: {len(many)} layouts, {len(seeds)} seeds")
        jobs = [self._job(layout, s, chosen, learned) for layout, s in zip(many, seeds, strict=True)]
        done: dict[int, Rendering] = {}
        for shape in dict.fromkeys(job.shape for job in jobs):
            rows = [n for n, job in enumerate(jobs) if job.shape == shape]
            run = Run(self, [jobs[n] for n in rows], chosen, keep=keep, on_step=on_step, cancel=cancel)
            done.update(zip(rows, run.paint(warm, warm_from), strict=True))
        return [done[n] for n in range(len(many))]

    def _job(self, layout: Layout, seed: int, options: Options, learned: Tensor | None) -> Job:
        if not isinstance(seed, int) or not 0 <= seed < 2**63:
            raise BadRequest(f"a seed is a whole number from 0 to 2⁶³−1, got {seed!r}")
        grounding = spans.ground(layout)
        negative = ", ".join(part for part in (options.negative, *grounding.absent) if part)
        words, empty = self.backbone.encode([grounding.prompt], learned)[0], self.backbone.encode([negative])[0]
        shape = fitted(self.backbone, layout.canvas)
        return Job(layout, seed, shape, words, empty, aim(grounding, words, *self.backbone.grid(shape)))


class Run:
    """One batch on its way through the loop."""

    def __init__(self, painter: Painter, jobs: Sequence[Job], options: Options, *, keep: bool,
                 on_step: Callable[[Step], None] | None, cancel: Callable[[], bool] | None) -> None:
        self.jobs, self.options, self.keep, self.on_step, self.cancel = jobs, options, keep, on_step, cancel
        self.backbone = backbone = painter.backbone
        self.scheduler = schedule(backbone, options.steps, painter.kind)
        self.total = len(self.scheduler.timesteps)
        self.targets = [job.target for job in jobs]
        words = [job.words for job in jobs]
        self.plain = backbone.stack(words)
        self.bind = Binder(options.bind, backbone, jobs[0].shape, words, self.targets) if self._binds else None
        refocus = options.refocus or WATCH_ONLY
        self.refocus = Refocuser(refocus, backbone, self.plain, self.targets, self.total)
        self.cond = self.bind.conditioning if self.bind else self.plain
        empty = backbone.stack([job.negative for job in jobs])
        self.both = (self.bind.padded(empty) if self.bind else empty) + self.cond
        self.passes, self.began = 0, time.perf_counter()

    @property
    def _binds(self) -> bool:
        return self.options.bind is not None and self.options.bind.active and any(self.targets)

    def paint(self, warm: Trajectory | None, start: int) -> list[Rendering]:
        """Noise to pictures."""
        noise, generators = draw_noise(self.jobs[0].shape, [job.seed for job in self.jobs])
        x = noise.to(self.backbone.device) * self.scheduler.init_noise_sigma
        if warm is not None:
            x = warm.latents[start].to(x).expand_as(x)
        path = denoise(self.predict, self.scheduler, x, start=start if warm is not None else 0, guide=self.refocus,
                       generators=generators, on_step=self._tell, cancel=self.cancel, keep=self.keep)
        images = self.backbone.decode(path.result)
        seconds = (time.perf_counter() - self.began) / len(self.jobs)
        return [Rendering(image, job.layout, self._receipt(n, seconds), path.one(n) if self.keep else None)
                for n, (image, job) in enumerate(zip(images, self.jobs, strict=True))]

    def predict(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """Classifier-free guidance, both halves in one pass: ε̂ = ε(∅) + s (ε(c) − ε(∅))."""
        hooks = self._hooks(i)
        scale = self.options.guidance_scale
        if scale == 1:
            self.passes += 1
            output = self.backbone.predict(x, t, self.cond, hooks)
        else:
            self.passes += 2
            without, given = self.backbone.predict(torch.cat([x, x]), t, self.both, hooks).chunk(2)
            output = without + scale * (given - without)
        self.refocus.note()
        return output

    def _hooks(self, i: int) -> list[Hook]:
        watch = self.refocus.hooks(i) if self.options.watch or self.options.refocus else []
        bound = self.bind.hook(i / self.total) if self.bind else None
        if self.bind and bound is None:
            bound = self.bind.rest()
        return [*watch, *([bound] if bound else [])]

    def _tell(self, moment: Moment) -> None:
        if self.on_step is not None:
            attention = tuple(
                dict(zip(target.things, self.refocus.last[n].tolist(), strict=True)) if target and n in self.refocus.last
                else {} for n, target in enumerate(self.targets))
            self.on_step(Step(moment.index, moment.total, time.perf_counter() - self.began, attention, lambda:
                              self.backbone.decode(self.backbone.clean(moment.x, moment.t, moment.output))))

    def _receipt(self, n: int, seconds: float) -> Receipt:
        job, options = self.jobs[n], self.options
        unit = self.backbone.size()[0] * 0 + 1
        cost = Cost(full=self.passes, truncated=self.refocus.truncated[n], backward=self.refocus.backward[n],
                    seconds=seconds)
        return Receipt(
            backbone=self.backbone.name, prompt=job.words.text, seed=job.seed, steps=options.steps,
            guidance_scale=options.guidance_scale, scheduler=type(self.scheduler).__name__, width=unit, height=unit,
            batch=len(self.jobs), cost=cost, attention=self._attention(n), notes=self._notes(job))

    def _attention(self, n: int) -> tuple[Attention, ...]:
        target = self.targets[n]
        if target is None or n not in self.refocus.last:
            return ()
        weak = self.refocus.refocus.weak
        return tuple(
            Attention(thing=thing, phrase=target.grounding.items[i].phrase, before=before, after=after, weak=after < weak)
            for thing, i, before, after in zip(target.things, target.instance_item, self.refocus.first[n].tolist(),
                                               self.refocus.last[n].tolist(), strict=True))

    def _notes(self, job: Job) -> tuple[str, ...]:
        return job.target.notes if job.target else ()


def _options(options: dict[str, Any]) -> Options:
    try:
        return Options(**options)
    except ValidationError as error:
        wrong = "; ".join(f"`{'.'.join(map(str, e['loc']))}`: {e['msg']} (got {e['input']!r})" for e in error.errors())
        raise BadRequest(f"these options cannot be used: {wrong}. There are: {', '.join(Options.model_fields)}") from error


def fitted(backbone: Backbone, canvas: Canvas) -> Shape:
    """The latent shape of the canvas's ratio with the area that the model was trained for, in steps of 1/8 a side."""
    width, height = backbone.size()
    ratio = math.sqrt(canvas.width * height / (canvas.height * width))
    fit = (max(1, round(8 * side)) for side in (ratio, 1 / ratio))
    across, down = fit
    return backbone.shape(across * width // 8, down * height // 8)
