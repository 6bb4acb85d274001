"""What words that stand for no relation still say of places: a shelf with books has them in it, what hangs is below.

Nothing here is a claim: it has no certainty at all, so the solver gives it up first, and without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from planner.relations import TABLE
from planner.scene import Relation, Scene, Thing
from planner.sizes import natural

_HOLDERS = frozenset((
    "bookshelf", "bookcase", "shelf", "cupboard", "cabinet", "wardrobe", "drawer", "refrigerator", "fridge", "nest",
    "basket", "bowl", "jar", "vase", "aquarium", "tank", "fishbowl", "cage", "crate", "tray", "plate", "pot", "bucket",
    "barrel", "box", "glass", "pan", "bag", "bathtub", "pond",
))
_TOPS = frozenset((
    "desk", "table", "counter", "bench", "stand", "nightstand", "dresser", "windowsill", "sofa", "couch", "bed",
))
_HANDED = frozenset((
    "person", "man", "woman", "lady", "guy", "boy", "girl", "child", "kid", "baby", "knight", "soldier", "player",
    "dancer", "chef", "doctor", "teacher", "student", "policeman", "firefighter", "astronaut", "bride", "groom",
    "wizard", "witch",
    "pirate", "king", "queen", "mother", "father", "princess", "cowboy", "farmer", "clown", "robot", "monkey", "bear",
))
_BY_HAND = frozenset(("reading", "eating", "drinking", "licking", "tossing", "throwing", "juggling", "waving", "using",
                      "playing", "smoking", "catching"))
_DONE = {
    **dict.fromkeys(_BY_HAND, "holding"), "flying": "above", "crossing": "on",
    **dict.fromkeys(("walking", "kicking", "building", "facing", "feeding", "watching", "chasing", "petting", "pushing",
                     "pulling", "facing each other", "following", "fixing", "painting", "leaning against"), "next_to"),
}
"""What somebody does with a thing, and where the thing is then."""
_BESIDE = frozenset(("left_of", "right_of", "next_to", "near"))
_WITH = frozenset(("with", "has", "have", "having", "full of", "filled with", "contains", "containing"))
HANGING = frozenset(f"{verb} from" for verb in ("hanging", "hangs", "hang", "dangling", "swinging", "suspended"))
_THIN = 3.0
"""What is this many times wider than high has things hanging below it rather than in it."""


def implied(scene: Scene) -> tuple[Relation, ...]:
    """Relations that a scene leaves to be understood."""
    placed = {id for r in scene.relations if not r.negated and (r.kind == "on" or TABLE[r.kind].overlap == "must")
              for id in (r.objects if TABLE[r.kind].guest == "object" else r.subjects)}
    found: list[Relation] = []
    for relation in scene.relations:
        if relation.kind == "other" and not relation.negated and relation.objects:
            kind, inner, outer = _meant(relation, scene)
            guests = outer if kind and TABLE[kind].guest == "object" else inner
            if kind and not placed & set(guests) and not set(inner) & set(outer):
                found.append(Relation(kind=kind, subjects=inner, objects=outer, words=relation.words, certainty=0.0))
    return (*found, *_company(scene, found, placed))


def _meant(relation: Relation, scene: Scene) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    some, others = relation.subjects, relation.objects
    first, second = scene.thing(some[0]), scene.thing(others[0])
    words = relation.words.lower()
    if words in _WITH and _smaller(second, first):
        kind = "in" if _head(first) in _HOLDERS else "on" if _head(first) in _TOPS else ""
        if kind:
            return kind, others, some
        if _head(first) in _HANDED and second.noun.lower() not in _HANDED:
            return "holding", some, others
    if words in HANGING:
        shape = natural(second.noun).aspect
        return "under" if shape > _THIN else "part_of" if _smaller(first, second) else "", some, others
    if words in _DONE and (words not in _BY_HAND or _smaller(second, first)):
        kind = _DONE[words]
        return (kind, others, some) if kind == "above" else (kind, some, others)
    return "", (), ()


def _company(scene: Scene, found: list[Relation], placed: set[str]) -> Iterator[Relation]:
    """What is said to be beside a thing on a table is on that table too."""
    hosts = {a: r.objects[0] for r in (*found, *scene.relations) if r.kind == "on" and not r.negated
             for a in r.subjects if _head(scene.thing(r.objects[0])) in _TOPS}
    for relation in scene.relations:
        if relation.kind in _BESIDE and not relation.negated:
            host = hosts.get(relation.objects[0], "")
            if host and not (placed | {host} | hosts.keys()) & set(relation.subjects) and all(
                    _smaller(scene.thing(a), scene.thing(host)) for a in relation.subjects):
                yield Relation(kind="on", subjects=relation.subjects, objects=(host,), certainty=0.0)


def _head(thing: Thing) -> str:
    return thing.noun.lower().split()[-1]


def _smaller(a: Thing, b: Thing) -> bool:
    return natural(a.noun).reach < natural(b.noun).reach


def with_implied(scene: Scene) -> Scene:
    """The scene with what it leaves to be understood."""
    more = implied(scene)
    return scene.model_copy(update={"relations": (*scene.relations, *more)}) if more else scene
