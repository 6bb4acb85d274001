"""Layouts to pictures: what to paint is checked and encoded, the loop is run, and every picture gets its receipt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor

from grounding import spans
from grounding.attention import Hook
from grounding.backbone import Backbone, Conditioning, Shape, Words
from grounding.errors import AttemptFailed, BadRequest
from grounding.receipt import Cost, Receipt
from grounding.sampler import Moment, Trajectory, denoise, draw_noise, schedule
from planner.scene import Layout


@dataclass(frozen=True)
class Step:
    """What a caller is told after each step. `preview()` decodes what the picture is heading for; it costs a decoding."""

    index: int
    total: int
    seconds: float
    preview: Callable[[], list[Image]]


@dataclass(frozen=True)
class Rendering:
    """A picture, how it was made, and (on request) the way from noise to it."""

    image: Image
    layout: Layout
    receipt: Receipt
    trajectory: Trajectory | None = None
