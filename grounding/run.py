"""One batch of jobs on its way through the loop: classifier-free guidance, hooks, records, receipts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from PIL.Image import Image
from torch import Tensor

from grounding.attention import Hook
from grounding.backbone import Backbone, Shape
from grounding.cost import truncated_share
from grounding.errors import AttemptFailed, BadRequest
from grounding.guide.bind import Binder
from grounding.guide.refocus import Refocus, Refocuser
from grounding.guide.targets import Target
from grounding.mend import Mender
from grounding.receipt import Attention, Cost, Receipt
from grounding.rendering import Job, Options, Rendering, Step
from grounding.sampler import Moment, Trajectory, denoise, draw_noise, guided, schedule, strides
from grounding.settings import DOUBTFUL

WATCH_ONLY = Refocus(scale=0.0)


class Run:
    """Paints jobs of one shape together."""

    def __init__(self, backbone: Backbone, kind: type[Any] | None, jobs: Sequence[Job], options: Options, *,
                 shares: dict[Shape, float], on_step: Callable[[Step], None] | None,
                 cancel: Callable[[], bool] | None) -> None:
        self.shares = shares
        self.backbone, self.jobs, self.options, self.on_step, self.cancel = backbone, jobs, options, on_step, cancel
        self.scheduler = schedule(backbone, options.steps, kind, jobs[0].shape)
        self.total = len(self.scheduler.timesteps)
        self.passes, self.start, self.began = 0, 0, time.perf_counter()
        words, targets = [job.words for job in jobs], [job.target for job in jobs]
        self.given = backbone.place(backbone.stack(words), [job.placed for job in jobs])
        self.without = backbone.place(backbone.stack([job.negative for job in jobs]), [[] for _ in jobs])
        bind = options.bind if options.bind is not None and options.bind.active and any(targets) else None
        self.bind = Binder(bind, backbone, jobs[0].shape, self.given, words, targets) if bind else None
        self.refocus = Refocuser(options.refocus or WATCH_ONLY, backbone, self.given, targets, self.total,
                                 bind=self.bind, strides=strides(self.scheduler.timesteps))

    def paint(self, *, keep: bool, warm: Trajectory | None, start: int, source: Image | None) -> list[Rendering]:
        """Noise (or an earlier trajectory's latents) to pictures, or to new parts of the `source`."""
        noise, generators = draw_noise(self.jobs[0].shape, [job.seed for job in self.jobs])
        noise = noise.to(self.backbone.device)
        mender = None if self.options.mend is None or source is None else Mender(
            self.options.mend, self.backbone, self.scheduler, source, self.jobs[0].shape, noise)
        x = noise * self.scheduler.init_noise_sigma if warm is None else self._warm(warm, start, noise)
        self.start = start
        try:
            path = denoise(self.predict, self.scheduler, x, start=start, guide=self.refocus, hold=mender,
                           generators=generators, on_step=self._tell, cancel=self.cancel, keep=keep)
        except AttemptFailed as error:
            error.seed = self.jobs[0].seed if len(self.jobs) == 1 else None
            raise
        decoded = self.backbone.decode(path.result)
        images = [mender.pasted(image) for image in decoded] if mender else decoded
        seconds = (time.perf_counter() - self.began) / len(self.jobs)
        return [Rendering(image, job.layout, self._receipt(n, image.size, seconds), path.one(n) if keep else None)
                for n, (image, job) in enumerate(zip(images, self.jobs, strict=True))]

    def _warm(self, warm: Trajectory, start: int, noise: Tensor) -> Tensor:
        """What the earlier trajectory had at the time of step `start`."""
        if not 0 <= start < self.total:
            raise BadRequest(f"`warm_from` is one of the steps 0 to {self.total - 1}, got {start}")
        x = warm.at(self.scheduler.timesteps[start])
        if x is None:
            raise BadRequest(f"the earlier trajectory was not at the time of step {start} of {self.total}, or was not "
                             "kept; paint it with `keep=True` and the same number of steps")
        if x.shape[1:] != noise.shape[1:] or x.shape[0] not in (1, len(noise)):
            raise BadRequest(f"the earlier trajectory has latents of {tuple(x.shape)}, here they are "
                             f"{tuple(noise.shape)}; the canvas and the model have to be the same")
        return x.to(noise).expand_as(noise)

    def predict(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The guided prediction at step `i`, watched and bound."""
        bound, given = self.bind.at(i / self.total, self.given) if self.bind else (None, self.given)
        watched = self.options.watch or self.refocus.reads
        hooks: list[Hook] = [*(self.refocus.hooks(i) if watched else []), *([bound] if bound else [])]
        scale = self.options.guidance_scale
        output = guided(self.backbone, x, t, given, self.without, scale, hooks, bound.lift if bound else None)
        self.passes += 1 if scale == 1 else 2
        self.refocus.note()
        return output

    def _tell(self, moment: Moment) -> None:
        if self.on_step is not None:
            strengths = [self.refocus.last.get(n) for n in range(len(self.jobs))]
            attention = tuple(
                dict(zip(job.target.things, s.tolist(), strict=True)) if job.target and s is not None else {}
                for job, s in zip(self.jobs, strengths, strict=True))
            self.on_step(Step(moment.index, moment.total, time.perf_counter() - self.began, attention, lambda:
                              self.backbone.decode(self.backbone.clean(moment.x, moment.t, moment.output))))

    def _receipt(self, n: int, size: tuple[int, int], seconds: float) -> Receipt:
        job, refocus = self.jobs[n], self.refocus
        if refocus.truncated[n] and job.shape not in self.shares:
            self.shares[job.shape] = truncated_share(self.backbone, job.shape, self.given.pick([n]))
        cost = Cost(full=self.passes, truncated=refocus.truncated[n], backward=refocus.backward[n],
                    share=self.shares[job.shape] if refocus.truncated[n] else 1.0, seconds=seconds,
                    attention_bytes=refocus.bytes + (self.bind.bytes if self.bind else 0))
        return Receipt(
            backbone=self.backbone.name, weights=self.backbone.fingerprint(), prompt=job.words.text,
            negative=job.negative.text, seed=job.seed, learned=job.learned, warm_from=self.start,
            scheduler=type(self.scheduler).__name__, width=size[0], height=size[1], batch=len(self.jobs), cost=cost,
            attention=self._attention(n), notes=job.notes, options=self.options.model_dump(mode="json"),
            versions={name: version(name) for name in ("torch", "diffusers", "transformers")})

    def _attention(self, n: int) -> tuple[Attention, ...]:
        target = self.jobs[n].target
        if target is None or n not in self.refocus.last:
            return ()
        return tuple(
            Attention(thing=thing, phrase=target.grounding.items[i].phrase, before=first, after=last,
                      weak=last < DOUBTFUL) if target.columns[i].head else self._unread(target, thing, i)
            for thing, i, first, last in zip(target.things, target.instance_item, self.refocus.first[n].tolist(),
                                             self.refocus.last[n].tolist(), strict=True))

    def _unread(self, target: Target, thing: str, item: int) -> Attention:
        """A thing whose words the model has not read; where it has a text of its own, it need not be missing."""
        own = self.bind is not None and self.bind.bind.own
        return Attention(thing=thing, phrase=target.grounding.items[item].phrase, before=0.0, after=0.0, weak=not own)
