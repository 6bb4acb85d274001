"""Text made harmless for pictures, terminals and pages: what is shown is never obeyed."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """The text without what no picture or terminal should obey: control, format and broken characters."""
    shown = "".join(" " if c.isspace() else c for c in text)
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in shown)
