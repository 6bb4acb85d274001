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

from grounding.receipt import Cost, Receipt
from grounding.settings import Bind, How, Incant, Refocus
from planner.scene import Layout, Scene
from planner.whole import write_whole
from scenewright.errors import Busy, Mismatch, StorageFailed
from scenewright.loop.naming import run_id, seed_of
from scenewright.loop.runs import LOCK, PAGE, PARTS, PICTURE, RESULT, Run, StoredBatch
from scenewright.loop.shelf import move, prune, remove_run, runs_in
from scenewright.loop.stages import Painting, PaintTask

TASK = PaintTask(layout=Layout(scene=Scene(prompt="x")), seeds=(1, 2))
KEY = TASK.key("p")


def receipt(seed: int) -> Receipt:
    return Receipt(backbone="p", weights="w", prompt="x", negative="", seed=seed, scheduler="DDIM", width=8, height=8,
                   batch=2, cost=Cost(full=2))


def painted(colour: str = "red") -> StoredBatch:
    return StoredBatch((Painting(Image.new("RGB", (8, 8), colour), receipt(1)),
                  Painting(Image.new("RGB", (8, 8), "blue"), receipt(2))), seconds=1.5)


def test_a_batch_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.keep_batch(KEY, TASK, painted())
    back = run.batch(KEY)
    assert back is not None
    assert [p.image.tobytes() for p in back.paintings] == [p.image.tobytes() for p in painted().paintings]
    assert [p.receipt for p in back.paintings] == [receipt(1), receipt(2)]
    assert (back.seconds, back.failed) == (1.5, "")
    assert run.task(KEY) == TASK


@pytest.mark.parametrize("damage", [
    "missing picture", "cut picture", "other picture", "cut notes", "no notes", "no task", "other task"])
def test_a_damaged_batch_counts_as_missing(tmp_path: Path, damage: str) -> None:
    run = Run(tmp_path)
    run.keep_batch(KEY, TASK, painted())
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
            (folder / "task.json").write_text(TASK.model_copy(update={"how": How(steps=9)}).model_dump_json())
        case "no notes":
            (folder / "paintings.json").unlink()
    assert run.batch(KEY) is None
    run.keep_batch(KEY, TASK, painted())
    assert run.batch(KEY) is not None


def test_the_name_of_a_batch_depends_on_everything_that_its_pictures_depend_on() -> None:
    others = [TASK.model_copy(update=u) for u in (
        {"seeds": (1, 3)}, {"how": How(steps=9)}, {"how": How(refocus=Refocus(weights={"a": 2.0}))},
        {"how": How(bind=Bind(firmness={"a": 2.0}))}, {"how": How(tokens=Incant())}, {"how": How(refocus=Refocus())})]
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
        run.keep_batch(KEY, TASK, painted())
    monkeypatch.undo()
    assert run.read("result.json") == "old"
    assert run.batch(KEY) is None
    assert not (tmp_path / ".result.json.part").exists()


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "file", "one")
    write_whole(tmp_path / "deep" / "file", b"two")
    assert (tmp_path / "deep" / "file").read_bytes() == b"two"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["file"]


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


def test_a_lock_that_is_a_link_is_not_followed_and_what_it_points_to_stays_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    for name, target in (("soft", mine), ("dangling", tmp_path / "nowhere")):
        (tmp_path / name).mkdir()
        (tmp_path / name / LOCK).symlink_to(target)
    (tmp_path / "hard").mkdir()
    os.link(mine, tmp_path / "hard" / LOCK)
    for name in ("soft", "dangling", "hard"):
        with pytest.raises(StorageFailed, match=r"link|not a lock"), Run(tmp_path / name).locked():
            pass
    assert mine.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()
    assert {s.state for s in runs_in(tmp_path)} == {"damaged"}


def test_a_lock_with_other_content_locks_and_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("a letter")
    with Run(tmp_path).locked(), pytest.raises(Busy, match="process unknown"), Run(tmp_path).locked():
        pass
    assert (tmp_path / LOCK).read_text() == "a letter"


def test_links_for_half_written_files_are_removed_and_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").write_text("precious")
    run = Run(tmp_path / "run")
    (run.folder / "pictures").mkdir(parents=True)
    (run.folder / ".x.part").symlink_to(mine)
    (run.folder / ".y.part").symlink_to(mine / "file")
    (run.folder / "pictures" / f".{KEY}.part").symlink_to(mine)
    (run.folder / f".result.json.{os.getpid()}.part").symlink_to(mine / "file")
    run.write("result.json", "{}")
    run.keep_batch(KEY, TASK, painted())
    with run.locked():
        assert not list(run.folder.rglob("*.part"))
    assert (mine / "file").read_text() == "precious"
    assert [p.name for p in mine.iterdir()] == ["file"]


def test_a_folder_of_a_run_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    (run.folder / "pictures").symlink_to(tmp_path / "mine")
    with pytest.raises(StorageFailed, match="link"):
        run.keep_batch(KEY, TASK, painted())
    (tmp_path / "other").symlink_to(tmp_path / "mine")
    with pytest.raises(StorageFailed, match="link"), Run(tmp_path / "other").locked():
        pass
    assert not list((tmp_path / "mine").iterdir())


@pytest.mark.parametrize("name", ["run.json", "result.json", LOCK, f"pictures/{KEY}/paintings.json"])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path, name: str) -> None:
    run = Run(tmp_path / "run")
    with run.locked():
        run.describe({"prompt": "x"}, {})
        run.keep_batch(KEY, TASK, painted())
    (run.folder / name).unlink(missing_ok=True)
    os.mkfifo(run.folder / name)
    assert [s.id for s in runs_in(tmp_path)] == ["run"]
    assert run.read(name) is None
    assert (run.batch(KEY) is None) == name.startswith("pictures")


@pytest.mark.parametrize("content", [
    "[" * 200_000, '{"request": [1]}', '{"request": {"prompt": {"a": [1]}}, "created": 7}', "\x00", "null", "7", '"x"',
    '{"request": {}, "versions": [[]]}'])
def test_a_run_whose_description_is_odd_is_listed_and_spoils_no_other(tmp_path: Path, content: str) -> None:
    for name in ("good", "odd"):
        with Run(tmp_path / name).locked():
            Run(tmp_path / name).describe({"prompt": name}, {})
    (tmp_path / "odd" / "run.json").write_text(content)
    states = {s.id: s.state for s in runs_in(tmp_path)}
    assert states["good"] == "interrupted"
    assert states["odd"] in ("damaged", "interrupted")


@pytest.mark.parametrize("content", ['{"verified": true, "rounds": "many"}', '{"rounds": []}', "[]", "{" * 100_000])
def test_an_odd_outcome_is_none(tmp_path: Path, content: str) -> None:
    with Run(tmp_path / "a").locked():
        Run(tmp_path / "a").describe({"prompt": "a"}, {})
    (tmp_path / "a" / RESULT).write_text(content)
    assert [s.state for s in runs_in(tmp_path)] == ["interrupted"]


def finished(folder: Path) -> Run:
    run = Run(folder)
    with run.locked():
        run.describe({"prompt": "x"}, {})
        run.keep_batch(KEY, TASK, painted())
        for name in (*PARTS["labels"], *PARTS["picture"], PAGE):
            run.write(name, "{}")
        run.write(RESULT, '{"verified": true, "rounds": 1}')
    return run


def names(run: Run) -> set[str]:
    return {path.name for path in run.folder.iterdir()}


def test_of_a_finished_run_only_what_is_asked_for_is_kept(tmp_path: Path) -> None:
    always = {"run.json", RESULT, LOCK, PICTURE}
    bare, labelled, whole = (finished(tmp_path / name) for name in "abc")
    bare.trim(())
    labelled.trim(("picture", "labels"))
    whole.trim(tuple(PARTS))
    assert names(bare) == always
    assert names(labelled) == always | {"layout.json", "report.json"}
    assert names(whole) == always | {"layout.json", "report.json", PAGE, "pictures"}
    unfinished = Run(tmp_path / "d")
    unfinished.keep_batch(KEY, TASK, painted())
    unfinished.trim(())
    assert unfinished.batch(KEY) is not None
    with Run(tmp_path / "c").locked():
        assert sorted(prune(tmp_path, ("labels",))) == ["a", "b"]
    assert "pictures" in names(whole)


def test_a_run_is_removed_and_moved_whole_and_never_while_somebody_works_on_it(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    finished(here / "a")
    finished(here / "b")
    with Run(here / "a").locked():
        for attempt in (lambda: remove_run(here, "a"), lambda: move(here, "a", there)):
            with pytest.raises(Busy):
                attempt()
    before = {path.relative_to(here): path.read_bytes() for path in (here / "a").rglob("*") if path.is_file()}
    moved = move(here, "a", there)
    assert {path.relative_to(there): path.read_bytes() for path in moved.folder.rglob("*") if path.is_file()} == before
    assert [s.id for s in runs_in(here)] == ["b"]
    remove_run(here, "b")
    assert not list(here.iterdir())
    for name in ("b", "../there", ""):
        with pytest.raises(Mismatch, match="no run"):
            remove_run(here, name)
    finished(here / "a")
    with pytest.raises(Mismatch, match="already"):
        move(here, "a", there)
