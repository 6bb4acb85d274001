"""What a phrase with "one" says again of a thing just named: "an apple, a green one, on a table" is one apple."""

from __future__ import annotations

from planner.read.grammar.actor import Actor
from planner.read.grammar.cast import Cast
from planner.read.grammar.lexicon import listed
from planner.read.grammar.mention import Mention

_SORTS = ("colour", "size", "material", "shape", "texture")


def apposed(m: Mention, cast: Cast) -> list[Actor]:
    """The thing, or the group, that the phrase names again after a comma; none where it may be a further one."""
    p = cast.p
    if not m.one or not m.attributes or m.det not in ("a", "an", "") or m.other or p.low(m.start - 1) != ",":
        return []
    listed_on = p.low(m.end) in (",", "and") and any(p.low(k) in ("one", "ones") for k in range(m.end, m.end + 6))
    if m.quantity or listed_on:
        return []
    named = [a for a in cast.things if a.span[1] <= p.tokens[m.start].start]
    if not named or cast.share is not None:
        return []
    last = named[-1]
    several = last.bunch is not None
    model = [a for a in named if a.bunch is last.bunch] if several else [last]
    if several != m.plural or any(of_another_sort(a, m) or not cast.compatible(a, m) for a in model):
        return []
    for a in model:
        a.describe(m.attributes, cast.range(m))
    return model


def of_another_sort(a: Actor, m: Mention) -> bool:
    """Whether the phrase tells a colour or a size where another one was told."""
    told = ((set(a.attributes) & listed(sort), set(m.attributes) & listed(sort)) for sort in _SORTS)
    return any(mine and theirs and not mine & theirs for mine, theirs in told)
