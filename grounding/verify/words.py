"""How findings are put into words: places on the picture, names that tell like things apart, problems to repair."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from grounding.verify.look import noun_key
from grounding.verify.report import BY_OCCLUSION, Finding, Match, Overall, Problem, Surplus, Trouble
from planner.claims import names_of
from planner.read.grammar.plurals import plural
from planner.scene import Box, Layout, Scene, Thing

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
DRIFTED = 0.3
"""IoU with the plan below which a thing counts as displaced."""


def place(box: Box) -> str:
    """Where a box is: one of nine places ("the top left", "the left", "the middle", "the bottom")."""
    across = "left" if box.cx < 1 / 3 else "right" if box.cx > 2 / 3 else ""
    down = "top" if box.cy < 1 / 3 else "bottom" if box.cy > 2 / 3 else ""
    return f"the {' '.join(filter(None, (down, across))) or 'middle'}"


def at(box: Box) -> str:
    """The place with its preposition: "at the top left", "on the right", "in the middle"."""
    where = place(box)
    return f"{'in' if where == 'the middle' else 'on' if where in ('the left', 'the right') else 'at'} {where}"


def number(n: int, noun: str) -> str:
    """How many of what: "no cat", "one cat", "three cats"."""
    return f"no {noun}" if n == 0 else f"one {noun}" if n == 1 else f"{spelled(n)} {plural(noun)}"


def spelled(n: int) -> str:
    """A number as a word up to twelve."""
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    some = list(words)
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}" if some else ""


def spoken_names(layout: Layout) -> dict[str, str]:
    """Like `names_of`, but things of the same words are told apart by where they are planned ("the left cat")."""
    names = names_of(layout.scene)
    boxes = layout.boxes
    alike: dict[str, list[Thing]] = defaultdict(list)
    for thing in layout.scene.things:
        if not names[thing.id].startswith("the ") and thing.id in boxes:
            alike[names[thing.id].rsplit(" ", 1)[0]].append(thing)
    nouns = Counter(thing.noun for thing in layout.scene.things)
    for label, things in alike.items():
        if len(things) > 1:
            short = things[0].noun if nouns[things[0].noun] == len(things) else label
            names |= _by_place(short, {thing.id: boxes[thing.id] for thing in things})
    return names


def renamed(sentence: str, scene: Scene, names: Mapping[str, str]) -> str:
    """A sentence in the plain names of claims ("cat 2 is red"), in these names ("the right cat is red")."""
    plain = {name: names[id] for id, name in names_of(scene).items() if names[id] != name}
    if not plain:
        return sentence
    longest_first = "|".join(re.escape(name) for name in sorted(plain, key=len, reverse=True))
    return re.sub(rf"\b(?:{longest_first})\b", lambda found: plain[found[0]], sentence)


def _by_place(label: str, boxes: Mapping[str, Box]) -> dict[str, str]:
    wide = _spread(box.cx for box in boxes.values()) >= _spread(box.cy for box in boxes.values())
    ordered = sorted(boxes, key=lambda id: boxes[id].cx if wide else boxes[id].cy)
    ends = ("left", "right") if wide else ("upper", "lower")
    if len(ordered) == 2:
        return {id: f"the {end} {label}" for id, end in zip(ordered, ends, strict=True)}
    side = "from the left" if wide else "from the top"
    return {id: f"the {ORDINALS[k] if k < len(ORDINALS) else f'{k + 1}th'} {label} {side}"
            for k, id in enumerate(ordered)}


def _spread(values: Iterable[float]) -> float:
    some = list(values)
    return max(some) - min(some)


def problems_of(findings: Sequence[Finding], matches: Sequence[Match], surplus: Sequence[Surplus],
                whole: Overall | None) -> tuple[Problem, ...]:
    """What is to be repaired, each trouble once, in the order in which a person would mend it."""
    gone = {match.thing for match in matches if match.seen is None}
    failing = [f for f in findings if f.ruling == "fails"]
    return (
        *_missing(failing, matches),
        *_surplus(failing, surplus),
        *_doubtful(findings, matches),
        *(_of(finding, "absent") for finding in failing if finding.claim.kind == "absent"),
        *(_of(finding, "attribute") for finding in failing if finding.claim.kind == "attribute"
          and not gone & set(finding.claim.things)),
        *_misplaced(failing, matches, gone),
        *(_of(finding, finding.claim.kind) for finding in failing
          if finding.claim.kind in ("background", "style")),
        *([Problem(kind="whole", sentence=whole.sentence)] if whole is not None and whole.ruling == "fails" else []),
    )


def _of(finding: Finding, kind: Trouble) -> Problem:
    return Problem(kind=kind, sentence=finding.sentence, claims=(finding.claim.id,),
                   things=(*finding.claim.things, *finding.claim.objects), boxes=finding.evidence.boxes)


def _missing(failing: Sequence[Finding], matches: Sequence[Match]) -> list[Problem]:
    found = []
    for match in matches:
        if match.seen is not None:
            continue
        own = [f for f in failing if f.claim.kind == "exists" and match.thing in f.claim.things]
        if own:
            touched = tuple(f.claim.id for f in failing if match.thing in (*f.claim.things, *f.claim.objects))
            found.append(Problem(kind="missing", sentence=own[0].sentence, things=(match.thing,), claims=touched,
                                 boxes=(match.planned,) if match.planned else ()))
    return found


def _surplus(failing: Sequence[Finding], surplus: Sequence[Surplus]) -> list[Problem]:
    counts = {noun_key(f.claim.noun): f for f in failing if f.claim.kind == "count"}
    return [Problem(kind="surplus", sentence=s.sentence, boxes=(s.sighting.box,), claims=(counts[s.noun].claim.id,),
                    things=counts[s.noun].claim.things)
            for s in surplus if s.wrong and s.noun in counts]


def _doubtful(findings: Sequence[Finding], matches: Sequence[Match]) -> list[Problem]:
    """What may be missing, counts that may be wrong, and orders in depth that do not show: where things are there but
    not all clear, these are named; so are like things that run into each other."""
    planned = {match.thing: match.planned for match in matches}
    open_ones = [f for f in findings if f.ruling == "cannot tell" and f.score is not None]
    unclear = [f for f in open_ones if f.claim.kind == "exists"]
    faint = {id for f in unclear for id in f.claim.things}
    counts = [f for f in open_ones if f.claim.kind == "count" and not faint & set(f.claim.things)]
    melted = [f for f in counts if "run together" in f.evidence.numbers]
    return [*(_of(f, "missing").model_copy(update={"boxes": tuple(filter(None, map(planned.get, f.claim.things)))})
              for f in unclear),
            *(_of(f, "misplaced").model_copy(update={"things": tuple(
                m.thing for m in matches if m.seen and m.seen.box in f.evidence.boxes)}) for f in melted),
            *(_of(f, "surplus").model_copy(update={"boxes": f.evidence.boxes[int(f.score or 0):]}) for f in counts
              if f not in melted),
            *(_of(f, "misplaced") for f in open_ones if f.claim.relation in BY_OCCLUSION)]


def _misplaced(failing: Sequence[Finding], matches: Sequence[Match], gone: set[str]) -> list[Problem]:
    """Broken relations between things that are there; the thing that is farthest from its plan comes first."""
    fit = {match.thing: match.iou for match in matches}
    name = {match.thing: match.name for match in matches}
    found = []
    for finding in failing:
        if finding.claim.kind not in ("relation", "part"):
            continue
        ends = (*finding.claim.things, *finding.claim.objects)
        if gone & set(ends):
            continue
        off = [id for id in sorted(ends, key=lambda id: fit[id]) if fit[id] < DRIFTED]
        verb = "is" if len(off) == 1 else "are"
        blame = f"; {listed(name[id] for id in off)} {verb} not where planned" if off else ""
        found.append(_of(finding, "part" if finding.claim.kind == "part" else "misplaced").model_copy(
            update={"sentence": finding.sentence + blame,
                    "things": (*off, *(id for id in ends if id not in off))}))
    return found
