"""Places on the canvas: at the left, in a corner, in the foreground."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from planner import geometry
from planner.geometry import FAR, Frame
from planner.relations.aim import CANVAS, Aim, Body, Style
from planner.relations.row import Alone, Row

_Place = Callable[[Body, Frame, Style], Iterator[Aim]]
_INNER = 0.01
_WELL = 0.1
"""How far inside, of the canvas, the centre of a thing rather is: who sees it should have no doubt."""


def _band(low: float | None, high: float | None, axis: int) -> _Place:
    """The centre between two fractions of the canvas along an axis, and rather well inside."""
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        ax, ay = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
        well = min(_WELL * frame[axis], frame[axis] * 0.3 - (a.w, a.h)[axis] / 2)
        for inner, nice in ((_INNER, False), *(((well, True),) if well > _INNER else ())):
            if low is not None:
                yield Aim(CANVAS, a.at, ax, ay, low * frame[axis] + inner, nice)
            if high is not None:
                yield Aim(CANVAS, a.at, -ax, -ay, inner - high * frame[axis], nice)
    return place


def _both(first: _Place, second: _Place) -> _Place:
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        yield from first(a, frame, style)
        yield from second(a, frame, style)
    return place


def _edge(sign: float, axis: int) -> _Place:
    """One edge of the box within reach of one edge of the canvas."""
    def place(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
        ax, ay = (sign, 0.0) if axis == 0 else (0.0, sign)
        half = (a.w, a.h)[axis] / 2
        far = FAR * frame[axis] if sign < 0 else (FAR - 1) * frame[axis]
        yield Aim(CANVAS, a.at, ax, ay, -far - half + _INNER)
    return place


_LEFT, _RIGHT = _band(None, 1 / 3, 0), _band(2 / 3, None, 0)
_TOP, _BOTTOM = _band(None, 1 / 3, 1), _band(2 / 3, None, 1)
_MIDDLE = _both(_band(1 / 3, 2 / 3, 0), _band(1 / 3, 2 / 3, 1))


def _corner(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    right = (a.x > frame.width / 2) ^ bool(style.turn & 1)
    low = (a.y > 0.3 * frame.height) ^ bool(style.turn & 2)
    yield from (_RIGHT if right else _LEFT)(a, frame, style)
    yield from (_BOTTOM if low else _TOP)(a, frame, style)


def _any_edge(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    axis = style.turn // 2 % 2
    beyond = (a.x, a.y)[axis] > frame[axis] / 2
    yield from _edge(1.0 if beyond ^ bool(style.turn & 1) else -1.0, axis)(a, frame, style)


def _foreground(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    yield Aim(CANVAS, a.at, 0.0, 1.0, 0.72 * frame.height - a.h / 2)


def _background(a: Body, frame: Frame, style: Style) -> Iterator[Aim]:
    yield Aim(CANVAS, a.at, 0.0, -1.0, a.h / 2 - 0.72 * frame.height)


ROWS: tuple[Row, ...] = (
    Alone("at_left", ("on the left", "at the left", "on the left side", "to the left", "in the left"),
          denial="at_right", say="{a} is on the left", test=geometry.at_left, aim=_LEFT),
    Alone("at_right", ("on the right", "at the right", "on the right side", "to the right", "in the right"),
          denial="at_left", say="{a} is on the right", test=geometry.at_right, aim=_RIGHT),
    Alone("at_top", ("at the top", "on the top", "at the upper part", "in the upper part"),
          denial="at_bottom", say="{a} is at the top", test=geometry.at_top, aim=_TOP),
    Alone("at_bottom", ("at the bottom", "on the bottom", "in the lower part", "at the lower part"),
          denial="at_top", say="{a} is at the bottom", test=geometry.at_bottom, aim=_BOTTOM),
    Alone("at_center", ("in the center", "in the centre", "at the center", "at the centre", "in the middle",
                        "centered"),
          denial="at_left", say="{a} is in the centre", test=geometry.at_center, aim=_MIDDLE),
    Alone("at_top_left", ("in the top left", "at the top left", "in the upper left", "in the top left corner",
                          "in the upper left corner"),
          denial="at_bottom_right", say="{a} is at the top left", test=geometry.at_top_left, aim=_both(_LEFT, _TOP)),
    Alone("at_top_right", ("in the top right", "at the top right", "in the upper right", "in the top right corner",
                           "in the upper right corner"),
          denial="at_bottom_left", say="{a} is at the top right",
          test=geometry.at_top_right, aim=_both(_RIGHT, _TOP)),
    Alone("at_bottom_left", ("in the bottom left", "at the bottom left", "in the lower left",
                             "in the bottom left corner", "in the lower left corner"),
          denial="at_top_right", say="{a} is at the bottom left",
          test=geometry.at_bottom_left, aim=_both(_LEFT, _BOTTOM)),
    Alone("at_bottom_right", ("in the bottom right", "at the bottom right", "in the lower right",
                              "in the bottom right corner", "in the lower right corner"),
          denial="at_top_left", say="{a} is at the bottom right",
          test=geometry.at_bottom_right, aim=_both(_RIGHT, _BOTTOM)),
    Alone("at_far_left", ("on the far left", "at the far left", "far left"),
          denial="at_right", say="{a} is at the far left",
          test=geometry.at_far_left, aim=_both(_LEFT, _edge(-1.0, 0))),
    Alone("at_far_right", ("on the far right", "at the far right", "far right"),
          denial="at_left", say="{a} is at the far right",
          test=geometry.at_far_right, aim=_both(_RIGHT, _edge(1.0, 0))),
    Alone("at_corner", ("in the corner", "in a corner", "in one corner"), sided=True,
          denial="at_center", say="{a} is in a corner", test=geometry.at_corner, aim=_corner),
    Alone("at_edge", ("at the edge", "on the edge", "at the side"), sided=True,
          denial="at_center", say="{a} is at the edge", test=geometry.at_edge, aim=_any_edge),
    Alone("in_foreground", ("in the foreground", "up close"), overlap="may", nearer=+1, most=1.0,
          denial="in_background", say="{a} is in the foreground",
          test=geometry.in_foreground, aim=_foreground),
    Alone("in_background", ("in the background", "in the distance", "far away"), overlap="may", nearer=-1, most=1.0,
          denial="in_foreground", say="{a} is in the background",
          test=geometry.in_background, aim=_background),
)
