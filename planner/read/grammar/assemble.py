"""From what was read to a `Scene`: ids, groups, relations and the limits of the types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from planner.read.grammar.actor import Actor, Bunch
from planner.read.grammar.cast import Cast
from planner.read.grammar.fragments import Fragments
from planner.read.grammar.story import Link, Missing, Story
from planner.relations import TABLE
from planner.scene import Absent, Group, Lettering, Relation, Scene, Span, Thing

_LONGEST = 400
_COMPARED = 0.8
"""How certain it is with what something "bigger" is compared."""
_SURE, _GUESSED = 0.86, 0.94
"""In a reading that is no surer than the first, each relation is at most as certain as the second: none is stated."""
_BORNE = frozenset({"wearing", "holding", "part_of"})
_HAD = frozenset({"with", "has", "have", "having"})
_RANKS = (("larger_than", {"larger", "bigger"}, {"smaller"}), ("taller_than", {"taller"}, {"shorter"}))


def assemble(prompt: str, cast: Cast, story: Story, fragments: Fragments) -> Scene:
    """The scene that was read."""
    things = cast.things
    story.forget([a for link in story.links for a in (*link.subjects, *link.objects) if a not in things])
    _give_way(story)
    _leave_out_had(story)
    _detach(things, story)
    _rank(things, story)
    names = ids(things)
    bunches = list(dict.fromkeys(a.bunch for a in things if a.bunch is not None))
    groups = {bunch: f"{_slug(bunch.noun)}_group{i}" for i, bunch in enumerate(bunches, 1)}
    return Scene(
        prompt=prompt,
        things=tuple(_thing(a, prompt, names, groups, fragments) for a in things),
        groups=tuple(Group(id=groups[b], words=_clip(b.words), at_least=b.at_least, at_most=b.at_most)
                     for b in bunches),
        relations=tuple(_relation(link, names, 1.0 if story.confidence > _SURE else _GUESSED) for link in story.links),
        absent=tuple(dict.fromkeys(_absent(m, names) for m in story.missing if m.noun.strip())),
        background=_clip(", ".join(story.background)) if story.background else "",
        style=_words(story.style),
        lettering=tuple(Lettering(content=_clip(text.content), host=names.get(text.host) if text.host else None,
                                  place=text.place[:_LONGEST], look=text.look[:_LONGEST])
                        for text in story.lettering if text.content.strip()),
        unread=_words(story.unread),
        notes=_words(story.notes),
        conflicts=_words(story.conflicts),
        canvas=fragments.canvas,
        confidence=story.confidence,
    )


def _relation(link: Link, names: dict[Actor, str], most: float) -> Relation:
    return Relation(kind=link.kind, subjects=tuple(names[a] for a in link.subjects),
                    objects=tuple(names[a] for a in link.objects), words=link.words, negated=link.negated,
                    mentions=(link.at,), certainty=min(link.certainty, most))


def _absent(m: Missing, names: dict[Actor, str]) -> Absent:
    return Absent(noun=_clip(m.noun), phrase=_clip(m.phrase), of=names.get(m.of) if m.of else None)


def _give_way(story: Story) -> None:
    """"a basket with apples. the apples are left of the basket": what was only understood yields to what is said."""
    for k, link in enumerate(story.links):
        ends = {*link.subjects, *link.objects}
        said = any(other is not link and other.kind != "other" and {*other.subjects, *other.objects} == ends
                   for other in story.links)
        if link.certainty < 1 and said and link.kind in ("in", "on"):
            story.links[k] = replace(link, kind="other", subjects=link.objects, objects=link.subjects, certainty=1.0)


def _leave_out_had(story: Story) -> None:
    """"a table with a lamp on it": that the table has the lamp is told by its place."""
    places = [link for link in story.links if not link.negated and link.kind != "other" and "_than" not in link.kind]
    placed = {frozenset((a, b)) for link in places for a in link.subjects for b in link.objects}
    for k, link in enumerate(story.links):
        if link.kind == "other" and link.words in _HAD and not link.negated:
            story.links[k] = replace(link, objects=tuple(
                b for b in link.objects if not any(frozenset((a, b)) in placed for a in link.subjects)))
    story.links = [link for link in story.links if link.objects or link.kind != "other"]


def _detach(things: Iterable[Actor], story: Story) -> None:
    """What is on or in something else is no longer drawn as a part of its whole ("hair wrapped in a towel")."""
    placed = {a for link in story.links if link.kind in ("on", "in") and not link.negated for a in link.subjects}
    deep = {(a, b) for link in story.links if link.kind in ("behind", "in_front_of", "hidden_by")
            for a in link.subjects for b in link.objects}
    for a in things:
        if a in placed or (a, a.whole) in deep:
            a.whole = None


def _rank(things: Sequence[Actor], story: Story) -> None:
    """"the larger dog" is larger than "the smaller dog"; "a bigger bench and a smaller spoon" too; and what is just
    "bigger" is bigger than what its place is told by."""
    story.certainty = _COMPARED
    for kind, more, less in _RANKS:
        big = [a for a in things if more & set(a.attributes)]
        small = [a for a in things if less & set(a.attributes)]
        pairs = [(a, [b for b in small if b.head == a.head] or small) for a in big]
        for a, others in pairs:
            if others:
                story.link(kind, [a], others, " ".join(sorted(more & set(a.attributes))))
            elif rest := _beside(a, things, story):
                story.link(kind, [a], rest, " ".join(sorted(more & set(a.attributes))))
        for a in small if not big else ():
            if rest := _beside(a, things, story):
                story.link(TABLE[kind].opposite, [a], rest, " ".join(sorted(less & set(a.attributes))))


def _beside(a: Actor, things: Sequence[Actor], story: Story) -> list[Actor]:
    """What a comparison without "than" is made with: what its place is told by, or the only other thing."""
    if any(a in link.subjects and "_than" in link.kind for link in story.links):
        return []
    for link in story.links:
        if TABLE[link.kind].arity in ("pair", "pool") and link.kind not in _BORNE:
            if a in link.subjects and link.objects:
                return list(link.objects)
            if a in link.objects and len(link.objects) == 1:
                return list(link.subjects)
    others = [b for b in things if b is not a and b.bunch is None]
    return others if len(things) == 2 and a.bunch is None else []


def _thing(a: Actor, prompt: str, names: dict[Actor, str], groups: dict[Bunch, str], fragments: Fragments) -> Thing:
    attributes = _words(a.attributes)
    within = (w for at, w in fragments.weights if any(at[0] <= m[0] and m[1] <= at[1] for m in a.mentions))
    return Thing(id=names[a], noun=_clip(a.noun), phrase=_clip(a.phrase), attributes=attributes,
                 group=groups[a.bunch] if a.bunch else None, part_of=names.get(a.whole) if a.whole else None,
                 mentions=tuple(sorted(set(a.mentions))), weight=max(within, default=1.0),
                 attribute_mentions=tuple(_place(prompt, word, a.places.get(word), a) for word in attributes))


def _place(prompt: str, word: str, at: Span | None, a: Actor) -> Span | None:
    """Where in the place that tells it an attribute stands; the whole place where it stands there in another form."""
    if at is None:
        return None
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", prompt[at[0]:at[1]], re.IGNORECASE)
    if found:
        return at[0] + found.start(), at[0] + found.end()
    return at if at != a.span else None


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
    plain = unicodedata.normalize("NFKD", noun.replace("'s ", " ")).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:60].strip("_")
    return words if words[:1].isalpha() else f"thing_{words}".strip("_")


def _clip(words: str) -> str:
    return " ".join(words.split())[:_LONGEST] or "?"


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_clip(w) for w in words if w.strip()))
