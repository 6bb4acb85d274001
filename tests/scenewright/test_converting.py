"""`scenewright convert` between the formats, as a stranger uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.formats import FORMATS, OWN
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing
from scenewright.commands.cli import FORMATS as SHOWN
from scenewright.commands.cli import command
from scenewright.commands.shell import run

LAYOUT = Layout(
    scene=Scene(prompt="a cat and a dog", things=(Thing(id="cat", noun="cat", phrase="a cat"),
                                                  Thing(id="dog", noun="dog", phrase="a dog"))),
    canvas=Canvas(width=1000, height=500),
    placements=(Placement(thing="cat", box=Box.of(0.1, 0.2, 0.4, 0.6)),
                Placement(thing="dog", box=Box.of(0.5, 0.2, 0.9, 0.8), depth=1)),
)


def convert(*args: object) -> int:
    return run(lambda: command(["convert", *map(str, args)]))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "layout.json"
    path.write_text(LAYOUT.model_dump_json())
    return path


def test_help_names_every_format() -> None:
    assert set(SHOWN.replace(" or ", ", ").split(", ")) == {OWN, *FORMATS}


@pytest.mark.parametrize("format", FORMATS)
def test_a_layout_goes_to_every_format_and_its_boxes_come_back(own: Path, tmp_path: Path, format: str) -> None:
    there, back = tmp_path / "there", tmp_path / "back.json"
    assert convert(own, there, "--to", format) == 0
    assert convert(there, back, "--from", format, "--canvas", "1000x500") == 0
    boxes = sorted(p.box.corners for p in Layout.model_validate_json(back.read_text()).placements)
    for box, wanted in zip(boxes, sorted(p.box.corners for p in LAYOUT.placements), strict=True):
        assert box == pytest.approx(wanted, abs=2e-3)


def test_the_class_names_of_a_yolo_file_are_written_beside_it_and_read_back(own: Path, tmp_path: Path) -> None:
    labels, classes, back = (tmp_path / name for name in ("labels.txt", "classes.txt", "back.json"))
    assert convert(own, labels, "--to", "yolo", "--classes", classes) == 0
    assert classes.read_text() == "cat\ndog\n"
    assert convert(labels, back, "--from", "yolo", "--classes", classes) == 0
    assert [t.noun for t in Layout.model_validate_json(back.read_text()).scene.things] == ["cat", "dog"]


def test_a_file_of_another_format_can_be_checked_and_hinted(own: Path, tmp_path: Path) -> None:
    assert convert(own, tmp_path / "coco.json", "--to", "coco") == 0
    assert run(lambda: command(["check", str(tmp_path / "coco.json")])) == 0


def test_a_wrong_unit_ends_with_2_names_the_file_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "gligen.json", tmp_path / "out.json"
    source.write_text(json.dumps({"phrases": ["a cat"], "boxes": [[100, 200, 400, 600]]}))
    assert convert(source, target, "--from", "gligen") == 2
    assert "gligen.json" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_an_unknown_format_ends_with_2_and_the_known_names(
    own: Path, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert(own, tmp_path / "out", option, "pascal") == 2
    assert "lmd" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_made(own: Path, tmp_path: Path) -> None:
    assert convert(own, tmp_path / "nowhere" / "out.json") == 0
    assert Layout.model_validate_json((tmp_path / "nowhere" / "out.json").read_text()) == LAYOUT


def test_a_class_list_that_is_there_numbers_every_file_and_is_never_changed(own: Path, tmp_path: Path) -> None:
    classes = tmp_path / "classes.txt"
    classes.write_text("bird\ndog\ncat\n")
    assert convert(own, tmp_path / "labels.txt", "--to", "yolo", "--classes", classes) == 0
    assert [line.split()[0] for line in (tmp_path / "labels.txt").read_text().splitlines()] == ["2", "1"]
    assert convert(own, tmp_path / "17.json", "--to", "coco", "--classes", classes) == 0
    coco = json.loads((tmp_path / "17.json").read_text())
    assert [row["category_id"] for row in coco["annotations"]] == [3, 2]
    assert [row["name"] for row in coco["categories"]] == ["bird", "dog", "cat"]
    assert coco["images"][0]["file_name"] == "17.png"
    assert classes.read_text() == "bird\ndog\ncat\n"


@pytest.mark.parametrize("format", ["yolo", "coco"])
def test_a_name_that_a_class_list_does_not_know_is_refused_and_nothing_is_written(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    (tmp_path / "classes.txt").write_text("cat\nbird\n")
    assert convert(own, tmp_path / "there", "--to", format, "--classes", tmp_path / "classes.txt") == 2
    assert "`dog`" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()
    assert (tmp_path / "classes.txt").read_text() == "cat\nbird\n"


def test_what_a_terminal_would_obey_is_spelled_out_on_stdout(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thing = Thing(id="cat", noun="cat", phrase="a \x1b]0;x\x07 \x9b2J \u202ecat")
    layout = LAYOUT.model_copy(update={"scene": Scene(things=(thing,)), "placements": LAYOUT.placements[:1]})
    own.write_text(layout.model_dump_json())
    for format in (*FORMATS, OWN):
        assert convert(own, "-", "--to", format, "--classes", tmp_path / "none.txt") == 0
        out = capsys.readouterr().out
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)
        (tmp_path / "none.txt").unlink(missing_ok=True)
