"""Whatever a stranger's text says, a terminal obeys none of it, no file is torn, and no closed stream is a bug."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import BadInput
from planner.scene import Layout
from planner.whole import write_whole
from scenewright.commands.cli import command
from scenewright.commands.pictures import picture_format, write_picture
from scenewright.commands.shell import fail, harmless, run, write_json
from scenewright.config import Settings

ROOT = Path(__file__).resolve().parents[2]
ESC = "\x1b]0;owned\x07\x9b2J\u202e\u2066\r\x08"


def obeyed(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t"}


@given(st.text())
def test_harmless_text_has_nothing_that_a_terminal_obeys_and_harmless_json_is_the_same_json(text: str) -> None:
    assert not obeyed(harmless(text))
    assert json.loads(harmless(json.dumps({text: [text]}, ensure_ascii=False))) == {text: [text]}


def test_errors_and_results_are_printed_without_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    fail(f"a name {ESC}" + "x" * 10_000)
    write_json({ESC: ESC})
    out, err = capsys.readouterr()
    assert not obeyed(out) | obeyed(err)
    assert json.loads(out) == {ESC: ESC}
    assert err.count("\n") == 1
    assert len(err) < 3000


@pytest.mark.parametrize("wrong", [
    lambda layout: layout | {ESC: 1},
    lambda layout: layout | {"scene": layout["scene"] | {"relations": [{"kind": ESC, "subjects": ["cat1"]}]}},
    lambda layout: layout | {"placements": layout["placements"] * 2},
])
def test_a_layout_file_of_a_stranger_reaches_stderr_harmlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: Callable[[Any], Any]
) -> None:
    assert run(lambda: command(["plan", "a red cat", "--json"])) == 0
    layout = json.loads(capsys.readouterr().out)
    path = tmp_path / f"{ESC[:6]}.json".replace("/", "")
    path.write_text(json.dumps(wrong(layout)))
    assert run(lambda: command(["check", str(path)])) == 2
    assert not obeyed(capsys.readouterr().err)


@pytest.mark.parametrize(("closing", "args", "code"), [
    (">&-", ["plan", "a cat"], 1), ("2>&-", ["plan", "a cat"], 0), ("2>&-", ["plan", "..."], 2),
    ("<&-", ["plan", "-"], 2), ("<&-", ["check", "-"], 2), ("<&-", ["plan", "--batch", "-"], 2),
    (">&- 2>&- <&-", ["plan", "a cat"], 1),
])
def test_a_closed_stream_is_no_bug(closing: str, args: list[str], code: int) -> None:
    words = " ".join(f"'{word}'" for word in (sys.executable, "-m", "scenewright", *args))
    done = subprocess.run(["sh", "-c", f"exec {words} {closing}"], cwd=ROOT, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == code
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("content", "said"), [
    ("seed=" + "[" * 5000, "nested too deeply"), ("a." * 100_000 + "a=1", "at most 16384"), ("seed", "cannot read"),
    ("sed=1", "did you mean `seed`"),
])
def test_a_settings_file_of_a_stranger_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, said: str
) -> None:
    (tmp_path / "config.toml").write_text(content)
    monkeypatch.setenv("SCENEWRIGHT_CONFIG", str(tmp_path / "config.toml"))
    with pytest.raises(BadInput, match=said):
        Settings.load()


def test_a_file_that_cannot_be_written_stays_as_it_was_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    (tmp_path / "there").write_text("as it was")
    with pytest.raises(OSError, match="folder") as caught:
        write_whole(tmp_path / "folder" / "name", "x")
    assert caught.value.filename == str(tmp_path / "folder" / "name")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "link").symlink_to(victim)
    write_whole(tmp_path / "link", "theirs")
    assert victim.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "there", "victim"]


def test_a_full_disk_leaves_the_file_that_was_there_and_no_half_one(tmp_path: Path) -> None:
    code = ("import resource, signal, sys; from pathlib import Path; from planner.whole import write_whole\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
            "try: write_whole(Path(sys.argv[1]), 'x' * 1000)\n"
            "except OSError as error: print(error.filename)")
    (tmp_path / "d.png").write_text("good")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "d.png")], cwd=ROOT, capture_output=True,
                          text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(tmp_path / "d.png")
    assert [path.name for path in tmp_path.iterdir()] == ["d.png"]
    assert (tmp_path / "d.png").read_text() == "good"


@pytest.mark.parametrize(("name", "begins"), [("q.png", b"\x89PNG"), ("q.JPG", b"\xff\xd8"), ("q.webp", b"RIFF")])
def test_a_picture_is_what_its_name_says(tmp_path: Path, name: str, begins: bytes) -> None:
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.new("RGB", (8, 8), "red").save(stream, "PNG")
    write_picture(tmp_path / name, stream.getvalue())
    assert (tmp_path / name).read_bytes().startswith(begins)
    with pytest.raises(BadInput, match=r"\.jpg"):
        picture_format(Path("q.xyz"))


def test_of_much_that_is_wrong_the_first_is_told_and_the_rest_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lambda: command(["plan", "twelve cats", "--json"])) == 0
    layout = Layout.model_validate_json(capsys.readouterr().out)
    same = tuple(p.model_copy(update={"box": layout.placements[0].box}) for p in layout.placements)
    (tmp_path / "same.json").write_text(layout.model_copy(update={"placements": same}).model_dump_json())
    assert run(lambda: command(["check", str(tmp_path / "same.json")])) == 3
    out = capsys.readouterr().out
    assert out.count("✗") == 60
    assert "and 6 more that are wrong" in out


def test_a_file_of_far_too_many_boxes_is_refused_before_they_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.formats.conventions.four_numbers", lambda *quad: pytest.fail("a box was read"))
    rows = [{"x": 0, "y": 0, "width": 10, "height": 10}] * 2000
    for content in (json.dumps(rows), "0 0.5 0.5 0.1 0.1\n" * 2000, json.dumps({"scene": {}, "placements": rows})):
        (tmp_path / "many").write_text(content)
        assert run(lambda: command(["check", str(tmp_path / "many"), "--canvas", "1:1"])) == 2
        assert "2000 boxes" in capsys.readouterr().err
