"""A canvas as people write it: a ratio like 16:9 or a size like 768x512."""

from __future__ import annotations

import re

from planner.errors import BadInput
from planner.scene import Canvas

SHORT, STEP = 512, 8
"""A ratio becomes a canvas whose shorter side has SHORT pixels, the longer one a multiple of STEP."""
LONGEST = 8192
STRETCH = 16


def canvas_of(text: str) -> Canvas:
    """The canvas that the text names."""
    if found := re.fullmatch(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*", text, re.IGNORECASE | re.ASCII):
        return _checked(text, int(found[1]), int(found[2]))
    if (found := re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", text, re.ASCII)) and int(found[1]) and int(found[2]):
        w, h = int(found[1]), int(found[2])
        return _checked(text, _side(w, h), _side(h, w))
    raise BadInput(f"expected a canvas like `16:9` or `768x512`, got `{text}`")


def _side(this: int, other: int) -> int:
    return SHORT if this <= other else round(SHORT * this / other / STEP) * STEP


def _checked(text: str, width: int, height: int) -> Canvas:
    short, long = sorted((width, height))
    if short < 1 or long > min(LONGEST, STRETCH * short):
        raise BadInput(f"expected a canvas of 1 to {LONGEST} pixels a side, the longer at most {STRETCH} times the "
                       f"shorter, got `{text}`")
    return Canvas(width=width, height=height)
