"""Makes names from anywhere into ids: clean, unique, and as close to what was written as that allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_LONGEST = 60


class Ids(NamedTuple):
    """Clean unique ids in order, and the id that each name as written stands for ("" where it stands for several)."""

    clean: tuple[str, ...]
    meant: dict[str, str]


def clean_ids(names: Iterable[str], spare: str) -> Ids:
    """Ids that fit `planner.scene.ThingId`; `spare` is the stem where nothing usable is left of a name."""
    clean: dict[str, None] = {}
    meant: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:_LONGEST] or spare
        stem = stem if stem[0].isalpha() else f"{spare}_{stem}"
        id, number = stem, 2
        while id in clean:
            id, number = f"{stem}_{number}", number + 1
        clean[id] = None
        meant[name] = "" if name in meant else id
    return Ids(tuple(clean), meant)
