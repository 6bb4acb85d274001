"""Noun phrases: determiner, quantity, modifiers and head, with "of" phrases and owners; open to any noun."""

from __future__ import annotations

from itertools import takewhile

from planner.read.grammar.classes import bodily, codes, is_part, klass
from planner.read.grammar.lexicon import adjectives, describes, listed, mapping, nouns, participle_like, verb
from planner.read.grammar.mention import Mention
from planner.read.grammar.plurals import is_plural, plural, same_in_both, singular
from planner.read.grammar.quantity import Quantity, cells, number, quantity, words_at
from planner.read.grammar.tokens import Token
from planner.read.grammar.words import Words

_DEEPEST = 5
_MOST_CELLS = 400
_LONGEST = 24
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
             "ninth": 9, "tenth": 10, "last": -1}
_FIXED_NUMBERS = frozenset({"pair", "couple", "trio", "duo", "quartet", "quintet", "twosome", "threesome"})
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "sir", "lady", "aunt", "uncle"})
_SIDES = frozenset({"left", "leftmost", "right", "rightmost", "middle"})


class Phraser(Words):
    """Reads noun phrases out of a list of tokens."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        super().__init__(tokens, text)
        self._depth = 0

    def noun_phrase(self, i: int, *, coordinated: bool = False, verb_seen: bool = False) -> Mention | None:
        """The noun phrase that starts at `i`."""
        m = Mention(i, i)
        k = self._determiners(i, m)
        if self.low(k - 1) == "others" and k > i:
            m.end = k
            return self._headless(m, k)
        if sided := self._sided(k, m):
            return sided
        k = self._modifiers(k, m)
        if not m.closed and (m.counted or m.attributes or self.noun_like(k)):
            k = self._nouns(k, m, coordinated, verb_seen)
        if m.noun and self._was_adjective(k, m):
            k = self._nouns(self._modifiers(k, m), m, coordinated, verb_seen)
        m.end = k
        if m.headless:
            return self._superlative(m, k) or self._noun_after_all(m, k) or self._headless(m, k)
        m.name = not m.det and not m.quantity and (self.low(m.start) in _TITLES or (
            self.proper(k - 1) or self.tokens[m.start].text[:1].isupper()) and klass(m.noun) == "unknown" and k == m.start + 1 and not is_plural(self.low(k - 1)))
        m.plural = self._is_many(m, k) and not m.name
        self._halve_pairs(m)
        if self._depth >= _DEEPEST:
            return m
        self._depth += 1
        whole = self._owned(m, coordinated, verb_seen) or self._of(m, verb_seen)
        self._depth -= 1
        return whole

    def _was_adjective(self, k: int, m: Mention) -> bool:
        """"the quick brown fox": an unknown word before an adjective and a noun was an adjective itself."""
        if not m.counted or m.noun in nouns() or " " in m.noun or not describes(self.low(k)) or not self.goes_on(k + 1):
            return False
        m.attributes.append(m.noun)
        m.noun = ""
        return True

    def _superlative(self, m: Mention, k: int) -> Mention | None:
        """"the largest of four boxes": one of them."""
        if m.det != "the" or not m.attributes or m.quantity or self.low(k) != "of" or self._depth >= _DEEPEST:
            return None
        inner = self.noun_phrase(k + 1)
        if inner is None or inner.headless or not inner.plural:
            return None
        inner.whole = inner.quantity or Quantity(2, None, 3, k, inner.noun)
        inner.start, inner.quantity, inner.partitive = m.start, Quantity(1, 1, 1, k, "one"), True
        inner.pick = m.attributes
        return inner

    def _noun_after_all(self, m: Mention, k: int) -> Mention | None:
        """"a giant fell asleep": a word that mostly describes, where no noun follows."""
        last = m.attributes[-1] if m.attributes else ""
        if m.det not in ("a", "an") or m.quantity or self.low(k - 1) != last or codes(last)[:1] not in ("p", "a", "v") or (
                last in listed("colour", "material")):
            return None
        m.attributes.pop()
        m.noun, m.noun_at, m.core = last, (k - 1, k), (m.core[0], k)
        return m

    def _sided(self, k: int, m: Mention) -> Mention | None:
        """"the left of the two dogs": one of them, told by its side."""
        if m.det != "the" or m.quantity or self.low(k) not in _SIDES or self._depth >= _DEEPEST:
            return None
        of = k + 1 + (self.low(k + 1) == "one")
        inner = self.noun_phrase(of + 1) if self.low(of) == "of" else None
        if inner is None or inner.headless or not inner.plural or not (inner.quantity and inner.quantity.exact):
            return None
        inner.whole, inner.quantity, inner.pick = inner.quantity, Quantity(1, 1, 1, k, "one"), [self.low(k)]
        return inner

    def _is_many(self, m: Mention, k: int) -> bool:
        if m.quantity:
            return m.quantity.n != 1
        bare = not m.det and not m.attributes and m.start > 0 and self.low(k - 1) in listed("invariant") and (
            klass(m.noun) in ("animal", "food", "unknown"))
        return m.det not in listed("single") and (is_plural(self.low(k - 1)) or m.det in ("these", "those") or bare)

    def _halve_pairs(self, m: Mention) -> None:
        """A pair of scissors is one thing."""
        if m.quantity and m.quantity.pair and m.head in listed("tantum"):
            n = max(1, m.quantity.n // 2)
            m.quantity, m.plural = m.quantity._replace(at_least=n, at_most=n, n=n), n > 1

    # Determiners

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
        for words, name in (("as many", "same"), ("twice as many", "2"), ("times as many", str(times[0]) if times else "")):
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

    # Modifiers and head

    def _modifiers(self, k: int, m: Mention) -> int:
        """Adjectives up to the first noun. Where no noun follows, a word that can be one is left for `_nouns`."""
        begun = k
        while k < min(len(self.tokens), m.start + _LONGEST) and not self.compound(k):
            low = self.low(k)
            if low == "half" and (describes(self.low(k + 1)) or participle_like(self.low(k + 1))) and (
                    self.low(k + 1) not in listed("colour")):
                m.attributes.append(f"half {self.low(k + 1)}")
                k += 2
            elif self.tokens[k].kind == "number" and k > begun and self._sized(k):
                m.attributes.append(f"{low} {self.low(k + 1)}")
                k += 2
            elif self._with_particle(k, m.counted or k > begun):
                m.attributes.append(f"{low} {self.low(k + 1)}")
                k += 2
            elif low == "," and not m.counted and self._follows_noun(begun):
                break
            elif low in (",", "and", "or", "&", "-") and k > begun and self.more_adjectives(k):
                m.alternate |= low in ("and", "or", "&")
                k += 1 + (self.low(k + 1) in ("and", "or"))
            elif self.tokens[k].kind != "word" or low in listed("function") or self._acts_on_many(k, m):
                break
            elif k > begun and low in ("colored", "coloured", "sized", "shaped", "style", "styled"):
                k += 1
            elif not self.noun_like(k):
                if not self._grades(k, m.counted or k > begun):
                    break
                k += 1
            elif self.modifies(k, opens=k == begun and not m.counted) and not (k == begun and self._shares(k, m)):
                m.attributes.extend([low] if low != "single" else [])
                k += 1
            else:
                break
        m.core = (begun, k)
        return k

    def _with_particle(self, k: int, within: bool) -> bool:
        """"a knocked over vase", "rolled up sleeves": a participle and its particle before a noun."""
        particle = self.low(k + 1) in ("up", "over", "out", "down", "off", "in")
        form = verb(self.low(k)) if particle else None
        opens = within or (self.low(k - 1) in ("and", "with", ",") and is_plural(self.low(k + 2)))
        return form is not None and form.form == "ed" and opens and self.noun_like(k + 2) and (
            self.known_noun(k + 2) or bool(codes(singular(self.low(k + 2)))))

    def _follows_noun(self, k: int) -> bool:
        """Whether no mark stands before `k`: "a wetsuit half unzipped, wet hair" tells two things of two nouns."""
        return k > 0 and self.tokens[k - 1].kind == "word" and self.known_noun(k - 1)

    def _sized(self, k: int) -> bool:
        """"a cozy 2 story house": a number of a measure or a part in the singular."""
        part = self.low(k + 1)
        return (part in listed("measure") or (self.noun_like(k + 1) and not is_plural(part))) and self.goes_on(k + 2)

    def _grades(self, k: int, within: bool) -> bool:
        """Whether the adverb at `k` belongs to the adjective after it ("very old")."""
        nxt = self.low(k + 1)
        return self.adverb(k) and (describes(nxt) or participle_like(nxt)) and (within or self.leads_to_noun(k + 1))

    def _acts_on_many(self, k: int, m: Mention) -> bool:
        """"an alien shaking hands", "a native selling fish": after "a", the plural is what something is done to."""
        single = m.det in ("a", "an") and m.quantity is None and self.can_head(k)
        return single and self.only_participle(k + 1) and is_plural(self.low(k + 2)) and not self.goes_on(k + 3)

    def _shares(self, k: int, m: Mention) -> bool:
        """"both wearing ties": the participle is what the share of a group does, not a modifier."""
        form = verb(self.low(k))
        one = m.quantity is not None and m.quantity.words.lower() == "one"
        told = m.quantity is not None and not m.det and form is not None and form.lemma in mapping("verb_kind")
        share = m.det in ("each", "both", "all", "another") or m.other or one or told
        if m.det in ("each", "both", "all") and form and form.form == "base" and self.takes_object(k + 1):
            return True
        return bool(share and form and form.form == "ing" and form.lemma not in listed("intransitive"))

    def _nouns(self, k: int, m: Mention, coordinated: bool, verb_seen: bool) -> int:
        words: list[str] = []
        last, begun = "", k
        while k < min(len(self.tokens), m.start + _LONGEST):
            fixed = self.compound(k)
            if fixed and m.det in listed("single") and self.low(k + len(fixed) - 1) != fixed[-1]:
                fixed = ()
            if fixed and not (words and self.cue(k)):
                words.extend(token.low for token in self.tokens[k : k + len(fixed)])
                last = fixed[-1]
            elif not self.noun_like(k) or not (
                    self._extends(k, m, words, coordinated, verb_seen) if words else self._starts(k, m)):
                break
            else:
                words.append(self.low(k))
                last = singular(self.low(k))
            k += max(1, len(fixed))
            if self._model_number(k, words):
                words = words[:-1] if words[-1] == "number" and len(words) > 1 else words
                last, k = singular(words[-1]), k + 1
            m.plural = words[-1] != last or words[-1] in listed("tantum") or bool(m.quantity and m.quantity.n != 1)
        if words in (["one"], ["ones"]):
            words, m.one = [], True
        m.noun = " ".join([*words[:-1], last]) if words else ""
        m.noun_at = (begun, k) if words else (0, 0)
        m.core = (m.core[0], k)
        return k

    def _model_number(self, k: int, words: list[str]) -> bool:
        """"iphone 15", "route 66 diner", "player number 10": a number that belongs to the name before it."""
        if k >= len(self.tokens) or self.tokens[k].kind != "number" or is_plural(words[-1]):
            return False
        if words[-1] in listed("numbered"):
            return True
        after = self.low(k + 1)
        ends = k + 1 >= len(self.tokens) or self.tokens[k + 1].kind == "mark" or self.cue(k + 1) is not None
        return ends or after in listed("function") or (verb(after) is not None and not self.noun_like(k + 2))

    def _starts(self, k: int, m: Mention) -> bool:
        """Whether the word at `k` can be the first noun of the phrase."""
        cue = self.cue(k)
        place = cue is not None and self.low(k) not in nouns() and (not m.det or cue.end > k + 1)
        if cue is not None and cue.kind and (m.other or m.det == "another" or m.quantity):
            sided = self.low(k) in ("left", "right") and cue.end > k + 1
            one = not m.quantity or m.quantity.n == 1
            place = place or sided or (one and self.low(cue.end) in listed("determiner", "pronoun"))
        if m.det in ("all", "both", "each") and not m.quantity and (form := verb(self.low(k))) and (
                form.form == "base" and not is_plural(self.low(k)) and (
                    self.takes_object(k + 1) if m.det == "each" else self.noun_like(k + 1))):
            return False
        return not place and not self.only_verb(k, m)

    def _extends(self, k: int, m: Mention, words: list[str], coordinated: bool, verb_seen: bool) -> bool:
        """Whether the word at `k` continues the compound `words`."""
        low, last = self.low(k), words[-1]
        if {low, last} <= listed("kin") and not m.det:
            return False
        adverb = low in listed("adverb") and (not self.noun_like(k + 1) or participle_like(self.low(k + 1)))
        if last in ("one", "ones") or low == "one" or self.cue(k) or adverb:
            return False
        if not self.can_head(k) and not (describes(low) and self.goes_on(k + 1)):
            return False
        if self.verb_after(k, m, coordinated=coordinated, verb_seen=verb_seen):
            return False
        if not self.can_head(k):
            return low in listed("material") and not is_plural(last)
        if last not in listed("plural_first"):
            if is_plural(last):
                return False
            if m.det in listed("single") and is_plural(low) and not self.noun_like(k + 1):
                return False
        return not (same_in_both(last) and m.quantity and m.quantity.n > 1) or (is_plural(low) and self.known_noun(k))

    def _headless(self, m: Mention, k: int) -> Mention | None:
        """"one red", "the other", "two", "the blue one"; adjectives alone are no noun phrase."""
        if k == m.start or not (m.counted or m.other or (m.one and m.attributes)):
            return None
        if m.det in listed("possessive") and not m.attributes and not m.quantity:
            return None
        m.plural = bool(m.quantity and m.quantity.n != 1) or self.low(k - 1) in ("others", "ones", "rest") or (m.closed and m.other)
        alone = m.quantity is not None and not m.partitive and not m.attributes and not m.other and not m.det
        return None if alone and m.quantity and m.quantity.words.isdigit() and m.quantity.n > 12 else m

    # Owners and "of"

    def _owned(self, m: Mention, coordinated: bool, verb_seen: bool) -> Mention | None:
        """"a dog's tail": the tail, owned by the dog. Also without the apostrophe: "a computers keyboard"."""
        k = m.end
        if k < len(self.tokens) and self.tokens[k].kind == "own":
            k += 1
        elif not self._lost_apostrophe(m, k):
            return None
        inner = self.noun_phrase(k, coordinated=coordinated, verb_seen=verb_seen)
        if inner is None or inner.headless or inner.det:
            return None
        m.plural = m.plural and m.det not in listed("single")
        if m.det in ("", "a", "an") and not m.plural and klass(m.noun) == "person" and not self.proper(m.core[0]) and (
                not is_part(inner.noun)):
            inner.start, inner.det, inner.quantity = m.start, m.det, m.quantity
            inner.attributes = [*m.attributes, *inner.attributes]
            inner.noun, inner.core = f"{m.noun}'s {inner.noun}", (m.core[0], inner.core[1])
            return inner
        if inner.host is None:
            inner.start, inner.det, inner.owner = m.start, "poss", m
        return inner

    def _lost_apostrophe(self, m: Mention, k: int) -> bool:
        if m.det not in ("a", "an", "one") or m.quantity or not is_plural(self.low(k - 1)) or self.proper(k - 1):
            return False
        return self.noun_like(k) and self.can_head(k) and not self.cue(k) and not verb(self.low(k))

    def _of(self, m: Mention, verb_seen: bool) -> Mention:
        """What "of" adds to the head: the counted thing, a content, a whole, or just words."""
        k = m.end
        inner = None if self.low(k) != "of" or self.cue(k) else self.noun_phrase(k + 1, verb_seen=verb_seen)
        if inner is None:
            return m
        if inner.headless:
            return self._rows_of(m, inner)
        head, group = m.head, m.head in listed("collection")
        if head in listed("picture") and inner.counted and inner.noun not in listed("place", "stuff"):
            m.content, m.end = inner, inner.end
            return m
        if inner.headless:
            return self._rows_of(m, inner)
        many = inner.plural or inner.quantity is not None or m.cells or (same_in_both(inner.head) and not inner.det)
        if head in ("silhouette", "outline") and inner.counted and not m.quantity:
            inner.start, inner.det = m.start, m.det
            inner.attributes = [*m.attributes, head, *inner.attributes]
            return inner
        if head not in listed("likeness"):
            if (inner.noun in listed("stuff", "place") and not inner.counted) or (
                    head in listed("unit") and not bodily(inner.noun)):
                pass
            elif head in listed("unit") or (group and m.plural and not inner.plural and not inner.counted):
                return self._portion(m, inner)
            elif group and head not in listed("container") and many:
                return self._collected(m, inner)
            elif head in listed("face") or (head in listed("abstract") and inner.counted):
                inner.start = m.start
                inner.attributes = [*(m.attributes if head in listed("own_face") else ()), *inner.attributes]
                return inner
            elif inner.head in ("size", "height", "width", "length"):
                m.alike = inner.det == "the" and "same" in self.span(inner.start, inner.end).lower().split()
            elif head in listed("container"):
                m.content = inner
            elif inner.counted and not self.proper(inner.core[0]):
                m.host = inner
        m.tail, m.end = self.span(k, inner.end), inner.end
        return m

    def _rows_of(self, m: Mention, inner: Mention) -> Mention:
        """"eggs in three rows of four": twelve. "A family of four" is a family."""
        rows, across = m.quantity, inner.quantity
        if m.head in ("row", "column", "line") and rows and across and rows.exact and across.exact:
            m.cells, m.end = rows.n * across.n, inner.end
        elif m.head in listed("collection") and klass(m.head) != "group" and " " in m.noun and across and across.exact and not m.plural:
            m.noun, m.end, m.quantity, m.plural = m.noun.rsplit(" ", 1)[0], inner.end, across, True
        elif m.head in listed("person") and across and not inner.attributes and not inner.other:
            m.tail, m.end = self.span(m.end, inner.end), inner.end
        return m

    def _portion(self, unit: Mention, inner: Mention) -> Mention:
        """"two slices of pizza": two pizzas, each "a slice of pizza"."""
        inner.tail = self.span(unit.end, inner.end)
        inner.start, inner.quantity, inner.det = unit.start, unit.quantity, unit.det
        inner.attributes = [*unit.attributes, *inner.attributes]
        inner.plural, inner.core, inner.collection = unit.plural, unit.core, "portion"
        return inner

    def _collected(self, m: Mention, inner: Mention) -> Mention:
        """"a row of three red cups": three red cups in a row; "two rows of three": six of them."""
        rows, told = m.quantity if m.quantity and m.quantity.n > 1 else None, inner.quantity
        if many := m.cells or inner.cells:
            inner.quantity, inner.plural = Quantity(many, many, many, inner.start, m.noun), True
        elif told is None:
            self._usual_number(m, inner)
        elif rows:
            most = told.at_most * rows.at_most if told.at_most and rows.at_most else None
            inner.rows = rows.n if rows.exact and told.exact else 0
            inner.quantity = told._replace(at_least=told.at_least * rows.at_least, at_most=most, n=told.n * rows.n)
            inner.plural = True
        inner.start, inner.det = m.start, m.det
        inner.collection = "grid" if many else plural(m.head) if m.plural else m.head
        return inner

    def _usual_number(self, m: Mention, inner: Mention) -> None:
        """How many a collection has where no number is told."""
        times = m.quantity.n if m.quantity else 1
        n = int(mapping("number_of_collection").get(m.head, "4")) * times
        fixed = m.head in _FIXED_NUMBERS
        inner.quantity = Quantity(n if fixed else 2 * times, n if fixed else None, n, inner.start, m.head)
        inner.plural = True
