"""A language model behind a real HTTP client and a server that misbehaves: exact requests, typed ends."""

import json
import time
from email.utils import formatdate

import pytest
from pydantic import SecretStr

from planner.errors import BadInput, NoReply, ReplyError
from planner.read.model.line import Line, is_passing, retry_after
from planner.read.model.reader import Terms, open_model, read_with_model
from planner.read.model.wire import SCHEMA
from tests.planner.fakes import Answer, FakeServer, breaks_off, calls, cut, drips, fails, hangs, refuses, says

PLAN = json.dumps({"things": [{"id": "cat", "noun": "cat", "words": "a cat", "boxes": [[100, 100, 800, 900]]}]})
GOOD = says(PLAN)


def played(script, *, timeout=5.0, repeat_last=False, **options):
    """The reading or the error, and how many requests the server saw."""
    with FakeServer(script, repeat_last=repeat_last) as server:
        model = open_model("any-model", base_url=server.url, seconds=timeout)
        try:
            terms = Terms(**{"calls": 4, "repairs": 2} | options)
            return read_with_model("a cat", model, terms=terms), len(server.requests)
        except ReplyError as error:
            return error, len(server.requests)


@pytest.fixture
def quick(monkeypatch):
    """Pauses between attempts take no time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.parametrize("answer", [GOOD, says(f"```json\n{PLAN}\n```"), calls("plan", PLAN)],
                         ids=["json", "fenced", "tool call"])
def test_one_request_is_enough_for_a_good_reply(answer):
    reading, requests = played([answer])
    assert (reading.source, reading.calls, requests) == ("model", 1, 1)
    assert reading.tokens == 120


@pytest.mark.parametrize("answer", [
    says("no"), says(""), says("null"), cut(PLAN[:40]), calls("plan", PLAN[:40]), calls("plan", "null"),
    says('{"things": [{"id": "a", "noun": NaN}]}'), says('{"things": ' + "[" * 3000),
], ids=["prose", "empty", "null", "cut", "half a tool call", "null tool call", "wrong types", "deep"])
def test_a_bad_reply_is_asked_for_again_once_each(answer):
    reading, requests = played([answer, GOOD])
    assert (reading.source, requests) == ("model", 2)


@pytest.mark.parametrize(("status", "requests"), [(408, 3), (429, 3), (500, 3), (502, 3), (503, 3), (529, 3),
                                                  (401, 1), (403, 1), (404, 1), (400, 2), (422, 2)])
def test_the_number_of_requests_for_a_status_that_stays(quick, status, requests):
    error, seen = played([fails(status)], repeat_last=True)
    assert isinstance(error, NoReply)
    assert seen == requests


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_a_request_is_tried_so_often_and_whatever_the_budget_no_oftener(quick, tries):
    error, seen = played([fails(500)], repeat_last=True, calls=9, tries=tries)
    assert isinstance(error, NoReply)
    assert seen == tries


@pytest.mark.parametrize("budget", [1, 2, 3, 6])
def test_retries_and_rounds_share_one_budget_of_calls(quick, budget):
    _, requests = played([fails(500), says("no"), fails(503), says("no"), fails(500), says("no")],
                         calls=budget, repairs=9)
    assert requests == budget


def test_a_quota_that_is_used_up_is_not_retried(quick):
    error, requests = played([fails(429, code="insufficient_quota"), GOOD])
    assert isinstance(error, NoReply)
    assert requests == 1


def test_retry_after_is_waited_for():
    begin = time.monotonic()
    reading, requests = played([fails(429, retry_after="0.7"), GOOD])
    assert (reading.source, requests) == ("model", 2)
    assert 0.7 <= time.monotonic() - begin < 3


def test_a_retry_after_beyond_the_budget_ends_at_once():
    begin = time.monotonic()
    error, requests = played([fails(429, retry_after="3600"), GOOD])
    assert isinstance(error, NoReply)
    assert requests == 1
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize(("header", "seconds"), [
    ("2", 2.0), ("0", 0.0), ("-5", 0.0), ("", None), ("soon", None), ("nan", None), ("inf", None),
])
def test_retry_after_in_seconds(header, seconds):
    assert retry_after(header) == seconds


def test_retry_after_as_a_date():
    assert retry_after(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=2)
    assert retry_after(formatdate(time.time() - 30, usegmt=True)) == 0.0


def test_a_server_that_refuses_schemas_is_asked_in_plain_words():
    with FakeServer([fails(400, "response_format is not supported"), GOOD]) as server:
        reading = read_with_model("a cat", open_model("m", base_url=server.url))
    assert reading.calls == 2
    assert "response_format" in server.requests[0]
    assert "response_format" not in server.requests[1]


def test_a_hanging_server_is_given_up_after_the_clients_time_out_and_asked_again():
    reading, requests = played([hangs(20), GOOD], timeout=0.5)
    assert (reading.source, requests) == ("model", 2)


def test_a_connection_that_breaks_in_the_middle_is_tried_again():
    reading, requests = played([breaks_off(PLAN), GOOD])
    assert (reading.source, requests) == ("model", 2)


def test_a_server_that_drips_bytes_cannot_hold_the_reader_longer_than_its_budget():
    begin = time.monotonic()
    error, requests = played([drips(PLAN, 0.05)], seconds=1.0)
    assert isinstance(error, NoReply)
    assert requests == 1
    assert time.monotonic() - begin < 4


def test_a_refusal_ends_the_conversation():
    error, requests = played([refuses("No."), GOOD])
    assert isinstance(error, NoReply)
    assert "refused" in str(error)
    assert requests == 1


def test_a_content_filter_ends_the_conversation():
    error, requests = played([says("", "content_filter"), GOOD])
    assert isinstance(error, NoReply)
    assert requests == 1


@pytest.mark.parametrize("body", [{}, [], "text", {"choices": []}, {"choices": [{"message": {}}]}, None],
                         ids=["{}", "[]", "text", "no choices", "no content", "null"])
def test_a_body_that_is_no_completion_ends_in_a_typed_error_or_another_try(body):
    outcome, requests = played([Answer(body=body), GOOD])
    assert isinstance(outcome, ReplyError) or outcome.source == "model"
    assert requests <= 2


def test_nobody_listening_ends_in_a_typed_error(quick):
    with FakeServer([]) as server:
        gone = server.url
    with pytest.raises(NoReply, match="after 3 call"):
        read_with_model("a cat", open_model("m", base_url=gone))


def test_the_request_is_a_chat_completion_whatever_the_model_is_called():
    with FakeServer([GOOD]) as server:
        read_with_model("a cat", open_model("codex-7b-instruct", base_url=server.url))
    (request,) = server.requests
    assert request["model"] == "codex-7b-instruct"
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["messages"][-1] == {"role": "user", "content": "a cat"}


def test_the_key_is_sent_and_never_shown():
    with FakeServer([fails(401)]) as server:
        model = open_model("m", base_url=server.url, api_key=SecretStr("sk-secret-123"))
        with pytest.raises(NoReply) as caught:
            read_with_model("a cat", model)
    assert server.keys == ["Bearer sk-secret-123"]
    assert "sk-secret" not in f"{caught.value} {caught.value.__cause__!r} {model!r}"


@pytest.mark.parametrize(("name", "says"), [
    ("nonsense:model", "nonsense"), ("", "provider:model"), ("gpt-5", "provider:model"), ("openai:", "provider:model"),
    ("anthropic:claude", "not installed"),
])
def test_a_model_that_cannot_be_opened_is_the_callers_mistake(name, says):
    with pytest.raises(BadInput, match=says):
        open_model(name)


def test_a_provider_without_its_key_is_the_callers_mistake(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BadInput, match="environment variable"):
        open_model("openai:gpt-5")


def test_what_passes_and_what_does_not():
    assert is_passing(ConnectionResetError())
    assert is_passing(TimeoutError())
    assert not is_passing(ValueError())
    assert not is_passing(MemoryError())


def test_a_line_counts_a_request_that_never_came_back():
    with FakeServer([hangs(20)]) as server:
        line = Line(open_model("m", base_url=server.url), Terms(seconds=0.5), SCHEMA)
        with pytest.raises(NoReply):
            line.ask([])
        assert line.calls == 1
