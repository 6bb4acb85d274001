"""`scenewright verify` and `scenewright calibrate`: judging pictures, and measuring what judges with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grounding.verify.report import Report
from planner.errors import BadInput
from planner.whole import write_whole
from scenewright.api import open_picture, verify
from scenewright.commands.files import Choice, read_layout
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
        from scenewright.commands.evidence import told_report

        write(told_report(report))
    return Ending.DONE if report.passed else Ending.UNVERIFIED


def _drawn(image: Path, report: Report, target: Path) -> None:
    """The evidence on the picture."""
    from grounding.verify.picture import draw

    if target.suffix.lower() != ".png":
        raise BadInput(f"the evidence is drawn as .png, got `{target.name}`")
    write_whole(target, png(draw(open_picture(image), report)))


def calibrate_judges(out: Path, pictures: int, images: Path | None, assignments: Sequence[str], *, json: bool,
                     ) -> Ending:
    """Measure thresholds for the judges that the settings name, on pictures drawn by code or on labelled ones."""
    from grounding.errors import ModelMissing
    from grounding.verify.calibrate import calibrate
    from grounding.verify.labelled import labelled, opened
    from grounding.verify.opening import open_judges
    from grounding.verify.pocket import NOUNS, VOCABULARY, pairs
    from scenewright.commands.progress import watched

    settings = Settings.load(assigned(assignments))
    judges = open_judges(settings.detector, settings.scorer, settings.device)
    if judges.detector is None and judges.scorer is None:
        raise ModelMissing("; ".join(judges.reasons))
    if images is None:
        known = watched(pairs(pictures), pictures, "measuring")
        measured = calibrate(judges.detector, judges.scorer, known, vocabulary=VOCABULARY, bystanders=NOUNS)
    else:
        found = labelled(images)
        pictures = len(found)
        measured = calibrate(judges.detector, judges.scorer, watched(opened(found), pictures, "measuring"))
    write_whole(out, measured.model_dump_json(indent=1) + "\n")
    if json:
        write_json(measured.model_dump(mode="json"))
    else:
        write(f"thresholds of {measured.detector or 'no detector'} and {measured.scorer or 'no scorer'}, measured on "
              f"{pictures} pictures, are in {out}; use them with SCENEWRIGHT_THRESHOLDS={out}\n")
    return Ending.DONE
