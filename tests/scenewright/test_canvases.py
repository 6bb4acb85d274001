"""Canvases as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import BadInput
from scenewright.canvases import LONGEST, STEP, STRETCH, canvas_of


@pytest.mark.parametrize(("text", "size"), [
    ("1:1", (512, 512)), ("3:2", (768, 512)), ("16:9", (896, 504)), ("9:16", (504, 896)), ("768x512", (768, 512)),
    ("768X512", (768, 512)), (" 640 × 480 ", (640, 480)), ("1x1", (1, 1)),
])
def test_ratios_and_sizes_are_read(text: str, size: tuple[int, int]) -> None:
    canvas = canvas_of(text)
    assert (canvas.width, canvas.height) == size


@pytest.mark.parametrize("text", ["", "wide", "16/9", "16:", ":9", "0:9", "16:0", "-16:9", "0x0", "1x9000", "1:17",
                                  "1.5:1", "512", "512x", "99999x99999", "١٦:٩", "16:9:4", "16:9\n16:9"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="canvas"):
        canvas_of(text)


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_ratio_gives_sides_that_image_models_can_use_and_keeps_its_shape(w: int, h: int) -> None:
    if max(w, h) > STRETCH * min(w, h):
        return
    canvas = canvas_of(f"{w}:{h}")
    assert canvas.width % STEP == canvas.height % STEP == 0
    assert max(canvas.width, canvas.height) <= LONGEST
    assert canvas.width / canvas.height == pytest.approx(w / h, rel=0.02)
