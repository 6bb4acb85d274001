"""Who is in the scene while it is read: one thing each, and those that were counted together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from planner.read.grammar.classes import alive, klass
from planner.read.grammar.lexicon import listed
from planner.scene import Span


@dataclass(eq=False, slots=True)
class Bunch:
    """Things counted together."""

    words: str
    at_least: int
    at_most: int | None
    noun: str
    one: bool = False
    """Whether they are named together in the singular ("a pile of bricks"), so that "it" can mean them."""


@dataclass(eq=False, slots=True)
class Actor:
    """One thing of the scene, or a piece of its background (`stuff`)."""

    noun: str
    phrase: str
    attributes: list[str]
    span: tuple[int, int]
    sentence: int
    mentions: list[Span] = field(default_factory=list)
    """Where the prompt names it."""
    places: dict[str, Span | None] = field(default_factory=dict)
    """Where the prompt tells its attributes."""
    bunch: Bunch | None = None
    whole: Actor | None = None
    stuff: bool = False
    shared: bool = False
    """Whether a later sentence took it out of its group."""
    side: str = ""
    """What tells it from others of its name ("the left door")."""
    counted: bool = False
    """Whether an article or a number named it first."""
    keeper: Actor | None = None
    """Whose it was said to be when it was named ("his dog")."""
    name: bool = False
    """Whether it was called by its name alone."""
    alias: str = ""
    """The name that it was given ("a dog named Max")."""
    sex: str = ""
    """"he" or "she", as a pronoun told."""
    worn: bool = False
    ground: bool = False
    """Whether something stands on it or is in it."""
    again: bool = False
    """Whether it was named a second time."""
    it: bool = False
    """Whether "it" meant this before."""

    @property
    def head(self) -> str:
        """The last word of the noun."""
        return self.noun.rsplit(" ", 1)[-1]

    @property
    def human(self) -> bool:
        """Whether it is a person, who is not called "it"."""
        called_it = self.head in listed("animal", "figure") or self.head in ("baby", "child")
        return self.name or (not called_it and klass(self.noun) == "person")

    @property
    def living(self) -> bool:
        """Whether it is a person or an animal."""
        return self.name or alive(self.noun)

    def describe(self, words: Iterable[str], at: Span | None = None) -> None:
        """Adds attributes that are not there yet, with the place of the prompt that tells them."""
        for word in words:
            if word not in self.attributes:
                self.attributes.append(word)
                self.places[word] = at
