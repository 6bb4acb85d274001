"""The tables of the command line tell what there is, and do not drown it."""

from __future__ import annotations

import pytest

from planner.check import check, verdicts
from planner.scene import Box, Group, Layout, Move, Placement, Relation, Scene, Thing
from planner.why import reasons
from scenewright.commands.show import MANY, findings, report


def row_of(count: int, *, notes: tuple[str, ...] = (), unread: tuple[str, ...] = ()) -> Layout:
    """So many small red cats, left of a dog."""
    cats = tuple(Thing(id=f"cat{i}", noun="cat", phrase="a red cat", attributes=("red",), group="cats")
                 for i in range(count))
    dog = Thing(id="dog", noun="dog", phrase="a dog")
    said = Relation(kind="left_of", subjects=tuple(c.id for c in cats), objects=("dog",), words="left of")
    scene = Scene(prompt="cats left of a dog", things=(*cats, dog), relations=(said,), notes=notes, unread=unread,
                  groups=(Group(id="cats", words="cats", at_least=count, at_most=count),))
    step = 0.9 / count
    boxes = [Box.around(0.2, 0.05 + step * (i + 0.5), 0.9 * step, 0.9 * step) for i in range(count)]
    placed = [Placement(thing=c.id, box=b, depth=i) for i, (c, b) in enumerate(zip(cats, boxes, strict=True))]
    return Layout(scene=scene, placements=(*placed, Placement(thing="dog", box=Box.of(0.6, 0.3, 0.9, 0.7), depth=99)))


def told(layout: Layout) -> str:
    return report(layout, verdicts(layout), check(layout))


def test_why_things_are_where_they_are_is_told_where_it_is_asked_for() -> None:
    layout = row_of(1)
    asked = report(layout, verdicts(layout), check(layout), reasons(layout))
    assert "why it is there" in asked
    assert "the red cat is left of the dog" in asked.split("margin")[0]
    assert "why it is there" not in told(layout)


def test_few_claims_are_told_one_by_one_with_their_margins() -> None:
    lines = [line for line in told(row_of(3)).splitlines() if "is left of the dog" in line]
    assert len(lines) == 3
    assert all(" +0." in line or " -0." in line for line in lines)


def test_many_claims_of_one_relation_are_told_by_the_tightest() -> None:
    layout = row_of(MANY + 2)
    lines = [line for line in told(layout).splitlines() if "is left of the dog" in line]
    tightest = min(v.margin for v in verdicts(layout) if v.claim.kind == "relation" and v.margin is not None)
    assert len(lines) == 1
    assert f"{tightest:+.3f}" in lines[0]
    assert f"of {MANY + 2} like it" in lines[0]


def test_a_broken_claim_is_never_hidden_among_those_that_hold() -> None:
    layout = row_of(MANY + 2)
    moved = [p.model_copy(update={"box": Box.of(0.92, 0.9, 0.99, 0.99)}) if p.thing == "cat1" else p
             for p in layout.placements]
    text = told(layout.model_copy(update={"placements": tuple(moved)}))
    assert [line for line in text.splitlines() if line.startswith("✗") and "red cat 2 is left of the dog" in line]


def test_what_was_not_understood_what_was_noted_and_what_was_moved_is_said() -> None:
    layout = row_of(2, notes=("guessed two",), unread=("blorf",))
    before = Box.of(0.0, 0.0, 0.1, 0.1)
    move = Move(thing="dog", before=before, after=layout.boxes["dog"], why="it was left of the cats")
    text = told(layout.model_copy(update={"moves": (move,)}))
    assert "not understood: blorf" in text
    assert "note: guessed two" in text
    assert "moved: the dog: it was left of the cats" in text


def test_things_stand_in_the_order_of_the_prompt_and_a_locked_box_says_so() -> None:
    layout = row_of(2)
    locked = tuple(p.model_copy(update={"locked": p.thing == "dog"}) for p in reversed(layout.placements))
    rows = told(layout.model_copy(update={"placements": locked})).splitlines()
    names = ("red cat 1", "red cat 2", "dog")
    starts = [next(i for i, row in enumerate(rows) if row.startswith(name)) for name in names]
    assert starts == sorted(starts)
    assert rows[starts[2]].startswith("dog (locked)")


def test_findings_tell_violations_and_nothing_else() -> None:
    layout = row_of(2)
    lost = layout.model_copy(update={"placements": layout.placements[1:]})
    lines = findings(lost, verdicts(lost), check(lost)).splitlines()
    assert "`cat0`" in lines[0]
    assert "violation" in lines[-1]
    assert len(lines) == len(check(lost)) + 1


@pytest.mark.parametrize("count", [1, 2, 10])
def test_no_line_ends_in_blanks(count: int) -> None:
    assert all(line == line.rstrip() for line in told(row_of(count)).splitlines())
