"""Stand-ins for language models, for tests, examples and work without a network: a scripted chat model, a fake server.

Both play a script of replies in order and remember what they were asked. When the script ends they say so instead of
inventing something.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

Scripted = str | dict[str, Any] | AIMessage | Exception | Callable[[list[BaseMessage]], "Scripted"]
"""A text; the arguments of a structured reply; a whole message; an error to raise; or a function of what was asked."""


class ScriptEnded(LookupError):
    """A stand-in was asked more often than its script has replies."""


class ScriptedModel(BaseChatModel):
    """A chat model that answers from a script. `requests` holds the messages of every request, in order."""

    script: Sequence[Any]
    repeat_last: bool = False
    _requests: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    def __init__(self, script: Iterable[Scripted], **options: Any) -> None:
        super().__init__(script=list(script), **options)  # type: ignore[call-arg]

    @property
    def requests(self) -> list[list[BaseMessage]]:
        """What was asked so far."""
        return self._requests

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """The same model, which puts structured replies into a call of the first of `tools`."""
        names = [convert_to_openai_tool(tool)["function"]["name"] for tool in tools]
        return self.bind(tool_names=names)

    def _generate(self, messages: list[BaseMessage], stop: list[str] | None = None,
                  run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any) -> ChatResult:
        turn = len(self._requests)
        self._requests.append(messages)
        if turn >= len(self.script) and not (self.repeat_last and self.script):
            raise ScriptEnded(f"request {turn + 1} came, and the script has {len(self.script)} replies")
        scripted = self.script[min(turn, len(self.script) - 1)]
        while callable(scripted):
            scripted = scripted(messages)
        return ChatResult(generations=[ChatGeneration(message=_message(scripted, kwargs.get("tool_names", ())))])


def _message(scripted: Scripted, tool_names: Sequence[str]) -> AIMessage:
    if isinstance(scripted, Exception):
        raise scripted
    if isinstance(scripted, AIMessage):
        return scripted
    if isinstance(scripted, dict) and tool_names:
        return AIMessage(content="", tool_calls=[{"name": tool_names[0], "args": scripted, "id": "call_1"}])
    return AIMessage(content=scripted if isinstance(scripted, str) else json.dumps(scripted))


@dataclass(frozen=True)
class Answer:
    """One HTTP answer of a `FakeServer`."""

    status: int = 200
    body: Any = None
    """Sent as JSON; bytes are sent as they are."""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    """Seconds before the first byte."""
    send: int | None = None
    """How many bytes of the body to send before the connection is closed; None sends all of it."""
    drip: float = 0.0
    """Seconds between the bytes of the body."""


def says(text: str, finish: str = "stop") -> Answer:
    """A chat completion with this text."""
    return _completion({"role": "assistant", "content": text}, finish)


def cut(text: str) -> Answer:
    """A chat completion that stopped at its token limit."""
    return says(text, "length")


def calls(name: str, arguments: str) -> Answer:
    """A chat completion that calls a tool; `arguments` is JSON, or not."""
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return _completion({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls")


def refuses(why: str = "I cannot help with that.") -> Answer:
    """A chat completion that is a refusal."""
    return _completion({"role": "assistant", "content": None, "refusal": why}, "stop")


def fails(status: int, message: str = "scripted failure", code: str | None = None,
          retry_after: str | None = None) -> Answer:
    """An error in the form that OpenAI-compatible servers use."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(status, {"error": {"message": message, "type": "error", "param": None, "code": code}}, headers)


def moved(url: str, status: int = 302) -> Answer:
    """A redirect to another address."""
    return Answer(status, {}, {"Location": url})


def hangs(seconds: float) -> Answer:
    """Nothing for `seconds`, then a completion that comes too late."""
    return Answer(body=says("{}").body, wait=seconds)


def breaks_off(text: str = "{}", after: int = 40) -> Answer:
    """A completion whose connection is closed after `after` bytes."""
    return Answer(body=says(text).body, send=after)


def drips(text: str, pause: float) -> Answer:
    """A completion that comes one byte at a time, which defeats a time-out that only watches for silence."""
    return Answer(body=says(text).body, drip=pause)


def _completion(message: dict[str, Any], finish: str) -> Answer:
    return Answer(body={
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    })


class FakeServer:
    """An OpenAI-compatible server on a free loopback port that answers from a script.

    >>> with FakeServer([fails(429, retry_after="1"), says("hello")]) as server:
    ...     model = open_model("any-name", base_url=server.url)

    `POST …/chat/completions` plays the script, also as a stream when that is asked for; `GET …/models` lists one model.
    `requests` holds the decoded body of every completion asked for.
    """

    def __init__(self, script: Iterable[Answer | str], *, repeat_last: bool = False) -> None:
        self.requests: list[Any] = []
        self.keys: list[str] = []
        self._script = [says(answer) if isinstance(answer, str) else answer for answer in script]
        self._repeat_last = repeat_last
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True, name="fake-server")

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def next_answer(self, request: Any, key: str) -> Answer:
        """Remember `request` and take the answer that the script has for it."""
        with self._lock:
            turn = len(self.requests)
            self.requests.append(request)
            self.keys.append(key)
        if turn < len(self._script):
            return self._script[turn]
        if self._repeat_last and self._script:
            return self._script[-1]
        return fails(400, f"request {turn + 1} came, and the script has {len(self._script)} answers", "script_ended")

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being closed."""
        self._closing.wait(seconds)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are the point of some scripts, and no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            models = {"object": "list", "data": [{"id": "fake", "object": "model", "created": 0, "owned_by": "fake"}]}
            self._send(Answer(body=models) if self.path.endswith("/models") else fails(404, "no such path"))

        def do_POST(self) -> None:
            try:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
            except ValueError:
                return self._send(fails(400, "the body is not JSON"))
            if not self.path.endswith("/chat/completions"):
                return self._send(fails(404, f"this server has no {self.path}"))
            answer = server.next_answer(request, self.headers.get("Authorization", ""))
            streamed = isinstance(request, dict) and request.get("stream") and answer.status == 200
            return self._send(answer, _events(answer.body) if streamed else None)

        def _send(self, answer: Answer, events: bytes | None = None) -> None:
            raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            body = raw if events is None else events
            server.pause(answer.wait)
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json" if events is None else "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._write(body[:answer.send], answer.drip)
            self.close_connection = answer.send is not None or answer.wait > 0 or answer.drip > 0

        def _write(self, body: bytes, drip: float) -> None:
            for piece in [body] if not drip else (body[i:i + 1] for i in range(len(body))):
                self.wfile.write(piece)
                server.pause(drip)

        def log_message(self, format: str, *args: Any) -> None:
            """Stand-ins are silent."""

    return Handler


def _events(completion: dict[str, Any]) -> bytes:
    """A completion as server-sent events, a few characters at a time."""
    choice = completion["choices"][0]
    text = choice["message"].get("content") or ""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[i:i + 8]} for i in range(0, len(text), 8)]
    head = {key: completion[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
