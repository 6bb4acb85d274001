"""Everything that scenewright raises on purpose, as one tree. What it hangs from stands here, where all may import it.

ScenewrightError
├── BadInput             the caller's mistake: a prompt, file, option or layout that cannot be used
│   ├── FormatError      a layout file in a foreign format that does not add up (units, axes, fields)
│   └── BadSettings      a setting that is unknown or cannot be used                     (scenewright.errors)
├── PlanError            no layout can be made
│   ├── Conflict         the claims contradict each other; `claims` is a minimal contradicting set
│   └── ReplyError       a language model's reply could not be turned into a scene
│       ├── NoReply      nothing came back: refusal, empty, cut off, timed out, provider error
│       └── BadReply     something came back, and it is not a scene; the message can be shown to the model
├── GroundingError       a picture cannot be painted or judged                           (grounding.errors)
│   ├── Unsupported      this model cannot do what was asked, in the state it is in
│   ├── ModelMissing     a checkpoint is not there, or is not what was expected
│   ├── AttemptFailed    this attempt is lost, another may work; `seed` is the one to avoid
│   └── Cancelled        the caller asked to stop; nothing is broken
└── RunError             a stored run cannot be used                                     (scenewright.errors)
    ├── Busy             another process works on this run
    ├── StorageFailed    the run's folder cannot be written or read: disk full, read-only, damaged
    └── Mismatch         a stored run or a picture's metadata is not what it says it is
"""

from __future__ import annotations


class ScenewrightError(Exception):
    """Base of all errors that are raised on purpose. The message says what was expected, what came, and what to do."""


class BadInput(ScenewrightError):
    """The caller's mistake. The message says what was expected, what came, and what to do."""


class FormatError(BadInput):
    """A layout in a foreign format that does not add up."""


class PlanError(ScenewrightError):
    """Base of all planning errors."""


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
