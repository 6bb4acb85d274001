"""Everything that planning raises on purpose, as one tree.

PlanError
├── BadInput          the caller's mistake: a prompt, file or option that cannot be used
│   └── FormatError   a layout file in a foreign format that does not add up (units, axes, fields)
├── Conflict          the claims contradict each other; `claims` is a minimal contradicting set
└── ReplyError        a language model's reply could not be turned into a scene
    ├── NoReply       nothing came back: refusal, empty, cut off, timed out, provider error
    └── BadReply      something came back, and it is not a scene; the message can be shown to the model
"""

from __future__ import annotations


class PlanError(Exception):
    """Base of all planning errors."""


class BadInput(PlanError):
    """The caller's mistake. The message says what was expected, what came, and what to do."""


class FormatError(BadInput):
    """A layout in a foreign format that does not add up."""


MOST_NAMED = 4
"""How many of the claims that contradict each other the message names; the rest is only counted."""


class Conflict(PlanError):
    """The claims cannot hold together. `claims` are the sentences of a minimal contradicting set."""

    def __init__(self, claims: tuple[str, ...], why: str = "") -> None:
        self.claims = claims
        self.why = why
        listed = "; ".join(f"({i}) {claim}" for i, claim in enumerate(claims[:MOST_NAMED], 1))
        if len(claims) > MOST_NAMED:
            listed += f"; and {len(claims) - MOST_NAMED} more"
        reason = f" {why}" if why else ""
        super().__init__(f"these cannot all hold: {listed}.{reason} Drop or change one of them.")


class ReplyError(PlanError):
    """A language model's reply could not be turned into a scene."""


class NoReply(ReplyError):
    """Nothing usable came back from the language model."""


class BadReply(ReplyError):
    """A reply came, and it is not a scene. The message is fit to be shown to the model."""
