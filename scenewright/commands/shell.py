"""How a command ends: results on stdout, one sentence on stderr, and an exit code.

0    done
1    failed: no plan, a provider down, a file that cannot be written
2    used wrongly: options, prompts and files that cannot be read as what they should be
3    verification failed: the layout breaks a claim or a rule
130  cancelled
141  whoever read the output closed it (as for any program in a pipe)
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import typer

TRACEBACK = "SCENEWRIGHT_TRACEBACK"
"""The environment variable that shows where an error came from."""
LONGEST_SENTENCE = 2_000


class Ending(IntEnum):
    """Exit codes."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNVERIFIED = 3
    CANCELLED = 130
    CLOSED = 141


def write(text: str) -> None:
    """Put a result on stdout, all of it or none."""
    if sys.__stdout__ is None:
        raise typer.Exit(fail("cannot write the result: stdout is closed"))
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        _silence(sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            raise typer.Exit(Ending.CLOSED) from None
        raise typer.Exit(fail(f"cannot write the result: {error.strerror}")) from None


def write_json(value: Any) -> None:
    """Put plain data on stdout."""
    write(harmless(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")


def harmless(text: str) -> str:
    """The text with every character that a terminal would obey spelled out, as JSON does it within strings."""
    return "".join(c if c.isprintable() or c in "\n\t" else json.dumps(c)[1:-1] for c in text)


def fail(sentence: str, ending: Ending = Ending.FAILED) -> Ending:
    """Say what went wrong on stderr; the ending to leave with."""
    note(sentence)
    return ending


def note(sentence: str) -> None:
    """Say something on stderr, in one line."""
    said = harmless(" ".join(sentence[:LONGEST_SENTENCE].split())) + "…" * (len(sentence) > LONGEST_SENTENCE)
    try:
        print(f"scenewright: {said}", file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr.fileno())


def run(command: Callable[[], object]) -> int:
    """Run a whole command line and turn whatever comes of it into an exit code and at most one sentence."""
    _opened()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(command() or 0)  # type: ignore[call-overload, no-any-return]
    except KeyboardInterrupt:
        return fail("cancelled", Ending.CANCELLED)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        return _judged(error)


def _opened() -> None:
    """Put nothing in the place of each standard stream that is closed, so that no file is opened there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _judged(error: Exception) -> Ending:
    """Sort an error by whose fault it is; strangers' packages first, of which nothing may be loaded any more."""
    if isinstance(error, ImportError):
        return fail(str(error))
    if isinstance(error, OSError):
        return fail(f"{error.strerror or error}: `{error.filename}`" if error.filename else str(error))
    if shown := getattr(error, "format_message", None):
        if type(error).__name__ == "NoArgsIsHelpError":  # the whole help, to be read as it is
            print(shown(), file=sys.stderr)
            return Ending.USAGE
        return fail(f"{shown().rstrip('.')}. See `scenewright --help`.", Ending.USAGE)
    from grounding.errors import Cancelled
    from planner.errors import BadInput, ScenewrightError

    if isinstance(error, Cancelled):
        return fail("cancelled", Ending.CANCELLED)
    if isinstance(error, ScenewrightError):
        return fail(str(error), Ending.USAGE if isinstance(error, BadInput) else Ending.FAILED)
    kind = type(error).__name__
    return fail(f"unexpected {kind}: {error}. This is a bug; {TRACEBACK}=1 shows where it happened.")


def _silence(descriptor: int) -> None:
    """Let nothing more be written there, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
