"""Where things are when nobody says so: on the ground, the far ones higher up on it, and in the sky what flies.

Nothing here is a claim: these aims are `nice`, given up before any claim is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from planner.claims import Claim
from planner.geometry import Frame
from planner.relations import TABLE
from planner.relations.aim import CANVAS, Aim, Body
from planner.scene import Scene
from planner.sizes import FAR_SIZE, flies, natural

SKY = 0.34
"""How far down the middle of what flies is, of the canvas's height."""
FEET = (0.8, 0.92)
"""Between which heights things stand, of the canvas's height: they are on one ground."""
FAR_FEET = (0.64, 0.8)
"""The same for what is seen from afar."""
_UPRIGHT = frozenset(("row", "line"))
_SIDEWAYS = frozenset(("at_left", "at_right", "at_far_left", "at_far_right", "in_background"))


def aloft(scene: Scene, claims: Sequence[Claim]) -> frozenset[str]:
    """What flies, unless a claim says where."""
    return frozenset(t.id for t in scene.things if flies(t.noun)) - _told(claims)


def grounded(scene: Scene, claims: Sequence[Claim]) -> frozenset[str]:
    """What stands on the ground: whatever no claim lifts, and what does not fly."""
    parts = {t.id for t in scene.things if t.part_of}
    return frozenset(t.id for t in scene.things if not flies(t.noun)) - _told(claims) - parts


def _told(claims: Sequence[Claim]) -> set[str]:
    """Things whose height follows from a claim."""
    told: set[str] = set()
    for claim in claims:
        row = TABLE[claim.relation]
        if claim.negated or row.arity == "words":
            continue
        if row.guest:
            told |= set(claim.things if row.guest == "subject" else claim.objects)
        if row.order and row.order[0] == "y":
            told |= set(claim.things if row.order[1] > 0 else claim.objects)
        elif (row.arity == "alone" and row.kind not in _SIDEWAYS) or row.arity == "ring":
            told |= {*claim.things, *claim.objects}
        elif row.arity == "arrangement" and row.kind not in _UPRIGHT:
            told |= set(claim.things)
    return told


def feet_of(noun: str, crowding: float) -> tuple[float, float]:
    """Between which heights a thing stands, of the canvas's height; in a crowd some stand further back."""
    high, low = FAR_FEET if natural(noun).reach >= FAR_SIZE else FEET
    return max(high - 0.3 * crowding, 0.45), low


def crowding(widths: Iterable[float], frame: Frame) -> float:
    """By how much those who stand are wider together than the canvas: at 1 there is no one ground for them."""
    return min(max(sum(widths) / (0.85 * frame.width) - 1.0, 0.0), 1.0)


def world_aims(bodies: Mapping[str, Body], standing: Collection[str], flying: Collection[str],
               frame: Frame) -> Iterator[Aim]:
    """The aims of all that stands and all that flies."""
    crowd = crowding([bodies[id].w for id in standing], frame)
    for id in sorted(standing) if crowd < 1 else ():
        a = bodies[id]
        high, low = feet_of(a.noun, crowd)
        yield Aim(CANVAS, a.at, 0.0, 1.0, high * frame.height - a.h / 2, True)
        yield Aim(CANVAS, a.at, 0.0, -1.0, a.h / 2 - low * frame.height, True)
    for id in sorted(flying):
        a = bodies[id]
        yield Aim(CANVAS, a.at, 0.0, -1.0, -max(SKY * frame.height, a.h / 2 + 0.02), True)
