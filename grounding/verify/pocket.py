"""The pocket world as known content: its words, its pictures with exact boxes, and the verifier of its own models."""

from __future__ import annotations

import random
from collections.abc import Iterator

from PIL import Image, ImageFilter

from grounding.pocket.captions import caption
from grounding.pocket.world import COLOURS, KINDS, SCALES, TEXTURES, Picture, draw, picture
from grounding.verify.calibrate import Known, KnownThing
from grounding.verify.families import Vocabulary
from grounding.verify.judges import Knowledge
from planner.scene import Box

VOCABULARY = Vocabulary(
    families={"colour": tuple(COLOURS), "pattern": TEXTURES},
    settings=(
        ("on a plain background", "plain", "grey", "gray"),
        ("in the sky", "sky", "clouds"),
        ("in a meadow", "meadow", "grass", "field", "lawn"),
        ("on the beach", "beach", "shore", "sea"),
        ("in the snow", "snow", "snowy", "winter"),
        ("in the desert", "desert", "dunes"),
        ("in the forest", "forest", "woods"),
        ("in the city", "city", "town"),
        ("in a room", "room", "indoors"),
        ("under the sea", "in the sea", "sea", "water", "underwater", "ocean"),
    ),
    manners=(
        ("cartoon", "flat", "illustration"),
        ("pencil sketch", "sketch", "pencil", "outline", "line"),
        ("pastel drawing", "pastel", "soft"),
        ("night picture", "night sky", "night", "dark"),
    ),
    thing="{}",
    even=("on a plain background", "in the sky"),
)
"""The competing words of the pocket world, said the way its captions say them."""
KNOWS = Knowledge(nouns=frozenset(KINDS), words=VOCABULARY.told())
"""What the pocket's detector and scorer were taught."""

_SETTING = dict(zip(("plain", "sky", "meadow", "beach", "snow", "desert", "forest", "city", "room", "sea"),
                    ("plain background", "sky", "meadow", "beach", "snow", "desert", "forest", "city", "room", "water"),
                    strict=True))
_MANNER = {"flat": "cartoon", "sketch": "pencil sketch", "pastel": "pastel", "night": "night"}
NOUNS = KINDS
"""What the verifier looks for in every pocket picture, asked for or not."""
UNSEEN = 60_000_000
"""The first of the pictures to measure on; no model was trained on any from 50,000,000 on."""
SIZES = SCALES
"""What size words mean in the pocket world: the longer side as a share of the picture."""


def known_of(drawn: Picture, words: random.Random) -> Known:
    """Everything that is in a pocket picture."""
    return Known(
        things=tuple(KnownThing(noun=item.kind, box=Box.of(*item.box), attributes=(item.colour, item.texture))
                     for item in drawn.items),
        caption=caption(drawn, words), background=_SETTING[drawn.background], style=_MANNER[drawn.style])


def pairs(count: int, seed: int = 0, size: int = 128) -> Iterator[tuple[Image.Image, Known]]:
    """Pocket pictures with their content, half of them softened the way painted pictures are softer than drawn ones."""
    words = random.Random(f"known pocket pictures {seed}")
    for number in range(count):
        drawn = picture(UNSEEN + 10_000 * seed + number)
        image = Image.fromarray(draw(drawn, size))
        if words.random() < 0.5:
            image = image.filter(ImageFilter.GaussianBlur(words.uniform(0.2, 0.8) * size / 128))
        yield image, known_of(drawn, words)
