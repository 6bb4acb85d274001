"""What words that stand for no relation still say of places: a shelf with books has them in it, what hangs is below.

Nothing here is a claim: it has no certainty at all, so the solver gives it up first, and without a word.
"""

from __future__ import annotations

from planner.relations import TABLE
from planner.scene import Relation, Scene, Thing
from planner.sizes import natural

_HOLDERS = frozenset((
    "bookshelf", "bookcase", "shelf", "cupboard", "cabinet", "wardrobe", "drawer", "refrigerator", "fridge", "nest",
    "basket", "bowl", "jar", "vase", "aquarium", "tank", "fishbowl", "cage", "crate", "tray", "plate", "pot", "bucket",
    "barrel", "box", "glass", "pan", "bag", "bathtub", "pond",
))
_WITH = frozenset(("with", "has", "have", "having", "full of", "filled with", "contains", "containing"))
HANGING = frozenset(f"{verb} from" for verb in ("hanging", "hangs", "hang", "dangling", "swinging", "suspended"))
_THIN = 3.0
"""What is this many times wider than high has things hanging below it rather than in it."""


def implied(scene: Scene) -> tuple[Relation, ...]:
    """Relations that a scene leaves to be understood."""
    placed = {id for r in scene.relations if r.kind == "on" or TABLE[r.kind].overlap == "must" for id in r.subjects}
    found = []
    for relation in scene.relations:
        if relation.kind == "other" and not relation.negated and relation.objects:
            kind, inner, outer = _meant(relation, scene)
            if kind and not placed & set(inner) and not set(inner) & set(outer):
                found.append(Relation(kind=kind, subjects=inner, objects=outer, words=relation.words, certainty=0.0))
    return tuple(found)


def _meant(relation: Relation, scene: Scene) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    some, others = relation.subjects, relation.objects
    first, second = scene.thing(some[0]), scene.thing(others[0])
    words = relation.words.lower()
    if words in _WITH and _head(first) in _HOLDERS and _smaller(second, first):
        return "in", others, some
    if words in HANGING:
        shape = natural(second.noun).aspect
        return "under" if shape > _THIN else "part_of" if _smaller(first, second) else "", some, others
    return "", (), ()


def _head(thing: Thing) -> str:
    return thing.noun.lower().split()[-1]


def _smaller(a: Thing, b: Thing) -> bool:
    return natural(a.noun).reach < natural(b.noun).reach


def with_implied(scene: Scene) -> Scene:
    """The scene with what it leaves to be understood."""
    more = implied(scene)
    return scene.model_copy(update={"relations": (*scene.relations, *more)}) if more else scene
