"""Write `planner/kin.txt`: nouns that `planner/kinds.txt` does not list, each with the listed one that it is a kind of.

python tests/bench/kin.py FOLDER   with `nouns.tsv` and `synsets.tsv` from Open English WordNet: lemma and synsets in
order of sense; synset, lexicographer's file, members, hypernyms.

A noun is what the nearest listed noun above its first bodily sense is, unless that is more than `FARTHEST` steps away.
"""

from __future__ import annotations

import sys
from pathlib import Path

from planner.kinds import kind_of, listed

FARTHEST = 10
BODILY = frozenset(f"noun.{name}" for name in ("person", "animal", "plant", "artifact", "food", "object", "body",
                                               "group", "Tops"))

_ANIMAL, _PERSON, _PLANT = (frozenset((f"noun.{name}", "noun.Tops")) for name in ("animal", "person", "plant"))
FILES = {"animal": _ANIMAL, "bird": _ANIMAL, "insect": _ANIMAL, "fish": _ANIMAL, "person": _PERSON, "plant": _PLANT,
         "tree": _PLANT}
"""Where the senses of a class are."""


def main(folder: Path, target: Path) -> None:
    """Read the words, write the table."""
    synsets: dict[str, tuple[str, list[str], list[str]]] = {}
    for line in (folder / "synsets.tsv").read_text(encoding="utf-8").splitlines():
        id, file, members, *above = line.split("\t")
        synsets[id] = file, members.lower().split("|"), above[0].split("|") if above and above[0] else []
    senses: dict[str, list[str]] = {}
    for line in (folder / "nouns.tsv").read_text(encoding="utf-8").splitlines():
        lemma, ids = line.split("\t")
        senses.setdefault(lemma.lower(), []).extend(ids.split("|"))
    known = listed()
    usual = {noun: _meant(kind_of(noun).sort, senses.get(noun, []), synsets) for noun in known}
    named = {id: noun for noun, id in sorted(usual.items(), reverse=True) if id}
    rows = []
    for lemma, ids in senses.items():
        if lemma in known or not lemma.isalpha() or not lemma.isascii():
            continue
        if (kin := _nearest(_bodily(ids, synsets), synsets, named)) is not None:
            rows.append(f"{lemma}\t{kin}\n")
    target.write_text("".join(sorted(rows)), encoding="utf-8", newline="\n")
    print(f"{len(rows)} nouns")


def _bodily(ids: list[str], synsets: dict[str, tuple[str, list[str], list[str]]]) -> str:
    """The first sense that can be seen, if it is one of the first three."""
    return next((id for id in ids[:3] if synsets[id][0] in BODILY), "")


def _meant(sort: str, ids: list[str], synsets: dict[str, tuple[str, list[str], list[str]]]) -> str:
    """The first sense that is of the class that the noun has in the table."""
    files = FILES.get(sort, BODILY - {"noun.person", "noun.animal", "noun.plant"})
    return next((id for id in ids if synsets[id][0] in files), "")


def _nearest(start: str, synsets: dict[str, tuple[str, list[str], list[str]]], named: dict[str, str]) -> str | None:
    here = [start] if start else []
    for _ in range(FARTHEST):
        for id in here:
            if id in named:
                return named[id]
        here = [above for id in here for above in synsets[id][2] if above in synsets]
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).resolve().parents[2] / "planner" / "kin.txt")
