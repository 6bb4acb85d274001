"""What the ordinary passes show of where words go: before anything is moved, and the last time somebody looked."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from grounding.attention import CrossWatch, Hook
from grounding.guide.targets import Target

EARLY = 0.15
"""Where nothing moves the latents, maps are watched over this part of the trajectory: places are decided in it."""


class Watch:
    """The strength of each thing (for receipts) and its share of attention (for guides), scene by scene. It looks up to
    the step after `until`, the last one at which anything is moved."""

    def __init__(self, targets: Sequence[Target | None], text: int, total: int) -> None:
        self.targets, self.text = targets, text
        self.until = max(i for i in range(total) if i < max(2, EARLY * total))
        self.bytes = 0
        self.first: dict[int, Tensor] = {}
        self.last: dict[int, Tensor] = {}
        self.shares: dict[int, Tensor] = {}
        self._watch: CrossWatch | None = None

    def hooks(self, i: int) -> list[Hook]:
        """What watches the ordinary pass at step `i`."""
        grids = [(t.rows, t.cols) for t in self.targets if t]
        self._watch = None
        if grids and (i <= self.until + 1 or not self.last):
            self._watch = CrossWatch(*grids[0], self.text, len(self.targets))
        return [self._watch] if self._watch else []

    def note(self) -> None:
        """Take in what the ordinary pass has seen."""
        if self._watch is not None:
            self.bytes = max(self.bytes, self._watch.bytes)
            for b, (cross, target) in enumerate(zip(self._watch.maps(), self.targets, strict=True)):
                if target:
                    seen = target.canonical(cross)
                    self.last[b], self.shares[b] = target.strength(seen).cpu(), target.share(seen).cpu()
                    self.first.setdefault(b, self.last[b])

    def before(self, b: int, strength: Tensor) -> None:
        """What a guide saw before it moved anything, if that is before the first ordinary pass."""
        self.first.setdefault(b, strength)
