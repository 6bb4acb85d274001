"""Tests of the pocket world's pictures."""

import numpy as np

from grounding.pocket.world import draw, picture


def test_the_same_seed_gives_the_same_picture_and_pixels() -> None:
    for seed in range(20):
        assert picture(seed) == picture(seed)
        assert np.array_equal(draw(picture(seed)), draw(picture(seed)))
