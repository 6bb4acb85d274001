"""Relations of size: nothing follows for positions."""

from __future__ import annotations

from planner import geometry
from planner.geometry import LARGER, SAME, TALLER
from planner.relations.row import Alike, Pair, Ratio, Row

ROWS: tuple[Row, ...] = (
    Pair("larger_than", ("larger than", "bigger than", "greater than"),
         overlap="silent", opposite="smaller_than", denial="smaller_than", say="{a} is larger than {b}",
         order=("size", 1), sizes=(Ratio("area", LARGER, eager=True),), test=geometry.larger_than, aim=None),
    Pair("smaller_than", ("smaller than", "littler than", "tinier than"),
         overlap="silent", opposite="larger_than", denial="larger_than", say="{a} is smaller than {b}",
         order=("size", -1), sizes=(Ratio("area", LARGER, turned=True, eager=True),),
         test=geometry.smaller_than, aim=None),
    Pair("taller_than", ("taller than",),
         overlap="silent", opposite="shorter_than", denial="shorter_than", say="{a} is taller than {b}",
         order=("height", 1), sizes=(Ratio("h", TALLER, eager=True),), test=geometry.taller_than, aim=None),
    Pair("shorter_than", ("shorter than",),
         overlap="silent", opposite="taller_than", denial="taller_than", say="{a} is shorter than {b}",
         order=("height", -1), sizes=(Ratio("h", TALLER, turned=True, eager=True),),
         test=geometry.shorter_than, aim=None),
    Pair("wider_than", ("wider than", "longer than", "broader than"),
         overlap="silent", opposite="narrower_than", denial="narrower_than", say="{a} is wider than {b}",
         order=("width", 1), sizes=(Ratio("w", TALLER, eager=True),), test=geometry.wider_than, aim=None),
    Pair("narrower_than", ("narrower than", "thinner than", "slimmer than"),
         overlap="silent", opposite="wider_than", denial="wider_than", say="{a} is narrower than {b}",
         order=("width", -1), sizes=(Ratio("w", TALLER, turned=True, eager=True),),
         test=geometry.narrower_than, aim=None),
    Pair("same_size", ("the same size as", "as big as", "as large as", "as tall as", "equal in size to"),
         overlap="silent", opposite="same_size", denial="larger_than", say="{a} is as large as {b}",
         sizes=(Alike(SAME),), test=geometry.same_size, aim=None),
)
