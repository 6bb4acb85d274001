"""Live progress on stderr: rounds, steps, and claims that turn green; nothing of it where stderr is no terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from grounding.verify.report import Report
from planner.claims import claims_of
from planner.plain import plain
from planner.whole import write_whole
from scenewright.errors import StorageFailed
from scenewright.loop import events
from scenewright.loop.decide import told
from scenewright.loop.runs import png

MARK = {"holds": ("✓", "green"), "fails": ("✗", "bold red"), "cannot tell": ("·", "yellow"), "": ("·", "dim")}
PREVIEW_EVERY = 4
MOST_CLAIMS = 14


class Live:
    """Shows the events of one run. With `preview`, that file is kept at what the picture is heading for."""

    def __init__(self, preview: Path | None = None, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr, highlight=False)
        self.preview = preview
        self.claims: dict[str, tuple[str, str]] = {}
        self.headline, self.done = "planning", ""
        self.bar = Progress(TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                            console=self.console)
        self.task = self.bar.add_task("steps", total=None, visible=False)
        self.screen = Screen(self._shown(), console=self.console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Live:
        if self.console.is_terminal:
            self.screen.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.console.is_terminal:
            self.screen.stop()

    def show(self, event: events.Event) -> None:
        """Take in one event."""
        match event:
            case events.Planned(layout, _):
                self.claims = {c.id: (c.sentence, "") for c in claims_of(layout.scene)}
            case events.Unknown(words):
                for word in words:
                    self.console.print(Text(f"note: {plain(word.sentence)}", "yellow"))
            case events.RoundBegan(round, rounds):
                self.headline = f"round {round} of {rounds}"
                self.bar.reset(self.task, total=None, visible=False)
            case events.Stepped(_, step):
                self.bar.update(self.task, completed=step.index + 1, total=step.total, visible=True)
                self._preview(event)
            case events.Painted(_, _, again):
                self.headline += ", verifying" + (" (already painted)" if again else "")
            case events.Verified(_, _, report):
                self._judged(report)
            case events.Decided(_, actions):
                self.done = told(actions)
            case events.Warned(sentence):
                self.console.print(Text(f"note: {plain(sentence)}", "yellow"))
        if self.console.is_terminal:
            self.screen.update(self._shown())

    def _judged(self, report: Report) -> None:
        self.claims = {f.claim.id: (f.claim.sentence, f.ruling) for f in report.findings}

    def _preview(self, event: events.Stepped) -> None:
        if self.preview is None or event.step.index % PREVIEW_EVERY:
            return
        try:
            write_whole(self.preview, png(event.step.preview()[0]))
        except OSError as error:
            reason = StorageFailed.of(error, self.preview)
            self.preview = None
            self.console.print(Text(f"note: no more previews: {reason}", "yellow"))

    def _shown(self) -> RenderableType:
        lines: list[RenderableType] = [Text(self.headline, "bold")]
        for sentence, ruling in list(self.claims.values())[:MOST_CLAIMS]:
            mark, style = MARK[ruling]
            lines.append(Text(f"  {mark} {plain(sentence)}", style))
        if len(self.claims) > MOST_CLAIMS:
            lines.append(Text(f"  and {len(self.claims) - MOST_CLAIMS} more claims", "dim"))
        if self.done:
            lines.append(Text(f"  → {plain(self.done)}", "cyan"))
        return Group(*lines, self.bar)
