"""Comparisons of numbers: "more cats than dogs", "the number of cats is less than that of dogs"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from planner.read.grammar.chunks import Chunk
from planner.read.grammar.plurals import singular
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.tokens import Token

_MORE = frozenset({"more", "greater", "larger", "higher", "bigger"})
_LESS = frozenset({"less", "fewer", "smaller", "lower"})
_SAME = frozenset({"equal", "same", "identical"})


class Ratio(NamedTuple):
    """There are more, fewer, or as many `first` as `second`; both are the last words of nouns."""

    first: str
    sign: int
    second: str


def stated_ratios(tokens: Sequence[Token]) -> tuple[list[Ratio], list[Token]]:
    """The sentences about numbers of things, and the tokens without them."""
    ratios: list[Ratio] = []
    kept: list[Token] = []
    k = 0
    while k < len(tokens):
        found = _number_of(tokens, k)
        if found is None:
            kept.append(tokens[k])
            k += 1
            continue
        ratio, k = found
        ratios.append(ratio)
        while kept and kept[-1].low in (",", "and", "but", "where", "while", "so", "with"):
            kept.pop()
    return ratios, kept


def _number_of(tokens: Sequence[Token], k: int) -> tuple[Ratio, int] | None:
    """ "the number of cats is less than that of dogs", from its first word on."""
    lows = [token.low for token in tokens[k : k + 30]]
    if lows[:3] != ["the", "number", "of"]:
        return None
    verb = next((j for j in range(3, len(lows)) if lows[j] in ("is", "are", "equals", "exceeds")), 0)
    if verb < 4 or any(low in (".", ",") for low in lows[:verb]):
        return None
    signs = [(1, j) for j in range(verb, min(verb + 6, len(lows))) if lows[j] in _MORE or lows[j] == "exceeds"]
    signs += [(-1, j) for j in range(verb, min(verb + 6, len(lows))) if lows[j] in _LESS]
    signs += [(0, j) for j in range(verb, min(verb + 6, len(lows))) if lows[j] in _SAME or lows[j] == "equals"]
    if not signs:
        return None
    sign, j = signs[0]
    j += 1
    while j < len(lows) and lows[j] in ("than", "to", "as", "that", "those", "of", "the", "number"):
        j += 1
    end = j
    while end < len(lows) and tokens[k + end].kind == "word" and lows[end] not in ("and", "in", "on", "with", "but"):
        end += 1
    if end == j:
        return None
    return Ratio(singular(lows[verb - 1]), sign, singular(lows[end - 1])), k + end


def compared(items: Sequence[Chunk]) -> list[Chunk]:
    """Turns "more cats than dogs" into so many cats and so many dogs."""
    found = list(items)
    for i, item in enumerate(found):
        m = item.mention
        if m is None or not m.compare or m.headless:
            continue
        than = next(
            (j for j in range(i + 1, min(i + 6, len(found))) if found[j].kind == "than" or found[j].word == "as"), 0
        )
        other = found[than + 1].mention if than and than + 1 < len(found) else None
        if other is None or other.headless:
            continue
        base = other.quantity
        told = next((c.mention.quantity for c in found[than + 2:] if c.mention and c.mention.head == other.head
                     and c.mention.quantity and c.mention.quantity.exact), None)
        if base is None and told is not None and m.compare.isdigit():
            base = other.quantity = told
            other.plural = True
        if base is None:
            n = {"fewer": 4, "less": 4, "same": 3}.get(m.compare, 2)
            base = other.quantity = Quantity(n, n, n, other.start, " ".join([m.compare, "as"]))
            other.plural = n > 1
        bounds: dict[str, tuple[int, int | None, int]] = {
            "more": (base.n + 1, None, base.n + 2),
            "same": (base.n, base.n, base.n),
        } | {many: (int(many) * base.n,) * 3 for many in (m.compare,) if many.isdigit()}
        low, high, n = bounds.get(m.compare, (1, max(1, base.n - 1), max(1, base.n - 1 - (base.n > 3))))
        m.quantity = Quantity(low, high, n, m.start, m.compare)
        m.plural = n > 1
        found[than] = found[than]._replace(kind="and", word="and", cue=None)
    return found


def in_ratio(q: Quantity, ratio: Ratio, other: int, *, first: bool) -> Quantity:
    """The quantity of one side of a ratio whose other side counts `other`."""
    sign = ratio.sign if first else -ratio.sign
    if sign == 0:
        return Quantity(other, other, other, q.end, q.words)
    if sign > 0:
        return Quantity(other + 1, None, max(q.n, other + 1), q.end, q.words)
    most = max(1, other - 1)
    return Quantity(1, most, min(q.n, most), q.end, q.words)
