"""The judge's own examination: how often it is right about pictures whose contents are known."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from grounding.pocket.compose import picture
from grounding.pocket.paint import draw
from grounding.pocket.pictures import BoxXYXY, Picture

Pixels = npt.NDArray[np.uint8]
_FIRST_SEED = 10_000_000
"""Far from the seeds that models are trained on."""


class ExamSighting(Protocol):
    """What the examination needs to know of a thing that a judge reports."""

    @property
    def kind(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def texture(self) -> str: ...
    @property
    def box(self) -> BoxXYXY: ...


@dataclass(frozen=True)
class Marks:
    """The outcome: `right` of `items` have their kind and colour, at their place; `scenes_right` have nothing wrong."""

    scenes: int
    scenes_right: int
    items: int
    right: int
    textures_right: int
    made_up: int
    mean_iou: float


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (95 % by default)."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def iou(a: BoxXYXY, b: BoxXYXY) -> float:
    """Intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def overlaps(scene: Picture) -> bool:
    """Whether any two boxes of a picture share some area."""
    boxes = [item.box for item in scene.items]
    return any(iou(a, b) > 0 for k, a in enumerate(boxes) for b in boxes[k + 1 :])


def scenes(count: int, *, overlapping: bool) -> Iterator[Picture]:
    """Pictures for the examination, all of them with overlap or all without."""
    seed = _FIRST_SEED
    while count:
        scene = picture(seed)
        seed += 1
        if overlaps(scene) == overlapping:
            count -= 1
            yield scene


def softened(image: Pixels, seed: int) -> Pixels:
    """The picture as a small autoencoder might give it back: a little soft, noisy and off in colour."""
    noise = np.random.default_rng(seed).normal(0, 4, image.shape)
    soft = ndimage.gaussian_filter(image.astype(np.float64), (0.7, 0.7, 0)) + noise
    stored = io.BytesIO()
    Image.fromarray(np.clip(soft, 0, 255).astype(np.uint8)).save(stored, "JPEG", quality=90, subsampling=0)
    return np.array(Image.open(stored).convert("RGB"))


def _pairs(scene: Picture, found: Sequence[ExamSighting]) -> list[tuple[int, int]]:
    """QueryItem and sighting numbers that belong together, the closest boxes first."""
    near = sorted(
        ((iou(item.box, sight.box), i, s) for i, item in enumerate(scene.items) for s, sight in enumerate(found)),
        reverse=True,
    )
    pairs: list[tuple[int, int]] = []
    for overlap, i, s in near:
        if overlap > 0.4 and all(i != a and s != b for a, b in pairs):
            pairs.append((i, s))
    return pairs


def examine(
    judge: Callable[[Pixels], Sequence[ExamSighting]],
    pictures: Iterable[Picture],
    spoil: Callable[[Pixels, int], Pixels] = lambda image, seed: image,
) -> Marks:
    """Marks for a judge on drawn pictures, spoilt first if so wished."""
    tally: Counter[str] = Counter()
    total_iou = 0.0
    for scene in pictures:
        found = judge(spoil(draw(scene), scene.seed))
        pairs = [(scene.items[i], found[s]) for i, s in _pairs(scene, found)]
        right = [(item, sight) for item, sight in pairs if (item.kind, item.colour) == (sight.kind, sight.colour)]
        tally["scenes"] += 1
        tally["scenes_right"] += len(right) == len(scene.items) == len(found)
        tally["items"] += len(scene.items)
        tally["right"] += len(right)
        tally["textures_right"] += sum(item.texture == sight.texture for item, sight in right)
        tally["made_up"] += len(found) - len(pairs)
        total_iou += sum(iou(item.box, sight.box) for item, sight in right)
    counts = ("scenes", "scenes_right", "items", "right", "textures_right", "made_up")
    return Marks(**{name: tally[name] for name in counts}, mean_iou=total_iou / max(1, tally["right"]))


def summary(name: str, marks: Marks) -> str:
    """One line for people."""
    low, high = wilson(marks.right, marks.items)
    scene_low, scene_high = wilson(marks.scenes_right, marks.scenes)
    return (
        f"{name}: kind and colour {marks.right / marks.items:.2%} of {marks.items} items [{low:.2%}, {high:.2%}]; "
        f"scenes without any error {marks.scenes_right / marks.scenes:.2%} of {marks.scenes} "
        f"[{scene_low:.2%}, {scene_high:.2%}]; texture {marks.textures_right / max(1, marks.right):.2%}; "
        f"made up {marks.made_up}; mean box IoU {marks.mean_iou:.3f}"
    )
