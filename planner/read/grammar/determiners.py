"""What opens a noun phrase: determiners, numbers and what is no number though it looks like one."""

from __future__ import annotations

from itertools import takewhile

from planner.read.grammar.classes import codes, is_part
from planner.read.grammar.lexicon import describes, listed, nouns, participle_like
from planner.read.grammar.mention import Mention
from planner.read.grammar.plurals import is_plural
from planner.read.grammar.quantity import Quantity, cells, number, quantity, words_at
from planner.read.grammar.words import Words

_MOST_CELLS = 400
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
             "ninth": 9, "tenth": 10, "last": -1}


class Determiners(Words):
    """Reads what stands before the first adjective or noun."""

    def _determiners(self, k: int, m: Mention) -> int:
        half = self.low(k) == "half" and (self.low(k + 1) in ("the", "of", "these", "those") or (
            self.low(k + 1) in listed("colour") and not self.goes_on(k + 2)) or self.low(k + 1) in listed("have", "be"))
        if half or self.low(k) in ("all", "both"):
            m.det, k = self.low(k), k + 1
            k += self.low(k) == "of"
            if self.low(k) in ("them", "which", "whom"):
                m.closed = True
                return k + 1
        for _ in range(4):
            after = self._cells(k, m) or self._trait(k, m) or self._compared(k, m) or self._number(k, m) or (
                self._determiner(k, m))
            if not after:
                break
            k = after
        return k

    def _cells(self, k: int, m: Mention) -> int:
        """The end of "3x3" at `k`, before or after the word "grid", or 0."""
        many, stop = cells(self.text, self.tokens[k].start) if k < len(self.tokens) else (0, 0)
        end = next((j for j in range(k, len(self.tokens)) if self.tokens[j].start >= stop), k) if many else k
        gridded = self.low(k - 1) == "of" and self.low(k - 2) in listed("gridded")
        if m.cells or not (0 < many <= _MOST_CELLS) or not (gridded or self.low(end) in listed("gridded")):
            return 0
        m.cells = many
        return end

    def _trait(self, k: int, m: Mention) -> int:
        """The end of "4 legged" at `k` in "a 4 legged table", or 0: a number of its parts, not of tables."""
        if k >= len(self.tokens) or m.quantity or m.det not in ("", "a", "an"):
            return 0
        if self.low(k) in ("$", "€", "£") and k + 1 < len(self.tokens) and self.tokens[k + 1].kind == "number":
            m.attributes.append(self.span(k, k + 2))
            return k + 2
        found, part = number(self.tokens, k), self.low(k + 1)
        if found is not None and part in ("year", "years", "month", "months", "week") and self.low(k + 2) == "old":
            m.attributes.append(f"{self.low(k)} {part} old")
            return k + 3
        if found is None or found[0] < 2 or found[1] != k + 1 or not self.goes_on(k + 2):
            return 0
        stems = (part[:-2], part[:-1], part[:-3])
        made_of = part.endswith("ed") and describes(part) and (m.det != "" or any(map(is_part, stems)))
        noun = part in nouns() or codes(part)
        measured = part in listed("measure") and not self.cue(k + 2)
        if not made_of and not measured and (not m.det or not noun or not self.known_noun(k + 2) or self.cue(k + 2)):
            return 0
        if is_plural(self.low(k + 2)):
            return 0
        m.attributes.append(f"{self.low(k)}-{part}")
        return k + 2

    def _compared(self, k: int, m: Mention) -> int:
        """The end of "as many", "twice as many", "three times as many" at `k`, or 0."""
        times = number(self.tokens, k) if self.low(k + 1) == "times" else None
        many = str(times[0]) if times else ""
        for words, name in (("as many", "same"), ("twice as many", "2"), ("times as many", many)):
            if name and (end := words_at(self.tokens, k + (times is not None), words)):
                m.compare = name
                return end
        return 0

    def _number(self, k: int, m: Mention) -> int:
        """The end of a number at `k`, or 0."""
        if k >= len(self.tokens) or (m.quantity and (not m.partitive or m.whole)):
            return 0
        found = quantity(self.tokens, k)
        if found is None or self.low(found.end) in listed("measure"):
            return 0
        if self._year(k, found):
            m.attributes.append(self.low(k))
            return found.end
        dancing = participle_like(self.low(found.end)) and not self.goes_on(found.end + 1)
        if found.words.lower() == "a couple" and (dancing or not self.noun_like(found.end)):
            return 0
        if m.quantity:
            m.whole = found
            return found.end
        m.quantity, k = found, found.end
        if self.low(k) != "of":
            return k
        pointed = self.low(k + 1) in ("these", "those") and self.noun_like(k + 2)
        if self.low(k + 1) in ("them", "which", "whom", "these", "those") and not pointed:
            m.partitive = m.closed = True
            return k + 2
        owned = self.low(k + 1) in listed("possessive") and self.noun_like(k + 2)
        counted = number(self.tokens, k + 1) is not None
        m.partitive = pointed or self.low(k + 1) == "the" or owned or counted
        return k + m.partitive

    def _year(self, k: int, found: Quantity) -> bool:
        """"a 1967 mustang": four digits before a singular are no count."""
        after = self.low(found.end)
        digits = self.tokens[k].kind == "number" and self.low(k).isdigit() and len(self.low(k)) == 4
        named = takewhile(self.noun_like, range(found.end, min(found.end + 4, len(self.tokens))))
        return digits and 1000 <= found.n <= 2100 and found.end == k + 1 and bool(after) and not any(
            is_plural(self.low(j)) for j in named)

    def _determiner(self, k: int, m: Mention) -> int:
        """The end of a determiner at `k`, or 0."""
        low = self.low(k)
        if low in ("a", "an") and m.quantity and not m.partitive:
            return 0
        if low == "that" and m.quantity and not m.partitive:
            return 0
        if low == "all" and m.det in ("a", "an") and k == m.start + 1 and describes(self.low(k + 1)):
            return k + 1
        if low in listed("determiner") and m.det in ("", "all", "both", "half"):
            m.det = low
            if low in ("each", "either", "neither", "any") and self.low(k + 1) == "of":
                m.partitive = True
                m.closed = self.low(k + 2) in ("them", "which", "whom")
                return k + 2 + (self.low(k + 2) == "the" or m.closed)
            return k + 1
        if low == "the" and m.partitive:
            return k + 1
        if low == "rest" and m.det == "the" and self.low(k + 1) != "of":
            m.other = m.plural = m.closed = True
            return k + 1
        if low in ("more", "fewer", "less") and not m.quantity and k == m.start:
            m.compare = low
            return k + 1
        if low in ("only", "very", "same", "own") and m.det:
            return k + 1
        if low in ("other", "others", "more", "additional", "extra"):
            m.other = True
            return k + 1
        if low in _ORDINALS and (m.counted or (k == m.start and low != "last" and self.goes_on(k + 1))):
            m.ordinal = _ORDINALS[low]
            return k + 1
        return 0
