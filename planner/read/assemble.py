"""From what was read to a `Scene`: ids, groups, relations and the limits of the types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from planner.read.cast import Actor, Bunch, Cast
from planner.read.story import Story
from planner.scene import Absent, Group, Lettering, Relation, Scene, Thing

_LONGEST = 400


def assemble(prompt: str, cast: Cast, story: Story) -> Scene:
    """The scene that was read."""
    things = cast.things
    _detach(things, story)
    ids = _ids(things)
    bunches = _bunches(things)
    groups = {bunch: f"{_slug(bunch.noun)}_group{i}" for i, bunch in enumerate(bunches, 1)}
    return Scene(
        prompt=prompt,
        things=tuple(_thing(a, ids, groups) for a in things),
        groups=tuple(
            Group(id=groups[b], words=_clip(b.words), at_least=b.at_least, at_most=b.at_most) for b in bunches
        ),
        relations=tuple(
            Relation(
                kind=link.kind,
                subjects=tuple(ids[a] for a in link.subjects),
                objects=tuple(ids[a] for a in link.objects),
                words=link.words,
                negated=link.negated,
            )
            for link in story.links
        ),
        absent=tuple(
            dict.fromkeys(
                Absent(noun=_clip(m.noun), phrase=_clip(m.phrase), of=ids.get(m.of) if m.of else None)
                for m in story.missing
                if m.noun.strip()
            )
        ),
        background=_clip(", ".join(story.background)) if story.background else "",
        style=_names(story.style),
        lettering=tuple(
            Lettering(content=_clip(text), host=ids.get(host) if host else None)
            for text, host in story.lettering
            if text.strip()
        ),
        unread=_names(story.unread),
        notes=_names(story.notes),
    )


def _detach(things: Iterable[Actor], story: Story) -> None:
    """What is on or in something else is no longer drawn as a part of its whole ("hair wrapped in a towel")."""
    placed = {a for link in story.links if link.kind in ("on", "in") and not link.negated for a in link.subjects}
    for a in things:
        if a in placed:
            a.whole = None


def _thing(a: Actor, ids: dict[Actor, str], groups: dict[Bunch, str]) -> Thing:
    return Thing(
        id=ids[a],
        noun=_clip(a.noun),
        phrase=_clip(a.phrase),
        attributes=_names(a.attributes),
        group=groups.get(a.bunch) if a.bunch else None,
        part_of=ids.get(a.whole) if a.whole and a.whole is not a else None,
    )


def _ids(things: Iterable[Actor]) -> dict[Actor, str]:
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


def _bunches(things: Iterable[Actor]) -> list[Bunch]:
    return list(dict.fromkeys(a.bunch for a in things if a.bunch is not None))


def _clip(words: str) -> str:
    return " ".join(words.split())[:_LONGEST] or "?"


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_clip(w) for w in words if w.strip()))
