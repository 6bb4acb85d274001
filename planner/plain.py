"""Text made harmless for pictures, terminals, pages and messages: what is shown is never obeyed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


def plain(text: str) -> str:
    """The text without what no picture or terminal should obey: control, format and broken characters."""
    shown = "".join(" " if c.isspace() else c for c in text)
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in shown)


def shown(text: str) -> str:
    """Foreign text, short and printable, for a message."""
    return "".join(c if c.isprintable() else "?" for c in text[:80])


def sentence_of(error: ValidationError) -> str:
    """The first few faults of a validation, as a sentence that names the places."""
    faults = [f"`{shown('.'.join(map(str, fault['loc']))) or 'plan'}`: {fault['msg']}"
              for fault in error.errors(include_url=False, include_input=False)[:5]]
    more = f" (and {error.error_count() - 5} more)" if error.error_count() > 5 else ""
    return "; ".join(faults) + more
