"""What the painter is told: a layout's things in words that its model knows, what the prompt leaves open decided.

A brief claims nothing. The picture is judged by what the prompt says, and that does not say that the box is purple.
Models without a vocabulary of their own are told the prompt as it was typed.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from grounding.profile import Profile
from grounding.verify.families import Vocabulary, medium
from grounding.verify.words import spelled
from planner.articles import with_article
from planner.read.grammar.plurals import plural
from planner.scene import Data, Layout, Scene, Thing
from planner.sizes import factor

COLOUR = "colour"
GENERAL = Vocabulary()
"""What a person calls a colour, whether the model knows it or not."""


class Brief(Data):
    """What is told: the things in the painter's words, the setting and the manner. `decided` are sentences about what
    the prompt leaves open."""

    things: tuple[Thing, ...]
    setting: str = ""
    manner: str = ""
    decided: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The caption."""
        return self._told(self.things, self.setting).prompt

    def of(self, layout: Layout, only: Collection[str] | None = None, setting: str | None = None) -> Layout:
        """The layout, told in these words; or some of its things, in a setting of their own."""
        things = tuple(thing for thing in self.things if only is None or thing.id in only)
        absent = tuple(a for a in layout.scene.absent if a.of is None)
        scene = self._told(things, self.setting if setting is None else setting)
        ids = {thing.id for thing in things}
        return layout.model_copy(update={
            "scene": scene.model_copy(update={"absent": absent}), "moves": (),
            "placements": tuple(p for p in layout.placements if p.thing in ids)})

    def _told(self, things: Sequence[Thing], setting: str) -> Scene:
        """The caption with the places of the things in it; those that are told alike are counted."""
        kinds: dict[str, list[Thing]] = {}
        for thing in things:
            kinds.setdefault(thing.phrase, []).append(thing)
        text = _Text(f"{with_article(self.manner)} of " if self.manner else "")
        told: dict[str, Thing] = {}
        for place, some in enumerate(kinds.values()):
            text.add("" if not place else " and " if place == len(kinds) - 1 else ", ")
            told |= {thing.id: thing for thing in text.told(some)}
        text.add(f" {setting}" if setting else "")
        return Scene(prompt=text.said, things=tuple(told[thing.id] for thing in things))


def brief(layout: Layout, profile: Profile | None) -> Brief | None:
    """What a painter with this profile is told of a layout; nothing where its prompt will do as it is.

    The colours that are decided follow from the words and the layout's seed, so that another seed gives others.
    """
    placed = layout.boxes
    things = [thing for thing in layout.scene.things if thing.id in placed]
    if profile is None or profile.vocabulary is None or profile.words is None or not things:
        return None
    vocabulary = profile.vocabulary
    around = " ".join(_surroundings(layout.scene))
    settings, manners = vocabulary.named(around, vocabulary.settings), vocabulary.named(around, vocabulary.manners)
    looks = {_key(thing): _looks(thing.attributes, profile) for thing in things}
    decided = _colours(layout, looks, (*settings, *manners), profile)
    return Brief(
        things=tuple(_retold(thing, (*looks[_key(thing)], *filter(None, (decided.get(_key(thing)),))))
                     for thing in things),
        setting=next(iter(settings), ""), manner=medium(manners[0]) if manners else "",
        decided=tuple(f"the {noun} is painted {colour}, since the prompt leaves its colour open"
                      for (noun, _), colour in decided.items()))


Key = tuple[str, tuple[str, ...]]


def _key(thing: Thing) -> Key:
    """Things that are told alike have the same."""
    return thing.noun.lower(), tuple(a.lower() for a in thing.attributes)


def _retold(thing: Thing, looks: tuple[str, ...]) -> Thing:
    return thing.model_copy(update={
        "phrase": with_article(" ".join((*looks, thing.noun))), "attributes": looks, "group": None, "part_of": None,
        "mentions": (), "attribute_mentions": ()})


def _surroundings(scene: Scene) -> Iterable[str]:
    """The setting with the word before it, which tells the sea's shore from its ground; then the style."""
    where = scene.prompt.lower().find(scene.background.lower()) if scene.background else -1
    yield " ".join((*scene.prompt.lower()[:max(where, 0)].split()[-1:], scene.background))
    yield from scene.style


def _looks(attributes: Iterable[str], profile: Profile) -> tuple[str, ...]:
    """The attributes in the model's words: size, pattern, colour. Others mean nothing to it."""
    assert profile.vocabulary is not None
    said = {profile.vocabulary.family(a): profile.vocabulary.basic(a) for a in reversed(tuple(attributes))}
    known = [said[family] for family in reversed(tuple(profile.vocabulary.families)) if family in said]
    return (*_size(attributes, profile), *known)


def _size(attributes: Iterable[str], profile: Profile) -> tuple[str, ...]:
    grown = factor(attributes)
    said = "small" if grown < 1 else "large" if grown > 1 else ""
    return (said,) if said in profile.scales else ()


def _colours(layout: Layout, looks: dict[Key, tuple[str, ...]], settings: Sequence[str],
             profile: Profile) -> dict[Key, str]:
    """A colour for every kind of thing that has none: one that such things have, that stands out, and that nothing
    else has, as far as there is one."""
    assert profile.vocabulary is not None
    every = profile.vocabulary.families.get(COLOUR, ())
    taken = {word for words in looks.values() for word in words if word in every}
    lost = {word for around in (*settings, *taken) for word in profile.lost.get(around, ())}
    decided: dict[Key, str] = {}
    for key in looks:
        coloured = any(GENERAL.family(word) == COLOUR for word in key[1])
        if not every or coloured or (profile.nouns is not None and key[0] not in profile.nouns):
            continue
        usual = profile.usual.get(key[0], every)
        wishes = ([c for c in some if c not in avoided] for some, avoided in (
            (usual, lost | taken), (every, lost | taken), (usual, taken), (every, frozenset())))
        chance = random.Random(f"{layout.scene.prompt}\n{layout.seed}\n{' '.join((key[0], *key[1]))}")
        decided[key] = chance.choice(next(wish for wish in wishes if wish))
        taken.add(decided[key])
        lost.update(profile.lost.get(decided[key], ()))
    return decided


class _Text:
    """A caption that grows, and where its things stand in it."""

    def __init__(self, said: str) -> None:
        self.said = said

    def add(self, words: str) -> None:
        """More words."""
        self.said += words

    def told(self, things: Sequence[Thing]) -> Iterable[Thing]:
        """Some alike are named; they come back with their places in the caption."""
        first, several = things[0], len(things) > 1
        self.add(spelled(len(things)) if several else first.phrase.partition(" ")[0])
        places = []
        for word in (*first.attributes, plural(first.noun) if several else first.noun):
            self.add(" ")
            places.append((len(self.said), len(self.said) + len(word)))
            self.add(word)
        for thing in things:
            yield thing.model_copy(update={"mentions": (places[-1],), "attribute_mentions": tuple(places[:-1])})
