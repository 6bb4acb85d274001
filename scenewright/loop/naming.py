"""Names and seeds from content: the same content gives the same, on every machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any


def digest(text: str) -> str:
    """A name for a content."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def seed_of(*parts: object) -> int:
    """A seed from content: the same parts give the same seed, on every machine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")


def run_id(prompt: str, request: Mapping[str, Any]) -> str:
    """A readable name that is the same for the same request."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:40].rstrip("-") or "run"
    return f"{words}-{digest(json.dumps(request, sort_keys=True, ensure_ascii=True))[:10]}"
