"""Planning with a language model, chosen by settings, over a real HTTP client to a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from planner.scene import Layout
from scenewright.commands.cli import command
from scenewright.commands.shell import run
from tests.planner.fakes import FakeServer, fails, says

REPLY = json.dumps({
    "things": [
        {"id": "cat", "noun": "cat", "words": "un chat", "boxes": [[100, 400, 400, 700]]},
        {"id": "dog", "noun": "dog", "words": "un chien", "boxes": [[550, 400, 900, 700]]},
    ],
    "relations": [{"a": ["cat"], "is": "left_of", "b": ["dog"], "words": "à gauche d'un"}],
})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer([says(REPLY)], repeat_last=True) as server:
        monkeypatch.setenv("SCENEWRIGHT_LLM", "openai:some-model")
        monkeypatch.setenv("SCENEWRIGHT_LLM_BASE_URL", server.url)
        yield server


def planned(capsys: pytest.CaptureFixture[str], *args: str) -> Layout:
    assert run(lambda: command(["plan", *args, "--json"])) == 0
    return Layout.model_validate_json(capsys.readouterr().out)


@pytest.mark.parametrize("reader", ["auto", "llm"])
def test_the_model_named_in_the_settings_reads_the_prompt_and_its_boxes_are_kept(
    server: FakeServer, capsys: pytest.CaptureFixture[str], reader: str
) -> None:
    layout = planned(capsys, "un chat à gauche d'un chien", "--planner", reader)
    assert len(server.requests) == 1
    assert layout.boxes["cat"].corners == pytest.approx((0.1, 0.4, 0.4, 0.7))
    assert not layout.moves


def test_the_grammar_asks_no_model_even_if_there_is_one(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    planned(capsys, "a cat left of a dog", "--planner", "grammar")
    assert not server.requests


def test_a_batch_asks_the_model_once_a_line_and_opens_it_once(
    server: FakeServer, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"prompt": "a cat left of a dog"}\n' * 3)
    assert run(lambda: command(["plan", "--batch", str(source), "--planner", "llm"])) == 0
    assert len(server.requests) == 3
    assert [len(json.loads(line)["things"]) for line in capsys.readouterr().out.splitlines()] == [2, 2, 2]


@pytest.mark.parametrize(("reader", "ends"), [("auto", 0), ("llm", 1)])
def test_a_model_that_fails_is_a_note_in_auto_and_an_error_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reader: str, ends: int
) -> None:
    with FakeServer([fails(401)], repeat_last=True) as server:
        monkeypatch.setenv("SCENEWRIGHT_LLM", "openai:some-model")
        monkeypatch.setenv("SCENEWRIGHT_LLM_BASE_URL", server.url)
        monkeypatch.setattr("planner.read.model.reader.sureness", lambda scene: 0.5)
        assert run(lambda: command(["plan", "a cat left of a dog", "--planner", reader, "--json"])) == ends
        assert len(server.requests) == 1
    out, err = capsys.readouterr()
    if ends:
        assert "does not accept the key" in err
        assert out == ""
        return
    layout = Layout.model_validate_json(out)
    assert {t.noun for t in layout.scene.things} == {"cat", "dog"}
    assert any("language model" in note for note in layout.scene.notes)
