"""What is written on a picture, where an OCR library is installed: `pip install 'scenewright[ocr]'`.

RapidOCR's wheel carries its ONNX weights, so that nothing is downloaded. Lines are compared with what should be written
by edit distance, since a letter misread on a sign is no missing sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from planner.scene import Box

READABLE = 0.85
"""Likeness from which a line is what should be written: one letter in seven may be misread. On signs drawn by code
(`tests/bench/signs.py`) the right words stay above it, and words of which a third is changed below."""
LEAST_SIDE = 320
"""Smaller pictures are enlarged to this: text of a few pixels is not read."""


class Writing(NamedTuple):
    """A line of text and where it stands."""

    text: str
    box: Box


Lines = tuple[Writing, ...]


class Likeness(NamedTuple):
    """The line that is most like what should be written, and how like it is, from 0 to 1."""

    line: Writing
    likeness: float


def available() -> bool:
    """Whether something here reads text."""
    return find_spec("rapidocr") is not None


def read_lines(image: Image.Image) -> Lines | None:
    """Every line that is written on a picture, top to bottom; None where nothing here reads."""
    if not available():
        return None
    times = max(1.0, LEAST_SIDE / min(image.size))
    large = image.convert("RGB").resize((round(image.width * times), round(image.height * times)),
                                        Image.Resampling.BICUBIC)
    found: Any = _reader()(np.asarray(large)[..., ::-1])
    if found.txts is None:
        return ()
    lines = [Writing(str(text), _around(corners, large.size))
             for text, corners in zip(found.txts, found.boxes, strict=True)]
    return tuple(sorted(lines, key=lambda line: (line.box.y0, line.box.x0)))


def best_line(wanted: str, lines: Sequence[Writing]) -> Likeness | None:
    """The line, or several lines one after the other, that comes nearest to what should be written."""
    runs = [Writing(" ".join(line.text for line in lines[i:j]), Box.hull(line.box for line in lines[i:j]))
            for i in range(len(lines)) for j in range(i + 1, min(i + 4, len(lines)) + 1)]
    scored = [Likeness(line, likeness(wanted, line.text)) for line in runs]
    return max(scored, key=lambda found: found.likeness, default=None)


def likeness(wanted: str, read: str) -> float:
    """1 − edit distance / length of the longer one, of letters and digits in lower case."""
    a, b = _letters(wanted), _letters(read)
    return 1 - _distance(a, b) / max(len(a), len(b), 1)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _distance(a: str, b: str) -> int:
    """Levenshtein's: the fewest letters put in, left out or changed that make one of the other."""
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (letter != other))
    return row[-1]


def _around(corners: Any, size: tuple[int, int]) -> Box:
    points = np.asarray(corners, dtype=np.float64).reshape(-1, 2) / np.array(size)
    (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
    return Box.of(x0, y0, max(x1, x0 + 1e-3), max(y1, y0 + 1e-3))


@lru_cache(maxsize=1)
def _reader() -> Any:
    return import_module("rapidocr").RapidOCR(params={"Global.log_level": "error"})
