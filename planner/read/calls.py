"""Asks a chat model within a budget: one layer of retries, a hard deadline, and the bill.

Retried, and nothing else: HTTP 408, 409, 425, 429 (unless the quota is used up), 500, 502, 503, 504 and 529,
connections that fail, and requests that time out, all as long as calls and time last. `Retry-After` is honoured. A
server that refuses structured output (400, 422) is asked once more in plain words.
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception

from planner.errors import BadInput, NoReply
from planner.read.examples import tokens_in
from planner.read.wire import SCHEMA

_PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_PASSING_ERRORS = frozenset({"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError"})
_REFUSING_SCHEMA = frozenset({400, 422})
_LONGEST_PAUSE = 8.0


@dataclass(frozen=True)
class Budget:
    """What one reading may use: requests of any outcome, tokens in and out, and seconds of wall clock."""

    calls: int = 4
    tokens: int = 60_000
    seconds: float = 60.0


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, in any currency."""

    input: float
    output: float


class Reply(NamedTuple):
    """What came back: a text or decoded arguments, and why the model stopped."""

    content: str | dict[str, Any]
    finish: str
    """`stop`, `length` or `refusal`."""


def open_model(name: str, *, base_url: str | None = None, api_key: SecretStr | None = None, seconds: float = 60.0,
               most_tokens: int = 8_000, **options: Any) -> BaseChatModel:
    """The chat model `provider:model`, set up to be asked by a `Line`: no retries of its own, and a time-out.

    With `base_url`, `name` is a model of an OpenAI-compatible server there, which may need no key. Further `options` go
    to the provider's class.
    """
    from langchain.chat_models import init_chat_model

    if base_url is None and not all(name.partition(":")[::2]):
        raise BadInput(f"expected a model as `provider:model`, like `openai:NAME`, or a `base_url`; got `{name}`")
    settings: dict[str, Any] = {"max_retries": 0, "timeout": seconds, "max_tokens": most_tokens}
    if base_url is not None or name.startswith("openai:"):
        name = name.removeprefix("openai:")
        settings |= {"model_provider": "openai", "use_responses_api": False}
    if base_url is not None:
        settings |= {"base_url": base_url, "api_key": api_key or _key_for_local_servers()}
    elif api_key is not None:
        settings["api_key"] = api_key
    try:
        model: BaseChatModel = init_chat_model(name, **(settings | options))
    except ImportError as error:
        raise BadInput(f"the model `{name}` needs a package that is not installed: {error}") from error
    except Exception as error:
        raise BadInput(f"cannot open the model `{name}`: {error} Expected `provider:model`, as in `openai:NAME`, "
                       "and the provider's key in its environment variable") from error
    return model


def _key_for_local_servers() -> SecretStr:
    return SecretStr(os.environ.get("OPENAI_API_KEY") or "none-needed")


class Line:
    """One conversation's line to a model, and what it has cost so far."""

    def __init__(self, model: BaseChatModel, budget: Budget, price: Price | None = None) -> None:
        self.budget = budget
        self.price = price
        self.calls = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self._model = model
        self._structured = _with_schema(model)
        self._ends = time.monotonic() + budget.seconds

    @property
    def tokens(self) -> int:
        """Tokens used so far, in and out."""
        return self.tokens_in + self.tokens_out

    @property
    def cost(self) -> float | None:
        """The bill so far, where a price is known."""
        if self.price is None:
            return None
        return (self.tokens_in * self.price.input + self.tokens_out * self.price.output) / 1e6

    def ask(self, messages: Sequence[BaseMessage]) -> Reply:
        """The model's reply to `messages`, or `NoReply` when the budget ends before one comes."""
        size = sum(tokens_in(str(message.content)) for message in messages)
        retrying = Retrying(retry=retry_if_exception(self._worth_another), wait=_pause, stop=self._out_of_budget,
                            sleep=time.sleep, reraise=True)
        try:
            return retrying(self._request, messages, size)
        except NoReply:
            raise
        except Exception as error:
            raise NoReply(f"no reply from the language model after {self.calls} call(s): {_words(error)}") from error

    def _request(self, messages: Sequence[BaseMessage], size: int) -> Reply:
        self._afford(size)
        self.calls += 1
        asked = self._structured or self._model
        try:
            result = _within(self._ends - time.monotonic(), lambda: asked.invoke(list(messages)))
        except Exception as error:
            return self._billed(_stopped(error), size, {})
        message = result["raw"] if isinstance(result, dict) else result
        return self._billed(reply_of(message), size, message.usage_metadata or {})

    def _billed(self, reply: Reply, size: int, usage: Mapping[str, Any]) -> Reply:
        self.tokens_in += usage.get("input_tokens", size)
        self.tokens_out += usage.get("output_tokens", tokens_in(str(reply.content)))
        return reply

    def _afford(self, size: int) -> None:
        if self.calls >= self.budget.calls:
            raise NoReply(f"the budget of {self.budget.calls} call(s) is used up")
        if self.tokens + size > self.budget.tokens:
            raise NoReply(f"the next request has about {size} tokens, and {self.tokens} of the budget of "
                          f"{self.budget.tokens} are used; shorten the prompt or raise the budget")
        if time.monotonic() >= self._ends:
            raise NoReply(f"the budget of {self.budget.seconds:g} seconds is used up")

    def _worth_another(self, error: BaseException) -> bool:
        if self._structured is not None and _status(error) in _REFUSING_SCHEMA:
            self._structured = None
            return True
        return is_passing(error)

    def _out_of_budget(self, state: RetryCallState) -> bool:
        return self.calls >= self.budget.calls or time.monotonic() + state.upcoming_sleep >= self._ends


def _with_schema(model: BaseChatModel) -> Runnable[Any, Any] | None:
    """The model bound to the plan's schema, as strictly as it can be; None where it has no structured output."""
    for options in ({"strict": True}, {}):
        try:
            return model.with_structured_output(SCHEMA, include_raw=True, **options)
        except (NotImplementedError, TypeError, ValueError):
            continue
    return None


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """The result of `work`, or `TimeoutError` after `seconds`, also when a server keeps dripping bytes.

    An abandoned request ends with its client's own time-out; its thread does not keep the process alive.
    """
    done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((True, work()))
        except BaseException as error:
            done.put((False, error))

    threading.Thread(target=run, daemon=True, name="language-model-request").start()
    try:
        good, result = done.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.1f} seconds") from None
    if good:
        return result
    raise result


def reply_of(message: BaseMessage) -> Reply:
    """What a provider's message says, in whichever of the usual places it stands."""
    finish = str(message.response_metadata.get("finish_reason") or message.response_metadata.get("stop_reason") or "")
    if message.additional_kwargs.get("refusal") or finish in ("content_filter", "refusal"):
        return Reply(str(message.additional_kwargs.get("refusal") or ""), "refusal")
    end = "length" if finish in ("length", "max_tokens") else "stop"
    if isinstance(message, AIMessage) and message.tool_calls:
        return Reply(message.tool_calls[0]["args"], end)
    if isinstance(message, AIMessage) and message.invalid_tool_calls:
        return Reply(message.invalid_tool_calls[0]["args"] or "", end)
    return Reply(str(message.text), end)


def _stopped(error: Exception) -> Reply:
    """The reply inside the errors that the `openai` package raises for a reply cut short; other errors go on."""
    name = type(error).__name__
    if name == "LengthFinishReasonError":
        choices = getattr(getattr(error, "completion", None), "choices", ())
        return Reply(str(choices[0].message.content or "") if choices else "", "length")
    if name in ("ContentFilterFinishReasonError", "OpenAIRefusalError"):
        return Reply(str(error), "refusal")
    raise error


def is_passing(error: BaseException) -> bool:
    """Whether a later request may succeed where this one failed."""
    if (status := _status(error)) is not None:
        return status in _PASSING_STATUS and getattr(error, "code", None) != "insufficient_quota"
    return any(base.__name__ in _PASSING_ERRORS for base in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _pause(state: RetryCallState) -> float:
    """Seconds until the next request: what the server asks for, or a doubling pause."""
    error = state.outcome.exception() if state.outcome else None
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked = retry_after(str(headers.get("retry-after") or ""))
    return asked if asked is not None else min(0.25 * 2.0 ** state.attempt_number, _LONGEST_PAUSE)


def retry_after(value: str) -> float | None:
    """The seconds that a `Retry-After` header asks for, given as seconds or as a date; None where it says neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:300]}"
