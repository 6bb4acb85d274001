"""The whole verifier on pocket pictures whose content is known, with judges that know it."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grounding.pocket.world import COLOURS, KINDS, SCALES, Picture, picture
from grounding.verify.judges import OPEN
from grounding.verify.report import Report
from grounding.verify.thresholds import Cut, Thresholds
from grounding.verify.verify import Verifier
from planner.place import place
from planner.scene import Box, Canvas, Layout, Placement, Relation, Scene, Thing
from tests.grounding.verify.oracle import ColourScorer, OracleDetector, image_of, layout_of

ROUGH = Thresholds(noun=Cut(at=0.2, samples=1), box_error=0.01)


def verify(drawn: Picture, layout: Layout, **options: object) -> Report:
    detector = OracleDetector(drawn, noise=0.008, duplicates=True, seed=drawn.seed)
    return Verifier(detector, None, ROUGH, bystanders=KINDS, scales=SCALES).verify(image_of(drawn), layout)


FLAT_LINKS = {"left_of", "right_of", "above", "below", "next_to"}


@pytest.mark.parametrize("block", range(4))
def test_a_perfect_rendering_passes_although_the_detector_is_noisy_and_repeats_itself(block: int) -> None:
    for seed in range(40 * block, 40 * block + 40):
        drawn = picture(seed)
        links = tuple(link for link in drawn.relations if link.kind in FLAT_LINKS)
        drawn = Picture(drawn.items, links, drawn.background, drawn.style, drawn.absent, drawn.seed)
        report = verify(drawn, layout_of(drawn, sizes=all(i.size != "medium" for i in drawn.items)))
        wrong = [f.sentence for f in report.failing]
        assert wrong == [], f"seed {seed}"
        assert report.surplus == ()


def test_every_removed_thing_is_missed_and_every_added_thing_is_surplus() -> None:
    for seed in range(120):
        drawn = picture(seed)
        if len(drawn.items) < 2:
            continue
        layout = layout_of(drawn, relations=False)
        lost, kept = drawn.items[0], drawn.items[1:]
        fewer = verify(Picture(kept, (), drawn.background, drawn.style, (), seed), layout)
        assert [f.claim.noun for f in fewer.failing if f.claim.kind == "count"] == [lost.kind]
        assert [p.kind for p in fewer.problems if p.kind != "attribute"] == ["missing"]
        rest = layout_of(Picture(kept, (), drawn.background, drawn.style, (), seed), relations=False)
        more = verify(drawn, rest)
        assert [(s.noun, s.wrong) for s in more.surplus] == [(lost.kind, True)]
        own = any(item.kind == lost.kind for item in kept)
        assert more.finding("uninvited").ruling == ("holds" if own else "fails")


def test_swapped_colours_are_no_fault_and_a_wrong_colour_is() -> None:
    """The picture is judged in its favour: which of two balls is the red one is for the picture to say."""
    boxes = {"ball_1": Box.of(0.05, 0.4, 0.35, 0.7), "ball_2": Box.of(0.6, 0.4, 0.9, 0.7)}

    def layout(*colours: str) -> Layout:
        things = tuple(Thing(id=id, noun="ball", phrase=f"a {c} ball", attributes=(c,))
                       for id, c in zip(boxes, colours, strict=True))
        return Layout(scene=Scene(things=things), canvas=Canvas(width=100, height=100), placements=tuple(
            Placement(thing=id, box=box) for id, box in boxes.items()))

    pixels = np.full((100, 100, 3), 128, np.uint8)
    pixels[40:70, 5:35], pixels[40:70, 60:90] = COLOURS["blue"], COLOURS["red"]

    class Balls:
        name = "balls"
        knows = OPEN

        def detect(self, image: object, queries: list[str]) -> tuple[tuple[object, ...], ...]:
            from grounding.verify.judges import Sighting

            return tuple(tuple(Sighting(query=q, box=box, score=0.9) for box in boxes.values()) if q == "a ball" else ()
                         for q in queries)

    verifier = Verifier(Balls(), ColourScorer(), ROUGH)  # type: ignore[arg-type]
    swapped = verifier.verify(Image.fromarray(pixels), layout("red", "blue"))
    assert swapped.passed
    assert swapped.match("ball_1").seen is not None
    assert swapped.match("ball_1").iou == 0.0
    wrong = verifier.verify(Image.fromarray(pixels), layout("red", "green"))
    assert [f.claim.id for f in wrong.failing] == ["attribute:ball_2:green"]


def test_all_queries_go_out_in_one_call() -> None:
    drawn = picture(3)
    detector = OracleDetector(drawn)
    Verifier(detector, ColourScorer(), ROUGH, bystanders=KINDS).verify(image_of(drawn), layout_of(drawn))
    assert len(detector.asked) == 1
    assert len(set(detector.asked[0])) == len(detector.asked[0])


def test_what_the_planner_places_and_the_picture_shows_holds() -> None:
    """A layout of the solver, 'painted' exactly: every relation that boxes can tell holds."""
    rng = random.Random(5)
    kinds = ["left_of", "right_of", "above", "below", "next_to", "on", "near", "far_from", "under", "larger_than"]
    for k in range(60):
        kind = kinds[k % len(kinds)]
        nouns = rng.sample(KINDS, 2)
        things = tuple(Thing(id=f"{noun}_0", noun=noun, phrase=f"a {noun}") for noun in nouns)
        relation = Relation(kind=kind, subjects=(things[0].id,), objects=(things[1].id,))
        canvas = Canvas(width=rng.choice([128, 192]), height=128)
        layout = place(Scene(things=things, relations=(relation,)), seed=k, canvas=canvas)

        class Painted:
            name = "painted"
            knows = OPEN

            def __init__(self, boxes: dict[str, Box]) -> None:
                self.boxes = boxes

            def detect(self, image: object, queries: list[str]) -> tuple[tuple[object, ...], ...]:
                from grounding.verify.judges import Sighting

                return tuple(tuple(Sighting(query=q, box=box, score=0.9) for id, box in self.boxes.items()
                                   if id.split("_")[0] in q.split()) for q in queries)

        report = Verifier(Painted(layout.boxes), None, ROUGH).verify(  # type: ignore[arg-type]
            Image.new("RGB", (canvas.width, canvas.height)), layout)
        assert report.passed, (kind, report.words)


def test_the_same_picture_gives_the_same_report() -> None:
    drawn = picture(21)
    first, second = (verify(drawn, layout_of(drawn)) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_pictures_of_any_mode_are_read(mode: str) -> None:
    drawn = picture(4)
    report = Verifier(OracleDetector(drawn), None, ROUGH).verify(image_of(drawn).convert(mode), layout_of(drawn))
    assert report.findings


def test_reports_survive_json() -> None:
    for seed in range(20):
        report = verify(picture(seed), layout_of(picture(seed + 1)))
        assert Report.model_validate_json(report.model_dump_json()) == report
        assert 0.0 <= report.score <= 1.0
        assert len(report.holding) + len(report.failing) + len(report.undecided) == len(report.findings)


def test_the_verifier_is_imported_without_torch() -> None:
    code = ("import sys, grounding.verify.calibrate, grounding.verify.load, grounding.verify.picture\n"
            "print([m for m in ('torch', 'transformers', 'diffusers') if m in sys.modules])")
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
