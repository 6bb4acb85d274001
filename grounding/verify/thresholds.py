"""Where a score becomes a verdict: thresholds per detector, scorer, noun and family, measured by `calibrate`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from grounding.errors import BadRequest
from grounding.verify.judges import Share
from planner.scene import Data

Ruling = Literal["holds", "fails", "cannot tell"]
Source = Literal["crop", "query", "both"]
TOO_WRONG = 0.35
"""Share of errors from which a cut decides nothing; guessing has 0.5."""
MEANT = 20
"""Samples below which a measured share of errors means nothing."""


class Cut(Data):
    """A score of `at + unsure` or more holds, one below `at - unsure` fails, in between nobody can tell.

    `errors` is the share of `samples` known cases that this cut gets wrong.
    """

    at: Annotated[float, Field(ge=-1.0, le=1.0)]
    unsure: Share = 0.0
    samples: Annotated[int, Field(ge=0)] = 0
    errors: Share | None = None

    @property
    def reliable(self) -> bool:
        """Whether a verdict by this cut means anything: it was not measured to be wrong too often."""
        return self.errors is None or self.samples < MEANT or self.errors <= TOO_WRONG

    def rule(self, score: float) -> Ruling:
        """The verdict on a score."""
        if score >= self.at + self.unsure:
            return "holds"
        return "fails" if score < self.at - self.unsure else "cannot tell"


class AttributeCut(Cut):
    """A cut for attributes, and what its score is taken from.

    crop   the scorer on the thing's crop, against the rival words
    query  the detector, asked for the thing with each rival word
    both   their mean
    """

    source: Source = "crop"
    clear: Share = 0.0
    """What holds with a lower score holds with a reserve."""


class Thresholds(Data):
    """All thresholds of one detector and one scorer. `samples` of 0 says that nothing was measured."""

    schema_version: Literal[1] = 1
    detector: str = ""
    scorer: str = ""
    noun: Cut = Cut(at=0.2)
    nouns: Mapping[str, Cut] = {}
    attribute: AttributeCut = AttributeCut(at=0.5, unsure=0.2)
    attributes: Mapping[str, AttributeCut] = {}
    background: Cut = Cut(at=0.35, unsure=0.15)
    style: Cut = Cut(at=0.35, unsure=0.15)
    whole: Cut = Cut(at=0.2, unsure=0.05)
    box_error: Annotated[float, Field(ge=0.0, le=0.5)] = 0.02
    """Root mean square error of a box edge, in fractions of the image."""
    touching: Share = 0.2
    """Like things that are planned apart may be one where their boxes share more than this part of the smaller one."""

    clear: Share = 0.0
    """What is there with a lower score is so with a reserve."""
    rival: Share = 1.0
    """What is seen as one noun, and as another with more than this score in the same place, may be neither."""

    mixed: Share = 1.0
    """A thing of which more than this part is of a second colour may be two, or none."""
    even: Annotated[float, Field(ge=0.0, le=100.0)] = 0.0
    """A backdrop that keeps closer than this to its middle colour (in L*a*b*) shows no setting."""
    least: Share = 1.0
    """The smaller side of the smallest known things: what stands out and is smaller is no thing."""

    def for_noun(self, noun: str) -> Cut:
        """The cut of a noun: its own, that of its last word ("stop sign": "sign"), or the general one."""
        words = noun.lower().split()
        return next((self.nouns[" ".join(words[i:])] for i in range(len(words)) if " ".join(words[i:]) in self.nouns),
                    self.noun)

    def for_word(self, word: str, family: str) -> AttributeCut:
        """The cut of an attribute: its own where the word was measured by itself, else that of its family."""
        own = self.attributes.get(word.lower())
        return own if own is not None and own.samples >= MEANT else self.attributes.get(family, self.attribute)

    @property
    def measured(self) -> bool:
        """Whether these come from pictures with known content."""
        return self.noun.samples > 0

    def save(self, path: Path) -> None:
        """Write as JSON; the file is complete or not there."""
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.model_dump_json(indent=1) + "\n")
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Read what `save` wrote."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise BadRequest(f"there is no file of thresholds `{path}`; measure with `scenewright calibrate`") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"`{path}` is not a file of thresholds ({where or 'file'}: {first['msg']}); "
                             "measure them anew with `scenewright calibrate`") from None


DEFAULTS: dict[str, Thresholds] = {
    "owlvit": Thresholds(noun=Cut(at=0.1), box_error=0.02),
    "owlv2": Thresholds(noun=Cut(at=0.2), box_error=0.02),
    "grounding-dino": Thresholds(noun=Cut(at=0.3), box_error=0.015),
    "mm-grounding-dino": Thresholds(noun=Cut(at=0.3), box_error=0.015),
}
"""Starting points by family of detector, as commonly used; no substitute for measuring."""
