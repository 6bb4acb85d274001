"""What carries what: the things of a scene as trees, from what is claimed, what is understood and what is usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from planner.claims import Claim
from planner.kinds import Kind, kind_of, seen
from planner.relations import TABLE
from planner.scene import Scene, Thing

STANDS_OVER = frozenset(("tree", "umbrella", "building", "bridge", "top", "seat", "line", "floor", "vehicle", "aircraft",
                         "animal", "person", "branch", "hung"))
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
    why: str = ""
    x: float = 0.0
    y: float = 0.0
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
        for kid in self.kids:
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
    roots = dict(nodes)
    for claim in sorted((c for c in claims if not c.negated), key=lambda c: _rank(c)):
        for guest, host, how in _ties(claim, nodes):
            if guest in roots and not _within(nodes[guest], nodes[host]):
                _tie(nodes[guest], nodes[host], how, claim.word, claim.sentence)
                del roots[guest]
    groups = [_grouped(claim, nodes, roots) for claim in claims if _forms(claim, roots)]
    return [*roots.values(), *groups]


def _node(thing: Thing, lift: float) -> Node:
    w, h = seen(thing.noun, thing.attributes)
    return Node(thing.id, kind_of(thing.noun), w * lift, h * lift, thing.noun)


def _within(a: Node, b: Node) -> bool:
    """Whether `b` already goes where `a` goes."""
    at: Node | None = b
    while at is not None:
        if at is a:
            return True
        at = at.host
    return False


def _tie(guest: Node, host: Node, how: str, words: str, why: str) -> None:
    guest.host, guest.how, guest.words, guest.why = host, how, words, why
    host.kids.append(guest)


_ORDER = ("part_of", "wearing", "riding", "holding", "stack", "on", "in", "surrounded_by", "under", "above", "below",
          "in_front_of", "behind")


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
    if row.kind == "on":
        return [(some[0], others[-1] if claim.piled else others[0], "on")]
    if row.kind == "in":
        return [(some[0], others[0], "in")]
    if row.arity == "ring" and row.kind != "between" and len(some) == 1 and len(others) > 2:
        return [(other, some[0], "around") for other in others]
    if "against" in claim.word and row.arity == "pool":
        return [(some[0], others[0], "lean")]
    return _apart(claim, nodes)


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
    return ()


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
            _tie(kid, group, kid.how, kid.words, kid.why)
        _tie(member, group, "member", "", claim.sentence)
    return group
