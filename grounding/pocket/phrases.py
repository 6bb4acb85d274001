"""Captions in the free words of people: requests, tag lists, places in the picture, settings that come first.

Every sentence is true of its picture, as those of `captions.py` are; here it is told as people ask for it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from grounding.pocket.asked import place_of
from grounding.pocket.captions import NUMBERS, PLACES, Wording, phrase, plural
from grounding.pocket.pictures import Picture, Piece
from grounding.pocket.placing import centre
from planner.articles import with_article

_RELATED: dict[str, tuple[str, ...]] = {
    "left_of": ("to the left of", "left of", "on the left of"),
    "right_of": ("to the right of", "right of", "on the right of"),
    "above": ("above", "over", "hovering over", "floating above", "flying over", "hanging above"),
    "below": ("below", "under", "beneath", "underneath"),
    "next_to": ("next to", "beside", "right next to", "close to", "touching", "near"),
    "on": ("on", "on top of", "standing on", "sitting on", "lying on"),
    "in": ("in", "inside", "sitting inside", "inside of", "within"),
    "in_front_of": ("in front of", "standing in front of", "right in front of"),
    "behind": ("behind", "hiding behind", "partly behind", "peeking out from behind", "half hidden by"),
    "holding": ("holding", "with", "carrying", "that holds"),
    "wearing": ("wearing", "with", "in", "that wears"),
}
_SPOTS: dict[tuple[int, int], tuple[str, ...]] = {
    (0, 0): ("in the top left corner", "in the upper left corner", "in the upper left", "at the top left"),
    (2, 0): ("in the top right corner", "in the upper right corner", "in the upper right", "at the top right"),
    (0, 2): ("in the bottom left corner", "in the lower left corner", "in the lower left", "at the bottom left"),
    (2, 2): ("in the bottom right corner", "in the lower right corner", "in the lower right", "at the bottom right"),
    (1, 0): ("at the top", "near the top edge", "at the very top"),
    (1, 2): ("at the bottom", "near the bottom edge", "at the very bottom"),
    (0, 1): ("on the left", "near the left edge", "at the left edge", "on the left side"),
    (2, 1): ("on the right", "near the right edge", "at the right edge", "on the right side"),
    (1, 1): ("in the middle", "in the centre", "right in the middle", "in the centre of the picture"),
}
_REQUESTS = (
    "please draw {}", "draw {}", "draw me {}", "can you draw {}?", "could you paint {}, please?", "i want {}",
    "i would like a picture of {}", "show me {}", "make a picture of {}", "{}, please", "paint {}", "a picture with {}",
    "{} please", "there is {}", "just {}", "give me {}",
)  # fmt: skip
_STYLED: dict[str, tuple[str, ...]] = {
    "sketch": ("a sketch of {}", "{}, sketch", "a pencil sketch of {}", "{} as a sketch", "a line drawing of {}",
               "sketch: {}"),
    "pastel": ("{}, pastel colours", "a soft pastel of {}", "{} in pastel", "a pastel drawing of {}", "pastel, {}"),
    "night": ("{} at night", "{}, at night", "a night scene with {}", "at night, {}", "{}, night", "night: {}",
              "{} in the dark"),
    "flat": ("{}, flat style", "a cartoon of {}", "a drawing of {}", "an illustration of {}", "{}"),
}  # fmt: skip
_SCENES: dict[str, tuple[str, ...]] = {
    "plain": ("a plain background", "a grey background"),
    "sky": ("a blue sky", "the sky"),
    "meadow": ("a meadow", "a green field"),
    "beach": ("a beach", "a beach scene"),
    "snow": ("a snowy day", "a snow scene"),
    "desert": ("a desert", "a desert scene"),
    "forest": ("a forest", "a forest scene"),
    "city": ("a city", "a city scene"),
    "room": ("a room",),
    "sea": ("the sea", "an under water scene"),
}


def phrased(picture: Picture, rng: random.Random) -> str:
    """A true caption in free words; it names every item."""
    wording = Wording(picture, rng, colour=0.78)
    ways = [_by_link, _by_place, _by_order] if rng.random() < 0.8 else []
    told = next((text for text in (way(picture, wording, rng) for way in ways) if text), None)
    if told is None:
        told = rng.choice((_tags, _groups, _groups))(picture, wording, rng)
    return _set(told, picture, rng)


def _by_link(picture: Picture, wording: Wording, rng: random.Random) -> str | None:
    """What one thing, or several alike, have to do with another; then the rest."""
    if not picture.relations:
        return None
    link = rng.choice(picture.relations)
    nouns = [wording.noun(item) for item in picture.items]
    alike = [other for other in picture.relations if (other.kind, other.object) == (link.kind, link.object)]
    subjects = {other.subject for other in alike} if len(alike) > 1 else {link.subject}
    rest = [noun for k, noun in enumerate(nouns) if k not in subjects and k != link.object]
    if nouns[link.object] in rest or any(nouns[k] in rest or nouns[k] == nouns[link.object] for k in subjects):
        return None
    first = _several([nouns[k] for k in sorted(subjects)], rng)
    other = phrase(nouns[link.object], 1, rng)
    word = rng.choice(_RELATED[link.kind])
    turns = [f"{first} {word} {other}"] * 4
    if link.kind not in ("holding", "wearing"):
        verb = "is" if len(subjects) == 1 else "are"
        turns += [f"{first} {verb} {word} {other}", f"{other} with {first} {word} it"]
    if link.kind == "wearing":
        turns += [f"{first} with {other} on its head", f"{other} on {first}"]
    text = rng.choice(turns)
    return f"{text} {rng.choice(('and', 'and', 'with'))} {_several(rest, rng)}" if rest else text


def _by_place(picture: Picture, wording: Wording, rng: random.Random) -> str | None:
    """Where in the picture each thing is."""
    spots = [place_of(item) for item in picture.items]
    nouns = [wording.noun(item) for item in picture.items]
    if picture.relations or None in spots or len(set(nouns)) < len(nouns):
        return None
    named = [(noun, spot) for noun, spot in zip(nouns, spots, strict=True) if spot]
    parts = [f"{phrase(noun, 1, rng)} {rng.choice(_SPOTS[spot])}" for noun, spot in named]
    rng.shuffle(parts)
    if len(parts) == 1 and rng.random() < 0.3:
        ((noun, spot),) = named
        return f"{rng.choice(_SPOTS[spot])} {phrase(noun, 1, rng)}"
    return f"{', '.join(parts[:-1])}{rng.choice((' and ', ', '))}{parts[-1]}" if len(parts) > 1 else parts[0]


def _by_order(picture: Picture, wording: Wording, rng: random.Random) -> str | None:
    """Three things in a line: one between the others, or each on its side. Two things: one on each side."""
    if picture.relations or not 2 <= len(picture.items) <= 3:
        return None
    nouns = [wording.noun(item) for item in picture.items]
    for axis, (low, high) in enumerate((("left", "right"), ("top", "bottom"))):
        order = sorted(range(len(nouns)), key=lambda k: centre(picture.items[k].box)[axis])
        if not _clear(picture.items, order, axis):
            continue
        a, *between, b = (nouns[k] for k in order)
        if between and a == b and between[0] != a:
            return f"{phrase(between[0], 1, rng)} between {phrase(a, 2, rng)}"
        if len(set(nouns)) < len(nouns):
            return None
        first, last = phrase(a, 1, rng), phrase(b, 1, rng)
        at = "on the" if axis == 0 else "at the"
        middle = f", {phrase(between[0], 1, rng)} in the middle" if between else ""
        if between and rng.random() < 0.5:
            return f"{phrase(between[0], 1, rng)} between {first} and {last}"
        return f"{first} {at} {low}{middle} and {last} {at} {high}"
    return None


def _clear(items: Sequence[Piece], order: Sequence[int], axis: int) -> bool:
    """Whether the items follow each other along an axis without overlap, and lie roughly in line."""
    boxes = [items[k].box for k in order]
    apart = all(a[axis + 2] <= b[axis] for a, b in pairwise(boxes))
    middles = [centre(box)[1 - axis] for box in boxes]
    return apart and max(middles) - min(middles) < 0.3


def _several(nouns: Sequence[tuple[str, str]], rng: random.Random) -> str:
    counts = Counter(nouns)
    parts = [phrase(noun, count, rng) for noun, count in counts.items()]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _tags(picture: Picture, wording: Wording, rng: random.Random) -> str:
    """A plain list: "white star, black heart, two orange moons"."""
    counts = Counter(wording.noun(item) for item in picture.items)
    parts = []
    for (adjectives, kind), count in counts.items():
        number = "" if count == 1 else NUMBERS[count]
        parts.append(" ".join(word for word in (number, adjectives, kind if count == 1 else plural(kind)) if word))
    rng.shuffle(parts)
    return rng.choice((", ", ", ", " + ", " and ")).join(parts)


def _groups(picture: Picture, wording: Wording, rng: random.Random) -> str:
    """Things of one kind together, their colours told apart or at the end: "five flowers: three red and two yellow"."""
    kinds = list(dict.fromkeys(item.kind for item in picture.items))
    rng.shuffle(kinds)
    parts = []
    for kind in kinds:
        items = [item for item in picture.items if item.kind == kind]
        parts.append(_group(kind, items, wording, rng))
    return parts[0] if len(parts) == 1 else rng.choice((", ", " and ")).join([", ".join(parts[:-1]), parts[-1]])


def _group(kind: str, items: Sequence[Piece], wording: Wording, rng: random.Random) -> str:
    colours = Counter(item.colour for item in items)
    count, many = len(items), plural(kind)
    if not wording.colour or count == 1 or len({(item.size, item.texture) for item in items}) > 1:
        return _several([wording.noun(item) for item in items], rng)
    number = NUMBERS[count]
    if len(colours) == 1:
        (colour,) = colours
        return rng.choice((
            f"{number} {colour} {many}", f"{number} {many}, all {colour}", f"{number} {many}, all of them {colour}",
            f"{number} {many}, {colour} ones", f"{number} {colour} {many}",
            f"{number} {many}, both {colour}" if count == 2 else f"a group of {number} {colour} {many}",
        ))  # fmt: skip
    if len(colours) == 2:
        (first, n), (second, m) = rng.sample(sorted(colours.items()), 2)
        if n == m == 1:
            return rng.choice((
                f"two {many}, one {first} and one {second}", f"two {many}: one {first}, the other {second}",
                f"two {many}, one {first}, the other one {second}", f"a {first} {kind} and {with_article(second)} one",
            ))  # fmt: skip
        return rng.choice((
            f"{number} {many}: {NUMBERS[n]} {first} and {NUMBERS[m]} {second}",
            f"{number} {many}, {NUMBERS[n]} {first} and {NUMBERS[m]} {second}",
            f"{NUMBERS[n]} {first} and {NUMBERS[m]} {second} {many if m > 1 else kind}",
        ))  # fmt: skip
    return _several([wording.noun(item) for item in items], rng)


def _set(text: str, picture: Picture, rng: random.Random) -> str:
    """The sentence with its setting and style around it, said as people say it."""
    if rng.random() < (0.3 if picture.background == "plain" else 0.85):
        place, scene = rng.choice(PLACES[picture.background]), rng.choice(_SCENES[picture.background])
        if picture.style == "night" and rng.random() < 0.6:
            return rng.choice((
                f"{scene} at night with {text}", f"{scene} at night: {text}", f"{text} {place} at night",
                f"at night {place}, {text}", f"{text}, {place}, at night", f"{scene} at night, {text}",
            ))  # fmt: skip
        if picture.style == "flat" and rng.random() < 0.3:
            return rng.choice((f"{place}, {text}", f"{place}: {text}"))
        text = rng.choice((f"{text} {place}", f"{text} {place}", f"{text}, {place}", f"{scene} with {text}"))
    if rng.random() < (0.25 if picture.style == "flat" else 0.95):
        return rng.choice(_STYLED[picture.style]).format(text)
    return rng.choice(_REQUESTS).format(text) if rng.random() < 0.3 else text
