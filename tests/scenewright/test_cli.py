"""The command line as a stranger meets it: results on stdout, one sentence on stderr, exit codes with a meaning."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from planner.scene import Box, Layout, Placement, Relation, Scene, Thing
from scenewright import __version__
from scenewright.commands.cli import command
from scenewright.commands.shell import run
from tests.scenewright.keys import heed_control_c

ROOT = Path(__file__).resolve().parents[2]
PROMPT = "a red cat left of a dog"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def scenewright(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*args: object) -> Ended:
        code = run(lambda: command([str(arg) for arg in args]))
        return Ended(code, *capsys.readouterr())

    return call


def process(*args: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "scenewright", *args], cwd=ROOT, text=True, stdin=subprocess.PIPE,
                            stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                            preexec_fn=heed_control_c, **options)


def two(relation: str = "left_of", *, apart: bool = True) -> Layout:
    """A cat and a dog, side by side, and what is said of them."""
    things = (Thing(id="cat", noun="cat", phrase="a cat"), Thing(id="dog", noun="dog", phrase="a dog"))
    boxes = (Box.of(0.1, 0.4, 0.3, 0.7), Box.of(0.6, 0.4, 0.9, 0.7) if apart else Box.of(0.1, 0.4, 0.3, 0.7))
    said = (Relation(kind=relation, subjects=("cat",), objects=("dog",), words=relation),)
    placed = tuple(Placement(thing=t.id, box=b) for t, b in zip(things, boxes, strict=True))
    return Layout(scene=Scene(things=things, relations=said), placements=placed)


def test_plan_prints_the_things_the_claims_with_margins_and_a_summary(scenewright: Any) -> None:
    done = scenewright("plan", PROMPT)
    assert (done.code, done.err) == (0, "")
    assert "the red cat is left of the dog" in done.out
    assert "+0." in done.out
    assert "seed 0" in done.out.splitlines()[-1]


def test_plan_json_is_a_layout_that_check_accepts(scenewright: Any, tmp_path: Path) -> None:
    done = scenewright("plan", PROMPT, "--json", "--canvas", "3:2", "--seed", 7)
    layout = Layout.model_validate_json(done.out)
    assert (layout.canvas.width, layout.canvas.height, layout.seed) == (768, 512, 7)
    (tmp_path / "layout.json").write_text(done.out)
    assert scenewright("check", tmp_path / "layout.json").code == 0


def test_plan_out_writes_the_same_layout_to_a_file_and_leaves_no_half_file(scenewright: Any, tmp_path: Path) -> None:
    done = scenewright("plan", PROMPT, "--json", "--out", tmp_path / "layout.json")
    assert (tmp_path / "layout.json").read_text() == done.out
    assert [path.name for path in tmp_path.iterdir()] == ["layout.json"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_layout(scenewright: Any) -> None:
    first, again, other = (scenewright("plan", PROMPT, "--json", "--seed", seed).out for seed in (1, 1, 2))
    assert first == again
    assert Layout.model_validate_json(first).boxes != Layout.model_validate_json(other).boxes


@pytest.mark.parametrize("name", ["layout.png", "layout.svg"])
def test_plan_draws_a_picture(scenewright: Any, tmp_path: Path, name: str) -> None:
    assert scenewright("plan", PROMPT, "--draw", tmp_path / name, "--relations").code == 0
    assert (tmp_path / name).stat().st_size > 1000


def test_hints_are_kept_where_the_claims_allow_it(scenewright: Any, tmp_path: Path) -> None:
    (tmp_path / "hints.json").write_text(two().model_dump_json())
    done = scenewright("plan", "a cat left of a dog", "--json", "--hints", tmp_path / "hints.json")
    boxes = Layout.model_validate_json(done.out).boxes
    kept = sorted(box.corners for box in boxes.values())
    assert kept == sorted(box.corners for box in two().boxes.values())


def test_hints_that_break_a_claim_are_moved_and_the_table_says_which_and_why(scenewright: Any, tmp_path: Path) -> None:
    (tmp_path / "hints.json").write_text(two().model_dump_json())
    done = scenewright("plan", "a cat right of a dog", "--hints", tmp_path / "hints.json")
    assert done.code == 0
    assert "moved: " in done.out


def test_a_prompt_can_come_from_stdin(scenewright: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PROMPT.encode())))
    assert "the red cat is left of the dog" in scenewright("plan", "-").out


@pytest.mark.parametrize(("args", "said"), [
    (["plan"], "either a prompt or --batch"),
    (["plan", PROMPT, "--batch", "x.jsonl"], "either a prompt or --batch"),
    (["plan", "--batch", "x.jsonl", "--draw", "x.png"], "cannot go with --batch"),
    (["plan", ""], "prompt"),
    (["plan", "..."], "nothing in the prompt was understood"),
    (["plan", "左边有一只猫"], "左边有一只猫"),
    (["plan", PROMPT, "--canvas", "wide"], "`16:9` or `768x512`"),
    (["plan", PROMPT, "--canvas", "0x512"], "`0x512`"),
    (["plan", PROMPT, "--canvas", "1:99"], "`1:99`"),
    (["plan", PROMPT, "--planner", "oracle"], "oracle"),
    (["plan", PROMPT, "--planner", "llm"], "SCENEWRIGHT_LLM"),
    (["plan", PROMPT, "--seed", "many"], "--seed"),
    (["plan", PROMPT, "--hints", "nowhere.json"], "nowhere.json"),
    (["plan", PROMPT, "--draw", "picture.jpg"], ".png or .svg"),
    (["plan", "--batch", "nowhere.jsonl"], "nowhere.jsonl"),
    (["check", "nowhere.json"], "nowhere.json"),
    (["check"], "layout"),
    (["paint", PROMPT], "paint"),
    (["--colour"], "--colour"),
])
def test_wrong_use_ends_with_2_and_one_sentence_that_names_the_mistake(
    scenewright: Any, args: list[str], said: str
) -> None:
    done = scenewright(*args)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("scenewright: ")
    assert done.err.count("\n") == 1
    assert said in done.err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"scene": {}, "surplus": 1}', b"\xff\xfe\x00", b"null",
                                     b'{"scene": {"things": [{"id": "1", "noun": "a", "phrase": "a"}]}}',
                                     b'{"scene": {}, "canvas": {"width": NaN}}', b"[" * 100_000])
def test_a_file_that_is_no_layout_ends_with_2(scenewright: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    for args in (["check", tmp_path / "bad.json"], ["plan", PROMPT, "--hints", tmp_path / "bad.json"]):
        done = scenewright(*args)
        assert (done.code, done.out) == (2, "")
        assert "bad.json" in done.err
        assert "Traceback" not in done.err


def test_claims_that_contradict_each_other_end_with_1_and_are_named(scenewright: Any) -> None:
    done = scenewright("plan", "a cat left of a dog, the cat is right of the dog")
    assert (done.code, done.out) == (1, "")
    assert "cannot all hold" in done.err


def test_check_ends_with_3_and_tells_what_is_wrong(scenewright: Any, tmp_path: Path) -> None:
    (tmp_path / "layout.json").write_text(two("right_of").model_dump_json())
    done = scenewright("check", tmp_path / "layout.json")
    assert done.code == 3
    assert "the cat is right of the dog" in done.out


def test_check_json_has_every_verdict_and_violation(scenewright: Any, tmp_path: Path) -> None:
    (tmp_path / "layout.json").write_text(two("right_of").model_dump_json())
    found = json.loads(scenewright("check", tmp_path / "layout.json", "--json").out)
    assert found["ok"] is False
    assert {v["kind"] for v in found["violations"]} == {"claim"}
    assert [v["holds"] for v in found["verdicts"] if v["claim"]["kind"] == "relation"] == [False]


def test_a_bug_ends_with_1_and_a_sentence_and_shows_its_place_only_on_request(
    scenewright: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.read.grammar.read", lambda prompt: 1 / 0)
    done = scenewright("plan", PROMPT)
    assert (done.code, done.out) == (1, "")
    assert "unexpected ZeroDivisionError" in done.err
    assert "Traceback" not in done.err
    monkeypatch.setenv("SCENEWRIGHT_TRACEBACK", "1")
    assert "Traceback" in scenewright("plan", PROMPT).err


def test_version_is_that_of_the_package(scenewright: Any) -> None:
    assert scenewright("--version").out == f"scenewright {__version__}\n"


def test_hostile_text_reaches_the_terminal_as_harmless_characters(scenewright: Any) -> None:
    done = scenewright("plan", "a cat \x1b[2J\u202e [bold red]{x}[/] left of a dog")
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "[bold red]{x}[/]" in done.out


def test_text_that_a_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    with process("plan", "ein Käse 🧀, a cat left of a dog", env=ascii_only) as done:
        out, err = done.communicate(timeout=60)
    assert done.returncode == 0, err
    assert out.isascii()
    assert "\\xe4" in out


def test_a_reader_that_goes_away_is_no_error_message() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with process("plan", PROMPT, stdout=write_end) as done:
        os.close(write_end)
        _, err = done.communicate(timeout=60)
    assert err == ""
    assert done.returncode == 141


def test_a_full_disk_is_one_sentence() -> None:
    with open("/dev/full", "w") as full, process("plan", PROMPT, stdout=full) as done:
        _, err = done.communicate(timeout=60)
    assert done.returncode == 1
    assert err.count("\n") == 1
    assert "No space left" in err


def test_an_interrupt_ends_with_130_and_keeps_what_was_written(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with process("plan", "--batch", "-", "--out", str(out)) as running:
        assert running.stdin
        running.stdin.write(json.dumps({"prompt": PROMPT}) + "\n" * 10_000)
        running.stdin.flush()
        while running.poll() is None and not (out.exists() and out.read_text().endswith("\n")):
            pass
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert json.loads(out.read_text())["prompt"] == PROMPT
