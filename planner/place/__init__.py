"""The solver: a scene becomes a layout on which every claim holds."""

from planner.place.legibility import EYE, PAINTER, Legibility
from planner.place.solve import place

__all__ = ["EYE", "PAINTER", "Legibility", "place"]
