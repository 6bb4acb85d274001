"""Nothing stands left of itself: where a place is told by a thing of the same list, it is said of what follows that."""

import pytest

from planner.read.grammar import read


@pytest.mark.parametrize(("prompt", "expected"), [
    ("a table and a lamp to the left of the table", (("lamp1",), ("table1",))),
    ("three blue cats, a red table and a yellow lamp to the left of the table", (("lamp1",), ("table1",))),
    ("a cat, a dog and a lamp above the dog", (("lamp1",), ("dog1",))),
    ("a red dog and two lamps right of the dog", (("lamp1", "lamp2"), ("dog1",))),
    ("a cat and a dog to the left of a table", (("cat1", "dog1"), ("table1",))),
])
def test_the_place_is_said_of_what_follows_the_thing_it_is_told_by(
        prompt: str, expected: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    scene = read(prompt)
    assert [(r.subjects, r.objects) for r in scene.relations] == [expected]
