"""What "of" makes of two noun phrases: rows of four, slices of pizza, a row of cups; `said` is the "of …" itself."""

from __future__ import annotations

from planner.read.grammar.classes import alive, klass
from planner.read.grammar.lexicon import listed, mapping
from planner.read.grammar.mention import Mention
from planner.read.grammar.plurals import plural
from planner.read.grammar.quantity import Quantity

_FIXED_NUMBERS = frozenset({"pair", "couple", "trio", "duo", "quartet", "quintet", "twosome", "threesome"})


def rows_of(m: Mention, inner: Mention, said: str) -> Mention:
    """"eggs in three rows of four": twelve. "A family of four" is a family."""
    rows, across = m.quantity, inner.quantity
    if m.head in ("row", "column", "line") and rows and across and rows.exact and across.exact:
        m.cells, m.end = rows.n * across.n, inner.end
    elif across and across.exact and not m.plural and " " in m.noun and m.head in listed("collection") and (
            klass(m.head) not in ("group", "person") or alive(m.noun.rsplit(" ", 1)[0])):
        m.noun, m.end, m.quantity, m.plural = m.noun.rsplit(" ", 1)[0], inner.end, across, True
    elif m.head in listed("person") and across and not inner.attributes and not inner.other:
        m.tail, m.end = said, inner.end
    return m


def portion(unit: Mention, inner: Mention, said: str) -> Mention:
    """"two slices of pizza": two pizzas, each "a slice of pizza"."""
    inner.tail = said
    inner.start, inner.quantity, inner.det = unit.start, unit.quantity, unit.det
    inner.attributes = [*unit.attributes, *inner.attributes]
    inner.plural, inner.core, inner.collection = unit.plural, unit.core, "portion"
    return inner


def collected(m: Mention, inner: Mention) -> Mention:
    """"a row of three red cups": three red cups in a row; "two rows of three": six of them."""
    rows, told = m.quantity if m.quantity and m.quantity.n > 1 else None, inner.quantity
    if many := m.cells or inner.cells:
        inner.quantity, inner.plural = Quantity(many, many, many, inner.start, m.noun), True
    elif told is None:
        _usual_number(m, inner)
    elif rows:
        most = told.at_most * rows.at_most if told.at_most and rows.at_most else None
        inner.rows = rows.n if rows.exact and told.exact else 0
        inner.quantity = told._replace(at_least=told.at_least * rows.at_least, at_most=most, n=told.n * rows.n)
        inner.plural = True
    inner.start, inner.det = m.start, m.det
    inner.collection = "grid" if many else plural(m.head) if m.plural else m.head
    return inner


def _usual_number(m: Mention, inner: Mention) -> None:
    """How many a collection has where no number is told."""
    times = m.quantity.n if m.quantity else 1
    n = int(mapping("number_of_collection").get(m.head, "4")) * times
    fixed = m.head in _FIXED_NUMBERS
    inner.quantity = Quantity(n if fixed else 2 * times, n if fixed else None, n, inner.start, m.head)
    inner.plural = True
