"""What a model's message says, in whichever of the usual places it stands, and the JSON object in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage

from planner.errors import BadReply

LONGEST_REPLY = 100_000
"""Characters, judged before anything is parsed. A plan of a hundred things has about 20,000."""
_STARTS_TRIED = 20


class Reply(NamedTuple):
    """What came back: a text or decoded arguments, and why the model stopped."""

    content: str | dict[str, Any]
    finish: str
    """`stop`, `length` or `refusal`."""

    @property
    def text(self) -> str:
        """The reply as it can be shown to the model again."""
        return self.content if isinstance(self.content, str) else json.dumps(self.content, ensure_ascii=False)


def reply_of(message: BaseMessage) -> Reply:
    """What a provider's message says."""
    finish = str(message.response_metadata.get("finish_reason") or message.response_metadata.get("stop_reason") or "")
    if message.additional_kwargs.get("refusal") or finish in ("content_filter", "refusal"):
        return Reply("", "refusal")
    end = "length" if finish in ("length", "max_tokens") else "stop"
    if isinstance(message, AIMessage) and message.tool_calls:
        return Reply(message.tool_calls[0]["args"], end)
    if isinstance(message, AIMessage) and message.invalid_tool_calls:
        return Reply(message.invalid_tool_calls[0]["args"] or "", end)
    return Reply(str(message.text), end)


def value_of(text: str) -> dict[str, Any]:
    """The JSON object in a reply: the whole of it, or in a code fence, or the first one among other words."""
    if len(text) > LONGEST_REPLY:
        raise BadReply(f"the reply has {len(text)} characters; a plan has at most {LONGEST_REPLY}")
    for candidate in _candidates(text):
        try:
            value, _ = json.JSONDecoder().raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    opened = text.count("{") > text.count("}")
    raise BadReply("the JSON object ends too early; answer with the whole object" if opened else
                   "there is no JSON object in the reply; answer with one JSON object and nothing else")


def _candidates(text: str) -> Iterator[str]:
    yield text.strip()
    yield from (fenced.partition("\n")[2].strip() for fenced in text.split("```", 2 * _STARTS_TRIED)[1::2])
    starts = (match.start() for match in re.finditer(r"\{", text))
    yield from (text[start:] for start, _ in zip(starts, range(_STARTS_TRIED), strict=False))
