"""What judging needs to know of the pocket world: its words, its sizes, and pictures with known content."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from grounding.pocket.captions import caption
from grounding.pocket.paint import draw
from grounding.pocket.palette import COLOURS, TEXTURES
from grounding.pocket.pictures import SCALES, Picture
from grounding.pocket.shapes import KINDS
from grounding.pocket.world import picture
from grounding.verify.calibrate import Known, KnownThing
from grounding.verify.families import FAMILIES, Vocabulary
from grounding.verify.judges import Detector, Scorer
from grounding.verify.thresholds import Thresholds
from grounding.verify.verify import Verifier
from planner.scene import Box

THRESHOLDS = Path(__file__).with_name("pocket_thresholds.json")
"""As measured by `scenewright calibrate` on the shipped weights."""
FIRST_CALIBRATION_SEED = 40_000_000
"""Beyond all pictures that the models were trained on."""
SETTINGS = (
    ("on a plain background", "plain", "grey", "gray", "studio"), ("in the sky", "sky", "clouds", "air"),
    ("in a meadow", "meadow", "grass", "field"), ("on the beach", "beach", "shore", "coast"),
    ("in the snow", "snow", "snowy", "winter"), ("in the desert", "desert", "dunes"),
    ("in the forest", "forest", "woods"), ("in the city", "city", "town"), ("in a room", "room", "indoors"),
    ("under the sea", "sea", "water", "underwater", "ocean"),
)
MANNERS = (
    ("a drawing", "flat", "cartoon", "illustration"), ("a pencil sketch", "sketch", "pencil", "line"),
    ("a pastel drawing", "pastel", "pastels"), ("a night picture", "night", "dark"),
)


def vocabulary() -> Vocabulary:
    """The words that compete in the pocket world."""
    families = {**FAMILIES, "colour": tuple(COLOURS), "pattern": TEXTURES}
    return Vocabulary(families=families, settings=SETTINGS, manners=MANNERS, thing="{}")


def verifier(detector: Detector | None, scorer: Scorer | None, thresholds: Path | None,
             reasons: tuple[str, ...]) -> Verifier:
    """The verifier of pocket pictures."""
    measured = Thresholds.load(thresholds or THRESHOLDS) if thresholds or THRESHOLDS.exists() else Thresholds()
    return Verifier(detector, scorer, measured, vocabulary=vocabulary(), bystanders=KINDS, scales=SCALES,
                    reasons=reasons)


def known_pictures(count: int) -> Iterator[tuple[Image.Image, Known]]:
    """Pictures drawn by code, which no model has seen, with all that is in them."""
    for seed in range(FIRST_CALIBRATION_SEED, FIRST_CALIBRATION_SEED + count):
        shown = picture(seed)
        yield Image.fromarray(draw(shown)), known(shown)


def known(shown: Picture) -> Known:
    """What is in a pocket picture."""
    things = tuple(KnownThing(noun=i.kind, box=Box.of(*i.box), attributes=(i.colour, i.texture)) for i in shown.items)
    return Known(things=things, caption=caption(shown, random.Random(shown.seed)), background=shown.background,
                 style=shown.style)
