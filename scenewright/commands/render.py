"""`scenewright render`: one prompt, one layout, or a file of prompts, with live progress, to pictures and reports."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grounding.errors import Cancelled
from planner.errors import BadInput, ScenewrightError
from planner.scene import Layout
from scenewright.api import render
from scenewright.commands.files import DASH, read_layout, read_text
from scenewright.commands.live import Live
from scenewright.commands.records import BadLine, prompt_of
from scenewright.commands.shell import Ending, fail, write
from scenewright.config import Settings, assigned
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, write_whole


@dataclass(frozen=True)
class Order:
    """What the options of one command line ask for."""

    settings: Settings
    out: Path | None = None
    report: Path | None = None
    preview: Path | None = None
    json: bool = False

    @classmethod
    def of(cls, flags: Mapping[str, Any], assignments: Sequence[str], **rest: Any) -> Order:
        """From flags and `--set name=value`; flags count for more."""
        settings = Settings.load({**assigned(assignments), **{k: v for k, v in flags.items() if v is not None}})
        return cls(settings, **rest)

    def carried_out(self, prompt: str | None, layout: Path | None, batch: Path | None) -> Ending:
        """Render what was asked for; after Control-C, say that nothing is lost."""
        try:
            return self._ordered(prompt, layout, batch)
        except (KeyboardInterrupt, Cancelled):
            return fail("cancelled; the same command goes on from there", Ending.CANCELLED)

    def _ordered(self, prompt: str | None, layout: Path | None, batch: Path | None) -> Ending:
        if batch is not None:
            if prompt or layout:
                raise BadInput("--batch brings its own prompts; give either it or one prompt or --layout")
            return self._many(batch)
        if not prompt and layout is None:
            raise BadInput("expected a prompt, --layout or --batch, got none of them")
        words = read_text(DASH) if prompt == "-" else prompt or ""
        return self._one(words, read_layout(layout) if layout else None)

    def _one(self, prompt: str, layout: Layout | None) -> Ending:
        result = self._rendered(prompt, layout)
        self._copied(result, self.out, self.report)
        write(json_format.dumps(result.told(), indent=2) + "\n" if self.json else self._told(result))
        return Ending.DONE if result.verified else Ending.UNVERIFIED

    def _rendered(self, prompt: str, layout: Layout | None = None) -> Result:
        with Live(self.preview) as live:
            return render(prompt, settings=self.settings, layout=layout, on_event=live.show)

    def _copied(self, result: Result, out: Path | None, report: Path | None) -> None:
        if out is not None:
            write_whole(out, result.picture.read_bytes())
        if report is not None and (result.folder / PAGE).exists():
            write_whole(report, (result.folder / PAGE).read_bytes())

    def _told(self, result: Result) -> str:
        from scenewright.commands.evidence import told_result

        page = self.report or result.folder / PAGE
        return f"{told_result(result)}picture: {self.out or result.picture}\nreport:  {page}\n"

    def _many(self, batch: Path) -> Ending:
        """One run per line. A line that fails does not stop the others; a second call does only what is left."""
        failed = unverified = total = 0
        for number, words in enumerate(read_text(batch).split("\n"), 1):
            if not words.strip():
                continue
            total += 1
            line: dict[str, Any] = {"line": number, "prompt": words.strip()}
            try:
                line["prompt"] = prompt = prompt_of(words.encode())
                result = self._rendered(prompt)
                self._copied(result, _inside(self.out, f"{result.run}.png"), _inside(self.report, f"{result.run}.html"))
                unverified += not result.verified
                line |= {"run": result.run, "verified": result.verified, "picture": str(result.picture)}
                if result.unpaintable:
                    line |= {"unpaintable": [word.word for word in result.unpaintable]}
            except Cancelled:
                raise
            except (BadLine, ScenewrightError, OSError) as error:
                failed += 1
                line |= {"error": str(error)}
            write(json_format.dumps(line) + "\n" if self.json else _summed(line))
        if failed:
            return fail(f"{failed} of {total} prompts failed; the others are done")
        return Ending.UNVERIFIED if unverified else Ending.DONE


def _summed(line: Mapping[str, Any]) -> str:
    if "error" in line:
        return f"✗ line {line['line']}: {line['error']}\n"
    return f"{'✓' if line['verified'] else '✗'} line {line['line']}: {line['picture']}\n"


def _inside(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else folder / name
