"""Asks a chat model on terms: one layer of retries, a hard deadline, and the bill.

Retried, and nothing else: HTTP 408, 409, 425, 429 (unless the quota is used up), 500, 502, 503, 504 and 529,
connections that fail, and requests that time out, all as long as tries, calls and time last. `Retry-After` is honoured.
A server that refuses structured output (400, 422) is asked once more in plain words.

Errors are told in our own words. What a server says is in none of them: it may repeat the key that it was sent.
"""

from __future__ import annotations

import contextvars
import json
import math
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception

from planner.errors import NoReply
from planner.read.model.client import NO_KEY
from planner.read.model.examples import tokens_in
from planner.read.model.replies import Reply, reply_of
from planner.read.model.terms import Terms

Callbacks = Sequence[BaseCallbackHandler] | BaseCallbackManager

_PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_PASSING_ERRORS = frozenset({"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError"})
_REFUSING_SCHEMA = frozenset({400, 422})
_LONGEST_PAUSE = 8.0
_SHORTEST_KEY = 8
_WHY = {
    400: "the server cannot use the request", 401: "the server does not accept the key",
    403: "the key may not use this model", 404: "the server has no such model or address",
    413: "the request is too long for the server", 422: "the server cannot use the request",
    429: "the server gets too many requests, or the quota is used up",
}


class Line:
    """One conversation's line to a model, and what it has cost so far."""

    def __init__(self, model: BaseChatModel, terms: Terms, schema: Mapping[str, Any],
                 callbacks: Callbacks | None = None) -> None:
        self.terms = terms
        self.calls = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self._model = model
        self._config: RunnableConfig = {"callbacks": list(callbacks) if isinstance(callbacks, Sequence) else callbacks}
        self._secrets = secrets_of(model)
        self._structured = _with_schema(model, dict(schema))
        self._schema_size = tokens_in(json.dumps(schema, separators=(",", ":")))
        self._ends = time.monotonic() + terms.seconds

    @property
    def tokens(self) -> int:
        """Tokens used so far, in and out."""
        return self.tokens_in + self.tokens_out

    @property
    def cost(self) -> float | None:
        """The bill so far, where a price is known."""
        return self.terms.price.of(self.tokens_in, self.tokens_out) if self.terms.price else None

    def ask(self, messages: Sequence[BaseMessage], *, plain: bool = False) -> Reply:
        """The model's reply to `messages`, or `NoReply` when the budget ends before; `plain` asks without schema."""
        retrying = Retrying(retry=retry_if_exception(self._worth_another), wait=_pause, stop=self._out_of_budget,
                            sleep=time.sleep, reraise=True)
        try:
            return retrying(self._request, messages, plain)
        except NoReply:
            raise
        except Exception as error:
            raise NoReply(f"no reply from the language model after {self.calls} call(s): {why(error)}") from None

    def _request(self, messages: Sequence[BaseMessage], plain: bool) -> Reply:
        asked = self._model if plain or self._structured is None else self._structured
        size = sum(tokens_in(str(message.content)) for message in messages)
        size += 0 if plain or self._structured is None else self._schema_size
        self._afford(size)
        self.calls += 1
        try:
            message = _within(self._ends - time.monotonic(), lambda: asked.invoke(list(messages), self._config))
        except Exception as error:
            return self._billed(_stopped(error), size, {})
        return self._billed(reply_of(message), size, message.usage_metadata or {})

    def _billed(self, reply: Reply, size: int, usage: Mapping[str, Any]) -> Reply:
        self.tokens_in += usage.get("input_tokens", size)
        self.tokens_out += usage.get("output_tokens", tokens_in(reply.text))
        if any(secret in squeezed(reply.text) for secret in self._secrets):
            raise NoReply("the server repeats the key that it was sent; nothing of its reply is used")
        return reply

    def _afford(self, size: int) -> None:
        terms = self.terms
        if self.calls >= terms.calls:
            raise NoReply(f"the budget of {terms.calls} call(s) is used up")
        if self.tokens + size > terms.tokens:
            raise NoReply(f"the next request has about {size} tokens, and {self.tokens} of the budget of "
                          f"{terms.tokens} are used; shorten the prompt or raise the budget")
        if terms.price and terms.money and terms.price.of(self.tokens_in + size, self.tokens_out) > terms.money:
            raise NoReply(f"the next request would cost more than what is left of {terms.money:g}")
        if time.monotonic() >= self._ends:
            raise NoReply(f"the budget of {terms.seconds:g} seconds is used up")

    def _worth_another(self, error: BaseException) -> bool:
        if self._structured is not None and _status(error) in _REFUSING_SCHEMA:
            self._structured = None
            return True
        return is_passing(error)

    def _out_of_budget(self, state: RetryCallState) -> bool:
        spent = self.calls >= self.terms.calls or state.attempt_number >= self.terms.tries
        return spent or time.monotonic() + state.upcoming_sleep >= self._ends


def _with_schema(model: BaseChatModel, schema: dict[str, Any]) -> Runnable[LanguageModelInput, Any] | None:
    """The model bound to the schema, as strictly as it can be; None where it has no structured output.

    langchain's own parser of what comes back is left off: it takes time in the square of a reply that is no JSON.
    """
    for options in ({"strict": True}, {}):
        try:
            chain = model.with_structured_output(schema, **options)
        except (NotImplementedError, TypeError, ValueError):
            continue
        bound = getattr(chain, "first", None)
        return bound if isinstance(bound, Runnable) else None
    return None


def secrets_of(model: BaseChatModel) -> frozenset[str]:
    """The keys that a model was given, as they are looked for in what comes back."""
    found = (value.get_secret_value() for value in vars(model).values() if isinstance(value, SecretStr))
    keys = {squeezed(key) for key in found if key != NO_KEY}
    return frozenset(key for key in keys if len(key) >= _SHORTEST_KEY)


def squeezed(text: str) -> str:
    """Letters and digits alone, so that a key is found however it is spaced or quoted."""
    return "".join(filter(str.isalnum, text)).lower()


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """The result of `work`, or `TimeoutError` after `seconds`, also when a server keeps dripping bytes.

    An abandoned request ends with its client's own time-out; its thread does not keep the process alive.
    """
    done: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.put((True, context.run(work)))
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


def _stopped(error: Exception) -> Reply:
    """The reply inside the errors that the `openai` package raises for a reply cut short; other errors go on."""
    name = type(error).__name__
    if name == "LengthFinishReasonError":
        choices = getattr(getattr(error, "completion", None), "choices", ())
        return Reply(str(choices[0].message.content or "") if choices else "", "length")
    if name in ("ContentFilterFinishReasonError", "OpenAIRefusalError"):
        return Reply("", "refusal")
    raise error


def is_passing(error: BaseException) -> bool:
    """Whether a later request may succeed where this one failed."""
    if (status := _status(error)) is not None:
        return status in _PASSING_STATUS and getattr(error, "code", None) != "insufficient_quota"
    return any(base.__name__ in _PASSING_ERRORS for base in type(error).__mro__)


def why(error: BaseException) -> str:
    """What went wrong, without a word of what the server said."""
    status = _status(error)
    if status is not None:
        return f"{_WHY.get(status, 'the server failed')} (HTTP {status})"
    names = {base.__name__ for base in type(error).__mro__}
    if "APITimeoutError" in names or "TimeoutError" in names:
        return "it took too long"
    if names & _PASSING_ERRORS:
        return "the server cannot be reached"
    return f"the request failed with {type(error).__name__}"


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
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
