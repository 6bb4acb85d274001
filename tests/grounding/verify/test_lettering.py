"""Written text is compared letter by letter with what should be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grounding.verify import lettering
from grounding.verify.lettering import READABLE, Writing, best_line, likeness
from planner.scene import Box, Lettering, Scene
from tests.grounding.verify.pets import LEFT, RIGHT, cat, verify

TOP, LOW = Box.of(0.1, 0.1, 0.5, 0.2), Box.of(0.1, 0.3, 0.5, 0.4)


def test_the_threshold_lets_one_letter_in_seven_be_misread() -> None:
    assert READABLE == 0.85
    assert likeness("LIBRARY", "LIBRABY") >= READABLE > likeness("LIBRARY", "LIBBABY")


@pytest.mark.parametrize(("wanted", "read", "expected"), [
    ("STOP", "stop", 1.0), ("Ice Cream!", "ICE-CREAM", 1.0), ("STOP", "SHOP", 0.75), ("STOP", "", 0.0),
    ("kitten", "sitting", 1 - 3 / 7), ("OPEN", "OPEN DAILY", 4 / 9)])
def test_likeness_is_one_less_the_share_of_edits(wanted: str, read: str, expected: float) -> None:
    assert likeness(wanted, read) == pytest.approx(expected)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_likeness_is_symmetric_and_one_only_for_equals(a: str, b: str) -> None:
    assert likeness(a, b) == pytest.approx(likeness(b, a))
    assert (likeness(a, b) == 1) == (a == b)


def test_text_in_two_lines_is_read_as_one() -> None:
    found = best_line("happy birthday", [Writing("HAPPY", TOP), Writing("BIRTHDAY", LOW)])
    assert found is not None
    assert (found.likeness, found.line.box) == (1.0, Box.of(0.1, 0.1, 0.5, 0.4))
    assert best_line("x", []) is None


@pytest.mark.parametrize(("lines", "ruling"), [
    ([Writing("STOP", LEFT)], "holds"), ([Writing("STOP", RIGHT)], "fails"), ([Writing("GO", LEFT)], "fails"),
    ([], "fails")])
def test_lettering_is_looked_for_on_its_host(lines: list[Writing], ruling: str,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grounding.verify.verify.read_lines", lambda image: tuple(lines))
    scene = Scene(things=(cat(),), lettering=(Lettering(content="STOP", host="cat1"),))
    report = verify(scene, [("cat", LEFT, 0.9)])
    assert report.finding("lettering:0").ruling == ruling
    assert report.passed == (ruling == "holds")


def test_a_reader_that_breaks_is_told_and_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(image: Image.Image) -> None:
        raise RuntimeError("no session")

    monkeypatch.setattr("grounding.verify.verify.read_lines", broken)
    report = verify(Scene(lettering=(Lettering(content="STOP"),)), [])
    assert report.finding("lettering:0").ruling == "cannot tell"
    assert "what reads text failed (no session)" in report.limits


def test_a_sign_is_read_where_a_reader_is_installed() -> None:
    pytest.importorskip("rapidocr")
    import random

    from tests.bench.signs import sign

    found = lettering.read_lines(sign("BAKERY", random.Random(3)))
    assert found is not None
    assert [line.text for line in found] == ["BAKERY"]
