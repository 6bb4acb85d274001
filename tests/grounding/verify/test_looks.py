"""What passes is confirmed by a look that did not choose it, and judges who disagree leave a claim in doubt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image

from grounding.verify.judges import Knowledge, Sighting
from grounding.verify.looks import MORE, Looks, Wider
from grounding.verify.verify import Verifier
from planner.scene import Box, Scene, Thing
from tests.grounding.verify.oracle import Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, plan

ONE = plan(Scene(things=(cat(),)), cat1=LEFT)


class Fickle(Seen):
    """Sees its list on pictures of one size only."""

    def __init__(self, *sightings: tuple[str, Box, float], only: tuple[int, int]) -> None:
        super().__init__(*sightings)
        self.only, self.sizes = only, list[tuple[int, int]]()

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        self.sizes.append(image.size)
        return super().detect(image, queries) if image.size == self.only else tuple(() for _ in queries)


def test_boxes_on_the_widened_picture_lie_where_they_lie_on_the_picture() -> None:
    wide = 1 + 2 * MORE
    moved = Box.of(*((v + MORE) / wide for v in LEFT.corners))
    ((found,),) = Wider(Seen(("cat", moved, 0.9))).detect(Image.new("RGB", (200, 100)), ["a cat"])
    assert found.box.corners == pytest.approx(LEFT.corners)


def test_what_lies_beyond_the_edge_is_left_out_and_what_crosses_it_is_cut() -> None:
    outside, across = Box.of(0.0, 0.0, 0.03, 1.0), Box.of(0.0, 0.0, 0.5, 1.0)
    ((found,),) = Wider(Seen(("cat", outside, 0.9), ("cat", across, 0.8))).detect(GREY, ["a cat"])
    assert found.box.corners == pytest.approx((0.0, 0.0, 0.5, 1.0))


def test_a_picture_that_passes_one_look_only_is_in_doubt_where_it_was_chosen() -> None:
    detector = Fickle(("cat", LEFT, 0.9), only=GREY.size)
    looks = Looks.of(Verifier(detector, None, EXACT))
    assert looks.verify(GREY, ONE).passed
    assert detector.sizes == [(200, 100)]
    report = looks.confirmed(GREY, ONE)
    assert detector.sizes == [(200, 100), (200, 100), (224, 112)]
    assert (report.verdict, report.worth_another_round) == ("in doubt", True)
    assert {f.doubt for f in report.findings} == {"unconfirmed"}
    assert [p.kind for p in report.problems] == ["missing"]


def test_what_fails_is_not_looked_at_twice() -> None:
    detector = Fickle(only=GREY.size)
    assert Looks.of(Verifier(detector, None, EXACT)).confirmed(GREY, ONE).failing
    assert len(detector.sizes) == 1


def test_independent_judges_who_disagree_leave_the_claim_in_doubt() -> None:
    first, second = Verifier(Seen(("cat", LEFT, 0.9)), None, EXACT), Verifier(Seen(), None, EXACT)
    for one, other in ((first, second), (second, first)):
        report = Looks.of(one, [other]).verify(GREY, ONE)
        assert report.finding("exists:cat1").doubt == "disputed"
        assert report.verdict == "in doubt"
    assert Looks.of(first, [first]).verify(GREY, ONE) == first.verify(GREY, ONE)


def test_what_one_judge_was_not_taught_the_other_tells() -> None:
    class Taught(Seen):
        knows = Knowledge(nouns=frozenset(("cat",)))

    kite = plan(Scene(things=(Thing(id="kite1", noun="kite", phrase="a kite"),)))
    pocket, open_one = Verifier(Taught(), None, EXACT), Verifier(Seen(("kite", RIGHT, 0.9)), None, EXACT)
    assert Looks.of(pocket).verify(GREY, kite).verdict == "in doubt"
    assert Looks.of(pocket, [open_one]).verify(GREY, kite).verdict == "verified"
