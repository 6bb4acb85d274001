"""Pocket pictures with known content: what is said of them is what was drawn, and none was trained on."""

from __future__ import annotations

import random
from itertools import islice

import numpy as np
import pytest

from grounding.pocket.world import BACKGROUNDS, COLOURS, KINDS, STYLES, TEXTURES, draw, picture
from grounding.verify.families import Vocabulary, is_size
from grounding.verify.pocket import NOUNS, UNSEEN, VOCABULARY, known_of, pairs


def test_the_content_is_that_of_the_picture() -> None:
    drawn = picture(UNSEEN + 3)
    known = known_of(drawn, random.Random(0))
    assert [(t.noun, t.box.corners, t.attributes) for t in known.things] == [
        (i.kind, i.box, (i.colour, i.texture)) for i in drawn.items]


def test_pictures_are_beyond_those_of_any_training_and_the_same_every_time() -> None:
    assert UNSEEN >= 50_000_000
    first, second = (list(islice(pairs(3), 3)) for _ in range(2))
    for (image, known), (again, same) in zip(first, second, strict=True):
        assert image.tobytes() == again.tobytes()
        assert known == same
    unblurred = [np.array_equal(np.asarray(image), draw(picture(UNSEEN + k)))
                 for k, (image, _) in enumerate(pairs(40))]
    assert 5 < sum(unblurred) < 35


@pytest.mark.parametrize("words", [VOCABULARY, Vocabulary()], ids=["pocket", "general"])
def test_every_colour_and_texture_of_the_world_has_rivals(words: Vocabulary) -> None:
    for word in (*COLOURS, *TEXTURES):
        contest = words.attribute(word, "ball")
        assert contest.family != "other"
        assert not is_size(word)
        assert word not in contest.words[1:]


def test_every_setting_and_style_of_the_world_is_its_own_and_has_all_others_but_its_like_as_rivals() -> None:
    settings, styles = set(), set()
    for seed in range(UNSEEN, UNSEEN + 400):
        drawn = picture(seed)
        known = known_of(drawn, random.Random(0))
        contest = VOCABULARY.background(known.background, "a cat")
        settings.add((drawn.background, contest.texts[0]))
        assert len(contest.texts) >= len(BACKGROUNDS) - 1
        contest = VOCABULARY.style(known.style, "a cat")
        styles.add((drawn.style, contest.texts[0]))
        assert len(contest.texts) == len(STYLES)
    assert len(settings) == len({text for _, text in settings}) == len(BACKGROUNDS)
    assert len(styles) == len({text for _, text in styles}) == len(STYLES)
    assert tuple(NOUNS) == tuple(KINDS)
