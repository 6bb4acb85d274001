"""A layout as a picture, PNG or SVG: labelled boxes in depth order, the prompt below."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from math import atan2, cos, pi, sin
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from planner.errors import BadInput
from planner.scene import Layout
from planner.sketch import FAINT, INK, PAPER, STAGE, Arrow, Line, Outline, Rect, Sketch, Strand, Tag, sketch
from planner.whole import write_whole

_SMOOTH = 2
"""Shapes are drawn this many times larger and shrunk, which smooths their edges."""
_STROKE = 2.6
_STRANDS = ((PAPER, 5), (INK, 1.6))
"""A strand of an arrow: dark on a pale hem, so that it shows on any colour."""


GROUND = "#efeadf"
"""The ground that things stand on: hardly darker than the stage."""


def draw(layout: Layout, path: str | Path, *, size: int = 1024, relations: bool = False) -> Path:
    """Write the picture to `path`; the suffix chooses the format. `relations` adds an arrow for each relation."""
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix == ".svg":
        write_whole(target, svg(layout, size=size, relations=relations))
    elif suffix == ".png":
        stream = BytesIO()
        picture(layout, size=size, relations=relations).save(stream, "PNG")
        write_whole(target, stream.getvalue())
    else:
        raise BadInput(f"a picture is written as .png or .svg, got `{target.name}`; choose one of the two")
    return target


def picture(layout: Layout, *, size: int = 1024, relations: bool = False) -> Image.Image:
    """The picture as pixels; the longer side of the canvas takes `size` of them."""
    return _paint(sketch(layout, _measure, size=size, relations=relations))


def svg(layout: Layout, *, size: int = 1024, relations: bool = False, dark: bool = False) -> str:
    """The picture as an SVG document with the same places as the pixels; `dark` is for where all else is dark."""
    return "\n".join(_svg(sketch(layout, _measure, size=size, relations=relations), _DARK if dark else _LIGHT))


class _Ground(NamedTuple):
    """The colours on which things are drawn."""

    paper: str
    stage: str
    edge: str
    floor: str
    thirds: str
    words: dict[str, str]
    """What the colours of a caption become."""


_LIGHT = _Ground(PAPER, STAGE, "#d9d5cb", GROUND, "#ebe7de", {})
_DARK = _Ground("#1c1f24", "#262a31", "#3a3f48", "#2b3038", "#30353d", {INK: "#e9e8e4", FAINT: "#a0a4ad"})


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _measure(text: str, size: float) -> float:
    return _font(round(size, 1)).getlength(text)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _ink_on(colour: str) -> str:
    """Dark or white text, whichever contrasts more."""
    return max(PAPER, INK, key=lambda ink: contrast(ink, colour))


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it, 1 to 21."""
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in _rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _paint(s: Sketch) -> Image.Image:
    """Shapes at twice the size, shrunk; then the words, which smooth themselves."""
    large = Image.new("RGB", (s.width * _SMOOTH, s.height * _SMOOTH), PAPER)
    pen = ImageDraw.Draw(large)
    _paint_stage(pen, s.stage, s.ground)
    for outline in s.outlines:
        _paint_thing(large, outline)
    for outline in s.outlines:
        for dash in outline.hidden:
            pen.line(_up(*dash), _mixed(outline.colour, STAGE, 0.6), round(1.3 * _SMOOTH))
    for arrow in s.arrows:
        _paint_arrow(pen, arrow)
    for arrow in s.arrows:
        pen.rounded_rectangle(_corners(arrow.plate), arrow.plate.h / 2 * _SMOOTH, PAPER, INK, _SMOOTH)
    for tag in s.tags:
        _paint_plate(pen, tag, s.font)
    image = large.reduce(_SMOOTH)
    words = ImageDraw.Draw(image)
    for arrow in s.arrows:
        words.text(arrow.plate.centre, arrow.text, INK, _font(round(s.small, 1)), anchor="mm")
    for tag in s.tags:
        x, y = _text_at(tag, s.font)
        words.text((x, y), tag.text, _ink_on(tag.colour), _font(round(s.font, 1)), anchor="lm")
    for line in s.caption:
        words.text((s.stage.x, line.y), line.text, line.colour, _font(round(line.size, 1)), anchor="ls")
    return image


def _up(*values: float) -> tuple[float, ...]:
    return tuple(v * _SMOOTH for v in values)


def _corners(r: Rect) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = _up(r.x, r.y, r.x + r.w, r.y + r.h)
    return x0, y0, x1, y1


def _thirds(stage: Rect) -> list[tuple[float, float, float, float]]:
    """The lines that divide the stage in thirds, a help for the eye."""
    return [
        *((stage.x + stage.w * k / 3, stage.y, stage.x + stage.w * k / 3, stage.y + stage.h) for k in (1, 2)),
        *((stage.x, stage.y + stage.h * k / 3, stage.x + stage.w, stage.y + stage.h * k / 3) for k in (1, 2)),
    ]


def _paint_stage(pen: ImageDraw.ImageDraw, stage: Rect, ground: Rect | None) -> None:
    pen.rounded_rectangle(_corners(stage), 6 * _SMOOTH, STAGE, "#d9d5cb", _SMOOTH)
    if ground:
        pen.rectangle(_corners(Rect(ground.x + 1, ground.y, ground.w - 2, ground.h - 4)), GROUND)
    for line in _thirds(stage):
        pen.line(_up(*line), "#ebe7de", _SMOOTH)


def _round(r: Rect) -> float:
    return min(9.0, r.w / 4, r.h / 4)


def _paint_thing(image: Image.Image, outline: Outline) -> None:
    """A tinted plate, clear enough that what lies behind still shows."""
    x0, y0, x1, y1 = (int(v) for v in _corners(outline.rect))
    w, h = max(1, x1 - x0), max(1, y1 - y0)
    plate = Image.new("L", (w, h), 0)
    pen = ImageDraw.Draw(plate)
    if outline.points:
        pen.polygon([(x * _SMOOTH - x0, y * _SMOOTH - y0) for x, y in outline.points], 208)
    else:
        pen.rounded_rectangle((0, 0, w - 1, h - 1), _round(outline.rect) * _SMOOTH, 208)
    image.paste(_mixed(outline.colour, STAGE, 0.22), (x0, y0), plate)
    _stroke(ImageDraw.Draw(image), outline)


def _stroke(pen: ImageDraw.ImageDraw, outline: Outline) -> None:
    width = round(_STROKE * _SMOOTH * (1.8 if outline.locked else 1))
    if outline.points:
        loop = [_up(*p) for p in (*outline.points, outline.points[0], outline.points[1])]
        pen.line([(x, y) for x, y in loop], outline.colour, width, "curve")
    else:
        pen.rounded_rectangle(_corners(outline.rect), _round(outline.rect) * _SMOOTH, None, outline.colour, width)


def _paint_plate(pen: ImageDraw.ImageDraw, tag: Tag, font: float) -> None:
    pen.rounded_rectangle(_corners(tag.rect), tag.rect.h / 3.4 * _SMOOTH, tag.colour, PAPER, _SMOOTH)
    if tag.swatch:
        cx, cy, radius = _dot(tag, font)
        pen.ellipse(_up(cx - radius, cy - radius, cx + radius, cy + radius), tag.swatch, PAPER, round(1.5 * _SMOOTH))


def _dot(tag: Tag, font: float) -> tuple[float, float, float]:
    return tag.rect.x + font * 0.8, tag.rect.y + tag.rect.h / 2, font * 0.36


def _text_at(tag: Tag, font: float) -> tuple[float, float]:
    return tag.rect.x + font * (1.45 if tag.swatch else 0.5), tag.rect.y + tag.rect.h / 2


def _head(strand: Strand, length: float = 13.0) -> list[tuple[float, float]]:
    """The three corners of the arrow head at the end of a strand."""
    x0, y0, x1, y1 = strand
    way = atan2(y1 - y0, x1 - x0)
    wings = [(x1 - length * cos(way + turn), y1 - length * sin(way + turn)) for turn in (-pi / 8, pi / 8)]
    return [(x1, y1), *wings]


def _ends(arrow: Arrow) -> tuple[tuple[float, float], ...]:
    """Where an arrow leaves its subjects."""
    return tuple((x, y) for x, y, _, _ in (arrow.tails or arrow.heads))


def _paint_arrow(pen: ImageDraw.ImageDraw, arrow: Arrow) -> None:
    for colour, width in _STRANDS:
        for strand in (*arrow.tails, *arrow.heads):
            pen.line(_up(*strand), colour, round(width * _SMOOTH))
    for x, y in _ends(arrow):
        pen.ellipse(_up(x - 4, y - 4, x + 4, y + 4), INK, PAPER, _SMOOTH)
    for strand in arrow.heads:
        pen.polygon([(x, y) for x, y in (_up(*p) for p in _head(strand))], INK, PAPER, _SMOOTH)


def _svg(s: Sketch, ground: _Ground) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {s.width} {s.height}" width="{s.width}" '
        f'height="{s.height}" font-family="Helvetica, Arial, sans-serif" role="img">',
        f'<rect width="100%" height="100%" fill="{ground.paper}"/>',
        _svg_rect(s.stage, 6, f'fill="{ground.stage}" stroke="{ground.edge}"'),
        *([_svg_rect(s.ground, 0, f'fill="{ground.floor}"')] if s.ground else []),
        *(f'<line x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}" stroke="{ground.thirds}"/>'
          for a, b, c, d in _thirds(s.stage)),
        *(_svg_thing(o, ground) for o in s.outlines),
        *(_svg_hidden(o) for o in s.outlines if o.hidden),
        *(part for arrow in s.arrows for part in _svg_arrow(arrow, s.small)),
        *(part for tag in s.tags for part in _svg_tag(tag, s.font)),
        *(_svg_line(line, s.stage.x, ground) for line in s.caption),
        "</svg>",
    ]


def _svg_rect(r: Rect, radius: float, paint: str) -> str:
    return (f'<rect x="{r.x:.1f}" y="{r.y:.1f}" width="{r.w:.1f}" height="{r.h:.1f}" '
            f'rx="{radius:.1f}" {paint}/>')


def _svg_edge(outline: Outline, paint: str) -> str:
    if not outline.points:
        return _svg_rect(outline.rect, _round(outline.rect), paint)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in outline.points)
    return f'<polygon points="{points}" {paint}/>'


def _svg_thing(outline: Outline, ground: _Ground) -> str:
    width = _STROKE * (1.8 if outline.locked else 1)
    tint = _mixed(outline.colour, ground.stage, 0.22)
    return _svg_edge(outline, f'fill="{tint}" fill-opacity="0.82" stroke="{outline.colour}" stroke-width="{width:.1f}"')


def _svg_hidden(outline: Outline) -> str:
    path = "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for a, b, c, d in outline.hidden)
    return f'<path d="{path}" stroke="{outline.colour}" stroke-opacity="0.6" stroke-width="1.3" fill="none"/>'


def _svg_arrow(arrow: Arrow, size: float) -> list[str]:
    path = "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for a, b, c, d in (*arrow.tails, *arrow.heads))
    heads = (" ".join(f"{x:.1f},{y:.1f}" for x, y in _head(strand)) for strand in arrow.heads)
    x, y = arrow.plate.centre
    return [
        *(f'<path d="{path}" stroke="{colour}" stroke-width="{width}"/>' for colour, width in _STRANDS),
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{INK}" stroke="{PAPER}"/>' for x, y in _ends(arrow)),
        *(f'<polygon points="{points}" fill="{INK}" stroke="{PAPER}"/>' for points in heads),
        _svg_rect(arrow.plate, arrow.plate.h / 2, f'fill="{PAPER}" stroke="{INK}"'),
        _svg_text(arrow.text, x, y, size, INK, 'text-anchor="middle" dominant-baseline="central"'),
    ]


def _svg_tag(tag: Tag, font: float) -> list[str]:
    x, y = _text_at(tag, font)
    cx, cy, radius = _dot(tag, font)
    swatch = f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{radius:.1f}" fill="{tag.swatch}" stroke="{PAPER}"/>'
    return [
        _svg_rect(tag.rect, tag.rect.h / 3.4, f'fill="{tag.colour}" stroke="{PAPER}"'),
        *([swatch] if tag.swatch else []),
        _svg_text(tag.text, x, y, font, _ink_on(tag.colour), 'dominant-baseline="central"'),
    ]


def _svg_line(line: Line, x: float, ground: _Ground) -> str:
    return _svg_text(line.text, x, line.y, line.size, ground.words.get(line.colour, line.colour), "")


def _svg_text(text: str, x: float, y: float, size: float, colour: str, more: str) -> str:
    """Words as wide as they were measured, whatever font the viewer has."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{colour}" '
            f'textLength="{_measure(text, size):.1f}" lengthAdjust="spacingAndGlyphs" {more}>{escape(text)}</text>')
