"""Stored runs: whole files or none, one owner at a time, damage noticed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from planner.scene import Layout, Scene
from planner.whole import write_whole
from scenewright.errors import Busy, Mismatch, StorageFailed
from scenewright.loop.runs import LOCK, Run, run_id, runs_in, seed_of
from scenewright.loop.stages import Painting, Task

TASK = Task(layout=Layout(scene=Scene(prompt="x")), seeds=(1, 2))
KEY = TASK.key("p")


def painted(colour: str = "red") -> list[Painting]:
    return [Painting(Image.new("RGB", (8, 8), colour), {"passes": 2.0}), Painting(Image.new("RGB", (8, 8), "blue"), {})]


def test_a_batch_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.keep_paintings(KEY, TASK, painted())
    back = run.paintings(KEY)
    assert back is not None
    assert [p.image.tobytes() for p in back] == [p.image.tobytes() for p in painted()]
    assert back[0].receipt == {"passes": 2.0}
    assert run.task(KEY) == TASK


@pytest.mark.parametrize("damage", [
    "missing picture", "cut picture", "other picture", "cut notes", "no notes", "no task", "other task"])
def test_a_damaged_batch_counts_as_missing(tmp_path: Path, damage: str) -> None:
    run = Run(tmp_path)
    run.keep_paintings(KEY, TASK, painted())
    folder = tmp_path / "pictures" / KEY
    match damage:
        case "missing picture":
            (folder / "1.png").unlink()
        case "cut picture":
            (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:-9])
        case "other picture":
            (folder / "1.png").write_bytes((folder / "0.png").read_bytes())
        case "cut notes":
            (folder / "paintings.json").write_text('[{"sha')
        case "no task":
            (folder / "task.json").unlink()
        case "other task":
            (folder / "task.json").write_text(TASK.model_copy(update={"steps": 9}).model_dump_json())
        case "no notes":
            (folder / "paintings.json").unlink()
    assert run.paintings(KEY) is None
    run.keep_paintings(KEY, TASK, painted())
    assert run.paintings(KEY) is not None


def test_the_name_of_a_batch_depends_on_everything_that_its_pictures_depend_on() -> None:
    others = [TASK.model_copy(update=u) for u in (
        {"seeds": (1, 3)}, {"steps": 9}, {"guide": {"a": 2.0}}, {"bind": ("a",)}, {"tokens": True}, {"strength": 2.0})]
    assert len({KEY, TASK.key("other"), *(t.key("p") for t in others)}) == len(others) + 2


@given(st.text(), st.integers())
def test_a_run_is_named_by_what_was_asked_for(prompt: str, seed: int) -> None:
    name = run_id(prompt, {"prompt": prompt, "seed": seed})
    assert name == run_id(prompt, {"seed": seed, "prompt": prompt})
    assert name != run_id(prompt, {"prompt": prompt, "seed": seed + 1})
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(name) <= 51


def test_seeds_come_from_content_and_never_change() -> None:
    assert seed_of("paint", "a red ball", 0, 0, 0) == 2858982545
    assert len({seed_of("paint", "a", 0, 0, i) for i in range(500)}) == 500


def test_a_second_owner_is_told_who_is_at_work(tmp_path: Path) -> None:
    run = Run(tmp_path / "r")
    with run.locked(), pytest.raises(Busy, match=f"busy: process {os.getpid()}"), Run(tmp_path / "r").locked():
        pass
    with run.locked():
        pass


def test_another_process_is_told_that_the_run_is_busy_and_a_killed_owner_leaves_it_free(tmp_path: Path) -> None:
    code = ("import sys, time; from pathlib import Path; from scenewright.loop.runs import Run\n"
            "with Run(Path(sys.argv[1])).locked(): print('mine', flush=True); time.sleep(60)")
    owner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "r")], stdout=subprocess.PIPE, text=True,
                             cwd=Path(__file__).parents[2])
    assert owner.stdout is not None
    with owner, owner.stdout:
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(Busy, match=f"process {owner.pid}"), Run(tmp_path / "r").locked():
            pass
        assert [s.state for s in runs_in(tmp_path)] == ["damaged"]
        owner.kill()
        owner.wait()
    with Run(tmp_path / "r").locked():
        pass


def test_what_a_killed_owner_left_half_written_is_swept_away(tmp_path: Path) -> None:
    run = Run(tmp_path)
    half = tmp_path / "pictures" / f".{KEY}.part"
    half.mkdir(parents=True)
    (half / "0.png").write_bytes(b"half")
    (tmp_path / ".result.json.12.part").write_text("{")
    with run.locked():
        assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only.*SCENEWRIGHT_RUNS"),
    (errno.EACCES, "may not be written"), (errno.EIO, "Input/output error")])
def test_a_failing_disk_is_told_in_words_and_leaves_the_old_file_whole(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    run = Run(tmp_path)
    run.write("result.json", "old")

    def failing(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageFailed, match=words):
        run.write("result.json", "new")
    with pytest.raises(StorageFailed, match=words):
        run.keep_paintings(KEY, TASK, painted())
    monkeypatch.undo()
    assert run.read("result.json") == "old"
    assert run.paintings(KEY) is None
    assert not (tmp_path / ".result.json.part").exists()


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "file", "one")
    write_whole(tmp_path / "deep" / "file", b"two")
    assert (tmp_path / "deep" / "file").read_bytes() == b"two"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file"]


def test_a_layout_that_was_altered_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path)
    name = run.keep_layout(TASK.layout)
    assert run.layout(name) == TASK.layout
    (tmp_path / f"layouts/{name}.json").write_text('{"scene": {}}')
    with pytest.raises(Mismatch, match="damaged"):
        run.layout(name)


def test_the_list_of_runs_tells_the_state_of_each(tmp_path: Path) -> None:
    for name in ("b", "a"):
        run = Run(tmp_path / name)
        with run.locked():
            run.describe({"prompt": name}, {})
    Run(tmp_path / "a").write("result.json", '{"verified": true, "rounds": 2}')
    (tmp_path / "stray").mkdir()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / LOCK).touch()
    with Run(tmp_path / "b").locked():
        states = {s.id: s.state for s in runs_in(tmp_path)}
    assert states == {"a": "done", "b": "busy", "c": "damaged"}
    assert {s.id: s.state for s in runs_in(tmp_path)}["b"] == "interrupted"
    assert runs_in(tmp_path / "nowhere") == []
