"""Which words of the prompt belong to which boxes: from a layout to items with character ranges.

Things with the same noun and attributes are one item with several boxes ("three cats"); an item owns every mention of
it ("a black cat … the cat"). Ranges are in characters: `Words.columns` turns them into a model's own columns, so words
of several pieces, repeated words and possessives need no guessing. A thing that the prompt does not name is appended
to it, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grounding.backbone import Words
from grounding.errors import BadRequest
from planner.articles import with_article
from planner.scene import Box, Canvas, Layout, Placement, Scene, Thing

Range = tuple[int, int]

_LEADING = re.compile(
    r"^(?:(?:a|an|the|some|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|of|pair|several|many|few|"
    r"another|\d+)\s+)+", re.IGNORECASE)
_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "person": "people", "mouse": "mice",
              "goose": "geese", "foot": "feet", "tooth": "teeth", "ox": "oxen", "die": "dice"}


class Item(NamedTuple):
    """Words of the prompt and where what they name must be.

    `alone` is one instance in its own words; `placements` has one entry per instance, far to near; `weight` is how much
    the prompt stresses it: "(hat:1.3)".
    """

    phrase: str
    noun: str
    alone: str
    ranges: tuple[Range, ...]
    heads: tuple[Range, ...]
    placements: tuple[Placement, ...]
    weight: float = 1.0

    @property
    def things(self) -> tuple[str, ...]:
        """The ids of the things."""
        return tuple(p.thing for p in self.placements)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Their boxes."""
        return tuple(p.box for p in self.placements)


@dataclass(frozen=True)
class Grounding:
    """A prompt and its items: what a layout asks of a picture, free of any model."""

    prompt: str
    items: tuple[Item, ...]
    canvas: Canvas
    notes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


class Columns(NamedTuple):
    """The text columns of one item in one model's reading: all of its words, those of its noun, and word by word."""

    all: tuple[int, ...]
    head: tuple[int, ...]
    words: tuple[tuple[int, ...], ...] = ()


def ground(layout: Layout) -> Grounding:
    """The items of a layout, with their words found in its prompt (or appended to it)."""
    scene = layout.scene
    prompt = scene.prompt.strip() or compose(scene)
    if not prompt:
        raise BadRequest("the layout has neither a prompt nor things; there is nothing to paint")
    refuse_halves(prompt)
    kinds = list(_kinds(layout))
    shift = len(scene.prompt) - len(scene.prompt.lstrip()) if scene.prompt.strip() else 0
    told = [_told(things, prompt, shift) for things, _ in kinds]
    found = _mentions(prompt, [things[0] for things, _ in kinds], told)
    notes: list[str] = []
    items = []
    for (things, placements), (ranges, heads) in zip(kinds, found, strict=True):
        thing = things[0]
        if more := _unsaid(thing, prompt) if ranges else thing.phrase:
            notes.append(f"`{more}` is not in the prompt; it was appended")
            start = len(prompt) + 2
            prompt = f"{prompt}, {more}"
            ranges = (*ranges, (start, len(prompt)))
            heads = (*heads, *(tuple(_occurrences(thing.noun, prompt, start)) or ranges[-1:]))
        items.append(Item(thing.phrase, thing.noun, singly(*thing.attributes, thing.noun), ranges, heads, placements,
                          max((t.weight for t in things), key=lambda w: abs(w - 1))))
    return Grounding(prompt, tuple(items), layout.canvas, tuple(notes), tuple(a.noun for a in scene.absent if not a.of))


def refuse_halves(text: str) -> None:
    """Refuse what no tokenizer takes."""
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise BadRequest(f"`{text!a}` has half a character (a lone surrogate) in it; it cannot be encoded")


def columns(grounding: Grounding, words: Words) -> tuple[tuple[Columns, ...], tuple[str, ...]]:
    """The columns of every item in `words`, and notes on what the model's limit cut off."""
    if words.text != grounding.prompt:
        raise BadRequest("the words to be matched are another prompt's")
    notes = [f"the model's limit cut off the end of the prompt: `{words.dropped}`"] if words.dropped else []
    if words.partly and words.partly != words.dropped:
        notes.append(f"one of the model's text encoders has no room for the end of the prompt: `{words.partly}`")
    found = []
    for item in grounding.items:
        everything, head = ({c for r in some for c in words.columns(*r)} for some in (item.ranges, item.heads))
        if not everything:
            notes.append(f"the words of `{item.phrase}` are past the model's limit; only its boxes bind it")
        elif not head:
            notes.append(f"the noun of `{item.phrase}` is past the model's limit; the words before it stand for it")
        found.append(Columns(tuple(sorted(everything)), tuple(sorted(head or everything)), _by_word(item, words)))
    return tuple(found), tuple(notes)


def _by_word(item: Item, words: Words) -> tuple[tuple[int, ...], ...]:
    """The columns of each word of an item: one of several pieces has several, and so it has where several encoders
    read."""
    each = (words.columns(start + word.start(), start + word.end())
            for start, end in item.ranges for word in re.finditer(r"\S+", words.text[start:end]))
    return tuple(columns for columns in each if columns)


def compose(scene: Scene) -> str:
    """A plain caption for a scene that has no prompt."""
    groups = {group.id: group.words for group in scene.groups}
    phrases = dict.fromkeys(groups.get(t.group, t.phrase) if t.group else t.phrase for t in scene.things)
    listed = [*phrases, *([f"on {scene.background}"] if scene.background else []), *scene.style]
    return ", ".join(listed)


def _kinds(layout: Layout) -> Iterator[tuple[list[Thing], tuple[Placement, ...]]]:
    """Placed things that look alike, together, in the order in which the scene names them."""
    placed = {p.thing: p for p in layout.far_to_near()}
    kinds: dict[tuple[str, tuple[str, ...]], list[Thing]] = {}
    for thing in layout.scene.things:
        if thing.id in placed:
            kinds.setdefault((thing.noun.lower(), tuple(sorted(a.lower() for a in thing.attributes))), []).append(thing)
    for things in kinds.values():
        ids = {t.id for t in things}
        yield things, tuple(p for p in placed.values() if p.thing in ids)


def _told(things: Sequence[Thing], prompt: str, shift: int) -> tuple[list[Range], list[Range]]:
    """The ranges and the noun's ranges where the reader says that it saw these things; empty where nobody says."""
    heads = sorted({(start - shift, end - shift) for thing in things for start, end in thing.mentions})
    if not heads or any(start < 0 or end > len(prompt) for start, end in heads):
        return [], []
    words = {(at[0] - shift, at[1] - shift) for thing in things if thing.attribute_mentions
             for word, at in zip(thing.attributes, thing.attribute_mentions, strict=True)
             if at and prompt[at[0] - shift:at[1] - shift].lower() == word.lower()}
    ranges: list[Range] = []
    for start, end in sorted({*heads, *words}):
        if (ranges and start <= ranges[-1][1]) or (ranges and not re.search(r"\w|[.;:]", prompt[ranges[-1][1]:start])):
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges, heads


def _mentions(prompt: str, things: Sequence[Thing], told: Sequence[tuple[list[Range], list[Range]]]
              ) -> list[tuple[tuple[Range, ...], tuple[Range, ...]]]:
    """For each thing its ranges and its noun's ranges: as told, or searched: full phrases first (longest first), then
    nouns, then "the …"."""
    taken: list[Range] = [r for ranges, _ in told for r in ranges]
    ranges: list[list[Range]] = [list(some) for some, _ in told]
    for i in sorted((i for i, some in enumerate(ranges) if not some), key=lambda i: -len(_core(things[i]))):
        for words in _wordings(things[i], things):
            ranges[i] += [r for r in _occurrences(words, prompt) if _free(r, taken)]
            taken += ranges[i]
    alone = [sum(t.noun.lower() == other.noun.lower() for other in things) == 1 for t in things]
    for i, thing in enumerate(things):
        if not ranges[i]:
            ranges[i] = list(_scattered(thing, prompt, taken)) or list(_occurrences(thing.noun, prompt))[:alone[i]]
            taken += ranges[i]
    for i, thing in enumerate(things):
        if alone[i] and ranges[i] and not told[i][0]:
            ranges[i] += [r for r in _occurrences(thing.noun, prompt) if _free(r, taken) and _definite(prompt, r)]
    heads = [told[i][1] or [h for r in ranges[i] for h in _occurrences(t.noun, prompt, *r)]
             for i, t in enumerate(things)]
    return [(tuple(sorted(r)), tuple(sorted(h or r))) for r, h in zip(ranges, heads, strict=True)]


def _wordings(thing: Thing, things: Sequence[Thing]) -> tuple[str, ...]:
    """The thing in full. A phrase that names another thing too ("a cat in a hat") would claim that one's words, and
    one that leaves an attribute out ("two balls, one red …") those of its likes."""
    core, short = _core(thing), " ".join((*thing.attributes, thing.noun))
    names_another = any(other.noun != thing.noun and any(_occurrences(other.noun, core)) for other in things)
    incomplete = not all(any(_occurrences(attribute, core)) for attribute in thing.attributes)
    return (short,) if names_another or incomplete or core == short else (core, short)


def _core(thing: Thing) -> str:
    return _LEADING.sub("", thing.phrase) or thing.phrase


def _scattered(thing: Thing, prompt: str, taken: Sequence[Range]) -> Iterator[Range]:
    """A noun with its attributes apart from it: "one red and two blue balls". A noun may be shared, attributes not."""
    nouns = list(_occurrences(thing.noun, prompt))
    if not nouns:
        return
    free = [r for r in nouns if _free(r, taken)]
    loose = ((r for r in _occurrences(a, prompt) if _free(r, taken)) for a in thing.attributes)
    attributes = [r for some in loose for r in [next(some, None)] if r]
    if free or attributes:
        anchor = attributes[0][0] if attributes else 0
        yield from attributes
        yield from sorted(free or nouns, key=lambda r: abs(r[0] - anchor))[:1]


def _unsaid(thing: Thing, prompt: str) -> str:
    """The thing with its attributes, if one of them is a word that the prompt does not have; what a thing does may be
    there in another form ("sits", "sitting")."""
    plain = (a for a in thing.attributes if " " not in a and not a.endswith("ing"))
    missing = any(next(_occurrences(a, prompt), None) is None for a in plain)
    return singly(*thing.attributes, thing.noun) if missing else ""


def singly(*words: str) -> str:
    """The words with an article before them."""
    return with_article(" ".join(words))


def _definite(prompt: str, at: Range) -> bool:
    return bool(re.search(r"\b(?:the|this|that|its|his|her|their)\s+$", prompt[: at[0]], re.IGNORECASE))


def _free(at: Range, taken: Iterable[Range]) -> bool:
    return all(at[1] <= start or end <= at[0] for start, end in taken)


def _occurrences(words: str, prompt: str, start: int = 0, end: int | None = None) -> Iterator[Range]:
    """Where `words` stand in the prompt as whole words, in the singular or the plural."""
    *before, last = words.split()
    pattern = r"[\s,-]+".join([*map(re.escape, before), f"(?:{'|'.join(map(re.escape, _forms(last)))})"])
    for match in re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE).finditer(prompt, start, end or len(prompt)):
        yield match.span()


def _forms(noun: str) -> list[str]:
    """The noun and what its plural may look like, longest first."""
    forms = {noun, noun + "s", noun + "es", _IRREGULAR.get(noun.lower(), noun)}
    if noun.endswith("y"):
        forms.add(noun[:-1] + "ies")
    if noun.endswith(("f", "fe")):
        forms.add(noun.rstrip("e")[:-1] + "ves")
    return sorted(forms, key=len, reverse=True)
