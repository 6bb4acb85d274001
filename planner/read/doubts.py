"""A second opinion on a language model's scene: numbers that the grammar is sure of, counted otherwise by the model.

The grammar is not always right either, so a doubt is a question to the model and never a reason to refuse its scene.
"""

from __future__ import annotations

from planner.read.grammar import read
from planner.read.wire import shown
from planner.scene import Scene

_LONGEST = 2000
"""Characters. Longer prompts tell stories, which the model reads better."""


def doubts(prompt: str, scene: Scene) -> tuple[str, ...]:
    """Questions about the counts of `scene`, which a model has read from `prompt`; none where the grammar is unsure."""
    if len(prompt) > _LONGEST:
        return ()
    other = read(prompt)
    if other.unread or other.notes:
        return ()
    stated = {thing.noun.lower() for thing in other.things for group in other.groups
              if thing.group == group.id and group.exact}
    loose = {thing.noun.lower() for thing in other.things for group in other.groups
             if thing.group == group.id and not group.exact}
    return tuple(_question(noun, wanted, listed) for noun in sorted(stated - loose)
                 for wanted, listed in [(_count(noun, other), _count(noun, scene))] if listed not in (0, wanted))


def _count(noun: str, scene: Scene) -> int:
    """How many things go by this noun or a longer or shorter form of it ("rubber duck", "duck")."""
    names = (thing.noun.lower() for thing in scene.things)
    return sum(f" {name}".endswith(f" {noun}") or f" {noun}".endswith(f" {name}") for name in names)


def _question(noun: str, wanted: int, listed: int) -> str:
    return (f"the description seems to speak of {wanted} × {shown(noun)}, and {listed} with this `noun` are listed; "
            "correct this, or leave it if the description says otherwise")
