"""The types that everything else speaks: boxes, things, relations, scenes and layouts.

Conventions, once and for all: a `Box` is in fractions of the canvas, origin top left, y down, corners `x0 y0 x1 y1`.
`depth` grows towards the viewer: a thing with a larger depth covers one with a smaller depth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from planner.relations import TABLE

SCHEMA_VERSION = 1

ThingId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Coordinate = Annotated[float, Field(ge=-100.0, le=100.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Data(BaseModel):
    """Frozen, strict, closed, finite: the base of every type that is stored or sent."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Box(Data):
    """An upright rectangle in fractions of the canvas, origin top left. It may leave the canvas: `check` says so."""

    x0: Coordinate
    y0: Coordinate
    x1: Coordinate
    y1: Coordinate

    @model_validator(mode="after")
    def _has_size(self) -> Self:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError(f"a box needs x0 < x1 and y0 < y1, got {self.corners}")
        return self

    @classmethod
    def around(cls, cx: float, cy: float, w: float, h: float) -> Box:
        """The box of size `w`, `h` centred at `cx`, `cy`."""
        return cls(x0=cx - w / 2, y0=cy - h / 2, x1=cx + w / 2, y1=cy + h / 2)

    @classmethod
    def of(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box with these corners."""
        return cls(x0=x0, y0=y0, x1=x1, y1=y1)

    @classmethod
    def hull(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box around all of `boxes`."""
        some = list(boxes)
        return cls(x0=min(b.x0 for b in some), y0=min(b.y0 for b in some),
                   x1=max(b.x1 for b in some), y1=max(b.y1 for b in some))

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """`x0, y0, x1, y1`."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def w(self) -> float:
        """Width."""
        return self.x1 - self.x0

    @property
    def h(self) -> float:
        """Height."""
        return self.y1 - self.y0

    @property
    def cx(self) -> float:
        """Centre, x."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """Centre, y."""
        return (self.y0 + self.y1) / 2

    @property
    def area(self) -> float:
        """Area, as a fraction of the canvas."""
        return self.w * self.h

    def shared(self, other: Box) -> float:
        """The area that both cover."""
        w = min(self.x1, other.x1) - max(self.x0, other.x0)
        h = min(self.y1, other.y1) - max(self.y0, other.y0)
        return w * h if w > 0 and h > 0 else 0.0

    def share_of(self, other: Box) -> float:
        """The area that both cover, as a part of the smaller one."""
        return self.shared(other) / min(self.area, other.area)

    def iou(self, other: Box) -> float:
        """Intersection over union."""
        both = self.shared(other)
        return both / (self.area + other.area - both)


class Point(Data):
    """A position in fractions of the canvas, origin top left."""

    x: Coordinate
    y: Coordinate


class Polygon(Data):
    """A region bounded by straight lines."""

    kind: Literal["polygon"] = "polygon"
    points: Annotated[tuple[Point, ...], Field(min_length=3)]

    def envelope(self) -> Box:
        """The box around the region."""
        xs, ys = [p.x for p in self.points], [p.y for p in self.points]
        return Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))


class Mask(Data):
    """A region on a grid, run-length coded row by row: lengths of alternating runs, the first one outside."""

    kind: Literal["mask"] = "mask"
    columns: Annotated[int, Field(ge=1, le=4096)]
    rows: Annotated[int, Field(ge=1, le=4096)]
    runs: tuple[Annotated[int, Field(ge=0)], ...]

    @model_validator(mode="after")
    def _covers_the_grid(self) -> Self:
        if sum(self.runs) != self.columns * self.rows:
            raise ValueError(f"the runs of a mask add up to {self.columns} × {self.rows} cells, got {sum(self.runs)}")
        if not any(self.runs[1::2]):
            raise ValueError("a mask needs at least one cell inside")
        return self

    def inside(self) -> Iterator[tuple[int, int]]:
        """The cells inside, as (row, column)."""
        at = 0
        for i, run in enumerate(self.runs):
            if i % 2:
                yield from (divmod(cell, self.columns) for cell in range(at, at + run))
            at += run

    def envelope(self) -> Box:
        """The box around the region."""
        cells = list(self.inside())
        rows, columns = [r for r, _ in cells], [c for _, c in cells]
        return Box(x0=min(columns) / self.columns, y0=min(rows) / self.rows,
                   x1=(max(columns) + 1) / self.columns, y1=(max(rows) + 1) / self.rows)


class Spot(Data):
    """A region known only by its centre and a radius."""

    kind: Literal["spot"] = "spot"
    x: Coordinate
    y: Coordinate
    radius: Annotated[float, Field(gt=0.0, le=2.0)] = 0.05

    def envelope(self) -> Box:
        """The box around the region."""
        return Box.around(self.x, self.y, 2 * self.radius, 2 * self.radius)


Region = Annotated[Polygon | Mask | Spot, Field(discriminator="kind")]


def _forward(span: tuple[int, int]) -> tuple[int, int]:
    if span[1] <= span[0]:
        raise ValueError(f"a span goes from its first character to one past its last, got {span}")
    return span


Span = Annotated[tuple[Annotated[int, Field(ge=0)], int], AfterValidator(_forward)]
"""A place of the prompt: its first character and one past its last."""


class Thing(Data):
    """One object that gets a box: `noun` is the singular head noun ("stop sign"), `phrase` the words of this thing.

    `mentions` are the places of the prompt that name it, `attribute_mentions` those of the attributes (one each, or
    empty where nobody knows), `weight` how much the prompt stresses it: "(hat:1.3)".
    """

    id: ThingId
    noun: Name
    phrase: Name
    attributes: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    group: ThingId | None = None
    part_of: ThingId | None = None
    mentions: tuple[Span, ...] = ()
    attribute_mentions: tuple[Span | None, ...] = ()
    weight: Annotated[float, Field(gt=0.0, le=10.0)] = 1.0

    @model_validator(mode="after")
    def _one_mention_each(self) -> Self:
        if self.attribute_mentions and len(self.attribute_mentions) != len(self.attributes):
            raise ValueError(f"`{self.id}` has {len(self.attributes)} attributes and {len(self.attribute_mentions)} "
                             f"places for them; give one each, or none")
        return self


class Group(Data):
    """Things counted together ("three cats"). `at_most` is None where the words leave it open ("several")."""

    id: ThingId
    words: Name
    at_least: Annotated[int, Field(ge=1)]
    at_most: int | None

    @property
    def exact(self) -> bool:
        """Whether the words state one number."""
        return self.at_least == self.at_most


class Relation(Data):
    """Something said of `subjects` (towards `objects`).

    `kind` is a row of `planner.relations.TABLE`; `words` are the prompt's and `mentions` their places in it.
    `certainty` is 1 for what was stated; what a reader inferred has less, and is given up before anything is refused.
    """

    kind: Name
    subjects: Annotated[tuple[ThingId, ...], Field(min_length=1)]
    objects: tuple[ThingId, ...] = ()
    words: str = ""
    negated: bool = False
    mentions: tuple[Span, ...] = ()
    certainty: Share = 1.0

    @model_validator(mode="after")
    def _fits_its_row(self) -> Self:
        row = TABLE.get(self.kind)
        if row is None:
            raise ValueError(f"there is no relation `{self.kind}`; known are {', '.join(TABLE)}")
        if row.arity in ("pair", "pool", "ring") and not self.objects:
            raise ValueError(f"`{self.kind}` needs objects")
        return self


class Absent(Data):
    """What must not be in the picture; with `of`, what that one thing must not have."""

    noun: Name
    phrase: Name
    of: ThingId | None = None


class Lettering(Data):
    """Text to be rendered, on `host` where the prompt says on what; its `place` and `look` in the prompt's words."""

    content: Name
    host: ThingId | None = None
    place: Annotated[str, StringConstraints(max_length=400)] = ""
    look: Annotated[str, StringConstraints(max_length=400)] = ""


class Canvas(Data):
    """The picture's size in pixels. Only the ratio matters to planning."""

    width: Annotated[int, Field(ge=1, le=100_000)] = 512
    height: Annotated[int, Field(ge=1, le=100_000)] = 512

    @property
    def units(self) -> tuple[float, float]:
        """Width and height in units of the shorter side: geometry that angles can be measured in."""
        short = min(self.width, self.height)
        return self.width / short, self.height / short


class Scene(Data):
    """What must be true of the picture. `unread` lists the words of the prompt that no claim came from.

    `conflicts` are sentences of the prompt that contradict each other in words ("a red ball that is blue").
    `canvas` is set where the prompt asks for one ("--ar 16:9"); `confidence` is how sure the reader is of all of it.
    """

    schema_version: Literal[1] = 1
    prompt: str = ""
    things: tuple[Thing, ...] = ()
    groups: tuple[Group, ...] = ()
    relations: tuple[Relation, ...] = ()
    absent: tuple[Absent, ...] = ()
    background: str = ""
    style: tuple[Name, ...] = ()
    lettering: tuple[Lettering, ...] = ()
    unread: tuple[Name, ...] = ()
    notes: tuple[Name, ...] = ()
    conflicts: tuple[Name, ...] = ()
    canvas: Canvas | None = None
    confidence: Share = 1.0

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        ids = _unique((t.id for t in self.things), "thing")
        groups = _unique((g.id for g in self.groups), "group")
        for thing in self.things:
            _known(thing.group, groups, f"group of `{thing.id}`")
            _known(thing.part_of, ids - {thing.id}, f"whole of `{thing.id}`")
        for relation in self.relations:
            for end in (*relation.subjects, *relation.objects):
                _known(end, ids, f"end of `{relation.kind}`")
            if set(relation.subjects) & set(relation.objects):
                raise ValueError(f"`{relation.kind}` relates a thing to itself: {relation.subjects} {relation.objects}")
        for host in (*(a.of for a in self.absent), *(text.host for text in self.lettering)):
            _known(host, ids, "host")
        return self

    def thing(self, id: str) -> Thing:
        """The thing with this id."""
        return next(t for t in self.things if t.id == id)


def _unique(names: Iterable[str], what: str) -> frozenset[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what}s are called `{name}`; ids are unique")
        seen.add(name)
    return frozenset(seen)


def _known(name: str | None, names: frozenset[str], what: str) -> None:
    if name is not None and name not in names:
        raise ValueError(f"{what}: there is no `{name}`")


class Placement(Data):
    """Where one thing is. `box` is the envelope of `region` where there is one. A locked box is never moved."""

    thing: ThingId
    box: Box
    depth: int = 0
    region: Region | None = None
    locked: bool = False

    @model_validator(mode="after")
    def _box_is_the_envelope(self) -> Self:
        if self.region is not None:
            want = self.region.envelope().corners
            if any(not math.isclose(a, b, abs_tol=1e-6) for a, b in zip(want, self.box.corners, strict=True)):
                raise ValueError(f"the box of `{self.thing}` is {self.box.corners}, the envelope of its region {want}")
        return self


class Move(Data):
    """A hinted box that the solver had to change, and why."""

    thing: ThingId
    before: Box
    after: Box
    why: str


class Layout(Data):
    """A scene with a box and a depth for its things. Completeness is tested by `check`, not by the type.

    `notes` say which uncertain claims were given up.
    """

    schema_version: Literal[1] = 1
    scene: Scene
    canvas: Canvas = Canvas()
    placements: tuple[Placement, ...] = ()
    moves: tuple[Move, ...] = ()
    notes: tuple[Name, ...] = ()
    seed: int = 0

    @model_validator(mode="after")
    def _one_box_each(self) -> Self:
        _unique((p.thing for p in self.placements), "placement")
        return self

    @property
    def boxes(self) -> dict[str, Box]:
        """Box by thing id."""
        return {p.thing: p.box for p in self.placements}

    @property
    def depths(self) -> dict[str, int]:
        """Depth by thing id."""
        return {p.thing: p.depth for p in self.placements}

    def far_to_near(self) -> tuple[Placement, ...]:
        """The placements in the order a painter would paint them."""
        return tuple(sorted(self.placements, key=lambda p: p.depth))
