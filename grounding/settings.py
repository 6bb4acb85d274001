"""How to paint, as plain data without torch: one value from the settings to the receipt, with one set of bounds."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from planner.scene import Box, Data, ThingId

SATISFIED = 0.2
"""The published stop test: every box has a peak of at least this."""

DOUBTFUL = 0.9
"""A receipt calls a thing weak whose last watched peak is lower. On the pocket, bound, 120 crowded pictures: 18 of 38
things that were missing then, and 28 of 473 that were there."""

Steps = Annotated[int, Field(ge=1, le=1000)]
GuidanceScale = Annotated[float, Field(ge=1.0, le=100.0)]
"""At 1 only the half with words is computed."""
Strength = Annotated[float, Field(ge=0.0, le=100.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Side = Annotated[float, Field(gt=0.0, le=1.0)]
Logit = Annotated[float, Field(ge=0.0, le=1000.0)]
Weight = Annotated[float, Field(ge=0.0, le=1000.0)]
Negative = Annotated[str, Field(max_length=2000)]
Scheduler = Literal["own", "ddim", "ddpm", "euler", "euler-ancestral", "dpm++-2m", "heun", "lms", "pndm", "unipc",
                    "flow-euler", "flow-heun"]
"""How noise is taken away, step by step; `own` is what the checkpoint brings."""
ByThing = Annotated[dict[ThingId, Strength], Field(max_length=1000)]
"""Factors of single things, by their id; 1 for those that are not named."""


class Term(Data):
    """The settings of one guidance term, a field of `How`. What it does is in the module of `grounding.guide` that
    `home` names, whose `guidance` makes it."""

    home: ClassVar[str]


class Refocus(Term):
    """How attention is refocused. `scale` multiplies every profile's steps; 0 is exactly no guidance.

    The rest is for `ours`: whether the boxes of one phrase are one region for self-attention or each its own, how long
    it may act, how many updates a step may make (the first one twice as many), how large they are (in units of the
    noise), and below which share of its noun's attention in its own cells a thing counts as weak; `weak_bound` where
    things are bound, for there each has a text of its own, and what the prompt's words do says less.

    `weights` are for `ours` too: by what factor the pull of single things is stronger than `scale` makes it. As many
    times less of its attention may stray before such a thing is left alone, and it may be moved until `longer`.
    """

    home: ClassVar[str] = "refocus"

    profile: Literal["paper", "head", "ours"] = "ours"
    scale: Strength = 1.0
    cross: bool = True
    self_attention: bool = True
    united: bool = False
    until: Fraction = 0.15
    updates: Annotated[int, Field(ge=1, le=20)] = 1
    step: Annotated[float, Field(gt=0.0, le=10.0)] = 0.1
    weak: Fraction = 0.6
    weak_bound: Fraction = 0.05
    weights: ByThing = Field(default_factory=dict)
    longer: Fraction = 0.6

    @property
    def active(self) -> bool:
        """Whether it does anything."""
        return self.scale > 0 and (self.cross or self.self_attention)

    @property
    def most(self) -> float:
        """The largest weight of any thing."""
        return max([1.0, *self.weights.values()])


class Bind(Term):
    """How firmly things are bound, in logits, over the first `until` of the trajectory (fading out linearly)."""

    home: ClassVar[str] = "bind"

    until: Fraction = 0.6
    hold: Logit = 10.0
    """How far the prompt's other words are held back inside a thing's cells."""
    clear: Logit = 10.0
    """How far the things' words are held back outside their boxes."""
    pull: Logit = 2.0
    """How far a thing's words are favoured inside its cells."""
    part: Logit = 10.0
    """How far instances are kept from looking at each other."""
    own: bool = True
    """Whether each thing brings its own text."""
    lift: Annotated[float, Field(ge=1.0, le=10.0)] = 2.0
    """How many times as strong classifier-free guidance is in the cells of things, where there is any and several are
    planned."""
    even: Annotated[float, Field(ge=1.0, le=10.0)] = 3.0
    """How many times as strong again it may be where a thing's words make less of a difference than another's do."""
    scales: Annotated[dict[str, Side], Field(max_length=16)] = Field(default_factory=dict)
    """What size words mean to the model, as longer sides of boxes. A thing of whose size nothing is said has the word
    for the smallest or the largest in its own text where its box is that size; those between go without saying."""
    firmness: ByThing = Field(default_factory=dict)
    """By what factor single things are bound more firmly than that, in their own cells and outside all boxes."""
    empty: Annotated[tuple[Box, ...], Field(max_length=64)] = ()
    """Areas that belong to the background where no thing is planned: all things' words and the prompt's summary are
    held back there twice as far, and nothing of the things is looked at from there."""

    @property
    def active(self) -> bool:
        """Whether it does anything."""
        bound = self.own or max(self.lift, self.even) > 1 or max(self.hold, self.clear, self.pull, self.part) > 0
        return self.until > 0 and bound


class Mend(Data):
    """What of an earlier picture is painted anew: these areas, with a `margin` in parts of the canvas. All else stays.

    `things` are what belongs there, and only of them are the words; if none is named, the words are the whole
    layout's. `until` takes the place of `Bind.until`: the rest of the picture, which stays, sees to the setting."""

    areas: Annotated[tuple[Box, ...], Field(min_length=1, max_length=256)]
    things: Annotated[tuple[ThingId, ...], Field(max_length=1000)] = ()
    margin: Fraction = 0.04
    until: Fraction = 1.0


class Incant(Data):
    """How tokens are learned, by the refocusing energy on attention maps. `rate` is in spreads of token embeddings per
    update, `until` the part of the trajectory from which `moments` are taken."""

    tokens: Annotated[int, Field(ge=1, le=64)] = 4
    iterations: Annotated[int, Field(ge=1, le=1000)] = 20
    rate: Annotated[float, Field(gt=0.0, le=10.0)] = 0.02
    checks: Annotated[int, Field(ge=1, le=20)] = 2
    """How many iterates are painted, besides the picture without tokens."""
    moments: Annotated[int, Field(ge=1, le=20)] = 2
    until: Fraction = 0.5
    sparsity: Weight = 0.01
    start_noise: Fraction = 0.01


Layered = Literal["no", "hiding", "apart"]
"""What is painted alone, cut out and laid over the rest: nothing, what hides something, or the things of every kind."""


class How(Data):
    """How to paint, apart from what.

    `tokens` asks for prompt tokens that are learned for each picture, `mend` for a part of an earlier picture to be
    painted anew. With `pixels` the canvas is meant so large, and not only in this shape. With `watch` the receipt knows
    what is weak even where nothing is refocused.
    """

    steps: Steps = 25
    guidance_scale: GuidanceScale = 7.5
    bind: Bind | None = None
    refocus: Refocus | None = None
    tokens: Incant | None = None
    mend: Mend | None = None
    negative: Negative = ""
    scheduler: Scheduler = "own"
    layered: Layered = "no"
    pixels: bool = False
    watch: bool = True

    @model_validator(mode="after")
    def _learns_for_whole_pictures(self) -> Self:
        if self.mend is not None and self.tokens is not None:
            raise ValueError("tokens are learned for whole pictures: not while a part of one is mended")
        return self

    def but(self, **changes: Any) -> Self:
        """The same with these fields changed, within the same bounds."""
        return type(self).model_validate({**dict(self), **changes})

    def asked(self, steps: int | None = None, guidance_scale: float | None = None, strength: float = 1.0) -> Self:
        """This, where nothing else is asked for; a `strength` of 0 paints without guidance to the layout."""
        return self.but(
            steps=self.steps if steps is None else steps,
            guidance_scale=self.guidance_scale if guidance_scale is None else guidance_scale,
            refocus=self.refocus.model_copy(update={"scale": strength}) if self.refocus and strength else None,
            bind=self.bind if strength else None, layered=self.layered if strength else "no")

    @property
    def strength(self) -> float:
        """What strength was asked for."""
        return self.refocus.scale if self.refocus else 0.0

    @property
    def guides(self) -> bool:
        """Whether single things can be led more firmly than they are."""
        return self.refocus is not None or self.bind is not None

    @property
    def terms(self) -> tuple[Term, ...]:
        """What leads the picture to its layout, in order: the passes of a later one go through the earlier ones."""
        mended = {"bind": self.bind.model_copy(update={"until": self.mend.until})} if self.bind and self.mend else {}
        return tuple(value for value in {**dict(self), **mended}.values() if isinstance(value, Term))

    @property
    def plain_passes(self) -> float:
        """What one picture of so many steps costs without guidance to its layout, in forward passes."""
        return float(self.steps * (1 if self.guidance_scale == 1 else 2))


GUIDED = How(refocus=Refocus(), bind=Bind())
"""What a painter does that has no habits of its own."""
