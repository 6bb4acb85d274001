"""Words that compete: an attribute is judged against the other words of its family, not against nothing.

"Is it red?" has no scale; "is it red rather than orange, yellow, green …?" has one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from grounding.verify.judges import Knowledge, indefinite
from planner.read.grammar.plurals import plural
from planner.scene import Data
from planner.sizes import factor

FAMILIES: dict[str, tuple[str, ...]] = {
    "colour": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"),
    "pattern": ("plain", "striped", "spotted", "checkered", "floral"),
    "material": ("wooden", "metal", "glass", "plastic", "leather", "stone", "paper", "ceramic", "fabric", "furry"),
    "shape": ("round", "square", "triangular", "oval", "rectangular"),
    "age": ("young", "old"),
    "state": ("new", "broken"),
    "opening": ("open", "closed"),
    "filling": ("full", "empty"),
    "moisture": ("wet", "dry"),
    "cleanness": ("clean", "dirty"),
    "mood": ("happy", "sad", "angry", "surprised", "calm"),
}
"""Family name to the words that compete in it."""

Group = tuple[str, ...]
"""A phrase as it is said in a caption, and the words that mean the same."""

SETTINGS: tuple[Group, ...] = (
    ("on a plain background", "plain", "studio"), ("in the sky", "sky", "clouds", "air"),
    ("in a meadow", "meadow", "grass", "field", "pasture", "lawn"), ("on a beach", "beach", "shore", "coast", "sea"),
    ("in the snow", "snow", "snowy", "winter", "ice"), ("in a desert", "desert", "dunes"),
    ("in a forest", "forest", "woods", "jungle", "trees"), ("in a city", "city", "town", "downtown"),
    ("in a room", "room", "indoors", "bedroom", "home"), ("under water", "water", "underwater", "ocean", "sea"),
    ("in the mountains", "mountain", "mountains", "hills"), ("on a street", "street", "road", "sidewalk"),
    ("in a garden", "garden", "park", "yard"), ("in a kitchen", "kitchen"), ("in outer space", "space", "stars"),
)
"""Settings that compete with the one that a scene states."""

MANNERS: tuple[Group, ...] = (
    ("photo", "photograph", "photorealistic", "realistic", "cinematic"), ("oil painting", "oil"),
    ("watercolor painting", "watercolor", "watercolour"), ("pencil sketch", "pencil", "sketch", "charcoal"),
    ("cartoon", "comic", "anime"), ("pastel drawing", "pastel"), ("3d render", "3d", "cgi"),
    ("pixel art", "pixel", "8-bit"), ("flat illustration", "flat", "illustration", "vector"),
)
"""Manners of depiction that compete with the one that a scene states."""

_MEDIA = {"picture", "image", "drawing", "painting", "style", "art", "scene", "of", "in", "a", "an", "the"}
"""Words that say little of a style by themselves."""
_PREPOSITIONS = ("in ", "on ", "at ", "by ", "under ", "inside ", "against ", "among ", "near ", "with ")

_SAME = {
    "gray": "grey", "crimson": "red", "scarlet": "red", "violet": "purple", "golden": "yellow", "gold": "yellow",
    "silver": "grey", "navy": "blue", "turquoise": "blue", "beige": "brown", "tan": "brown", "magenta": "pink",
    "dotted": "spotted", "polka-dot": "spotted", "stripy": "striped", "checked": "checkered", "wood": "wooden",
    "metallic": "metal", "steel": "metal", "circular": "round", "elderly": "old", "smiling": "happy",
    "furious": "angry", "shut": "closed", "rectangle": "rectangular",
}
"""Words that stand close to a word of a family, and so do not compete with it."""


class Contest(NamedTuple):
    """What competes: `words` for people to read, `texts` for the judges. The first `own` of both are what the scene
    says: several where a word has several meanings ("the sea" is a beach, or what is under water)."""

    family: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    own: int = 1


class Vocabulary(Data):
    """The competing words; a picture world of its own may bring its own, and how its captions speak of one thing."""

    families: Mapping[str, tuple[str, ...]] = FAMILIES
    settings: tuple[Group, ...] = SETTINGS
    manners: tuple[Group, ...] = MANNERS
    thing: str = "a photo of {}"
    even: tuple[str, ...] = ("on a plain background", "in the sky", "under water", "in outer space")
    """Settings that may be one even tone; any other shows something."""

    def family(self, word: str) -> str:
        """The family of an attribute; "other" where it is unknown."""
        basic = _basic(word)
        return next((family for family, words in self.families.items() if basic & set(words)), "other")

    def basic(self, word: str) -> str:
        """The word of its family that an attribute stands for ("dotted": "spotted"); itself where it has none."""
        return next((own for own in self.families.get(self.family(word), ()) if own in _basic(word)), word.lower())

    def attribute(self, word: str, noun: str) -> Contest:
        """An attribute of a noun against the rival words; against the bare noun where the family is unknown."""
        family, basic = self.family(word), _basic(word)
        rivals = tuple(rival for rival in self.families.get(family, ("",)) if rival not in basic)
        words = (word, *rivals)
        return Contest(family, words, tuple(indefinite(f"{each} {noun}".strip()) for each in words))

    def background(self, words: str, subject: str) -> Contest:
        """A setting against the other settings, with the same subject in each."""
        own, rivals = _sides(words, self.settings)
        said = own or (words if words.lower().startswith(_PREPOSITIONS) else f"in {words}",)
        return Contest("background", (*(words for _ in said), *rivals),
                       tuple(f"{subject} {phrase}" for phrase in (*said, *rivals)), len(said))

    def style(self, words: str, subject: str) -> Contest:
        """A manner of depiction against the others, with the same subject in each."""
        own, rivals = _sides(words, self.manners)
        said = own or (words,)
        return Contest("style", (*(words for _ in said), *rivals), tuple(
            f"{indefinite(medium(manner))} of {subject}" for manner in (*said, *rivals)), len(said))

    def surroundings(self, kind: Literal["background", "style"], words: str, subject: str,
                     knows: Knowledge) -> tuple[Contest, ...]:
        """The contests that a setting or a style must win, for a judge who knows these words; none: not for it to say.

        What an open-vocabulary judge is asked is the phrase. One that was taught some words is asked for each of them,
        as the setting or the manner that it is: "a city at night" is a city, and it is night.
        """
        if knows.words is None:
            return (self.background(words, subject) if kind == "background" else self.style(words, subject),)
        left, found = _content(words), []
        both = ((self.background, self.settings), (self.style, self.manners))
        aliases = [(alias, contest) for contest, groups in both for group in groups for alias in group]
        for alias, contest in sorted(aliases, key=lambda row: -len(_content(row[0]))):
            said = _content(alias)
            if said <= left and all(knows.tells(word) for word in said):
                found.append(contest(alias, subject))
                left = left - said
        return tuple(found)

    @staticmethod
    def named(words: str, groups: Sequence[Group]) -> tuple[str, ...]:
        """The phrases of the groups that the words speak of; where a word is of several, of the one that says most."""
        found: dict[str, str] = {}
        low = f" {' '.join(re.findall(r'[a-z0-9-]+', words.lower()))} "
        aliases = [(alias, group[0]) for group in groups for alias in group]
        for alias, phrase in sorted(aliases, key=lambda row: (-len(row[0].split()), low.find(f" {row[0]} "))):
            if f" {alias} " in low:
                low = low.replace(f" {alias} ", " | ")
                found.setdefault(phrase, alias)
        return tuple(found)

    def told(self) -> frozenset[str]:
        """Every word that is among those which compete, or means the same as one of them."""
        competing = {word for words in self.families.values() for word in words}
        same = {word for word, basic in _SAME.items() if basic in competing}
        around = {word for group in (*self.settings, *self.manners) for alias in group for word in _content(alias)}
        return frozenset(competing | same | around)


def subject_of(phrases: Iterable[str]) -> str:
    """Things as a caption names them: "a red ball and two cats"."""
    counts = Counter(phrase.lower() for phrase in phrases)
    named = [indefinite(_bare(phrase)) if n == 1 else f"{n} {plural(_bare(phrase))}"
             for phrase, n in counts.items()][:8]
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0] if named else "a scene"


def is_size(word: str) -> bool:
    """Whether an attribute speaks of size, which is judged by boxes."""
    return factor((word,)) != 1.0 or word.lower() in ("medium", "medium-sized")


def _basic(word: str) -> set[str]:
    """The words of families that an attribute stands for."""
    low = word.lower()
    return {_SAME.get(part, part) for part in (low, *low.replace("-", " ").split())}


class _Sides(NamedTuple):
    """How a setting or style is best said (empty: as it was), and what competes with it."""

    own: tuple[str, ...]
    rivals: tuple[str, ...]


def _sides(words: str, groups: tuple[Group, ...]) -> _Sides:
    own = _content(words)
    near = [group for group in groups if own & set().union(*(_content(alias) for alias in group))]
    same = [group for group in near if own <= set().union(*(_content(alias) for alias in group))]
    return _Sides(tuple(group[0] for group in same), tuple(group[0] for group in groups if group not in near))


def _content(words: str) -> set[str]:
    low = set(re.findall(r"[\w-]+", words.lower())) - {"background", "on", "at", "by", "under", "inside", "against"}
    return low - _MEDIA or low


def medium(manner: str) -> str:
    """A style as the noun of a caption: "pastel" becomes "pastel picture"."""
    words = [word for word in manner.split() if word != "style"] or [manner]
    nouns = ("picture", "photo", "photograph", "painting", "drawing", "sketch", "cartoon", "illustration", "art",
             "render", "image", "comic", "scene")
    return " ".join(words) if words[-1].lower() in nouns else f"{' '.join(words)} picture"


def _bare(phrase: str) -> str:
    first, _, rest = phrase.partition(" ")
    return rest if rest and first in ("a", "an", "the", "one", "another") else phrase
