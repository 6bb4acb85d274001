"""The commands that paint, on scripted stages: exit codes, batches, what lands where, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from planner.errors import Conflict
from planner.place import place
from planner.read.grammar import read
from planner.scene import Canvas, Layout
from scenewright.api import watch
from scenewright.commands.cli import command
from scenewright.commands.shell import run
from scenewright.config import Settings
from scenewright.loop.metadata import recipe_in
from scenewright.loop.runs import Run
from scenewright.loop.shelf import runs_in
from scenewright.loop.stages import PlannedLayout
from scenewright.planning import PromptPlanner
from scenewright.stack import Stack
from tests.scenewright import fakes

PROMPT = "a red ball left of a blue box"
MISSING = "exists:ball1"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Reading(PromptPlanner):
    """Reads with the grammar, and fails where a prompt asks for it."""

    def plan(self, prompt: str, **options: Any) -> PlannedLayout:
        if "impossible" in prompt:
            raise Conflict(("the ball is left of the box", "the box is left of the ball"))
        return super().plan(prompt, **options)


@pytest.fixture
def painter() -> fakes.DrawingPainter:
    """The painter of all commands of a test."""
    return fakes.DrawingPainter()


@pytest.fixture
def scenewright(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                painter: fakes.DrawingPainter) -> Callable[..., Ended]:
    """The command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    stack = Stack(Reading(spare=Canvas()), painter, fakes.Oracle())
    monkeypatch.setattr("scenewright.stack.open_stack", lambda settings, *more: replace(
        stack, planner=Reading(how=settings, spare=Canvas())))
    monkeypatch.setattr("scenewright.stack.open_painter", lambda *names: painter)

    def call(*args: object) -> Ended:
        code = run(lambda: command([str(arg) for arg in args]))
        return Ended(code, *capsys.readouterr())

    return call


def test_render_tells_the_claims_the_cost_and_where_the_picture_is(scenewright: Any, tmp_path: Path) -> None:
    done = scenewright("render", PROMPT)
    picture = next(tmp_path.glob("runs/*/picture.png"))
    assert done.code == 0
    assert "✓" in done.out
    assert "the red ball is left of the blue box" in done.out
    assert f"picture: {picture.relative_to(tmp_path)}" in done.out
    assert "report.html" in done.out


def test_a_claim_that_fails_ends_with_3_and_the_best_picture_is_there(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    painter.script = lambda task, index: (MISSING,)
    done = scenewright("render", PROMPT, "--rounds", 2, "--out", tmp_path / "deep" / "p.png")
    assert done.code == 3
    assert "✗" in done.out
    assert "round 1: a new seed (" in done.out
    assert (tmp_path / "deep" / "p.png").exists()


def test_json_is_the_only_thing_on_stdout(scenewright: Any) -> None:
    found = json.loads(scenewright("render", PROMPT, "--n", 2, "--seed", 5, "--json").out)
    assert found["verified"] is True
    assert {c["ruling"] for c in found["claims"]} == {"holds"}
    assert Layout.model_validate_json(json.dumps(found["layout"])).scene.prompt == PROMPT


def test_a_layout_is_painted_as_it_is(scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    layout = place(read(PROMPT), seed=9)
    (tmp_path / "l.json").write_text(layout.model_dump_json())
    assert scenewright("render", "--layout", tmp_path / "l.json").code == 0
    assert painter.tasks[0].layout == layout


def test_a_second_call_of_the_same_request_paints_nothing(scenewright: Any, painter: fakes.DrawingPainter) -> None:
    first = scenewright("render", PROMPT, "--json")
    again = scenewright("render", PROMPT, "--json")
    assert first.out == again.out
    assert len(painter.tasks) == 1


@pytest.mark.parametrize(("args", "said"), [
    (["render"], "a prompt, --layout or --batch"),
    (["render", PROMPT, "--batch", "x.txt"], "--batch brings its own prompts"),
    (["render", "--batch", "nowhere.txt"], "nowhere.txt"),
    (["render", "--layout", "nowhere.json"], "nowhere.json"),
    (["render", PROMPT, "--n", "0"], "candidates"),
    (["render", PROMPT, "--rounds", "1000"], "rounds"),
    (["render", PROMPT, "--steps", "-1"], "steps"),
    (["render", PROMPT, "--seed", "-4"], "seed"),
    (["render", PROMPT, "--set", "colour=red"], "colour"),
    (["render", PROMPT, "--set", "rounds"], "NAME=VALUE"),
    (["render", "   "], "prompt is empty"),
    (["verify", "nowhere.png", PROMPT], "nowhere.png"),
    (["verify", "nowhere.png"], "a prompt or --layout"),
    (["reproduce", "nowhere.png"], "nowhere.png"),
    (["calibrate", "--pictures", "3"], "--pictures"),
    (["runs", "--set", "runs"], "NAME=VALUE"),
])
def test_wrong_use_ends_with_2_and_one_sentence(scenewright: Any, args: list[str], said: str) -> None:
    done = scenewright(*args)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not done.out


def test_claims_in_conflict_are_explained_and_nothing_is_painted(
        scenewright: Any, painter: fakes.DrawingPainter) -> None:
    done = scenewright("render", "impossible things")
    assert done.code == 1
    assert "cannot all hold" in done.err
    assert not painter.tasks


def test_a_batch_makes_a_run_per_line_and_a_failing_line_stops_nothing(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(f'{PROMPT}\n\n{{"prompt": "two green stars"}}\nan impossible thing\na blue cat\n')
    places = ("--out", tmp_path / "out", "--report", tmp_path / "pages")
    done = scenewright("render", "--batch", tmp_path / "b.txt", *places, "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert "1 of 4 prompts failed" in done.err
    assert [line["line"] for line in lines] == [1, 3, 4, 5]
    assert "cannot all hold" in lines[2]["error"]
    assert len(list((tmp_path / "out").glob("*.png"))) == len(list((tmp_path / "pages").glob("*.html"))) == 3
    assert len(painter.tasks) == 3
    scenewright("render", "--batch", tmp_path / "b.txt")
    assert len(painter.tasks) == 3


def test_a_batch_in_which_a_claim_fails_ends_with_3(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    painter.script = lambda task, index: (MISSING,) if "ball" in task.layout.scene.prompt else ()
    (tmp_path / "b.txt").write_text(f"{PROMPT}\na blue cat\n")
    done = scenewright("render", "--batch", tmp_path / "b.txt", "--rounds", 1)
    assert done.code == 3
    assert [line[0] for line in done.out.splitlines()] == ["✗", "✓"]


def test_a_line_of_a_batch_has_a_name_a_seed_and_a_canvas_of_its_own_and_comes_back_with_labels(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    asked = [{"prompt": PROMPT, "id": "a/1", "seed": 1}, {"prompt": PROMPT, "id": "two", "seed": 2, "canvas": "2:1"},
             {"prompt": PROMPT, "id": "two", "seed": 3}, {"prompt": PROMPT, "sed": 3}]
    (tmp_path / "b.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in asked))
    done = scenewright("render", "--batch", tmp_path / "b.jsonl", "--out", tmp_path / "out", "--json")
    one, two, same, misspelt = (json.loads(line) for line in done.out.splitlines())
    assert done.code == 1
    assert [one["id"], two["id"], same["id"]] == ["a/1", "two", "two"]
    assert "line 2" in same["error"]
    assert "did you mean `seed`" in misspelt["error"]
    assert [Path(line["picture"]).name for line in (one, two)] == ["a_1.png", "two.png"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a_1.png", "two.png"}
    assert one["run"] != two["run"]
    assert painter.tasks[1].layout.canvas.width == 2 * painter.tasks[1].layout.canvas.height
    boxes = painter.tasks[0].layout.boxes
    assert {t["id"]: t["planned"] for t in one["things"]} == {
        id: [round(v, 6) for v in box.corners] for id, box in boxes.items()}
    assert all(t["seen"] and t["score"] == 0.9 for t in one["things"])
    assert {c["ruling"] for c in one["claims"]} == {"holds"}
    assert one["size"] == [128, 128]


def test_a_line_at_which_another_process_works_is_left_to_it_and_is_no_failure(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    scenewright("render", PROMPT)
    busy = next(tmp_path.glob("runs/*"))
    (tmp_path / "b.txt").write_text(f"{PROMPT}\na blue cat\n")
    with Run(busy).locked():
        done = scenewright("render", "--batch", tmp_path / "b.txt", "--json")
    assert done.code == 0
    assert [json.loads(line)["prompt"] for line in done.out.splitlines()] == ["a blue cat"]
    assert "1 of 2 prompts were left to another process" in done.err
    after = scenewright("render", "--batch", tmp_path / "b.txt", "--json")
    assert [json.loads(line)["line"] for line in after.out.splitlines()] == [1, 2]
    assert len(painter.tasks) == 2


def test_as_many_pictures_as_were_asked_for_are_written_as_what_their_names_say(
        scenewright: Any, tmp_path: Path) -> None:
    done = scenewright("render", PROMPT, "--n", 4, "--out", tmp_path / "new" / "q.jpg", "--json")
    names = ["q.jpg", "q-2.jpg", "q-3.jpg", "q-4.jpg"]
    assert [Path(path).name for path in json.loads(done.out)["pictures"]] == names
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(names)
    assert all((tmp_path / "new" / name).read_bytes().startswith(b"\xff\xd8") for name in names)


def test_every_picture_of_several_carries_the_recipe_that_paints_it_again(scenewright: Any, tmp_path: Path) -> None:
    scenewright("render", PROMPT, "--n", 3, "--out", tmp_path / "q.png")
    names = [tmp_path / name for name in ("q.png", "q-2.png", "q-3.png")]
    recipes = [recipe_in(path) for path in names]
    assert {recipe.index for recipe in recipes} == {0, 1, 2}
    assert len({recipe.seed for recipe in recipes}) == 3
    assert [scenewright("reproduce", path).code for path in names] == [0, 0, 0]


def test_only_what_is_asked_for_is_kept_of_a_run_which_is_still_given_back_at_once(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    for again in range(2):
        done = scenewright("render", PROMPT, "--keep", "picture,labels", "--n", 2, "--out", tmp_path / "p.png")
        assert done.code == 0, again
        folder = next((tmp_path / "runs").iterdir())
        assert {path.name for path in folder.iterdir()} == {
            "run.json", "lock", "result.json", "picture.png", "layout.json", "report.json"}
    assert len(painter.tasks) == 1
    assert "`picture`" not in scenewright("render", PROMPT, "--keep", "pictures").out
    assert "picture, labels, page, work" in scenewright("render", PROMPT, "--keep", "pictures").err


def test_runs_are_pared_down_moved_and_removed(scenewright: Any, tmp_path: Path) -> None:
    scenewright("render", PROMPT)
    scenewright("render", "a blue cat")
    ball, cat = (next(r.id for r in runs_in(tmp_path / "runs") if noun in r.prompt) for noun in ("ball", "cat"))
    assert scenewright("runs", "--keep", "picture").code == 0
    assert not (tmp_path / "runs" / ball / "report.html").exists()
    assert scenewright("runs", ball, "--move", tmp_path / "done").code == 0
    assert [r.state for r in runs_in(tmp_path / "done")] == ["done"]
    assert scenewright("runs", cat, "--remove").code == 0
    assert runs_in(tmp_path / "runs") == []
    assert (tmp_path / "done" / ball / "picture.png").exists()
    for wrong in (["--remove"], ["--move", "x"], [ball, "--keep", "picture"], [ball, "--remove", "--move", "x"]):
        assert scenewright("runs", *wrong).code == 2
    assert scenewright("runs", "nobody", "--remove").code == 1


def test_a_size_that_the_model_cannot_paint_is_told_before_it_paints(
        scenewright: Any, tmp_path: Path) -> None:
    stack = Stack(PromptPlanner(), fakes.DrawingPainter(), fakes.Oracle())
    told = list(watch(runs=tmp_path / "runs", layout=place(read(PROMPT), seed=0), canvas="1024x1024",
                      stack=stack))
    kinds = [type(event).__name__ for event in told]
    assert kinds.index("Warned") < kinds.index("RoundBegan")
    for _ in range(2):  # painted, and given back
        said = " ".join(scenewright("render", PROMPT, "--canvas", "1024x1024").err.split())
        assert said.count("a canvas of 1024x1024 was asked for; this model paints it in 128x128") == 1
    assert scenewright("render", PROMPT, "--canvas", "1:1").err == ""
    assert scenewright("render", PROMPT, "--canvas", "128x128").err == ""


def test_a_layout_is_painted_on_a_canvas_of_its_own_shape_and_another_one_is_told_and_not_used(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    scenewright("plan", PROMPT, "--canvas", "512x256", "--out", tmp_path / "l.json")
    other = scenewright("render", "--layout", tmp_path / "l.json", "--canvas", "512x512").err
    assert "the layout is for 512x256; the canvas 512x512" in " ".join(other.split())
    scenewright("render", "--layout", tmp_path / "l.json", "--canvas", "256x128")
    assert [(t.layout.canvas, t.how.pixels) for t in painter.tasks] == [
        (Canvas(width=512, height=256), False), (Canvas(width=256, height=128), True)]


def test_who_reads_is_an_option_of_render_as_of_plan(scenewright: Any) -> None:
    for name in ("plan", "render"):
        done = scenewright(name, PROMPT, "--planner", "llm")
        assert done.code == 2
        assert "SCENEWRIGHT_LLM" in done.err


def test_a_picture_of_an_unknown_kind_is_refused_before_anything_is_painted(
        scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    done = scenewright("render", PROMPT, "--out", tmp_path / "q.xyz")
    assert (done.code, painter.tasks) == (2, [])
    assert ".png" in done.err


def test_settings_are_listed_with_meaning_value_and_where_it_comes_from(
        scenewright: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('rounds = 7\nseconds = 5.0\n')
    monkeypatch.setenv("SCENEWRIGHT_CONFIG", str(tmp_path / "c.toml"))
    monkeypatch.setenv("SCENEWRIGHT_ROUNDS", "8")
    monkeypatch.setenv("SCENEWRIGHT_LLM_API_KEY", "sk-very-secret")
    done = scenewright("settings", "--set", "seed=3", "--json")
    rows = {row["name"]: row for row in json.loads(done.out)}
    assert rows.keys() == Settings.model_fields.keys()
    assert all(row["meaning"] for row in rows.values())
    found = {name: (rows[name]["value"], rows[name]["from"]) for name in ("seed", "rounds", "seconds", "steps")}
    assert found == {"seed": (3, "--set"), "rounds": (8, "SCENEWRIGHT_ROUNDS"),
                     "seconds": (5.0, str(tmp_path / "c.toml")), "steps": (None, "default")}
    assert "very-secret" not in done.out + scenewright("settings").out


def test_a_busy_run_is_told(scenewright: Any, tmp_path: Path) -> None:
    scenewright("render", PROMPT)
    folder = next(tmp_path.glob("runs/*"))
    with Run(folder).locked():
        done = scenewright("render", PROMPT)
    assert done.code == 1
    assert "busy" in done.err


def test_what_was_painted_can_be_reproduced(scenewright: Any, tmp_path: Path) -> None:
    scenewright("render", PROMPT, "--out", tmp_path / "p.png")
    done = scenewright("reproduce", tmp_path / "p.png", "--out", tmp_path / "again.png")
    assert (done.code, done.out) == (0, "the same bytes came out\n")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "p.png").read_bytes()


def test_a_file_that_was_changed_is_noticed(scenewright: Any, painter: fakes.DrawingPainter, tmp_path: Path) -> None:
    scenewright("render", PROMPT, "--out", tmp_path / "p.png")
    painter.script = lambda task, index: (MISSING,)
    done = scenewright("reproduce", tmp_path / "p.png")
    assert done.code == 3
    assert "another picture came out" in done.out


def test_the_list_of_runs_shows_what_became_of_each(scenewright: Any, painter: fakes.DrawingPainter) -> None:
    assert "no runs in" in scenewright("runs").out
    scenewright("render", PROMPT)
    painter.script = lambda task, index: ("exists:cat1",)
    scenewright("render", "a blue cat", "--rounds", 1)
    said = scenewright("runs").out
    assert "done" in said
    assert "failed verification" in said
    assert PROMPT in said


def test_models_and_doctor_say_what_is_missing_and_how_to_get_it(scenewright: Any, tmp_path: Path) -> None:
    nowhere = ["--set", f"image_model={tmp_path}/nowhere"]
    for name in ("models", "doctor"):
        done = scenewright(name, *nowhere)
        assert done.code == 1
        assert "✗" in done.out
        assert "hf download" in done.out
    (tmp_path / "empty").mkdir()
    empty = scenewright("models", "--set", f"image_model={tmp_path}/empty", "--json")
    assert "no model_index.json" in json.loads(empty.out)["chosen"][0]["said"]


def test_doctor_finds_a_folder_that_cannot_be_written(scenewright: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = scenewright("doctor", "--set", f"runs={tmp_path}/file", "--json")
    found = {f["what"]: f for f in json.loads(done.out)}
    assert not found["runs"]["well"]
    assert found["python"]["well"]


def test_no_secret_is_shown_by_any_command(scenewright: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCENEWRIGHT_LLM_API_KEY", "sk-very-secret")
    said = [scenewright("render", PROMPT), scenewright("doctor"), scenewright("models"), scenewright("runs")]
    assert not [d for d in said if "very-secret" in d.out + d.err]
    stored = [p for p in tmp_path.rglob("*") if p.is_file() and b"very-secret" in p.read_bytes()]
    assert not stored
