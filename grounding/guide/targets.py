"""One scene on one model's grid: which text columns belong in which cells, and how well the maps agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from grounding.backbone import Words
from grounding.errors import BadRequest
from grounding.guide.energies import Object, box_mask, inside, sharpened, truncated
from grounding.spans import Columns, Grounding, columns
from planner.scene import Box, Mask, Placement, Polygon, Spot


@dataclass(frozen=True)
class Target:
    """Columns and cells of one scene. Instances are in the order of items and, within an item, far to near."""

    rows: int
    cols: int
    grounding: Grounding
    columns: tuple[Columns, ...]  # by item
    instance_item: tuple[int, ...]
    instance_masks: Tensor  # "instances cells", 0 or 1
    notes: tuple[str, ...]
    lead: int = 0
    """How many empty columns canonical maps begin with: one where the model's text has no start token."""

    def canonical(self, cross: Tensor) -> Tensor:
        """A model's own cross map with its words where the energies expect them, after a start column."""
        return F.pad(cross, (self.lead, 0)) if self.lead else cross

    @property
    def things(self) -> tuple[str, ...]:
        """The thing of each instance."""
        return tuple(t for item in self.grounding.items for t in item.things)

    @property
    def item_masks(self) -> Tensor:
        """The cells of each item, its instances united: "items cells"."""
        return self.united(self.instance_masks)

    def united(self, values: Tensor) -> Tensor:
        """The largest value of each item's instances: "instances …" to "items …"."""
        owner = torch.tensor(self.instance_item)
        return torch.stack([values[owner == item].amax(0) for item in range(len(self.columns))])

    def factors(self, by_thing: Mapping[str, float]) -> Tensor:
        """Each thing's number, 1 where it is not named, times what the prompt gives it to bear: "instances"."""
        weights = [item.weight for item in self.grounding.items for _ in item.things]
        return torch.tensor([by_thing.get(thing, 1.0) * w for thing, w in zip(self.things, weights, strict=True)])

    @property
    def visible(self) -> Target:
        """The same target with every cell left to the nearest of the things that share it."""
        depths = torch.tensor([float(p.depth) for item in self.grounding.items for p in item.placements])[:, None]
        nearest = torch.where(self.instance_masks > 0, depths, -torch.inf).amax(0)
        return replace(self, instance_masks=self.instance_masks * (depths >= nearest))

    def objects(self) -> tuple[Object, ...]:
        """As the published cross energies take them: items that have columns."""
        return tuple(thing for thing in self.boxes() if thing.columns)

    def boxes(self) -> tuple[Object, ...]:
        """Every item with its boxes, whether or not it has columns: what self-attention is about."""
        pairs = zip(self.grounding.items, self.columns, strict=True)
        return tuple(Object(tuple(n + self.lead for n in c.all), tuple(box.corners for box in item.boxes))
                     for item, c in pairs)

    def by_word(self) -> tuple[tuple[Object, ...], list[int]]:
        """Every grounded word as an object with the boxes of all items that own it, and of which instance each of
        these boxes is."""
        owned: dict[tuple[int, ...], list[int]] = {}
        for n, item in enumerate(self.instance_item):
            for word in self.columns[item].words:
                owned.setdefault(tuple(c + self.lead for c in word), []).append(n)
        corners = [box.corners for item in self.grounding.items for box in item.boxes]
        words = tuple(Object(word, tuple(corners[n] for n in some)) for word, some in owned.items())
        return words, [n for some in owned.values() for n in some]

    @property
    def boxes_only(self) -> bool:
        """Whether no placement has a region of another shape."""
        return all(p.region is None for item in self.grounding.items for p in item.placements)

    def row_masks(self, united: bool) -> Tensor:
        """The regions that self-attention is to stay within: each instance's own, or those of its item together."""
        return self.item_masks[list(self.instance_item)] if united else self.instance_masks

    def truncated_masks(self) -> Tensor:
        """The cells of each instance as the published code counts them: "instances cells"."""
        boxes = [box.corners for item in self.grounding.items for box in item.boxes]
        return torch.stack([box_mask([b], self.rows, self.cols, truncated).flatten().float() for b in boxes])

    def column_masks(self) -> tuple[Tensor, Tensor]:
        """Every grounded column once, and the cells of all items that own it: "columns", "columns cells"."""
        owned: dict[int, Tensor] = {}
        for cells, item in zip(self.item_masks, self.columns, strict=True):
            for c in item.all:
                owned[c] = torch.maximum(owned[c], cells) if c in owned else cells
        return torch.tensor(list(owned), dtype=torch.long) + self.lead, torch.stack(list(owned.values()))

    def column_factors(self, factors: Tensor) -> Tensor:
        """The largest of "instances" that own a column, in the order of `column_masks`: "columns"."""
        owned: dict[int, float] = {}
        for factor, item in zip(self.united(factors).tolist(), self.columns, strict=True):
            for c in item.all:
                owned[c] = max(owned.get(c, factor), factor)
        return torch.tensor(list(owned.values()))

    def strength(self, cross: Tensor) -> Tensor:
        """How strongly the noun of each instance claims its cells, 0 to 1: "instances"; 1 where there is no column.

        The peak inside the instance's cells of the sharpened canonical map, as the published stop test has it.
        """
        maps = sharpened(cross).flatten(1)
        strengths = []
        for item, cells in zip(self.instance_item, self.instance_masks.to(maps), strict=True):
            head = self.columns[item].head
            strengths.append((maps[[c + self.lead - 1 for c in head]] * cells).max() if head else maps.new_ones(()))
        return torch.stack(strengths)

    def share(self, cross: Tensor) -> Tensor:
        """How much of the attention of each instance's noun falls in the cells of its item, 0 to 1, the least of its
        columns: "instances"; 1 where there is no column. From the canonical map too."""
        if not self.objects():
            return cross.new_ones(len(self.instance_item))
        belong, masks = self.column_masks()
        shares = inside(cross, belong, masks)
        found, one = dict(zip(belong.tolist(), shares, strict=True)), shares.new_ones(())
        least = [torch.stack([one, *(found[c + self.lead] for c in item.head)]).min() for item in self.columns]
        return torch.stack(least)[list(self.instance_item)]


def aim(grounding: Grounding, words: Words, rows: int, cols: int, share: float = 0.0) -> Target | None:
    """The target of a scene, or None where nothing is placed. See `cells` for `share`."""
    found, notes = columns(grounding, words)
    placements = [p for item in grounding.items for p in item.placements]
    if not placements:
        return None
    masks = torch.stack([cells(p, rows, cols, share).flatten() for p in placements]).float()
    owner = tuple(i for i, item in enumerate(grounding.items) for _ in item.placements)
    return Target(rows, cols, grounding, found, owner, masks, notes, lead=max(0, 1 - words.content.start))


def cells(placement: Placement, rows: int, cols: int, share: float = 0.0) -> Tensor:
    """The cells of which a placement covers more than `share` (0: that it touches), at least one: "rows cols"."""
    covered = coverage(placement, rows, cols)
    return covered > min(share, float(covered.max()) * (1 - 1e-6))


def within(boxes: Iterable[Box], rows: int, cols: int, share: float) -> Tensor:
    """The cells of which any box covers more than `share`, at least one of each that is on the canvas: "rows cols"."""
    found = torch.zeros(rows, cols, dtype=torch.bool)
    for box in boxes:
        covered = _overlap(box.y0, box.y1, rows)[:, None] * _overlap(box.x0, box.x1, cols)
        found |= covered > min(share, float(covered.max()) * (1 - 1e-6))
    return found


def coverage(placement: Placement, rows: int, cols: int) -> Tensor:
    """The part of each cell that a placement (its region, or else its box) covers: "rows cols"."""
    box = placement.box
    if box.x0 >= 1 or box.y0 >= 1 or box.x1 <= 0 or box.y1 <= 0:
        raise BadRequest(f"the box of `{placement.thing}` lies outside the canvas: {box.corners}; move it inside")
    down = _overlap(box.y0, box.y1, rows)
    across = _overlap(box.x0, box.x1, cols)
    whole = down[:, None] * across
    match placement.region:
        case Mask() as mask:
            grid = torch.zeros(mask.rows, mask.columns)
            grid[tuple(torch.tensor(list(mask.inside())).T)] = 1
            inside = F.adaptive_avg_pool2d(grid[None], (rows, cols))[0]
        case Polygon() as polygon:
            inside = F.avg_pool2d(_polygon(polygon, 8 * rows, 8 * cols).float()[None], 8)[0]
        case Spot() as spot:
            inside = F.avg_pool2d(_disc(spot, 8 * rows, 8 * cols).float()[None], 8)[0]
        case _:
            return whole
    return inside if inside.any() else whole


def _overlap(low: float, high: float, size: int) -> Tensor:
    """The part of each of `size` equal intervals of 0..1 that `low..high` covers."""
    edges = torch.arange(size, dtype=torch.float64) / size
    part = (torch.clamp(edges + 1 / size, max=high) - torch.clamp(edges, min=low)).clamp(min=0) * size
    seen = torch.where(part > 1e-6, part, 0)
    if not seen.any() and high > 0 and low < 1:  # a speck: the cell that it is in
        seen[min(max(int((low + high) / 2 * size), 0), size - 1)] = 1e-6
    return seen.float()


def _disc(spot: Spot, rows: int, cols: int) -> Tensor:
    """The cells whose centre is within the radius, which is in fractions of both sides."""
    y = ((torch.arange(rows) + 0.5) / rows)[:, None]
    x = ((torch.arange(cols) + 0.5) / cols)[None, :]
    return (x - spot.x) ** 2 + (y - spot.y) ** 2 <= spot.radius ** 2


def _polygon(polygon: Polygon, rows: int, cols: int) -> Tensor:
    """The cells whose centre is inside, by crossing number."""
    y = ((torch.arange(rows) + 0.5) / rows)[:, None]
    x = ((torch.arange(cols) + 0.5) / cols)[None, :]
    inside = torch.zeros(rows, cols, dtype=torch.bool)
    points = polygon.points
    for a, b in zip(points, (*points[1:], points[0]), strict=True):
        if a.y != b.y:
            inside ^= ((a.y > y) != (b.y > y)) & (x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x)
    return inside
