"""Where bodies start: hinted ones where they are, the others one by one near what they are tied to."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from planner.claims import Claim
from planner.place.settle import Board
from planner.place.task import Task
from planner.relations.aim import Aim
from planner.sizes import flies


@dataclass
class Start:
    """The bodies of a board on their way onto it."""

    task: Task
    claims: Sequence[Claim]
    board: Board
    room: float
    rng: random.Random
    aims: Callable[[Sequence[Claim]], list[Aim]]
    standing: Collection[str]

    def grow(self) -> None:
        """Put bodies on the board one by one: hinted ones where they are, others by the claims that tie them."""
        board, there = self.board, set[int]()
        for k, id in enumerate(self.task.ids):
            if id in self.task.hints and board.body_of[k] not in there:
                rect = self.task.hinted[id]
                board.x[board.body_of[k]] = rect.cx - board.offsets[k][0]
                board.y[board.body_of[k]] = rect.cy - board.offsets[k][1]
                there.add(board.body_of[k])
        links = self._links()
        while len(there) < len(board.mobility):
            body, tied = self._next(there, links)
            self._enter(body, there, tied)
            there.add(body)

    def _links(self) -> list[tuple[set[int], Claim]]:
        return [(self._bodies_of(claim), claim) for claim in self.claims if claim.objects]

    def _bodies_of(self, claim: Claim) -> set[int]:
        return {self.board.body_of[self.task.index[id]] for id in (*claim.things, *claim.objects)}

    def _next(self, there: set[int], links: list[tuple[set[int], Claim]]) -> tuple[int, list[Claim]]:
        """The body to enter next: one tied to what is there, else the most tied, and the claims that tie it."""
        ties: dict[int, list[Claim]] = {}
        for ends, claim in links:
            for body in ends - there if ends & there else ():
                ties.setdefault(body, []).append(claim)
        if ties:
            body = min(ties, key=lambda b: (-len(ties[b]), b))
            return body, ties[body]
        degree = {b: sum(b in ends for ends, _ in links) for b in range(len(self.board.mobility)) if b not in there}
        return min(degree, key=lambda b: (-degree[b], b)), []

    def _enter(self, body: int, there: set[int], tied: list[Claim]) -> None:
        """Start near the neighbours and let only this body move until its claims towards them hold."""
        board, rng = self.board, self.rng
        self._start(body, there, tied)
        if not tied:
            return
        mobility, board.mobility = board.mobility, [float(b == body) for b in range(len(board.mobility))]
        known = there | {body}
        apart = [(i, j) for i, j in self._apart[body] if board.body_of[i] in known and board.body_of[j] in known]
        complete = [c for c in tied if self._bodies_of(c) <= known]
        board.settle(self.aims(complete), apart, self.room, 10, self.task.work)
        board.mobility = mobility
        board.x[body] += rng.uniform(-0.01, 0.01)

    def _start(self, body: int, there: set[int], tied: list[Claim]) -> None:
        board, rng = self.board, self.rng
        left, right, top, bottom = board.bounds[body]
        anchors = sorted(set().union(*(self._bodies_of(c) for c in tied)) & there)
        if anchors:
            x = sum(board.x[b] for b in anchors) / len(anchors) + rng.uniform(-0.1, 0.1)
            y = sum(board.y[b] for b in anchors) / len(anchors) + rng.uniform(-0.06, 0.06)
        else:
            x, y = self._open_spot(body, there)
        board.x[body], board.y[body] = min(max(x, left), right), min(max(y, top), bottom)

    def _open_spot(self, body: int, there: set[int]) -> tuple[float, float]:
        """The best of some random spots: far from what is there, on the ground if it stands, above if it flies."""
        board, rng = self.board, self.rng
        left, right, top, bottom = board.bounds[body]
        members = [k for k, b in enumerate(board.body_of) if b == body]
        aloft = flies(self.task.scene.things[members[0]].noun)
        id = self.task.ids[members[0]]
        tied = any(id in (*c.things, *c.objects) for c in self.claims)
        best, spot = -1e9, (0.0, 0.0)
        self.task.work.spend(10 * len(there))
        for _ in range(10 if there else 3):
            x = rng.triangular(left, right) if not there else rng.uniform(left, right)
            depth = self._depth(aloft)
            y = top + (bottom - top) * (rng.uniform(0.35, 0.65) if tied and id not in self.standing else depth)
            score = min((self._clearance(body, b, x, y) for b in there), default=0.0)
            if score > best:
                best, spot = score, (x, y)
        return spot

    def _depth(self, aloft: bool) -> float:
        """How far down something stands or flies: 0 at the top."""
        if aloft:
            return self.rng.uniform(0.0, 0.4)
        return self.rng.uniform(0.75, 1.0) if self.task.legible.ground else self.rng.triangular(0.35, 1.0, 0.85)

    @cached_property
    def _apart(self) -> list[list[tuple[int, int]]]:
        """By body, the pairs that keep it apart from others."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.board.mobility]
        for i, j in self.task.apart:
            for body in {self.board.body_of[i], self.board.body_of[j]}:
                found[body].append((i, j))
        return found

    def _clearance(self, body: int, other: int, x: float, y: float) -> float:
        board = self.board
        w, h = self._extents[body]
        ow, oh = self._extents[other]
        return max(abs(x - board.x[other]) - (w + ow) / 2, abs(y - board.y[other]) - (h + oh) / 2)

    @cached_property
    def _extents(self) -> list[tuple[float, float]]:
        """Width and height by body."""
        frame = self.task.frame
        return [(max(frame.width - (right - left), 0.0), max(frame.height - (bottom - top), 0.0))
                for left, right, top, bottom in self.board.bounds]
