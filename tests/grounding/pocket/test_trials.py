"""The trials accept the pictures they describe and refuse others; the interval is Wilson's."""

import random
from dataclasses import dataclass

import pytest

from grounding.pocket.profiles import profiles
from grounding.pocket.trials import TRIALS, TrialShare, Wanted, counting, size, spatial, two_objects
from grounding.profile import unpaintable


@dataclass(frozen=True)
class Spotted:
    kind: str
    colour: str
    box: tuple[float, float, float, float]


def _put(thing: Wanted, x: float, y: float, side: float = 0.2) -> Spotted:
    return Spotted(thing.kind, thing.colour, (x - side / 2, y - side / 2, x + side / 2, y + side / 2))


@pytest.mark.parametrize("name", TRIALS)
def test_every_prompt_is_made_of_words_the_models_know(name: str) -> None:
    words = random.Random(5)
    for _ in range(50):
        assert unpaintable(TRIALS[name](words).prompt, profiles()["pipeline"]) == []


@pytest.mark.parametrize("name", TRIALS)
def test_an_empty_picture_fulfils_no_trial(name: str) -> None:
    assert not TRIALS[name](random.Random(1)).holds([])


def test_two_objects_need_both_with_their_own_colours() -> None:
    trial = two_objects(random.Random(2))
    first, second = trial.things
    assert trial.holds([_put(first, 0.2, 0.5), _put(second, 0.8, 0.5)])
    swapped = [_put(Wanted(first.kind, second.colour), 0.2, 0.5), _put(Wanted(second.kind, first.colour), 0.8, 0.5)]
    assert not trial.holds(swapped)


def test_a_count_is_met_by_exactly_that_many() -> None:
    trial = counting(random.Random(3))
    seen = [_put(thing, 0.1 + 0.2 * k, 0.5, 0.1) for k, thing in enumerate(trial.things)]
    assert trial.holds(seen)
    assert not trial.holds(seen[:-1])
    assert not trial.holds([*seen, seen[0]])


@pytest.mark.parametrize("seed", range(8))
def test_a_spatial_trial_holds_on_one_side_only(seed: int) -> None:
    trial = spatial(random.Random(seed))
    first, second = trial.things
    spots = [(0.2, 0.5, 0.8, 0.5), (0.8, 0.5, 0.2, 0.5), (0.5, 0.2, 0.5, 0.8), (0.5, 0.8, 0.5, 0.2)]
    held = [trial.holds([_put(first, a, b), _put(second, c, d)]) for a, b, c, d in spots]
    assert held == [side in trial.prompt for side in (" left ", " right ", " above ", " below ")]


def test_a_size_trial_compares_the_two_things() -> None:
    trial = size(random.Random(4))
    large, small = trial.things
    assert trial.holds([_put(large, 0.3, 0.5, 0.45), _put(small, 0.8, 0.5, 0.2)])
    assert not trial.holds([_put(large, 0.3, 0.5, 0.2), _put(small, 0.8, 0.5, 0.45)])


def test_the_interval_has_the_published_values_of_wilson() -> None:
    low, high = TrialShare(15, 20).interval
    assert (round(low, 4), round(high, 4)) == (0.5313, 0.8881)
    assert TrialShare(0, 10).interval[0] == pytest.approx(0.0, abs=1e-12)
    assert TrialShare(10, 10).interval[1] == pytest.approx(1.0, abs=1e-12)
