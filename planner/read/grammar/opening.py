"""What people say around a wish: greetings, requests, for whom it is, and what they are doing it for."""

from __future__ import annotations

import re
from functools import lru_cache

from planner.read.grammar.classes import klass
from planner.read.grammar.lexicon import listed, sections
from planner.read.grammar.quantity import words_at
from planner.read.grammar.tokens import Token, tokenise

_SMALL = frozenset({"so", "just", "like", "maybe", "only"})
"""Filler that may as well belong to what follows."""
_AGAIN = frozenset({"i", "we", "draw", "paint", "make", "please"})
"""Words that begin a further request after "and"."""
_SPEAKERS = frozenset({"i", "we"})
_GREETINGS = frozenset({"hi", "hey", "hello", "dear", "hiya", "yo"})
_FEWEST = 5
"""Words of a quotation that is the wish itself and nothing to be written in the picture."""
_STOPS = frozenset({".", "!", "?", ";", "\n"})


# Filler

@lru_cache(maxsize=1)
def _filler() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The phrases of filler by their first and by their last word, the longest first."""
    first: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}
    for phrase in sorted(sections()["filler"], key=lambda phrase: -phrase.count(" ")):
        first.setdefault(phrase.split()[0], []).append(phrase)
        last.setdefault(phrase.split()[-1], []).append(phrase)
    return first, last


def without_filler(part: list[Token], *, opens: bool) -> list[Token]:
    """A fragment without "thx", "lol", "please" at its ends."""
    start, end = 0, len(part)
    first, last = _filler()
    changed = True
    while changed and start < end:
        changed = False
        for phrase in first.get(part[start].low, ()) if part[start].kind != "quote" else ():
            n, small = len(phrase.split()), phrase in _SMALL
            if end - start >= n and words_at(part, start, phrase) and not (small and (end - start == n or not opens)):
                start, changed = start + n, True
                break
        for phrase in last.get(part[end - 1].low, ()) if start < end and part[end - 1].kind != "quote" else ():
            n = len(phrase.split())
            if end - start >= n and words_at(part[:end], end - n, phrase) and phrase not in _SMALL:
                end, changed = end - n, True
                break
    greeted = start > 0 and opens and part[0].low in _GREETINGS
    return [] if greeted and end - start <= 2 else part[start:end]


# Requests

_MAKE = (r"(?:make|draw|do|create|generate|paint|show|give|get|have|design|render|sketch|put|produce|imagine|see|add"
         r"|help|edit|change|turn|photoshop|illustrate|build|(?:whip|cook|mock|come) up(?: with)?|throw together)")
_ASKED = (rf"(?:can|could|would|will|may|might) (?:you|u|i|we|someone|somebody|anyone|anybody) "
          rf"(?:please |be able to |maybe )*{_MAKE}")
_WISHED = (r"(?:for (?:my|our|a|the) (?:[^ ,]+ ){1,4})?(?:i|we) (?:just |really |would |'d |also )*"
           r"(?:need|want|wish|love|like|have|have got|would like|would love|wanna see|am looking for|'m looking for"
           r"|am after|need you to|want you to"
           r"|(?:was|am|'m) (?:thinking(?: of| about| like| maybe)*|imagining|picturing))"
           rf"(?: you to {_MAKE}| to (?:see|have|get|{_MAKE}))?")
_WISHED_BY = (r"(?:my|our) (?:[^ ,.]+ ){1,3}(?:wants|needs|want|wanted|asked for|asked me for|would like|would love"
              r"|is asking for|loves the idea of)(?: me to draw| to see)?")
_TOLD = (r"(?:make|draw|create|generate|paint|show|give|get|design|render|sketch|produce|visualize|visualise|depict"
         r"|compose|do|imagine|picture|illustrate|gimme|put|build|need|want|try|edit)")
_REQUEST = re.compile(
    rf"(?:(?:{_ASKED}|{_WISHED}|{_WISHED_BY}|{_TOLD}"
    r"|what about|how about|let 's see|there should be|there is supposed to be) )"
    r"(?:please |plz |pls |kindly )?(?:(?:me|us|this|it|up|that|one)(?: to be| as| so| like| where| be)* )?"
    r"(?:(?:so )?(?:that )?it is )?(?:please |like |maybe )*")


def request(part: list[Token]) -> int:
    """The end of a request at the head of a fragment: "please draw me", "i want to see"."""
    if not part:
        return 0
    if (words_at(part, 0, "show me what") or words_at(part, 0, "show what")) and (
            like := next((k for k, token in enumerate(part) if token.low == "like"), 0)):
        del part[like - 2 if part[like - 2].low in ("would", "might") else like - 1:like + 1]
        return 3 if part[1].low == "me" else 2
    lows = " ".join(token.low for token in part[:16]) + " "
    match = _REQUEST.match(lows)
    if not match:
        return 0
    k = match[0].count(" ")
    verb_alone = k == 1
    after = part[k].low if k < len(part) else ""
    opens = not after or after in listed("counter", "possessive", "determiner") or part[k].kind in ("number", "quote")
    bare_imperative = verb_alone and part[0].low in ("make", "draw", "create", "generate", "paint", "imagine", "gimme",
                                                     "show", "design", "illustrate", "visualize", "depict", "render")
    if not (opens or not verb_alone or bare_imperative):
        return 0
    if verb_alone and not opens and klass(after) == "unknown":
        return 0
    return k


def is_preface(part: list[Token]) -> bool:
    """Whether what ends in a colon only asks: "generate image:", "for my kids book:", "quick one:"."""
    lows = {token.low for token in part}
    if part[-1].low == "thing" or part[0].low in ("for", "need", "something"):
        return True
    if lows & (_SPEAKERS | {"try", "request", "prompt", "me", "mine", "please"}):
        return True
    return part[-1].low in ("one", "thing", "idea", "request", "image", "picture", "pic", "this", "following") and (
        len(part) <= 3 or part[0].low not in listed("counter"))


def asks(part: list[Token]) -> bool:
    """Whether a fragment in the middle of a sentence asks for something: "…, can you draw him on a chair"."""
    return len(part) > 3 and part[0].low in ("can", "could", "would", "will") and part[1].low in ("you", "u")


def without_further(part: list[Token]) -> list[Token]:
    """A fragment without the requests that "and" joins: "… and i want a tree", "… and draw a cloud"."""
    for k in range(1, len(part) - 2):
        if part[k].low == "and" and part[k + 1].low in _AGAIN and (end := request(part[k + 1:])):
            return [*part[:k + 1], *without_further(part[k + 1 + end:])]
    return part


def leaves_open(part: list[Token]) -> bool:
    """Whether a fragment leaves something to the painter: "whatever colour you like", "any size you want"."""
    lows = [token.low for token in part]
    chooses = len(part) > 2 and lows[-2] in ("you", "u") and lows[-1] in ("like", "want", "prefer", "wish", "choose")
    return lows[0] in ("whatever", "whichever") or (chooses and lows[0] in ("any", "however", "wherever", "as", "if"))


# Frames

def without_frame(tokens: list[Token]) -> list[Token]:
    """The tokens without first sentences about the speaker, and with a wish that is quoted as a whole laid open."""
    while end := _about_speaker(tokens):
        tokens = tokens[end:]
    k = next((k for k, token in enumerate(tokens) if token.kind == "quote"), -1)
    if 0 <= k <= 12 and tokens[k].low.count(" ") >= _FEWEST and k == request(tokens[:k + 1]):
        quote = tokens[k]
        inner = tokenise(quote.text)
        shift = quote.start + 1
        return [*tokens[:k], *(t._replace(start=t.start + shift, end=t.end + shift) for t in inner), *tokens[k + 1:]]
    return tokens


def _about_speaker(tokens: list[Token]) -> int:
    """The end of a first sentence that says what the picture is for, where the wish comes after it; 0 for none."""
    end = next((k for k, token in enumerate(tokens) if token.low in _STOPS and token.kind == "mark"), -1)
    if not 0 < end < len(tokens) - 1:
        return 0
    first = without_filler(tokens[:end], opens=True)
    if not first or any(token.kind == "quote" for token in first):
        return 0
    lows = [token.low for token in first]
    purpose = lows[0] in ("it", "this", "that") and "for" in lows[1:4]
    speaker = lows[0] in _SPEAKERS and not request(list(first)) and any(
        request(list(tokens[k + 1:])) for k, token in enumerate(tokens) if token.low in _STOPS and k < len(tokens) - 1)
    return end + 1 if purpose or speaker else 0
