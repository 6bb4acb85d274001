"""Text to tokens: words, numbers, punctuation and quotations, each with its place in the prompt."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

LIMIT = 20_000
"""Characters that are read; a longer prompt is read up to here, and says so."""

Kind = Literal["word", "number", "mark", "quote", "own"]


class Token(NamedTuple):
    """One word, mark or quotation: `low` is what the grammar compares, `start` and `end` its place in the prompt."""

    low: str
    text: str
    start: int
    end: int
    kind: Kind

    def __repr__(self) -> str:
        return self.low


_TOKEN = re.compile(
    r"""
    (?P<quote>"[^"\n]{1,300}"|“[^”\n]{1,300}”|«[^»\n]{1,300}»|(?<![\w'])[‘'](?=\S)(?:[^'‘’\n]|(?<=\w)['’](?=\w)){1,200}(?<=\S)[’'](?!\w))
  | (?P<number>\d+(?:[.,:/]\d+)*(?![\w])(?!-[^\W\d_]{3}))
  | (?P<word>[^\W_]+(?:[-'’‑&][^\W_]+|(?<=[a-z]\d)\.\d+)*)
  | (?P<mark>\n\s*\n|[^\w\s]|_)
""",
    re.VERBOSE,
)
_NOT_TEXT = re.compile("[\ud800-\udfff]")
_OWN = re.compile(r"(.*[^\W_])['’](s)$", re.IGNORECASE)
_COUNTED = re.compile(r"(\d{1,2})(girls?|boys?|others?|x|man|men|woman|women|cats?|dogs?|people)$")
_RUN_TOGETHER = {
    "thats": ("that", "is"), "hes": ("he", "is"), "shes": ("she", "is"), "theres": ("there", "is"), "im": ("i", "am"),
    "theyre": ("they", "are"), "youre": ("you", "are"), "dont": ("do", "not"), "id": ("i", "'d"),
    "doesnt": ("does", "not"), "isnt": ("is", "not"), "arent": ("are", "not"), "cant": ("can", "not"),
    "wont": ("will", "not"), "didnt": ("did", "not"), "ive": ("i", "have"), "i'd": ("i", "'d"), "lets": ("let", "'s"),
    "they're": ("they", "are"), "i'm": ("i", "am"), "you're": ("you", "are"), "we're": ("we", "are"),
}
_SPELT = {"becuase": "because", "becasue": "because", "cuz": "because", "w": "with", "n": "and", "u": "you",
          "backround": "background", "infront": "in front", "abit": "a bit", "ontop": "on top", "wich": "which",
          "r": "are", "ur": "your", "abt": "about", "smth": "something", "sth": "something", "smthn": "something"}
_GERUND_NOUNS = frozenset({"wing", "string", "ring", "king", "spring", "ceiling", "railing", "lining", "painting",
                           "drawing", "building", "opening", "clothing", "sling", "glowing", "wedding", "earring"})
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st"})
_NOT = {"can't": "can", "won't": "will", "shan't": "shall", "cannot": "can"}
_IS = {"it's", "that's", "there's", "here's", "he's", "she's", "what's", "who's", "where's", "let's"}


def clean(prompt: str) -> str:
    """The prompt with every lone surrogate replaced, so that it can be stored and sent. Its length stays."""
    return _NOT_TEXT.sub("\ufffd", prompt)


def tokenise(text: str) -> list[Token]:
    """The tokens of a text. Possessive endings and the "not" of "isn't" become tokens of their own."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text[:LIMIT].replace("\0", " ")):
        kind = match.lastgroup
        start, end, raw = match.start(), match.end(), match.group()
        if kind == "word":
            found.extend(_words(raw, start))
        elif kind == "quote":
            found.append(Token(raw[1:-1].strip().lower(), raw[1:-1].strip() or raw, start, end, "quote"))
        elif kind == "number":
            found.append(Token(raw, raw, start, end, "number"))
        else:
            found.append(Token("." if "\n" in raw else raw, raw, start, end, "mark"))
    return _plural_owners(_its([t for before, t in zip([None, *found], found, strict=False) if not (
        t.low == "." and before is not None and before.low in _TITLES)]))


def _words(raw: str, start: int) -> list[Token]:
    low = raw.lower().replace("’", "'").replace("‑", "-")
    end = start + len(raw)
    counted = _COUNTED.match(low)
    if counted:
        middle = start + counted.end(1)
        return [Token(counted[1], counted[1], start, middle, "number"),
                Token(counted[2], raw[counted.end(1) :], middle, end, "word")]
    if low.endswith("n't") or low == "cannot":
        verb = _NOT.get(low, low[:-3])
        return [Token(verb, raw, start, end - 3, "word"), Token("not", raw, end - 3, end, "word")]
    own = _OWN.match(low)
    if own:
        second: Token = Token("is" if low in _IS else "'s", raw[-2:], end - 2, end, "word" if low in _IS else "own")
        return [Token(own[1], raw[:-2], start, end - 2, "word"), second]
    if low in _RUN_TOGETHER and len(parts := _RUN_TOGETHER[low]) > 1:
        middle = start + min(len(parts[0]), len(raw) - 1)
        return [Token(parts[0], raw[:middle - start], start, middle, "word"),
                Token(parts[1], raw[middle - start:], middle, end, "word")]
    if raw.islower() and " " in (spelt := _SPELT.get(low, low)):
        middle = start + len(spelt.split()[0])
        return [Token(spelt.split()[0], raw[:middle - start], start, middle, "word"),
                Token(spelt.split()[1], raw[middle - start:], middle, end, "word")]
    return [Token(_SPELT.get(low, low) if raw.islower() else low, raw, start, end, "word")]


def _its(tokens: list[Token]) -> list[Token]:
    """"its holding a cup" for "it's holding a cup"."""
    found: list[Token] = []
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.low == "its" and after is not None and after.low.endswith("ing") and after.low not in _GERUND_NOUNS:
            middle = token.start + 2
            found += [token._replace(low="it", text=token.text[:2], end=middle),
                      token._replace(low="is", text=token.text[2:], start=middle)]
        else:
            found.append(token)
    return found


def _plural_owners(tokens: list[Token]) -> list[Token]:
    """The apostrophe of "the dogs' owner" is an ending, not a mark."""
    for i in range(1, len(tokens)):
        token, before = tokens[i], tokens[i - 1]
        if token.low in ("'", "’") and before.end == token.start and before.low.endswith("s"):
            tokens[i] = token._replace(low="'s", kind="own")
    return tokens
