"""What a run comes to: the best picture with its layout, report, receipt and history, also when opened again later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from grounding.brief import Brief
from grounding.receipt import Receipt
from grounding.verify.report import Report
from planner.scene import Box, Data, Layout
from scenewright.errors import Mismatch
from scenewright.loop.runs import PICTURE, REPORT, Run
from scenewright.loop.stages import Unpaintable


class Try(Data):
    """One painted picture of a run, and how it did."""

    round: int
    batch: str
    index: int
    seed: int
    rank: tuple[float, float]
    verified: bool
    failing: int = 0
    """How many claims fail; −1 where nothing was verified."""
    doubtful: int = 0
    """How many claims are in doubt on this picture, and could be told on another."""
    reserved: int = 0
    """How many claims hold with a reserve."""
    report: str
    passes: float = 0.0


class Outcome(Data):
    """How a run ended; what `result.json` holds.

    `ended` is `verified`, `untold` (nothing fails, and not all could be told), `rounds`, `seconds` (a budget was used
    up) or `unchecked` (there was no verifier).
    `passes` counts forward passes of the image model, `plain` those of one unguided picture. `picture` and `report` are
    the SHA-256 of the files that belong to it: others are not its picture and its report.
    """

    schema_version: Literal[2] = 2
    verified: bool
    ended: str
    rounds: int
    best: Try
    tries: tuple[Try, ...]
    decisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unpaintable: tuple[Unpaintable, ...] = ()
    """Words that the image model has never seen."""
    layout: Layout
    brief: Brief | None = None
    receipt: Receipt
    picture: str
    report: str = ""
    passes: float = 0.0
    plain: float = 0.0
    llm_calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """The best picture of a run. `verified` says that no claim fails on it and that it leaves none in doubt; `report`
    has the evidence for each."""

    layout: Layout
    report: Report | None
    receipt: Receipt
    outcome: Outcome
    folder: Path

    @classmethod
    def of(cls, run: Run, outcome: Outcome) -> Result:
        """From a stored run. Raises `Mismatch` where its picture is not that picture, or its report not that report."""
        if sha256(run.bytes_of(PICTURE)) != outcome.picture:
            raise Mismatch(f"the picture of the run `{run.id}` is missing or not the one that was stored")
        written = run.read(REPORT)
        report = None
        if outcome.report and written is not None:
            if sha256(written.encode()) != outcome.report:
                raise Mismatch(f"the report of the run `{run.id}` is not the one that was stored")
            report = Report.model_validate_json(written)
        return cls(outcome.layout, report, outcome.receipt, outcome, run.folder)

    @property
    def prompt(self) -> str:
        """The words it was painted from."""
        return self.layout.scene.prompt

    @property
    def verified(self) -> bool:
        """Whether no claim fails and none is in doubt."""
        return self.outcome.verified

    @property
    def run(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def picture(self) -> Path:
        """The picture's file; it carries the recipe for painting it again."""
        return self.folder / PICTURE

    @property
    def unpaintable(self) -> tuple[Unpaintable, ...]:
        """Words of the prompt that the image model has never seen: it painted something else for them."""
        return self.outcome.unpaintable

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said on the way, each once: where the same is said at greater length, only that."""
        every = dict.fromkeys((*self.outcome.notes, *self.layout.scene.notes, *self.layout.notes))
        return tuple(note for note in every if not any(note != other and other.startswith(note) for other in every))

    @property
    def rounds(self) -> int:
        """How many rounds were painted."""
        return self.outcome.rounds

    @cached_property
    def image(self) -> Image.Image:
        """The picture."""
        image = Image.open(self.picture)
        image.load()
        return image

    @property
    def cost(self) -> float:
        """In plain generations of one picture: what the whole run painted, guidance included."""
        return self.outcome.passes / self.outcome.plain if self.outcome.plain else float(len(self.outcome.tries))

    @property
    def claims(self) -> list[dict[str, Any]]:
        """The verdicts as plain data."""
        return [{"claim": f.claim.sentence, "ruling": f.ruling, "score": f.score, "evidence": f.sentence}
                for f in (self.report.findings if self.report else ())]

    def told(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {
            "run": self.run, "prompt": self.prompt, "verified": self.verified, "ended": self.outcome.ended,
            "rounds": self.rounds, "picture": str(self.picture), "folder": str(self.folder),
            "seed": self.outcome.best.seed,
            "claims": self.claims,
            "layout": self.layout.model_dump(mode="json"), "cost": round(self.cost, 3),
            "seconds": round(self.outcome.seconds, 3), "llm_calls": self.outcome.llm_calls,
            "decisions": list(self.outcome.decisions), "notes": list(self.notes),
            "brief": self.outcome.brief and {"prompt": self.outcome.brief.prompt, "decided": list(
                self.outcome.brief.decided)},
            "unpaintable": [word.model_dump(mode="json") for word in self.unpaintable],
        }

    def labels(self) -> dict[str, Any]:
        """What a data set keeps: boxes as planned and seen (left, top, right, bottom in fractions of the picture), the
        words of each thing, verdicts on claims."""
        layout, report = self.layout, self.report
        seen = {match.thing: match.seen for match in (report.matches if report else ())}
        boxes, depths = layout.boxes, layout.depths
        things = [{
            "id": thing.id, "name": thing.noun, "phrase": thing.phrase, "attributes": list(thing.attributes),
            "planned": _corners(boxes.get(thing.id)), "z": depths.get(thing.id, 0),
            "seen": _corners(sighting.box) if (sighting := seen.get(thing.id)) else None,
            "score": round(sighting.score, 4) if sighting else None} for thing in layout.scene.things]
        surplus = [{"name": extra.noun, "box": _corners(extra.sighting.box)}
                   for extra in (report.surplus if report else ()) if extra.wrong]
        return {"seed": self.outcome.best.seed, "size": list(self.image.size), "things": things, "surplus": surplus,
                "claims": self.claims}


def _corners(box: Box | None) -> list[float] | None:
    return None if box is None else [round(v, 6) for v in box.corners]


def sha256(content: bytes | None) -> str:
    """The digest of a file; empty where there is none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()
