"""True sentences about pocket pictures, in varied English."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from grounding.pocket.pictures import Bond, Picture, Piece
from planner.articles import with_article

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_PLURALS = {"box": "boxes", "fish": "fish", "bus": "buses", "butterfly": "butterflies"}
_SIZE_WORDS = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("medium", "medium-sized"),
    "large": ("large", "large", "big"),
}
_TEXTURE_WORDS = {"plain": ("plain",), "striped": ("striped",), "spotted": ("spotted", "dotted")}
_RELATIONS: dict[str, tuple[str, ...]] = {
    "left_of": ("to the left of", "to the left of", "left of", "on the left of", "on the left side of"),
    "right_of": ("to the right of", "to the right of", "right of", "on the right of", "on the right side of"),
    "above": ("above", "above", "over", "higher than"),
    "below": ("below", "below", "under", "beneath", "underneath"),
    "next_to": ("next to", "next to", "beside", "near", "close to", "by"),
    "on": ("on", "on", "on top of", "standing on"),
    "in": ("in", "in", "inside", "inside of"),
    "in_front_of": ("in front of",),
    "behind": ("behind",),
    "holding": ("with", "holding"),
    "wearing": ("with", "wearing"),
}
_INVERSE = {
    "left_of": "right_of",
    "right_of": "left_of",
    "above": "below",
    "below": "above",
    "next_to": "next_to",
    "in_front_of": "behind",
    "behind": "in_front_of",
}
PLACES: dict[str, tuple[str, ...]] = {
    "plain": ("on a grey background", "on a plain background", "on grey"),
    "sky": ("in the sky", "in the sky", "against a blue sky", "among the clouds"),
    "meadow": ("in a meadow", "in the meadow", "on the grass", "in a green field"),
    "beach": ("on the beach", "on a beach", "at the beach", "by the sea"),
    "snow": ("in the snow", "in the snow", "on a snowy day", "in winter"),
    "desert": ("in the desert", "in a desert", "among the dunes"),
    "forest": ("in the forest", "in a forest", "in the woods"),
    "city": ("in the city", "in a city", "in town"),
    "room": ("in a room", "in a room", "indoors"),
    "sea": ("under the sea", "under water", "in the sea"),
}
_STYLES_BEFORE: dict[str, tuple[str, ...]] = {
    "flat": ("a drawing of", "a picture of", "an image of", "a cartoon of", "an illustration of"),
    "sketch": ("a sketch of", "a pencil sketch of", "an outline sketch of", "a line drawing of"),
    "pastel": ("a pastel drawing of", "a pastel picture of", "a soft pastel of"),
    "night": ("a night picture of", "a night scene with", "a dark night picture of"),
}
_STYLES_AFTER: dict[str, tuple[str, ...]] = {
    "flat": ("flat style", "flat colours", "cartoon"),
    "sketch": ("sketch", "sketch style", "outline sketch", "line drawing"),
    "pastel": ("pastel", "pastel colours", "in pastel", "pastel style"),
    "night": ("night", "at night", "at night", "night scene"),
}


def plural(noun: str) -> str:
    return _PLURALS.get(noun, noun + "s")


class Wording:
    """What one caption tells about its items, the same for all of them, so that its counts are exact."""

    def __init__(self, picture: Picture, rng: random.Random, colour: float = 0.86) -> None:
        several_sizes = len({item.size for item in picture.items}) > 1
        self.colour = rng.random() < colour
        self.texture = rng.random() < 0.8
        self.plain = rng.random() < 0.04
        self.size = rng.random() < (0.35 if several_sizes else 0.18)
        self.sizes = {size: rng.choice(words) for size, words in _SIZE_WORDS.items()}
        self.textures = {texture: rng.choice(words) for texture, words in _TEXTURE_WORDS.items()}
        self.texture_first = rng.random() < 0.5

    def noun(self, item: Piece) -> tuple[str, str]:
        """The item's adjectives and its noun."""
        texture = self.textures[item.texture] if self.texture and (item.texture != "plain" or self.plain) else ""
        colour = item.colour if self.colour else ""
        look = (texture, colour) if self.texture_first else (colour, texture)
        words = (self.sizes[item.size] if self.size else "", *look)
        return " ".join(word for word in words if word), item.kind


def phrase(noun: tuple[str, str], count: int, rng: random.Random) -> str:
    adjectives, kind = noun
    if count == 1:
        words = f"{adjectives} {kind}".strip()
        return f"one {words}" if rng.random() < 0.04 else with_article(words)
    number = str(count) if rng.random() < 0.08 else NUMBERS[count]
    if count == 2 and rng.random() < 0.06:
        number = "a pair of"
    return " ".join(word for word in (number, adjectives, plural(kind)) if word)


def join(phrases: Sequence[str], rng: random.Random) -> str:
    if len(phrases) == 1:
        return phrases[0]
    roll = rng.random()
    if roll < 0.06:
        return ", ".join(phrases)
    last = ", and " if len(phrases) > 2 and roll < 0.3 else " and "
    if len(phrases) == 2 and roll > 0.93:
        last = rng.choice((" with ", " together with "))
    return ", ".join(phrases[:-1]) + last + phrases[-1]


def _listing(picture: Picture, wording: Wording, rng: random.Random) -> str:
    counts = Counter(wording.noun(item) for item in picture.items)
    nouns = list(counts)
    rng.shuffle(nouns)
    if len(picture.items) == 2 and not wording.size and rng.random() < 0.3:
        (first, kind), (second, other) = nouns[0], nouns[-1]
        if kind == other and first and second and first != second:
            return f"two {plural(kind)}, one {first} and one {second}"
    return join([phrase(noun, counts[noun], rng) for noun in nouns], rng)


def _related(picture: Picture, link: Bond, wording: Wording, rng: random.Random) -> str | None:
    """A sentence about a link, or None where the two things could be mistaken for others."""
    nouns = [wording.noun(item) for item in picture.items]
    subject, other = nouns[link.subject], nouns[link.object]
    if nouns.count(subject) > 1 or nouns.count(other) > 1:
        return None
    kind = link.kind
    if kind in _INVERSE and rng.random() < 0.2:
        subject, other, kind = other, subject, _INVERSE[kind]
    a, b = phrase(subject, 1, rng), phrase(other, 1, rng)
    words = rng.choice(_RELATIONS[kind])
    if kind in ("left_of", "right_of") and rng.random() < 0.18:
        side, far = ("left", "right") if kind == "left_of" else ("right", "left")
        sentence = rng.choice((f"{a} on the {side} and {b} on the {far}", f"{b} with {a} on its {side}"))
    else:
        turns = (f"{a} is {words} {b}", f"there is {a} {words} {b}", f"{b} with {a} {words} it")
        sentence = rng.choice((*(f"{a} {words} {b}",) * 5, *turns))
    rest = [noun for k, noun in enumerate(nouns) if k not in (link.subject, link.object)]
    if rest:
        counts = Counter(rest)
        more = join([phrase(noun, count, rng) for noun, count in counts.items()], rng)
        sentence += rng.choice((", and ", " and ", ", with ")) + more
    return sentence


def _missing(picture: Picture, rng: random.Random) -> str:
    one, many = picture.absent[0], plural(picture.absent[0])
    phrases = (f", no {many}", f" without {with_article(one)}", f" and no {one}", f" but no {many}", f", no {one}")
    return rng.choice(phrases)


def caption(picture: Picture, rng: random.Random) -> str:
    """A true caption; it names every item, but not every property."""
    wording = Wording(picture, rng)
    text = None
    if picture.relations and rng.random() < 0.85:
        text = _related(picture, rng.choice(picture.relations), wording, rng)
    if text is None:
        text = _listing(picture, wording, rng)
    if picture.absent and rng.random() < 0.9:
        text += _missing(picture, rng)
    if rng.random() < (0.3 if picture.background == "plain" else 0.88):
        place = rng.choice(PLACES[picture.background])
        text = rng.choice((*(f"{text} {place}",) * 12, *(f"{text}, {place}",) * 3, f"{place}, {text}"))
    if rng.random() < (0.2 if picture.style == "flat" else 0.94):
        if rng.random() < 0.55:
            text = f"{rng.choice(_STYLES_BEFORE[picture.style])} {text}"
        else:
            text = f"{text}, {rng.choice(_STYLES_AFTER[picture.style])}"
    return text + ("." if rng.random() < 0.08 else "")
