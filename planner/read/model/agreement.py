"""Two readings of one prompt: the model's, made firmer where the grammar says the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from planner.relations import TABLE
from planner.scene import Relation, Scene

ONE_VOICE = 0.8
"""How certain a relation is that only one of two readers saw: the solver may give it up."""
TWO_VOICES = 0.95
"""How sure a scene is whose things both readers count alike."""

Said = tuple[str, str, str, bool]


def agreed(by_model: Scene, by_grammar: Scene) -> Scene:
    """The model's scene. Relations that the grammar reads too are certain, and parameters are read by rule."""
    heard = set(_said(by_grammar))
    relations = tuple(relation if heard & set(_said_by(relation, by_model)) else
                      relation.model_copy(update={"certainty": min(relation.certainty, ONE_VOICE)})
                      for relation in by_model.relations)
    weights = {noun_of(thing.noun): thing.weight for thing in by_grammar.things}
    things = tuple(thing.model_copy(update={"weight": weights.get(noun_of(thing.noun), 1.0)})
                   for thing in by_model.things)
    alike = sorted(noun_of(t.noun) for t in by_model.things) == sorted(noun_of(t.noun) for t in by_grammar.things)
    return by_model.model_copy(update={
        "relations": relations, "things": things, "canvas": by_grammar.canvas or by_model.canvas,
        "confidence": TWO_VOICES if alike else ONE_VOICE,
    })


def noun_of(noun: str) -> str:
    """The last word of a noun: "rubber duck" and "duck" are one."""
    return " ".join(noun.lower().split()[-1:])


def _said(scene: Scene) -> Iterator[Said]:
    for relation in scene.relations:
        yield from _said_by(relation, scene)


def _said_by(relation: Relation, scene: Scene) -> Iterator[Said]:
    """What a relation says of nouns, in both directions."""
    nouns: dict[str, str] = defaultdict(str, {thing.id: noun_of(thing.noun) for thing in scene.things})
    opposite = TABLE[relation.kind].opposite
    for a in {nouns[id] for id in relation.subjects}:
        for b in {nouns[id] for id in relation.objects} or {""}:
            yield relation.kind, a, b, relation.negated
            if opposite:
                yield opposite, b, a, relation.negated
