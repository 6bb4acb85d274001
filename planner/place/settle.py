"""Move bodies until all aims hold: each violated inequality moves its two ends as little as possible, in turn.

A body is one thing, or several that keep their places relative to each other (an arrangement). Bodies of mobility zero
never move. Projecting in turn onto convex sets converges to a point in all of them where there is one; keeping things
apart is not convex, so the axis of least penetration is chosen anew in every sweep.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from planner.geometry import Frame
from planner.relations.aim import CANVAS, Aim

TOLERANCE = 2e-4
SKIN = 0.04
"""How close to touching two things are watched: others are looked at again once something went half as far."""
SIDEWAYS = 6.0
"""How much longer the way aside may be than the way up or down for two things that stand on one level."""
FEW = 200
"""Up to so many pairs all of them are watched."""
AIR = 0.4
"""Things are kept apart by at most this part of the smallest of their sides."""

_Row = tuple[int, int, float, float, float, float, float]
_Gap = tuple[int, int, float, float, float, float, float]


class Work:
    """How much may still be done, counted in inequalities looked at: the same on every machine, whatever the clock."""

    def __init__(self, units: int) -> None:
        self.left = units

    def spend(self, units: int) -> bool:
        """Whether there is any left to do this with."""
        self.left -= units
        return self.left > 0


class Board:
    """The state that is settled: positions of bodies, and what each thing adds to its body's position."""

    def __init__(self, frame: Frame, sizes: Sequence[tuple[float, float]], body_of: Sequence[int],
                 offsets: Sequence[tuple[float, float]], mobility: Sequence[float],
                 level: Collection[int] = (), margin: float = 0.0) -> None:
        self.frame = frame
        self.margin = margin
        self.sizes = sizes
        self.body_of = body_of
        self.offsets = offsets
        self.mobility = mobility
        self.level = frozenset(level)
        self.x = [0.0] * len(mobility)
        self.y = [0.0] * len(mobility)
        self.bounds = [self._bounds(b) for b in range(len(mobility))]

    def _bounds(self, body: int) -> tuple[float, float, float, float]:
        """The least and greatest position of a body with all of its things on the canvas."""
        members = [k for k, b in enumerate(self.body_of) if b == body]
        left = max((self.sizes[k][0] / 2 - self.offsets[k][0] for k in members), default=0.0)
        right = min((self.frame.width - self.sizes[k][0] / 2 - self.offsets[k][0] for k in members), default=0.0)
        top = max((self.sizes[k][1] / 2 - self.offsets[k][1] for k in members), default=0.0)
        bottom = min((self.frame.height - self.sizes[k][1] / 2 - self.offsets[k][1] for k in members), default=0.0)
        across, down = (min(self.margin, max(room, 0.0) / 2) for room in (right - left, bottom - top))
        return left + across, max(left, right) - across, top + down, max(top, bottom) - down

    def at(self, thing: int) -> tuple[float, float]:
        """The centre of a thing."""
        body, (ox, oy) = self.body_of[thing], self.offsets[thing]
        return self.x[body] + ox, self.y[body] + oy

    def settle(self, aims: Sequence[Aim], apart: Sequence[tuple[int, int]], room: float, sweeps: int,
               work: Work) -> bool:
        """Sweep until nothing is violated by more than the tolerance; say whether that was reached."""
        rows = self._compiled(aims)
        pairs = self._pairs(apart, room)
        close, since = self._close(pairs), (self.x[:], self.y[:])
        work.spend(len(pairs))
        for _ in range(sweeps):
            if not work.spend(len(rows) + len(close) + len(self.x)):
                return False
            worst = self._sweep(rows, close)
            if len(pairs) > FEW and self._strayed(since):
                work.spend(len(pairs))
                close, since = self._close(pairs), (self.x[:], self.y[:])
            elif worst < TOLERANCE:
                return True
        return False

    def _close(self, pairs: list[_Gap]) -> list[_Gap]:
        """The pairs that overlap or nearly do."""
        if len(pairs) <= FEW:
            return pairs
        x, y = zip(*(self.at(k) for k in range(len(self.sizes))), strict=True)
        return [pair for pair in pairs if abs(x[pair[1]] - x[pair[0]]) < pair[2] + SKIN
                and abs(y[pair[1]] - y[pair[0]]) < pair[3] + SKIN]

    def _strayed(self, since: tuple[list[float], list[float]]) -> bool:
        """Whether something went so far that pairs which were not close may be so now."""
        return any(abs(a - b) > SKIN / 2 for now, then in zip((self.x, self.y), since, strict=True)
                   for a, b in zip(now, then, strict=True))

    def _compiled(self, aims: Sequence[Aim]) -> list[_Row]:
        """Aims between bodies instead of things: i, j, ax, ay, c, and how far each end goes per unit of violation."""
        rows = []
        for i, j, ax, ay, c, _ in aims:
            bi, bj = self.body_of[i] if i != CANVAS else CANVAS, self.body_of[j]
            if bi == bj:
                continue
            oix, oiy = self.offsets[i] if i != CANVAS else (0.0, 0.0)
            ojx, ojy = self.offsets[j]
            mi, mj = self.mobility[bi] if i != CANVAS else 0.0, self.mobility[bj]
            weight = (mi + mj) * (ax * ax + ay * ay)
            if weight > 0:
                rows.append((bi, bj, ax, ay, c - ax * (ojx - oix) - ay * (ojy - oiy), mi / weight, mj / weight))
        return rows

    def _pairs(self, apart: Sequence[tuple[int, int]], room: float) -> list[_Gap]:
        """Things to keep apart: i, j, the distance along x and along y, how much of the way each end goes, and how much
        rather sideways: things on one level do not go over each other.
        """
        pairs = []
        for i, j in apart:
            mi, mj = self.mobility[self.body_of[i]], self.mobility[self.body_of[j]]
            if self.body_of[i] != self.body_of[j] and mi + mj > 0:
                (wi, hi), (wj, hj) = self.sizes[i], self.sizes[j]
                air = min(room, AIR * min(wi, hi, wj, hj))
                pairs.append((i, j, (wi + wj) / 2 + air, (hi + hj) / 2 + air, mi / (mi + mj), mj / (mi + mj),
                              SIDEWAYS if i in self.level and j in self.level else 1.0))
        return pairs

    def _sweep(self, rows: list[_Row], pairs: list[_Gap]) -> float:
        """One pass over everything; returns the largest violation met."""
        x, y, worst = self.x, self.y, 0.0
        for i, j, ax, ay, c, ri, rj in rows:
            lack = c - ax * (x[j] - x[i]) - ay * (y[j] - y[i]) if i >= 0 else c - ax * x[j] - ay * y[j]
            if lack > 0:
                worst = max(worst, lack)
                x[j] += lack * rj * ax
                y[j] += lack * rj * ay
                if i >= 0:
                    x[i] -= lack * ri * ax
                    y[i] -= lack * ri * ay
        return max(worst, self._part(pairs), self._contain())

    def _part(self, pairs: list[_Gap]) -> float:
        x, y, worst, body_of, offsets = self.x, self.y, 0.0, self.body_of, self.offsets
        for i, j, gx, gy, si, sj, sideways in pairs:
            bi, bj = body_of[i], body_of[j]
            dx = x[bj] + offsets[j][0] - x[bi] - offsets[i][0]
            px = gx - abs(dx)
            if px <= 0:
                continue
            dy = y[bj] + offsets[j][1] - y[bi] - offsets[i][1]
            py = gy - abs(dy)
            if py <= 0:
                continue
            worst = max(worst, min(px, py))
            if px < py * sideways:
                push = px if dx >= 0 else -px
                x[bi] -= push * si
                x[bj] += push * sj
            else:
                push = py if dy >= 0 else -py
                y[bi] -= push * si
                y[bj] += push * sj
        return worst

    def _contain(self) -> float:
        worst = 0.0
        for b, (left, right, top, bottom) in enumerate(self.bounds):
            if self.mobility[b] > 0:
                nx, ny = min(max(self.x[b], left), right), min(max(self.y[b], top), bottom)
                worst = max(worst, abs(nx - self.x[b]), abs(ny - self.y[b]))
                self.x[b], self.y[b] = nx, ny
        return worst
