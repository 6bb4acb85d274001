"""A server's answer before a library reads it: capped, never inflated, from nowhere else, and cut to what is known.

Everything that a server can choose to say and that nobody asked for is left out here: texts of errors, refusals,
unknown fields, values of other types. So no later message, warning or note can repeat it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from planner.errors import NoReply

MOST_BYTES = 1_000_000
"""Of a body. A plan of a hundred things has about 30,000."""

_CODES = frozenset({"insufficient_quota", "invalid_api_key", "model_not_found", "context_length_exceeded",
                    "rate_limit_exceeded"})
_ENDS = frozenset({"stop", "length", "tool_calls", "content_filter"})


def taken(stream: Iterable[bytes], encoding: str) -> bytes:
    """The whole body, as long as it is no longer than a body may be; one that is compressed is not looked into."""
    if encoding.strip().lower() not in ("", "identity"):
        raise NoReply("the server sends compressed answers, which were not asked for")
    body = bytearray()
    for piece in stream:
        body += piece
        if len(body) > MOST_BYTES:
            raise NoReply(f"the server's answer has more than {MOST_BYTES} bytes")
    return bytes(body)


def completion_of(body: bytes) -> dict[str, Any]:
    """The chat completion in a body, with the fields that are read and no others."""
    data = _json(body)
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        raise NoReply("the server's answer is no chat completion")
    finish, usage = choice.get("finish_reason"), data.get("usage")
    counts = {name: _count(usage, name) for name in ("prompt_tokens", "completion_tokens")}
    return {
        "id": "", "object": "chat.completion", "created": 0, "model": "",
        "choices": [{"index": 0, "message": _message(choice["message"]),
                     "finish_reason": finish if isinstance(finish, str) and finish in _ENDS else "stop"}],
        **({"usage": counts | {"total_tokens": sum(counts.values())}} if all(counts.values()) else {}),
    }


def refusal_of(body: bytes) -> dict[str, Any]:
    """An error body, with its code where that is one of the few that are known."""
    try:
        error = _json(body).get("error")
    except NoReply:
        error = None
    code = error.get("code") if isinstance(error, dict) else None
    return {"error": {"message": "", "type": "", "param": None,
                      "code": code if isinstance(code, str) and code in _CODES else None}}


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise NoReply("the server's answer is not JSON") from None
    if not isinstance(data, dict):
        raise NoReply("the server's answer is no chat completion")
    return data


def _message(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": _text(message.get("content")),
            **({"refusal": "refused"} if message.get("refusal") else {}),
            **({"tool_calls": [call]} if (call := _call(message.get("tool_calls"))) else {})}


def _text(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _call(calls: Any) -> dict[str, Any] | None:
    first = calls[0] if isinstance(calls, list) and calls else None
    function = first.get("function") if isinstance(first, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments)
    if not isinstance(arguments, str):
        return None
    return {"id": "call", "type": "function", "function": {"name": "plan", "arguments": arguments}}


def _count(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**9 else 0
