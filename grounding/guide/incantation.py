"""Learned tokens that make one prompt come out better, with every model frozen.

After Yu et al., "Seek for Incantations" (arXiv 2401.06345), of which the abstract and introduction are what is public:
tokens per prompt, found by gradients, and sparsity. The attention energy as an objective, and all numbers, are this
project's; the objective that asks CLIP is in `grounding.bench.meaning`.

    L = L_attention + λ_sp L_sparsity

    L_attention    the refocusing energy of the prompt with its tokens
    L_sparsity = Σ_m ‖P_m − P_0‖₂      over tokens, so that one not needed stays neutral
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from PIL.Image import Image
from torch import Tensor

from grounding.backbone import Backbone, Conditioning
from grounding.errors import BadRequest
from grounding.guide.guidance import Scenes
from grounding.guide.ours import our_measure
from grounding.guide.profile import IDLE
from grounding.guide.refocus import Refocus, Refocuser
from grounding.guide.targets import Target, aim
from grounding.job import Start
from grounding.rendering import Painting
from grounding.sampler import schedule
from grounding.settings import How, Incant
from planner.scene import Layout

if TYPE_CHECKING:
    from grounding.painter import Painter

__all__ = ["AttentionLoss", "Incant", "Incantation", "Incanter", "LearningMoment", "Loss", "Objective", "Referee",
           "Search", "attention"]

Referee = Callable[[Image, Layout], float]
"""How good a picture of a layout is, by something other than what is optimised and what will judge it: higher is
better."""


class LearningMoment(NamedTuple):
    """A place on the first picture's way: step, time, latents in the model's input space."""

    step: int
    t: Tensor
    x: Tensor


@dataclass(frozen=True)
class Incantation:
    """The picture with tokens, and how it came about.

    `learned` are its tokens, or None where a referee preferred the picture without. `scores` are the referee's, the
    first without tokens; `history` has the terms of the loss at every iteration; `forward_equivalents` counts
    everything, the other pictures included (CLIP and the VAE are not passes of the denoiser; `seconds` has them).
    """

    painting: Painting
    learned: Tensor | None
    scores: tuple[float, ...]
    history: tuple[Mapping[str, float], ...]
    neglected: tuple[str, ...]
    forward_equivalents: float
    seconds: float


class Incanter:
    """Learns tokens with one painter. Without a referee the tokens that were learned last are kept: whether their
    picture is better is for those to say who judge it."""

    def __init__(self, painter: Painter, referee: Referee | None = None, objective: Objective | None = None) -> None:
        self.painter, self.referee, self.objective = painter, referee, objective or attention

    def __call__(self, layout: Layout, how: How, *, seed: int = 0, start: Tensor | None = None,
                 cancel: Callable[[], bool] | None = None) -> Incantation:
        """The picture of a layout with its tokens. `start` are tokens learned before."""
        return Search(self, layout, seed, how, cancel).run(start)


class Search:
    """One prompt's search, in order."""

    def __init__(self, incanter: Incanter, layout: Layout, seed: int, how: How,
                 cancel: Callable[[], bool] | None = None) -> None:
        self.painter, self.referee, self.objective = incanter.painter, incanter.referee, incanter.objective
        self.backbone: Backbone = self.painter.backbone
        self.incant, self.how = how.tokens or Incant(), how.but(tokens=None)
        self.layout, self.seed, self.cancel = layout, seed, cancel
        self.began, self.spent = time.perf_counter(), 0.0
        self.job = self.painter.prepare(layout, self.how, seed)
        if self.objective is attention and self.job.target is None:
            raise BadRequest("tokens are learned by where the words of placed things go; the layout places nothing")

    def run(self, start: Tensor | None) -> Incantation:
        """Paint, look, learn, paint again, keep the best."""
        offset = self._start(start)
        first = self.paint(None, keep=True)
        loss = self.objective(self, first, self.moments(first), offset)
        iterates, history = self._learn(loss, offset)
        candidates = [(None, first), *((tokens, self.paint(tokens)) for tokens in iterates)]
        scores = [self.referee(painting.image, self.layout) for _, painting in candidates] if self.referee else []
        learned, best = candidates[scores.index(max(scores)) if scores else -1]
        return Incantation(best, learned, tuple(scores), tuple(history), loss.neglected, self.spent,
                           time.perf_counter() - self.began)

    def paint(self, learned: Tensor | None, keep: bool = False) -> Painting:
        """The picture with these tokens."""
        found = self.painter.paint(self.layout, self.how, seed=self.seed, start=Start(learned=learned),
                                   cancel=self.cancel, keep=keep)[0]
        self.spent += found.receipt.cost.forward_equivalents
        return found

    def _start(self, start: Tensor | None) -> Tensor:
        """Where tokens start, in spreads around the neutral token: near it, or at tokens that were learned before."""
        blank, count = self.backbone.blank(), self.incant.tokens
        if start is not None:
            if start.ndim != 2 or start.shape[1] != blank.embedding.shape[0]:
                raise BadRequest(f"tokens of this painter are {blank.embedding.shape[0]} wide, got "
                                 f"{tuple(start.shape)}; tokens of another painter cannot be used")
            return (start.float().to(blank.embedding) - blank.embedding) / blank.spread
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(count, blank.embedding.shape[0], generator=generator)
        return (noise * self.incant.start_noise).to(blank.embedding)

    def _learn(self, loss: Loss, offset: Tensor) -> tuple[list[Tensor], list[dict[str, float]]]:
        """The iterates to be painted and the course of the loss."""
        offset = offset.detach().clone().requires_grad_()
        optimiser = torch.optim.Adam([offset], lr=self.incant.rate)
        total, checks = self.incant.iterations, min(self.incant.checks, self.incant.iterations)
        shown = {round(total * (n + 1) / checks) for n in range(checks)}
        iterates, history = [], []
        for n in range(1, total + 1):
            terms, gradient = loss(offset, n)
            history.append(terms)
            size = gradient.norm()
            if torch.isfinite(size):
                offset.grad = gradient / size.clamp(min=1.0)
                optimiser.step()
            if n in shown:
                iterates.append(self.tokens(offset.detach()))
        return iterates, history

    def tokens(self, offset: Tensor) -> Tensor:
        """Spreads around the neutral token to token embeddings."""
        blank = self.backbone.blank()
        return blank.embedding + offset * blank.spread

    def sparsity(self, offset: Tensor) -> Tensor:
        """Σ_m ‖P_m − P_0‖₂, relative to the size of token embeddings."""
        return (offset.square().mean(-1) + 1e-12).sqrt().sum()

    @torch.no_grad()
    def moments(self, first: Painting) -> list[LearningMoment]:
        """Evenly over the part of the trajectory in which content is decided."""
        total = self.how.steps
        last = max(1, min(total, round(self.incant.until * total)))
        steps = sorted({int((n + 0.5) * last / self.incant.moments) for n in range(self.incant.moments)})
        return [self.moment(first, step) for step in steps]

    @torch.no_grad()
    def moment(self, first: Painting, step: int) -> LearningMoment:
        """One place on the first picture's way."""
        assert first.trajectory is not None
        scheduler = schedule(self.backbone, self.how.steps, self.painter.kind, self.job.shape)
        t = scheduler.timesteps[step]
        x = scheduler.scale_model_input(first.trajectory.latents[step], t)
        return LearningMoment(step, t, x)

    def conditioning(self, tokens: Tensor | None) -> Conditioning:
        """The prompt with its tokens, as the painter gives it to the model."""
        words = self.job.words if tokens is None else self.backbone.encode([self.job.words.text], tokens)[0]
        return self.backbone.place(self.backbone.stack([words]), [self.job.placed])

    def target(self, offset: Tensor) -> Target:
        """Where words belong when the tokens are among them: they may take the place of the last words."""
        assert self.job.target is not None
        there = self.backbone.encode([self.job.words.text], self.tokens(offset))[0]
        found = aim(self.job.target.grounding, there, self.job.target.rows, self.job.target.cols)
        assert found is not None
        return found


class Loss(Protocol):
    """An objective: the terms of the loss at an offset, and its gradient."""

    neglected: tuple[str, ...]

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """At the moment numbered `at`, counted round and round."""
        ...


Objective = Callable[["Search", Painting, Sequence[LearningMoment], Tensor], Loss]
"""Makes the loss of a search from its first picture, the moments on its way, and the tokens that are the start."""


class AttentionLoss:
    """The refocusing energy of the prompt with its tokens: tokens that lead attention where the layout wants it."""

    def __init__(self, search: Search, moments: Sequence[LearningMoment], target: Target) -> None:
        self.search, self.moments, self.target, self.neglected = search, moments, target, tuple[str, ...]()
        self.refocus = (search.how.refocus or Refocus()).model_copy(update={"profile": "ours"})
        self.share = search.painter.truncated_share(search.job.shape, search.conditioning(None))

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """One truncated pass and its backward."""
        search, moment = self.search, self.moments[at % len(self.moments)]
        with torch.enable_grad():
            cond = search.conditioning(search.tokens(offset))
            scenes = Scenes(search.backbone, search.job.shape, [search.job.words], [self.target], cond,
                            range(search.how.steps))
            look, hooks = Refocuser(self.refocus, scenes).watches(cond, moment.x, moment.t, [0])

            def downhill() -> tuple[dict[str, float], Tensor]:
                energy = our_measure(self.refocus, self.target, look()[0], IDLE).energy
                sparsity = search.sparsity(offset)
                total = energy + search.incant.sparsity * sparsity
                terms = {"attention": float(energy.detach()), "sparsity": float(sparsity.detach())}
                return terms, torch.autograd.grad(total, offset)[0]

            found = search.backbone.attend(moment.x, moment.t, cond, hooks, downhill)
        search.spent += 2 * self.share
        return found


def attention(search: Search, first: Painting, moments: Sequence[LearningMoment], offset: Tensor) -> Loss:
    """The objective that needs no other model."""
    return AttentionLoss(search, moments, search.target(offset))
