"""Things that the loop painted and a person marked as sound or broken: a sheet of crops, and a line for each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from grounding.pocket.training.spoiled import SIDE, Lot
from grounding.pocket.world import KINDS

SHEET, LINES = (Path(__file__).with_name(name) for name in ("marked.webp", "marked.json"))


def marked_by_eye() -> Lot:
    """The marked things, in the order of the lines."""
    lines = json.loads(LINES.read_text(encoding="utf-8"))
    sheet = np.asarray(Image.open(SHEET).convert("RGB"))
    high, wide = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    crops = sheet.reshape(high, SIDE, wide, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)[: len(lines)]
    return Lot(crops, np.array([line["box"] for line in lines], dtype=np.float32),
               np.array([KINDS.index(line["kind"]) for line in lines]), np.array([line["sound"] for line in lines]))
