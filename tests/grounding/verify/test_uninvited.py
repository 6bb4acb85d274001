"""What nobody asked for is found: known kinds outside the scene, and what stands out without a name."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from grounding.verify.report import Report
from grounding.verify.verify import Verifier
from planner.scene import Absent, Box, Scene, Thing
from tests.grounding.verify.oracle import Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, plan

CORNER = Box.of(0.7, 0.1, 0.9, 0.4)


def look(scene: Scene, *seen: tuple[str, Box, float], image: Image.Image = GREY, least: float = 1.0) -> Report:
    cuts = EXACT.model_copy(update={"least": least})
    verifier = Verifier(Seen(*seen), None, cuts, bystanders=("cat", "apple", "tree"))
    return verifier.verify(image, plan(scene))


def test_a_stranger_fails_the_picture_and_is_wiped_where_it_is() -> None:
    report = look(Scene(things=(cat(),)), ("cat", LEFT, 0.9), ("apple", RIGHT, 0.8))
    assert report.finding("uninvited").ruling == "fails"
    assert [(s.noun, s.wrong) for s in report.surplus] == [("apple", True)]
    (problem,) = report.problems
    assert (problem.kind, problem.boxes, problem.things) == ("absent", (RIGHT,), ())
    assert report.worth_another_round


def test_without_strangers_nothing_else_is_there() -> None:
    report = look(Scene(things=(cat(),)), ("cat", LEFT, 0.9), ("apple", RIGHT, 0.19))
    assert report.finding("uninvited").ruling == "holds"
    assert report.passed


@pytest.mark.parametrize("prompt", ["a cat in an apple orchard", "a cat under apples"])
def test_a_kind_that_the_prompt_names_is_no_stranger(prompt: str) -> None:
    report = look(Scene(prompt=prompt, things=(cat(),)), ("cat", LEFT, 0.9), ("apple", RIGHT, 0.8))
    assert report.finding("uninvited").ruling == "holds"


def test_what_another_claim_forbids_is_told_by_that_claim() -> None:
    scene = Scene(things=(cat(),), absent=(Absent(noun="apple", phrase="apples"),))
    report = look(scene, ("cat", LEFT, 0.9), ("apple", RIGHT, 0.8))
    assert [f.claim.id for f in report.failing] == ["absent:0:apple"]


def test_an_open_world_makes_no_such_claim() -> None:
    report = Verifier(Seen(("cat", LEFT, 0.9), ("apple", RIGHT, 0.9)), None, EXACT).verify(
        GREY, plan(Scene(things=(cat(),))))
    assert [f.claim.id for f in report.findings] == ["exists:cat1", "count:cat"]


def test_beside_a_thing_of_an_unknown_kind_a_stranger_may_be_that_thing() -> None:
    from grounding.verify.judges import Knowledge

    class Taught(Seen):
        knows = Knowledge(nouns=frozenset(("cat", "apple")))

    kite = Thing(id="kite1", noun="kite", phrase="a kite")
    report = Verifier(Taught(("apple", RIGHT, 0.9)), None, EXACT, bystanders=("cat", "apple")).verify(
        GREY, plan(Scene(things=(kite,))))
    assert report.finding("uninvited").ruling == "cannot tell"
    assert [(s.noun, s.wrong) for s in report.surplus] == [("apple", False)]
    assert report.problems == ()


def blob(box: Box, colour: tuple[int, int, int]) -> Image.Image:
    image = GREY.copy()
    x0, y0, x1, y1 = box.x0 * 200, box.y0 * 100, box.x1 * 200, box.y1 * 100
    ImageDraw.Draw(image).ellipse((x0, y0, x1, y1), fill=colour)
    return image


def test_what_stands_out_without_a_name_leaves_the_picture_in_doubt() -> None:
    report = look(Scene(things=(cat(),)), ("cat", LEFT, 0.9), image=blob(CORNER, (200, 30, 30)), least=0.06)
    found = report.finding("uninvited")
    assert (found.ruling, found.doubt) == ("cannot tell", "unclear")
    (stray,) = [s for s in report.surplus if s.noun == "something"]
    assert stray.sighting.box.iou(CORNER) > 0.6
    (problem,) = report.problems
    assert (problem.kind, problem.boxes) == ("absent", found.doubted)


@pytest.mark.parametrize(("box", "colour", "least"), [
    (CORNER, (135, 135, 135), 0.06),  # a cloud: hardly another colour than the sky
    (CORNER, (200, 30, 30), 0.5),  # smaller than any known thing
    (LEFT, (200, 30, 30), 0.06),  # the cat itself
])
def test_what_does_not_stand_out_is_too_small_or_is_asked_for_is_nothing(box: Box, colour: tuple[int, int, int],
                                                                         least: float) -> None:
    report = look(Scene(things=(cat(),)), ("cat", LEFT, 0.9), image=blob(box, colour), least=least)
    assert report.finding("uninvited").ruling == "holds"
