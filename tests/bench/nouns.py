"""Makes `planner/read/grammar/nouns.txt`: the class of every common English noun, from tables of Open English WordNet.

The folder has `nouns.tsv` (lemma, its synsets by use) and `synsets.tsv` (synset, file, members, hypernyms).
"""

from __future__ import annotations

import argparse
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "planner/read/grammar/nouns.txt"
FILES = {"person": "p", "animal": "a", "food": "f", "plant": "l", "body": "b", "artifact": "t", "object": "o",
         "substance": "m", "location": "d", "phenomenon": "w", "act": "e", "event": "e", "process": "e",
         "quantity": "q", "shape": "s", "group": "c"}
"""Codes of WordNet's files; all other files are abstract (x)."""
UNDER = (("clothing", "g"), ("footwear", "g"), ("jewelry", "g"), ("headdress", "g"), ("room", "d"),
         ("road", "d"), ("body of water", "d"), ("geological formation", "d"), ("light", "i"),
         ("vehicle", "v"), ("container", "n"), ("furniture", "u"), ("fabric", "m"))
"""What is below these in the hierarchy has a class of its own."""
BODIES = frozenset("pagflbtovnu")


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    synsets = {}
    for line in (folder / "synsets.tsv").read_text(encoding="utf-8").splitlines():
        name, file, members, above = [*line.split("\t"), ""][:4]
        synsets[name] = (file.removeprefix("noun."), members.split("|"), above.split("|"))
    roots = {name: code for head, code in UNDER for name, (_, members, _) in synsets.items()
             if members[0] == head and name.endswith("-n")}

    @cache
    def code(name: str, room: int = 12) -> str:
        file, _, above = synsets[name]
        below = next((found for up in above if room and up in synsets
                      and (found := roots.get(up) or _kept(code(up, room - 1)))), "")
        return roots.get(name) or below or FILES.get(file, "x")

    lines = []
    for line in (folder / "nouns.tsv").read_text(encoding="utf-8").splitlines():
        lemma, senses = line.split("\t")
        if not re.fullmatch(r"[a-z][a-z-]*[a-z]( [a-z][a-z-]+)?", lemma):
            continue
        codes = [code(sense) for sense in senses.split("|") if sense in synsets]
        if " " in lemma and not _odd(lemma):
            continue
        body = next((c for c in codes if c in BODIES), "")
        lines.append(f"{lemma}\t{codes[0]}{body if body and body != codes[0] else ''}")
    OUT.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(f"{len(lines)} nouns, {OUT.stat().st_size} bytes in {OUT.relative_to(ROOT)}")


def _kept(code: str) -> str:
    return code if code in "gdivnu" else ""


def _odd(lemma: str) -> bool:
    """Whether a name of two words is no plain noun after a noun, so that it must be listed ("magnifying glass")."""
    return bool(re.match(r"\w+ing \w+$", lemma))


if __name__ == "__main__":
    main()
