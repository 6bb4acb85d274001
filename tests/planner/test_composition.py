"""What a person would object to in a layout although every claim holds on it, by prompts as people write them."""

import pytest

from planner.check import check
from planner.errors import MOST_NAMED, Conflict
from planner.read.grammar import read
from planner.solve import place


@pytest.mark.parametrize("prompt", [
    "three white cats in a row under an umbrella", "five cats in a row under an umbrella", "twenty birds on a wire",
    "fifteen cups on a table", "six dogs under a tree", "ten apples in a row under a shelf",
])
@pytest.mark.parametrize("seed", range(3))
def test_a_row_fits_on_and_under_what_can_be_widened_for_it(prompt: str, seed: int) -> None:
    assert check(place(read(prompt), seed=seed)) == []


def test_a_shelter_for_many_is_wider_than_high() -> None:
    box = place(read("five cats in a row under an umbrella")).boxes["umbrella1"]
    assert box.w > 1.5 * box.h


def test_a_message_names_few_of_many_contradicting_claims_and_counts_the_rest() -> None:
    claims = tuple(f"bird {i} is on the wire" for i in range(1, 16))
    conflict = Conflict(claims)
    assert conflict.claims == claims
    assert f"and {15 - MOST_NAMED} more" in str(conflict)
    assert f"bird {MOST_NAMED} is" in str(conflict)
    assert f"bird {MOST_NAMED + 1} is" not in str(conflict)
