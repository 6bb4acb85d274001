"""What a run tells while it goes: typed events, in the order in which they happen, the last one `Finished`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounding.verify.report import Report
from planner.scene import Layout
from scenewright.loop.decide import Action
from scenewright.loop.stages import Painting, Step, Unpaintable

if TYPE_CHECKING:
    from scenewright.loop.result import Result


@dataclass(frozen=True)
class Began:
    """A run was opened. `resumed` says that it goes on from where it was stopped."""

    run: str
    folder: str
    resumed: bool


@dataclass(frozen=True)
class Planned:
    """There is a layout; before the first round, and after each new plan."""

    layout: Layout
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """The image model has never seen these words; they are told once, before anything is painted from them."""

    words: tuple[Unpaintable, ...]


@dataclass(frozen=True)
class RoundBegan:
    """A round of painting begins."""

    round: int
    rounds: int


@dataclass(frozen=True)
class Stepped:
    """The painter has done a step."""

    round: int
    step: Step


@dataclass(frozen=True)
class Painted:
    """The pictures of a round are stored. `again` says that they were there already, from before a stop."""

    round: int
    paintings: Sequence[Painting]
    again: bool


@dataclass(frozen=True)
class Verified:
    """One picture of a round was judged."""

    round: int
    index: int
    report: Report


@dataclass(frozen=True)
class Decided:
    """The round was not good enough, and this is done about it."""

    round: int
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Warned:
    """Something could not be done, and the run goes on without it."""

    sentence: str


@dataclass(frozen=True)
class Finished:
    """The end: the best picture with its report."""

    result: Result


Event = Began | Planned | Unknown | RoundBegan | Stepped | Painted | Verified | Decided | Warned | Finished
