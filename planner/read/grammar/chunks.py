"""Tokens to chunks: noun phrases, verbs, relation cues, conjunctions and what stands between them, in order."""

from __future__ import annotations

from typing import Literal, NamedTuple

from planner.read.grammar.classes import alive
from planner.read.grammar.cues import Cue
from planner.read.grammar.lexicon import VerbForm, adjectives, by_first, describes, listed, nouns, participle_like, verb
from planner.read.grammar.mention import Mention
from planner.read.grammar.phrases import Phraser
from planner.read.grammar.plurals import is_plural, singular
from planner.read.grammar.quantity import number, quantity, words_at
from planner.read.grammar.words import UNCHANGING

Kind = Literal["np", "verb", "cue", "be", "have", "modal", "and", "clause", "comma", "stop", "with", "rel", "neg",
               "pron", "recip", "to", "adj", "adv", "quote", "name", "there", "than", "word"]
_BEFORE_NUMBERS = frozenset({"over", "about", "around", "near", "close", "as", "up", "between", "at", "like"})
_CLASSES: tuple[tuple[str, Kind], ...] = (("be", "be"), ("have", "have"))


class Chunk(NamedTuple):
    """One piece of a clause and its token range."""

    kind: Kind
    start: int
    end: int
    word: str = ""
    mention: Mention | None = None
    cue: Cue | None = None
    verb: VerbForm | None = None


def _participle(word: str) -> VerbForm:
    """An unknown verb's participle."""
    return VerbForm(word, "ing" if word.endswith("ing") else "ed")


class Chunker:
    """Cuts the tokens into items, from left to right."""

    def __init__(self, phraser: Phraser) -> None:
        self.p = phraser
        self.items: list[Chunk] = []
        self.last = "stop"
        """The kind of the item before, adverbs aside."""
        self.verb_seen = False
        """Whether the clause has its verb."""

    def run(self) -> list[Chunk]:
        """All items of the text."""
        k = 0
        while k < len(self.p.tokens):
            item = self._item(k)
            if item.kind in ("stop", "clause", "rel"):
                self.verb_seen = False
            elif item.kind in ("verb", "be", "have"):
                self.verb_seen = True
            if item.kind != "adv":
                self.last = item.kind
            self.items.append(item)
            k = max(item.end, k + 1)
        return self.items

    def _coordinated(self) -> bool:
        kinds = [item.kind for item in self.items[-6:]]
        return "and" in kinds and "np" in kinds and kinds[-1] in ("and", "np")

    def _item(self, k: int) -> Chunk:
        token = self.p.tokens[k]
        if token.kind == "quote":
            return self._quote(k)
        if end := self._shouted(k):
            return Chunk("quote", k, end, self.p.span(k, end))
        if end := self._name(k):
            last = next((item.mention for item in reversed(self.items) if item.mention), None)
            living = last is not None and alive(last.noun)
            return Chunk("name" if living else "quote", k, end, self.p.span(k, end))
        if token.kind == "mark":
            return self._mark(k)
        if token.low in ("$", "€", "£") and k + 1 < len(self.p.tokens) and self.p.tokens[k + 1].kind == "number":
            return Chunk("adv", k, k + 2, "now")
        if token.kind == "own":
            return Chunk("word", k, k + 1, token.low)
        if self._painted_number(k):
            return Chunk("quote", k, k + 3, self.p.tokens[k + 2].text)
        if token.kind == "number" and self.p.low(k + 1) in ("pm", "am", "o'clock"):
            return Chunk("adv", k, k + 2, "now")
        if number(self.p.tokens, k) and self.p.low(k + 1) in ("past", "to") and number(self.p.tokens, k + 2):
            return Chunk("adv", k, k + 3, "now")
        if token.kind == "number" and self._model_number(k):
            return Chunk("adv", k, k + 1, token.low)
        if self._only_colour(k):
            return Chunk("adj", k, k + 1, token.low)
        return self._small(k) or self._cue(k) or self._verb(k) or self._phrase(k) or self._rest(k)

    def _only_colour(self, k: int) -> bool:
        """"a cat, orange", "two fish, orange and blue", "a man in orange": a colour and no fruit."""
        low = self.p.low(k)
        form = verb(self.p.low(k + 1))
        acts = form is not None and form.form == "ing"
        if low not in listed("colour") or low not in nouns() or (self.p.goes_on(k + 1) and not acts):
            return False
        before = self.items[-2].mention if self.last == "comma" and len(self.items) > 1 else None
        told = before is not None and before.noun and before.counted and before.head not in listed("fruit") and not (
            set(before.attributes) & listed("colour"))
        worn = self.last == "pron" or (self.last == "cue" and self.p.low(k - 1) == "in")
        ends = self.p.low(k + 1) in ("", "and") or self.p.tokens[k + 1].kind == "mark"
        return bool((told and ends) or worn)

    def _shouted(self, k: int) -> int:
        """The end of capitals after a verb of saying: "a sign that says NO PARKING"."""
        last, end = self.items[-1] if self.items else None, k
        says = last is not None and last.verb is not None and last.verb.lemma in listed("says", "shows")
        worded = last is not None and last.mention is not None and last.mention.head in listed("text_noun")
        if says and (price := self._figure(k)):
            return price
        if not worded and not (says and last and last.verb and last.verb.lemma in listed("says")):
            return 0
        while end < len(self.p.tokens) and (self._capitals(end) or (
                end > k and self.p.low(end) in (":", "!", "'", "&", ",", "-") and self._capitals(end + 1))):
            end += 1
        return end if end > k and len(self.p.span(k, end)) > 1 else 0

    def _name(self, k: int) -> int:
        """The end of a name after "named" or "called"."""
        last = self.items[-1] if self.items else None
        named = last.verb if last else None
        if named is None or named.lemma not in ("name", "call", "title") or named.form != "ed":
            return 0
        if self.p.tokens[k].kind != "word" or self.p.low(k) in listed("determiner", "function"):
            return 0
        end = k + 1
        while end < len(self.p.tokens) and (self.p.tokens[end].text[:1].isupper() or (
                self.p.low(end) in ("&", "and", "of", "the", "'s") and end + 1 < len(self.p.tokens)
                and self.p.tokens[end + 1].text[:1].isupper())):
            end += 1
        return end

    def _capitals(self, k: int) -> bool:
        return k < len(self.p.tokens) and self.p.tokens[k].kind == "word" and self.p.tokens[k].text.isupper()

    def _painted_number(self, k: int) -> bool:
        """"a door with the number 42": words to be painted, unless a shape is meant ("shaped like the number 5")."""
        last = self.items[-1] if self.items else None
        shaped = last is not None and last.cue is not None and last.cue.kind == "like"
        if shaped or k + 2 >= len(self.p.tokens) or self.p.low(k) not in ("the", "a"):
            return False
        drawn = self.p.tokens[k + 2]
        letter = self.p.low(k + 1) == "letter" and len(drawn.text) == 1 and drawn.text.isupper()
        return letter or (self.p.low(k) == "the" and self.p.low(k + 1) == "number" and drawn.kind == "number")

    def _figure(self, k: int) -> int:
        """The end of a price, a time or a score after a verb of saying: "saying $4.99", "shows 3:1"."""
        k += self.p.low(k) in ("$", "€", "£")
        number = k < len(self.p.tokens) and self.p.tokens[k].kind == "number"
        if self.p.low(k + 1) in ("past", "to"):
            return 0
        ends = not self.p.noun_like(k + 1) or self.p.low(k + 1) in listed("function") or self.p.cue(k + 1) is not None
        return k + 1 if number and ends else 0

    def _model_number(self, k: int) -> bool:
        """"a phone 6 lies": a number that belongs to the name before it."""
        after = self.p.low(k + 1)
        verbal = verb(after) is not None and after not in nouns()
        return self.last == "np" and (verbal or after in listed("be") or not after)

    def _quote(self, k: int) -> Chunk:
        """Words to be painted; but a single word quoted inside a noun phrase is just emphasised."""
        inside = self.p.low(k - 1) in listed("determiner") and self.last != "np" and self.p.noun_like(k + 1)
        if inside and " " not in self.p.low(k):
            return Chunk("adv", k, k + 1, self.p.low(k))
        return Chunk("quote", k, k + 1, self.p.tokens[k].text)

    def _mark(self, k: int) -> Chunk:
        low = self.p.low(k)
        if low in (".", "!", "?", ";"):
            return Chunk("stop", k, k + 1, low)
        return Chunk("and" if low in ("&", "+") else "comma", k, k + 1, low)

    # Function words

    def _small(self, k: int) -> Chunk | None:
        low, nxt = self.p.low(k), self.p.low(k + 1)
        for phrase in by_first("reciprocal").get(low, ()):
            end = words_at(self.p.tokens, k, phrase)
            if end and self.last not in ("and", "comma", "stop", "clause"):
                return Chunk("recip", k, end, phrase)
        for phrase in by_first("together").get(low, ()):
            if end := words_at(self.p.tokens, k, phrase):
                return Chunk("and", k, end, phrase)
        if low in ("and", "or", "nor", "plus"):
            return Chunk("and", k, k + 1, low)
        if (low == "with" and nxt != "no") or low in ("featuring", "including"):
            return Chunk("with", k, k + 1, low)
        if low == "got" and self.last in ("be", "have"):
            return Chunk("have", k, k + 1, low)
        for section, name in _CLASSES:
            if low in listed(section):
                return Chunk(name, k, k + 1, low)
        tin = low == "can" and self.last not in ("np", "pron", "rel", "there")
        if low in listed("modal") and self.last != "comma" and not tin:
            return Chunk("modal", k, k + 1, low)
        if low == "nothing" and nxt == "else":
            return Chunk("adv", k, k + 2, "nothing else")
        if low in ("not", "never", "neither") or (low == "no" and nxt == "longer"):
            return Chunk("neg", k, k + 1 + (low == "no"), low)
        if low == "home" and self.last in ("verb", "pron", "np") and self.p.low(k - 1) not in listed("determiner"):
            return Chunk("adv", k, k + 1, "back")
        third = self.p.low(k + 2)
        if low in ("you", "we", "one") and nxt in ("can", "could", "see") and third in ("see", "a", "an", "the"):
            return Chunk("there", k, k + 2 + (third == "see"), low)
        if (low == "back" and self.last == "verb" and self.p.low(k - 1) not in listed("determiner")) or (
                low == "face" and nxt in ("up", "down")):
            return Chunk("adv", k, k + 1 + (low == "face"), "back")
        if low == "none" and nxt != "of":
            return Chunk("adv", k, k + 1, "now")
        if low == "there" and (nxt in listed("be", "exists") or nxt == "'s" or (
                nxt in listed("modal") and self.p.low(k + 2) == "be")):
            return Chunk("there", k, k + 1, low)
        if low == "than":
            return Chunk("than", k, k + 1, low)
        form = verb(nxt)
        if low == "to" and (nxt in ("be", "have", "do") or (form and form.form == "base")):
            return Chunk("to", k, k + 1, low)
        return self._relative(k, low) or self._pronoun(k, low)

    def _relative(self, k: int, low: str) -> Chunk | None:
        placed = self.last == "cue" and bool(self.items[-1].cue and (self.items[-1].cue.alone or low == "that"))
        after = self.last in ("np", "comma", "pron", "quote", "adj") or placed
        points = low == "that" and (self.last == "comma" or self.p.low(k + 1) == "of")
        if low in listed("relative") and after and not points:
            return Chunk("rel", k, k + 1, low)
        if low in listed("clause") and (low != "as" or self._clause_as(k)):
            return Chunk("clause", k, k + 1, low)
        return None

    def _pronoun(self, k: int, low: str) -> Chunk | None:
        if low not in listed("pronoun") or (low == "us" and self.p.tokens[k].text.isupper()):
            return None
        form = verb(self.p.low(k + 1))
        inverts = self.last == "cue" and self.p.takes_object(k + 2)
        acts = form is not None and form.form == "s" and (inverts or not self.p.known_noun(k + 1))
        if low in ("her", "this", "these", "those") and not acts:
            mention = self.p.noun_phrase(k)
            if mention is not None and not mention.headless:
                return None
        return Chunk("pron", k, k + 1, low)

    def _clause_as(self, k: int) -> bool:
        """"as it chases a ball": a clause, not a comparison."""
        if self.p.low(k + 1) in ("it", "they", "he", "she", "if"):
            return True
        subject = self.p.noun_phrase(k + 1) if self.last in ("np", "verb", "adv", "adj", "comma") else None
        if subject is None:
            return False
        for j in range(subject.end, min(subject.end + 8, len(self.p.tokens))):
            form, low = verb(self.p.low(j)), self.p.low(j)
            if self.p.tokens[j].kind == "mark":
                return False
            if j == subject.end and self.p.verb_after(j, subject, coordinated=False, verb_seen=False):
                return True
            if low in listed("be") or (form and form.form == "s" and singular(low) not in nouns()):
                return True
        return False

    # Places

    def _cue(self, k: int) -> Chunk | None:
        cue, low = self.p.cue(k), self.p.low(k)
        if cue is None or self._no_place(k, low, cue):
            return None
        if cue.end > k + 1:
            return Chunk("cue", k, cue.end, cue.words, cue=cue)
        particle = low in ("up", "down", "off", "out", "away", "over") and self._particle(k)
        adverbial = low in listed("adverbial") and low not in listed("bare_place") and not self._object_follows(cue.end)
        if low == "nearby" or particle or adverbial:
            return Chunk("adv", k, k + 1, low)
        return Chunk("cue", k, cue.end, cue.words, cue=cue)

    def _no_place(self, k: int, low: str, cue: Cue) -> bool:
        """Whether the words of a place are something else here: a number ("about ten"), a comparison, a side."""
        done = self.items[-1].verb if self.items else None
        if low == "far" and self.p.low(k + 1) == "away" and done and done.lemma in listed("no_place"):
            return True
        if low in _BEFORE_NUMBERS and self.last not in ("np", "pron", "adj", "verb", "recip"):
            found = quantity(self.p.tokens, k)
            if found and found.end > k + 1:
                return True
        if low == "as" and self.p.low(k + 1) in ("many", "much"):
            return True
        if low == "like" and self.p.low(k + 1) == "to":
            return True
        label = self.last in ("stop", "comma", "clause", "np", "verb") and cue.alone
        return (cue.kind == "made" and self.last == "verb") or (low in ("left", "right") and not cue.kind and not label)

    def _particle(self, k: int) -> bool:
        """"heat up", "put down": a particle of the verb, unless the verb is one of motion or a ground follows."""
        last = self.items[-1] if self.items else None
        if last is None or last.verb is None or last.verb.lemma in listed("motion"):
            return False
        if self.p.low(k) == "over" and self.p.low(k + 1) in listed("determiner"):
            return False
        ground = self.p.noun_phrase(k + 1)
        return ground is None or ground.head not in listed("place")

    def _object_follows(self, k: int) -> bool:
        low = self.p.low(k)
        if not low or self.p.tokens[k].kind == "mark":
            return False
        if low in ("and", "or", "is", "are", "was", "were", "with", "that", "which", "while", "but", "to"):
            return False
        return self.p.cue(k) is None or low in ("left", "right", "between", "under", "behind")

    # Verbs

    def _verb(self, k: int) -> Chunk | None:
        """A verb where one is expected: after an auxiliary, a pronoun or a noun."""
        low, form = self.p.low(k), verb(self.p.low(k))
        quoted = k + 1 < len(self.p.tokens) and self.p.tokens[k + 1].kind == "quote"
        if quoted and low in listed("text_noun") and self.last in ("comma", "stop", "and", "with"):
            return None
        if self.last in ("be", "have", "modal", "to", "neg", "there"):
            return self._after_auxiliary(k, form)
        particle = self.p.low(k + 1) in ("up", "down", "off", "out", "away", "over")
        acts = form is not None and form.form == "s" and self.p.takes_object(k + 1 + particle)
        if self.last == "and" and self.verb_seen and acts:
            return Chunk("verb", k, k + 1, low, verb=form)
        ends = k + 1 >= len(self.p.tokens) or self.p.tokens[k + 1].kind == "mark"
        bare = form is not None and form.form == "base" and low not in listed("tantum")
        if self.last == "and" and self.verb_seen and bare and ends:
            return Chunk("verb", k, k + 1, low, verb=form)
        if self.last in ("pron", "rel"):
            unknown = self.last == "pron" and is_plural(low) and self.p.noun_like(k)
            found = form or (VerbForm(singular(low), "s") if unknown else None)
            return Chunk("verb", k, k + 1, low, verb=found) if found else None
        mention = next((item.mention for item in reversed(self.items) if item.mention), None)
        if self.last != "np" or mention is None:
            return None
        settled = form is not None and form.form == "base" and describes(low) and low not in UNCHANGING
        if settled and self.p.low(k + 1) not in listed("determiner"):
            return None
        if (form or participle_like(low)) and self.p.verb_after(
                k, mention, coordinated=self._coordinated(), verb_seen=self.verb_seen):
            return Chunk("verb", k, k + 1, low, verb=form or _participle(low))
        if not self.verb_seen and self._unknown_verb(k, mention):
            return Chunk("verb", k, k + 1, low, verb=VerbForm(low, "base" if mention.plural else "s"))
        return None

    def _after_auxiliary(self, k: int, form: VerbForm | None) -> Chunk | None:
        if form is None or (self.last in ("be", "have") and self._premodifier(k, form)):
            return None
        base = form.form == "base" and self.last in ("modal", "to", "neg")
        if form.form in ("ing", "ed") or base or self.last in ("modal", "to"):
            return Chunk("verb", k, k + 1, self.p.low(k), verb=form)
        return None

    def _unknown_verb(self, k: int, m: Mention) -> bool:
        """A word of no class between a subject and what only a verb has after it: "the glasses clink together"."""
        low, after = self.p.low(k), self.p.low(k + 1)
        if self.p.known_noun(k) or describes(low) or not self.p.noun_like(k) or m.headless:
            return False
        leads_on = after in listed("determiner", "adverb") or self.p.cue(k + 1) is not None
        return leads_on and (singular(low) == low if m.plural else is_plural(low))

    def _premodifier(self, k: int, form: VerbForm) -> bool:
        """"are parked cars" against "are parked": a participle that opens a noun phrase."""
        exists = len(self.items) > 1 and self.items[-2].kind == "there"
        if form.form != "ed" and not (exists and form.lemma in listed("intransitive")):
            return False
        noun = self.p.noun_like(k + 1) and self.p.can_head(k + 1) and not self.p.adverb(k + 1)
        return noun and self.p.cue(k + 1) is None and verb(self.p.low(k + 1)) is None

    # The rest

    def _phrase(self, k: int) -> Chunk | None:
        low, form = self.p.low(k), verb(self.p.low(k))
        if self.last == "np" and low in listed("adverb") and not self.p.noun_like(k + 1):
            return None
        acts = form and form.form == "ing" and form.lemma not in listed("intransitive") and low not in adjectives()
        if acts and self.last in ("comma", "and", "clause") and self.p.noun_like(k + 1) and not self.p.compound(k):
            return None
        mention = self.p.noun_phrase(k, coordinated=self._coordinated(), verb_seen=self.verb_seen)
        if mention is None or mention.end <= k:
            return None
        self.p.seen.add(mention.noun)
        return Chunk("np", k, mention.end, mention=mention)

    def _rest(self, k: int) -> Chunk:
        low, form = self.p.low(k), verb(self.p.low(k))
        participle = form is not None and form.form in ("ing", "ed")
        if low in listed("adverb") and not participle:
            return Chunk("adv", k, k + 1, low)
        if describes(low) and not (participle and self.last in ("np", "comma", "and")):
            return Chunk("adj", k, k + 1, low)
        if form or participle_like(low):
            return Chunk("verb", k, k + 1, low, verb=form or _participle(low))
        return Chunk("adv" if low.endswith("ly") and low not in nouns() else "word", k, k + 1, low)
