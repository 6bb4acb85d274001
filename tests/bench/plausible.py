"""How likely sizes, heights, feet and overlaps of two kinds are by real boxes: of ours, GPT-4's and of real ones.

Counted on the training pairs of NSR-1K (738 of real photographs): by kind, how high, large and low it is beside others
(least squares with a ridge), and how much pairs overlap; the errors are Student's with four degrees of freedom, so that
one odd photograph counts little. Tested on the pairs of two kinds in its counting and spatial validation sets that the
training set knows. Figures are mean log-likelihoods a pair; higher is likelier.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from scenewright import ScenewrightError, plan

RIDGE = 2.0
FREEDOM = 4.0
BINS = (0.0, 1e-6, 0.05, 0.15, 0.3, 0.5)
VERTICAL = frozenset(("top", "bottom", "above", "below", "on", "under"))
"""Relations that say themselves how high things are: their feet are not compared."""


class Placed(NamedTuple):
    """A kind and its box, x0 y0 x1 y1 in fractions."""

    kind: str
    box: tuple[float, float, float, float]


Pair = tuple[Placed, Placed, bool]
"""Two of different kinds, and whether their feet may be compared."""
FEATURES = ("height", "size", "foot")


def measured(a: Placed, b: Placed) -> tuple[float, float, float]:
    """How much higher and larger (logarithms) and lower `a` is than `b`."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    height = math.log((ay1 - ay0) / (by1 - by0))
    return height, 0.5 * (height + math.log((ax1 - ax0) / (bx1 - bx0))), ay1 - by1


def overlap(a: Placed, b: Placed) -> int:
    """In which bin the share of the smaller one is that both cover."""
    w = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    h = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    areas = [(p.box[2] - p.box[0]) * (p.box[3] - p.box[1]) for p in (a, b)]
    share = max(w, 0.0) * max(h, 0.0) / min(areas)
    return sum(share > low for low in BINS)


class Model:
    """What the training pairs say of each kind."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.level: list[dict[str, float]] = []
        self.spread: list[float] = []
        for k in range(len(FEATURES)):
            some = [(a.kind, b.kind, measured(a, b)[k]) for a, b, flat in pairs if flat or k < 2]
            level = _levels(some)
            rest = [value - level[a] + level[b] for a, b, value in some]
            self.level.append(level)
            self.spread.append(math.sqrt(sum(v * v for v in rest) / len(rest) * (FREEDOM - 2) / FREEDOM))
        bins = Counter(overlap(a, b) for a, b, _ in pairs)
        self.overlap = {k: (bins[k] + 1) / (len(pairs) + len(BINS) + 1) for k in range(len(BINS) + 1)}

    def knows(self, pair: Pair) -> bool:
        """Whether both kinds were seen in training."""
        return all(placed.kind in self.level[0] for placed in pair[:2])

    def likelihoods(self, pair: Pair) -> dict[str, float]:
        """The logarithm of how likely each measure of a pair is."""
        a, b, flat = pair
        found = {}
        for k, value in enumerate(measured(a, b)):
            if flat or k < 2:
                level, spread = self.level[k], self.spread[k]
                rest = value - level.get(a.kind, 0.0) + level.get(b.kind, 0.0)
                found[FEATURES[k]] = _student(rest / spread, spread)
        return found | {"overlap": math.log(self.overlap[overlap(a, b)])}


def _student(z: float, spread: float) -> float:
    n = FREEDOM
    return (math.lgamma((n + 1) / 2) - math.lgamma(n / 2) - 0.5 * math.log(n * math.pi) - math.log(spread)
            - (n + 1) / 2 * math.log1p(z * z / n))


def _levels(pairs: Sequence[tuple[str, str, float]]) -> dict[str, float]:
    """By kind, the level whose differences fit the pairs best: coordinate descent on a ridge regression."""
    level: dict[str, float] = dict.fromkeys((kind for a, b, _ in pairs for kind in (a, b)), 0.0)
    about: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for a, b, value in pairs:
        about[a].append((b, value))
        about[b].append((a, -value))
    for _ in range(200):
        for kind, some in about.items():
            level[kind] = sum(value + level[other] for other, value in some) / (len(some) + RIDGE)
    return level


def _whole(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
    return x, y, x + w, y + h


def pairs_of(placed: Iterable[Placed], relation: str) -> Iterator[Pair]:
    """All pairs of two kinds, the kinds in alphabetical order."""
    for one, two in combinations(sorted(placed), 2):
        if one.kind != two.kind and min(_sides(one) + _sides(two)) > 0:
            yield one, two, relation not in VERTICAL


def _sides(placed: Placed) -> tuple[float, float]:
    return placed.box[2] - placed.box[0], placed.box[3] - placed.box[1]


def _real(item: Mapping[str, object]) -> list[Placed]:
    objects = item.get("object_list") or [item["obj1"], item["obj2"]]
    return [Placed(kind, _whole(*box)) for kind, box in objects]  # type: ignore[attr-defined]


def _ours(item: Mapping[str, object], wanted: set[str]) -> list[Placed]:
    try:
        layout = plan(str(item["prompt"]), planner="grammar")
    except ScenewrightError:
        return []
    named = {t.id: next((kind for kind in wanted if t.noun == kind or t.noun.endswith(f" {kind}")), "")
             for t in layout.scene.things}
    return [Placed(named[id], box.corners) for id, box in layout.boxes.items() if named[id]]


def table(folder: Path) -> dict[str, dict[str, float]]:
    """The mean log-likelihoods by whose layouts they are."""
    def load(name: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return found

    model = Model([pair for item in load("spatial.train") for pair in pairs_of(_real(item), str(item["relation"]))])
    tests = [*load("counting.val"), *load("spatial.val")]
    gpt4: dict[object, list[list[Placed]]] = defaultdict(list)
    for line in (*load("layoutgpt_gpt4.counting"), *load("layoutgpt_gpt4.spatial")):
        boxes = line["object_list"]
        gpt4[line["query_id"]].append([Placed(kind.replace("-", " "), tuple(box))
                                       for kind, box in boxes])  # type: ignore[attr-defined]
    sums: dict[str, dict[str, list[float]]] = {who: defaultdict(list) for who in ("ours", "GPT-4", "real")}
    for item in tests:
        relation, real = str(item.get("relation", "")), _real(item)
        if not any(model.knows(pair) for pair in pairs_of(real, relation)):
            continue
        everyone = {"real": [real], "GPT-4": gpt4[item["id"]], "ours": [_ours(item, {p.kind for p in real})]}
        for who, layouts in everyone.items():
            _add(sums[who], model, [list(pairs_of(placed, relation)) for placed in layouts])
    return {who: {name: sum(values) / len(values) for name, values in by.items()} | {"pairs": float(len(by["height"]))}
            for who, by in sums.items()}


def _add(sums: dict[str, list[float]], model: Model, layouts: Sequence[Sequence[Pair]]) -> None:
    """One value for each two kinds of an item, however many there are of each."""
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for pair in (pair for pairs in layouts for pair in pairs if model.knows(pair)):
        for name, value in model.likelihoods(pair).items():
            values[pair[0].kind, pair[1].kind, name].append(value)
    for (_, _, name), some in values.items():
        sums[name].append(sum(some) / len(some))
