"""Where settings come from, known without loading what reads them."""

from __future__ import annotations

import os
from pathlib import Path

PREFIX = "SCENEWRIGHT_"
FILE = "SCENEWRIGHT_CONFIG"
OTHER_VARIABLES = frozenset({FILE, "SCENEWRIGHT_TRACEBACK"})
"""Variables with our prefix that are no settings."""


def config_file() -> Path:
    """Where the settings file is, whether it exists or not."""
    if named := os.environ.get(FILE):
        return Path(named).expanduser()
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "scenewright" / "config.toml"


def configured() -> bool:
    """Whether anything is set anywhere: if not, settings need not be loaded to know them."""
    return any(name.upper().startswith(PREFIX) and name.upper() not in OTHER_VARIABLES for name in os.environ) or (
        FILE in os.environ or config_file().exists())
