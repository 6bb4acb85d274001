"""Tables of words with a code each, too long to be read into memory as objects: sorted lines, searched by bisection."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=2)
def _table(name: str) -> bytes:
    return Path(__file__).with_name(name).read_bytes()


def code(name: str, word: str) -> str:
    """The code of the word in the table of that name; empty if it is not there."""
    table, wanted = _table(name), word.encode("utf-8") + b"\t"
    low, high = 0, len(table)
    while low < high:
        start = max(low, table.rfind(b"\n", 0, (low + high) // 2) + 1)
        end = table.find(b"\n", start)
        line = table[start:end]
        if line.startswith(wanted):
            return line[len(wanted):].decode("ascii")
        if line.split(b"\t")[0] + b"\t" < wanted:
            low = end + 1
        else:
            high = start
    return ""
