"""What claims ask of positions, as aims of the relations that they state."""

from __future__ import annotations

from collections.abc import Mapping

from planner.claims import Claim
from planner.geometry import Frame
from planner.margins import ends_of
from planner.relations import TABLE, Row
from planner.relations.aim import Aim, Body, Style


def aimed(claim: Claim, turn: int = 0) -> Row:
    """The relation to aim at: the one that is claimed, or the one that denies it. What lies on a thing is within it, or
    stands on it every other turn.
    """
    row = TABLE["in" if claim.lying and not claim.negated and turn % 2 == 0 else claim.relation]
    return TABLE[row.denial or "other"] if claim.negated else row


def aims_of(claim: Claim, bodies: Mapping[str, Body], frame: Frame, style: Style) -> list[Aim]:
    """The aims of one claim."""
    some, others = ends_of(claim, lambda id: bodies[id].y)
    row = aimed(claim, style.turn)
    return list(row.aims([bodies[a] for a in some], [bodies[b] for b in others], frame, style, claim.slanted))


def has_sides(claim: Claim) -> bool:
    """Whether the claim can be satisfied in several ways between which no straight path leads."""
    row = TABLE[claim.relation]
    return row.sided or claim.lying or row.share == "any"
