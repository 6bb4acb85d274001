"""The one table of relations: cue words, shape, overlap and depth rule of every relation, and its opposite.

What a relation demands of boxes (its test with a margin, and its constraint) stands under the same name in
`planner.geometry`. A relation is added with one row here and one function there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Arity = Literal["pair", "pool", "ring", "alone", "arrangement", "words"]
"""How subjects and objects combine.

pair         every subject with every object ("three cats left of a dog": each cat)
pool         the subjects as one group with the objects as one group ("three cats next to a dog": the nearest ones)
ring         the subjects as one with all of the objects together ("surrounded by"); each of them if "between"
alone        every subject by itself, no objects ("in the top left corner")
arrangement  all subjects together, no objects ("in a row")
words        kept as text: nothing about boxes follows ("facing", "chasing")
"""

Share = Literal["all", "some", "any"]
"""How a pair relation holds where there are several of a side.

all   every subject with every object ("three cats left of two dogs")
some  every subject with one of the objects, and what is carried by someone ("four birds on three poles", "men in hats")
any   at least one subject with one object ("five cows in front of two barns")
"""

Overlap = Literal["apart", "silent", "may", "must"]
"""What follows for overlap: forbidden, nothing, allowed, or demanded."""


@dataclass(frozen=True)
class Row:
    """One relation."""

    kind: str
    cues: tuple[str, ...]
    arity: Arity
    overlap: Overlap = "apart"
    nearer: int = 0
    """+1: the subject is nearer to the viewer than the object; -1: farther; 0: nothing follows."""
    opposite: str = ""
    """The row that says the same with the ends exchanged."""
    denial: str = ""
    """A row that makes this one false; what the solver aims at when the relation is negated."""
    share: Share = "all"
    say: str = ""
    """The sentence pattern, with {a} and {b}."""


_ROWS = (
    # In the plane. "a KIND b".
    Row("left_of", ("left of", "to the left of", "on the left of", "on the left side of", "at the left of",
                    "to the left side of", "left side of"),
        "pair", opposite="right_of", denial="right_of", say="{a} is left of {b}"),
    Row("right_of", ("right of", "to the right of", "on the right of", "on the right side of", "at the right of",
                     "to the right side of", "right side of"),
        "pair", opposite="left_of", denial="left_of", say="{a} is right of {b}"),
    Row("above", ("above", "over", "on the top of", "higher than", "on top side of"),
        "pair", opposite="below", denial="below", say="{a} is above {b}"),
    Row("below", ("below", "beneath", "underneath", "on the bottom of", "lower than", "at the bottom of"),
        "pair", opposite="above", denial="above", say="{a} is below {b}"),
    Row("next_to", ("next to", "beside", "alongside", "adjacent to", "by the side of", "on the side of",
                     "on side of", "at the side of", "to the side of",
                     "side by side with"),
        "pool", opposite="next_to", denial="far_from", say="{a} is next to {b}"),
    Row("near", ("near", "close to", "by", "nearby"),
        "pool", "may", opposite="near", denial="far_from", say="{a} is near {b}"),
    Row("far_from", ("far from", "far away from", "away from"),
        "pair", "apart", opposite="far_from", denial="near", say="{a} is far from {b}"),
    # Support, containment, contact: boxes overlap.
    Row("on", ("on", "on top of", "atop", "upon", "standing on", "sitting on", "lying on", "resting on", "perched on"),
        "pair", "may", +1, denial="next_to", share="some", say="{a} is on {b}"),
    Row("under", ("under",),
        "pair", "may", denial="above", share="some", say="{a} is under {b}"),
    Row("in", ("in", "inside", "inside of", "within", "contained in", "into"),
        "pair", "must", +1, denial="next_to", share="some", say="{a} is in {b}"),
    Row("holding", ("holding", "carrying", "holds", "carries", "with in hand", "hugging", "grasping"),
        "pair", "must", -1, denial="next_to", share="some", say="{a} holds {b}"),
    Row("wearing", ("wearing", "wears", "dressed in"),
        "pair", "must", -1, denial="next_to", share="some", say="{a} wears {b}"),
    Row("part_of", (),
        "pair", "may", +1, denial="next_to", share="some", say="{a} is part of {b}"),
    Row("riding", ("riding", "rides", "astride"),
        "pair", "must", +1, denial="next_to", share="some", say="{a} rides {b}"),
    # Depth.
    Row("in_front_of", ("in front of", "in the front of"),
        "pair", "must", +1, opposite="behind", denial="behind", share="any", say="{a} is in front of {b}"),
    Row("behind", ("behind", "in back of", "at the back of"),
        "pair", "must", -1, opposite="in_front_of", denial="in_front_of", share="any", say="{a} is behind {b}"),
    Row("hidden_by", ("hidden by", "obscured by", "occluded by", "partially hidden by", "covered by", "hidden behind"),
        "pair", "must", -1, denial="in_front_of", share="some", say="{a} is partly hidden by {b}"),
    # Several objects at once.
    Row("between", ("between", "in between"),
        "ring", say="{a} is between {b}", denial="near"),
    Row("among", ("among", "amongst", "amid", "in the middle of", "in the midst of"),
        "ring", "may", say="{a} is among {b}", denial="far_from"),
    Row("surrounded_by", ("surrounded by", "encircled by", "ringed by", "flanked by"),
        "ring", "may", say="{a} is surrounded by {b}", denial="far_from"),
    # Sizes.
    Row("larger_than", ("larger than", "bigger than", "greater than"),
        "pair", "silent", opposite="smaller_than", denial="smaller_than", say="{a} is larger than {b}"),
    Row("smaller_than", ("smaller than", "littler than", "tinier than"),
        "pair", "silent", opposite="larger_than", denial="larger_than", say="{a} is smaller than {b}"),
    Row("taller_than", ("taller than",),
        "pair", "silent", opposite="shorter_than", denial="shorter_than", say="{a} is taller than {b}"),
    Row("shorter_than", ("shorter than",),
        "pair", "silent", opposite="taller_than", denial="taller_than", say="{a} is shorter than {b}"),
    Row("wider_than", ("wider than", "longer than", "broader than"),
        "pair", "silent", opposite="narrower_than", denial="narrower_than", say="{a} is wider than {b}"),
    Row("narrower_than", ("narrower than", "thinner than", "slimmer than"),
        "pair", "silent", opposite="wider_than", denial="wider_than", say="{a} is narrower than {b}"),
    Row("same_size", ("the same size as", "as big as", "as large as", "as tall as", "equal in size to"),
        "pair", "silent", opposite="same_size", denial="larger_than", say="{a} is as large as {b}"),
    # Places on the canvas.
    Row("at_left", ("on the left", "at the left", "on the left side", "to the left", "in the left"),
        "alone", "silent", denial="at_right", say="{a} is on the left"),
    Row("at_right", ("on the right", "at the right", "on the right side", "to the right", "in the right"),
        "alone", "silent", denial="at_left", say="{a} is on the right"),
    Row("at_top", ("at the top", "on the top", "at the upper part", "in the upper part"),
        "alone", "silent", denial="at_bottom", say="{a} is at the top"),
    Row("at_bottom", ("at the bottom", "on the bottom", "in the lower part", "at the lower part"),
        "alone", "silent", denial="at_top", say="{a} is at the bottom"),
    Row("at_center", ("in the center", "in the centre", "at the center", "at the centre", "in the middle", "centered"),
        "alone", "silent", denial="at_left", say="{a} is in the centre"),
    Row("at_top_left", ("in the top left", "at the top left", "in the upper left", "in the top left corner",
                        "in the upper left corner"),
        "alone", "silent", denial="at_bottom_right", say="{a} is at the top left"),
    Row("at_top_right", ("in the top right", "at the top right", "in the upper right", "in the top right corner",
                         "in the upper right corner"),
        "alone", "silent", denial="at_bottom_left", say="{a} is at the top right"),
    Row("at_bottom_left", ("in the bottom left", "at the bottom left", "in the lower left", "in the bottom left corner",
                           "in the lower left corner"),
        "alone", "silent", denial="at_top_right", say="{a} is at the bottom left"),
    Row("at_bottom_right", ("in the bottom right", "at the bottom right", "in the lower right",
                            "in the bottom right corner", "in the lower right corner"),
        "alone", "silent", denial="at_top_left", say="{a} is at the bottom right"),
    Row("at_far_left", ("on the far left", "at the far left", "far left"),
        "alone", "silent", denial="at_right", say="{a} is at the far left"),
    Row("at_far_right", ("on the far right", "at the far right", "far right"),
        "alone", "silent", denial="at_left", say="{a} is at the far right"),
    Row("at_corner", ("in the corner", "in a corner", "in one corner"),
        "alone", "silent", denial="at_center", say="{a} is in a corner"),
    Row("at_edge", ("at the edge", "on the edge", "at the side"),
        "alone", "silent", denial="at_center", say="{a} is at the edge"),
    Row("in_foreground", ("in the foreground", "up close"),
        "alone", "may", denial="in_background", say="{a} is in the foreground"),
    Row("in_background", ("in the background", "in the distance", "far away"),
        "alone", "may", denial="in_foreground", say="{a} is in the background"),
    # Arrangements.
    Row("row", ("in a row", "lined up", "side by side", "next to each other", "in a horizontal row"),
        "arrangement", say="{a} stand in a row"),
    Row("line", ("in a line",), "arrangement", say="{a} form a line"),
    Row("column", ("in a column", "in a vertical line", "in a vertical row"), "arrangement", say="{a} form a column"),
    Row("stack", ("stacked", "in a stack", "on top of each other", "piled up"), "arrangement", "may",
        say="{a} are stacked"),
    Row("circle", ("in a circle", "in a ring"), "arrangement", say="{a} form a circle"),
    Row("grid", ("in a grid",), "arrangement", say="{a} form a grid"),
    Row("pyramid", ("in a pyramid",), "arrangement", "may", say="{a} form a pyramid"),
    Row("cluster", ("in a group", "in a cluster", "in a pile", "bunched together", "huddled together"), "arrangement",
        "may", say="{a} keep together"),
    # No geometry follows.
    Row("other", (), "words", "silent", say="{a} {words} {b}"),
)

TABLE: dict[str, Row] = {row.kind: row for row in _ROWS}
"""Every relation by name."""
