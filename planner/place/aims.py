"""What claims ask of positions, as aims of the relations that they state."""

from __future__ import annotations

from collections.abc import Mapping

from planner.claims import Claim
from planner.geometry import Frame
from planner.margins import ends_of
from planner.relations import TABLE, Row
from planner.relations.aim import Aim, Body, Style


def aimed(claim: Claim) -> Row:
    """The relation to aim at: the one that is claimed, or the one that denies it."""
    row = TABLE[claim.relation]
    return TABLE[row.denial or "other"] if claim.negated else row


def aims_of(claim: Claim, bodies: Mapping[str, Body], frame: Frame, style: Style) -> list[Aim]:
    """The aims of one claim."""
    some, others = ends_of(claim, lambda id: bodies[id].y)
    return list(aimed(claim).aims([bodies[a] for a in some], [bodies[b] for b in others], frame, style, claim.slanted))


def has_sides(claim: Claim) -> bool:
    """Whether the claim can be satisfied in several ways between which no straight path leads."""
    row = TABLE[claim.relation]
    return row.sided or row.share == "any"
