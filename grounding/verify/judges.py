"""What a verifier needs of its judges: a detector finds what words name, a scorer compares pictures with words.

Both are protocols: anything with these methods serves, from a scripted fake to a checkpoint. Neither decides: they
give numbers, and `Thresholds` (measured on pictures with known content) turn numbers into verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple, Protocol, runtime_checkable

from PIL import Image
from pydantic import Field

from planner.articles import with_article
from planner.scene import Box, Data

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Knowledge(NamedTuple):
    """What a judge was taught: the nouns that it can find, and the words that it can tell from each other; None: any.

    A claim about anything else is not for this judge to decide.
    """

    nouns: frozenset[str] | None = None
    words: frozenset[str] | None = None

    def names(self, noun: str) -> bool:
        """Whether it knows what this noun looks like."""
        return self.nouns is None or " ".join(noun.lower().split()) in self.nouns

    def tells(self, word: str) -> bool:
        """Whether it knows this word, or one that it is made of ("bright red")."""
        low = word.lower()
        return self.words is None or not self.words.isdisjoint((low, *low.replace("-", " ").split()))


OPEN = Knowledge()
"""What an open-vocabulary model answers for: everything."""


class Sighting(Data):
    """Something that a detector saw: the words that were asked for, where, and how sure it is."""

    query: str
    box: Box
    score: Share


@runtime_checkable
class Detector(Protocol):
    """Finds what a few words name."""

    @property
    def name(self) -> str:
        """Which model this is; thresholds are measured per name."""
        ...

    @property
    def knows(self) -> Knowledge:
        """What it may be asked."""
        ...

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        """Per query, all candidates, best first; boxes in fractions of the image, duplicates not removed.

        Queries do not compete: what one query finds does not depend on what else is asked.
        """
        ...


class Fit(NamedTuple):
    """How well a picture and a text go together: the cosine of their embeddings, and the model's own scaled logit."""

    similarity: float
    logit: float


@runtime_checkable
class Scorer(Protocol):
    """Compares pictures with texts."""

    @property
    def name(self) -> str:
        """Which model this is; thresholds are measured per name."""
        ...

    @property
    def knows(self) -> Knowledge:
        """What it may be asked."""
        ...

    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        """Per image, per text."""
        ...


@runtime_checkable
class Inspector(Protocol):
    """Tells whole and clean things from broken ones."""

    @property
    def name(self) -> str:
        """Which model this is."""
        ...

    def needs(self, box: Box) -> float:
        """The score that a thing of this size needs: with less it may be broken."""
        ...

    def inspect(self, image: Image.Image, things: Sequence[tuple[str, Box]]) -> tuple[float | None, ...]:
        """Per thing, a noun and its box, how sure it is that this looks as a sound one does, from 0 to 1; None for a
        noun that it was not taught."""
        ...


def shares(logits: Sequence[float]) -> tuple[float, ...]:
    """Softmax: what part of the belief each of some rival texts gets."""
    top = max(logits)
    weights = [math.exp(logit - top) for logit in logits]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def logit(score: float) -> float:
    """The inverse of the logistic function, finite at 0 and 1."""
    kept = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))


def indefinite(words: str) -> str:
    """The words with "a" or "an" where they name one thing ("scissors" and "pants" take none)."""
    last = words.rsplit(maxsplit=1)[-1].lower() if words.strip() else ""
    if not last or (last.endswith("s") and not last.endswith(("ss", "us", "is"))):
        return words
    return with_article(words)


FAILURES = (RuntimeError, ValueError, OSError, MemoryError)
"""What a judge may raise without taking the verification with it (running out of GPU memory is a `RuntimeError`)."""


def first_line(error: BaseException) -> str:
    """What an exception says, in one short line."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
