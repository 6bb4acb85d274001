"""A canvas as people write it: a ratio like 16:9 or a size like 768x512."""

from __future__ import annotations

import re

from planner.errors import BadInput
from planner.scene import Canvas

SHORT, LEEWAY, STEP = 512, 64, 8
"""A ratio becomes a canvas whose shorter side has about SHORT pixels, both sides multiples of STEP."""
LONGEST = 8192
STRETCH = 16


def canvas_of(text: str) -> Canvas:
    """The canvas that the text names."""
    if found := re.fullmatch(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*", text, re.IGNORECASE | re.ASCII):
        return _checked(text, int(found[1]), int(found[2]))
    if (found := re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", text, re.ASCII)) and int(found[1]) and int(found[2]):
        return _checked(text, *_sized(int(found[1]), int(found[2])))
    raise BadInput(f"expected a canvas like `16:9` or `768x512`, got `{text}`")


def _sized(w: int, h: int) -> tuple[int, int]:
    """A size near SHORT of exactly this ratio where there is one, else of nearly this ratio."""
    exact = [k for k in range(1, SHORT + LEEWAY) if w * k % STEP == 0 == h * k % STEP]
    nearest = min(exact, key=lambda k: abs(k * min(w, h) - SHORT), default=0)
    if abs(nearest * min(w, h) - SHORT) <= LEEWAY:
        return w * nearest, h * nearest
    scale = SHORT / min(w, h)
    return round(w * scale / STEP) * STEP, round(h * scale / STEP) * STEP


def _checked(text: str, width: int, height: int) -> Canvas:
    short, long = sorted((width, height))
    if short < 1 or long > min(LONGEST, STRETCH * short):
        raise BadInput(f"expected a canvas of 1 to {LONGEST} pixels a side, the longer at most {STRETCH} times the "
                       f"shorter, got `{text}`")
    return Canvas(width=width, height=height)
