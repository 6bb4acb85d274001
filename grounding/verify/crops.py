"""The crop of one thing: its box on a grey square, so that neither neighbours nor a centre crop change the picture."""

from __future__ import annotations

import math

from PIL import Image

from planner.scene import Box

GREY = (153, 153, 153)
MARGIN = 0.06
LEAST = 4
"""No crop is smaller than this many pixels a side."""

Pixels = tuple[int, int, int, int]


def pixel_box(box: Box, size: tuple[int, int], margin: float = MARGIN) -> Pixels:
    """The box in pixels `left top right bottom`, widened by a share of its size, within the image."""
    w, h = size
    dx, dy = margin * box.w, margin * box.h
    left, top = math.floor((box.x0 - dx) * w), math.floor((box.y0 - dy) * h)
    right, bottom = math.ceil((box.x1 + dx) * w), math.ceil((box.y1 + dy) * h)
    left, top = min(max(left, 0), max(w - LEAST, 0)), min(max(top, 0), max(h - LEAST, 0))
    return left, top, min(max(right, left + LEAST), w), min(max(bottom, top + LEAST), h)


def crop(image: Image.Image, pixels: Pixels) -> Image.Image:
    """These pixels in the middle of a grey square."""
    piece = image.crop(pixels)
    side = max(piece.size)
    square = Image.new("RGB", (side, side), GREY)
    square.paste(piece, ((side - piece.width) // 2, (side - piece.height) // 2))
    return square
