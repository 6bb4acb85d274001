"""How things are bound when the pocket's painter paints: what its size words mean, and how far it paints over edges."""

from __future__ import annotations

from grounding.pocket.pictures import SCALES
from grounding.settings import Bind

__all__ = ["BINDING"]

BINDING = Bind(scales=SCALES, inset=0.12)
"""Things come out about an eighth longer than the boxes they are bound to."""
