"""On what terms a language model is asked: time, requests, tokens, money, examples, and what may read in its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.scene import Data

MOST_EXAMPLES = 20


class Price(Data):
    """What a million tokens cost, in any currency."""

    input: Annotated[float, Field(ge=0.0)]
    output: Annotated[float, Field(ge=0.0)]

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


class Terms(Data):
    """How one prompt is read with a language model.

    >>> Terms(seconds=20, price=Price(input=0.15, output=0.60), money=0.01).calls
    3
    """

    seconds: Annotated[float, Field(gt=0.0, le=3600.0)] = 60.0
    """Of wall clock, all requests and pauses together."""
    calls: Annotated[int, Field(ge=1, le=100)] = 3
    """Requests of any outcome, retries and repairs together."""
    tries: Annotated[int, Field(ge=1, le=20)] = 3
    """How often one request is sent to a server that fails or cannot be reached."""
    repairs: Annotated[int, Field(ge=0, le=10)] = 1
    """How often a reply that cannot be used is sent back with what is wrong with it."""
    tokens: Annotated[int, Field(ge=1)] = 30_000
    """In and out, the schema counted."""
    price: Price | None = None
    money: Annotated[float, Field(gt=0.0)] | None = None
    """The most that one reading may cost; it takes a `price` to know."""
    examples: Annotated[int, Field(ge=0, le=MOST_EXAMPLES)] = 3
    size: Literal["full", "small"] = "full"
    """`small` asks models of 1 to 3 billion weights for less: nouns, counts, attributes and relations, no boxes."""
    fallback: bool = False
    """Whether the grammar may read what the model could not; otherwise that is an error."""
    sure: Annotated[float, Field(ge=0.0, le=1.0)] = 0.8
    """In `auto`, a prompt that the grammar reads with this confidence is not sent to the model."""
