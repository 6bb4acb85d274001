"""What holds for all tests: no network but loopback, no settings from outside, the same examples on every run."""

from __future__ import annotations

import os
import socket

import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

LOOPBACK = {"127.0.0.1", "::1", "localhost", None, ""}
SETTINGS = ("SCENEWRIGHT_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "HF_", "TRANSFORMERS_")

_resolve = socket.getaddrinfo


def _resolve_loopback_only(host: object, *args: object, **kwargs: object) -> object:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in LOOPBACK:
        raise RuntimeError(f"a test looked up the host `{name}`; only loopback is allowed")
    return _resolve(host, *args, **kwargs)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _shut_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither names of other machines nor settings of this one reach a test."""
    monkeypatch.setattr(socket, "getaddrinfo", _resolve_loopback_only)
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
