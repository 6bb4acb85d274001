"""How large things are: a soft prior by noun. Relations and size words override it; nothing here is a claim.

`reach` is the longer side of a thing in metres, as it is seen: what is far away whenever it is seen (a moon, a cloud)
has the size that it seems to have among things at hand. `aspect` is width over height. The words are in `sizes.txt`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple


class Size(NamedTuple):
    """A natural size."""

    reach: float
    aspect: float

    @property
    def wh(self) -> tuple[float, float]:
        """Width and height."""
        return (self.reach, self.reach / self.aspect) if self.aspect >= 1 else (self.reach * self.aspect, self.reach)


FAR_SIZE = 5.0
"""From how many metres on a thing is seen from afar."""
DEFAULT = Size(0.6, 1.0)


@cache
def _tables() -> dict[str, dict[str, float]]:
    """The tables of `sizes.txt`: words to numbers."""
    found: dict[str, dict[str, float]] = {}
    table: dict[str, float] = {}
    for line in Path(__file__).with_name("sizes.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            value, *words = line.split()
            table.update((word.replace("_", " "), float(value)) for word in words)
    return found


@lru_cache(maxsize=4096)
def natural(noun: str) -> Size:
    """The natural size of a noun; a compound is as large as its head ("racing car": car)."""
    words = noun.lower().split()
    tries = [" ".join(words[i:]) for i in range(len(words))]
    reach, aspect = (next((table[t] for t in tries if t in table), usual)
                     for table, usual in zip((_tables()["reach"], _tables()["aspect"]), DEFAULT, strict=True))
    return Size(reach, aspect)


def sized(noun: str) -> bool:
    """Whether the natural size of the noun is known."""
    return noun in _tables()["reach"]


def factor(attributes: Iterable[str]) -> float:
    """How much size words change the natural size."""
    product = 1.0
    for word in attributes:
        product *= _tables()["factor"].get(word.lower(), 1.0)
    return min(max(product, 0.3), 2.0)


def flies(noun: str) -> bool:
    """Whether it is usually seen in the upper part of a picture."""
    return noun.lower().split()[-1] in _tables()["aloft"]


def flat(noun: str) -> bool:
    """Whether what is on it is seen within it: it lies flat, is seen from above, or stands upright as a wall."""
    return noun.lower().split()[-1] in _tables()["flat"]


def piled(noun: str, wh: tuple[float, float]) -> tuple[float, float]:
    """The size of a thing that lies in a pile: what is thin lies on its broad side."""
    return (max(wh), max(wh) / 4) if noun.lower().split()[-1] in _tables()["thin"] else wh


def worn_at(noun: str) -> float:
    """Where a garment sits, from -0.5 (top of the wearer's box) to 0.5 (its foot)."""
    return _tables()["worn at"].get(noun.lower().split()[-1], 0.0)
