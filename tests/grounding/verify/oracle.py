"""Judges that know the answer, for tests of the verifier without weights: pocket pictures with their exact boxes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from grounding.pocket.world import COLOURS, KINDS, SCALES, TEXTURES, Picture, Piece, draw
from grounding.verify.judges import OPEN, Fit, Sighting
from planner.scene import Box, Canvas, Layout, Placement, Relation, Scene, Thing


def image_of(picture: Picture, size: int = 128) -> Image.Image:
    return Image.fromarray(draw(picture, size))


class OracleDetector:
    """Finds what is in a known picture; optionally with duplicates, faint nonsense and box errors."""

    name = "oracle"
    knows = OPEN

    def __init__(self, picture: Picture, *, noise: float = 0.0, duplicates: bool = False, seed: int = 0) -> None:
        self.picture, self.noise, self.duplicates = picture, noise, duplicates
        self.random = random.Random(seed)
        self.asked: list[tuple[str, ...]] = []
        self.boxes = [self._jittered(item.box) for item in picture.items]

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        self.asked.append(tuple(queries))
        return tuple(tuple(self._find(query)) for query in queries)

    def _find(self, query: str) -> Iterable[Sighting]:
        words = set(query.split())
        for item, box in zip(self.picture.items, self.boxes, strict=True):
            if _meant(item, words):
                yield Sighting(query=query, box=box, score=0.9)
                if self.duplicates:
                    for score in (0.8, 0.6):
                        yield Sighting(query=query, box=self._jittered(box.corners, 0.01), score=score)
            elif item.kind in words or not words & set(KINDS):
                yield Sighting(query=query, box=box, score=0.04)
        if self.duplicates:
            yield Sighting(query=query, box=Box.of(0.1, 0.1, 0.5, 0.6), score=0.05)

    def _jittered(self, corners: tuple[float, ...], noise: float | None = None) -> Box:
        by = self.noise if noise is None else noise
        x0, y0, x1, y1 = (v + self.random.uniform(-by, by) for v in corners)
        return Box.of(max(x0, 0.0), max(y0, 0.0), min(x1, 1.0), min(y1, 1.0))


def _meant(item: Piece, words: set[str]) -> bool:
    return (item.kind in words and words & set(COLOURS) <= {item.colour} and words & set(TEXTURES) <= {item.texture}
            and words & set(SCALES) <= {item.size})


class ColourScorer:
    """Scores colour words by the pixels in the middle of a picture; every other text gets the same score."""

    name = "colours"
    knows = OPEN

    def __init__(self) -> None:
        self.calls = 0

    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        self.calls += 1
        return tuple(tuple(self._fit(image, text) for text in texts) for image in images)

    def _fit(self, image: Image.Image, text: str) -> Fit:
        named = [COLOURS[word] for word in text.split() if word in COLOURS]
        if not named:
            return Fit(0.2, -6.0)
        pixels = np.asarray(image.convert("RGB").resize((24, 24)), dtype=float)[6:18, 6:18].reshape(-1, 3)
        away = np.abs(pixels - np.array(named[0])).sum(1)
        return Fit(0.3, float(np.log((away < 90).mean() + 1e-3)))


class Scripted:
    """A scorer that answers from a table, by a word in the text; 0 otherwise."""

    name = "scripted"
    knows = OPEN

    def __init__(self, logits: dict[str, float], similarity: float = 0.3) -> None:
        self.logits, self.similarity = logits, similarity

    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        row = tuple(Fit(self.similarity, next((v for k, v in self.logits.items() if k in text), 0.0)) for text in texts)
        return (row,) * len(images)


class Seen:
    """A detector that sees a fixed list of (noun, box, score), whatever the picture."""

    name = "seen"
    knows = OPEN

    def __init__(self, *sightings: tuple[str, Box, float]) -> None:
        self.sightings = sightings

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        return tuple(tuple(Sighting(query=query, box=box, score=score) for noun, box, score in self.sightings
                           if noun == query.removeprefix("an ").removeprefix("a ")) for query in queries)


class Broken:
    """A judge that raises what it is told to."""

    name = "broken"
    knows = OPEN

    def __init__(self, error: Exception) -> None:
        self.error = error

    def detect(self, image: Image.Image, queries: Sequence[str]) -> tuple[tuple[Sighting, ...], ...]:
        raise self.error

    def score(self, images: Sequence[Image.Image], texts: Sequence[str]) -> tuple[tuple[Fit, ...], ...]:
        raise self.error


def layout_of(picture: Picture, *, colours: bool = True, sizes: bool = False, relations: bool = True) -> Layout:
    """The layout of which this picture is a perfect rendering."""
    things, placements = [], []
    for k, item in enumerate(picture.items):
        words = (*([item.size] if sizes else []), *([item.colour] if colours else []))
        things.append(Thing(id=f"{item.kind}_{k}", noun=item.kind, attributes=words,
                            phrase=" ".join(("a", *words, item.kind))))
        placements.append(Placement(thing=f"{item.kind}_{k}", box=Box.of(*item.box), depth=item.depth))
    links = tuple(Relation(kind=link.kind, subjects=(things[link.subject].id,), objects=(things[link.object].id,))
                  for link in picture.relations) if relations else ()
    scene = Scene(prompt="a pocket picture", things=tuple(things), relations=links)
    return Layout(scene=scene, canvas=Canvas(width=128, height=128), placements=tuple(placements))
