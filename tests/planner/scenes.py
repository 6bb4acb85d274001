"""Scenes made at random together with boxes on which all of their claims hold."""

import random

from planner.claims import relation_claims
from planner.geometry import Frame, Rect
from planner.margins import relation_margin
from planner.relations import TABLE
from planner.scene import Box, Relation, Scene, Thing

NOUNS = ("cat", "dog", "sofa", "table", "cup", "apple", "person", "car", "house", "tree", "bird", "kite", "lamp",
         "book", "hat", "bowl", "chair", "horse", "bench", "bottle")
PLANE = tuple(kind for kind, row in TABLE.items()
              if row.arity in ("pair", "pool", "ring", "alone") and row.overlap != "must" and kind != "on")


def thing(id: str, noun: str, *attributes: str) -> Thing:
    return Thing(id=id, noun=noun, phrase=" ".join(("a", *attributes, noun)), attributes=attributes)


def satisfiable(seed: int, most: int = 8) -> tuple[Scene, dict[str, Box]]:
    """A scene whose relations were read off random boxes, and these boxes."""
    rng = random.Random(seed)
    boxes = _boxes(rng, rng.randint(2, most))
    things = tuple(thing(id, rng.choice(NOUNS)) for id in boxes)
    rects = {id: Rect(b.cx, b.cy, b.w, b.h) for id, b in boxes.items()}
    relations: list[Relation] = []
    wanted = rng.randint(1, 6)
    for _ in range(600):
        if len(relations) < wanted and (relation := _relation(rng, list(boxes))) is not None:
            claims = relation_claims(Scene(things=things, relations=(*relations, relation)))
            if all(relation_margin(c, rects, None, Frame(1, 1)) >= 0.002 for c in claims):
                relations.append(relation)
    return Scene(prompt=f"scene {seed}", things=things, relations=tuple(relations)), boxes


def _boxes(rng: random.Random, n: int) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    while len(boxes) < n:
        w, h = rng.uniform(0.08, 0.33), rng.uniform(0.08, 0.33)
        box = Box.around(rng.uniform(w / 2, 1 - w / 2), rng.uniform(h / 2, 1 - h / 2), w, h)
        if all(box.shared(other) == 0 for other in boxes.values()):
            boxes[f"t{len(boxes)}"] = box
        elif rng.random() < 0.002:
            break
    return boxes


def _relation(rng: random.Random, ids: list[str]) -> Relation | None:
    kind, a = rng.choice(PLANE), rng.choice(ids)
    others = [id for id in ids if id != a]
    count = {"alone": 0, "ring": rng.choice((2, 2, 3))}.get(TABLE[kind].arity, 1)
    if len(others) < count:
        return None
    return Relation(kind=kind, subjects=(a,), objects=tuple(rng.sample(others, count)))
