"""How a checkpoint is brought into memory, as plain data: precision, offloading, LoRAs, a ControlNet, a single file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from grounding.errors import BadRequest
from planner.scene import Data

Precision = Literal["float32", "float16", "bfloat16"]
Offload = Literal["none", "model", "sequential"]
Place = Annotated[str, Field(min_length=1, max_length=4096)]
MOST_LORAS = 16


class Lora(Data):
    """A LoRA in a `.safetensors` file, or in a folder that holds one, and how much of it is added to the weights."""

    path: Place
    weight: Annotated[float, Field(ge=-10.0, le=10.0)] = 1.0

    @classmethod
    def all_of(cls, text: str) -> tuple[Self, ...]:
        """Those in "style.safetensors:0.8, folder"."""
        return tuple(cls._of(part.strip()) for part in text.split(",") if part.strip())

    @classmethod
    def _of(cls, text: str) -> Self:
        path, colon, weight = text.rpartition(":")
        try:
            return cls(path=path, weight=float(weight)) if colon and not Path(text).exists() else cls(path=text)
        except ValueError:
            raise BadRequest(f"expected a LoRA as `file.safetensors:0.8` with a weight from -10 to 10, got `{text}`"
                             ) from None


class Followed(Data):
    """The folder of a ControlNet, and the picture that it follows (edges, depth, a pose … as the net was trained)."""

    net: Place
    picture: Place
    strength: Annotated[float, Field(ge=0.0, le=10.0)] = 1.0


class Loading(Data):
    """How a checkpoint is brought into memory. With `offload` a part lies on the device only while it is at work: a
    whole model at a time, or one layer after the other, which is slowest and takes least."""

    dtype: Precision = "float32"
    offload: Offload = "none"
    attention_slicing: bool = False
    loras: Annotated[tuple[Lora, ...], Field(max_length=MOST_LORAS)] = ()
    control: Followed | None = None
    config: Annotated[str, Field(max_length=4096)] = ""
    """For a single file: a folder of the same family, from which tokenizers and descriptions are taken."""


PLAIN = Loading()
