"""How large each thing becomes: natural sizes, zoomed to fill the canvas, bent by what the claims say of size."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from planner.claims import Claim
from planner.geometry import Frame
from planner.place.aims import aimed
from planner.place.legibility import Legibility
from planner.relations import TABLE
from planner.relations.row import Alike, Alone, Fitting, Ratio
from planner.scene import Relation, Scene
from planner.sizes import FAR_SIZE, factor, natural, piled

Sizes = dict[str, tuple[float, float]]

_FILLED = {1: 0.2, 2: 0.26, 3: 0.3, 4: 0.34}
_MOST_FILLED = 0.38
_EVEN, _EVENEST = {1: 0.0, 2: 0.0, 3: 0.5}, 1.0
"""How far natural sizes are drawn together of what legibility asks for, by how many things share the canvas: in a crowd
the small ones need the canvas that the large ones can spare."""
_READABLE_SHARE = 0.34
"""What share of the canvas all may fill at the size from which on they shrink only slowly."""
_SMALL_WORD, _LARGE_WORD = 0.7, 1.3
"""Which factors of size words say that a thing is small, or large, in the picture."""
LEAST_SIDE = 0.035
LEAST_AREA = 0.0024


def natural_sizes(scene: Scene, frame: Frame, rng: random.Random, legible: Legibility) -> Sizes:
    """Natural sizes, all zoomed by one factor so that together they fill a fair share of the canvas."""
    nested = _nested(scene)
    holders = frozenset(id for relation in scene.relations if relation.kind == "on" or _nests(relation)
                        for id in (*relation.subjects, *relation.objects))
    sizes = _evened({thing.id: _seen(thing.noun, legible) for thing in scene.things}, holders | nested, legible)
    stacked = {id for relation in scene.relations if relation.kind == "stack" for id in relation.subjects}
    sizes |= {t.id: piled(t.noun, sizes[t.id]) for t in scene.things if t.id in stacked}
    total = sum(w * h for id, (w, h) in sizes.items() if id not in nested) or 1.0
    filled = _FILLED.get(len(sizes) - len(nested), _MOST_FILLED) * legible.filled * frame.width * frame.height
    zoom = math.sqrt(filled / total) * rng.uniform(0.93, 1.05)
    readable = min(legible.readable, math.sqrt(_READABLE_SHARE / max(len(sizes) - len(nested), 1)))
    lively = {group: rng.uniform(0.98, 1.02) for group in sorted({t.group or t.id for t in scene.things})}
    for thing in scene.things:
        told = factor(thing.attributes)
        k = zoom * told * lively[thing.group or thing.id] * rng.uniform(0.99, 1.01)
        w, h = sizes[thing.id]
        k *= _fair(max(w, h) * k, told, readable, legible) if thing.id not in holders else 1.0
        sizes[thing.id] = w * k, h * k
    return sizes


def _seen(noun: str, legible: Legibility) -> tuple[float, float]:
    """How large a thing is drawn beside one of a metre; what is huge is seen from further away."""
    w, h = natural(noun).wh
    reach = max(w, h)
    seen = reach if reach < FAR_SIZE else math.sqrt(reach * FAR_SIZE)
    return w / reach * seen ** legible.scale, h / reach * seen ** legible.scale


def _fair(side: float, told: float, readable: float, legible: Legibility) -> float:
    """What makes a longer side that would fill the picture one that leaves room around it, and one that would be lost
    in it one that can be made out, both in the same order; and what is told to be small or large is so in the picture.
    """
    if told < _SMALL_WORD:
        fair = min(side, readable)
    elif told > _LARGE_WORD:
        fair = max(side, legible.modest * min(1.0, readable / legible.readable))
    else:
        fair = side
    if fair < readable:
        fair = readable * (fair / readable) ** (1 / 3)
    return min(fair, legible.modest + (fair - legible.modest) / 4) / side


def _evened(sizes: Sizes, kept: frozenset[str], legible: Legibility) -> Sizes:
    """The sizes drawn towards their mean, but for those `kept`, whose proportions mean something."""
    free = {id: max(wh) for id, wh in sizes.items() if id not in kept}
    if not free:
        return sizes
    mean = math.exp(sum(map(math.log, free.values())) / len(free))
    share = _EVEN.get(len(free), _EVENEST) * legible.even
    factors = {id: (mean / reach) ** share for id, reach in free.items()}
    return {id: (w * factors.get(id, 1.0), h * factors.get(id, 1.0)) for id, (w, h) in sizes.items()}


def _nested(scene: Scene) -> frozenset[str]:
    """Things that lie on or within others and take no room of their own."""
    found = {thing.id for thing in scene.things if thing.part_of}
    for relation in scene.relations:
        if _nests(relation):
            found |= set(relation.subjects if TABLE[relation.kind].guest == "subject" else relation.objects)
    return frozenset(found)


def _nests(relation: Relation) -> bool:
    row = TABLE[relation.kind]
    return bool(row.guest) and row.grip != "atop"


class Proportions:
    """Sizes under revision. Fixed things keep theirs; `tight` changes no more than the tests demand.

    `ease` is how far containers and seats may grow for what they hold, and how loosely they are filled. `stretch` lets
    a demand on the width or height change only that side: natural shapes give way to what is claimed.
    """

    def __init__(self, sizes: Sizes, frame: Frame, fixed: frozenset[str], *, tight: bool, stretch: bool,
                 ease: int) -> None:
        self.stretch = stretch
        self.tight = tight
        self.sizes = dict(sizes)
        self.frame = frame
        self.fixed = fixed
        self.slack = 1.02 if tight or stretch else 1.25
        self.growth = 1.12 + 0.06 * ease
        self.filling = max(1.0 - 0.04 * ease, 0.65)
        self.excess = 1.02 if tight or stretch else 1.8

    def bend(self, claims: Sequence[Claim]) -> Sizes:
        """Satisfy what the claims say of size; some rounds let chains settle."""
        for _ in range(12 if self.stretch else 3):
            self._limit(claims)
            self._attach(claims)
            self._contain(claims)
            self._seat(claims)
            for claim in claims:
                self._apply(claim)
        self._limit(claims)
        return self.sizes

    def _limit(self, claims: Sequence[Claim]) -> None:
        for id, (w, h) in self.sizes.items():
            self._scale(id, min(1.0, 0.94 * self.frame.width / w, 0.94 * self.frame.height / h))
            self._scale(id, growth(*self.sizes[id], self.frame))
        for claim in claims:
            row = TABLE[claim.relation]
            if isinstance(row, Alone):
                w, h = self.sizes[claim.things[0]]
                most = row.most
                self._scale(claim.things[0], min(1.0, most * self.frame.width / w, most * self.frame.height / h))

    def _apply(self, claim: Claim) -> None:
        a, b = claim.things[0], claim.objects[0] if claim.objects else claim.things[0]
        for demand in aimed(claim).sizes:
            if isinstance(demand, Ratio):
                need = 1 + (demand.least - 1) * self.excess if demand.eager else demand.least
                self._ratio(*((b, a) if demand.turned else (a, b)), demand.measure, need)
            elif isinstance(demand, Alike):
                self._ratio(a, b, "area", 1 / demand.within * self.slack)
                self._ratio(b, a, "area", 1 / demand.within * self.slack)
            elif isinstance(demand, Fitting):
                self._fit(b, a, demand.share)

    def _ratio(self, a: str, b: str, measure: str, need: float) -> None:
        """Make `a` at least `need` times `b`, each going half of the way where both may change."""
        have = _MEASURE[measure](*self.sizes[a]) / _MEASURE[measure](*self.sizes[b])
        if have >= need:
            return
        k = need / have if measure != "area" else math.sqrt(need / have)
        if a not in self.fixed and b not in self.fixed:
            k = math.sqrt(k)
        self._resize(a, k, measure)
        self._resize(b, 1 / k, measure)

    def _resize(self, id: str, k: float, measure: str) -> None:
        if not self.stretch or measure == "area" or id in self.fixed:
            self._scale(id, k)
        else:
            w, h = self.sizes[id]
            self.sizes[id] = (w * k, h) if measure == "w" else (w, h * k)

    def _fit(self, inner: str, outer: str, share: float) -> None:
        (w, h), (W, H) = self.sizes[inner], self.sizes[outer]
        over = max(w / (share * W), h / (share * H))
        if over > 1:
            self._scale(inner, 1 / over)

    def _attach(self, claims: Sequence[Claim]) -> None:
        """Parts of one whole share it, none larger than half of it."""
        parts: dict[str, list[str]] = defaultdict(list)
        for claim in claims:
            if claim.relation == "part_of" and not claim.negated:
                parts[claim.objects[0]].append(claim.things[0])
        whole_of = {part: whole for whole, some in parts.items() for part in some}
        for claim in claims:
            wholes = {whole_of.get(b, "") for b in claim.objects} if TABLE[claim.relation].arity == "ring" else ()
            for whole in wholes if len(wholes) == 1 and "" not in wholes else ():
                self._fit(claim.things[0], whole, 0.4)
        for whole, some in parts.items():
            share = 0.9 if self.tight else min(0.45, 1.0 / math.ceil(math.sqrt(len(some))) * 0.8 * self.filling)
            for part in some:
                self._fit(part, whole, share)

    def _contain(self, claims: Sequence[Claim]) -> None:
        """Contents share their container, which grows a little where it may."""
        contents: dict[str, list[str]] = defaultdict(list)
        for claim in claims:
            if _contains(claim) and not claim.negated:
                contents[claim.objects[0]] += [id for id in claim.things if id not in contents[claim.objects[0]]]
        for outer, inner in contents.items():
            columns = math.ceil(math.sqrt(len(inner)))
            share = (0.8 if len(inner) > 1 else 0.75) / columns * self.filling
            widest = max(max(self.sizes[i][0] / self.sizes[outer][0], self.sizes[i][1] / self.sizes[outer][1])
                         for i in inner)
            if widest > share:
                reach = max(self.sizes[outer][0] / self.frame.width, self.sizes[outer][1] / self.frame.height)
                self._scale(outer, min(widest / share, max(1.0, 0.6 / reach), self.growth))
            for i in inner:
                self._fit(i, outer, share)

    def _seat(self, claims: Sequence[Claim]) -> None:
        """What stands on or under one thing stands side by side there; a seat may become nearly as wide as the
        canvas, a shelter leaves room below it.
        """
        seated: dict[tuple[str, float], list[str]] = defaultdict(list)
        for claim in claims:
            widest = TABLE[claim.relation].seat
            if widest and not claim.negated and not claim.lying:
                for seat in claim.objects if claim.piled else claim.objects[:1]:
                    seated[seat, widest].append(claim.things[0])
                if claim.relation == "on" and len(claim.objects) > 1:
                    self._ratio(claim.objects[0], claim.things[0], "w", 0.95)
        within = {id for claim in claims if _contains(claim) and not claim.negated for id in claim.things}
        for (seat, widest), guests in seated.items():
            if len(guests) > 1:
                self._widen(seat, guests, widest, self._scale if seat in within else self._spread)

    def _widen(self, seat: str, guests: Sequence[str], widest: float, grow: Callable[[str, float], None]) -> None:
        """Let a seat grow for its guests, and the guests shrink where it may not grow enough."""
        need = sum(self.sizes[g][0] for g in guests) * 1.12
        have = self.sizes[seat][0] * 1.1
        if need > have:
            w, h = self.sizes[seat][0] / self.frame.width, self.sizes[seat][1] / self.frame.height
            grow(seat, min(need / have, max(1.0, min(widest / w, (0.8 / h) ** 2))))
            have = self.sizes[seat][0] * 1.1
            for g in guests:
                self._scale(g, min(1.0, have / need))

    def _spread(self, id: str, k: float) -> None:
        """Widen more than heighten: a long table is hardly higher than a short one. (What lies in something else keeps
        its shape, or it would no longer fit.)
        """
        if id not in self.fixed:
            w, h = self.sizes[id]
            self.sizes[id] = w * k, h * math.sqrt(k)

    def _scale(self, id: str, k: float) -> None:
        if k != 1.0 and id not in self.fixed:
            w, h = self.sizes[id]
            self.sizes[id] = w * k, h * k


_MEASURE = {"area": lambda w, h: w * h, "w": lambda w, h: w, "h": lambda w, h: h}


def _contains(claim: Claim) -> bool:
    """Whether it puts things within one other."""
    return claim.relation == "in" or claim.lying or (TABLE[claim.relation].arity == "ring" and len(claim.objects) == 1)


def growth(w: float, h: float, frame: Frame) -> float:
    """The factor that makes a size paintable on this canvas."""
    longer = max(frame.width, frame.height)
    return max(1.0, LEAST_SIDE * longer / min(w, h), math.sqrt(LEAST_AREA * frame.width * frame.height / (w * h)))


def paintable(w: float, h: float, frame: Frame) -> tuple[float, float]:
    """This size, or the smallest of its shape that can be painted."""
    k = growth(w, h, frame)
    return w * k, h * k


def shrunk(sizes: Mapping[str, tuple[float, float]], by: float, fixed: frozenset[str], frame: Frame) -> Sizes:
    """All sizes but the fixed ones, smaller by one factor, as long as they stay paintable."""
    small: Sizes = {}
    for id, (w, h) in sizes.items():
        k = 1.0 if id in fixed else by * growth(w * by, h * by, frame)
        small[id] = w * k, h * k
    return small
