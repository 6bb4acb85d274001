"""Scenes in a few words, for tables of prompts and what they should be read as."""

from __future__ import annotations

from collections import Counter

from planner.scene import Scene, Thing


def label(thing: Thing) -> str:
    """The attributes and the noun."""
    return " ".join([*thing.attributes, thing.noun])


def notation(scene: Scene) -> list[str]:
    """One line per kind of thing, relation, absence and so on."""
    by_id = {thing.id: thing for thing in scene.things}
    bounds = {group.id: "" if group.exact else f" [{group.at_least}..{group.at_most or ''}]" for group in scene.groups}
    things = Counter(label(t) + (f" of {by_id[t.part_of].noun}" if t.part_of else "") + bounds.get(t.group or "", "")
                     for t in scene.things)
    lines = ["; ".join(f"{n} {name}" for name, n in things.items())] if things else ["nothing"]

    def names(ids: tuple[str, ...]) -> str:
        return " + ".join(f"{n} {name}" if n > 1 else name for name, n in Counter(label(by_id[i]) for i in ids).items())

    told = Counter(" ".join(x for x in ("not" if r.negated else "", names(r.subjects),
                                        f"“{r.words}”" if r.kind == "other" else r.kind, names(r.objects)) if x)
                   for r in scene.relations)
    lines += [line if n == 1 else f"{n}× {line}" for line, n in told.items()]
    lines += [f"no {a.noun}" + (f" on {by_id[a.of].noun}" if a.of else "") for a in scene.absent]
    lines += [f"background: {scene.background}"] if scene.background else []
    lines += [f"style: {' | '.join(scene.style)}"] if scene.style else []
    lines += [f'says "{t.content}"' + (f" on {by_id[t.host].noun}" if t.host else "") for t in scene.lettering]
    lines += [f"unread: {' | '.join(scene.unread)}"] if scene.unread else []
    return lines
