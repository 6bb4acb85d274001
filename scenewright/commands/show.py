"""Layouts and findings as text for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from planner.check import Verdict, Violation
from planner.claims import names_of
from planner.plain import plain
from planner.scene import Layout
from scenewright.commands.console import console, grid, rendered

_MARKS = {True: ("✓", "ok", "green"), False: ("✗", "no", "bold red"), None: ("·", "-", "dim")}
MANY = 6
"""More claims of one relation than this are told by the tightest of them."""
MOST_WRONG = 60
"""So much that is wrong is told one by one."""


def report(layout: Layout, verdicts: Sequence[Verdict], violations: Sequence[Violation],
           why: Mapping[str, Sequence[str]] | None = None) -> str:
    """A planned layout: its things, its claims with their margins, what is wrong, and what was left unread; with `why`
    also what put each thing where it is.
    """
    screen = console()
    parts: list[RenderableType] = [
        Text(plain(layout.scene.prompt) or "(no prompt)", style="bold"), "",
        _things(layout), "",
        *((_reasons(layout, why), "") if why else ()),
        _claims(verdicts, screen), "",
        *_all_wrong([v for v in violations if v.kind != "claim"], screen),
        *_notes(layout),
        _summary(layout, verdicts, violations),
    ]
    return rendered(screen, parts)


def findings(layout: Layout, verdicts: Sequence[Verdict], violations: Sequence[Violation]) -> str:
    """What a check found, and one line that sums it up."""
    screen = console()
    return rendered(screen, [*_all_wrong(violations, screen), _summary(layout, verdicts, violations)])


def _things(layout: Layout) -> Table:
    numbers = ("left", "top", "right", "bottom", "depth")
    table = grid("thing", *numbers, right=numbers)
    names = names_of(layout.scene)
    order = {t.id: i for i, t in enumerate(layout.scene.things)}
    for placement in sorted(layout.placements, key=lambda p: order.get(p.thing, len(order))):
        name = plain(names.get(placement.thing, placement.thing).removeprefix("the "))
        corners = (Text(f"{v:.3f}") for v in placement.box.corners)
        table.add_row(Text(f"{name} (locked)" if placement.locked else name), *corners, str(placement.depth))
    return table


def _reasons(layout: Layout, why: Mapping[str, Sequence[str]]) -> Table:
    table = grid("thing", "why it is there")
    names = names_of(layout.scene)
    for id, told in why.items():
        table.add_row(Text(plain(names.get(id, id).removeprefix("the "))), Text(plain("; ".join(told))))
    return table


def _claims(verdicts: Sequence[Verdict], console: Console) -> Table:
    table = grid("", "claim", "margin", right=("margin",))
    for verdict, more in _told(verdicts):
        mark, ascii_mark, style = _MARKS[verdict.holds]
        others = f"and {more} more like it" if verdict.margin is None else f"the tightest of {more + 1} like it"
        sentence = plain(verdict.claim.sentence) + (f"  ({others})" if more else "")
        margin = "" if verdict.margin is None else f"{verdict.margin:+.3f}"
        table.add_row(Text(ascii_mark if console.options.ascii_only else mark, style), Text(sentence), Text(margin))
    return table


def _told(verdicts: Sequence[Verdict]) -> Iterator[tuple[Verdict, int]]:
    """The verdicts to list, each with how many like it stay unlisted."""
    alike: dict[object, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if _listed(verdict):
            alike[_kind(verdict)].append(verdict)
    for some in alike.values():
        if len(some) <= MANY:
            yield from ((verdict, 0) for verdict in some)
        else:
            tightest = min(some, key=lambda v: v.margin if v.margin is not None else 0.0)
            yield tightest, len(some) - 1


def _listed(verdict: Verdict) -> bool:
    """Whether a verdict is told as such: that a thing has its box, its row shows."""
    return verdict.claim.kind != "exists" or not verdict.holds


def _kind(verdict: Verdict) -> object:
    claim = verdict.claim
    if claim.kind == "relation":
        return (*claim.id.split(":")[:2], verdict.holds)
    return claim.kind, claim.noun, claim.word, verdict.holds


def _all_wrong(violations: Sequence[Violation], console: Console) -> Iterator[Text]:
    yield from (_wrong(violation, console) for violation in violations[:MOST_WRONG])
    if len(violations) > MOST_WRONG:
        yield Text(f"and {len(violations) - MOST_WRONG} more that are wrong", "red")


def _wrong(violation: Violation, console: Console) -> Text:
    mark = "no" if console.options.ascii_only else "✗"
    return Text(f"{mark} {plain(violation.sentence)}", "red")


def _notes(layout: Layout) -> Iterator[Text]:
    scene = layout.scene
    if scene.unread:
        yield Text(f"not understood: {plain('; '.join(scene.unread))}", "yellow")
    for note in (*scene.notes, *layout.notes):
        yield Text(f"note: {plain(note)}", "yellow")
    names = names_of(scene)
    for move in layout.moves:
        yield Text(f"moved: {plain(names.get(move.thing, move.thing))}: {plain(move.why)}", "cyan")


def _summary(layout: Layout, verdicts: Sequence[Verdict], violations: Sequence[Violation]) -> Text:
    tested = [v for v in verdicts if v.holds is not None and _listed(v)]
    holding = sum(bool(v.holds) for v in tested)
    facts = [
        f"{len(layout.placements)} thing{'s' * (len(layout.placements) != 1)}",
        f"{holding} of {len(tested)} claims hold on the boxes",
        f"{sum(v.holds is None for v in verdicts)} for the picture to show",
        f"canvas {layout.canvas.width}×{layout.canvas.height}", f"seed {layout.seed}",
    ]
    if violations:
        facts.insert(2, f"{len(violations)} violation{'s' * (len(violations) != 1)}")
    return Text(" · ".join(facts), "dim" if not violations else "bold red")
