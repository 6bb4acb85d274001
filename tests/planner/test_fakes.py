"""The stand-ins for language models do what they say and nothing else."""

import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from tests.planner.fakes import FakeServer, ScriptedModel, ScriptEnded, cut, drips, fails, says

SCHEMA = {"title": "plan", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_scripted_model_answers_in_order_and_remembers_what_was_asked():
    model = ScriptedModel(["one", AIMessage("two")])
    assert [model.invoke(text).text for text in ("x", "y")] == ["one", "two"]
    assert [request[0].text for request in model.requests] == ["x", "y"]


def test_a_script_that_ends_says_so_instead_of_inventing():
    model = ScriptedModel(["one"])
    model.invoke("x")
    with pytest.raises(ScriptEnded, match="request 2 came, and the script has 1"):
        model.invoke("y")


def test_the_last_reply_repeats_where_that_is_asked():
    model = ScriptedModel(["one", "two"], repeat_last=True)
    assert [model.invoke("x").text for _ in range(4)] == ["one", "two", "two", "two"]


def test_a_scripted_error_is_raised_and_a_function_sees_the_messages():
    model = ScriptedModel([ValueError("scripted"), lambda messages: messages[-1].text.upper()])
    with pytest.raises(ValueError, match="scripted"):
        model.invoke("x")
    assert model.invoke([HumanMessage("hello")]).text == "HELLO"


def test_structured_output_works_as_with_a_real_model():
    structured = ScriptedModel([{"a": 1}, "prose"]).with_structured_output(SCHEMA, include_raw=True)
    assert structured.invoke("x")["parsed"] == {"a": 1}
    assert structured.invoke("x")["parsed"] is None
    assert ScriptedModel([{"a": 2}]).with_structured_output(SCHEMA).invoke("x") == {"a": 2}


def asked(server, body, path="/chat/completions"):
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return response.read().decode()


def test_the_server_answers_in_order_and_remembers_what_was_asked():
    with FakeServer(["one", cut("two")]) as server:
        first, second = (json.loads(asked(server, {"n": n})) for n in (1, 2))
    assert first["choices"][0]["message"]["content"] == "one"
    assert second["choices"][0]["finish_reason"] == "length"
    assert server.requests == [{"n": 1}, {"n": 2}]


def test_the_server_says_when_its_script_has_ended():
    with FakeServer([]) as server, pytest.raises(urllib.error.HTTPError) as caught:
        asked(server, {})
    with caught.value as error:
        assert json.loads(error.read())["error"]["code"] == "script_ended"


def test_the_server_sends_error_statuses_with_their_headers():
    with FakeServer([fails(429, retry_after="7")]) as server, pytest.raises(urllib.error.HTTPError) as caught:
        asked(server, {})
    with caught.value as error:
        assert (error.code, error.headers["Retry-After"]) == (429, "7")


def test_the_server_streams_the_same_text_where_that_is_asked():
    with FakeServer([says("a text of some length")]) as server:
        lines = asked(server, {"stream": True}).split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks) == "a text of some length"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_the_server_streams_to_a_real_client():
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr
    with FakeServer([says("a text of some length")]) as server:
        model = ChatOpenAI(model="m", base_url=server.url, api_key=SecretStr("any"))
        pieces = [chunk.text for chunk in model.stream("x")]
    assert "".join(pieces) == "a text of some length"
    assert len(pieces) > 2


def test_the_server_lists_its_model_and_knows_no_other_paths():
    with FakeServer([]) as server:
        with urllib.request.urlopen(server.url + "/models", timeout=5) as response:
            assert json.loads(response.read())["data"][0]["id"] == "fake"
        with pytest.raises(urllib.error.HTTPError) as caught:
            asked(server, {}, "/responses")
        caught.value.close()
    assert caught.value.code == 404
    assert server.requests == []


def test_the_server_refuses_a_body_that_is_no_json():
    with FakeServer(["one"]) as server, pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(server.url + "/chat/completions", b"{"), timeout=5)
    with caught.value as error:
        assert error.code == 400
    assert server.requests == []


def test_the_server_says_nothing_when_clients_hang_up(capfd):
    with FakeServer([drips("slow", 0.05)], repeat_last=True) as server:
        for _ in range(3):
            with socket.create_connection(server.url.removeprefix("http://").removesuffix("/v1").split(":")) as client:
                client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while len(server.requests) < 3:
            time.sleep(0.01)
        time.sleep(0.2)
    assert capfd.readouterr() == ("", "")


def test_nothing_is_left_running_after_a_server_is_closed():
    def running():
        return [thread.name for thread in threading.enumerate() if thread.name == "fake-server"]

    with FakeServer([]):
        assert running() == ["fake-server"]
    assert running() == []
