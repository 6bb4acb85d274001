"""`scenewright verify`: judges a picture, claim by claim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grounding.verify.picture import draw as draw_evidence
from grounding.verify.report import Report
from planner.errors import BadInput
from planner.whole import write_whole
from scenewright.api import open_picture, verify
from scenewright.commands.evidence import told_report
from scenewright.commands.layouts import Choice, read_layout
from scenewright.commands.shell import Ending, write, write_json
from scenewright.config import Settings, assigned
from scenewright.loop.runs import png


def verify_picture(image: Path, prompt: str | None, layout: Path | None, choice: Choice, *, draw: Path | None,
                   assignments: Sequence[str], json: bool) -> Ending:
    """Judge one picture against a prompt or a layout."""
    if (prompt is None) == (layout is None):
        raise BadInput("expected a prompt or --layout, and one of them only")
    settings = Settings.load(assigned(assignments))
    report = verify(image, read_layout(layout, choice=choice) if layout else prompt or "", settings=settings)
    if draw is not None:
        _drawn(image, report, draw)
    if json:
        write_json(report.model_dump(mode="json"))
    else:
        write(told_report(report))
    return Ending.DONE if report.passed else Ending.UNVERIFIED


def _drawn(image: Path, report: Report, target: Path) -> None:
    """The evidence on the picture."""
    if target.suffix.lower() != ".png":
        raise BadInput(f"the evidence is drawn as .png, got `{target.name}`")
    write_whole(target, png(draw_evidence(open_picture(image), report)))
