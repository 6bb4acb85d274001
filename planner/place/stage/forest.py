"""What carries what: the things of a scene as trees, from what is claimed, what is understood and what is usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from planner.claims import Claim
from planner.kinds import Kind, kind_with, seen
from planner.relations import TABLE
from planner.scene import Scene, Thing
from planner.sizes import factor, piled

STANDS_OVER = frozenset(("tree", "umbrella", "building", "bridge", "top", "seat", "line", "floor", "vehicle",
                         "aircraft", "animal", "person", "branch", "hung"))
"""What somebody can be under without its being somewhere on a wall above."""


@dataclass
class Node:
    """One thing, or a group that stands in a form (`id` empty), with all that goes where it goes.

    `x`, `y` are its centre from the centre of what carries it; `how` says in which way that does.
    """

    id: str
    kind: Kind
    w: float
    h: float
    noun: str = ""
    how: str = ""
    words: str = ""
    x: float = 0.0
    y: float = 0.0
    told: float = 1.0
    placed: bool = False
    aloft: bool = False
    down: bool = False
    level: int = 0
    seated: bool = False
    goal: Node | None = field(default=None, repr=False)
    """What it flies towards."""
    host: Node | None = field(default=None, repr=False)
    kids: list[Node] = field(default_factory=list)

    @property
    def sort(self) -> str:
        """The class of its kind."""
        return self.kind.sort

    def scale(self, k: float) -> None:
        """Make it, and all that goes with it, larger."""
        self.w, self.h = self.w * k, self.h * k
        for kid in self.kids:
            kid.x, kid.y = kid.x * k, kid.y * k
            kid.scale(k)

    def reach(self) -> tuple[float, float, float, float]:
        """How far it and all that goes with it extend from its centre: left, right, up, down."""
        left, right, up, down = self.w / 2, self.w / 2, self.h / 2, self.h / 2
        for kid in self.kids if self.kids else ():
            if not kid.placed:
                continue
            a, b, c, d = kid.reach()
            left, right = max(left, a - kid.x), max(right, b + kid.x)
            up, down = max(up, c - kid.y), max(down, d + kid.y)
        return left, right, up, down

    def all(self) -> Iterator[Node]:
        """It and all that goes with it."""
        yield self
        for kid in self.kids:
            yield from kid.all()


def forest(scene: Scene, claims: Sequence[Claim], lifts: Mapping[str, float]) -> list[Node]:
    """The trees of a scene; `lifts` are factors by which things are drawn larger than they are."""
    nodes = {thing.id: _node(thing, lifts.get(thing.id, 1.0)) for thing in scene.things}
    _kindred(nodes)
    roots = dict(nodes)
    for claim in claims:
        if claim.relation == "stack":
            for node in (nodes[id] for id in claim.things):
                node.w, node.h = piled(node.noun, (node.w, node.h))
        if claim.relation in ("at_top", "at_bottom"):
            nodes[claim.things[0]].level = -1 if claim.relation == "at_top" else 1
    for claim in sorted((c for c in claims if not c.negated), key=lambda c: _rank(c)):
        if claim.relation == "above" and len(claim.objects) > 1:
            nodes[claim.things[0]].aloft = True
            continue
        for guest, host, how in _ties(claim, nodes):
            if guest in roots and not _within(nodes[guest], nodes[host]):
                _tie(nodes[guest], nodes[host], how, claim.word)
                del roots[guest]
    _company(claims, nodes, roots)
    _as_roots(roots)
    groups = [_grouped(claim, nodes, roots) for claim in claims if _forms(claim, roots)]
    return [*roots.values(), *groups]


def _node(thing: Thing, lift: float) -> Node:
    w, h = seen(thing.noun, thing.attributes)
    kind = kind_with(thing.noun, thing.attributes)
    node = Node(thing.id, kind, w * lift, h * lift, thing.noun, told=factor(thing.attributes))
    _pose(node, {word for attribute in thing.attributes for word in attribute.lower().split()})
    return node


_PARENTS = frozenset(("mother", "father", "mom", "dad", "parent"))
_YOUNG = 0.55
"""How large the young of an animal are, of their parents."""


def _kindred(nodes: Mapping[str, Node]) -> None:
    """The mother of a baby elephant is an elephant."""
    young = [node for node in nodes.values() if node.sort == "animal" and node.noun.startswith("baby ")]
    for node in young:
        node.scale(_YOUNG)
    if young and all(node.sort == "animal" or node.noun in _PARENTS for node in nodes.values()):
        for node in nodes.values():
            if node.noun in _PARENTS:
                node.kind, node.w, node.h = young[0].kind, young[0].w / _YOUNG, young[0].h / _YOUNG


_LYING = frozenset(("lying", "sleeping", "swimming", "crawling", "sunbathing", "floating", "resting", "asleep"))
_SEATED = frozenset(("sitting", "seated", "kneeling", "crouching", "squatting"))
_DOWN = _LYING | _SEATED | {"standing", "walking", "perched", "eating"}
SITTING = 0.74
"""How high somebody who sits is, of who stands."""


def _pose(node: Node, words: set[str]) -> None:
    """Who lies is long, who sits is less high, and a bird that does either does not fly."""
    node.down = bool(words & _DOWN)
    node.level = bool(words & {"bottom", "lower", "lowest"}) - bool(words & {"top", "upper", "highest"})
    if node.sort == "person" and words & _LYING and node.h > node.w:
        node.w, node.h = 0.95 * node.h, max(0.85 * node.w, 0.26 * node.h)
    elif node.sort == "animal" and words & _LYING - {"swimming"}:
        node.h *= 0.65
    elif node.sort == "person" and words & _SEATED:
        node.h, node.seated = SITTING * node.h, True


def _within(a: Node, b: Node) -> bool:
    """Whether `b` already goes where `a` goes."""
    at: Node | None = b
    while at is not None:
        if at is a:
            return True
        at = at.host
    return False


def _tie(guest: Node, host: Node, how: str, words: str) -> None:
    guest.host, guest.how, guest.words = host, how, words
    host.kids.append(guest)


_ORDER = ("part_of", "wearing", "riding", "holding", "stack", "on", "in", "surrounded_by", "among", "under", "above",
          "below", "in_front_of", "behind", "hidden_by")


def _rank(claim: Claim) -> int:
    return _ORDER.index(claim.relation) if claim.relation in _ORDER else len(_ORDER)


def _ties(claim: Claim, nodes: Mapping[str, Node]) -> Iterable[tuple[str, str, str]]:
    """(guest, host, how) for what a claim ties together."""
    row, some, others = TABLE[claim.relation], claim.things, claim.objects
    if row.grip == "grown":
        return [(some[0], others[0], "grown")] if row.guest == "subject" else [(others[0], some[0], "grown")]
    if row.kind == "holding":
        return [(others[0], some[0], "hand")]
    if row.kind == "riding":
        return [(some[0], others[0], "ride")]
    if row.kind == "stack":
        return [(a, b, "stack") for a, b in zip(some[1:], some, strict=False)]
    if row.kind == "on" and nodes[some[0]].sort == "person" and _ridden(nodes[others[0]]):
        return [(some[0], others[0], "ride")]
    if row.kind == "on":
        return [(some[0], others[-1] if claim.piled else others[0], "on")]
    if row.kind == "in":
        return [(some[0], others[0], "on" if nodes[others[0]].sort in ("plate", "seat") else "in")]
    if row.arity == "ring" and row.kind != "between" and len(some) == 1 and len(others) > 2:
        return [(other, some[0], "around") for other in others]
    if "against" in claim.word and row.arity == "pool":
        return [(some[0], others[0], "lean")]
    if claim.word.split()[-1:] == ["at"] and nodes[some[0]].sort == "person":
        return [(a, b, "at") for a, b in zip(some, others, strict=False) if nodes[b].sort == "top"]
    return _apart(claim, nodes)


def _ridden(node: Node) -> bool:
    """Whether who is on it sits astride: animals, and vehicles that are no larger than they."""
    return node.sort == "animal" or (node.sort == "vehicle" and 0.3 < node.kind.h < 1.4 and node.kind.w < 2.4)


def _apart(claim: Claim, nodes: Mapping[str, Node]) -> Iterable[tuple[str, str, str]]:
    """The ties of what is over, under, before or behind something else."""
    kind, some, others = claim.relation, claim.things, claim.objects
    if kind == "under":
        over = nodes[others[0]]
        return [(some[0], others[0], "under")] if over.sort in STANDS_OVER else [(others[0], some[0], "above")]
    if kind in ("above", "below"):
        upper, lower = (some[0], others[0]) if kind == "above" else (others[0], some[0])
        return [(upper, lower, "above")]
    if kind == "in_front_of":
        return [(a, others[0], "before") for a in some]
    if kind == "behind":
        return [(a, others[len(others) // 2], "behind") for a in some]
    if kind == "hidden_by":
        return [(some[0], others[0], "hidden")]
    return ()


_BESIDE = frozenset(("next_to", "near", "left_of", "right_of", "other"))
_TO_GROUND = ("feeding", "petting", "walking", "chasing", "watching", "herding")


def _company(claims: Sequence[Claim], nodes: Mapping[str, Node], roots: dict[str, Node]) -> None:
    """What is beside somebody under a tree, or on a rug, is there too; what flies towards something is at its side."""
    for claim in claims:
        if claim.relation not in _BESIDE or claim.negated or not claim.objects:
            continue
        if claim.word.lower().startswith(_TO_GROUND):
            for id in claim.objects:
                nodes[id].down |= nodes[id].sort == "bird"
        for a, b in ((claim.things[0], claim.objects[0]), (claim.objects[0], claim.things[0])):
            node, other = nodes[a], nodes[b]
            if a not in roots or _within(node, other):
                continue
            flies = node.sort in ("bird", "insect", "kite", "aircraft") and not node.down
            if flies and claim.relation in ("other", "next_to", "near") and a == claim.things[0]:
                node.goal = other
                while other.host is not None and other.how in ("on", "in"):
                    other = other.host
                _tie(node, other, "toward", claim.word)
            elif claim.relation == "other" and node.sort not in ("person", "animal"):
                continue
            elif (host := other.host) is not None and not flies and max(node.w, node.h) < max(host.w, host.h) and (
                    other.how in ("under", "before") or (other.how == "on" and host.sort == "ground")):
                if _within(node, host):
                    continue
                _tie(node, host, other.how, other.words)
            else:
                continue
            del roots[a]
            break


def _as_roots(roots: Mapping[str, Node]) -> None:
    """What stands by itself: a moon on which somebody stands is ground, a lamp beside furniture is a tall one."""
    furnished = any(node.sort in ("seat", "top", "case") for node in roots.values())
    upright = any(node.sort in ("seat", "tree", "ground") for node in roots.values())
    for node in roots.values():
        upon = [kid for kid in node.kids if kid.how == "on"]
        if node.sort == "sky" and upon:
            wide = max(3.0 * sum(kid.w for kid in upon), 1.2 * max(kid.h for kid in upon))
            node.kind, node.w, node.h = Kind("planet", node.kind.h, node.kind.w), wide, 0.34 * wide
        if node.sort == "umbrella" and not (upright or any(kid.how == "under" for kid in node.kids)):
            node.kind, node.w, node.h = Kind("long", 0.9, 0.2), 0.22 * node.told, 0.9 * node.told
        elif node.sort == "umbrella":
            node.kind, node.w, node.h = Kind("umbrella", 2.3, 2.4), 2.4 * node.told, 2.3 * node.told
        if node.noun.split()[-1] == "lamp" and furnished and node.sort == "small":
            node.kind, node.w, node.h = Kind("floor", 1.5, 0.45), 0.45 * node.told, 1.5 * node.told


def _forms(claim: Claim, roots: Mapping[str, Node]) -> bool:
    return (TABLE[claim.relation].arity == "arrangement" and not claim.negated and len(claim.things) > 1
            and claim.relation != "stack" and all(id in roots for id in claim.things))


def _grouped(claim: Claim, nodes: Mapping[str, Node], roots: dict[str, Node]) -> Node:
    """A group as one node; what belongs behind a member of it belongs behind all of it."""
    group = Node("", Kind("group", 0.0, 0.0), 0.0, 0.0, claim.relation)
    for id in claim.things:
        member = roots.pop(id)
        for kid in [kid for kid in member.kids if kid.how == "behind"]:
            member.kids.remove(kid)
            _tie(kid, group, kid.how, kid.words)
        _tie(member, group, "member", "")
    return group
