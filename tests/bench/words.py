"""Makes `planner/read/grammar/words.txt`: the words that are adjectives or verbs rather than nouns, from WordNet 3.0.

The folder is its `dict` (`index.noun` …, `cntlist.rev`: how often each sense was met in tagged text).
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "planner/read/grammar/words.txt"
PARTS = {"noun": "1", "verb": "2", "adj": "35", "adv": "4"}
USUAL = {"noun": 0.5, "adj": 0.3, "verb": 0.1, "adv": 0.2}
"""Which part of speech a word is that was never met."""


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    known = {part: set(_lemmas(folder / f"index.{part}")) for part in PARTS}
    met: Counter[tuple[str, str]] = Counter()
    for line in (folder / "cntlist.rev").read_text(encoding="ascii").splitlines():
        key, _, times = line.split()
        lemma, _, sense = key.partition("%")
        met[lemma, next(part for part, codes in PARTS.items() if sense[0] in codes)] += int(times)
    lines = []
    for word in sorted(set().union(*known.values())):
        part = max((p for p in PARTS if word in known[p]), key=lambda p: met[word, p] + USUAL[p])
        if part in ("adj", "verb"):
            code = {"adj": "j", "verb": "v"}[part]
            lines.append(f"{word}\t{code if word in known['noun'] else code.upper()}")
    OUT.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{len(lines)} words, {OUT.stat().st_size} bytes in {OUT.relative_to(ROOT)}")


def _lemmas(path: Path) -> list[str]:
    first = (line.split(" ", 1)[0] for line in path.read_text(encoding="ascii").splitlines())
    return [word for word in first if re.fullmatch(r"[a-z]+(?:-[a-z]+)*", word)]


if __name__ == "__main__":
    main()
