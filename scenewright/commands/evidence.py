"""Reports and results as text for a terminal: every claim with what was found, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from grounding.verify.report import Finding, Report
from planner.plain import plain
from scenewright.commands.console import console, grid, rendered
from scenewright.loop.result import Result
from scenewright.page import MARK, counted, ended

PLAIN = {"holds": ("ok", "green"), "fails": ("no", "bold red"), "cannot tell": ("-", "yellow")}
RESERVED = "yellow"
"""The colour of a claim that holds with a reserve."""
COLOURS = {"verified": "green", "in doubt": "yellow", "not verified": "bold red"}
MOST_BYSTANDERS = 5


def told_report(report: Report) -> str:
    """The findings of a report, what is surplus and what could not be judged."""
    screen = console()
    return rendered(screen, [*_findings(report, screen), "", _summary(report)])


def told_result(result: Result) -> str:
    """The findings on the chosen picture, and how the run went."""
    screen, outcome = console(), result.outcome
    parts: list[RenderableType] = [Text(plain(result.prompt) or "(no prompt)", "bold"), ""]
    if result.report is not None:
        parts += [*_findings(result.report, screen), ""]
    parts += [Text(f"round {i}: {plain(said)}", "cyan") for i, said in enumerate(outcome.decisions, 1)]
    parts += [Text(f"note: {plain(note)}", "yellow") for note in result.notes]
    parts += [Text(f"note: {plain(word.sentence)}", "yellow") for word in result.unpaintable]
    if result.layout.scene.unread:
        parts.append(Text(f"not understood: {plain('; '.join(result.layout.scene.unread))}", "yellow"))
    if (brief := outcome.brief) is not None:
        parts.append(Text(f"painted as: {plain(brief.prompt)}", "dim"))
    verdict = "verified" if result.verified else "not verified" if result.report else "not checked"
    rounds = f"{outcome.rounds} round{'s' * (outcome.rounds != 1)}"
    facts = [f"{verdict}: {ended(result)}", rounds,
             f"cost of {result.cost:.1f} plain pictures", f"{outcome.seconds:.1f} s", f"seed {outcome.best.seed}"]
    parts.append(Text(" · ".join(facts), "green" if result.verified else "bold red"))
    return rendered(screen, parts)


def _findings(report: Report, console: Console) -> Iterator[RenderableType]:
    table = grid("", "claim", "evidence")
    for finding in sorted(report.findings, key=lambda f: [*MARK].index(f.ruling)):
        table.add_row(_mark(finding, console), Text(plain(finding.claim.sentence)), Text(plain(finding.sentence)))
    yield table
    for extra in [s for s in report.surplus if s.wrong] + [s for s in report.surplus if not s.wrong][:MOST_BYSTANDERS]:
        what, style = ("surplus", "red") if extra.wrong else ("also there", "dim")
        yield Text(f"{what}: {plain(extra.sentence)}", style)
    for limit in report.limits:
        yield Text(f"note: {plain(limit)}", "yellow")


def _mark(finding: Finding, console: Console) -> Text:
    said, style = PLAIN[finding.ruling]
    return Text(said if console.options.ascii_only else MARK[finding.ruling], RESERVED if finding.reserve else style)


def _summary(report: Report) -> Text:
    said = f"{report.verdict}: {report.summary}\n{len(report.findings)} claims: {', '.join(counted(report))}"
    return Text(said, COLOURS[report.verdict])
