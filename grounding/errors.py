"""What painting and judging raise on purpose; `planner.errors` draws the tree that they belong to."""

from __future__ import annotations

from planner.errors import BadInput, ScenewrightError

BadRequest = BadInput
"""The caller's mistake, by the name that it has in this package."""


class GroundingError(ScenewrightError):
    """Base of all errors of painting and judging."""


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
