"""Place a scene: boxes that satisfy every claim, moved as little as possible from hints where there are some."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from planner.claims import Claim, names_of
from planner.errors import Conflict
from planner.geometry import Rect, hull, iou, shared
from planner.implied import with_implied
from planner.margins import broken
from planner.overlap import COVERED, IOU
from planner.place.aims import aims_of, has_sides
from planner.place.conflicts import minimal_set, refuse_contradictions
from planner.place.depth import depth_order
from planner.place.parts import Family, Offsets, attached, families_of, sized
from planner.place.proportions import MODEST, Proportions, Sizes, natural_sizes, shrunk
from planner.place.reasons import why_moved
from planner.place.settle import Board
from planner.place.task import Task
from planner.place.teams import Team, fitted, offsets_of, room_of, teams_of
from planner.relations import TABLE
from planner.relations.aim import Aim, Body, Style
from planner.scene import Box, Canvas, Layout, Move, Placement, Scene
from planner.sizes import flies

ATTEMPTS = 30
FIRST_TURN = 3
"""The attempt from which on claims are satisfied in other ways than the nearest."""
BOLD = 4
"""The attempt from which on hinted sizes may change that no failing claim is about."""
PATIENCE = 3
"""Attempts spent on a layout with all the breathing room, once one that holds is found."""
ROOM = 0.08
_UNMOVED = 1e-9


def place(scene: Scene, hints: Mapping[str, Box] | None = None, *, seed: int = 0, canvas: Canvas | None = None,
          locked: Collection[str] = frozenset()) -> Layout:
    """A layout of `scene` on which all claims hold.

    `hints` are boxes by thing id (from a language model, a person, an earlier layout): they are kept where the claims
    allow it and moved as little as needed otherwise, which `Layout.moves` reports. Boxes of `locked` things never move.
    The same arguments give the same layout; another `seed` gives another composition.

    Raises `Conflict` with a minimal set of claims where they contradict each other.
    """
    task = Task(scene if hints else with_implied(scene), dict(hints or {}), canvas or Canvas(), frozenset(locked), seed)
    task.validate()
    if task.scene is scene:
        return _placed(task)
    try:
        return _placed(task).model_copy(update={"scene": scene})
    except Conflict:
        return _placed(replace(task, scene=scene))


def _placed(task: Task) -> Layout:
    """A layout on which all claims of the task hold."""
    if task.scene.things:
        refuse_contradictions(task.scene, task.claims)
    passable: Trial | None = None
    for attempt in range(ATTEMPTS):
        trial = Trial(task, task.claims, attempt)
        holds = trial.run()
        if holds and trial.settled:
            return trial.layout()
        passable = passable or (trial if holds else None)
        if passable and attempt >= passable.attempt + PATIENCE:
            break
    if passable:
        return passable.layout()
    if set(task.hints) > task.locked:
        return _afresh(task)
    raise _explain(task)


def _afresh(task: Task) -> Layout:
    """Place anew where nothing near the hints holds, keeping only what is locked."""
    kept = {id: box for id, box in task.hints.items() if id in task.locked}
    layout = place(task.scene, kept, seed=task.seed, canvas=task.canvas, locked=task.locked)
    why = "nothing close to the given boxes satisfies all claims"
    moves = tuple(Move(thing=id, before=box, after=layout.boxes[id], why=why)
                  for id, box in task.hints.items() if layout.boxes[id] != box)
    return layout.model_copy(update={"moves": moves})


def _explain(task: Task) -> Conflict:
    """Why no attempt succeeded: the smallest set of claims that fails by itself."""
    def satisfiable(claims: Sequence[Claim]) -> bool:
        return any(Trial(task, claims, attempt).run() for attempt in range(0, ATTEMPTS, 2))

    names = names_of(task.scene)
    boxes = tuple(f"the box of {names[id]} is locked" for id in sorted(task.locked))
    if not satisfiable(()):
        return Conflict(boxes or (f"there are {len(task.scene.things)} things",),
                        "They do not fit on the canvas without forbidden overlaps.")
    core = minimal_set([c for c in task.claims if TABLE[c.relation].arity != "words"], satisfiable)
    why = "No arrangement on this canvas satisfies all of them."
    return Conflict((*(claim.sentence for claim in core), *boxes), why)


@dataclass
class Trial:
    """One attempt at placing: later attempts use smaller things, less room and other ways to satisfy a claim."""

    task: Task
    claims: Sequence[Claim]
    attempt: int
    settled: bool = field(init=False, default=True)
    sizes: Sizes = field(init=False)
    families: list[Family] = field(init=False)
    teams: list[Team] = field(init=False)
    turns: dict[str, int] = field(init=False, default_factory=dict)
    board: Board = field(init=False)
    composed: dict[str, Rect] | None = field(init=False, default=None)

    def run(self) -> bool:
        """Place everything; say whether all claims hold."""
        if not self.task.ids:
            return True
        if self.attempt == 0 and self._holds_as_hinted():
            return True
        self.rng = self.task.random(self.attempt)
        self.turns = self._turns()
        self.room = (ROOM if not self.task.hints else 0.006) * 0.8 ** self.attempt
        self.sizes = self._sizes()
        self.board = self._board()
        self._grow()
        if self.task.hints:
            self._nudge()
        else:
            self.settled = self.board.settle(self._aims(self.claims), self.task.apart, self.room, 90)
            self._compose()
        return not self._failing()

    def _turns(self) -> dict[str, int]:
        """Which way to satisfy each claim that has several: after a few attempts all ways of two claims, in turn."""
        if self.attempt < FIRST_TURN:
            return {}
        count = self.attempt - FIRST_TURN + 1
        choices = [claim.id for claim in self.claims if has_sides(claim)]
        return {id: count // 4 ** k % 4 if k < 2 else self.rng.randrange(4) for k, id in enumerate(choices)}

    def _holds_as_hinted(self) -> bool:
        """Whether the hints are complete and need no change at all."""
        if self.task.ids and set(self.task.hints) == set(self.task.ids):
            self.composed = {id: self.task.hinted[id] for id in self.task.ids}
            if not self._failing():
                return True
            self.composed = None
        return False

    # sizes and bodies

    def _sizes(self) -> Sizes:
        task = self.task
        sizes = natural_sizes(task.scene, task.frame, self.rng)
        sizes |= {id: (rect.w, rect.h) for id, rect in task.hinted.items()}
        kept = task.locked | (task.content if self.attempt < BOLD else frozenset())
        sizes = shrunk(sizes, 0.9 ** min(self.attempt, 14), kept if self.attempt >= BOLD else frozenset(task.hints),
                       task.frame)
        stretch = self.attempt % 3 == 2
        self.families = families_of(self.claims, task) if self.attempt < FIRST_TURN or not self.attempt % 2 else []
        bent = Proportions(sized(self.families, sizes, self.claims, task), task.frame, kept, tight=bool(task.hints),
                           stretch=stretch, ease=self.attempt).bend(self.claims)
        return sized(self.families, bent, self.claims, task)

    def _board(self) -> Board:
        """One body for each team, one for each other thing; parts in their usual places go with their whole."""
        ids, index = self.task.ids, self.task.index
        body_of, offsets = [-1] * len(ids), [(0.0, 0.0)] * len(ids)
        mobility: list[float] = []
        parts = {id for _, members in self._attached() for id in members}
        self.teams = [team for team in teams_of(self.claims, self.task) if not parts & set(team.members)]
        for team in self.teams:
            room = room_of(team, self.sizes, self.task, self.room)
            self.sizes |= fitted(team, self.sizes, self.task, room)
            for id, offset in offsets_of(team, self.sizes, self.task, room).items():
                body_of[index[id]], offsets[index[id]] = len(mobility), offset
            mobility.append(1.0)
        self.sizes = sized(self.families, self.sizes, self.claims, self.task)
        families = self._attached()
        parts = {id for _, members in families for id in members}
        for k, id in enumerate(ids):
            if body_of[k] < 0 and id not in parts:
                body_of[k] = len(mobility)
                mobility.append(0.0 if id in self.task.locked else 0.4 if id in self.task.hints else 1.0)
        for whole, members in families:
            at, (x, y) = body_of[index[whole]], offsets[index[whole]]
            for id, (dx, dy) in members.items():
                body_of[index[id]], offsets[index[id]] = at, (x + dx, y + dy)
        return Board(self.task.frame, [self.sizes[id] for id in ids], body_of, offsets, mobility)

    def _attached(self) -> list[tuple[str, Offsets]]:
        """Each whole with the places of its parts, as large as both are now."""
        return [(f.whole, attached(f, self.sizes, self.claims, self.task)) for f in self.families]

    # starting positions

    def _grow(self) -> None:
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
        apart = [(i, j) for i, j in self.task.apart
                 if {board.body_of[i], board.body_of[j]} <= known and body in (board.body_of[i], board.body_of[j])]
        complete = [c for c in tied if self._bodies_of(c) <= known]
        board.settle(self._aims(complete), apart, self.room, 10)
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
        """The best of some random spots: far from what is there, on the ground unless it flies."""
        board, rng = self.board, self.rng
        left, right, top, bottom = board.bounds[body]
        members = [k for k, b in enumerate(board.body_of) if b == body]
        aloft = flies(self.task.scene.things[members[0]].noun)
        tied = any(self.task.ids[members[0]] in (*c.things, *c.objects) for c in self.claims)
        best, spot = -1e9, (0.0, 0.0)
        for _ in range(10 if there else 3):
            x = rng.triangular(left, right) if not there else rng.uniform(left, right)
            depth = rng.uniform(0.0, 0.4) if aloft else rng.triangular(0.35, 1.0, 0.85)
            y = top + (bottom - top) * (rng.uniform(0.35, 0.65) if tied else depth)
            score = min((self._clearance(body, b, x, y) for b in there), default=0.0)
            if score > best:
                best, spot = score, (x, y)
        return spot

    def _clearance(self, body: int, other: int, x: float, y: float) -> float:
        board = self.board
        w, h = self._extent(body)
        ow, oh = self._extent(other)
        return max(abs(x - board.x[other]) - (w + ow) / 2, abs(y - board.y[other]) - (h + oh) / 2)

    def _extent(self, body: int) -> tuple[float, float]:
        left, right, top, bottom = self.board.bounds[body]
        return max(self.task.frame.width - (right - left), 0.0), max(self.task.frame.height - (bottom - top), 0.0)

    # settling

    def _bodies(self) -> dict[str, Body]:
        return {id: Body(k, self.task.scene.things[k].noun, *self.board.at(k), *self.sizes[id])
                for k, id in enumerate(self.task.ids)}

    def _aims(self, claims: Sequence[Claim]) -> list[Aim]:
        bodies = self._bodies()
        aims: list[Aim] = []
        for claim in claims:
            aims += aims_of(claim, bodies, self.task.frame, Style(self.room, self.turns.get(claim.id, 0)))
        return [aim for aim in aims if not aim.nice] if self.attempt > 1 or self.task.hints else aims

    def _nudge(self) -> None:
        """Move hinted boxes only for what is violated: activate what fails, settle, look again."""
        active: dict[str, Claim] = {}
        apart: set[tuple[int, int]] = set()
        for _ in range(10):
            free = {k for k, id in enumerate(self.task.ids) if id not in self.task.hints}
            failing = {claim.id: claim for claim in self._failing_claims()}
            crowded = set(self._crowded())
            if not failing.keys() - active.keys() and not crowded - apart and not self._outside():
                return
            active |= failing
            apart |= crowded | {pair for pair in self.task.apart if free & set(pair)}
            self.board.settle(self._aims(list(active.values())), sorted(apart), self.room, 60)

    def _compose(self) -> None:
        """Bring the composition towards the middle of the canvas, low rather than high; enlarge it where that holds."""
        if self.task.locked or any(not c.objects and TABLE[c.relation].arity == "alone" for c in self.claims):
            return
        rects, frame = self.rects(), self.task.frame
        whole = hull(rects.values())
        largest = max(max(r.w, r.h) for r in rects.values())
        zoom = max(min(0.84 * frame.width / whole.w, 0.84 * frame.height / whole.h, 1.3, MODEST / largest), 1.0)
        for k in dict.fromkeys((zoom if len(rects) > 1 else 1.0, 1.0)):
            w, h = whole.w * k, whole.h * k
            low = 0.5 if any(flies(t.noun) for t in self.task.scene.things) else self.rng.uniform(0.5, 0.75)
            x = frame.width / 2 + self.rng.uniform(-0.3, 0.3) * max(frame.width - w, 0.0)
            y = h / 2 + low * (frame.height - h)
            self.composed = {id: Rect(x + (r.cx - whole.cx) * k, y + (r.cy - whole.cy) * k, r.w * k, r.h * k)
                             for id, r in rects.items()}
            if not self._failing():
                return

    # the verdict

    def rects(self) -> dict[str, Rect]:
        """Where things are now."""
        if self.composed is not None:
            return self.composed
        return {id: Rect(*self.board.at(k), *self.sizes[id]) for k, id in enumerate(self.task.ids)}

    def _failing(self) -> bool:
        return bool(self._failing_claims() or self._crowded() or self._outside() or self._too_small())

    def _failing_claims(self) -> list[Claim]:
        rects = self.rects()
        return [claim for claim in self.claims if broken(claim, rects, self.task.frame)]

    def _crowded(self) -> list[tuple[int, int]]:
        """Pairs that overlap more than they may."""
        rects = list(self.rects().values())
        found = []
        for i, j in self.task.apart:
            a, b = rects[i], rects[j]
            both = shared(a, b)
            if both and (both > COVERED * min(a.area, b.area) or iou(a, b) > IOU):
                found.append((i, j))
        return found

    def _too_small(self) -> bool:
        return any(self.task.unpaintable(r) for id, r in self.rects().items() if id not in self.task.locked)

    def _outside(self) -> bool:
        frame = self.task.frame
        return any(min(r.x0, r.y0, frame.width - r.x1, frame.height - r.y1) < -1e-7 for id, r in self.rects().items()
                   if id not in self.task.locked)

    def layout(self) -> Layout:
        """The result, with the moves of hinted boxes."""
        task = self.task
        if not task.ids:
            return Layout(scene=task.scene, canvas=task.canvas, seed=task.seed)
        rects = self.rects()
        depths = depth_order(task.claims, {id: rect.y1 for id, rect in rects.items()})
        boxes = {id: self._box(id, rect) for id, rect in rects.items()}
        placements = tuple(Placement(thing=id, box=box, depth=depths[id], locked=id in task.locked)
                           for id, box in boxes.items())
        return Layout(scene=task.scene, canvas=task.canvas, placements=placements, moves=self._moves(boxes),
                      seed=task.seed)

    def _box(self, id: str, rect: Rect) -> Box:
        """The box in fractions; a hint that did not move is given back as it came, to the last bit."""
        x, y = self.task.canvas.units
        box = Box.around(rect.cx / x, rect.cy / y, rect.w / x, rect.h / y)
        hint = self.task.hints.get(id)
        if hint and all(abs(p - q) < _UNMOVED for p, q in zip(hint.corners, box.corners, strict=True)):
            return hint
        return Box.of(max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, 1.0), min(box.y1, 1.0))

    def _moves(self, boxes: Mapping[str, Box]) -> tuple[Move, ...]:
        return tuple(Move(thing=id, before=hint, after=boxes[id], why=why_moved(id, self.claims, self.task))
                     for id, hint in self.task.hints.items() if boxes[id] != hint)
