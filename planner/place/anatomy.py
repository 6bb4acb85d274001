"""Where a part or garment usually is on its whole, and how large: a soft prior by noun. Claims override it.

Places are in fractions of the box of the whole, from -0.5 (left, top) to 0.5 (right, foot); those of a face in
fractions of the head. Several of one kind spread about their place, pairs side by side.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planner.kinds import kin_of
from planner.sizes import natural


class Spot(NamedTuple):
    """A centre, a size, how far several spread to each side, and how much of the part may stick out of the whole.

    A height of 0 is what the part's natural shape makes of the width; a width of 0 leaves its size to others.
    """

    x: float
    y: float
    w: float
    h: float = 0.0
    across: float = 0.0
    down: float = 0.0
    out: float = 0.0


_HEADS = {"upright": (0.0, -0.34, 0.6, 0.28), "lengthwise": (-0.32, -0.22, 0.36, 0.46), "face": (0.0, 0.0, 1.0, 1.0)}
"""The head by build: centre and size. What is wider than high has it at one end."""

_FACES = frozenset(("face", "head", "mask", "pumpkin", "moon", "sun", "smiley", "emoji", "skull", "jack-o-lantern",
                    "portrait", "bust", "cookie"))

_ON_HEAD: dict[str, Spot] = {
    **dict.fromkeys(("eye",), Spot(0.0, -0.12, 0.26, 0.0, 0.26)),
    **dict.fromkeys(("eyebrow", "lash", "eyelash"), Spot(0.0, -0.3, 0.3, 0.1, 0.26)),
    **dict.fromkeys(("ear", "earring"), Spot(0.0, -0.3, 0.24, 0.36, 0.42, 0.0, 0.4)),
    **dict.fromkeys(("horn", "antler", "antenna"), Spot(0.0, -0.42, 0.26, 0.5, 0.3, 0.0, 0.45)),
    **dict.fromkeys(("nose", "snout", "muzzle"), Spot(0.0, 0.12, 0.24)),
    "beak": Spot(0.0, 0.12, 0.3, 0.26, 0.0, 0.0, 0.3),
    "bill": Spot(0.0, 0.12, 0.3, 0.26, 0.0, 0.0, 0.3),
    "trunk": Spot(-0.2, 0.55, 0.35, 1.2),
    "tusk": Spot(-0.1, 0.45, 0.2, 0.4, 0.25),
    **dict.fromkeys(("mouth", "smile", "grin", "lip"), Spot(0.0, 0.34, 0.46, 0.2)),
    **dict.fromkeys(("tongue", "tooth", "teeth", "fang", "cigarette", "pipe"), Spot(0.0, 0.38, 0.24, 0.2, 0.16)),
    **dict.fromkeys(("moustache", "mustache", "whisker"), Spot(0.0, 0.24, 0.5, 0.14, 0.28)),
    "beard": Spot(0.0, 0.46, 0.7, 0.46),
    **dict.fromkeys(("hair", "wig", "hairstyle", "bun", "mohawk", "curl"), Spot(0.0, -0.34, 0.9, 0.32)),
    **dict.fromkeys(("ponytail", "braid", "pigtail"), Spot(0.0, 0.0, 0.25, 0.9, 0.42, 0.0, 0.2)),
    "mane": Spot(0.2, 0.1, 0.6, 0.9),
    **dict.fromkeys(("cheek", "dimple", "freckle"), Spot(0.0, 0.16, 0.2, 0.0, 0.34, 0.1)),
    **dict.fromkeys(("hat", "cap", "beanie", "turban", "sombrero"), Spot(0.0, -0.5, 0.9, 0.0, 0.0, 0.0, 0.55)),
    **dict.fromkeys(("helmet", "hood"), Spot(0.0, -0.36, 1.0, 0.5, 0.0, 0.0, 0.4)),
    **dict.fromkeys(("crown", "tiara", "halo", "bow", "ribbon", "wreath"), Spot(0.0, -0.5, 0.8, 0.0, 0.0, 0.0, 0.55)),
    **dict.fromkeys(("headphone", "headband", "bandana"), Spot(0.0, -0.28, 1.0, 0.4, 0.0, 0.0, 0.2)),
    **dict.fromkeys(("glasses", "sunglasses", "goggle", "eyepatch", "monocle"), Spot(0.0, -0.1, 0.9, 0.3)),
    **dict.fromkeys(("mask", "veil"), Spot(0.0, 0.15, 0.8, 0.6)),
    **dict.fromkeys(("scarf", "collar", "necklace", "bowtie", "bandanna"), Spot(0.0, 0.6, 1.0, 0.28)),
}
"""In fractions of the head."""

_ON_BODY: dict[str, Spot] = {
    # Clothes.
    **dict.fromkeys(("shirt", "t-shirt", "jacket", "sweater", "hoodie", "blouse", "vest", "coat", "suit", "jersey",
                     "armor", "sweatshirt", "cardigan", "uniform"), Spot(0.0, -0.04, 0.86, 0.32)),
    **dict.fromkeys(("dress", "gown", "robe", "kimono", "cape", "cloak", "overalls"), Spot(0.0, 0.12, 0.9, 0.6)),
    **dict.fromkeys(("pants", "jeans", "trousers", "leggings"), Spot(0.0, 0.28, 0.7, 0.3)),
    **dict.fromkeys(("shorts", "skirt", "kilt"), Spot(0.0, 0.2, 0.76, 0.18)),
    "apron": Spot(0.0, 0.08, 0.66, 0.4),
    "belt": Spot(0.0, 0.12, 0.72, 0.07),
    "tie": Spot(0.0, -0.06, 0.2, 0.24),
    "backpack": Spot(0.0, -0.06, 0.66, 0.3),
    **dict.fromkeys(("badge", "medal"), Spot(0.16, -0.1, 0.2)),
    **dict.fromkeys(("shoe", "boot", "sneaker", "sandal", "slipper", "heels", "skate"),
                    Spot(0.0, 0.45, 0.42, 0.1, 0.26)),
    **dict.fromkeys(("sock", "stocking", "knee"), Spot(0.0, 0.36, 0.3, 0.12, 0.24)),
    **dict.fromkeys(("glove", "mitten", "bracelet", "watch", "ring"), Spot(0.4, 0.1, 0.22, 0.1, 0.4)),
    # Limbs.
    **dict.fromkeys(("arm", "tentacle"), Spot(0.0, -0.04, 0.2, 0.34, 0.4)),
    **dict.fromkeys(("hand", "fist", "finger"), Spot(0.0, 0.12, 0.2, 0.0, 0.4)),
    **dict.fromkeys(("foot", "paw", "hoof", "claw"), Spot(0.0, 0.44, 0.22, 0.12, 0.34)),
    "leg": Spot(0.0, 0.32, 0.2, 0.36, 0.36),
    "wing": Spot(0.0, -0.06, 0.34, 0.5, 0.36, 0.0, 0.3),
    "tail": Spot(0.44, 0.06, 0.24, 0.34, 0.0, 0.0, 0.4),
    **dict.fromkeys(("fin", "hump"), Spot(0.05, -0.4, 0.3, 0.24, 0.25, 0.0, 0.4)),
    "shell": Spot(0.08, -0.12, 0.7, 0.6),
    "saddle": Spot(0.05, -0.26, 0.34, 0.24),
    **dict.fromkeys(("belly", "stomach", "chest"), Spot(0.0, 0.08, 0.5, 0.3)),
    "neck": Spot(0.0, -0.18, 0.3, 0.14),
    # Vehicles.
    **dict.fromkeys(("wheel", "tire", "tyre"), Spot(0.0, 0.34, 0.24, 0.0, 0.34)),
    **dict.fromkeys(("headlight", "light", "headlamp"), Spot(-0.4, 0.06, 0.14, 0.0, 0.4)),
    **dict.fromkeys(("bumper",), Spot(0.0, 0.36, 0.9, 0.14)),
    **dict.fromkeys(("sail", "mast"), Spot(0.0, -0.18, 0.5, 0.6, 0.28)),
    **dict.fromkeys(("handlebar", "seat"), Spot(0.0, -0.38, 0.24, 0.2, 0.26)),
    **dict.fromkeys(("windshield", "windscreen", "cockpit"), Spot(-0.2, -0.22, 0.3, 0.34)),
    **dict.fromkeys(("hood ornament", "antenna"), Spot(-0.4, -0.4, 0.14, 0.2)),
    # Buildings.
    **dict.fromkeys(("door", "gate", "doorway", "entrance", "garage"), Spot(0.0, 0.32, 0.22, 0.34, 0.28)),
    "window": Spot(0.0, -0.04, 0.22, 0.2, 0.3, 0.14),
    "roof": Spot(0.0, -0.36, 1.0, 0.28),
    **dict.fromkeys(("chimney", "flag"), Spot(0.28, -0.44, 0.16, 0.24, 0.28, 0.0, 0.45)),
    **dict.fromkeys(("steeple", "spire", "dome", "turret", "tower"), Spot(0.0, -0.34, 0.26, 0.32, 0.36)),
    **dict.fromkeys(("porch", "stairs", "step", "stair"), Spot(0.0, 0.42, 0.6, 0.14)),
    **dict.fromkeys(("balcony", "sign", "banner"), Spot(0.0, -0.16, 0.5, 0.16)),
    **dict.fromkeys(("column", "pillar"), Spot(0.0, 0.1, 0.14, 0.7, 0.4)),
    # Things.
    **dict.fromkeys(("handle", "knob", "doorknob"), Spot(0.42, 0.0, 0.2, 0.36, 0.42, 0.0, 0.4)),
    "spout": Spot(-0.42, -0.1, 0.24, 0.24, 0.0, 0.0, 0.4),
    **dict.fromkeys(("lid", "cork", "cover"), Spot(0.0, -0.42, 0.8, 0.18, 0.0, 0.0, 0.3)),
    **dict.fromkeys(("stem", "stalk"), Spot(0.0, 0.26, 0.18, 0.46)),
    "leaf": Spot(0.0, -0.3, 0.26, 0.0, 0.26, 0.12, 0.2),
    **dict.fromkeys(("petal", "blossom", "branch"), Spot(0.0, -0.24, 0.26, 0.0, 0.34, 0.16)),
    "root": Spot(0.0, 0.4, 0.6, 0.18),
    **dict.fromkeys(("lampshade", "shade"), Spot(0.0, -0.3, 0.9, 0.38)),
    **dict.fromkeys(("screen", "display"), Spot(0.0, -0.06, 0.84, 0.66)),
    **dict.fromkeys(("drawer", "shelf"), Spot(0.0, 0.06, 0.8, 0.2, 0.0, 0.34)),
    "button": Spot(0.0, 0.06, 0.14, 0.0, 0.0, 0.16),
    "pocket": Spot(0.0, 0.14, 0.28, 0.0, 0.24),
    **dict.fromkeys(("label", "logo", "heart", "letter", "face"), Spot(0.0, 0.06, 0.5, 0.3)),
    **dict.fromkeys(("armrest",), Spot(0.0, 0.05, 0.16, 0.4, 0.4)),
    **dict.fromkeys(("backrest",), Spot(0.0, -0.26, 0.9, 0.44)),
}
"""In fractions of the whole."""

_LENGTHWISE: dict[str, Spot] = {
    "window": Spot(0.0, -0.2, 0.2, 0.26, 0.34),
    "leg": Spot(0.04, 0.32, 0.14, 0.36, 0.34),
    "arm": Spot(-0.1, 0.2, 0.14, 0.36, 0.1),
    "wing": Spot(0.1, -0.06, 0.34, 0.5, 0.3, 0.0, 0.3),
    "tail": Spot(0.44, -0.06, 0.2, 0.3, 0.0, 0.0, 0.4),
    "roof": Spot(0.0, -0.38, 0.7, 0.22),
    "shirt": Spot(0.08, -0.02, 0.5, 0.6),
    "sweater": Spot(0.08, -0.02, 0.5, 0.6),
    "coat": Spot(0.08, -0.02, 0.5, 0.6),
}
"""What is elsewhere on a whole that is wider than high."""

_WHOLE: dict[tuple[str, str], Spot] = {
    ("trunk", "tree"): Spot(0.0, 0.32, 0.24, 0.36),
    ("trunk", "palm"): Spot(0.0, 0.2, 0.24, 0.6),
    ("trunk", "car"): Spot(0.38, -0.05, 0.24, 0.3),
    ("hood", "car"): Spot(-0.34, -0.05, 0.3, 0.3),
    **{("shelf", case): Spot(0.0, 0.08, 0.94, 0.05, 0.0, 0.34) for case in ("bookshelf", "bookcase", "cupboard",
                                                                           "cabinet", "wardrobe", "fridge")},
    **{("basket", bike): Spot(-0.36, -0.34, 0.26, 0.3, 0.0, 0.0, 0.4) for bike in ("bicycle", "bike", "tricycle")},
    ("button", "snowman"): Spot(0.0, 0.1, 0.14, 0.0, 0.0, 0.18),
    ("leaf", "tree"): Spot(0.0, -0.24, 0.26, 0.0, 0.34, 0.16),
    ("branch", "tree"): Spot(0.0, -0.1, 0.34, 0.2, 0.3, 0.2),
    ("stem", "apple"): Spot(0.0, -0.44, 0.14, 0.2, 0.0, 0.0, 0.4),
}
"""What depends on what the whole is."""

HUNG = Spot(0.24, 0.14, 0.0, 0.0, 0.3, 0.0, 0.2)
"""Where something hangs on a whole that is no part of it."""
_ANYWHERE = Spot(0.0, 0.04, 0.34, 0.34, 0.3, 0.28)
"""A part that is not in the tables: within the whole."""


def spot_of(part: str, whole: str, shape: float) -> Spot | None:
    """Where a part or garment is on a whole of this shape (width over height), in fractions of the whole."""
    head, host = part.lower().split()[-1], whole.lower().split()[-1]
    if (head, host) in _WHOLE:
        return _WHOLE[head, host]
    lengthwise = shape > 1.1
    if lengthwise and head in _LENGTHWISE:
        return _LENGTHWISE[head]
    if head in _ON_HEAD:
        return _framed(_ON_HEAD[head], _HEADS["face" if host in _FACES else "lengthwise" if lengthwise else "upright"])
    if head == "head":
        return Spot(*_HEADS["lengthwise" if lengthwise else "upright"], 0.3)
    return _ON_BODY.get(head)


def somewhere(part: str) -> Spot:
    """A place for a part that has no usual one, in its natural shape."""
    return _ANYWHERE._replace(w=0.34 * min(natural(part).aspect, 1.0), h=0.0)


def _framed(spot: Spot, head: tuple[float, float, float, float]) -> Spot:
    """A place on the head as a place on the whole."""
    x, y, w, h = head
    return Spot(x + spot.x * w, y + spot.y * h, spot.w * w, spot.h * h, spot.across * w, spot.down * h, spot.out)


def several(spot: Spot, n: int) -> Iterator[Spot]:
    """The places of several of one kind, in lines about their common place."""
    columns = 1 if not spot.across else n if not spot.down or n < FEWEST_IN_LINES else math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    x = 0.0 if n > 1 and spot.across >= abs(spot.x) else spot.x
    w = min(spot.w, 0.85 * (2 * spot.across + spot.w) / columns) if columns > 1 else spot.w
    h = min(spot.h, 0.85 * (2 * spot.down + spot.h) / rows) if rows > 1 else spot.h
    for k in range(n):
        yield spot._replace(x=x + spot.across * _share(k % columns, columns),
                            y=spot.y + spot.down * _share(k // columns, rows), w=w, h=h)


def _share(k: int, n: int) -> float:
    """The place of the k-th of n, from -1 to 1."""
    return 2 * k / (n - 1) - 1 if n > 1 else 0.0


FEWEST_IN_LINES = 4
"""From how many on parts that spread both ways stand in several lines."""
_BUST = (0.0, -0.1, 0.66, 0.74)
"""The head of somebody of whom head and shoulders are seen."""


def spots_on(whole: str, shape: float, parts: Sequence[tuple[str, float]]) -> list[Spot]:
    """The places of these parts (noun, shape) on a whole, each with the height that its shape gives it."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for k, (noun, _) in enumerate(parts):
        kinds[noun].append(k)
    found: dict[int, Spot] = {}
    for noun, members in kinds.items():
        spot = spot_of(noun, whole, shape) or spot_of(kin_of(noun), whole, shape) or somewhere(noun)
        if whole == BUST:
            head = noun.lower().split()[-1]
            spot = _framed(_ON_HEAD[head], _BUST) if head in _ON_HEAD else spot
        for k, one in zip(members, several(spot, len(members)), strict=True):
            h = one.h or min(one.w * shape / natural(noun).aspect, 0.8)
            found[k] = one._replace(h=h)
    return [found[k] for k in range(len(parts))]


BUST = "bust"
"""The whole of which head and shoulders are seen."""
