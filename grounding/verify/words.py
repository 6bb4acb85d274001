"""How findings are put into words: places on the picture, and names that tell like things apart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from planner.claims import names_of
from planner.read.grammar.plurals import plural
from planner.scene import Box, Layout, Scene, Thing

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


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
