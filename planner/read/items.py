"""Text to clause items: noun phrases, verbs, relation cues, conjunctions and what stands between them, in order."""

from __future__ import annotations

from typing import Literal, NamedTuple

from planner.read.cues import Cue
from planner.read.lexicon import VerbForm, describes, listed, nouns, participle_like, sections, verb
from planner.read.mention import Mention
from planner.read.phrases import Phraser
from planner.read.plurals import is_plural, singular
from planner.read.quantity import quantity, words_at

Kind = Literal["np", "verb", "cue", "be", "have", "modal", "and", "clause", "comma", "stop", "with", "rel", "neg", "pron",
               "recip", "to", "adj", "adv", "quote", "there", "than", "word", "style"]


class Item(NamedTuple):
    """One piece of a clause and its token range."""

    kind: Kind
    start: int
    end: int
    word: str = ""
    mention: Mention | None = None
    cue: Cue | None = None
    verb: VerbForm | None = None


class Chunker:
    """Cuts the tokens into items, from left to right."""

    def __init__(self, phraser: Phraser) -> None:
        self.p = phraser
        self.items: list[Item] = []
        self.verb_seen = False

    def run(self) -> list[Item]:
        """All items of the text."""
        k, n = 0, len(self.p.tokens)
        while k < n:
            item = self._item(k)
            if item.kind == "stop" or item.kind == "clause" or item.kind == "rel":
                self.verb_seen = False
            elif item.kind in ("verb", "be", "have"):
                self.verb_seen = True
            self.items.append(item)
            k = max(item.end, k + 1)
        return self.items

    @property
    def last(self) -> str:
        """The kind of the item before, adverbs aside."""
        for item in reversed(self.items):
            if item.kind != "adv":
                return item.kind
        return "stop"

    def _coordinated(self) -> bool:
        kinds = [item.kind for item in self.items[-6:]]
        return "and" in kinds and "np" in kinds and kinds[-1] in ("and", "np")

    def _item(self, k: int) -> Item:
        token = self.p.tokens[k]
        if token.kind == "quote":
            return self._quote(k)
        if token.kind == "mark":
            return self._mark(k)
        if token.kind == "own":
            return Item("word", k, k + 1, token.low)
        if token.kind == "number" and self._model_number(k):
            return Item("adv", k, k + 1, token.low)
        return self._small(k) or self._cue(k) or self._verb_after_noun(k) or self._phrase(k) or self._rest(k)

    def _model_number(self, k: int) -> bool:
        """"a phone 6 lies": a number that belongs to the name before it."""
        after = self.p.low(k + 1)
        return self.last == "np" and (verb(after) is not None and after not in nouns() or after in listed("be") or not after)

    def _quote(self, k: int) -> Item:
        before, after = self.p.low(k - 1), self.p.tokens[k + 1] if k + 1 < len(self.p.tokens) else None
        plain = before in listed("determiner") and " " not in self.p.low(k)
        if plain and after and after.kind == "word" and self.last != "np":
            return Item("adv", k, k + 1, self.p.low(k))
        return Item("quote", k, k + 1, self.p.tokens[k].text)

    def _mark(self, k: int) -> Item:
        low = self.p.low(k)
        if low.startswith("--"):
            return Item("style", k, k + 1, low)
        if low in (".", "!", "?", ";"):
            return Item("stop", k, k + 1, low)
        if low in ("&", "+"):
            return Item("and", k, k + 1, low)
        return Item("comma", k, k + 1, low)

    def _small(self, k: int) -> Item | None:
        """Function words."""
        low, last = self.p.low(k), self.last
        for phrase in sections()["reciprocal"]:
            if end := words_at(self.p.tokens, k, phrase):
                return Item("recip", k, end, phrase)
        for phrase in sections()["together"]:
            if end := words_at(self.p.tokens, k, phrase):
                return Item("and", k, end, phrase)
        if low in ("and", "or", "nor", "plus"):
            return Item("and", k, k + 1, low)
        if (low == "with" and self.p.low(k + 1) != "no") or low == "featuring" or low == "including":
            return Item("with", k, k + 1, low)
        if low in listed("be"):
            return Item("be", k, k + 1, low)
        if low in listed("have"):
            return Item("have", k, k + 1, low)
        if low in listed("modal") and last != "comma" and not (low == "can" and last not in ("np", "pron", "rel", "there")):
            return Item("modal", k, k + 1, low)
        if low in ("not", "never", "neither") or words_at(self.p.tokens, k, "no longer"):
            return Item("neg", k, k + 1 + (low == "no"), low)
        if low == "there" and self.p.low(k + 1) in listed("be", "exists") | {"'s"}:
            return Item("there", k, k + 1, low)
        if low == "than":
            return Item("than", k, k + 1, low)
        if low == "to":
            form = verb(self.p.low(k + 1))
            if (form and form.form == "base") or self.p.low(k + 1) in ("be", "have", "do"):
                return Item("to", k, k + 1, low)
        return self._relative(k, low, last)

    def _relative(self, k: int, low: str, last: str) -> Item | None:
        if (
            low in listed("relative")
            and last in ("np", "comma", "pron", "quote", "adj")
            and not (low == "that" and last == "comma")
            and not (low in ("that",) and self.p.low(k + 1) == "of")
        ):
            return Item("rel", k, k + 1, low)
        if low in listed("clause") and (low != "as" or self._clause_as(k)):
            return Item("clause", k, k + 1, low)
        if low in listed("pronoun") and not (low in ("her", "this", "these", "those") and self._phrase_starts(k)):
            return Item("pron", k, k + 1, low)
        return None

    def _clause_as(self, k: int) -> bool:
        """ "as it chases": a clause, not a comparison."""
        if self.p.low(k + 1) in ("it", "they", "he", "she", "if"):
            return True
        subject = self.p.noun_phrase(k + 1) if self.last in ("np", "verb", "adv", "adj", "comma") else None
        if subject is None:
            return False
        for j in range(subject.end, min(subject.end + 8, len(self.p.tokens))):
            form, low = verb(self.p.low(j)), self.p.low(j)
            if self.p.tokens[j].kind == "mark":
                return False
            if low in listed("be") or (j == subject.end and self.p.verb_after(j, subject, coordinated=False, verb_seen=False)):
                return True
            if form and form.form == "s" and singular(low) not in nouns():
                return True
        return False

    def _phrase_starts(self, k: int) -> bool:
        mention = self.p.noun_phrase(k)
        return mention is not None and not mention.headless

    def _cue(self, k: int) -> Item | None:
        cue = self.p.cue(k)
        if cue is None:
            return None
        low = self.p.low(k)
        if low in ("over", "about", "around", "near", "close", "as", "up") and self.last not in ("np", "pron", "adj", "verb"):
            found = quantity(self.p.tokens, k)
            if found and found.end > k + 1:
                return None
        if words_at(self.p.tokens, k, "as many") or words_at(self.p.tokens, k, "as much"):
            return None
        if low == "like" and self.last in ("be", "np") and cue.end == k + 1 and self.p.low(k + 1) == "to":
            return None
        if low in ("up", "down", "off", "out", "away", "over") and cue.end == k + 1 and self._particle():
            return Item("adv", k, k + 1, low)
        if cue.kind == "made" and self.last == "verb":
            return None
        if low in ("left", "right") and not cue.kind:
            return None
        if low == "nearby" and cue.end == k + 1:
            return Item("adv", k, k + 1, low)
        adverbial = cue.end == k + 1 and low in listed("adverbial") and not self._object_follows(cue.end)
        if adverbial and low not in listed("bare_place"):
            return Item("adv", k, k + 1, low)
        return Item("cue", k, cue.end, cue.words, cue=cue)

    def _particle(self) -> bool:
        """"heat up", "put down": a particle of the verb, unless the verb is one of motion."""
        last = self.items[-1] if self.items else None
        return last is not None and last.verb is not None and last.verb.lemma not in listed("motion")

    def _object_follows(self, k: int) -> bool:
        low = self.p.low(k)
        if not low or self.p.tokens[k].kind == "mark":
            return False
        if low in ("and", "or", "is", "are", "was", "were", "with", "that", "which", "while", "but", "to"):
            return False
        return self.p.cue(k) is None or low in ("left", "right", "between", "under", "behind") or low in listed("determiner")

    def _verb_after_noun(self, k: int) -> Item | None:
        low = self.p.low(k)
        form = verb(low)
        last = self.last
        if last in ("be", "have", "modal", "to", "neg", "there"):
            if form and (
                form.form in ("ing", "ed") or last in ("modal", "to") or (last == "neg" and form.form == "base")
            ):
                if not (last in ("be", "have") and self._premodifier(k)):
                    return Item("verb", k, k + 1, low, verb=form)
            return None
        if last not in ("np", "pron", "rel"):
            return None
        mention = next((item.mention for item in reversed(self.items) if item.mention), None)
        if last in ("pron", "rel") and (form or (last == "pron" and is_plural(low) and self.p.noun_like(k))):
            return Item("verb", k, k + 1, low, verb=form or VerbForm(singular(low), "s"))
        if form and form.form == "base" and describes(low) and self.p.low(k + 1) not in listed("determiner"):
            return None
        if (
            mention
            and last == "np"
            and (form or participle_like(low))
            and self.p.verb_after(k, mention, coordinated=self._coordinated(), verb_seen=self.verb_seen)
        ):
            return Item("verb", k, k + 1, low, verb=form or VerbForm(low, "ing" if low.endswith("ing") else "ed"))
        if mention and last == "np" and not self.verb_seen and self._unknown_verb(k, mention):
            return Item("verb", k, k + 1, low, verb=VerbForm(low, "base" if mention.plural else "s"))
        return None

    def _unknown_verb(self, k: int, mention: Mention) -> bool:
        """A word of no known class between a subject and what only a verb has after it: "the glasses clink together"."""
        low, after = self.p.low(k), self.p.low(k + 1)
        if low in nouns() or singular(low) in nouns() or describes(low) or not self.p.noun_like(k) or mention.headless:
            return False
        leads_on = after in listed("determiner") or after in listed("adverb") or self.p.cue(k + 1) is not None
        return leads_on and (singular(low) == low if mention.plural else is_plural(low))

    def _premodifier(self, k: int) -> bool:
        """ "are parked cars" against "are parked": a participle that opens a noun phrase."""
        form = verb(self.p.low(k))
        opens = form is not None and (form.form == "ed" or form.lemma in listed("intransitive"))
        return (
            opens
            and self.p.noun_like(k + 1)
            and self.p.cue(k + 1) is None
            and not verb(self.p.low(k + 1))
            and self.p.can_head(k + 1)
            and not self.p.adverb(k + 1)
        )

    def _phrase(self, k: int) -> Item | None:
        if self.last == "np" and self.p.low(k) in listed("adverb") and not self.p.noun_like(k + 1):
            return None
        form = verb(self.p.low(k))
        if form and form.form == "ing" and self.last in ("comma", "and", "clause") and form.lemma not in listed(
            "intransitive"
        ):
            if self.p.noun_like(k + 1) and not self.p.compound(k):
                return None
        mention = self.p.noun_phrase(k, coordinated=self._coordinated(), verb_seen=self.verb_seen)
        if mention is None or mention.end <= k:
            return None
        return Item("np", k, mention.end, mention=mention)

    def _rest(self, k: int) -> Item:
        low = self.p.low(k)
        form = verb(low)
        if low in listed("adverb") and not (form and form.form in ("ing", "ed")):
            return Item("adv", k, k + 1, low)
        if describes(low) and not (form and form.form in ("ing", "ed") and self.last in ("np", "comma", "and")):
            return Item("adj", k, k + 1, low)
        if form:
            return Item("verb", k, k + 1, low, verb=form)
        if participle_like(low):
            return Item("verb", k, k + 1, low, verb=VerbForm(low, "ing" if low.endswith("ing") else "ed"))
        if describes(low):
            return Item("adj", k, k + 1, low)
        if low.endswith("ly") and low not in nouns():
            return Item("adv", k, k + 1, low)
        return Item("word", k, k + 1, low)
