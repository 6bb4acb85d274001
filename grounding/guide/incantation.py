"""Learned tokens that make one prompt come out better, with every model frozen.

After Yu et al., "Seek for Incantations" (arXiv 2401.06345), of which the abstract and introduction are what is public:
tokens per prompt, guidance from coarse to fine, guidance by neglected words that are masked, consistency with the text,
sparsity. The formulas, the one-step picture x̂₀ in place of sampling, the attention energy as an objective, the referee
and all numbers are this project's.

    L = L_match + λ_q L_quality + λ_s L_consistency + λ_m L_neglect + λ_sp L_sparsity

with CLIP's unit embeddings I of the picture x̂₀ and T of texts, P the tokens:

    L_match = 1 − I·T(text)                                  the original text, so that P cannot move the goal
    L_quality = 1 − cos(I_fine − I_coarse, T(text+P) − T(text))   P points where denoising on moves the picture
    L_consistency = 1 − T(text+P)·T(text)
    L_neglect = max(0, I·T(text without neglected words) − I·T(text) + δ)
    L_sparsity = Σ_m ‖P_m − P_0‖₂                            over tokens, so that one not needed stays neutral
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from PIL.Image import Image
from torch import Tensor
from torch.nn import functional as F

from grounding.backbone import Backbone, Conditioning
from grounding.bench.semantics import Semantics, masked
from grounding.errors import BadRequest
from grounding.guide.refocus import IDLE, Refocus, Refocuser, our_measure
from grounding.guide.targets import Target, aim
from grounding.painter import Painter
from grounding.rendering import Rendering
from grounding.sampler import schedule
from grounding.settings import Incant
from planner.scene import Layout

__all__ = ["AttentionLoss", "Incant", "Incantation", "Incanter", "Meaning", "Referee"]

Referee = Callable[[Image, Layout], float]
"""How good a picture of a layout is, by something other than what is optimised: higher is better."""


class Moment(NamedTuple):
    """A place on the first picture's way: step, time, latents in the model's input space, and what the model says
    there without words."""

    step: int
    t: Tensor
    x: Tensor
    without: Tensor | None


@dataclass(frozen=True)
class Incantation:
    """The better picture, and how it came about.

    `learned` are its tokens, or None where the referee preferred the picture without. `scores` are the referee's, the
    first without tokens; `history` has the terms of the loss at every iteration; `forward_equivalents` counts
    everything, the pictures for the referee included (CLIP and the VAE are not passes of the denoiser; `seconds` has
    them).
    """

    rendering: Rendering
    learned: Tensor | None
    scores: tuple[float, ...]
    history: tuple[Mapping[str, float], ...]
    neglected: tuple[str, ...]
    forward_equivalents: float
    seconds: float


class Incanter:
    """Learns tokens with one painter. `semantics` may be missing where only attention is the objective."""

    def __init__(self, painter: Painter, semantics: Semantics | None, referee: Referee) -> None:
        self.painter, self.semantics, self.referee = painter, semantics, referee

    def __call__(self, layout: Layout, *, seed: int = 0, incant: Incant | None = None, start: Tensor | None = None,
                 **options: Any) -> Incantation:
        """The picture of a layout with the tokens that the referee likes best. `start` are tokens learned before."""
        return _Search(self, layout, seed, incant or Incant(), options).run(start)


class _Search:
    """One prompt's search, in order."""

    def __init__(self, incanter: Incanter, layout: Layout, seed: int, incant: Incant, options: dict[str, Any]) -> None:
        self.painter, self.semantics, self.referee = incanter.painter, incanter.semantics, incanter.referee
        self.backbone: Backbone = self.painter.backbone
        self.layout, self.seed, self.incant, self.options = layout, seed, incant, options
        self.began, self.spent = time.perf_counter(), 0.0
        self.job, self.settings = self.painter.prepare(layout, seed, **options)
        if incant.objective == "meaning" and self.semantics is None:
            raise BadRequest("the objective `meaning` needs a CLIP model; give one, or use the objective `attention`")
        if incant.objective == "attention" and self.job.target is None:
            raise BadRequest("the objective `attention` needs placed things; the layout has none")

    def run(self, start: Tensor | None) -> Incantation:
        """Paint, look, learn, paint again, keep the best."""
        first = self._paint(None, keep=True)
        moments = self._moments(first)
        offset = self._start(start)
        loss: Loss = (Meaning(self, first, moments) if self.incant.objective == "meaning"
                      else AttentionLoss(self, moments, self.target(offset)))
        iterates, history = self._learn(loss, offset, len(moments))
        candidates = [(None, first), *((tokens, self._paint(tokens)) for tokens in iterates)]
        scores = [self.referee(rendering.image, self.layout) for _, rendering in candidates]
        learned, best = candidates[scores.index(max(scores))]
        return Incantation(best, learned, tuple(scores), tuple(history), loss.neglected, self.spent,
                           time.perf_counter() - self.began)

    def _paint(self, learned: Tensor | None, keep: bool = False) -> Rendering:
        found = self.painter.paint(self.layout, seed=self.seed, learned=learned, keep=keep, **self.options)[0]
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

    def _learn(self, loss: Loss, offset: Tensor, moments: int) -> tuple[list[Tensor], list[dict[str, float]]]:
        """The iterates to be painted and the course of the loss."""
        offset = offset.detach().clone().requires_grad_()
        optimiser = torch.optim.Adam([offset], lr=self.incant.rate)
        total, checks = self.incant.iterations, min(self.incant.checks, self.incant.iterations)
        shown = {round(total * (n + 1) / checks) for n in range(checks)}
        iterates, history = [], []
        for n in range(1, total + 1):
            terms, gradient = loss(offset, n % moments)
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
    def _moments(self, first: Rendering) -> list[Moment]:
        """Evenly over the part of the trajectory in which content is decided."""
        total = self.settings.steps
        last = max(1, min(total, round(self.incant.until * total)))
        steps = sorted({int((n + 0.5) * last / self.incant.moments) for n in range(self.incant.moments)})
        return [self.moment(first, step) for step in steps]

    @torch.no_grad()
    def moment(self, first: Rendering, step: int) -> Moment:
        """One place on the first picture's way."""
        assert first.trajectory is not None
        scheduler = schedule(self.backbone, self.settings.steps, self.painter.kind, self.job.shape)
        t = scheduler.timesteps[step]
        x = scheduler.scale_model_input(first.trajectory.latents[step], t)
        without = None
        if self.settings.guidance_scale != 1 and self.incant.objective == "meaning":
            empty = self.backbone.place(self.backbone.stack([self.job.negative]), [[]])
            without = self.backbone.predict(x, t, empty)
            self.spent += 1
        return Moment(step, t, x, without)

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

    def clean(self, moment: Moment, tokens: Tensor | None) -> Tensor:
        """The pixels of x̂₀: where one step from here would end, with classifier-free guidance."""
        output = self.backbone.predict(moment.x, moment.t, self.conditioning(tokens))
        if moment.without is not None:
            output = moment.without + self.settings.guidance_scale * (output - moment.without)
        self.spent += 1
        return self.backbone.pixels(self.backbone.clean(moment.x, moment.t, output))


class Loss(Protocol):
    """An objective: the terms of the loss at an offset, and its gradient."""

    neglected: tuple[str, ...]

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """At the moment numbered `at`."""
        ...


class Meaning:
    """What CLIP makes of the picture and of the prompt with its tokens."""

    @torch.no_grad()
    def __init__(self, search: _Search, first: Rendering, moments: Sequence[Moment]) -> None:
        assert search.semantics is not None
        assert first.trajectory is not None
        self.search, self.semantics, self.moments, incant = search, search.semantics, moments, search.incant
        self.translate = self.semantics.translator(search.backbone.lexicon())
        text = search.job.words.text
        coarse = search.moment(first, min(search.settings.steps - 1, round(incant.coarse * search.settings.steps)))
        fine = self.semantics.picture(search.backbone.pixels(first.trajectory.result))
        self.finer = fine - self.semantics.picture(search.clean(coarse, None))
        self.neglected = self.semantics.neglected(fine, text, incant.neglect_below)
        self.goal, self.poorer = self.semantics.text(text), self.semantics.text(masked(text, self.neglected))

    def terms(self, picture: Tensor, told: Tensor, offset: Tensor) -> dict[str, Tensor]:
        """The loss, term by term, from the embeddings of x̂₀ and of the text with its tokens."""
        fits = picture @ self.goal
        return {
            "match": 1 - fits,
            "quality": 1 - F.cosine_similarity(self.finer, told - self.goal, dim=0),
            "consistency": 1 - told @ self.goal,
            "neglect": F.relu(picture @ self.poorer - fits + self.search.incant.margin) * bool(self.neglected),
            "sparsity": self.search.sparsity(offset)}

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """One pass and its backward, through the VAE and CLIP."""
        with torch.enable_grad():
            tokens = self.search.tokens(offset)
            told = self.semantics.text(self.search.job.words.text, self.translate(tokens))
            picture = self.semantics.picture(self.search.clean(self.moments[at], tokens))
            terms = self.terms(picture, told, offset)
            total = torch.stack([getattr(self.search.incant, name) * term for name, term in terms.items()]).sum()
            gradient = torch.autograd.grad(total, offset)[0]
        self.search.spent += 1
        return {name: float(term.detach()) for name, term in terms.items()}, gradient


class AttentionLoss:
    """The refocusing energy of the prompt with its tokens: tokens that lead attention where the layout wants it."""

    def __init__(self, search: _Search, moments: Sequence[Moment], target: Target) -> None:
        self.search, self.moments, self.target, self.neglected = search, moments, target, tuple[str, ...]()
        self.refocus = (search.settings.refocus or Refocus()).model_copy(update={"profile": "ours"})
        self.share = search.painter.truncated_share(search.job.shape, search.conditioning(None))

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """One truncated pass and its backward."""
        search, moment = self.search, self.moments[at]
        with torch.enable_grad():
            cond = search.conditioning(search.tokens(offset))
            refocuser = Refocuser(self.refocus, search.backbone, cond, [self.target], search.settings.steps)
            look, hooks = refocuser.watches(moment.x, moment.t, [0])

            def downhill() -> tuple[dict[str, float], Tensor]:
                energy = our_measure(self.refocus, self.target, look()[0], IDLE).energy
                sparsity = search.sparsity(offset)
                total = energy + search.incant.sparsity * sparsity
                terms = {"attention": float(energy.detach()), "sparsity": float(sparsity.detach())}
                return terms, torch.autograd.grad(total, offset)[0]

            found = search.backbone.attend(moment.x, moment.t, cond, hooks, downhill)
        search.spent += 2 * self.share
        return found
