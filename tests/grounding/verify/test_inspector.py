"""An eye for broken things: what it is shown, what it says, and that a thing which does not look whole is in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional

from grounding.errors import ModelMissing
from grounding.verify.inspector import KINDS, NEEDS, NetInspector, Network, around, marked, open_inspector
from grounding.verify.looks import Looks
from grounding.verify.verify import Verifier
from planner.scene import Box, Scene
from tests.grounding.verify.oracle import Seen
from tests.grounding.verify.pets import EXACT, GREY, LEFT, RIGHT, cat, dog, only, plan


class Told:
    """An inspector that says what it was told to; `asked` is what it was asked about."""

    name = "told"

    def __init__(self, **scores: float) -> None:
        self.scores = scores
        self.asked: list[tuple[str, Box]] = []

    def needs(self, box: Box) -> float:
        return 0.5

    def inspect(self, image: Image.Image, things: Sequence[tuple[str, Box]]) -> tuple[float | None, ...]:
        self.asked += things
        return tuple(self.scores.get(noun) for noun, _ in things)


class Broken(Told):
    def inspect(self, image: Image.Image, things: Sequence[tuple[str, Box]]) -> tuple[float | None, ...]:
        raise RuntimeError("out of memory")


def looked(inspector: Told | None) -> Verifier:
    return Verifier(Seen(("cat", LEFT, 0.9), ("dog", RIGHT, 0.9)), None, EXACT, inspector=inspector)


PETS = plan(Scene(things=(cat(), dog())), cat1=LEFT, dog1=RIGHT)


class Pooled:
    """A tower that sees the mean colour of 4 by 4 patches."""

    def patches(self, images: Sequence[Image.Image]) -> torch.Tensor:
        pixels = torch.from_numpy(np.stack([np.asarray(image) for image in images])).permute(0, 3, 1, 2) / 255
        return functional.adaptive_avg_pool2d(pixels, 4).flatten(2).transpose(1, 2)


def network(kinds: int = 2) -> Network:
    torch.manual_seed(0)
    return Network(kinds, 3)


# what it is shown


def test_the_thing_is_in_the_middle_of_what_is_shown_and_the_context_around_it() -> None:
    cut = around(GREY, Box.of(0.3, 0.4, 0.5, 0.6), 2.0, 16)
    assert cut.pixels.shape == (16, 16, 3)
    assert cut.spot == pytest.approx((0.25, 0.375, 0.75, 0.625))  # 40 by 20 pixels in a square of 80


@given(x=st.floats(0.0, 0.8), y=st.floats(0.0, 0.8), w=st.floats(0.05, 0.2), h=st.floats(0.05, 0.2))
def test_the_square_shows_the_thing_where_it_says_it_is(x: float, y: float, w: float, h: float) -> None:
    pixels = np.zeros((200, 300, 3), dtype=np.uint8)
    left, top, right, bottom = round(x * 300), round(y * 200), round((x + w) * 300), round((y + h) * 200)
    pixels[top:bottom, left:right] = 255
    box = Box.of(left / 300, top / 200, right / 300, bottom / 200)
    cut = around(Image.fromarray(pixels), box, 1.4, 64)
    x0, y0, x1, y1 = (v * 64 for v in cut.spot)
    inner = cut.pixels[int(y0) + 3 : int(y1) - 2, int(x0) + 3 : int(x1) - 2]
    assert (inner > 200).all()
    lit = (cut.pixels[..., 0] > 127).sum()
    touches = left == 0 or top == 0
    assert lit >= 0.8 * (x1 - x0) * (y1 - y0)
    assert touches or lit <= 1.2 * (x1 - x0) * (y1 - y0) + 64


def test_beyond_the_edge_the_colours_of_the_edge_go_on() -> None:
    cut = around(Image.new("RGB", (64, 64), (10, 200, 30)), Box.of(0.0, 0.0, 0.2, 0.2), 2.0, 20)
    assert np.abs(cut.pixels.astype(int) - [10, 200, 30]).max() <= 1


def test_a_mark_covers_the_box_and_nothing_else() -> None:
    (mark,) = marked(torch.tensor([[0.25, 0.5, 0.75, 1.0]]), 8)
    expected = torch.zeros(1, 8, 8)
    expected[:, 4:, 2:6] = 1
    assert torch.equal(mark, expected)


def test_a_mark_says_what_part_of_a_patch_the_box_covers() -> None:
    (mark,) = marked(torch.tensor([[0.125, 0.0, 0.5, 0.375]]), 4)
    assert torch.allclose(mark[0], torch.tensor([[0.5, 1, 0, 0], [0.25, 0.5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))


# what it says


def test_what_it_says_of_a_thing_does_not_depend_on_what_else_is_asked() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    eye = NetInspector(Pooled(), network(), ("cat", "dog"), "eye", [(0.0, 0.5)])
    both = eye.inspect(noise, [("cat", LEFT), ("dog", RIGHT)])
    alone = (*eye.inspect(noise, [("cat", LEFT)]), *eye.inspect(noise, [("dog", RIGHT)]))
    assert both == pytest.approx(alone, abs=1e-5)
    assert all(score is not None and 0 <= score <= 1 for score in both)


def test_of_kinds_that_it_was_not_taught_it_says_nothing() -> None:
    eye = NetInspector(Pooled(), network(), ("cat", "dog"), "eye", [(0.0, 0.5)])
    cat_score, cow_score = eye.inspect(GREY, [("cat", LEFT), ("cow", RIGHT)])
    assert cat_score is not None
    assert cow_score is None
    assert eye.inspect(GREY, []) == ()


def test_it_comes_out_of_its_file_as_it_went_in(tmp_path: Path) -> None:
    made, file = network(), tmp_path / "eye.safetensors"
    save_file(made.state_dict(), file, {KINDS: json.dumps(["cat", "dog"]), NEEDS: "[[0, 0.1], [0.2, 0.25]]"})
    eye = open_inspector(file, Pooled())
    assert eye.kinds == ("cat", "dog")
    assert [eye.needs(Box.of(0.1, 0.1, 0.2, 0.1 + side)) for side in (0.15, 0.19, 0.21, 0.5)] == [0.1, 0.1, 0.25, 0.25]
    seen, marks, kinds = torch.randn(3, 16, 3), marked(torch.rand(3, 4), 4), torch.tensor([0, 1, 0])
    assert torch.equal(eye.network(seen, marks, kinds), made.eval()(seen, marks, kinds))


def test_two_files_have_two_names(tmp_path: Path) -> None:
    names = set()
    for needed in ("[[0, 0.1]]", "[[0, 0.2]]"):
        save_file(network().state_dict(), tmp_path / "eye.safetensors", {KINDS: '["cat", "dog"]', NEEDS: needed})
        names.add(open_inspector(tmp_path / "eye.safetensors", Pooled()).name)
    assert len(names) == 2


@pytest.mark.parametrize("told", [{}, {KINDS: '["cat"]'}, {KINDS: "cats", NEEDS: "[]"},
                                  {KINDS: '["cat"]', NEEDS: "[]"}, {KINDS: '["cat", "dog"]', NEEDS: '["some"]'}])
def test_a_file_that_does_not_say_what_it_knows_is_refused(tmp_path: Path, told: dict[str, str]) -> None:
    save_file(network().state_dict(), tmp_path / "eye.safetensors", told)
    with pytest.raises(ModelMissing, match="is no inspector"):
        open_inspector(tmp_path / "eye.safetensors", Pooled())


def test_a_missing_and_a_garbled_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "garbled.safetensors").write_bytes(b"\0" * 100)
    for name in ("missing", "garbled"):
        with pytest.raises(ModelMissing, match="is no inspector"):
            open_inspector(tmp_path / f"{name}.safetensors", Pooled())


# what follows from it


@pytest.mark.parametrize(("score", "ruling"), [(0.2, "cannot tell"), (0.49, "cannot tell"), (0.5, "holds"),
                                               (0.9, "holds")])
def test_a_thing_that_does_not_look_whole_is_in_doubt_and_its_picture_does_not_pass(score: float, ruling: str) -> None:
    report = looked(Told(cat=score, dog=0.8)).verify(GREY, PETS)
    about_cat, about_dog = [f for f in report.findings if f.claim.kind == "exists"]
    assert (about_cat.ruling, about_dog.ruling) == (ruling, "holds")
    assert about_cat.evidence.numbers == {"score": 0.9, "sound": score, "sound from": 0.5}
    assert report.passed is (ruling == "holds")
    if ruling == "cannot tell":
        assert about_cat.doubt == "broken"
        assert about_cat.sentence == ("the cat is on the left and does not look whole and clean "
                                      f"({score:.2f}, sure from 0.50): cannot tell if it is one")
        assert report.worth_another_round


def test_what_nobody_can_inspect_holds_as_before() -> None:
    with_one, without = looked(Told()).verify(GREY, PETS), looked(None).verify(GREY, PETS)
    assert with_one == without
    assert with_one.passed


def test_an_inspector_that_fails_is_told_and_takes_nothing_with_it() -> None:
    report = looked(Broken()).verify(GREY, PETS)
    assert report.passed
    assert "what tells sound things from broken ones failed (out of memory)" in report.limits


def test_it_is_asked_about_what_was_found_and_only_that() -> None:
    told = Told(cat=1.0, dog=1.0)
    Verifier(Seen(("cat", LEFT, 0.9)), None, EXACT, inspector=told).verify(GREY, PETS)
    assert told.asked == [("cat", LEFT)]


def test_the_second_look_has_the_inspector_too() -> None:
    looks = Looks.of(looked(Told(cat=0.9, dog=0.8)))
    assert looks.again is not None
    assert looks.again.inspector is looks.verifier.inspector
    assert only(looks.again.verify(GREY, plan(Scene(things=(cat(),)))), "exists").evidence.numbers["sound"] == 0.9
