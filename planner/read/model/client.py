"""Opens chat models by name for a `Line` to ask: no retries of their own, no redirects, bodies capped."""

from __future__ import annotations

import json
import os
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from planner.errors import BadInput, NoReply
from planner.read.model.completion import completion_of, refusal_of, taken

NO_KEY = "none-needed"
"""What a server of one's own is given where there is no key."""


def open_model(name: str, *, base_url: str | None = None, api_key: SecretStr | None = None, seconds: float = 60.0,
               most_tokens: int = 4_000, **options: Any) -> BaseChatModel:
    """The chat model `provider:model`.

    With `base_url`, `name` is a model of an OpenAI-compatible server there, which may need no key. Further `options` go
    to the provider's class. Servers are guarded against where the OpenAI client speaks to them; other providers'
    packages bring clients of their own.
    """
    from langchain.chat_models import init_chat_model

    if base_url is None and not all(name.partition(":")[::2]):
        raise BadInput(f"expected a model as `provider:model`, like `openai:NAME`, or a `base_url`; got `{name}`")
    settings: dict[str, Any] = {"max_retries": 0, "timeout": seconds, "max_tokens": most_tokens}
    if base_url is not None or name.startswith("openai:"):
        name = name.removeprefix("openai:")
        settings |= {"model_provider": "openai", "use_responses_api": False, "disable_streaming": True,
                     "http_client": guarded_client(seconds)}
    if base_url is not None:
        key = api_key or SecretStr(os.environ.get("OPENAI_API_KEY") or NO_KEY)
        settings |= {"base_url": base_url, "api_key": key}
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


def guarded_client(seconds: float) -> Any:
    """An HTTP client that goes nowhere else than it is sent and hands on nothing but clean completions."""
    import httpx2
    from openai import DefaultHttpxClient

    def guard(response: httpx2.Response) -> None:
        if response.is_redirect or 300 <= response.status_code < 400:
            raise NoReply(f"the server points to another address ({response.status_code}), which is not followed; "
                          "set the address that it really has")
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        body = taken(stream, response.headers.get("content-encoding", ""))
        stream.close()
        clean = completion_of(body) if response.is_success else refusal_of(body)
        response.stream = httpx2.ByteStream(json.dumps(clean).encode())
        response.headers["content-type"] = "application/json"

    return DefaultHttpxClient(timeout=seconds, follow_redirects=False, headers={"Accept-Encoding": "identity"},
                              event_hooks={"response": [guard]})
