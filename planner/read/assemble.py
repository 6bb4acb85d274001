"""From what was read to a `Scene`: ids, groups, relations and the limits of the types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from planner.read.cast import Actor, Bunch, Cast
from planner.read.story import Link, Missing, Story
from planner.scene import Absent, Group, Lettering, Relation, Scene, Thing

_LONGEST = 400
_RANKS = (("larger_than", {"larger", "bigger"}, {"smaller"}), ("taller_than", {"taller"}, {"shorter"}))


def assemble(prompt: str, cast: Cast, story: Story) -> Scene:
    """The scene that was read."""
    things = cast.things
    _detach(things, story)
    _rank(things, story)
    names = ids(things)
    bunches = list(dict.fromkeys(a.bunch for a in things if a.bunch is not None))
    groups = {bunch: f"{_slug(bunch.noun)}_group{i}" for i, bunch in enumerate(bunches, 1)}
    return Scene(
        prompt=prompt,
        things=tuple(_thing(a, names, groups) for a in things),
        groups=tuple(Group(id=groups[b], words=_clip(b.words), at_least=b.at_least, at_most=b.at_most)
                     for b in bunches),
        relations=tuple(_relation(link, names) for link in story.links),
        absent=tuple(dict.fromkeys(_absent(m, names) for m in story.missing if m.noun.strip())),
        background=_clip(", ".join(story.background)) if story.background else "",
        style=_words(story.style),
        lettering=tuple(Lettering(content=_clip(text), host=names.get(host) if host else None)
                        for text, host in story.lettering if text.strip()),
        unread=_words(story.unread),
        notes=_words(story.notes),
    )


def _relation(link: Link, names: dict[Actor, str]) -> Relation:
    return Relation(kind=link.kind, subjects=tuple(names[a] for a in link.subjects),
                    objects=tuple(names[a] for a in link.objects), words=link.words, negated=link.negated)


def _absent(m: Missing, names: dict[Actor, str]) -> Absent:
    return Absent(noun=_clip(m.noun), phrase=_clip(m.phrase), of=names.get(m.of) if m.of else None)


def _detach(things: Iterable[Actor], story: Story) -> None:
    """What is on or in something else is no longer drawn as a part of its whole ("hair wrapped in a towel")."""
    placed = {a for link in story.links if link.kind in ("on", "in") and not link.negated for a in link.subjects}
    for a in things:
        if a in placed:
            a.whole = None


def _rank(things: Sequence[Actor], story: Story) -> None:
    """"the larger dog" is larger than "the smaller dog"."""
    for kind, more, less in _RANKS:
        for big in things:
            small = [a for a in things if a.head == big.head and less & set(a.attributes)]
            if small and more & set(big.attributes):
                story.link(kind, [big], small, " ".join(sorted(more & set(big.attributes))))


def _thing(a: Actor, names: dict[Actor, str], groups: dict[Bunch, str]) -> Thing:
    return Thing(id=names[a], noun=_clip(a.noun), phrase=_clip(a.phrase), attributes=_words(a.attributes),
                 group=groups[a.bunch] if a.bunch else None, part_of=names.get(a.whole) if a.whole else None)


def ids(things: Iterable[Actor]) -> dict[Actor, str]:
    """A name for each thing: its noun and a number."""
    counts: dict[str, int] = {}
    ids: dict[Actor, str] = {}
    taken: set[str] = set()
    for a in things:
        slug = _slug(a.noun)
        while True:
            counts[slug] = counts.get(slug, 0) + 1
            name = f"{slug}{counts[slug]}"
            if name not in taken:
                break
        taken.add(name)
        ids[a] = name
    return ids


def _slug(noun: str) -> str:
    plain = unicodedata.normalize("NFKD", noun).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:60].strip("_")
    return words if words[:1].isalpha() else f"thing_{words}".strip("_")


def _clip(words: str) -> str:
    return " ".join(words.split())[:_LONGEST] or "?"


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_clip(w) for w in words if w.strip()))
