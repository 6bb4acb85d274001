"""Noun phrases: determiner, quantity, modifiers and head, with "of" phrases and owners; open to any noun."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.read.cues import Cue, cue_at
from planner.read.lexicon import adjectives, compounds, describes, listed, mapping, nouns, participle_like, verb
from planner.read.plurals import is_plural, same_in_both, singular
from planner.read.quantity import NUMBERS, Quantity, quantity, words_at
from planner.read.tokens import Token

DETERMINERS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "another",
        "each",
        "every",
        "any",
        "no",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "it's",
        "either",
        "neither",
    ]
)
POSSESSIVE = frozenset({"my", "your", "his", "her", "its", "our", "their", "it's"})
_SINGLE = frozenset({"a", "an", "one", "each", "every", "another", "this", "that"})
_POSITIONS = frozenset({"left", "right", "middle", "center", "centre", "leftmost", "rightmost"})
_ORDINALS = {
    "last": -1,
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}
_PLURAL_FIRST = frozenset(
    {
        "sports",
        "arms",
        "goods",
        "clothes",
        "news",
        "men's",
        "women's",
        "kids",
        "glasses",
        "jeans",
        "savings",
        "sales",
        "communications",
        "systems",
        "arts",
        "games",
        "rubiks",
    }
)
_DEEPEST = 5
_LONGEST = 24
_FACES = frozenset(
    {
        "front",
        "back",
        "side",
        "top",
        "bottom",
        "end",
        "edge",
        "middle",
        "center",
        "centre",
        "rest",
        "inside",
        "surface",
        "half",
        "underside",
        "outside",
        "base",
        "rear",
        "kind",
        "type",
        "sort",
        "part",
        "pair",
        "bit",
        "portion",
        "majority",
        "remains",
        "member",
        "version",
        "breed",
        "foot",
        "tip",
        "mouth",
        "corner",
        "interior",
        "backs",
        "tops",
        "sides",
        "fronts",
    }
)
_LIKENESS = frozenset(
    {
        "statue",
        "painting",
        "picture",
        "photo",
        "photograph",
        "drawing",
        "poster",
        "image",
        "sculpture",
        "portrait",
        "mural",
        "figurine",
        "print",
        "sketch",
        "map",
        "model",
        "silhouette",
        "logo",
        "reflection",
        "shadow",
        "outline",
        "replica",
        "bust",
        "mask",
        "cutout",
        "tattoo",
        "emblem",
        "sticker",
        "carving",
        "illustration",
        "screenshot",
        "display",
        "view",
        "reproduction",
        "plush",
        "depiction",
        "symbol",
    }
)


@dataclass(slots=True)
class Mention:
    """One noun phrase. `core` is the token range from the first modifier to the head; `tail` what follows of it."""

    start: int
    end: int
    det: str = ""
    quantity: Quantity | None = None
    attributes: list[str] = field(default_factory=list)
    noun: str = ""
    plural: bool = False
    core: tuple[int, int] = (0, 0)
    tail: str = ""
    collection: str = ""
    content: Mention | None = None
    owner: Mention | None = None
    host: Mention | None = None
    ordinal: int = 0
    other: bool = False
    alternate: bool = False
    partitive: bool = False
    compare: str = ""
    whole: Quantity | None = None

    @property
    def headless(self) -> bool:
        """Whether there is no noun ("one red")."""
        return not self.noun

    @property
    def head(self) -> str:
        """The last word of the noun."""
        return self.noun.rsplit(" ", 1)[-1]

    @property
    def definite(self) -> bool:
        """Whether the phrase points at something known."""
        return self.det in ("the", "this", "that", "these", "those")


class Phraser:
    """Reads noun phrases out of a list of tokens."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self._cues: dict[int, Cue | None] = {}
        self._depth = 0
        self._titled: bool | None = None

    def low(self, k: int) -> str:
        """The token at `k` in lower case; the empty string past the end."""
        return self.tokens[k].low if 0 <= k < len(self.tokens) else ""

    def proper(self, k: int) -> bool:
        """Whether the word at `k` is written as a name, in a text that is not all written so."""
        if self._titled is None:
            words = [t.text for t in self.tokens if t.kind == "word"]
            self._titled = sum(w[:1].isupper() for w in words) * 2 > len(words) + 2
        if self._titled or k >= len(self.tokens) or not self.tokens[k].text[:1].isupper():
            return False
        opens = k == 0 or self.tokens[k - 1].kind == "mark"
        follows = k + 1 < len(self.tokens) and self.tokens[k + 1].text[:1].isupper()
        return follows or not opens

    def cue(self, k: int) -> Cue | None:
        """The relation that starts at `k`."""
        if k not in self._cues:
            self._cues[k] = cue_at(self.tokens, k) if k < len(self.tokens) and self.tokens[k].kind == "word" else None
        return self._cues[k]

    def compound(self, k: int) -> tuple[str, ...]:
        """The fixed compound that starts at `k`, in the singular; empty if there is none."""
        for words in compounds().get(self.low(k), ()):
            end = k + len(words)
            if (
                end <= len(self.tokens)
                and all(self.low(k + j) == words[j] for j in range(1, len(words) - 1))
                and (
                    self.low(end - 1) == words[-1] or words[-1] == singular(self.low(end - 1)) or words[-1] + "es" == self.low(end - 1)
                )
            ):
                return words
        return ()

    def noun_like(self, k: int) -> bool:
        """Whether a noun phrase can go on at `k`."""
        if k >= len(self.tokens) or self.tokens[k].kind not in ("word",):
            return False
        low = self.tokens[k].low
        if low in NUMBERS and low != "one":
            return False
        if low in listed("function") or (low in listed("adverb") and low not in adjectives() and low not in nouns()):
            return low in ("left", "right")
        return not (
            low.endswith("ly")
            and low not in nouns()
            and not describes(low)
            and len(low) > 5
            and low
            not in (
                "butterfly",
                "dragonfly",
                "family",
                "jelly",
                "belly",
                "lily",
                "teddy",
                "bully",
                "firefly",
                "assembly",
                "italy",
                "monopoly",
                "potbelly",
                "ladyfly",
                "gully",
                "anomaly",
                "supply",
            )
        )

    def is_noun(self, k: int) -> bool:
        """Whether the word at `k` can be a head."""
        low = self.low(k)
        if low in nouns() or singular(low) in nouns():
            return True
        return low not in adjectives() and not (describes(low) and ("-" in low or participle_like(low)))

    def reads_as_verb(self, k: int, mention: Mention, *, coordinated: bool, verb_seen: bool) -> bool:
        """Whether the word at `k`, straight after a noun, is a verb rather than the next part of a compound."""
        low, form = self.low(k), verb(self.low(k))
        if self.low(k + 1) == "of" and low in nouns() | listed("weak_noun") | {singular(low)}:
            return False
        if form is None:
            return participle_like(low)
        base_noun = singular(low) if form.form == "s" else low
        strong = base_noun in nouns() and low not in listed("weak_noun") and form.lemma not in listed("weak_noun")
        after = self.low(k + 1)
        takes_object = after in DETERMINERS or after in NUMBERS or after in ("it", "them", "him", "some", "several")
        leads_on = self.cue(k + 1) is not None or after in ("with", "to", "at") or after in listed("adverb")
        if form.form == "ing":
            many = mention.plural or mention.head in listed("tantum")
            return takes_object or (many and self.noun_like(k + 1)) if strong else True
        if form.form == "ed":
            return takes_object or leads_on if strong else True
        if form.form == "s":
            single = mention.det in _SINGLE or bool(mention.quantity and mention.quantity.n == 1)
            return not strong or single or takes_object
        if low in ("set", "put", "cut", "spread", "shut", "cast", "hit") and leads_on:
            return True
        if mention.det in _SINGLE and low in listed("weak_noun") and form.form == "base":
            return False
        if not strong:
            return mention.plural or coordinated or takes_object or leads_on
        if mention.plural and not verb_seen and self.noun_like(k + 1) and is_plural(after):
            return True
        return not verb_seen and ((mention.plural and (takes_object or leads_on)) or (coordinated and takes_object))

    def noun_phrase(self, i: int, *, coordinated: bool = False, verb_seen: bool = False) -> Mention | None:
        """The noun phrase that starts at `i`."""
        mention = Mention(i, i)
        k = self._determiners(i, mention)
        k = self._modifiers(k, mention)
        if mention.det or mention.quantity or mention.attributes or self.noun_like(k):
            k = self._nouns(k, mention, coordinated, verb_seen)
        mention.end = k
        if mention.headless:
            return self._headless(mention, k)
        mention.plural = self._is_many(mention, k)
        if mention.quantity and mention.quantity.pair and mention.head in listed("tantum"):
            half = max(1, mention.quantity.n // 2)
            mention.quantity = mention.quantity._replace(at_least=half, at_most=half, n=half)
            mention.plural = half > 1
        if self._depth >= _DEEPEST:
            return mention
        self._depth += 1
        whole = self._owned(mention, coordinated, verb_seen) or self._of(mention, verb_seen)
        self._depth -= 1
        return whole

    def _is_many(self, mention: Mention, k: int) -> bool:
        last = self.low(k - 1)
        if mention.quantity:
            return mention.quantity.n != 1
        if mention.det in _SINGLE:
            return False
        return is_plural(last) or mention.det in ("these", "those")

    def _determiners(self, k: int, mention: Mention) -> int:
        if self.low(k) in ("all", "both", "half") and (
            self.low(k + 1) in ("the", "of", "these", "those", "his", "her", "its", "their") or self.low(k) != "half"
        ):
            mention.det, k = self.low(k), k + 1
            k += self.low(k) == "of"
        for _ in range(3):
            if k >= len(self.tokens):
                break
            found = None if mention.quantity and not mention.partitive else quantity(self.tokens, k)
            if found and mention.quantity:
                mention.whole, k = found, found.end
                continue
            if found and found.words.lower() == "a couple" and not self.noun_like(found.end):
                found = None
            if found:
                if self.low(found.end) in (
                    "foot",
                    "feet",
                    "inch",
                    "inches",
                    "meter",
                    "meters",
                    "story",
                    "year",
                    "years",
                    "percent",
                    "%",
                    "o'clock",
                    "hour",
                    "minute",
                    "km",
                    "cm",
                    "mm",
                    "st",
                    "th",
                ):
                    break
                mention.quantity, k = found, found.end
                if self.low(k) == "of" and self.low(k + 1) in ("them", "which", "whom", "these", "those") and not (
                    self.noun_like(k + 2) and self.low(k + 1) in ("these", "those")
                ):
                    mention.partitive = True
                    return k + 2
                if (
                    words_at(self.tokens, k, "of the")
                    or words_at(self.tokens, k, "of them")
                    or words_at(self.tokens, k, "of these")
                    or words_at(self.tokens, k, "of those")
                    or words_at(self.tokens, k, "of which")
                    or words_at(self.tokens, k, "of whom")
                ):
                    mention.partitive, k = True, k + 1
            elif mention.quantity and self.low(k) in ("a", "an") and not mention.partitive:
                break
            elif self.low(k) in DETERMINERS and mention.det in ("", "all", "both", "half"):
                mention.det, k = self.low(k), k + 1
                if mention.det in ("each", "either", "neither", "any") and self.low(k) == "of":
                    mention.partitive, k = True, k + 1
                    k += self.low(k) == "the"
            elif self.low(k) == "the" and mention.partitive:
                k += 1
            elif self.low(k) in ("more", "fewer", "less") and not mention.quantity and k == mention.start:
                mention.compare, k = self.low(k), k + 1
            elif words_at(self.tokens, k, "as many") or words_at(self.tokens, k, "twice as many"):
                twice = self.low(k) == "twice"
                mention.compare, k = "twice" if twice else "same", k + 2 + twice
            elif self.low(k) in ("other", "others", "more", "additional", "extra"):
                mention.other, k = True, k + 1
                if self.tokens[k - 1].low == "others":
                    return k
            elif self.low(k) in _ORDINALS and (mention.det or mention.quantity):
                mention.ordinal, k = _ORDINALS[self.low(k)], k + 1
            else:
                break
        return k

    def _modifiers(self, k: int, mention: Mention) -> int:
        """Adjectives up to the first noun. Where no noun follows, a word that can be one is left for `_nouns`."""
        begun = k
        bare = not mention.det and not mention.quantity
        while k < min(len(self.tokens), mention.start + _LONGEST):
            low = self.low(k)
            if self.compound(k):
                break
            if low in (",", "and", "or", "&", "-") and k > begun and self._adjectives_follow(k):
                mention.alternate |= low in ("and", "or", "&")
                k += 1 + (self.low(k + 1) in ("and", "or"))
                continue
            if self.tokens[k].kind != "word" or low in listed("function"):
                break
            if not self.noun_like(k):
                if (
                    self._adverb(k)
                    and (describes(self.low(k + 1)) or participle_like(self.low(k + 1)))
                    and (not bare or k > begun or self._leads_to_noun(k + 1))
                ):
                    k += 1
                    continue
                break
            if low in ("colored", "coloured", "sized", "shaped", "style", "styled") and k > begun:
                k += 1
                continue
            if not self._modifies(k, bare and k == begun) or (k == begun and self._shares(k, mention)):
                break
            mention.attributes.append(low)
            k += 1
        mention.core = (begun, k)
        return k

    def _shares(self, k: int, mention: Mention) -> bool:
        """"both wearing ties": the participle is what the share of a group does, not a modifier."""
        form = verb(self.low(k))
        share = mention.det in ("each", "both", "all", "another") or mention.other
        share |= mention.quantity is not None and mention.quantity.words.lower() == "one"
        return bool(share and form and form.form == "ing" and form.lemma not in listed("intransitive"))

    def _adverb(self, k: int) -> bool:
        return self.low(k) in listed("adverb") or self.low(k).endswith("ly") or self.low(k) == "most"

    def _leads_to_noun(self, k: int) -> bool:
        """Whether adjectives from `k` on end in a noun."""
        for j in range(k, min(k + 6, len(self.tokens))):
            if not self.noun_like(j):
                return self.low(j) in (",", "and") and j > k and self._adjectives_follow(j)
            if self.is_noun(j) and not describes(self.low(j)) and not participle_like(self.low(j)):
                return True
        return False

    def _adjectives_follow(self, k: int, room: int = 8) -> bool:
        """Whether the comma or "and" at `k` stands between adjectives of one noun."""
        k += 1
        k += self.low(k) in ("and", "or")
        while self._adverb(k) and self.low(k) not in nouns():
            k += 1
        if not room or self.compound(k) or not (describes(self.low(k)) or self._participle_before_noun(k)):
            return False
        if self.is_noun(k) and not self._goes_on(k + 1):
            return self.low(k) in listed("colour") and self.low(k - 2) in listed("colour")
        return self._goes_on(k + 1) or (
            self.low(k + 1) in (",", "and", "or", "&") and self._adjectives_follow(k + 1, room - 1)
        )

    def _participle_before_noun(self, k: int) -> bool:
        return participle_like(self.low(k)) and self._goes_on(k + 1) and self.low(k) not in nouns()

    def _goes_on(self, k: int, room: int = 8) -> bool:
        """Whether the word at `k` belongs to the noun phrase of the adjective before it."""
        if not self.noun_like(k):
            return False
        cue = self.cue(k)
        if cue and self.low(k) not in ("left", "right", "center", "top", "bottom", "opposite"):
            return False
        if cue and cue.kind:
            return False
        form = verb(self.low(k))
        if form and form.form in ("s", "base") and self.low(k) not in nouns() and singular(self.low(k)) not in nouns():
            return False
        participle = participle_like(self.low(k)) and self.low(k) not in nouns() and self.low(k) not in adjectives()
        return not participle or (room > 0 and self._goes_on(k + 1, room - 1))

    def _modifies(self, k: int, opens: bool) -> bool:
        low = self.low(k)
        form = verb(low)
        if self.low(k + 1) == "than":
            return False
        if low in _POSITIONS:
            return not opens and self._goes_on(k + 1)
        if describes(low) and not (form and form.form in ("ing", "ed") and low not in adjectives()):
            if self.is_noun(k):
                run = {low, self.low(k - 2)} <= listed("colour") and self.low(k - 1) in ("and", "or")
                return self._goes_on(k + 1) or self._listed_before_noun(k) or run
            return not (opens and form and form.form == "base" and not self._goes_on(k + 1) and low not in adjectives())
        if (form and form.form in ("ing", "ed")) or (form is None and participle_like(low)):
            if not self._leads_to_noun(k + 1) or not self._goes_on(k + 1):
                return False
            if opens and form and form.form == "ing":
                return form.lemma in listed("intransitive") and low not in nouns()
            return low not in nouns()
        return False

    def _listed_before_noun(self, k: int) -> bool:
        return self.low(k + 1) in (",", "and", "or", "&") and self._adjectives_follow(k + 1)

    def _nouns(self, k: int, mention: Mention, coordinated: bool, verb_seen: bool) -> int:
        words: list[str] = []
        fixed: tuple[str, ...] = ()
        while k < min(len(self.tokens), mention.start + _LONGEST):
            fixed, known = self.compound(k), fixed
            if fixed and mention.det in _SINGLE and self.low(k + len(fixed) - 1) != fixed[-1]:
                fixed = ()
            if fixed and not (words and self.cue(k)):
                words.extend(token.low for token in self.tokens[k : k + len(fixed)])
                k += len(fixed)
            elif (
                not self.noun_like(k)
                or (words and not self._extends(k, mention, words, coordinated, verb_seen))
                or (not words and self._only_verb(k, mention))
                or (not words and self.cue(k) and self.low(k) not in nouns() and not mention.det)
            ):
                break
            else:
                words.append(self.low(k))
                k += 1
            mention.plural = is_plural(words[-1]) or bool(mention.quantity and mention.quantity.n != 1)
            mention.plural |= (bool(fixed) and words[-1] != fixed[-1]) or words[-1] in listed("tantum")
            known = fixed
        if words in (["one"], ["ones"]):
            words = []
        last = known[-1] if words and known else singular(words[-1]) if words else ""
        mention.noun = " ".join([*words[:-1], last])
        mention.core = (mention.core[0], k)
        return k

    def _only_verb(self, k: int, mention: Mention) -> bool:
        low, form = self.low(k), verb(self.low(k))
        if self.proper(k):
            return False
        if form and form.form == "ing" and self.low(k + 1) in DETERMINERS and not mention.det:
            return True
        if form is None and not participle_like(low):
            return False
        if form is None or form.form in ("ing", "ed"):
            return low not in nouns() and singular(low) not in nouns()
        if mention.det or mention.quantity or mention.attributes:
            return False
        return low not in nouns() and singular(low) not in nouns()

    def _extends(self, k: int, mention: Mention, words: list[str], coordinated: bool, verb_seen: bool) -> bool:
        """Whether the word at `k` continues the compound `words`."""
        low, last = self.low(k), words[-1]
        if low in listed("adverb") and not self.noun_like(k + 1):
            return False
        if self.cue(k) or (not self.is_noun(k) and not (describes(low) and self._goes_on(k + 1))):
            return False
        if self.reads_as_verb(k, mention, coordinated=coordinated, verb_seen=verb_seen):
            return False
        if not self.is_noun(k):
            return low in listed("material") and not is_plural(last)
        if is_plural(last) and last not in _PLURAL_FIRST:
            return False
        if mention.det in _SINGLE and is_plural(low) and last not in _PLURAL_FIRST and not self.noun_like(k + 1):
            return False
        return not (same_in_both(last) and mention.quantity and mention.quantity.n > 1)

    def _headless(self, mention: Mention, k: int) -> Mention | None:
        """ "one red", "the other", "two", "the blue one"; adjectives alone are no noun phrase."""
        if not (mention.det or mention.quantity or mention.other):
            return None
        if k == mention.start:
            return None
        if mention.det in POSSESSIVE and not mention.attributes and not mention.quantity:
            return None
        mention.plural = bool(mention.quantity and mention.quantity.n != 1) or self.low(k - 1) in ("others", "ones")
        mention.end = k
        return mention

    def _owned(self, mention: Mention, coordinated: bool, verb_seen: bool) -> Mention | None:
        """ "a dog's tail": the tail, owned by the dog."""
        k = mention.end
        if k < len(self.tokens) and self.tokens[k].kind == "own":
            k += 1
        elif not (
            mention.det in ("a", "an", "one")
            and is_plural(self.low(k - 1))
            and self.noun_like(k)
            and self.is_noun(k)
            and not self.cue(k)
            and not verb(self.low(k))
            and not mention.quantity
        ):
            return None
        inner = self.noun_phrase(k, coordinated=coordinated, verb_seen=verb_seen)
        if inner is None or inner.headless or inner.det:
            return None
        owner = mention
        owner.plural = False if owner.det in _SINGLE else owner.plural
        if inner.host is not None:
            return inner
        inner.start, inner.det, inner.owner = mention.start, "poss", owner
        return inner

    def _of(self, mention: Mention, verb_seen: bool) -> Mention:
        """What "of" adds to the head: the counted thing, a content, a whole, or just words."""
        k = mention.end
        if self.low(k) != "of" or self.cue(k):
            return mention
        inner = self.noun_phrase(k + 1, verb_seen=verb_seen)
        if inner is None or inner.headless:
            return mention
        head, plural_head = mention.head, mention.plural
        tail = self.span(k, inner.end)
        if head in _LIKENESS:
            mention.tail, mention.end = tail, inner.end
        elif head in listed("unit") or (
            head in listed("collection") and not inner.plural and not inner.quantity and not inner.det and plural_head
        ):
            return self._portion(mention, inner)
        elif (
            head in listed("collection")
            and head not in listed("container")
            and (inner.plural or inner.quantity or (same_in_both(inner.head) and not inner.det))
        ):
            return self._collected(mention, inner)
        elif head in _FACES or (head in listed("abstract") and (inner.det or inner.quantity)):
            inner.start = mention.start
            if head in ("surface", "kind", "type", "sort", "breed", "version", "body", "texture"):
                inner.attributes = [*mention.attributes, *inner.attributes]
            return inner
        elif head in listed("container"):
            mention.content, mention.tail, mention.end = inner, tail, inner.end
        elif inner.det or inner.quantity:
            mention.host, mention.tail, mention.end = inner, tail, inner.end
        else:
            mention.tail, mention.end = tail, inner.end
        return mention

    def _portion(self, unit: Mention, inner: Mention) -> Mention:
        """ "two slices of pizza": two pizzas, each "a slice of pizza"."""
        inner.start, inner.quantity, inner.det = unit.start, unit.quantity, unit.det
        inner.attributes = [*unit.attributes, *inner.attributes]
        inner.plural = unit.plural
        inner.tail = self.span(unit.end, inner.end)
        inner.core = unit.core
        inner.collection = "portion"
        return inner

    def _collected(self, mention: Mention, inner: Mention) -> Mention:
        """ "a row of three red cups": three red cups in a row."""
        natural = listed_number(mention.head)
        if inner.quantity is None:
            times = mention.quantity.n if mention.quantity else 1
            if mention.head in ("pair", "couple", "trio", "duo", "quartet", "quintet", "twosome", "threesome"):
                inner.quantity = Quantity(natural * times, natural * times, natural * times, inner.start, mention.head)
            else:
                inner.quantity = Quantity(2 * times, None, natural * times, inner.start, mention.head)
            inner.plural = True
        inner.start, inner.det = mention.start, mention.det
        inner.collection = mention.head
        return inner

    def span(self, start: int, end: int) -> str:
        """The prompt's own characters of a token range."""
        if end <= start:
            return ""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]


def listed_number(collection: str) -> int:
    """How many members a collection naturally has."""
    return int(mapping("number_of_collection").get(collection, "4"))
