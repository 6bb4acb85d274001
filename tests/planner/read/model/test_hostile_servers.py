"""What a server may try on its client: floods, bombs, detours, keys repeated, nonsense in every field."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from typing import Any

import pytest
from pydantic import SecretStr

from planner.errors import BadReply, NoReply, ReplyError
from planner.read.model.completion import MOST_BYTES, completion_of, refusal_of, taken
from planner.read.model.reader import Reading, Terms, open_model, read_with_model
from planner.read.model.replies import value_of
from tests.planner.fakes import Answer, FakeServer, ScriptedModel, calls, fails, moved, refuses, says

KEY = "sk-proj-Very_Secret-0123456789"
PLAN = json.dumps({"things": [{"id": "cat", "noun": "cat", "words": "a cat", "boxes": [[100, 100, 800, 900]]}]})


def asked(*script: Answer | str, fallback: bool = False, **terms: Any) -> Reading | ReplyError:
    """What reading "a cat" from a server with this script comes to."""
    with FakeServer(script, repeat_last=True) as server:
        model = open_model("m", base_url=server.url, api_key=SecretStr(KEY), seconds=5.0)
        try:
            return read_with_model("a cat", model, terms=Terms(fallback=fallback, **terms))
        except ReplyError as error:
            return error


def test_a_long_reply_that_is_no_json_is_parsed_by_no_library_and_by_us_in_steps_that_grow_with_its_length(
        monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("langchain's parser of partial JSON was called")

    monkeypatch.setattr("langchain_core.utils.json.parse_partial_json", parse)
    monkeypatch.setattr("langchain_core.output_parsers.json.parse_partial_json", parse)
    for answer in (says("prose " * 15_000), says("{" * 90_000), says('{"things": [' + '"x", ' * 18_000)):
        assert isinstance(asked(answer, repairs=0), BadReply)


def test_no_thread_that_is_joined_at_exit_is_left_behind_by_a_request_that_was_given_up() -> None:
    """A process whose request was given up ends by itself, long before the server would have answered."""
    program = (
        "from tests.planner.fakes import FakeServer, hangs\n"
        "from planner.errors import NoReply\n"
        "from planner.read.model.reader import Terms, open_model, read_with_model\n"
        "server = FakeServer([hangs(600.0)], repeat_last=True).__enter__()\n"
        "try:\n"
        "    read_with_model('a cat', open_model('m', base_url=server.url, seconds=600.0), terms=Terms(seconds=0.5))\n"
        "except NoReply as error:\n"
        "    print('given up')\n")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stdout) == (0, "given up\n"), ended.stderr


@pytest.mark.parametrize("text", ["```" + "\n" * 60_000, "```a\n" * 20_000, "```" + "a" * 90_000, "{" * 90_000,
                                  "`" * 90_000, " " * 90_000, '{"a":' * 18_000])
def test_looking_for_the_object_takes_twice_as_long_for_twice_as_much_and_not_four_times(text: str) -> None:
    def seconds(some: str) -> float:
        best = 9.0
        for _ in range(3):
            begin = time.process_time()
            with pytest.raises(BadReply):
                value_of(some)
            best = min(best, time.process_time() - begin)
        return best

    assert seconds(text) < 0.02 + 8 * seconds(text[:len(text) // 4])


ECHOES = [
    fails(401, f"Incorrect API key provided: {KEY}"), fails(400, KEY, code=KEY), fails(500, KEY), fails(429, KEY),
    refuses(f"I won't, {KEY}"), says(KEY), says(json.dumps({"things": [{"noun": KEY, "words": "a cat"}]})),
    says(json.dumps({"things": [{"noun": "cat", "words": "a cat", "attributes": [" ".join(KEY)]}]})),
    says(json.dumps({"things": [], "background": KEY.upper(), "unread": [KEY]})),
    calls("plan", json.dumps({"things": [{"noun": "cat", "id": KEY}], "style": [KEY]})),
    calls(KEY, KEY), says("", KEY), moved(f"http://127.0.0.1:1/{KEY}"), Answer(body={KEY: KEY}), Answer(body=KEY),
    Answer(404, KEY.encode()), Answer(200, KEY.encode()),
    Answer(body={"choices": [{"message": {"content": {KEY: 1}, "refusal": KEY}, "finish_reason": KEY}], "usage": KEY}),
]


@pytest.mark.parametrize("answer", ECHOES, ids=range(len(ECHOES)))
@pytest.mark.parametrize("fallback", [True, False])
def test_a_key_that_a_server_repeats_is_in_no_scene_note_warning_or_error(
        answer: Answer, fallback: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    outcome = asked(answer, fallback=fallback)
    said = outcome.scene.model_dump_json() + repr(outcome) if isinstance(outcome, Reading) else (
        f"{outcome} {outcome!r} {outcome.__cause__!r}")
    assert "secret" not in (said + "".join(capfd.readouterr())).lower()
    assert "s e c r e t" not in said.lower()


def test_notes_hold_nothing_that_the_server_or_the_model_said() -> None:
    plan = {"things": [{"noun": "cat", "words": "a cat", "id": "cat"}, {"noun": "zzz", "words": "yyy"}],
            "relations": [{"a": ["cat"], "is": "qqq", "b": ["cat"]}, {"a": ["cat"], "is": "kkk kkk"}]}
    reading = read_with_model("a cat", ScriptedModel([plan]))
    assert reading.scene.notes
    assert not any(word in note for note in reading.scene.notes for word in ("zzz", "yyy", "qqq", "kkk"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_said(status: int) -> None:
    with FakeServer([says(PLAN)], repeat_last=True) as other:
        outcome = asked(moved(f"{other.url}/chat/completions", status))
    assert other.requests == []
    assert isinstance(outcome, NoReply)
    assert f"points to another address ({status})" in str(outcome)


def test_a_body_that_was_compressed_is_never_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(json.dumps(says(PLAN + " " * 50_000_000).body).encode())
    assert len(bomb) < 100_000
    with FakeServer([Answer(body=bomb, headers={"Content-Encoding": "gzip"})]) as server:
        with pytest.raises(NoReply, match="compressed"):
            read_with_model("a cat", open_model("m", base_url=server.url))
        assert len(server.requests) == 1


def test_a_body_is_read_no_further_than_a_body_may_be_long() -> None:
    read = 0

    def pieces() -> Any:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 10_000

    with pytest.raises(NoReply, match="more than 1000000 bytes"):
        taken(pieces(), "")
    assert read == MOST_BYTES // 10_000 + 1


def test_an_answer_that_is_too_long_is_given_up_with_one_request() -> None:
    with FakeServer([Answer(body=b" " * (MOST_BYTES + 1))], repeat_last=True) as server:
        with pytest.raises(NoReply, match="more than 1000000 bytes"):
            read_with_model("a cat", open_model("m", base_url=server.url))
        assert len(server.requests) == 1


JUNK: list[Any] = [None, True, 5, 1e308, "text", "", [], [5], {}, {"a": 1}, [[]], [{}], [None]]


@pytest.mark.parametrize("field", ["choices", "message", "content", "refusal", "tool_calls", "finish_reason", "usage",
                                   "id", "function", "arguments", "role"])
def test_nonsense_in_any_field_of_an_answer_ends_typed_and_prints_nothing(
        field: str, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with FakeServer([_with(field, junk) for junk in JUNK]) as server:
            model = open_model("m", base_url=server.url, seconds=5.0)
            for _ in JUNK:
                with suppress(ReplyError):
                    read_with_model("a cat", model, terms=Terms(repairs=0))
    assert [str(w.message) for w in told if not issubclass(w.category, ResourceWarning)] == []
    assert capfd.readouterr() == ("", "")


def _with(field: str, junk: Any) -> Answer:
    """A good answer with a tool call, in which one field holds something else."""
    body = json.loads(json.dumps(calls("plan", PLAN).body))
    choice = body["choices"][0]
    call = choice["message"]["tool_calls"][0]
    for holder in (body, choice, choice["message"], call, call["function"]):
        if field in holder or (field == "refusal" and holder is choice["message"]):
            holder[field] = junk
    return Answer(body=body)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b"\xff", b"{", b"[" * 200_000, b'{"choices": []}'])
def test_a_body_that_is_no_completion_is_a_typed_error(body: bytes) -> None:
    with pytest.raises(NoReply):
        completion_of(body)
    assert refusal_of(body)["error"]["code"] is None


def test_of_an_error_only_a_known_code_is_kept() -> None:
    assert refusal_of(b'{"error": {"code": "insufficient_quota", "message": "x"}}')["error"] == {
        "message": "", "type": "", "param": None, "code": "insufficient_quota"}
    assert refusal_of(b'{"error": {"code": "sk-123"}}')["error"]["code"] is None
