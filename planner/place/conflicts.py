"""Contradictions between claims: found exactly where they are orders that run in a circle, by deletion otherwise."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

from planner.claims import Claim, claims_of, contradicts
from planner.errors import Conflict
from planner.place.depth import depth_edges
from planner.relations import TABLE
from planner.relations.row import Axis
from planner.scene import Scene

Edge = tuple[str, str, str]
"""(before, after, sentence)."""

_ORDERS: dict[Axis, str] = {"x": "left of", "y": "above", "size": "larger than", "height": "taller than",
                            "width": "wider than"}


def refuse_contradictions(scene: Scene, claims: Sequence[Claim]) -> None:
    """Raise `Conflict` for what can be seen without placing anything."""
    if scene.conflicts:
        raise Conflict(scene.conflicts)
    _absent_but_there(scene)
    stated = [claim for claim in claims if not claim.negated and len(claim.things) == len(claim.objects) == 1]
    for axis, word in _ORDERS.items():
        edges = [_edge(claim, order[1]) for claim in stated
                 if (order := TABLE[claim.relation].order) and order[0] == axis]
        _refuse_circle(edges, f"nothing can be {word} itself")
    _refuse_circle([(far, near, claim.sentence) for far, near, claim in depth_edges(claims)],
                   "nothing can be nearer than itself")


def _edge(claim: Claim, sign: int) -> Edge:
    a, b = claim.things[0], claim.objects[0]
    return (a, b, claim.sentence) if sign > 0 else (b, a, claim.sentence)


def _absent_but_there(scene: Scene) -> None:
    if not scene.absent:
        return
    claims = claims_of(scene)
    for absent in (c for c in claims if c.kind == "absent" and not c.objects):
        for there in (c for c in claims if c.kind == "exists"):
            if contradicts(absent, (scene.thing(there.things[0]),)):
                raise Conflict((there.sentence, absent.sentence))


def _refuse_circle(edges: Iterable[Edge], why: str) -> None:
    circle = shortest_circle(list(edges))
    if circle:
        raise Conflict(tuple(dict.fromkeys(sentence for _, _, sentence in circle)), f"Because {why}.")


def shortest_circle(edges: Sequence[Edge]) -> list[Edge]:
    """The shortest closed chain of edges, or nothing: breadth first from every edge's end back to its start."""
    leaving: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        leaving[edge[0]].append(edge)
    best: list[Edge] = []
    for edge in edges:
        chain = _path(edge[1], edge[0], leaving)
        if chain is not None and (not best or len(chain) + 1 < len(best)):
            best = [edge, *chain]
    return best


def _path(start: str, goal: str, leaving: dict[str, list[Edge]]) -> list[Edge] | None:
    came: dict[str, Edge | None] = {start: None}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == goal:
            return _walk_back(at, came)
        for edge in leaving.get(at, ()):
            if edge[1] not in came:
                came[edge[1]] = edge
                queue.append(edge[1])
    return None


def _walk_back(at: str, came: dict[str, Edge | None]) -> list[Edge]:
    chain: list[Edge] = []
    while (edge := came[at]) is not None:
        chain.append(edge)
        at = edge[0]
    return chain[::-1]


def minimal_set(claims: Sequence[Claim], satisfiable: Callable[[Sequence[Claim]], bool]) -> list[Claim]:
    """A set of claims that cannot be satisfied and of which every proper part can: by deletion, of halves first."""
    kept, size = list(claims), max(len(claims) // 2, 1)
    while size:
        for start in range(0, len(kept), size)[::-1]:
            rest = kept[:start] + kept[start + size:]
            if not satisfiable(rest):
                kept = rest
        size //= 2
    return kept
