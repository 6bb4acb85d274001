"""One noun phrase, as read: what it says of how many, which, what and whose."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.read.grammar.quantity import Quantity

DEFINITE = frozenset({"the", "this", "that", "these", "those"})


@dataclass(slots=True)
class Mention:
    """A noun phrase. `start` and `end` are token positions; `core` runs from the first modifier to the head."""

    start: int
    end: int
    det: str = ""
    quantity: Quantity | None = None
    whole: Quantity | None = None
    """The six of "four of the six chairs"."""
    pick: list[str] = field(default_factory=list)
    """What tells that part from the rest ("largest")."""
    attributes: list[str] = field(default_factory=list)
    alternate: bool = False
    """Whether "and" stands between the attributes ("red and blue balloons")."""
    noun: str = ""
    plural: bool = False
    core: tuple[int, int] = (0, 0)
    noun_at: tuple[int, int] = (0, 0)
    """The tokens of the noun itself."""
    tail: str = ""
    """Words that belong to the phrase but name no thing of the scene ("of coffee")."""
    collection: str = ""
    """"row" in "a row of three cups"; "portion" in "two slices of pizza"."""
    content: Mention | None = None
    owner: Mention | None = None
    host: Mention | None = None
    name: bool = False
    """Whether it is somebody's name ("Leo", "Mr Pepper")."""
    one: bool = False
    """Whether "one" stands for its noun ("a blue one")."""
    ordinal: int = 0
    other: bool = False
    partitive: bool = False
    compare: str = ""
    cells: int = 0
    """How many a grid holds, where its rows and columns are told ("a 3x3 grid")."""
    rows: int = 0
    """In how many rows they stand ("two rows of three cups")."""
    closed: bool = False
    """Whether no noun can follow ("two of them wear hats")."""
    alike: bool = False
    """Whether they are "of the same size"."""

    @property
    def headless(self) -> bool:
        """Whether there is no noun ("one red")."""
        return not self.noun

    @property
    def head(self) -> str:
        """The last word of the noun."""
        return self.noun.rsplit(" ", 1)[-1]

    @property
    def definite(self) -> bool:
        """Whether the phrase points at something known."""
        return self.det in DEFINITE

    @property
    def counted(self) -> bool:
        """Whether a determiner or a number opens the phrase."""
        return bool(self.det or self.quantity)
