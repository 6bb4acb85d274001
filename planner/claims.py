"""What a scene claims, as atoms that can be tested one by one: on boxes here, on pictures in `grounding.verify`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Literal

from pydantic import Field

from planner.agreement import agreed, bare, plural
from planner.relations import TABLE
from planner.scene import Data, Group, Relation, Scene, Thing, ThingId
from planner.sizes import flat

ClaimKind = Literal["exists", "count", "attribute", "relation", "part", "absent", "lettering", "background", "style"]


class Claim(Data):
    """One thing that must be true of the picture.

    `things` are its subjects and `objects` what they are related to; `noun`, `at_least` and `at_most` belong to counts
    and absences, `word` is the attribute, the background, the style or the text to be written. Where a relation is
    `piled`, what is on several is on the topmost of them, and several stand on something with their lowest. What is
    `lying` on something flat is seen within it. `source` is the place of the relation among those of the scene.
    """

    id: str
    kind: ClaimKind
    sentence: str
    things: tuple[ThingId, ...] = ()
    objects: tuple[ThingId, ...] = ()
    relation: str = ""
    negated: bool = False
    slanted: bool = False
    piled: bool = False
    lying: bool = Field(default=False, exclude=True)
    source: int = -1
    noun: str = ""
    at_least: int = 0
    at_most: int | None = None
    word: str = ""


def claims_of(scene: Scene) -> tuple[Claim, ...]:
    """All claims of a scene, in the order a person would check them."""
    names = names_of(scene)
    return (
        *(_exists(thing, names) for thing in scene.things),
        *_counts(scene),
        *(_attribute(thing, word, names) for thing in scene.things for word in thing.attributes),
        *relation_claims(scene, names),
        *_absences(scene, names),
        *_surroundings(scene, names),
    )


def names_of(scene: Scene) -> dict[str, str]:
    """How to speak of each thing: "the cat", or "cat 2" where there are several of the same words."""
    same: dict[str, list[str]] = defaultdict(list)
    for thing in scene.things:
        same[_label(thing)].append(thing.id)
    return {id: f"the {label}" if len(ids) == 1 else f"{label} {i}"
            for label, ids in same.items() for i, id in enumerate(ids, 1)}


def _label(thing: Thing) -> str:
    words = bare(thing.phrase.split())
    return " ".join(words) if len(words) <= 5 else thing.noun


def _exists(thing: Thing, names: dict[str, str]) -> Claim:
    return Claim(id=f"exists:{thing.id}", kind="exists", sentence=f"{_is(names[thing.id])} there", things=(thing.id,),
                 noun=thing.noun)


def _counts(scene: Scene) -> list[Claim]:
    """One count per noun: exact unless a group of that noun leaves it open."""
    groups = {group.id: group for group in scene.groups}
    by_noun: dict[str, list[Thing]] = defaultdict(list)
    for thing in scene.things:
        by_noun[thing.noun].append(thing)
    sizes = Counter(thing.group for thing in scene.things)
    return [_count(noun, things, groups, sizes) for noun, things in by_noun.items()]


def _count(noun: str, things: list[Thing], groups: dict[str, Group], sizes: Counter[str | None]) -> Claim:
    """A group wholly of the noun counts as its words say, whatever has a place; of a mixed one, what is there."""
    least, most, open_ended = 0, 0, False
    for id, here in Counter(thing.group for thing in things).items():
        group = groups.get(id or "")
        whole = group is not None and here == sizes[id]
        least += here if group is None else group.at_least if whole else min(here, group.at_least)
        most += (group.at_most or here) if group and whole else here
        open_ended |= group is not None and group.at_most is None
    least, most = max(1, least), max(1, least, most)
    number = f"at least {least}" if open_ended else f"exactly {least}" if most == least else f"{least} to {most}"
    there = "there is" if least == most == 1 and not open_ended else "there are"
    return Claim(id=f"count:{noun}", kind="count", sentence=f"{there} {number} × {noun}",
                 things=tuple(t.id for t in things), noun=noun, at_least=least, at_most=None if open_ended else most)


def _attribute(thing: Thing, word: str, names: dict[str, str]) -> Claim:
    return Claim(id=f"attribute:{thing.id}:{word}", kind="attribute", sentence=f"{_is(names[thing.id])} {word}",
                 things=(thing.id,), noun=thing.noun, word=word)


def _is(name: str) -> str:
    return _verbed(name, "is")


def _verbed(name: str, verb: str) -> str:
    """A name and the verb that agrees with it."""
    return f"{name} {agreed(verb, plural([name]))}"


def _part(thing: Thing, names: dict[str, str]) -> Claim:
    whole = thing.part_of or ""
    said = f"{_is(names[thing.id])} part of {names[whole]}"
    return Claim(id=f"part:{thing.id}", kind="part", relation="part_of", sentence=said,
                 things=(thing.id,), objects=(whole,))


def _absences(scene: Scene, names: dict[str, str]) -> list[Claim]:
    return [Claim(id=f"absent:{i}:{absent.noun}", kind="absent", noun=absent.noun, word=absent.phrase, at_most=0,
                  objects=(absent.of,) if absent.of else (),
                  sentence=f"{_verbed(names[absent.of], 'has') if absent.of else 'there must be'} no {absent.phrase}")
            for i, absent in enumerate(scene.absent)]


def _surroundings(scene: Scene, names: dict[str, str]) -> list[Claim]:
    written = [Claim(id=f"lettering:{i}", kind="lettering", word=text.content, things=(text.host,) if text.host else (),
                     sentence=f"“{text.content}” is written" + (f" on {names[text.host]}" if text.host else ""))
               for i, text in enumerate(scene.lettering)]
    behind = [Claim(id="background", kind="background", word=scene.background,
                    sentence=f"the setting is {scene.background}")] if scene.background else []
    style = [Claim(id=f"style:{i}", kind="style", word=word, sentence=f"the style is “{word}”")
             for i, word in enumerate(scene.style)]
    return [*written, *behind, *style]


_ALONG_X = {"left_of", "right_of"}
_ALONG_Y = {"above", "below"}


def relation_claims(scene: Scene, names: dict[str, str] | None = None) -> tuple[Claim, ...]:
    """What a scene claims of places, as atoms: each pair where each is meant, one claim where all are meant together.

    Parts are among them: a part lies on its whole.
    """
    names = names or names_of(scene)
    slanted = _slanted_pairs(scene)
    stated = [_relation_claim(relation, i, subjects, objects, names, slanted, _piled(relation, scene),
                              _lying(relation, scene), _over_many(relation, scene))
              for i, relation in enumerate(scene.relations)
              for subjects, objects in _unless_implied(relation, _atoms(relation, scene), scene)]
    return (*stated, *(_part(thing, names) for thing in scene.things if thing.part_of))


def _atoms(relation: Relation, scene: Scene) -> list[Atom]:
    arity = TABLE[relation.kind].arity
    if arity == "pair":
        return _pairs(relation, scene)
    if arity == "alone" or relation.kind == "between":
        return [((a,), relation.objects) for a in relation.subjects]
    return [(relation.subjects, relation.objects)]


Atom = tuple[tuple[str, ...], tuple[str, ...]]


def _unless_implied(relation: Relation, atoms: list[Atom], scene: Scene) -> list[Atom]:
    """Support is passed on: one of a stack stands on the table, and what is on the tray is on the table too."""
    if relation.kind != "on" or relation.negated:
        return atoms
    if _is_pile(relation.subjects, scene):
        return [(relation.subjects, relation.objects)]
    if _is_pile(relation.objects, scene):
        return [((a,), relation.objects) for a in relation.subjects]
    resting = [r for r in scene.relations if r.kind in ("on", "in") and not r.negated and r is not relation]
    return [(some, others) for some, others in atoms
            if not any(some[0] in r.subjects and any(set(r.objects) & set(under.subjects)
                                                     and set(others) & set(under.objects) for under in resting)
                       for r in resting)]


def _is_pile(ids: tuple[str, ...], scene: Scene) -> bool:
    """Whether these are several that lie on each other."""
    return len(ids) > 1 and any(r.kind in ("stack", "pyramid") and not r.negated and set(ids) <= set(r.subjects)
                                for r in scene.relations)


def _piled(relation: Relation, scene: Scene) -> bool:
    """Whether "on" is said of a pile as a whole: of what lies on it, or of it on one thing."""
    return relation.kind == "on" and not relation.negated and (
        _is_pile(relation.objects, scene) or (_is_pile(relation.subjects, scene) and len(relation.objects) == 1))


def _lying(relation: Relation, scene: Scene) -> bool:
    """Whether it is on something flat, and not said to be on top of it."""
    return relation.kind == "on" and not {"top", "atop"} & set(relation.words.split()) and all(
        flat(scene.thing(id).noun) for id in relation.objects)


def _pairs(relation: Relation, scene: Scene) -> list[Atom]:
    """Atoms of a relation between pairs. Where one of several will do, the first listed is the one to aim at."""
    some, others, share = relation.subjects, relation.objects, TABLE[relation.kind].share
    if _over_many(relation, scene):
        return [((a,), _from(others, i)) for i, a in enumerate(some)]
    if share == "any" and not relation.negated:
        return [(some, others)]
    if share == "all" or relation.negated:
        return [((a,), (b,)) for a in some for b in others]
    carried = relation.kind in ("holding", "wearing") and len(others) > 1
    served = [((a,), _from(others, i)) for i, a in enumerate(some) if not carried or 1 < len(some) <= len(others)]
    return served + [(_from(some, i), (b,)) for i, b in enumerate(others) if carried]


def _from(ids: tuple[str, ...], start: int) -> tuple[str, ...]:
    """The same in a circle, from another start."""
    k = start % len(ids)
    return ids[k:] + ids[:k]


def _over_many(relation: Relation, scene: Scene) -> bool:
    """Whether they are over several, or over one group: each of them over one of those, not over all at once."""
    if relation.kind not in _ALONG_Y or relation.negated or len(relation.objects) < 2:
        return False
    groups = {scene.thing(id).group or id for id in relation.objects}
    return len(relation.subjects) > 1 or len(groups) == 1


def _slanted_pairs(scene: Scene) -> set[frozenset[str]]:
    """The pairs that are ordered along both axes."""
    along: list[set[frozenset[str]]] = [set(), set()]
    for relation in scene.relations:
        for axis, kinds in enumerate((_ALONG_X, _ALONG_Y)):
            if relation.kind in kinds and not relation.negated:
                along[axis] |= {frozenset((a, b)) for a in relation.subjects for b in relation.objects}
    return along[0] & along[1]


def _relation_claim(relation: Relation, index: int, subjects: tuple[str, ...], objects: tuple[str, ...],
                    names: dict[str, str], slanted: set[frozenset[str]], piled: bool,
                    lying: bool, scattered: bool) -> Claim:
    ends = "-".join((*subjects, *objects))
    pattern = "{a} is on the pile of {b}" if piled and len(objects) > 1 else TABLE[relation.kind].say
    choice = "or" if (TABLE[relation.kind].share != "all" or scattered) and not piled else "and"
    subject, verb, rest = pattern.split(" ", 2)
    many = plural([names[id] for id in (subjects if choice == "and" else subjects[:1])])
    said = f"{subject} {agreed(verb, many)} {rest}".format(
        a=_spoken(subjects, names, choice), b=_spoken(objects, names, choice), words=relation.words).strip()
    return Claim(id=f"relation:{index}:{relation.kind}:{ends}", kind="relation", relation=relation.kind,
                 sentence=f"it is not so that {said}" if relation.negated else said,
                 things=subjects, objects=objects, negated=relation.negated, word=relation.words,
                 slanted=frozenset((*subjects, *objects)) in slanted, piled=piled, lying=lying,
                 source=index)


def _spoken(ids: tuple[str, ...], names: dict[str, str], joint: str) -> str:
    spoken = [names[id] for id in ids]
    return f"{', '.join(spoken[:-1])} {joint} {spoken[-1]}" if len(spoken) > 1 else "".join(spoken)


def stated_in_absence(claim: Claim) -> set[str]:
    """The words that an absence states besides its noun ("no red cars": red); the noun may be plural."""
    words = claim.word.lower().split()
    return set(words[:-len(claim.noun.split())]) - {"a", "an", "any", "the"}


def contradicts(claim: Claim, things: tuple[Thing, ...]) -> bool:
    """Whether one of `things` is what an absence forbids: the noun, with every word that the absence states of it."""
    stated = stated_in_absence(claim)
    return any(t.noun == claim.noun and stated <= {w.lower() for w in t.attributes} for t in things)
