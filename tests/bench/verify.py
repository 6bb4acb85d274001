"""What "verified" is worth: precision and recall against marks by eye and against the independent judge.

python tests/bench/verify.py --eye FOLDER [--paint 40] [--only WORD] [--out bench/out/verify] [--trust thresholds.json]

`--eye` is a folder of pictures with `marks.jsonl` (`n`, `prompt`, `right`, `category`). `--paint` renders prompts of
`verify.txt` (`--only` those with a word), loop included, and keeps every picture that was looked at on the way, not
only the one that was chosen: the more are tried, the likelier one passes for what it is not. They are judged by
`agent_judge`, which shares nothing with the verifier. `--trust` writes thresholds in which the words of appearance that
are mostly read wrongly decide nothing. What is painted is stored: stopped and called again, the bench goes on where it
was.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from rich.console import Console
from rich.table import Table

from grounding.verify.report import Report
from grounding.verify.thresholds import MEANT, TOO_WRONG, Thresholds
from grounding.verify.uninvited import ALONE
from planner.read.grammar import read
from planner.scene import Layout
from scenewright.api import render
from scenewright.config import Settings
from scenewright.stack import open_stack
from tests.bench.agent_judge import Judged

PROMPTS = Path(__file__).with_name("verify.txt")
NOTED = {
    "a thing is broken": "mosaic|colou?red|half .* half|melted|fused|welded|headless|deformed|broken|malformed|smear"
                         "|mottled|cut off|reads as|recognisable|one lump|crackle|wrinkle",
    "something is too much": "uninvited|extra|nobody asked|lump|three rabbits|three houses|two hearts|four stars",
    "something is missing": r"\bno |not (six|four)|only one",
    "a place is wrong": "beside|below|above|float|not over|in the sky|far left|under the moon",
}
"""Kinds of fault, and how a person's note names them; a picture may have several."""


class Seen(NamedTuple):
    """One picture, what was said of it and whether it is right: `group` is its category or the count of its look."""

    group: str
    verdict: str
    right: bool
    note: str = ""


@dataclass
class Recorder:
    """A verifier whose every picture is kept, with the report."""

    inner: Any
    kept: list[tuple[Image.Image, Layout, Report]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def verify(self, image: Image.Image, layout: Layout) -> Report:
        """The inner verifier's report."""
        report: Report = self.inner.verify(image, layout)
        self.kept.append((image, layout, report))
        return report


def by_eye(folder: Path, verifier: Any) -> list[Seen]:
    """The marked pictures, each verified by its prompt alone."""
    found = []
    for mark in map(json.loads, (folder / "marks.jsonl").read_text(encoding="utf-8").splitlines()):
        image = Image.open(folder / f"{mark['n']:02d}.png").convert("RGB")
        report = verifier.verify(image, Layout(scene=read(mark["prompt"])))
        found.append(Seen(mark["category"], report.verdict, mark["right"], mark["note"]))
        if mark["right"] != report.passed:
            print(f"  {mark['n']} {'right' if mark['right'] else 'wrong'}, {report.verdict}: {mark['prompt']}")
    return found


def painted(count: int, only: str, seed: int, out: Path) -> list[dict[str, Any]]:
    """What was said of every picture that came up on the way, one record per picture."""
    lines = PROMPTS.read_text(encoding="utf-8").splitlines()
    prompts = [line for line in lines if line and not line.startswith("#") and only in line]
    settings = Settings.load().model_copy(update={"seed": seed, "runs": out / "runs"})
    stack, records = open_stack(settings), out / f"records-{seed}.jsonl"
    done = [json.loads(line) for line in records.read_text().splitlines()] if records.exists() else []
    known = {record["prompt"] for record in done}
    for prompt in (prompt for prompt in prompts[:count] if prompt not in known):
        recorder = Recorder(stack.verifier)
        render(prompt, settings=settings, stack=replace(stack, verifier=recorder))
        new = [_record(prompt, look, *kept) for look, kept in enumerate(recorder.kept, 1)]
        with records.open("a") as file:
            file.write("".join(json.dumps(record) + "\n" for record in new))
        done += new
    return done


def _record(prompt: str, look: int, image: Image.Image, layout: Layout, report: Report) -> dict[str, Any]:
    judged = Judged(image, layout.scene, layout)
    named = {t.noun for t in layout.scene.things} | {a.noun for a in layout.scene.absent}
    alone = all(found.kind in named for found in judged.found)
    claims = [{"kind": "uninvited" if f.claim == ALONE else f.claim.kind, "word": f.claim.word, "ruling": f.ruling,
               "judge": alone if f.claim == ALONE else judged.holds(f.claim)} for f in report.findings]
    return {"prompt": prompt, "look": look, "verdict": report.verdict, "right": judged.success and alone,
            "claims": claims}


def print_verdicts(title: str, seen: Sequence[Seen]) -> None:
    """Precision and recall of "verified", in all and by group."""
    table = Table(title, "pictures", "right", "verified", "precision", "recall", "wrong and verified",
                  "right, in doubt", "right, not verified")
    groups = dict.fromkeys(s.group for s in seen)
    for group in (*groups, "all"):
        some = [s for s in seen if group in ("all", s.group)]
        right, passed = [s for s in some if s.right], [s for s in some if s.verdict == "verified"]
        both = sum(s.right for s in passed)
        table.add_row(group, str(len(some)), str(len(right)), str(len(passed)), _share(both, len(passed)),
                      _share(both, len(right)), str(len(passed) - both),
                      *(str(sum(s.verdict == v for s in right)) for v in ("in doubt", "not verified")))
    Console(width=150).print(table)


def print_noted(seen: Sequence[Seen]) -> None:
    """By kind of fault that a person noted: how many of such pictures pass for right."""
    table = Table("fault noted by eye", "pictures", "verified all the same", "in doubt", "not verified")
    for fault, words in NOTED.items():
        some = [s.verdict for s in seen if not s.right and re.search(words, s.note)]
        table.add_row(fault, str(len(some)), *(str(some.count(v)) for v in ("verified", "in doubt", "not verified")))
    Console(width=150).print(table)


def print_faults(records: Iterable[dict[str, Any]]) -> None:
    """By kind of claim: what the judge contradicts, and what was left untold."""
    table = Table("claims", "decided by both", "said to hold, wrong", "said to fail, right", "cannot tell")
    rows: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for record in records:
        for claim in record["claims"]:
            if claim["judge"] is not None:
                rows[claim["kind"]].append((claim["ruling"], claim["judge"]))
    for kind, some in sorted(rows.items()):
        told = [pair for pair in some if pair[0] != "cannot tell"]
        wrong = [told.count(pair) for pair in (("holds", False), ("fails", True))]
        table.add_row(kind, str(len(told)), *(f"{n} ({_share(n, len(told))})" for n in wrong),
                      str(len(some) - len(told)))
    Console(width=150).print(table)


def trusted(records: Iterable[dict[str, Any]], start: Thresholds) -> Thresholds:
    """The thresholds, with a cut of its own for each word of appearance that is said to hold and mostly does not."""
    said: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        for claim in record["claims"]:
            if claim["kind"] == "attribute" and claim["ruling"] == "holds" and claim["judge"] is not None:
                said[claim["word"]].append(claim["judge"])
    own = {}
    for word, some in sorted(said.items()):
        wrong = some.count(False) / len(some)
        print(f"  {word}: said to hold {len(some)} times, wrong {some.count(False)} ({wrong:.0%})")
        if len(some) >= MEANT and wrong > TOO_WRONG:
            family = start.attributes.get("pattern", start.attribute)
            own[word] = family.model_copy(update={"samples": len(some), "errors": wrong})
    return start.model_copy(update={"attributes": {**start.attributes, **own}})


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def main() -> None:
    """Verify, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eye", type=Path)
    parser.add_argument("--paint", type=int, default=0, help="so many prompts of verify.txt")
    parser.add_argument("--only", default="", help="only prompts with this word")
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--out", type=Path, default=Path("bench/out/verify"))
    parser.add_argument("--trust", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    claims: Any = open_stack(Settings.load()).verifier
    if options.eye:
        marked = by_eye(options.eye, claims.verifier)
        print_verdicts("by eye", marked)
        print_noted(marked)
    if options.paint:
        records = painted(options.paint, options.only, options.seed, options.out)
        print_verdicts("by the judge: look", [Seen(str(r["look"]), r["verdict"], r["right"]) for r in records])
        print_faults(records)
        thresholds = trusted(records, claims.verifier.verifier.thresholds)
        if options.trust:
            thresholds.save(options.trust)


if __name__ == "__main__":
    main()
