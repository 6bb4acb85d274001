"""Place a scene: boxes that satisfy every claim, moved as little as possible from hints where there are some.

What is uncertain is given up, the least certain first, before anything is refused; what nobody said (`planner.implied`)
goes first of all, and without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from planner.claims import Claim, names_of, relation_claims
from planner.errors import Conflict
from planner.implied import with_implied
from planner.place.conflicts import minimal_set, refuse_contradictions
from planner.place.legibility import EYE, Legibility
from planner.place.settle import Work
from planner.place.task import MOST_WORK, Task
from planner.place.trial import Trial
from planner.relations import TABLE
from planner.scene import Box, Canvas, Layout, Move, Scene
from planner.usual import with_usual

CERTAIN = 0.95
"""From here on a relation is as good as stated, and never given up."""
ATTEMPTS = 30
DOUBTFUL = 0.9
UNCERTAIN_ATTEMPTS = 6
"""Attempts spent before something is given up that is less certain than `DOUBTFUL`."""
PATIENCE = 3
"""Attempts spent on a layout with all the breathing room, once one that holds is found."""


def place(scene: Scene, hints: Mapping[str, Box] | None = None, *, seed: int = 0, canvas: Canvas | None = None,
          locked: Collection[str] = frozenset(), legible: Legibility = EYE) -> Layout:
    """A layout of `scene` on which all claims hold.

    `hints` are boxes by thing id (from a language model, a person, an earlier layout): they are kept where the claims
    allow it and moved as little as needed otherwise, which `Layout.moves` reports. Boxes of `locked` things never move.
    The same arguments give the same layout; another `seed` gives another composition. Uncertain relations that had to
    be given up are no longer in the layout's scene; its `notes` name them. `legible` says who has to make things out:
    `EYE`, or `PAINTER` where a picture is to follow.

    Raises `Conflict` with a minimal set of claims where they contradict each other.
    """
    wished = scene if hints else with_usual(scene) if legible.ground else with_implied(scene)
    task = Task(wished, dict(hints or {}), canvas or scene.canvas or Canvas(), frozenset(locked), seed, legible)
    task.validate()
    kept = list(range(len(wished.relations)))
    while not isinstance(found := _placed(task), Layout):
        kept.pop(found)
        task = replace(task, scene=_saying(wished, kept))
    return found.model_copy(update={"scene": _saying(scene, kept), "notes": (*found.notes, *_given_up(scene, kept))})


def _saying(scene: Scene, kept: Collection[int]) -> Scene:
    """The scene with these of its relations alone."""
    left = tuple(r for i, r in enumerate(scene.relations) if i in kept)
    return scene if len(left) == len(scene.relations) else scene.model_copy(update={"relations": left})


def _given_up(scene: Scene, kept: Collection[int]) -> tuple[str, ...]:
    """Sentences about uncertain relations that are not kept."""
    lost: dict[int, list[str]] = {}
    for claim in relation_claims(scene) if set(range(len(scene.relations))) - set(kept) else ():
        if claim.source >= 0 and claim.source not in kept:
            lost.setdefault(claim.source, []).append(claim.sentence)
    return tuple(f"“{'; '.join(said)}” was not certain and is given up for what is" for said in lost.values())


def _placed(task: Task) -> Layout | int:
    """A layout on which all claims of the task hold, or the place of the uncertain relation to give up for one."""
    try:
        refuse_contradictions(task.scene, task.claims)
    except Conflict as conflict:
        return _weakest([claim for claim in task.claims if claim.sentence in conflict.claims], task, conflict)
    uncertain = any(relation.certainty < CERTAIN for relation in task.scene.relations)
    doubtful = any(relation.certainty < DOUBTFUL for relation in task.scene.relations)
    passable: Trial | None = None
    for attempt in range(UNCERTAIN_ATTEMPTS if doubtful else ATTEMPTS):
        trial = Trial(task, task.claims, attempt)
        holds = trial.run()
        if holds and trial.settled:
            return trial.layout()
        passable = passable or (trial if holds else None)
        if task.work.left < 0 or (passable and attempt >= passable.attempt + PATIENCE):
            break
    if passable:
        return passable.layout()
    if uncertain:
        return _weakest(_about(trial.failing_claims(), task), task)
    if set(task.hints) > task.locked:
        return _afresh(task)
    raise _explain(task)


def _about(failing: Sequence[Claim], task: Task) -> list[Claim]:
    """The claims that speak of anything that failing claims speak of."""
    ends = {id for claim in failing for id in (*claim.things, *claim.objects)}
    return [claim for claim in task.claims if ends & {*claim.things, *claim.objects}]


def _weakest(claims: Sequence[Claim], task: Task, otherwise: Conflict | None = None) -> int:
    """The place of the least certain relation that these claims state, or of any; of equals the last."""
    relations = task.scene.relations
    unsure = [i for i, relation in enumerate(relations) if relation.certainty < CERTAIN]
    stated = {claim.source for claim in claims} & set(unsure)
    if otherwise and not stated:
        raise otherwise
    return min(stated or unsure, key=lambda i: (relations[i].certainty, -i))


def _afresh(task: Task) -> Layout:
    """Place anew where nothing near the hints holds, keeping only what is locked."""
    kept = {id: box for id, box in task.hints.items() if id in task.locked}
    layout = place(task.scene, kept, seed=task.seed, canvas=task.canvas, locked=task.locked, legible=task.legible)
    why = "nothing close to the given boxes satisfies all claims"
    moves = tuple(Move(thing=id, before=box, after=layout.boxes[id], why=why)
                  for id, box in task.hints.items() if layout.boxes[id] != box)
    return layout.model_copy(update={"moves": moves})


def _explain(task: Task) -> Conflict:
    """Why no attempt succeeded: the smallest set of claims that fails by itself, as far as the work goes."""
    work = Work(MOST_WORK // 2)

    def satisfiable(claims: Sequence[Claim]) -> bool:
        said = _saying(task.scene, {claim.source for claim in claims})
        part = replace(task, scene=said, work=work)
        return any(work.left < 0 or Trial(part, claims, attempt).run() for attempt in range(ATTEMPTS))

    names = names_of(task.scene)
    boxes = tuple(f"the box of {names[id]} is locked" for id in sorted(task.locked))
    if not satisfiable(()):
        return Conflict(boxes or (f"there are {len(task.scene.things)} things",),
                        "They do not fit on the canvas without forbidden overlaps.")
    core = minimal_set([c for c in task.claims if TABLE[c.relation].arity != "words"], satisfiable)
    if not core and not boxes:
        return Conflict((f"there are {len(task.scene.things)} things",), "No places were found for all of them.")
    why = "No arrangement on this canvas satisfies all of them."
    return Conflict((*(claim.sentence for claim in core), *boxes), why)
