"""Things are painted alone, cut out, and laid over what is behind them, from far to near.

Where two things share cells, no binding tells which words belong to which of their pixels, and they melt into each
other; and a single thing comes out right where a crowd does not (Collage Diffusion, Sarukkai et al. 2023, puts together
layers that a person brings). It takes a model that paints a thing alone on a backdrop which is one even tone; its
profile says so (`alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage

from grounding.brief import Brief
from grounding.receipt import Attention, Cost, Receipt
from grounding.rendering import Painting
from grounding.settings import How
from grounding.verify.surface import to_lab
from planner.scene import Box, Layout, Thing, ThingId

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

HIDES = 0.03
"""What covers more than this part of something is not painted together with it."""
APART = 7.0
"""By so much a pixel differs from the backdrop, in L*a*b*, that is none of it."""
SHADE, TINT = 20.0, 5.0
"""What is darker than the backdrop by no more than the first, and within the second of its hue, is a shadow."""
PALE = 25.0
"""A thing no farther from the backdrop than this, on the whole, is known by its outline: what that encloses is it."""
EVEN = 5.0
"""A backdrop is even if nine tenths of it are no farther than this from a smooth tone."""
COMMON = 0.8
"""What part of what is free shows the backdrop for certain."""
REACH = 0.05
"""A painted thing may leave its box by so much."""
SPECK = 0.02
"""What is smaller than this part of its box is no part of a thing, and a gap in it is filled."""
FEW = 3
"""So many alike are painted together where every kind is painted apart: they are hardly ever miscounted."""
SOFT = 0.6
"""How many pixels wide the edge of a cut is."""

Level = frozenset[ThingId]


def levels(layout: Layout) -> tuple[Level, ...]:
    """The things of a layout from far to near, in as few layers as keep apart what hides from what is hidden."""
    of: dict[ThingId, int] = {}
    placed = layout.far_to_near()
    for near, placement in enumerate(placed):
        of[placement.thing] = max((of[far.thing] + 1 for far in placed[:near] if far.depth < placement.depth
                                   and far.box.share_of(placement.box) > HIDES), default=0)
    last = max(of.values(), default=0)
    return tuple(frozenset(id for id, level in of.items() if level == n) for n in range(last + 1))


def kinds(layout: Layout, told: Sequence[Thing]) -> tuple[Level, ...]:
    """The same, with a layer for every few things that are told alike."""
    phrase = {thing.id: thing.phrase for thing in told}
    found: list[Level] = []
    for level in levels(layout):
        alike = sorted(level, key=lambda id: (list(phrase.values()).index(phrase[id]), list(phrase).index(id)))
        for _, some in groupby(alike, key=phrase.__getitem__):
            ids = list(some)
            found += [frozenset(ids[n:n + FEW]) for n in range(0, len(ids), FEW)]
    return tuple(found)


def layered(brief: Brief | None, layout: Layout, how: How, alone: str) -> tuple[Layout, ...]:
    """What is painted for a layout, from far to near; nothing, where it is painted all at once. `alone` is the
    setting in which the model paints a thing on one even tone; none: it does not."""
    if brief is None or not alone or how.layered == "no" or how.mend is not None or how.tokens is not None:
        return ()
    first, *rest = levels(layout) if how.layered == "hiding" else kinds(layout, brief.things)
    return (brief.of(layout, first), *(brief.of(layout, level, alone) for level in rest)) if rest else ()


def painted(paint: Callable[[Sequence[Layout], Sequence[int]], Sequence[Painting]], whole: Layout,
            parts: Sequence[Layout], seeds: Sequence[int]) -> list[Painting]:
    """A picture of several layers for each seed; a layer that cannot be cut out leaves it to the painter to paint all
    at once."""
    found = paint([part for part in parts for _ in seeds], [*seeds] * len(parts))
    made: list[Painting] = []
    for n, seed in enumerate(seeds):
        layers = found[n::len(seeds)]
        cuts = [cut_out(layer.image, [placement.box for placement in part.placements])
                for part, layer in zip(parts[1:], layers[1:], strict=True)]
        whole_ones = [cut for cut in cuts if cut is not None]
        if len(whole_ones) == len(cuts):
            picture = layers[0]
            for layer, cut in zip(layers[1:], whole_ones, strict=True):
                picture = _laid(picture, layer, cut)
        else:
            (picture,) = paint([whole], [seed])
            for layer in layers:
                picture = Painting(picture.image, _receipt(picture.receipt, layer.receipt))
        made.append(Painting(picture.image, picture.receipt.model_copy(update={"prompt": whole.scene.prompt})))
    return made


def _laid(below: Painting, above: Painting, cut: Mask) -> Painting:
    """What was cut out of a picture, laid over another."""
    receipt = _receipt(below.receipt, above.receipt, (*below.receipt.attention, *above.receipt.attention))
    soft = Image.fromarray(cut.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(SOFT))
    return Painting(Image.composite(above.image.convert("RGB"), below.image.convert("RGB"), soft), receipt)


def cut_out(image: Image.Image, boxes: Sequence[Box]) -> Mask | None:
    """The pixels of what stands before an even backdrop in these boxes; None where the backdrop is not even, or there
    is nothing in one of them."""
    lab = to_lab(np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255))
    near = np.zeros(lab.shape[:2], dtype=bool)
    for box in boxes:
        near |= _inside(box, lab.shape)
    if (~near).mean() < SPECK:
        return None
    away = _from_backdrop(lab, ~near)
    far = np.linalg.norm(away, axis=-1)
    if np.quantile(far[~near], 0.9) > EVEN:
        return None
    shadow = (away[..., 0] < 0) & (away[..., 0] > -SHADE) & (np.hypot(away[..., 1], away[..., 2]) < TINT)
    found = np.zeros_like(near)
    for box in boxes:
        reach = _inside(box, lab.shape)
        own = ndimage.binary_opening((far > APART) & ~shadow & reach)
        if own.any() and np.median(far[own]) < PALE:
            own = ndimage.binary_fill_holes(ndimage.binary_closing((far > APART / 2) & ~shadow & reach)) & reach
        own = _tidied(own, SPECK * box.area * own.size)
        found |= own
        if own.sum() < SPECK * box.area * own.size:
            return None
    return found


def _from_backdrop(lab: Floats, free: Mask) -> Floats:
    """How each pixel differs from a backdrop that changes smoothly, fitted to the most common of the free pixels: a
    stray thing has no share in it."""
    rows, columns = free.shape
    y, x = np.mgrid[-1:1:rows * 1j, -1:1:columns * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * y, x ** 2, y ** 2], axis=-1)
    away: Floats = (lab - np.median(lab[free], axis=0)).astype(np.float32)
    for _ in range(3):
        distance = np.linalg.norm(away, axis=-1)
        common = free & (distance <= np.quantile(distance[free], COMMON))
        weights, *_ = np.linalg.lstsq(terms[common], lab[common], rcond=None)
        away = (lab - terms @ weights).astype(np.float32)
    return away


def _tidied(own: Mask, least: float) -> Mask:
    """Without specks and without pinholes."""
    for part, keep in ((own, True), (~own, False)):
        areas, count = ndimage.label(part)
        sizes = np.bincount(areas.ravel(), minlength=count + 1)
        small = (sizes < least)[areas] & part
        own = np.where(small, not keep, own)
    return own


def _inside(box: Box, shape: tuple[int, ...]) -> Mask:
    rows, columns = shape[0], shape[1]
    y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    found: Mask = (((y >= box.y0 - REACH) & (y < box.y1 + REACH))[:, None]
                   & ((x >= box.x0 - REACH) & (x < box.x1 + REACH))[None])
    return found


def _receipt(one: Receipt, other: Receipt, attention: tuple[Attention, ...] | None = None) -> Receipt:
    """The first, with the cost of both."""
    a, b = one.cost, other.cost
    cost = Cost(full=a.full + b.full, truncated=a.truncated + b.truncated, backward=a.backward + b.backward,
                share=max(a.share, b.share), learning=a.learning + b.learning, seconds=a.seconds + b.seconds,
                attention_bytes=max(a.attention_bytes, b.attention_bytes))
    return one.model_copy(update={"cost": cost, "attention": attention or one.attention,
                                  "notes": tuple(dict.fromkeys((*one.notes, *other.notes)))})
