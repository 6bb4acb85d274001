"""One attempt at placing a scene: sizes, bodies, a start, settling, and whether all claims hold on the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from planner.claims import Claim
from planner.geometry import Rect, hull, iou, shared
from planner.margins import broken
from planner.overlap import COVERED, IOU
from planner.place.aims import aims_of, has_sides
from planner.place.depth import depth_order
from planner.place.parts import Family, Offsets, attached, families_of, sized
from planner.place.proportions import Proportions, Sizes, natural_sizes, shrunk
from planner.place.reasons import why_moved
from planner.place.settle import Board
from planner.place.stage import Guess, guessed
from planner.place.start import Start
from planner.place.task import MOST_WORK, Task
from planner.place.teams import Team, fitted, offsets_of, room_of, teams_of
from planner.place.world import aloft, crowding, grounded, world_aims
from planner.relations import TABLE
from planner.relations.aim import Aim, Body, Style
from planner.scene import Box, Layout, Move, Placement

FIRST_TURN = 3
"""The attempt from which on claims are satisfied in other ways than the nearest."""
BOLD = 4
"""The attempt from which on hinted sizes may change that no failing claim is about."""
ROOM = 0.08
ENOUGH = 0.8
"""Which part of the work has to be left for a guess to be tried once more."""
_UNMOVED = 1e-9


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
    standing: frozenset[str] = field(init=False, default=frozenset())
    flying: frozenset[str] = field(init=False, default=frozenset())
    composed: dict[str, Rect] | None = field(init=False, default=None)

    def run(self) -> bool:
        """Place everything; say whether all claims hold."""
        if not self.task.ids:
            return True
        if self.attempt == 0 and (self._holds_as_hinted() or self._holds_as_guessed()):
            return True
        self.rng = self.task.random(self.attempt)
        self.turns = self._turns()
        self.standing, self.flying = frozenset(), frozenset()
        if self.task.legible.ground:
            self.standing, self.flying = grounded(self.task.scene, self.claims), aloft(self.task.scene, self.claims)
        self.room = (ROOM if not self.task.hints else 0.006) * 0.8 ** self.attempt
        self.sizes = self._sizes()
        self.board = self._board()
        Start(self.task, self.claims, self.board, self.room, self.rng, self._aims, self.standing).grow()
        if self.task.hints:
            self._nudge()
        else:
            self.settled = self.board.settle(self._aims(self.claims), self.task.apart, self.room, 90, self.task.work)
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

    def _holds_as_guessed(self) -> bool:
        """Whether the world's suggestion holds as it is, or when what stands apart is moved a little."""
        if self.task.hints or not self.task.legible.ground:
            return False
        for smaller in (1.0, 0.85):
            guess = guessed(self.task.scene, self.claims, self.task.frame, f"{self.task.seed}|{self.task.scene.prompt}",
                            smaller)
            for rigid in (True, False):
                if self.task.work.left < ENOUGH * MOST_WORK:
                    return False
                self.board = self._staged(guess, rigid)
                self._nudge()
                if not self._failing():
                    return True
        return False

    def _staged(self, guess: Guess, rigid: bool) -> Board:
        """A board on which things are as guessed, and those of one tree go together if they are to be `rigid`."""
        ids = self.task.ids
        self.sizes = {id: (guess.rects[id].w, guess.rects[id].h) for id in ids}
        self.room, self.rng = 0.006, self.task.random(0)
        first: dict[int, int] = {}
        body_of, offsets, heads = list[int](), list[tuple[float, float]](), list[Rect]()
        for k, id in enumerate(ids):
            rect = guess.rects[id]
            body = first.setdefault(guess.root_of[id] if rigid else k, len(heads))
            if body == len(heads):
                heads.append(rect)
            body_of.append(body)
            offsets.append((rect.cx - heads[body].cx, rect.cy - heads[body].cy))
        level = {self.task.index[id] for id in guess.standing}
        board = Board(self.task.frame, [self.sizes[id] for id in ids], body_of, offsets, [1.0] * len(heads), level,
                      margin=0.015)
        board.x, board.y = [r.cx for r in heads], [r.cy for r in heads]
        return board

    # sizes and bodies

    def _sizes(self) -> Sizes:
        task = self.task
        scale = task.legible.scale * 0.85 ** max(self.attempt - 2, 0)
        sizes = natural_sizes(task.scene, task.frame, self.rng, replace(task.legible, scale=scale))
        sizes = shrunk(sizes, self._ranked(sizes), frozenset(), task.frame)
        sizes |= {id: (rect.w, rect.h) for id, rect in task.hinted.items()}
        kept = task.locked | (task.content if self.attempt < BOLD else frozenset())
        sizes = shrunk(sizes, 0.9 ** min(self.attempt, 14), kept if self.attempt >= BOLD else frozenset(task.hints),
                       task.frame)
        stretch = self.attempt % 3 == 2
        self.families = families_of(self.claims, task) if self.attempt < FIRST_TURN or not self.attempt % 2 else []
        bent = Proportions(sized(self.families, sizes, self.claims, task), task.frame, kept, tight=bool(task.hints),
                           stretch=stretch, ease=self.attempt).bend(self.claims)
        return sized(self.families, bent, self.claims, task)

    def _ranked(self, sizes: Sizes) -> float:
        """What makes those who stand small enough to stand in few ranks."""
        wide = sum(sizes[id][0] for id in self.standing)
        return float(min(1.0, self.task.legible.ranks * self.task.frame.width / max(wide, 1e-9)) ** 0.7)

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
        return Board(self.task.frame, [self.sizes[id] for id in ids], body_of, offsets, mobility, self._level())

    def _level(self) -> set[int]:
        """Those who stand on one level and do not go over each other: all, unless they are too many for it."""
        crowd = crowding([self.sizes[id][0] for id in self.standing], self.task.frame)
        return {self.task.index[id] for id in self.standing} if self.attempt < 2 and crowd < 0.5 else set()

    def _attached(self) -> list[tuple[str, Offsets]]:
        """Each whole with the places of its parts, as large as both are now."""
        return [(f.whole, attached(f, self.sizes, self.claims, self.task)) for f in self.families]

    # settling

    def _bodies(self) -> dict[str, Body]:
        return {id: Body(k, self.task.scene.things[k].noun, *self.board.at(k), *self.sizes[id])
                for k, id in enumerate(self.task.ids)}

    def _aims(self, claims: Sequence[Claim]) -> list[Aim]:
        bodies = self._bodies()
        aims: list[Aim] = []
        for claim in claims:
            touch = any(frozenset((a, b)) in self.task.touching for a in claim.things for b in claim.objects)
            aims += aims_of(claim, bodies, self.task.frame, Style(self.room, self.turns.get(claim.id, 0), touch))
        if self.attempt > 1 or self.task.hints:
            return [aim for aim in aims if not aim.nice]
        return [*world_aims(bodies, self.standing, self.flying, self.task.frame), *aims]

    def _nudge(self) -> None:
        """Move hinted boxes only for what is violated: activate what fails, settle, look again."""
        active: dict[str, Claim] = {}
        apart: set[tuple[int, int]] = set()
        free = {k for k, id in enumerate(self.task.ids) if self.task.hints and id not in self.task.hints}
        for _ in range(10):
            failing = {claim.id: claim for claim in self.failing_claims()}
            crowded = set(self._crowded())
            if self.task.work.left < 0 or not (failing.keys() - active.keys() or crowded - apart or self._outside()):
                return
            active |= failing
            apart |= crowded | {pair for pair in self.task.apart if free & set(pair)}
            self.board.settle(self._aims(list(active.values())), sorted(apart), self.room, 60, self.task.work)

    def _compose(self) -> None:
        """Bring the composition towards the middle of the canvas, low rather than high; enlarge it where that holds."""
        if self.task.locked or any(not c.objects and TABLE[c.relation].arity == "alone" for c in self.claims):
            return
        rects, frame = self.rects(), self.task.frame
        whole = hull(rects.values())
        largest = max(max(r.w, r.h) for r in rects.values())
        zoom = min(0.84 * frame.width / whole.w, 0.84 * frame.height / whole.h, 1.3, self.task.legible.modest / largest)
        zoom = max(zoom, 1.0)
        for k in dict.fromkeys((zoom if len(rects) > 1 else 1.0, 1.0)):
            w, h = whole.w * k, whole.h * k
            x = frame.width / 2 + self.rng.uniform(-0.3, 0.3) * max(frame.width - w, 0.0)
            y = min(max(self._ground(rects, k), 0.51 * h + 0.02), frame.height - 0.51 * h)
            self.composed = {id: Rect(x + (r.cx - whole.cx) * k, y + (r.cy - whole.cy) * k, r.w * k, r.h * k)
                             for id, r in rects.items()}
            if not self._failing():
                return

    def _ground(self, rects: Mapping[str, Rect], zoom: float) -> float:
        """Where the middle of the whole is after zooming: what stands stays on the ground that it stands on."""
        whole = hull(rects.values())
        feet = [rects[id].y1 for id in self.standing]
        if not feet:
            return whole.h * zoom / 2 + self.rng.uniform(0.45, 0.6) * (self.task.frame.height - whole.h * zoom)
        ground = max(feet)
        return ground + (whole.cy - ground) * zoom

    # the verdict

    def rects(self) -> dict[str, Rect]:
        """Where things are now."""
        if self.composed is not None:
            return self.composed
        return {id: Rect(*self.board.at(k), *self.sizes[id]) for k, id in enumerate(self.task.ids)}

    def _failing(self) -> bool:
        return bool(self.failing_claims() or self._crowded() or self._outside() or self._too_small())

    def failing_claims(self) -> list[Claim]:
        """What does not hold where things are now."""
        rects = self.rects()
        return [claim for claim in self.claims if broken(claim, rects, self.task.frame)]

    def _crowded(self) -> list[tuple[int, int]]:
        """Pairs that overlap more than they may."""
        rects = list(self.rects().values())
        sides = [(r.x0, r.y0, r.x1, r.y1) for r in rects]
        self.task.work.spend(4 * len(self.task.apart))
        found = []
        for i, j in self.task.apart:
            (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = sides[i], sides[j]
            if ax0 < bx1 and bx0 < ax1 and ay0 < by1 and by0 < ay1:
                a, b = rects[i], rects[j]
                if shared(a, b) > COVERED * min(a.area, b.area) or iou(a, b) > IOU:
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
