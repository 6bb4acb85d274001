"""The one loop that all image work goes through: noise in, latents out, with places to steer, watch and stop."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from grounding.attention import Hook
from grounding.backbone import Backbone, Conditioning, Shape
from grounding.errors import AttemptFailed, BadRequest, Cancelled, Unsupported
from grounding.settings import Scheduler


class Model(Protocol):
    """The guided prediction at step `i`: classifier-free guidance and hooks are its business."""

    def __call__(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The model output for latents in the model's input space."""
        ...


class Guide(Protocol):
    """Moves the latents before the prediction at step `i`, or returns the very same tensor."""

    def __call__(self, x: Tensor, t: Tensor, i: int) -> Tensor:
        """The latents to go on with, in the model's input space."""
        ...


class Hold(Protocol):
    """Puts back what must stay as it is."""

    def __call__(self, x: Tensor, i: int) -> Tensor:
        """The latents that go into step `i`, in the scheduler's space; at the number of steps, the finished ones."""
        ...


@dataclass(frozen=True)
class Moment:
    """What the loop knows after step `index` of `total`: the latents predicted from, the output, the time."""

    index: int
    total: int
    t: Tensor
    x: Tensor
    output: Tensor


@dataclass(frozen=True)
class Trajectory:
    """The way from noise to picture: `latents[i]` is where step `i` predicted from, the last one the result."""

    timesteps: Tensor  # "steps"
    latents: Tensor  # "steps+1 batch channels rows cols"

    def one(self, index: int) -> Trajectory:
        """The trajectory of one image of the batch."""
        return replace(self, latents=self.latents[:, index : index + 1])

    def at(self, t: Tensor) -> Tensor | None:
        """Where the step at time `t` predicted from: "batch channels rows cols"; None if there was no such step."""
        found = (self.timesteps == t.to(self.timesteps)).nonzero()
        there = len(found) and len(self.latents) == len(self.timesteps) + 1
        return self.latents[int(found[0])] if there else None

    @property
    def result(self) -> Tensor:
        """The final latents."""
        return self.latents[-1]


def guided(backbone: Backbone, x: Tensor, t: Tensor, given: Conditioning, without: Conditioning, scale: float,
           hooks: Sequence[Hook] = (), lift: Callable[[Tensor], Tensor | None] | None = None) -> Tensor:
    """Classifier-free guidance, both halves in one pass: ε̂ = ε(∅) + s (ε(c) − ε(∅)); at s = 1 only the words' half.

    `lift` is given ε(c) − ε(∅) and says by what to multiply s, place by place, if at all.

    The conditional rows come last. `without` is widened to the columns of `given`, which `hooks` then have to hide.
    """
    if scale == 1:
        return backbone.predict(x, t, given, hooks)
    both = without.widened(given.states.shape[1]) + given
    empty, full = backbone.predict(torch.cat([x, x]), t, both, hooks).chunk(2)
    difference = full - empty
    by = None if lift is None else lift(difference)
    return empty + (scale if by is None else scale * by) * difference


def draw_noise(shape: Shape, seeds: Sequence[int]) -> tuple[Tensor, list[torch.Generator]]:
    """Unit noise, one CPU generator per image: the same on every device and in every batch."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return torch.cat([torch.randn(1, *shape, generator=g) for g in generators]), generators


KINDS: dict[Scheduler, str] = {
    "ddim": "DDIMScheduler", "ddpm": "DDPMScheduler", "euler": "EulerDiscreteScheduler",
    "euler-ancestral": "EulerAncestralDiscreteScheduler", "dpm++-2m": "DPMSolverMultistepScheduler",
    "heun": "HeunDiscreteScheduler", "lms": "LMSDiscreteScheduler", "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler", "flow-euler": "FlowMatchEulerDiscreteScheduler",
    "flow-heun": "FlowMatchHeunDiscreteScheduler"}
"""The class of diffusers behind each name."""


def kind_of(name: Scheduler) -> type[Any] | None:
    """The class that a scheduler's name means; None is the checkpoint's own."""
    if name == "own":
        return None
    import diffusers

    found: type[Any] = getattr(diffusers, KINDS[name])
    return found


def schedule(backbone: Backbone, steps: int, kind: type[Any] | None = None, shape: Shape | None = None) -> Any:
    """A fresh scheduler with its timesteps set, for latents of this shape."""
    try:
        scheduler = backbone.scheduler(kind, shape)
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise Unsupported(f"`{getattr(kind, '__name__', kind)}` does not fit `{backbone.name}`: "
                          f"{' '.join(str(error).split())}") from error
    name = type(scheduler).__name__
    if missing := [part for part in _NEEDED if not hasattr(scheduler, part)]:
        raise Unsupported(f"`{name}` has no `{missing[0]}`, so the loop cannot run it; choose another scheduler")
    if more := _required(scheduler.step)[3:]:
        raise Unsupported(f"a step of `{name}` needs `{more[0]}` too, which the loop does not have; choose another "
                          "scheduler")
    trained = scheduler.config.get("num_train_timesteps", 0)
    if not 1 <= steps <= trained:
        raise BadRequest(f"steps must be between 1 and {trained}, got {steps}")
    try:
        scheduler.set_timesteps(steps, device=backbone.device)
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise Unsupported(f"`{name}` refuses to run {steps} steps: {error}") from error
    return scheduler


def _required(function: Callable[..., Any]) -> list[str]:
    """The names of its arguments that have no default: of a step, the output, the time, the sample, and what else."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


_NEEDED = ("set_timesteps", "step", "scale_model_input", "init_noise_sigma")


def strides(timesteps: Tensor) -> list[int | None]:
    """Which step forward each evaluation belongs to. Of two at the same time the first only corrects the step before
    (PNDM, Heun): None."""
    times = timesteps.tolist()
    real = [t != after for t, after in zip(times, [*times[1:], None], strict=True)]
    return [sum(real[:i]) if forward else None for i, forward in enumerate(real)]


@torch.no_grad()
def denoise(
    model: Model, scheduler: Any, x: Tensor, *,
    start: int = 0, guide: Guide | None = None, hold: Hold | None = None,
    generators: list[torch.Generator] | None = None,
    on_step: Callable[[Moment], None] | None = None, cancel: Callable[[], bool] | None = None, keep: bool = False,
) -> Trajectory:
    """Run `scheduler` from step `start` on; `x` is in the scheduler's space. Without `keep`, only the result stays."""
    timesteps = scheduler.timesteps
    options = _step_options(scheduler, generators)
    if start and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    path = [x]
    for i in range(start, len(timesteps)):
        if cancel is not None and cancel():
            raise Cancelled(f"cancelled before step {i + 1} of {len(timesteps)}")
        t = timesteps[i]
        x = path[-1] = x if hold is None else hold(x, i)
        seen = scheduler.scale_model_input(x, t)
        if guide is not None and (moved := guide(seen, t, i)) is not seen:
            by = (moved - seen) / scheduler.scale_model_input(torch.ones(1, device=x.device), t)
            _carry(scheduler, by)
            x, seen = x + by, moved
            path[-1] = x
        output = model(seen, t, i)
        x = scheduler.step(output, t, x, return_dict=False, **options)[0]
        _finite(x, i)
        if on_step is not None:
            on_step(Moment(i, len(timesteps), t, seen, output))
        path = [*path, x] if keep else [x]
    if hold is not None:
        path[-1] = hold(x, len(timesteps))
    return Trajectory(timesteps[start:], torch.stack(path))


_KEPT = ("cur_sample", "sample", "last_sample")


def _carry(scheduler: Any, by: Tensor) -> None:
    """Schedulers whose step goes on from a sample of their own (PNDM, Heun, KDPM2, UniPC) would forget the move."""
    for name in _KEPT:
        kept = getattr(scheduler, name, None)
        if isinstance(kept, Tensor) and kept.shape == by.shape:
            setattr(scheduler, name, kept + by.to(kept))


def _step_options(scheduler: Any, generators: list[torch.Generator] | None) -> dict[str, Any]:
    """`generator` for the schedulers that draw noise of their own."""
    return {"generator": generators} if "generator" in inspect.signature(scheduler.step).parameters else {}


def _finite(x: Tensor, i: int) -> None:
    if not torch.isfinite(x).all():
        bad = [b for b, sample in enumerate(x) if not torch.isfinite(sample).all()]
        raise AttemptFailed(f"the latents of images {bad} of the batch became non-finite at step {i + 1}; try another "
                            "seed, a lower guidance scale, or float32 weights")
