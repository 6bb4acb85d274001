"""Findings on what cannot be judged: for want of a judge, of a word, or of the thing that the claim is about."""

from __future__ import annotations

from grounding.verify.report import Doubt, Finding
from grounding.verify.sight import Sight
from grounding.verify.words import listed
from planner.claims import Claim


def undecided(claim: Claim, why: str, doubt: Doubt = "unseen") -> Finding:
    return Finding(claim=claim, ruling="cannot tell", doubt=doubt, sentence=f"{claim.sentence}: cannot tell, {why}")


def without(claim: Claim, sight: Sight, gone: list[str]) -> Finding:
    """A claim about things that are not there: it fails, unless it denies something."""
    missing = f"{listed(sight.names[id] for id in gone)} {'is' if len(gone) == 1 else 'are'} missing"
    denies = claim.negated or claim.kind == "absent"
    return Finding(claim=claim, ruling="cannot tell" if denies else "fails",
                   sentence=f"{claim.sentence}: {'cannot tell, ' if denies else 'no, '}{missing}")
