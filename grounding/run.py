"""One batch of jobs on its way through the loop: noise, what guides it, denoising, pictures, receipts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from torch import Tensor

from grounding.backbone import Backbone, Conditioning, Shape
from grounding.errors import AttemptFailed, BadRequest
from grounding.guide.guidance import Guidance, Scenes, guides_of, led, lifted
from grounding.guide.targets import Target
from grounding.job import Job, Start
from grounding.mend import Mender
from grounding.receipt import Attention, Cost, Receipt
from grounding.rendering import Painting, Step
from grounding.sampler import Moment, denoise, draw_noise, guided, schedule, strides
from grounding.settings import DOUBTFUL, How

PassShare = Callable[[Shape, Conditioning], float]


def paint_together(backbone: Backbone, jobs: Sequence[Job], how: How, start: Start, *, kind: type[Any] | None,
                   share: PassShare, on_step: Callable[[Step], None] | None, cancel: Callable[[], bool] | None,
                   keep: bool) -> list[Painting]:
    """Noise (or an earlier trajectory's latents) to pictures, or to new parts of the source; all of one shape."""
    noise, generators = draw_noise(jobs[0].shape, [job.seed for job in jobs])
    noise = noise.to(backbone.device)
    scheduler = schedule(backbone, how.steps, kind, jobs[0].shape)
    run = _Run(backbone, jobs, how, strides(scheduler.timesteps))
    mender = Mender(how.mend, backbone, scheduler, start.source, jobs[0].shape, noise) if (
        how.mend is not None and start.source is not None) else None
    x = noise * scheduler.init_noise_sigma if start.warm is None else _warm(start, scheduler, noise)
    try:
        path = denoise(run.predict, scheduler, x, start=start.at, guide=run.move, hold=mender, generators=generators,
                       on_step=None if on_step is None else lambda moment: on_step(run.told(moment)), cancel=cancel,
                       keep=keep)
    except AttemptFailed as error:
        error.seed = jobs[0].seed if len(jobs) == 1 else None
        raise
    images = backbone.decode(path.result)
    if mender is not None:
        images = [mender.pasted(image) for image in images]
    seconds = (time.perf_counter() - run.began) / len(jobs)
    receipts = [run.receipt(n, image.size, seconds, start, type(scheduler).__name__, share)
                for n, image in enumerate(images)]
    return [Painting(image, receipt, path.one(n) if keep else None)
            for n, (image, receipt) in enumerate(zip(images, receipts, strict=True))]


def _warm(start: Start, scheduler: Any, noise: Tensor) -> Tensor:
    """What the earlier trajectory had at the time of the step that is gone on from."""
    assert start.warm is not None
    total = len(scheduler.timesteps)
    if not 0 <= start.at < total:
        raise BadRequest(f"`at` is one of the steps 0 to {total - 1}, got {start.at}")
    x = start.warm.at(scheduler.timesteps[start.at])
    if x is None:
        raise BadRequest(f"the earlier trajectory was not at the time of step {start.at} of {total}, or was not kept; "
                         "paint it with `keep=True` and the same number of steps")
    if x.shape[1:] != noise.shape[1:] or x.shape[0] not in (1, len(noise)):
        raise BadRequest(f"the earlier trajectory has latents of {tuple(x.shape)}, here they are {tuple(noise.shape)}; "
                         "the canvas and the model have to be the same")
    return x.to(noise).expand_as(noise)


class _Run:
    """The guided model over one batch, what it spends, and what it shows on the way."""

    def __init__(self, backbone: Backbone, jobs: Sequence[Job], how: How, strides: Sequence[int | None]) -> None:
        self.backbone, self.jobs, self.how = backbone, jobs, how
        self.passes, self.began = 0, time.perf_counter()
        words = [job.words for job in jobs]
        given = backbone.place(backbone.stack(words), [job.placed for job in jobs])
        self.without = backbone.place(backbone.stack([job.negative for job in jobs]), [[] for _ in jobs])
        self.scenes = Scenes(backbone, jobs[0].shape, words, [job.target for job in jobs], given, strides)
        self.guides: list[Guidance] = guides_of(how, self.scenes)
        self.watching = how.watch or any(guide.reads for guide in self.guides)

    def move(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents as the guides want them before step `i`."""
        for guide in self.guides:
            x = guide.move(x, t, i)
        return x

    def predict(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The guided prediction at step `i`, watched and led."""
        given, hooks = led(self.guides, self.scenes.given, i)
        watch = self.scenes.watch
        output = guided(self.backbone, x, t, given, self.without, self.how.guidance_scale,
                        [*(watch.hooks(i) if self.watching else []), *hooks],
                        lambda difference: lifted(self.guides, difference, i))
        self.passes += 1 if self.how.guidance_scale == 1 else 2
        watch.note()
        return output

    def told(self, moment: Moment) -> Step:
        """What a caller is told of a step."""
        last = self.scenes.watch.last
        attention = tuple(
            dict(zip(job.target.things, last[n].tolist(), strict=True)) if job.target and n in last else {}
            for n, job in enumerate(self.jobs))
        return Step(moment.index, moment.total, lambda: self.backbone.decode(
            self.backbone.clean(moment.x, moment.t, moment.output)), time.perf_counter() - self.began, attention)

    def receipt(self, n: int, size: tuple[int, int], seconds: float, start: Start, scheduler: str,
                share: PassShare) -> Receipt:
        """What the picture numbered `n` cost, and how sure it is of each thing."""
        job, spent = self.jobs[n], [guide.cost(n) for guide in self.guides]
        truncated = sum(passes.truncated for passes in spent)
        cost = Cost(full=self.passes, truncated=truncated, backward=sum(passes.backward for passes in spent),
                    share=share(job.shape, self.scenes.given.pick([n])) if truncated else 1.0, seconds=seconds,
                    attention_bytes=self.scenes.watch.bytes + sum(guide.bytes for guide in self.guides))
        return Receipt(
            backbone=self.backbone.name, weights=self.backbone.fingerprint(), prompt=job.words.text,
            negative=job.negative.text, seed=job.seed, learned=job.learned, warm_from=start.at, scheduler=scheduler,
            device=self.backbone.device.type, width=size[0], height=size[1], batch=len(self.jobs), cost=cost,
            attention=self._attention(n), notes=job.notes, how=self.how,
            versions={name: version(name) for name in ("torch", "diffusers", "transformers")})

    def _attention(self, n: int) -> tuple[Attention, ...]:
        target, watch = self.jobs[n].target, self.scenes.watch
        if target is None or n not in watch.last:
            return ()
        return tuple(
            Attention(thing=thing, phrase=target.grounding.items[i].phrase, before=first, after=last,
                      weak=last < DOUBTFUL) if target.columns[i].head else self._unread(target, thing, i)
            for thing, i, first, last in zip(target.things, target.instance_item, watch.first[n].tolist(),
                                             watch.last[n].tolist(), strict=True))

    def _unread(self, target: Target, thing: str, item: int) -> Attention:
        """A thing whose words the model has not read; where it has a text of its own, it need not be missing."""
        told = any(guide.names for guide in self.guides)
        return Attention(thing=thing, phrase=target.grounding.items[item].phrase, before=0.0, after=0.0, weak=not told)
