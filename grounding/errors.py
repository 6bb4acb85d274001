"""Everything that painting and judging raise on purpose, as one tree.

GroundingError
├── BadRequest       the caller's mistake: an option, size, prompt or layout that cannot be painted
├── Unsupported      this model cannot do what was asked, in this state (compiled, sliced attention, IP-Adapter …)
├── ModelMissing     a checkpoint is not there, or is not what was expected
├── AttemptFailed    this attempt is lost, another may work (non-finite numbers); `seed` is the one to avoid
└── Cancelled        the caller asked to stop; nothing is broken
"""

from __future__ import annotations


class GroundingError(Exception):
    """Base of all grounding errors."""


class BadRequest(GroundingError):
    """The caller's mistake. The message says what was expected, what came, and what to do."""


class Unsupported(GroundingError):
    """The model, in the state it is in, cannot do what was asked. The message names the obstacle."""


class ModelMissing(GroundingError):
    """A checkpoint could not be loaded. The message names the folder or file."""


class AttemptFailed(GroundingError):
    """This attempt is lost; the same request with another seed may work."""

    def __init__(self, message: str, seed: int | None = None) -> None:
        self.seed = seed
        super().__init__(message)


class Cancelled(GroundingError):
    """The caller asked to stop between two steps."""
