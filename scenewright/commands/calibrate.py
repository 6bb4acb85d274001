"""`scenewright calibrate`: measures what judges with, on pictures with known content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grounding.errors import ModelMissing
from grounding.verify.calibrate import calibrate
from grounding.verify.labelled import labelled, opened
from grounding.verify.opening import open_judges
from grounding.verify.pocket import NOUNS, VOCABULARY, pairs
from planner.whole import write_whole
from scenewright.commands.progress import watched
from scenewright.commands.shell import Ending, write, write_json
from scenewright.config import Settings, assigned


def calibrate_judges(out: Path, pictures: int, images: Path | None, assignments: Sequence[str], *, json: bool,
                     ) -> Ending:
    """Measure thresholds for the judges that the settings name, on pictures drawn by code or on labelled ones."""
    settings = Settings.load(assigned(assignments))
    judges = open_judges(settings.detector, settings.scorer, settings.device)
    if judges.detector is None and judges.scorer is None:
        raise ModelMissing("; ".join(judges.reasons) or "there is no judge to measure thresholds for")
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
