"""What to try next when a picture fails: one remedy for every problem, from the table in `remedies`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grounding.settings import GUIDED, How
from grounding.verify.report import Finding, Problem, Report, Trouble
from planner.scene import Data
from scenewright.loop.remedies import ALL, NAMED, ROW, Fault, Remedied, Remedies, RemedyName

EVERYWHERE = frozenset(remedy.name for remedy in ALL if remedy.everywhere)


class Action(Data):
    """A remedy, the row that it comes from, and the problem that it is for."""

    remedy: RemedyName
    row: Fault
    problem: Problem

    @property
    def sentence(self) -> str:
        """What is done, and why."""
        return f"{NAMED[self.remedy].says}: {self.problem.sentence}"


def decide(report: Report, used: Mapping[str, int], can: Collection[str], remedies: Remedies | None = None,
           how: How = GUIDED) -> tuple[Action, ...]:
    """One remedy for every problem of a report; problems of one row get the same if it fits them.

    `used` counts how often a row was treated before, `can` is what there is to treat with here, `how` the way of
    painting so far. A row that is used up comes down to a new seed, and so does a report that fails without naming a
    problem. A wrong colour or place of a thing that is missing is not treated apart from the thing.
    """
    table = remedies or Remedies()
    problems = report.problems or [_again(finding) for finding in report.reserved]
    missing = {id for p in problems if p.kind == "missing" for id in p.things}
    treated = [p for p in problems if p.kind == "missing" or not missing & set(p.things)]
    if not treated:
        return (reseed("a claim fails, and nothing says where" if report.failing else "nothing could be told"),)
    here = {remedy for remedy in ALL if remedy.name in can}
    return tuple(
        Action(remedy=_next(table.row(ROW[p.kind]), used.get(ROW[p.kind], 0),
                            {remedy.name for remedy in here if remedy.fits(how, report, p)}),
               row=ROW[p.kind], problem=p) for p in treated)


def _again(finding: Finding) -> Problem:
    """What passes with a reserve is treated as if it failed."""
    kind: Trouble = "attribute" if finding.claim.kind == "attribute" else "missing"
    return Problem(kind=kind, sentence=finding.sentence, things=finding.claim.things, claims=(finding.claim.id,),
                   boxes=finding.evidence.boxes)


def told(actions: Sequence[Action]) -> str:
    """What is done, each remedy once, with all that it is for."""
    reasons: dict[str, list[str]] = {}
    for action in actions:
        reasons.setdefault(action.remedy, []).append(action.problem.sentence)
    return "; ".join(f"{NAMED[remedy].says} ({', '.join(dict.fromkeys(why))})" for remedy, why in reasons.items())


def reseed(why: str) -> Action:
    """A new seed for want of anything better."""
    return Action(remedy="reseed", row="whole", problem=Problem(kind="whole", sentence=why))


def _next(row: Remedied, times: int, can: Collection[str]) -> str:
    possible = [remedy for remedy in row if remedy in can]
    return possible[times] if times < len(possible) else "reseed"


def rank(report: Report) -> tuple[float, float]:
    """For choosing the best of several: the share of claims that hold (half for those nobody can tell), then how
    clearly they do on average, from −1 to 1."""
    worth = {"holds": 1.0, "cannot tell": 0.5, "fails": 0.0}
    shares = [worth[f.ruling] for f in report.findings]
    margins = [_margin(f) for f in report.findings if f.score is not None and f.threshold is not None]
    return _mean(shares, 0.5), _mean(margins, 0.0)


def _margin(finding: Finding) -> float:
    margin = (finding.score or 0.0) - (finding.threshold or 0.0)
    return max(-1.0, min(1.0, abs(margin) if finding.ruling == "holds" else -abs(margin)))


def _mean(values: Sequence[float], empty: float) -> float:
    return sum(values) / len(values) if values else empty
