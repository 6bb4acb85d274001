"""Where things are that the words place nowhere: plates on a table, doors in a house, fish in a pond.

Nothing here is a claim; it has no certainty at all, and is given up first and without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from planner.implied import implied
from planner.kinds import kind_of
from planner.relations import TABLE
from planner.scene import Relation, Scene, Thing


class Habit(NamedTuple):
    """Things of these classes or nouns are usually on, in or part of a thing of those."""

    guests: frozenset[str]
    hosts: frozenset[str]
    kind: str


def _habit(guests: str, kind: str, hosts: str) -> Habit:
    return Habit(frozenset(guests.replace("_", " ").split("|")), frozenset(hosts.replace("_", " ").split("|")), kind)


HABITS = (
    _habit("candle", "on", "cake|birthday_cake|cupcake"),
    _habit("nest", "on", "branch|tree"),
    _habit("pillow|cushion", "on", "seat"),
    _habit("basket|seat|handlebar|saddle|bell", "part_of", "bicycle|bike|motorcycle|motorbike|scooter|tricycle"),
    _habit("door|window|roof|chimney|balcony|sign|awning|porch|steeple|garage door", "part_of", "building"),
    _habit("shelf", "part_of", "case"),
    _habit("fish", "in", "aquarium|fish_tank|fishbowl|fish_bowl|lake|pond|river|sea|ocean"),
    _habit("duck|swan|boat", "on", "lake|pond|river|sea|ocean"),
    _habit("small|plate|bowl|vase", "on", "top"),
)
"""The first that applies counts. Words are classes of `kinds.txt`, or nouns."""
_DONE = {
    **dict.fromkeys(("driving", "steering", "sailing", "rowing", "piloting", "flying"),
                    ("in", ("vehicle", "boat", "aircraft"))),
    **dict.fromkeys(("looking out of", "leaning out of", "peeking out of"), ("in", ("wall", "case", "niche"))),
    **dict.fromkeys(("playing", "strumming", "fighting with", "wielding", "swinging", "aiming", "brandishing"),
                    ("holding", ("floor", "small", "long"))),
    **dict.fromkeys(("coming out of", "emerging from", "popping out of"), ("in", ("bowl", "niche", "case", "vase"))),
    **dict.fromkeys(("climbing", "climbing up"), ("on", ("floor", "tree", "building", "bridge"))),
}
"""What somebody does with a thing of these classes, and where that puts one of them."""
_SHARED = frozenset(("having", "enjoying", "sharing"))
_BACKDROPS = frozenset(("goal", "blackboard", "whiteboard", "chalkboard", "waterfall"))
"""What those who have to do with it are in front of."""
_ANYWHERE = frozenset(("at_center", "at_left", "at_right", "other", "stack", "row", "line", "cluster", "larger_than",
                       "smaller_than", "taller_than", "shorter_than", "same_size", "part_of"))
"""Relations beside which a thing may still be where such things are."""


def with_usual(scene: Scene) -> Scene:
    """The scene with what it leaves to be understood, and what is usual."""
    understood, more = _split(scene)
    found = (*understood, *more)
    return scene.model_copy(update={"relations": (*scene.relations, *found)}) if found else scene


def usual(scene: Scene) -> tuple[Relation, ...]:
    """Relations that hold where nothing else is said."""
    return _split(scene)[1]


def _split(scene: Scene) -> tuple[tuple[Relation, ...], tuple[Relation, ...]]:
    """What is understood and what is usual; a game is rather on the table than in the hands."""
    understood = tuple(r for r in implied(scene) if _believed(r, scene))
    played = tuple(_played(scene))
    moved = {id for relation in played for id in relation.subjects}
    understood = tuple(r for r in understood if not moved & {*r.subjects, *r.objects})
    known = (*scene.relations, *understood, *played)
    for more in (_coming, _at_work, _joined, _with, _habitual, _before, _distant):
        known = (*known, *more(scene, known))
    return understood, known[len(scene.relations) + len(understood):]


_TOO_LARGE = frozenset(("sky", "building", "land", "ground", "tree", "top", "seat", "case", "vehicle", "aircraft",
                        "boat", "bridge", "wall"))
"""Classes of what nobody has in the hands."""


def _believed(relation: Relation, scene: Scene) -> bool:
    """Whether what is understood can be: nobody has the earth in the hands, and pictures hang on walls."""
    if relation.kind == "holding":
        return not any(kind_of(scene.thing(id).noun).sort in _TOO_LARGE for id in relation.objects)
    return not (relation.kind in ("on", "in") and any(
        kind_of(scene.thing(id).noun).sort in ("wall", "hung") for id in relation.subjects))


def _named(thing: Thing, words: frozenset[str]) -> bool:
    noun = thing.noun.lower()
    return bool({noun, noun.split()[-1], kind_of(noun).sort} & words)


def _relation(kind: str, subjects: tuple[str, ...], host: str) -> Relation:
    return Relation(kind=kind, subjects=subjects, objects=(host,), certainty=0.0)


def _played(scene: Scene) -> Iterator[Relation]:
    tables = [t.id for t in scene.things if kind_of(t.noun).sort == "top"]
    for r in scene.relations:
        if r.kind == "other" and tables and r.words.lower() == "playing" and r.objects and all(
                kind_of(scene.thing(id).noun).sort in ("small", "plate") for id in r.objects):
            yield _relation("on", r.objects, tables[0])


_MOVING = frozenset(("approaching", "coming", "arriving", "flying", "running", "driving", "walking", "entering"))
_SIDES = {"from the left": "left_of", "from left": "left_of", "from the right": "right_of", "from right": "right_of"}


def _coming(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    """What comes from the left is left of what it comes to."""
    kind = next((kind for words, kind in _SIDES.items() if any(words in phrase.lower() for phrase in scene.unread)), "")
    goals = [(r.subjects[0], r.objects[0]) for r in scene.relations if r.kind == "other" and r.objects
             and "toward" in r.words]
    goals += [(t.id, other.id) for t in scene.things for other in scene.things
              if _MOVING & set(t.attributes) and other is not t and not _MOVING & set(other.attributes)]
    if kind and goals:
        yield Relation(kind=kind, subjects=goals[0][:1], objects=goals[0][1:], certainty=0.0)


def _at_work(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    """Who drives a car is in it, who plays a guitar has it in the hands."""
    for r in scene.relations:
        kind, sorts = _DONE.get(r.words.lower(), ("", ()))
        if r.kind != "other" or not kind or not r.objects or (len(r.objects) > 1 and kind != "holding"):
            continue
        if kind_of(scene.thing(r.objects[0]).noun).sort in sorts:
            guest = scene.thing(r.objects[0] if kind == "holding" else r.subjects[0])
            large = kind == "holding" and max(kind_of(guest.noun)[1:]) > _HELD
            if not large and not _placed(guest, scene, known):
                yield Relation(kind=kind, subjects=r.subjects, objects=r.objects, words=r.words, certainty=0.0)


_HELD = 1.2
"""Up to how many metres an instrument is held."""


def _joined(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    """Who has a picnic is where the picnic is."""
    at = {id: r.objects[0] for r in known if r.kind == "on" and not r.negated for id in r.subjects}
    for r in scene.relations:
        if r.kind == "other" and r.words.lower() in _SHARED and r.objects and r.objects[0] in at:
            host = at[r.objects[0]]
            if kind_of(scene.thing(host).noun).sort == "ground" and not set(r.subjects) & at.keys():
                yield _relation("on", r.subjects, host)


_WITH = frozenset(("with", "has", "have", "having", "full of", "filled with", "containing", "watching from",
                   "looking from"))
_KEPT = frozenset(("small", "plate", "bowl", "vase", "plant", "animal", "bird", "insect", "fish"))
_KEEPS = {"bowl": "in", "case": "in", "vase": "in", "plate": "on", "top": "on", "seat": "on", "plant": "on",
          "stall": "in", "kiosk": "in", "booth": "in", "hat": "in", "pizza": "on", "cake": "on", "salad": "on"}


def _with(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    """What something of a class that keeps things is with is in it or on it; a stall has its goods in it."""
    for r in scene.relations:
        words = r.words.lower()
        if r.kind != "other" or words not in _WITH or not r.objects:
            continue
        inner, outer = (r.subjects, r.objects) if words.endswith("from") else (r.objects, r.subjects)
        if words == "with" and _carried(r, scene, known):
            yield Relation(kind="holding", subjects=outer, objects=inner, certainty=0.0)
        if len(outer) > 1:
            continue
        host, first = scene.thing(outer[0]), scene.thing(inner[0])
        sort = kind_of(host.noun).sort
        if sort == "plate" and _named(first, _CUTLERY):
            continue
        kind = _KEEPS.get(host.noun.split()[-1]) or _KEEPS.get(sort)
        small = max(kind_of(first.noun)[1:]) < max(kind_of(host.noun)[1:])
        if kind and small and kind_of(first.noun).sort in _KEPT and not any(
                _placed(scene.thing(id), scene, known) for id in inner):
            yield _relation(kind, inner, host.id)


_CUTLERY = frozenset(("fork", "knife", "spoon", "chopstick"))
_HANDHELD = frozenset(("small", "long", "umbrella", "balloon", "kite"))


def _carried(relation: Relation, scene: Scene, known: tuple[Relation, ...]) -> bool:
    """Whether people are with things that people carry."""
    people = all(kind_of(scene.thing(id).noun).sort == "person" for id in relation.subjects)
    return people and all(kind_of(scene.thing(id).noun).sort in _HANDHELD and not _placed(scene.thing(id), scene, known)
                          for id in relation.objects)


def _distant(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    """Mountains are far away from whoever is before them."""
    far = [t for t in scene.things if _named(t, _FAR)]
    near = [t for t in scene.things if t not in far and kind_of(t.noun).sort not in _SKY]
    some = tuple(t.id for t in far if near and not _placed(t, scene, known) and not any(
        t.id in r.objects and r.kind in ("on", "in", "behind") for r in known))
    if some:
        yield Relation(kind="in_background", subjects=some, certainty=0.0)


_FAR = frozenset(("mountain", "mountain range", "volcano", "hill", "cliff", "city", "skyline", "city skyline",
                  "village", "island"))
_SKY = frozenset(("sky", "bird", "aircraft", "kite", "balloon"))


def _habitual(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    free = [t for t in scene.things if not t.part_of and not _placed(t, scene, known)]
    for habit in HABITS:
        guests = [t for t in free if _named(t, habit.guests)]
        hosts = [t for t in scene.things if _named(t, habit.hosts) and t not in guests]
        if not hosts or (len({t.group or t.id for t in hosts}) > 1):
            continue
        host = hosts[0]
        if habit.kind == "part_of":
            guests += [t for t in scene.things if t not in free and _named(t, habit.guests) and not t.part_of and all(
                r.kind in ("at_top", "at_bottom", *_ANYWHERE) for r in known if t.id in r.subjects)]
        some = [t for t in guests if not any(r.kind != "other" and host.id in r.objects and t.id in r.subjects
                                             for r in known)]
        free = [t for t in free if t not in some]
        if habit.kind == "part_of":
            yield from (_relation("part_of", (t.id,), host.id) for t in some)
        elif some:
            yield _relation(habit.kind, tuple(t.id for t in some), host.id)


def _placed(thing: Thing, scene: Scene, known: tuple[Relation, ...]) -> bool:
    """Whether something else says where it is; what is beside or over a part of a house may be on that house too."""
    for r in known:
        if r.negated or r.kind in _ANYWHERE or thing.id not in (*r.subjects, *r.objects):
            continue
        row, mine = TABLE[r.kind], thing.id in r.subjects
        others = r.objects if mine else r.subjects
        if not mine and row.guest != "object" and r.kind not in ("next_to", "near"):
            continue
        if row.arity == "pair" and not row.guest and others and all(_alike(thing, scene.thing(o)) for o in others):
            continue
        return True
    return False


def _alike(a: Thing, b: Thing) -> bool:
    """Whether the same habit is about both."""
    return any(_named(a, habit.guests) and _named(b, habit.guests) for habit in HABITS)


def _before(scene: Scene, known: tuple[Relation, ...]) -> Iterator[Relation]:
    people = tuple(t.id for t in scene.things if kind_of(t.noun).sort == "person")
    for thing in scene.things:
        if _named(thing, _BACKDROPS) and people and not any(
                thing.id in (*r.subjects, *r.objects) and set(people) & {*r.subjects, *r.objects}
                and r.kind != "other" for r in known):
            yield _relation("in_front_of", people, thing.id)
