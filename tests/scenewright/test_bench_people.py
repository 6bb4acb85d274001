"""The bench of free words: its prompts, its order, and how marks are counted."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from grounding.pocket.captions import plural
from grounding.pocket.vocabulary import kinds
from grounding.profile import words_of
from tests.bench.people import PROMPTS, Line, blind, cases, counted, sheets

ALL = cases(PROMPTS.read_text(encoding="utf-8"))


def test_there_are_two_hundred_different_prompts_twenty_of_each_sort() -> None:
    assert len({case.prompt for case in ALL}) == 200
    sorts = [case.sort for case in ALL]
    assert {sort: sorts.count(sort) for sort in sorts} == dict.fromkeys(sorts, 20)


def test_every_prompt_names_a_kind_that_the_pocket_paints() -> None:
    known = words_of(form for kind in kinds() for form in (kind, plural(kind)))
    assert [case.prompt for case in ALL if not known & words_of([case.prompt])] == []


def test_marks_are_counted_against_what_was_said(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")
    said = [("a", True), ("b", True), ("c", False), ("d", False)]
    lines = blind([Line("sort", prompt, "", verified, True, 2.0, str(tmp_path / "p.png")) for prompt, verified in said]
                  + [Line("sort", "e", "refused", False, False, 0.0, "")])
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(line._asdict()) + "\n" for line in lines))
    sheets(lines, tmp_path)
    marks = tmp_path / "marks.csv"
    answers = {"a": "y,4", "b": "n,2", "c": "y,3", "d": "n,1"}
    rows = [row.split(",")[:2] for row in marks.read_text().splitlines()[1:]]
    marks.write_text("n,prompt,right,quality,note\n" + "".join(f"{n},{p},{answers[p]},\n" for n, p in rows))
    assert counted(marks) == ("4 marked, 1 refused: right 2 (40%); of 2 verified 1 are right; right but not "
                              "verified 1; mean quality 2.50\nsort 2/4")
