"""Words in their place: which can be nouns, which modify the next one, and which are verbs after a noun."""

from __future__ import annotations

from planner.articles import with_article
from planner.read.grammar.classes import alive, bodily, codes, klass
from planner.read.grammar.cues import Cue, cue_at
from planner.read.grammar.lexicon import (
    VerbForm,
    adjectives,
    compounds,
    describes,
    listed,
    mapping,
    nouns,
    participle_like,
    verb,
)
from planner.read.grammar.mention import Mention
from planner.read.grammar.plurals import is_plural, singular
from planner.read.grammar.quantity import NUMBERS
from planner.read.grammar.tables import code
from planner.read.grammar.tokens import Token

_BODIED = frozenset({"star", "heart"})
"""Shapes that are rather things than what a later noun is like: "red heart, white star"."""
_JOINTS = frozenset({",", "and", "or", "&"})
UNCHANGING = frozenset({"set", "put", "cut", "spread", "shut", "cast", "hit"})


class Words:
    """The tokens of a text, and what each of them can be where it stands."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.seen: set[str] = set()
        """The nouns so far: after "the egg" a second time, "cracks" is a verb."""
        self._cues: dict[int, Cue | None] = {}
        words = [token.text for token in tokens if token.kind == "word"]
        self._titled = sum(w[:1].isupper() for w in words) * 2 > len(words) + 2

    def low(self, k: int) -> str:
        """The token at `k` in lower case; the empty string past the end."""
        return self.tokens[k].low if 0 <= k < len(self.tokens) else ""

    def span(self, start: int, end: int) -> str:
        """The prompt's own characters of a token range, without what was taken out between."""
        if end <= start:
            return ""
        begun, pieces = start, []
        for k in range(start + 1, end):
            if any(map(str.isalnum, self.text[self.tokens[k - 1].end : self.tokens[k].start])):
                pieces.append(self.text[self.tokens[begun].start : self.tokens[k - 1].end])
                begun = k
        last = self.text[self.tokens[begun].start : self.tokens[end - 1].end]
        if pieces and pieces[0].lower() in ("a", "an"):
            return with_article(" ".join([*pieces[1:], last]))
        return " ".join([*pieces, last])

    def cue(self, k: int) -> Cue | None:
        """The relation that starts at `k`."""
        if k not in self._cues:
            self._cues[k] = cue_at(self.tokens, k) if k < len(self.tokens) and self.tokens[k].kind == "word" else None
        return self._cues[k]

    def proper(self, k: int) -> bool:
        """Whether the word at `k` is written as a name, in a text that is not all written so."""
        if self._titled or k >= len(self.tokens) or not self.tokens[k].text[:1].isupper():
            return False
        opens = k == 0 or self.tokens[k - 1].kind == "mark"
        return not opens or (k + 1 < len(self.tokens) and self.tokens[k + 1].text[:1].isupper())

    def compound(self, k: int) -> tuple[str, ...]:
        """The fixed compound that starts at `k`, in the singular; empty if there is none."""
        for words in compounds().get(self.low(k), ()):
            end = k + len(words)
            if end > len(self.tokens) or any(self.low(k + j) != words[j] for j in range(1, len(words) - 1)):
                continue
            last = self.low(end - 1)
            if words[-1] in (last, singular(last)) or words[-1] + "es" == last:
                return words
        return ()

    def noun_like(self, k: int) -> bool:
        """Whether a noun phrase can go on at `k`."""
        if k >= len(self.tokens) or self.tokens[k].kind != "word":
            return False
        low = self.tokens[k].low
        if low in NUMBERS and low != "one":
            return False
        small = low in listed("adverb") and low not in adjectives() and low not in nouns()
        if small or low in listed("function", "predicative"):
            return False
        adverb = low.endswith("ly") and len(low) > 5 and not describes(low) and low not in listed("ly_noun")
        return not (adverb and low not in nouns())

    def known_noun(self, k: int) -> bool:
        """Whether the word at `k` is listed as a noun, in the singular or the plural."""
        return self.low(k) in nouns() or singular(self.low(k)) in nouns()

    def can_head(self, k: int) -> bool:
        """Whether the word at `k` can be the head of a noun phrase. Unknown words can."""
        low = self.low(k)
        if self.known_noun(k):
            return True
        return low not in adjectives() and not (
            describes(low) and ("-" in low or low.endswith("est") or participle_like(low)
                                or code("words.txt", low) == "J"))

    def adverb(self, k: int) -> bool:
        """Whether the word at `k` can be an adverb."""
        return self.low(k) in listed("adverb") or self.low(k).endswith("ly") or self.low(k) == "most"

    def only_participle(self, k: int) -> bool:
        """Whether the word at `k` is a participle and nothing else."""
        low = self.low(k)
        return participle_like(low) and low not in nouns() and low not in adjectives()

    # Modifiers

    def goes_on(self, k: int, room: int = 8) -> bool:
        """Whether the word at `k` belongs to the noun phrase of the adjective before it."""
        if not self.noun_like(k):
            return False
        cue, form = self.cue(k), verb(self.low(k))
        if cue and (cue.kind or self.low(k) not in ("left", "right", "center", "top", "bottom")):
            return False
        if form and form.form in ("s", "base") and not self.known_noun(k):
            return False
        if form and form.form == "s" and form.lemma in listed("stative") and self.takes_object(k + 1):
            return False
        return not self.only_participle(k) or (room > 0 and self.goes_on(k + 1, room - 1))

    def leads_to_noun(self, k: int) -> bool:
        """Whether adjectives from `k` on end in a noun."""
        for j in range(k, min(k + 6, len(self.tokens))):
            if not self.noun_like(j):
                return self.low(j) in (",", "and") and j > k and self.more_adjectives(j)
            if self.can_head(j) and not describes(self.low(j)) and not participle_like(self.low(j)):
                return True
        return False

    def more_adjectives(self, k: int, room: int = 8) -> bool:
        """Whether the comma or "and" at `k` stands between adjectives of one noun."""
        k += 1
        k += self.low(k) in ("and", "or")
        while self.adverb(k) and self.low(k) not in nouns():
            k += 1
        participle = participle_like(self.low(k)) and self.goes_on(k + 1) and self.low(k) not in nouns()
        place = self.cue(k)
        if place is not None and place.alone and not place.kind:
            return False
        if not room or self.compound(k) or not (describes(self.low(k)) or participle):
            return False
        if self.can_head(k) and not self.goes_on(k + 1):
            return self._colour_run(k)
        return self.goes_on(k + 1) or (self.low(k + 1) in _JOINTS and self.more_adjectives(k + 1, room - 1))

    def _colour_run(self, k: int) -> bool:
        """Whether `k` ends "pink and orange", where orange is a colour and no fruit."""
        return {self.low(k), self.low(k - 2)} <= listed("colour") and self.low(k - 1) in ("and", "or")

    def modifies(self, k: int, *, opens: bool) -> bool:
        """Whether the word at `k` modifies a noun that follows. `opens`: nothing of the phrase stands before it."""
        low, form = self.low(k), verb(self.low(k))
        if self.low(k + 1) == "than":
            return False
        if low in listed("position"):
            return not opens and self.goes_on(k + 1)
        participle = bool(form and form.form in ("ing", "ed"))
        if participle and (self.low(k + 1) == "with" or self.cue(k + 1)) and not self.goes_on(k + 1):
            return False
        if describes(low) and not (participle and low not in adjectives()):
            return self._adjective(k, form, opens)
        if participle or (form is None and participle_like(low)):
            return self._participle(k, form, opens)
        return False

    def _adjective(self, k: int, form: VerbForm | None, opens: bool) -> bool:
        if self.can_head(k):
            listed_on = self.low(k) not in _BODIED and self.low(k + 1) in _JOINTS and self.more_adjectives(k + 1)
            return self.goes_on(k + 1) or listed_on or self._colour_run(k)
        verbal = opens and form is not None and form.form == "base" and self.low(k) not in adjectives()
        return not verbal or self.goes_on(k + 1)

    def _participle(self, k: int, form: VerbForm | None, opens: bool) -> bool:
        if self.low(k) in nouns() or not self.leads_to_noun(k + 1) or not self.goes_on(k + 1):
            return False
        return not (opens and form and form.form == "ing") or form.lemma in listed("intransitive")

    # Verbs

    def takes_object(self, k: int) -> bool:
        """Whether the word at `k` opens an object, so that what stands before it is a verb."""
        low = self.low(k)
        return low in listed("determiner") or low in NUMBERS or low in ("it", "them", "him", "some", "several")

    def leads_on(self, k: int) -> bool:
        """Whether a place or an adverb stands at `k`."""
        return self.cue(k) is not None or self.low(k) in ("with", "to", "at") or self.low(k) in listed("adverb") or (
            self.low(k).endswith("ly") and self.low(k) not in nouns())

    def verb_after(self, k: int, m: Mention, *, coordinated: bool, verb_seen: bool) -> bool:
        """Whether the word at `k`, straight after the noun of `m`, is a verb and no further part of a compound."""
        low, form = self.low(k), verb(self.low(k))
        if self.low(k + 1) == "of" and (low in nouns() | listed("weak_noun") or singular(low) == low):
            return False
        if form is None:
            return participle_like(low)
        noun = singular(low) if form.form == "s" else low
        bare = not m.det and not alive(m.noun) and not self.takes_object(k + 1) and not self.noun_like(k + 1)
        known = noun in nouns() or (form.form == "s" and bare and bool(codes(noun)) and bodily(noun))
        nouny = known and not {low, form.lemma} & listed("weak_noun")
        if form.form == "ing":
            many = m.plural or m.head in listed("tantum")
            lands = klass(self.low(k - 1)) in ("vehicle", "animal", "person") and self.cue(k + 1) is not None
            acts = self.takes_object(k + 1) or (many and self.noun_like(k + 1)) or self._noted(k, m)
            return not nouny or lands or acts
        if form.form == "ed":
            return not nouny or self.takes_object(k + 1) or self.leads_on(k + 1)
        if form.form == "s":
            single = m.det in listed("single") or bool(m.quantity and m.quantity.n == 1)
            again = m.det == "the" and m.noun in self.seen and not self.noun_like(k + 1)
            acts = again or (m.det in listed("determiner") and alive(m.noun) and not m.plural and self.leads_on(k + 1))
            return not nouny or single or acts or self.takes_object(k + 1)
        return self._base_after(k, m, nouny, coordinated, verb_seen)

    def _noted(self, k: int, m: Mention) -> bool:
        """"umbrella crossing street", "man painting wall": in notes without articles, what is done, no name."""
        if m.counted or m.plural or self.compound(k - 1) or not self.known_noun(k + 1):
            return False
        return self.low(k + 1) in listed("place") or self.low(k - 1) in listed("person") - listed("animal")

    def _base_after(self, k: int, m: Mention, nouny: bool, coordinated: bool, verb_seen: bool) -> bool:
        low, leads_on, takes_object = self.low(k), self.leads_on(k + 1), self.takes_object(k + 1)
        if low in UNCHANGING and leads_on:
            return True
        if m.det in listed("single") and low in listed("weak_noun"):
            return False
        form, bare = verb(low), not m.det and not m.quantity and self.low(k - 1) in listed("person", "animal")
        after = self.low(k + 1)
        known = self.leads_to_noun(k + 1) if describes(after) else klass(after) != "unknown"
        if bare and self.noun_like(k + 1) and known and form and (not nouny or form.lemma in mapping("verb_kind")):
            return True  # "boy eat apple", "man ride horse"
        if not nouny:
            return m.plural or coordinated or takes_object or leads_on
        if verb_seen:
            return False
        plural_object = self.noun_like(k + 1) and is_plural(self.low(k + 1))
        share = m.headless and m.det in ("each", "both", "all")
        return (m.plural and (takes_object or leads_on or plural_object)) or ((coordinated or share) and takes_object)

    def only_verb(self, k: int, m: Mention) -> bool:
        """Whether the word at `k`, where a noun is expected, can only be a verb."""
        low, form = self.low(k), verb(self.low(k))
        if self.proper(k):
            return False
        if form and form.form == "ing" and self.low(k + 1) in listed("determiner") and not m.det:
            return True
        if form and form.form == "s" and (self._acts_alone(k, m) or (
                form.lemma in listed("stative") and self.takes_object(k + 1) and not m.counted and not m.attributes)):
            return True
        if self.known_noun(k) or (form is None and not participle_like(low)):
            return False
        if form is None or form.form in ("ing", "ed"):
            return True
        return not (m.counted or m.attributes)

    def _acts_alone(self, k: int, m: Mention) -> bool:
        """"one watches a bird", "the other wears a hat": no number of watches is one, and no article follows a noun."""
        before, after = self.low(k - 1), self.low(k + 1)
        if before == "one":
            return self.low(k) not in listed("tantum", "invariant")
        if before not in ("other", "another", "each", "first", "second", "third", "fourth", "fifth", "last"):
            return False
        placed = self.cue(k + 1) is not None and not m.quantity
        acts = is_plural(after) and self.noun_like(k + 1) and verb(after) is None
        return after in listed("determiner") or after in NUMBERS or placed or acts
