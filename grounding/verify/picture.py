"""A report as a picture: boxes on the image, and beside it every claim with a tick, a cross or a question mark."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from grounding.verify.report import Finding, Report, Verdict
from grounding.verify.thresholds import Ruling
from planner.scene import Box

RGB = tuple[int, int, int]
COLOUR: dict[Ruling, RGB] = {"holds": (22, 138, 66), "fails": (205, 38, 38), "cannot tell": (186, 124, 0)}
SURPLUS: RGB = (150, 40, 170)
PAPER: RGB = (250, 250, 248)
INK: RGB = (28, 28, 32)
FAINT: RGB = (110, 110, 118)
SIDE = 640
"""The image is enlarged until its longer side is at least this many pixels."""
PANEL = 470
TEXT = 17
GAP = 14
PLAIN = str.maketrans({"×": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})
"""Signs that the built-in font lacks, and what stands for them."""
LINE = 23


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


class _Tag(NamedTuple):
    text: str
    box: Box
    colour: RGB
    ruling: Ruling
    dashed: bool = False


class _Row(NamedTuple):
    ruling: Ruling
    lines: tuple[str, ...]


def draw(image: Image.Image, report: Report) -> Image.Image:
    """The image with what was seen and what was planned but not seen, and the list of findings beside it."""
    picture = _enlarged(image)
    _draw_boxes(picture, report)
    rows = [_Row(f.ruling, tuple(_wrapped(f.sentence, PANEL - 3 * GAP - TEXT))) for f in _worst_first(report)]
    rows += [_Row("fails", tuple(_wrapped(p.sentence, PANEL - 3 * GAP - TEXT))) for p in report.problems
             if p.kind in ("surplus", "whole")]
    rows += [_Row("cannot tell", tuple(_wrapped(limit, PANEL - 3 * GAP - TEXT))) for limit in report.limits]
    tall = 2 * GAP + 2 * LINE + sum(len(row.lines) * LINE + 6 for row in rows)
    sheet = Image.new("RGB", (picture.width + PANEL, max(picture.height, tall)), PAPER)
    sheet.paste(picture, (0, 0))
    _draw_panel(ImageDraw.Draw(sheet), picture.width + GAP, rows, report)
    return sheet


def _enlarged(image: Image.Image) -> Image.Image:
    times = max(1.0, SIDE / max(image.size))
    size = (round(image.width * times), round(image.height * times))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _worst_first(report: Report) -> Sequence[Finding]:
    order: dict[Ruling, int] = {"fails": 0, "cannot tell": 1, "holds": 2}
    return sorted(report.findings, key=lambda f: order[f.ruling])


def _draw_boxes(picture: Image.Image, report: Report) -> None:
    pen = ImageDraw.Draw(picture)
    taken: list[tuple[float, ...]] = []
    tags = list(_tags(report))
    for tag in tags:
        _frame(pen, tag.box, picture.size, tag.colour, tag.dashed)
    for tag in tags:
        _label(pen, tag._replace(text=_plain(tag.text)), picture.size, taken)


def _tags(report: Report) -> Iterator[_Tag]:
    """What is framed: by-standers first, so that nothing of the scene is hidden by them."""
    for surplus in report.surplus:
        if not surplus.wrong:
            yield _Tag(f"{surplus.noun}: not asked for", surplus.sighting.box, FAINT, "cannot tell")
    for match in report.matches:
        name = match.name.removeprefix("the ")
        if match.seen is not None:
            ruling = _ruling_of(match.thing, report)
            yield _Tag(name, match.seen.box, COLOUR[ruling], ruling)
        elif match.planned is not None and report.detector is not None:
            yield _Tag(f"{name}: missing", match.planned, COLOUR["fails"], "fails", dashed=True)
    for surplus in report.surplus:
        if surplus.wrong:
            yield _Tag(f"surplus {surplus.noun}", surplus.sighting.box, SURPLUS, "fails")
    for finding in report.failing:
        for box in finding.evidence.boxes if finding.claim.kind == "absent" else ():
            said = f"no {finding.claim.noun} wanted" if finding.claim.noun else "not asked for"
            yield _Tag(said, box, SURPLUS, "fails")


def _ruling_of(thing: str, report: Report) -> Ruling:
    """The worst verdict on what is said of one thing by itself."""
    rulings = {f.ruling for f in report.findings if f.claim.kind in ("exists", "attribute") and thing in f.claim.things}
    return "fails" if "fails" in rulings else "cannot tell" if "cannot tell" in rulings else "holds"


def _frame(pen: ImageDraw.ImageDraw, box: Box, size: tuple[int, int], colour: RGB, dashed: bool = False) -> None:
    """A box with a light rim, so that it shows on any ground."""
    x0, y0 = box.x0 * size[0], box.y0 * size[1]
    x1, y1 = max(box.x1 * size[0] - 1, x0 + 1), max(box.y1 * size[1] - 1, y0 + 1)
    if not dashed:
        pen.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=PAPER, width=6)
        pen.rectangle((x0, y0, x1, y1), outline=colour, width=4)
        return
    for sides in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
        _dashes(pen, sides, colour)


def _dashes(pen: ImageDraw.ImageDraw, line: tuple[float, float, float, float], colour: RGB) -> None:
    x0, y0, x1, y1 = line
    count = max(int(max(x1 - x0, y1 - y0) / 20), 1)
    for k in range(count):
        a, b = k / count, (k + 0.6) / count
        ends = (x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0))
        pen.line(ends, fill=PAPER, width=6)
        pen.line(ends, fill=colour, width=4)


def _label(pen: ImageDraw.ImageDraw, tag: _Tag, size: tuple[int, int], taken: list[tuple[float, ...]]) -> None:
    """A tag above its box, below it where another tag is, else the next free place further down."""
    font = _font(TEXT)
    wide, tall = pen.textlength(tag.text, font=font) + TEXT + 14, LINE
    x = min(max(tag.box.x0 * size[0], 0), max(size[0] - wide, 0))
    above, below = tag.box.y0 * size[1] - tall, tag.box.y1 * size[1] + 1
    heights = (above, below, *(above + k * tall for k in range(1, size[1] // tall)))
    free = [y for y in heights if 0 <= y <= size[1] - tall and not any(
        x < b[2] and b[0] < x + wide and y < b[3] and b[1] < y + tall for b in taken)]
    y = free[0] if free else max(min(above, size[1] - tall), 0)
    taken.append((x, y, x + wide, y + tall))
    pen.rectangle((x, y, x + wide, y + tall), fill=tag.colour)
    _mark(pen, x + 5, y + 4, tag.ruling, PAPER)
    pen.text((x + TEXT + 8, y + 2), tag.text, fill=PAPER, font=font)


def _mark(pen: ImageDraw.ImageDraw, x: float, y: float, ruling: Ruling, colour: RGB) -> None:
    """A tick, a cross or a question mark in a square of about 15 pixels; drawn, since few fonts have the signs."""
    if ruling == "holds":
        pen.line((x, y + 8, x + 5, y + 13, x + 14, y + 2), fill=colour, width=3, joint="curve")
    elif ruling == "fails":
        pen.line((x + 1, y + 2, x + 12, y + 13), fill=colour, width=3)
        pen.line((x + 12, y + 2, x + 1, y + 13), fill=colour, width=3)
    else:
        pen.text((x + 2, y - 3), "?", fill=colour, font=_font(TEXT + 2))


_RULING: dict[Verdict, Ruling] = {"verified": "holds", "in doubt": "cannot tell", "not verified": "fails"}


def _draw_panel(pen: ImageDraw.ImageDraw, left: int, rows: Sequence[_Row], report: Report) -> None:
    font = _font(TEXT)
    wrong, what = (report.failing, "fail") if report.failing else (report.doubtful, "in doubt")
    passes = "all that can be judged holds" if report.passed else "passes as far as it can be told"
    head = f"{len(wrong)} of {len(report.findings)} {what}" if wrong else passes
    colour = COLOUR[_RULING[report.verdict]]
    pen.text((left, GAP), head, fill=colour, font=_font(TEXT + 4))
    prompt = _wrapped(report.prompt, PANEL - 2 * GAP)
    pen.text((left, GAP + LINE + 4), (prompt[0] + (" ..." if len(prompt) > 1 else "")) if prompt else "", fill=FAINT,
             font=font)
    y = 2 * GAP + 2 * LINE
    for row in rows:
        _mark(pen, left, y + 2, row.ruling, COLOUR[row.ruling])
        for line in row.lines:
            pen.text((left + TEXT + GAP, y), line, fill=INK, font=font)
            y += LINE
        y += 6


def _plain(text: str) -> str:
    """The text in signs that the built-in font has: accents are dropped, what is left over becomes a question mark."""
    apart = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).encode("ascii", "replace").decode()


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines that fit; a word that is longer than a line is cut."""
    font = _font(TEXT)
    lines: list[str] = []
    for word in _plain(text).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        while font.getlength(word) > width:
            cut = max(bisect_right(range(len(word)), width, key=lambda n: int(font.getlength(word[:n]))) - 1, 1)
            lines.append(word[:cut])
            word = word[cut:]
        lines.append(word)
    return lines
