"""One run as one HTML page that needs nothing else: picture, claims with evidence, layout, attention, rounds, cost."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from PIL import Image

from grounding.receipt import Receipt
from grounding.settings import How
from grounding.verify.report import Finding, Match, Report
from planner.claims import names_of
from planner.draw import svg
from planner.scene import Box, Layout
from scenewright.loop.metadata import versions
from scenewright.loop.result import Result, Try
from scenewright.loop.runs import LAYOUT, Run, png

LARGEST, THUMB, CROP, DRAWN = 1024, 320, 96, 280
MOST_CARDS = 40
MARK = {"fails": "✗", "cannot tell": "·", "holds": "✓"}
"""Of a claim that is ruled so; what is worst comes first."""
ENDED = {
    "verified": "every claim that can be tested holds",
    "rounds": "the rounds were used up; this is the best picture",
    "seconds": "the time was used up; this is the best picture",
    "unchecked": "there was nothing here to verify it with",
}


@dataclass(frozen=True)
class ClaimRow:
    """One claim in the table. `part` is the score and `line` its threshold, both in per cent of the bar."""

    mark: str
    ruling: str
    reserve: str
    claim: str
    evidence: str
    score: str
    part: float | None
    line: float | None
    crop: str


@dataclass(frozen=True)
class Marked:
    """A box over the picture, in per cent of it."""

    label: str
    style: str
    kind: str


@dataclass(frozen=True)
class WordStrength:
    """How strongly the words of a thing claimed its box, in per cent, at the first watched step and at the last; None
    where they were not watched."""

    name: str
    before: float | None
    after: float | None
    weak: bool


@dataclass(frozen=True)
class Card:
    """One picture of one round."""

    title: str
    picture: str
    facts: str
    ruling: str
    failing: tuple[str, ...]
    doubtful: tuple[str, ...]
    reserved: tuple[str, ...]
    then: str
    chosen: bool


def page(run: Run, result: Result) -> str:
    """The page."""
    about = (run.description() or {}).get("request", {})
    outcome, report = result.outcome, result.report
    return _template().render(
        prompt=result.prompt or "(no prompt)", verified=outcome.verified, checked=report is not None,
        ended=ended(result), picture=_data(result.image, LARGEST),
        width=result.image.width, height=result.image.height, marks=list(_marks(report, result.layout)),
        rows=list(_rows(report, result.image)), counted=" · ".join(counted(report)) if report else "not verified",
        layout=_layout(result.layout, dark=False),
        dark_layout=_layout(result.layout, dark=True),
        strengths=list(_strengths(result.receipt, result.layout)), cards=list(_cards(run, result)),
        pictures=len(outcome.tries),
        facts=_facts(result), cost=_cost(result), command=command(run, about),
        notes=[*(word.sentence for word in outcome.unpaintable), *result.notes,
               *(outcome.brief.decided if outcome.brief else ()), *(report.limits if report else ())],
        unread=result.layout.scene.unread, versions=versions(), run=run.id, painter=about.get("painter", ""),
        parent=about.get("parent"))


def ended(result: Result) -> str:
    """How a run ended, in words; where nothing fails and not all could be told, as its report says."""
    if result.outcome.ended == "untold" and result.report is not None:
        return result.report.summary
    return ENDED.get(result.outcome.ended, result.outcome.ended)


@cache
def _template() -> Template:
    """The template; everything that is put into it is escaped."""
    text = files("scenewright").joinpath("page.html").read_text(encoding="utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(text)


def command(run: Run, request: Mapping[str, Any]) -> str:
    """The command line that gives this run again."""
    words = ["scenewright", "render"]
    if request.get("layout"):
        words += ["--layout", str(run.folder / LAYOUT)]
    flags: dict[str, Any] = {"seed": 0, "candidates": 1, "rounds": 4, "canvas": ""}
    for name, usual in flags.items():
        if request.get(name, usual) != usual:
            words += [f"--{'n' if name == 'candidates' else name}", str(request[name])]
    if "how" in request:
        how = How.model_validate_json(json.dumps(request["how"]))
        words += ["--steps", str(how.steps), "--set", f"guidance_scale={how.guidance_scale:g}"]
        words += [] if how.strength == 1 else ["--set", f"strength={how.strength:g}"]
    if request.get("planner", "auto") != "auto":
        words += ["--planner", str(request["planner"])]
    if not request.get("layout"):
        words += ["--", str(request.get("prompt", ""))]  # after this, nothing is an option
    return shlex.join(words)


def _facts(result: Result) -> list[tuple[str, str]]:
    outcome = result.outcome
    facts = [("Rounds", str(outcome.rounds)), ("Pictures", str(len(outcome.tries))),
             ("Cost", f"{result.cost:.1f} plain"), ("Time", f"{outcome.seconds:.1f} s"),
             ("Seed", str(outcome.best.seed))]
    return facts + ([("Model calls", str(outcome.llm_calls))] if outcome.llm_calls else [])


def _cost(result: Result) -> list[tuple[str, str]]:
    outcome, receipt = result.outcome, result.receipt
    cost = receipt.cost
    rows = [("Forward passes of the image model, all rounds", f"{outcome.passes:.0f}"),
            ("One plain picture", f"{outcome.plain:.0f}"),
            ("So the whole run cost, in plain pictures", f"{result.cost:.2f}"),
            ("This picture: full, truncated, backward passes", f"{cost.full}, {cost.truncated}, {cost.backward}")]
    return [*rows, ("Requests to a language model", str(outcome.llm_calls)), ("Seconds", f"{outcome.seconds:.2f}")]


def counted(report: Report) -> list[str]:
    """How many claims hold, fail and cannot be told, in words."""
    held = "hold" + f" ({len(report.reserved)} with a reserve)" * bool(report.reserved)
    counts = ((len(report.holding), held), (len(report.failing), "fail"), (len(report.undecided), "cannot be told"))
    return [f"{number} {what}" for number, what in counts if number] or ["no claims"]


def _rows(report: Report | None, image: Image.Image) -> Iterator[ClaimRow]:
    for finding in sorted(report.findings if report else (), key=lambda f: [*MARK].index(f.ruling)):
        yield _row(finding, image)


def _row(finding: Finding, image: Image.Image) -> ClaimRow:
    score, line = finding.score, finding.threshold
    measured = score is not None and line is not None and 0 <= score <= 1 and 0 <= line <= 1
    said = "" if score is None else f"{score:.2f}" + ("" if line is None else f" / {line:.2f}")
    return ClaimRow(MARK[finding.ruling], finding.ruling.replace(" ", "-"), finding.reserve, finding.claim.sentence,
               finding.sentence, said,
               100 * score if measured and score is not None else None,
               100 * line if measured and line is not None else None, _crop(finding, image))


def _crop(finding: Finding, image: Image.Image) -> str:
    boxes = finding.evidence.boxes
    pixels = finding.evidence.crop or (_pixels(boxes[0], image) if len(boxes) == 1 else None)
    if pixels is None or pixels[2] <= pixels[0] or pixels[3] <= pixels[1]:
        return ""
    return _data(image.crop(pixels), CROP)


def _pixels(box: Box, image: Image.Image) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (min(max(v, 0.0), 1.0) for v in box.corners)
    return int(x0 * image.width), int(y0 * image.height), int(x1 * image.width), int(y1 * image.height)


def _marks(report: Report | None, layout: Layout) -> Iterator[Marked]:
    """What was planned, what was seen in its place, and what is surplus."""
    names = names_of(layout.scene)
    for placement in layout.far_to_near():
        yield Marked(names.get(placement.thing, placement.thing), _style(placement.box), "planned")
    for match in report.matches if report else ():
        if match.seen is not None:
            yield Marked(f"✓ {_name(match)}", _style(match.seen.box), "seen")
    for extra in report.surplus if report else ():
        yield Marked(f"{'✗' if extra.wrong else '+'} {extra.noun}", _style(extra.sighting.box),
                   "wrong" if extra.wrong else "extra")


def _name(match: Match) -> str:
    return match.name.removeprefix("the ")


def _style(box: Box) -> str:
    x0, y0, x1, y1 = (min(max(v, 0.0), 1.0) for v in box.corners)
    return f"left:{100 * x0:.2f}%;top:{100 * y0:.2f}%;width:{100 * (x1 - x0):.2f}%;height:{100 * (y1 - y0):.2f}%"


def _strengths(receipt: Receipt, layout: Layout) -> Iterator[WordStrength]:
    """Every planned thing; one whose words were not watched, as where the rest of the picture is mended, says so."""
    names, found = names_of(layout.scene), {seen.thing: seen for seen in receipt.attention}
    for placement in layout.placements if found else ():
        name, seen = names.get(placement.thing, placement.thing), found.get(placement.thing)
        if seen is None:
            yield WordStrength(name, None, None, False)
        else:
            before, after = (100 * min(max(value, 0.0), 1.0) for value in (seen.before, seen.after))
            yield WordStrength(name, before, after, seen.weak)


def _cards(run: Run, result: Result) -> Iterator[Card]:
    outcome = result.outcome
    shown = [t for i, t in enumerate(outcome.tries) if i < MOST_CARDS or t == outcome.best]
    for t in shown:
        report = run.report(t.report) if t.report else None
        last = t is outcome.tries[-1] or outcome.tries[outcome.tries.index(t) + 1].round > t.round
        decided = outcome.decisions[t.round - 1] if last and t.round <= len(outcome.decisions) else ""
        several = sum(other.round == t.round for other in outcome.tries) > 1
        ruling = "holds" if t.verified else "fails" if report else "cannot-tell"
        failing, doubtful, reserved = (report.failing, report.doubtful, report.reserved) if report else ((), (), ())
        yield Card(f"Round {t.round}" + (f", picture {t.index + 1}" if several else ""), _thumb(run, t),
                   f"seed {t.seed} · {t.passes:.0f} passes", ruling,
                   tuple(f.claim.sentence for f in failing), tuple(f.claim.sentence for f in doubtful),
                   tuple(f"{f.claim.sentence}, but {f.reserve}" for f in reserved), decided, t == outcome.best)


def _thumb(run: Run, t: Try) -> str:
    batch = run.batch(t.batch)
    if batch is None or t.index >= len(batch.paintings):
        return ""
    image = batch.paintings[t.index].image
    image.thumbnail((THUMB, THUMB))
    return _jpeg(image)


def _layout(layout: Layout, *, dark: bool) -> str:
    """The drawing, small, since its words are never smaller than can be read and grow with it."""
    drawn = svg(layout, size=DRAWN, dark=dark).encode()
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"


def _data(image: Image.Image, longest: int) -> str:
    """The picture as a data address: small ones as they are, larger ones shrunk."""
    if max(image.size) > longest:
        image = image.copy()
        image.thumbnail((longest, longest))
    if image.width * image.height <= 512 * 512:
        return f"data:image/png;base64,{base64.b64encode(png(image)).decode()}"
    return _jpeg(image)


def _jpeg(image: Image.Image) -> str:
    stream = BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
