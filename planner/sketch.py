"""What a picture of a layout shows, in pixels and in no file format yet: outlines, tags, arrows and a caption.

Tags go where they hide least: each tries the corners of its box, inside and outside, and takes the cheapest place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, hypot, pi, sin

from planner.claims import names_of
from planner.colours import colours_of, swatch_of
from planner.plain import plain
from planner.scene import Box, Layout, Placement, Polygon, Relation, Scene, Spot, Thing
from planner.standing import ground_line

Measure = Callable[[str, float], float]
"""The width of a text at a font size, in pixels."""

INK, FAINT, PAPER, STAGE = "#22262e", "#6b7280", "#ffffff", "#f7f5f0"
MARGIN = 28
READABLE = 11.0
"""Names and captions are no smaller than this, in pixels, however small the picture."""


@dataclass(frozen=True)
class Rect:
    """An upright rectangle in pixels."""

    x: float
    y: float
    w: float
    h: float

    def shared(self, other: Rect) -> float:
        """The area that both cover."""
        w = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        h = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return w * h if w > 0 and h > 0 else 0.0

    def kept_in(self, other: Rect) -> Rect:
        """The same size, shifted into `other` as far as it fits."""
        x = max(other.x, min(self.x, other.x + other.w - self.w))
        y = max(other.y, min(self.y, other.y + other.h - self.h))
        return Rect(x, y, self.w, self.h)

    def holds(self, x: float, y: float) -> bool:
        """Whether the point is well inside."""
        return self.x + 2 < x < self.x + self.w - 2 and self.y + 2 < y < self.y + self.h - 2

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The four corners, clockwise from the top left."""
        x1, y1 = self.x + self.w, self.y + self.h
        return (self.x, self.y), (x1, self.y), (x1, y1), (self.x, y1)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle."""
        return self.x + self.w / 2, self.y + self.h / 2


Dash = tuple[float, float, float, float]
Strand = tuple[float, float, float, float]
"""A straight line from (x0, y0) to (x1, y1)."""


@dataclass(frozen=True)
class Outline:
    """One thing's place: its box, the corners of its region if that is no box, and its edge where it is hidden."""

    rect: Rect
    colour: str
    points: tuple[tuple[float, float], ...]
    hidden: tuple[Dash, ...]
    locked: bool


@dataclass(frozen=True)
class Tag:
    """A name plate. `swatch` is the colour that the prompt gives the thing."""

    rect: Rect
    text: str
    colour: str
    swatch: str | None


@dataclass(frozen=True)
class Arrow:
    """A relation: strands from the subjects (`tails`) and to the objects (`heads`), joined where its words stand."""

    tails: tuple[Strand, ...]
    heads: tuple[Strand, ...]
    text: str
    plate: Rect


@dataclass(frozen=True)
class Line:
    """One line of the caption."""

    text: str
    y: float
    size: float
    colour: str


@dataclass(frozen=True)
class Sketch:
    """A whole picture; outlines are sorted far to near."""

    width: int
    height: int
    stage: Rect
    font: float
    small: float
    outlines: tuple[Outline, ...]
    tags: tuple[Tag, ...]
    arrows: tuple[Arrow, ...]
    caption: tuple[Line, ...]
    ground: Rect | None = None
    """Where the ground is, if things stand on one."""


@dataclass
class _Desk:
    """The stage and what has been laid on it so far."""

    stage: Rect
    font: float
    measure: Measure
    rects: dict[str, Rect]
    tags: list[Tag] = field(default_factory=list)

    @property
    def small(self) -> float:
        """The font size of the words on arrows."""
        return max(READABLE, self.font * 0.8)


def sketch(layout: Layout, measure: Measure, *, size: int = 1024, relations: bool = False) -> Sketch:
    """Lay out the picture: the longer side of the canvas takes `size` pixels."""
    stage = _stage(layout, size)
    rects = {p.thing: _pixels(p.box, stage) for p in layout.placements}
    desk = _Desk(stage, _font_size(rects.values(), size), measure, rects)
    things = _things(layout)
    colours = colours_of(things.values())
    names = {id: plain(name.removeprefix("the ")) for id, name in names_of(layout.scene).items()}
    near_to_far = sorted(layout.placements, key=lambda p: (rects[p.thing].w * rects[p.thing].h, -p.depth))
    for placement in near_to_far:
        thing = things[placement.thing]
        _tag(desk, thing, names.get(thing.id, thing.id), colours[thing.id])
    width = round(stage.w + 2 * MARGIN)
    caption = tuple(_caption(layout.scene, stage, measure, size))
    height = round(caption[-1].y + MARGIN * 0.8 if caption else stage.y + stage.h + MARGIN)
    return Sketch(
        width, height, stage, desk.font, desk.small,
        tuple(_outlines(layout, rects, stage, colours)),
        tuple(desk.tags),
        tuple(_arrows(desk, layout.scene.relations)) if relations else (),
        caption,
        _ground(layout, stage),
    )


def _ground(layout: Layout, stage: Rect) -> Rect | None:
    line = ground_line(layout)
    return None if line is None else Rect(stage.x, stage.y + line * stage.h, stage.w, (1 - line) * stage.h)


def _things(layout: Layout) -> dict[str, Thing]:
    """The things of the scene, and whatever else has a box, under its id."""
    known = {t.id: t for t in layout.scene.things}
    return known | {id: Thing(id=id, noun=id, phrase=id) for id in layout.boxes if id not in known}


def _stage(layout: Layout, size: int) -> Rect:
    scale = size / max(layout.canvas.width, layout.canvas.height)
    return Rect(MARGIN, MARGIN, max(48, layout.canvas.width * scale), max(48, layout.canvas.height * scale))


def _pixels(box: Box, stage: Rect) -> Rect:
    """The box in pixels; what leaves the canvas is shown up to the margin."""
    edge = MARGIN * 0.7
    x0, x1 = (max(-edge, min(stage.w + edge, v * stage.w)) for v in (box.x0, box.x1))
    y0, y1 = (max(-edge, min(stage.h + edge, v * stage.h)) for v in (box.y0, box.y1))
    return Rect(stage.x + x0, stage.y + y0, max(1.0, x1 - x0), max(1.0, y1 - y0))


def _font_size(rects: Iterable[Rect], size: int) -> float:
    """Readable in the small boxes of a crowd, calm in the large ones of a pair."""
    widths = sorted(r.w for r in rects)
    middle = widths[len(widths) // 2] if widths else size
    return max(READABLE, size / 73, min(size / 44, middle / 6))


def _outlines(
    layout: Layout, rects: dict[str, Rect], stage: Rect, colours: dict[str, str]
) -> Iterator[Outline]:
    order = layout.far_to_near()
    for i, placement in enumerate(order):
        rect = rects[placement.thing]
        points = _region(placement, rect, stage)
        nearer = [rects[p.thing] for p in order[i + 1 :]]
        yield Outline(rect, colours[placement.thing], points, tuple(_dashes(rect, points, nearer)), placement.locked)


def _region(placement: Placement, rect: Rect, stage: Rect) -> tuple[tuple[float, float], ...]:
    if isinstance(placement.region, Polygon):
        return tuple((stage.x + p.x * stage.w, stage.y + p.y * stage.h) for p in placement.region.points)
    return tuple(_ellipse(rect)) if isinstance(placement.region, Spot) else ()


def _dashes(rect: Rect, points: Sequence[tuple[float, float]], nearer: Sequence[Rect]) -> Iterator[Dash]:
    """The parts of an edge that nearer things lie on, in short strokes."""
    loop = points or rect.corners
    for (x0, y0), (x1, y1) in pairwise((*loop, loop[0])):
        steps = max(1, round(hypot(x1 - x0, y1 - y0) / 5))
        for i in range(0, steps, 2):
            a, b = i / steps, min(1.0, (i + 1) / steps)
            middle = x0 + (x1 - x0) * (a + b) / 2, y0 + (y1 - y0) * (a + b) / 2
            if any(near.holds(*middle) for near in nearer):
                yield x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b


def _ellipse(rect: Rect, corners: int = 48) -> Iterator[tuple[float, float]]:
    (cx, cy), a, b = rect.centre, rect.w / 2, rect.h / 2
    return ((cx + a * cos(2 * pi * i / corners), cy + b * sin(2 * pi * i / corners)) for i in range(corners))


def _tag(desk: _Desk, thing: Thing, name: str, colour: str) -> None:
    """Lay the tag of one thing where it hides least; a shorter name will do where the long one is in the way."""
    rect = desk.rects[thing.id]
    number = name.rpartition(" ")[2] if name[-1:].isdigit() else ""
    texts = dict.fromkeys((name, f"{plain(thing.noun)} {number}".strip(), number or plain(thing.noun)))
    swatch = swatch_of(thing)
    dot = desk.font * 0.95 if swatch else 0.0
    costs = [
        (cost + (0.08 if swatch else 0.2) * i, place, text)
        for i, text in enumerate(texts)
        for cost, place in _places(desk, thing.id, rect, desk.measure(text, desk.font) + dot)
    ]
    _, place, text = min(costs, key=lambda c: c[0])
    desk.tags.append(Tag(place, text, colour, swatch))


def _places(desk: _Desk, id: str, rect: Rect, width: float) -> Iterator[tuple[float, Rect]]:
    """Candidate rectangles for words `width` wide with what each would cost: hidden tags most, then hidden boxes."""
    h = desk.font * 1.55
    w = width + desk.font * 1.0
    gap = desk.font * 0.3
    left, right, middle = rect.x + gap, rect.x + rect.w - w - gap, rect.x + (rect.w - w) / 2
    top, bottom = rect.y + gap, rect.y + rect.h - h - gap
    above, below, level = rect.y - h - gap, rect.y + rect.h + gap, rect.y + (rect.h - h) / 2
    spots = ((left, top), (right, top), (left, bottom), (right, bottom), (middle, top), (middle, bottom),
             (middle, level), (middle, above), (middle, below), (left, above), (left, below))
    for rank, (x, y) in enumerate(spots):
        place = Rect(x, y, w, h).kept_in(desk.stage)
        hidden = sum(place.shared(tag.rect) for tag in desk.tags) / (w * h)
        others = sum(place.shared(r) for other, r in desk.rects.items() if other != id) / (w * h)
        strange = 1 - place.shared(rect) / (w * h)
        yield 0.02 * rank + 12 * hidden + 0.3 * others + 0.6 * strange, place


def _arrows(desk: _Desk, relations: Sequence[Relation]) -> Iterator[Arrow]:
    """One arrow for each relation that has objects."""
    taken = [tag.rect for tag in desk.tags]
    for relation in relations:
        tails = [desk.rects[id] for id in relation.subjects if id in desk.rects]
        heads = [desk.rects[id] for id in relation.objects if id in desk.rects]
        if tails and heads:
            words = plain(relation.words or relation.kind.replace("_", " "))
            arrow = _arrow(desk, tails, heads, f"not {words}" if relation.negated else words, taken)
            taken.append(arrow.plate)
            yield arrow


def _arrow(desk: _Desk, tails: Sequence[Rect], heads: Sequence[Rect], text: str, taken: Sequence[Rect]) -> Arrow:
    """Between two things one straight strand, the words beside it if it is short; else all meet in the words."""
    if len(tails) == len(heads) == 1:
        (ax, ay), (bx, by) = tails[0].centre, heads[0].centre
        strand = *_towards(tails[0], bx, by), *_towards(heads[0], ax, ay)
        return Arrow((), (strand,), text, _plate(desk, strand, text, taken))
    plate = _plate(desk, (*_middle(tails), *_middle(heads)), text, taken)
    x, y = plate.centre
    return Arrow(tuple((*_towards(r, x, y), x, y) for r in tails), tuple((x, y, *_towards(r, x, y)) for r in heads),
                 text, plate)


def _middle(rects: Sequence[Rect]) -> tuple[float, float]:
    xs, ys = zip(*(r.centre for r in rects), strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def _plate(desk: _Desk, strand: Strand, text: str, taken: Sequence[Rect]) -> Rect:
    """Room for the words on or beside a strand, where they hide nothing else if possible."""
    w, h = desk.measure(text, desk.small) + desk.small, desk.small * 1.5
    x0, y0, x1, y1 = strand
    short = hypot(x1 - x0, y1 - y0) < 1.5 * w
    places = [
        Rect(x0 + (x1 - x0) * t - w / 2 + across * w, y0 + (y1 - y0) * t - h / 2 + down * h, w, h).kept_in(desk.stage)
        for across, down in (*(() if short else ((0, 0),)), (0.75, 0), (-0.75, 0), (0, 1), (0, -1), (0, 2), (0, -2))
        for t in (0.5, 0.4, 0.6, 0.3, 0.7)
    ]
    return min(places, key=lambda place: sum(place.shared(other) for other in taken))


def _towards(rect: Rect, x: float, y: float) -> tuple[float, float]:
    """A point of `rect` off its middle towards (x, y), and well before that where it is near."""
    cx, cy = rect.centre
    dx, dy = x - cx, y - cy
    reach = max(abs(dx) / (rect.w / 2), abs(dy) / (rect.h / 2), 1e-9)
    step = min(0.55 / reach, 0.15)
    return cx + dx * step, cy + dy * step


def _caption(scene: Scene, stage: Rect, measure: Measure, size: int) -> Iterator[Line]:
    """The prompt, then what has no box: background, style, lettering, what must be absent."""
    large, small = max(READABLE, size / 46), max(READABLE, size / 60)
    y = stage.y + stage.h + large * 1.75
    for text in _wrapped(plain(scene.prompt), stage.w, large, measure, lines=3):
        yield Line(text, y, large, INK)
        y += large * 1.4
    about = "   ·   ".join(_about(scene))
    for text in _wrapped(about, stage.w, small, measure, lines=3):
        yield Line(text, y, small, FAINT)
        y += small * 1.5


def _about(scene: Scene) -> Iterator[str]:
    if scene.background:
        yield f"background: {plain(scene.background)}"
    if scene.style:
        yield f"style: {plain(', '.join(scene.style))}"
    for text in scene.lettering:
        yield f"text: “{plain(text.content)}”"
    anywhere = [a.noun for a in scene.absent if not a.of]
    if anywhere:
        yield f"without: {plain(', '.join(anywhere))}"
    names = names_of(scene)
    for absent in scene.absent:
        if absent.of:
            yield f"{plain(names[absent.of].removeprefix('the '))}: no {plain(absent.noun)}"


def _wrapped(text: str, width: float, size: float, measure: Measure, *, lines: int) -> list[str]:
    """The text in at most `lines` lines of `width`; what is too long ends in an ellipsis."""
    rows: list[str] = []
    for word in text[:2000].split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and measure(longer, size) <= width:
            rows[-1] = longer
        else:
            rows.append(_cut(word, width, size, measure))
    if len(rows) <= lines:
        return rows
    return [*rows[: lines - 1], _cut(f"{rows[lines - 1]} …", width, size, measure)]


def _cut(text: str, width: float, size: float, measure: Measure) -> str:
    if measure(text, size) <= width:
        return text
    while text and measure(f"{text}…", size) > width:
        text = text[: -max(1, len(text) // 8)]
    return f"{text}…"
