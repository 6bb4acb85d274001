"""What painting gives: pictures with their receipts, and steps on the way to them. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounding.receipt import Receipt

if TYPE_CHECKING:
    from PIL.Image import Image

    from grounding.sampler import Trajectory


@dataclass(frozen=True)
class Step:
    """Step `index` of `total` is done, after so many seconds. `preview()` decodes what the pictures are heading for, at
    the price of a decoding; `attention` is the strength of each thing, one mapping per picture."""

    index: int
    total: int
    preview: Callable[[], Sequence[Image]]
    seconds: float = 0.0
    attention: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True)
class Painting:
    """A picture, how it was made, and (on request) the way from noise to it."""

    image: Image
    receipt: Receipt
    trajectory: Trajectory | None = None
