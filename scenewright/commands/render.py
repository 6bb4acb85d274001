"""`scenewright render`: one prompt, one layout, or a file of prompts, with live progress, to pictures and reports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grounding.errors import Cancelled
from planner.errors import BadInput, ScenewrightError
from planner.scene import Layout
from planner.whole import write_whole
from scenewright.api import render
from scenewright.commands.evidence import told_result
from scenewright.commands.files import DASH, read_text
from scenewright.commands.layouts import Choice, read_layout
from scenewright.commands.live import Live
from scenewright.commands.pictures import picture_format, write_picture
from scenewright.commands.records import TakenIds, Wish, dumped, failed, told_unused, wish_of
from scenewright.commands.runs import parts_of
from scenewright.commands.shell import Ending, fail, harmless, note, write, write_json
from scenewright.config import Settings, assigned
from scenewright.errors import Busy
from scenewright.loop.metadata import recipe_of, with_recipe
from scenewright.loop.naming import digest
from scenewright.loop.result import Result
from scenewright.loop.runs import PAGE, Run, RunPart


@dataclass(frozen=True)
class Order:
    """What the options of one command line ask for."""

    settings: Settings
    out: Path | None = None
    report: Path | None = None
    preview: Path | None = None
    keep: frozenset[RunPart] | None = None
    """The parts of a run that are kept once it is done; None for all."""
    json: bool = False

    @classmethod
    def of(cls, flags: Mapping[str, Any], assignments: Sequence[str], *, keep: str, **rest: Any) -> Order:
        """From flags and `--set name=value`; flags count for more."""
        return cls(Settings.load({**assigned(assignments), **flags}), keep=parts_of(keep) if keep else None, **rest)

    def carried_out(self, prompt: str | None, layout: Path | None, choice: Choice, batch: Path | None) -> Ending:
        """Render what was asked for; after Control-C, say that nothing is lost."""
        try:
            return self._ordered(prompt, layout, choice, batch)
        except (KeyboardInterrupt, Cancelled):
            return fail("cancelled; the same command goes on from there", Ending.CANCELLED)

    def _ordered(self, prompt: str | None, layout: Path | None, choice: Choice, batch: Path | None) -> Ending:
        if batch is not None:
            if prompt or layout:
                raise BadInput("--batch brings its own prompts; give either it or one prompt or --layout")
            return Errands(self).carried_out(read_text(batch))
        if not prompt and layout is None:
            raise BadInput("expected a prompt, --layout or --batch, got none of them")
        if self.out is not None:
            picture_format(self.out)
        words = read_text(DASH) if prompt == "-" else prompt or ""
        return self._one(words, read_layout(layout, choice=choice) if layout else None)

    def _one(self, prompt: str, layout: Layout | None) -> Ending:
        result = self.rendered(prompt, layout, {})
        pictures = self.copied(result, self.out, self.report)
        if self.json:
            write_json(result.told() | {"pictures": [str(path) for path in pictures]})
        else:
            write(self._told(result, pictures))
        return Ending.DONE if result.verified else Ending.UNVERIFIED

    def rendered(self, prompt: str, layout: Layout | None, changes: Mapping[str, Any]) -> Result:
        """The result of one prompt, its progress shown."""
        with Live(self.preview) as live:
            return render(prompt, settings=self.settings.with_changes(changes), layout=layout, on_event=live.show)

    def copied(self, result: Result, out: Path | None, report: Path | None) -> list[Path]:
        """Where the pictures are: the best one, and beside it as many others as were asked for in one round."""
        if report is not None and (result.folder / PAGE).exists():
            write_whole(report, (result.folder / PAGE).read_bytes())
        paths = [result.picture] if out is None else [out]
        if out is not None:
            write_picture(out, result.picture.read_bytes())
            for number, content in enumerate(_others(result, self.settings.candidates - 1), 2):
                paths.append(out.with_name(f"{out.stem}-{number}{out.suffix}"))
                write_picture(paths[-1], content)
        if self.keep is not None:
            run = Run(result.folder)
            with run.locked():
                run.trim(self.keep)
        return paths

    def _told(self, result: Result, pictures: Sequence[Path]) -> str:
        page = self.report or result.folder / PAGE
        where = f"picture: {', '.join(map(str, pictures))}\n" + (f"report:  {page}\n" if page.exists() else "")
        return told_result(result) + harmless(where)


def _others(result: Result, most: int) -> Iterator[bytes]:
    """The pictures of a run that were not chosen, best first, each with its own recipe."""
    run, best = Run(result.folder), result.outcome.best
    others = sorted((t for t in result.outcome.tries if t != best), key=lambda t: (t.verified, *t.rank), reverse=True)
    about = run.description() or {"request": {}, "parent": None}
    for one in others[:most]:
        if batch := run.batch(one.batch):
            recipe = recipe_of(run, one.batch, one.index, str(about["request"].get("painter", "")), about["parent"])
            yield with_recipe(batch.paintings[one.index].image, recipe)


@dataclass
class Errands:
    """One run per line. A line that fails does not stop the others; a second call does only what is left, and two at
    the same time share the work."""

    order: Order
    unused: Counter[str] = field(default_factory=Counter)
    ids: TakenIds = field(default_factory=TakenIds)
    total: int = 0
    failed: int = 0
    unverified: int = 0

    def carried_out(self, text: str) -> Ending:
        """Every line, and at the end once more those at which another process was when their turn came."""
        busy = self._rendered((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
        still = self._rendered(busy, again=True)
        if self.unused:
            note(told_unused(self.unused))
        if still:
            note(f"{len(still)} of {self.total} prompts were left to another process that is painting them now")
        if self.failed:
            return fail(f"{self.failed} of {self.total} prompts failed; the others are done")
        return Ending.UNVERIFIED if self.unverified else Ending.DONE

    def _rendered(self, lines: Iterable[tuple[int, str]], again: bool = False) -> list[tuple[int, str]]:
        """Render lines; those that another process works on."""
        busy = []
        for number, line in lines:
            self.total += not again
            about: dict[str, Any] = {"line": number, "prompt": ""}
            try:
                wish = wish_of(line.encode(), None if again else self.unused)
                about |= wish.answer
                self.ids.take(wish, number, _stem(wish))
                about |= self._line(number, wish)
            except Cancelled:
                raise
            except Busy:
                busy.append((number, line))
                continue
            except (ScenewrightError, OSError) as error:
                self.failed += 1
                about |= failed(error)
            write(dumped(about) if self.order.json else _summed(about))
        return busy

    def _line(self, number: int, wish: Wish) -> dict[str, Any]:
        changes = {"seed": wish.seed, "canvas": wish.canvas}
        result = self.order.rendered(wish.prompt, None, {k: v for k, v in changes.items() if v is not None})
        self.unverified += not result.verified
        stem = _stem(wish) or result.run
        out, report = self.order.out, self.order.report
        pictures = self.order.copied(result, out and out / f"{stem}.png", report and report / f"{stem}.html")
        return {"run": result.run, "verified": result.verified, "picture": str(pictures[0]),
                "pictures": [str(path) for path in pictures], **result.labels(),
                "unpaintable": [word.word for word in result.unpaintable]}


def _stem(wish: Wish) -> str:
    """The name of a line's files: its id, as far as a file can be called so."""
    if wish.id is None:
        return ""
    return re.sub(r"[^\w.-]+", "_", str(wish.id)).strip("._") or f"id-{digest(str(wish.id))[:8]}"


def _summed(line: Mapping[str, Any]) -> str:
    if "error" in line:
        return harmless(f"✗ line {line['line']}: {' '.join(line['error'].split())}") + "\n"
    return harmless(f"{'✓' if line['verified'] else '✗'} line {line['line']}: {line['picture']}") + "\n"
