"""What the painter is told: a layout's things in words that its model knows, what the prompt leaves open decided.

A brief claims nothing. The picture is judged by what the prompt says, and that does not say that the box is purple.
Models without a vocabulary of their own are told the prompt as it was typed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

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
    """The prompt as the painter is told it, and the things in its words, with where they stand in it. `decided` are
    sentences about what the prompt leaves open."""

    prompt: str
    things: tuple[Thing, ...]
    decided: tuple[str, ...] = ()

    def of(self, layout: Layout) -> Layout:
        """The layout, told in these words."""
        scene = layout.scene
        told = Scene(prompt=self.prompt, things=self.things, absent=tuple(a for a in scene.absent if a.of is None))
        return layout.model_copy(update={"scene": told})


def brief(layout: Layout, profile: Profile | None) -> Brief | None:
    """What a painter with this profile is told of a layout; nothing where its prompt will do as it is.

    The colours that are decided follow from the words and the layout's seed, so that another seed gives others.
    """
    placed = layout.boxes
    things = [thing for thing in layout.scene.things if thing.id in placed]
    if profile is None or profile.vocabulary is None or profile.words is None or not things:
        return None
    vocabulary = profile.vocabulary
    kinds = _kinds(things)
    around = " ".join(_surroundings(layout.scene))
    settings, manners = vocabulary.named(around, vocabulary.settings), vocabulary.named(around, vocabulary.manners)
    looks = {key: _looks(key[1], profile) for key in kinds}
    decided = _colours(layout, looks, (*settings, *manners), profile)
    text = _Text(f"{with_article(medium(manners[0]))} of " if manners else "")
    told: dict[str, Thing] = {}
    for place, (key, some) in enumerate(kinds.items()):
        text.add("" if not place else " and " if place == len(kinds) - 1 else ", ")
        words = (*looks[key], *((decided[key],) if key in decided else ()))
        told |= {thing.id: thing for thing in text.told(some, words)}
    for setting in settings[:1]:
        text.add(f" {setting}")
    sentences = tuple(f"the {key[0]} is painted {colour}, since the prompt leaves its colour open"
                      for key, colour in decided.items())
    return Brief(prompt=text.said, things=tuple(told[thing.id] for thing in things), decided=sentences)


Key = tuple[str, tuple[str, ...]]


def _kinds(things: Sequence[Thing]) -> dict[Key, list[Thing]]:
    """Things that are told alike, together, in the order in which the scene names them."""
    found: dict[Key, list[Thing]] = {}
    for thing in things:
        found.setdefault((thing.noun.lower(), tuple(a.lower() for a in thing.attributes)), []).append(thing)
    return found


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
    lost = {word for setting in settings for word in profile.lost.get(setting, ())}
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
    return decided


class _Text:
    """A caption that grows, and where its things stand in it."""

    def __init__(self, said: str) -> None:
        self.said = said

    def add(self, words: str) -> None:
        """More words."""
        self.said += words

    def told(self, things: Sequence[Thing], looks: Sequence[str]) -> Iterable[Thing]:
        """Some alike are named; they come back as they are told, with their places in the caption."""
        noun, several = things[0].noun, len(things) > 1
        alone = with_article(" ".join((*looks, noun)))
        self.add(spelled(len(things)) if several else alone.partition(" ")[0])
        places = []
        for word in (*looks, plural(noun) if several else noun):
            self.add(" ")
            places.append((len(self.said), len(self.said) + len(word)))
            self.add(word)
        for thing in things:
            yield thing.model_copy(update={
                "phrase": alone, "attributes": tuple(looks), "mentions": (places[-1],), "group": None,
                "part_of": None, "attribute_mentions": tuple(places[:-1])})
