"""What is asked: prompts of five sorts, each with what must be seen for it to hold, by seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from grounding.pocket.captions import NUMBERS, plural
from grounding.pocket.trials import TRIALS, Puzzle, TrialSeen, Wanted
from grounding.pocket.world import COLOURS, KINDS
from planner.articles import with_article
from planner.place import PAINTER, place
from planner.read.grammar import read
from planner.scene import Layout, Relation


def colour(words: random.Random) -> Puzzle:
    """Two or three things, each of a colour of its own."""
    things = _things(words.choice((2, 3)), words)
    prompt = _listed([with_article(t.words) for t in things])
    return Puzzle(prompt, tuple(things), lambda seen: _all_there(things, seen))


def mixed(words: random.Random) -> Puzzle:
    """Four to six objects of two to four looks; exactly these must be there."""
    kinds = _things(words.choice((2, 3, 4)), words)
    things = [*kinds, *words.choices(kinds, k=words.randint(max(4, len(kinds)), 6) - len(kinds))]
    counts = Counter(things)
    prompt = _listed([with_article(t.words) if counts[t] == 1 else f"{NUMBERS[counts[t]]} {t.colour} {plural(t.kind)}"
                      for t in kinds])
    return Puzzle(prompt, tuple(things), lambda seen: Counter(Wanted(s.kind, s.colour) for s in seen) == counts)


CATEGORIES = {
    "single": TRIALS["one object"], "counting": TRIALS["counting"], "spatial": TRIALS["spatial"],
    "size": TRIALS["size"], "colour": colour, "mixed": mixed,
}


def trial(category: str, index: int) -> Puzzle:
    """The `index`-th prompt of a category."""
    return CATEGORIES[category](random.Random(f"bench {category} {index}"))


def layout(category: str, index: int) -> Layout:
    """The prompt, read and placed as a user's would be; where it names a large and a small thing, the order of their
    sizes is claimed too."""
    scene = read(trial(category, index).prompt)
    if category == "size":
        large, small = scene.things
        order = Relation(kind="larger_than", subjects=(large.id,), objects=(small.id,), words="large … small")
        scene = scene.model_copy(update={"relations": (*scene.relations, order)})
    return place(scene, seed=index, legible=PAINTER)


def _things(count: int, words: random.Random) -> list[Wanted]:
    kinds, colours = words.sample(KINDS, count), words.sample(tuple(COLOURS), count)
    return [Wanted(kind, tone) for kind, tone in zip(kinds, colours, strict=True)]


def _all_there(things: Sequence[Wanted], seen: Sequence[TrialSeen]) -> bool:
    return all(thing.among(seen) for thing in things)


def _listed(phrases: Sequence[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
