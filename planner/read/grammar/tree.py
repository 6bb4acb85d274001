"""The tree that syntax finds: arcs between chunks, and a reading of the chunks so far."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Label = Literal["subject", "object", "joined", "named", "gap", "of", "all", "front", "none"]
"""How a chunk hangs on its head.

subject  begins a clause or a fragment         object  of a verb, a place, a "with"     joined  by "and" or a comma
named    says what the head is ("her friend, a doctor")     of, all  said of the head alone, or of all joined with it
gap      object of a verb that is left out                  front   a place told before its subject
none     outside the tree
"""
class Arc(NamedTuple):
    """Where a chunk hangs. `head` is -1 at the top, -2 where it goes on about the sentence before."""

    head: int
    label: Label


class Tree(NamedTuple):
    """The arc of each chunk, and how sure it is, from 0 to 1."""

    arcs: tuple[Arc, ...]
    certain: tuple[float, ...]


class State(NamedTuple):
    """One reading of the chunks so far."""

    score: float = 0.0
    arcs: tuple[Arc, ...] = ()
    subject: int = -1
    verb: int = -1
    """The predicate of the clause, if it has one."""
    open: tuple[int, ...] = ()
    """Noun phrases that more can be said of, the latest last."""
    roots: tuple[int, ...] = ()
    """Subjects of this sentence."""
    waiting: int = -1
    """The chunk whose object comes next."""
    fronts: tuple[int, ...] = ()
    outer: tuple[tuple[int, int], ...] = ()
    """Subject and verb of the clauses around a relative clause."""
    sep: str = ""
    """The marks and conjunctions since the last chunk that means something."""
    last: int = -1
    """That chunk."""

    def take(self, arc: Arc, gain: float = 0.0, **changes: Any) -> State:
        """The reading with one more arc."""
        changes = {"sep": "", "last": len(self.arcs), **changes}
        return self._replace(score=self.score + gain, arcs=(*self.arcs, arc), **changes)

    def skip(self, **changes: Any) -> State:
        """The reading with a chunk that hangs nowhere."""
        return self._replace(arcs=(*self.arcs, Arc(-1, "none")), **changes)
