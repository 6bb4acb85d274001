"""Keeps diffusers and transformers from writing to the terminal while they import or load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging


@contextmanager
def quietly() -> Iterator[None]:
    """Errors only, no progress bars; their settings are put back afterwards."""
    levels = diffusers_logging.get_verbosity(), transformers_logging.get_verbosity()
    bars = diffusers_logging.is_progress_bar_enabled(), transformers_logging.is_progress_bar_enabled()
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, level, bar in zip((diffusers_logging, transformers_logging), levels, bars, strict=True):
            library.set_verbosity(level)
            if bar:
                library.enable_progress_bar()
