"""Tokens led by what CLIP makes of the picture: the objective that the attention energy is compared with.

After Yu et al., "Seek for Incantations" (arXiv 2401.06345): guidance from coarse to fine, guidance by neglected words
that are masked, consistency with the text. The formulas and the one-step picture x̂₀ in place of sampling are this
project's.

    L = L_match + λ_q L_quality + λ_s L_consistency + λ_m L_neglect + λ_sp L_sparsity

with CLIP's unit embeddings I of the picture x̂₀ and T of texts, P the tokens:

    L_match = 1 − I·T(text)                                  the original text, so that P cannot move the goal
    L_quality = 1 − cos(I_fine − I_coarse, T(text+P) − T(text))   P points where denoising on moves the picture
    L_consistency = 1 − T(text+P)·T(text)
    L_neglect = max(0, I·T(text without neglected words) − I·T(text) + δ)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.bench.semantics import Semantics, masked
from grounding.guide.incantation import LearningMoment, Objective, Search
from grounding.rendering import Painting
from grounding.settings import Fraction, Weight
from planner.scene import Data


class Weights(Data):
    """What the terms count. `coarse` is a part of the trajectory, `neglect_below` the part of the range of similarities
    in which a word counts as neglected, `margin` δ."""

    coarse: Fraction = 0.2
    neglect_below: Fraction = 0.25
    margin: Fraction = 0.02
    match: Weight = 1.0
    quality: Weight = 1.0
    consistency: Weight = 0.5
    neglect: Weight = 1.0


def meaning(semantics: Semantics, weights: Weights | None = None) -> Objective:
    """The objective, as this CLIP understands pictures and words."""
    return lambda search, first, moments, start: Meaning(search, semantics, weights or Weights(), first, moments)


class Meaning:
    """What CLIP makes of the picture and of the prompt with its tokens."""

    @torch.no_grad()
    def __init__(self, search: Search, semantics: Semantics, weights: Weights, first: Painting,
                 moments: Sequence[LearningMoment]) -> None:
        assert first.trajectory is not None
        self.search, self.semantics, self.weights, self.moments = search, semantics, weights, moments
        self.without = [self._wordless(moment) for moment in moments]
        self.translate = semantics.translator(search.backbone.lexicon())
        text, steps = search.job.words.text, search.how.steps
        coarse = search.moment(first, min(steps - 1, round(weights.coarse * steps)))
        fine = semantics.picture(search.backbone.pixels(first.trajectory.result))
        self.finer = fine - semantics.picture(self._clean(coarse, self._wordless(coarse), None))
        self.neglected = semantics.neglected(fine, text, weights.neglect_below)
        self.goal, self.poorer = semantics.text(text), semantics.text(masked(text, self.neglected))

    def terms(self, picture: Tensor, told: Tensor, offset: Tensor) -> dict[str, Tensor]:
        """The loss, term by term, from the embeddings of x̂₀ and of the text with its tokens."""
        fits = picture @ self.goal
        return {
            "match": 1 - fits,
            "quality": 1 - F.cosine_similarity(self.finer, told - self.goal, dim=0),
            "consistency": 1 - told @ self.goal,
            "neglect": F.relu(picture @ self.poorer - fits + self.weights.margin) * bool(self.neglected),
            "sparsity": self.search.sparsity(offset)}

    def __call__(self, offset: Tensor, at: int) -> tuple[dict[str, float], Tensor]:
        """One pass and its backward, through the VAE and CLIP."""
        at %= len(self.moments)
        counted = {**dict(self.weights), "sparsity": self.search.incant.sparsity}
        with torch.enable_grad():
            tokens = self.search.tokens(offset)
            told = self.semantics.text(self.search.job.words.text, self.translate(tokens))
            picture = self.semantics.picture(self._clean(self.moments[at], self.without[at], tokens))
            terms = self.terms(picture, told, offset)
            total = torch.stack([counted[name] * term for name, term in terms.items()]).sum()
            gradient = torch.autograd.grad(total, offset)[0]
        self.search.spent += 1
        return {name: float(term.detach()) for name, term in terms.items()}, gradient

    def _wordless(self, moment: LearningMoment) -> Tensor | None:
        """What the model says at a moment without words; None where it is painted without such a half."""
        search = self.search
        if search.how.guidance_scale == 1:
            return None
        search.spent += 1
        empty = search.backbone.place(search.backbone.stack([search.job.negative]), [[]])
        return search.backbone.predict(moment.x, moment.t, empty)

    def _clean(self, moment: LearningMoment, without: Tensor | None, tokens: Tensor | None) -> Tensor:
        """The pixels of x̂₀: where one step from here would end, with classifier-free guidance."""
        backbone = self.search.backbone
        output = backbone.predict(moment.x, moment.t, self.search.conditioning(tokens))
        if without is not None:
            output = without + self.search.how.guidance_scale * (output - without)
        self.search.spent += 1
        return backbone.pixels(backbone.clean(moment.x, moment.t, output))
