"""Noun phrases: determiner, quantity, modifiers and head, with "of" phrases and owners; open to any noun."""

from __future__ import annotations

from planner.read.grammar.classes import bodily, codes, is_part, klass
from planner.read.grammar.collected import collected, portion, rows_of
from planner.read.grammar.determiners import Determiners
from planner.read.grammar.lexicon import describes, listed, mapping, nouns, participle_like, verb
from planner.read.grammar.mention import Mention
from planner.read.grammar.plurals import is_plural, same_in_both, singular
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.tokens import Token

_DEEPEST = 5
_LONGEST = 24
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "sir", "lady", "aunt", "uncle"})
_SIDES = frozenset({"left", "leftmost", "right", "rightmost", "middle"})


class Phraser(Determiners):
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
        m.name = not m.det and not m.quantity and self._is_name(m, k)
        m.plural = self._is_many(m, k) and not m.name
        self._halve_pairs(m)
        if self._depth >= _DEEPEST:
            return m
        self._depth += 1
        whole = self._owned(m, coordinated, verb_seen) or self._of(m, verb_seen)
        self._depth -= 1
        return whole

    def _is_name(self, m: Mention, k: int) -> bool:
        """Whether the noun is somebody's name: after a title, or one word that nobody knows, written as one."""
        capital = self.proper(k - 1) or self.tokens[m.start].text[:1].isupper()
        strange = klass(m.noun) == "unknown" and k == m.start + 1 and not is_plural(self.low(k - 1))
        return self.low(m.start) in _TITLES or (capital and strange)

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
        solid = codes(last)[:1] in ("p", "a", "v") and last not in listed("colour", "material")
        if m.det not in ("a", "an") or m.quantity or self.low(k - 1) != last or not solid:
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
        listing = m.start == 0 or self.low(m.start - 1) == ","
        bare = not (m.det or m.attributes or listing) and self.low(k - 1) in listed("invariant") and (
            klass(m.noun) in ("animal", "food", "unknown"))
        return m.det not in listed("single") and (is_plural(self.low(k - 1)) or m.det in ("these", "those") or bare)

    def _halve_pairs(self, m: Mention) -> None:
        """A pair of scissors is one thing."""
        if m.quantity and m.quantity.pair and m.head in listed("tantum"):
            n = max(1, m.quantity.n // 2)
            m.quantity, m.plural = m.quantity._replace(at_least=n, at_most=n, n=n), n > 1

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
            elif (self.tokens[k].kind == "number" and k > begun and self._sized(k)) or (
                    self._with_particle(k, m.counted or k > begun)):
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
        share = (m.det in ("all", "both", "each") and not m.quantity) or (m.quantity and (m.ordinal or m.other))
        if share and (form := verb(self.low(k))) and (
                form.form == "base" and not is_plural(self.low(k)) and (
                    self.takes_object(k + 1) if m.det == "each" else self.noun_like(k + 1))):
            return False
        return not place and not self.only_verb(k, m) and not self._told_apart(k)

    def _told_apart(self, k: int) -> bool:
        """"one black, one orange": a colour like the other, and no fruit."""
        colours, one = listed("colour"), self.low(k - 1) == "one" and self.low(k) in listed("colour")
        before = self.low(k - 4) == "one" and self.low(k - 3) in colours
        return one and not self.goes_on(k + 1) and (before or (self.low(k + 2) == "one" and self.low(k + 3) in colours))

    def _extends(self, k: int, m: Mention, words: list[str], coordinated: bool, verb_seen: bool) -> bool:
        """Whether the word at `k` continues the compound `words`."""
        low, last = self.low(k), words[-1]
        kin, animals = listed("kin"), listed("animal")
        third = {self.low(k - 2), self.low(k + 1)} & animals
        if not m.det and ({low, last} <= kin or (third and {low, last} <= animals)):
            return False  # "mom dad and baby", "dog cat bird"
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
        many = any(self.low(j) in ("others", "ones", "rest") for j in range(m.start, k))
        m.plural = bool(m.quantity and m.quantity.n != 1) or many or (m.closed and m.other)
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
            return rows_of(m, inner, self.span(k, inner.end))
        head, group = m.head, m.head in listed("collection")
        if head in listed("picture") and inner.counted and inner.noun not in listed("place", "stuff"):
            m.content, m.end = inner, inner.end
            return m
        if inner.headless:
            return rows_of(m, inner, self.span(k, inner.end))
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
                return portion(m, inner, self.span(k, inner.end))
            elif group and head not in listed("container") and many:
                return collected(m, inner)
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

