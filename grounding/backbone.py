"""What a model family must say about itself so that everything else in this package can use it.

A family is one file in `backbones/` that implements `Backbone`. Everything here is in the model's own input space:
`x` is what the denoiser is given (after the scheduler's scaling), `t` the scheduler's timestep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from PIL.Image import Image
from torch import Tensor
from torch.nn import functional as F

from grounding.attention import Hook, Layer

R = TypeVar("R")


class Shape(NamedTuple):
    """The shape of one latent."""

    channels: int
    rows: int
    cols: int


class Placed(NamedTuple):
    """One thing for a model's own grounding layers: its words and its box."""

    text: str
    corners: tuple[float, float, float, float]


class Habit(NamedTuple):
    """How a family is run where nothing else is said; at a guidance scale of 1 only the prompt's half is."""

    steps: int
    guidance_scale: float


class Blank(NamedTuple):
    """A neutral token, and the spread of token embeddings in each dimension: where learned tokens start and in which
    units they move."""

    embedding: Tensor  # "dim"
    spread: Tensor  # "dim"


class Lexicon(NamedTuple):
    """The token embeddings of a model's (first) text encoder: what each piece means, and which part of a learned token
    stands in this space."""

    pieces: Mapping[str, int]
    table: Tensor  # "tokens dim"
    part: slice


@dataclass(frozen=True)
class Words:
    """A text as one model reads it: one column of `states` per token.

    `offsets` gives each column's characters in `text` (an empty range for special tokens and padding); `content` the
    columns between the start token and the end token; `dropped` what did not fit the model's limit, `partly` what did
    not fit that of one of its encoders.
    """

    text: str
    states: Tensor  # "columns dim"
    offsets: tuple[tuple[int, int], ...]
    content: range
    dropped: str = ""
    partly: str = ""
    extra: Mapping[str, Tensor] = field(default_factory=dict)

    def columns(self, start: int, end: int) -> tuple[int, ...]:
        """The columns whose characters overlap `start:end` of the text."""
        return tuple(c for c in self.content if max(start, self.offsets[c][0]) < min(end, self.offsets[c][1]))

    @property
    def spoken(self) -> tuple[int, ...]:
        """The columns that have characters. Where several encoders read, `content` also spans what is between."""
        return self.columns(0, len(self.text))

    @property
    def summary(self) -> tuple[int, ...]:
        """The columns after the words: end tokens, learned tokens and padding."""
        spoken = set(self.spoken)
        return tuple(c for c in range(self.content.start, len(self.offsets)) if c not in spoken)

    @property
    def gist(self) -> Tensor:
        """The states of the words, each run of them with the column that follows it (its end token)."""
        spoken = set(self.spoken)
        kept = [c for c in range(len(self.offsets)) if c in spoken or c - 1 in spoken]
        return self.states[kept]


@dataclass(frozen=True)
class Conditioning:
    """A batch of encoded texts. `extra` is passed to the denoiser by name (pooled embeddings, boxes, residuals …)."""

    states: Tensor  # "batch columns dim"
    extra: Mapping[str, Tensor] = field(default_factory=dict)
    beyond: int = 0
    """How many of the last columns only hooks know what to do with."""

    @property
    def batch(self) -> int:
        """How many there are."""
        return int(self.states.shape[0])

    @property
    def text(self) -> Tensor:
        """The states without what is beyond the texts: for parts of a model that no hook reaches."""
        return self.states[:, : self.states.shape[1] - self.beyond]

    def widened(self, columns: int) -> Conditioning:
        """The same texts with zeros up to so many columns, which a hook must hide."""
        more = columns - self.states.shape[1]
        return Conditioning(F.pad(self.states, (0, 0, 0, more)), self.extra, self.beyond + more)

    def pick(self, rows: Sequence[int]) -> Conditioning:
        """Some rows of the batch."""
        extra = {name: value[list(rows)] for name, value in self.extra.items()}
        return Conditioning(self.states[list(rows)], extra, self.beyond)

    def __add__(self, other: Conditioning) -> Conditioning:
        """Both batches, one after the other."""
        extra = {name: torch.cat([value, other.extra[name]]) for name, value in self.extra.items()}
        return Conditioning(torch.cat([self.states, other.states]), extra, self.beyond)


class Backbone(Protocol):
    """An image model: texts to states, latents and states to a prediction, latents to pictures."""

    name: str
    habit: Habit
    native_boxes: int
    """How many boxes the model's own grounding layers take; 0 where it has none."""
    device: torch.device
    dtype: torch.dtype

    def fingerprint(self) -> str:
        """A hash of the weights, as they were loaded."""
        ...

    def shape(self, width: int, height: int) -> Shape:
        """The latent's shape for a picture of this size. Raises `BadRequest` for a size that the model cannot do."""
        ...

    def size(self) -> tuple[int, int]:
        """The width and height that the model was trained for."""
        ...

    def encode(self, texts: Sequence[str], learned: Tensor | None = None) -> list[Words]:
        """The texts as the model reads them.

        `learned` ("tokens dim" of the token-embedding space) stands after each text's last word, before the end token,
        and is differentiable.
        """
        ...

    def blank(self) -> Blank:
        """What learned tokens start from."""
        ...

    def lexicon(self) -> Lexicon:
        """The token embeddings that a judge of texts may share."""
        ...

    def stack(self, words: Sequence[Words]) -> Conditioning:
        """A batch of them."""
        ...

    def place(self, cond: Conditioning, placed: Sequence[Sequence[Placed]]) -> Conditioning:
        """The texts with things for the model's own grounding layers, one sequence per row (empty where none is)."""
        ...

    def layers(self, shape: Shape, t: Tensor | None = None) -> tuple[Layer, ...]:
        """Its attention layers in the order in which a pass (at `t`, if that makes a difference) runs them."""
        ...

    def grid(self, shape: Shape) -> tuple[int, int]:
        """Rows and columns of the layers at which layout is decided: 16×16 in Stable Diffusion 1."""
        ...

    def predict(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook] = ()) -> Tensor:
        """One pass: what the scheduler calls the model output."""
        ...

    def attend(self, x: Tensor, t: Tensor, cond: Conditioning, hooks: Sequence[Hook], then: Callable[[], R],
               during: Sequence[Hook] = ()) -> R:
        """The part of a pass that `hooks` want to see: it ends in the last layer that any of them wants.

        `during` are hooks that change the layers up to there, after `hooks` have seen them. `then` runs (and its answer
        is returned) while all of them are still in place: a backward pass through checkpointed activations runs the
        layers again.
        """
        ...

    def clean(self, x: Tensor, t: Tensor, output: Tensor) -> Tensor:
        """The picture (as a latent) that `output` points at: x̂₀."""
        ...

    def noise_level(self, t: Tensor) -> float:
        """The standard deviation of the noise in `x` at `t`."""
        ...

    def pixels(self, latents: Tensor) -> Tensor:
        """Latents to pixels in −1 … 1 ("batch 3 height width"), differentiably."""
        ...

    def decode(self, latents: Tensor) -> list[Image]:
        """Latents to pictures."""
        ...

    def encode_images(self, images: Sequence[Image]) -> Tensor:
        """Pictures to latents (the mean, no noise)."""
        ...

    def scheduler(self, kind: type[Any] | None = None, shape: Shape | None = None) -> Any:
        """A fresh diffusers scheduler with the checkpoint's configuration, of the checkpoint's kind or of another.

        `shape` matters to families whose noise schedule depends on the size of the picture.
        """
        ...
