"""What the grammar knows about single words: their classes, verb forms and fixed compounds, from `lexicon.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from planner.read.grammar.tables import code

Form = Literal["base", "s", "ing", "ed"]


class VerbForm(NamedTuple):
    """One reading of a word as a verb."""

    lemma: str
    form: Form


@lru_cache(maxsize=1)
def sections() -> dict[str, tuple[str, ...]]:
    """The word lists by name; entries of several words have spaces."""
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in Path(__file__).with_name("lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words.extend(line.split())
    return {name: tuple(word.replace("_", " ") for word in listed) for name, listed in found.items()}


@lru_cache(maxsize=64)
def listed(*names: str) -> frozenset[str]:
    """The words of these sections."""
    return frozenset(word for name in names for word in sections()[name])


@lru_cache(maxsize=8)
def by_first(section: str) -> dict[str, tuple[str, ...]]:
    """The phrases of a section by their first word."""
    found: dict[str, tuple[str, ...]] = {}
    for phrase in sections()[section]:
        first = phrase.split()[0]
        found[first] = (*found.get(first, ()), phrase)
    return found


@lru_cache(maxsize=32)
def mapping(name: str) -> dict[str, str]:
    """A section of `word:value` entries."""
    return dict(entry.split(":", 1) for entry in sections()[name])


_ENDINGS: tuple[tuple[str, Form], ...] = (("", "base"), ("ing", "ing"), ("ed", "ed"), ("es", "s"), ("s", "s"))
_DOUBLING = frozenset("bdgklmnprt")


def _stem(verb: str) -> str:
    """The verb with its last consonant doubled where spelling asks for it ("sit" -> "sitt")."""
    vowels = "aeiou"
    short = len(verb) >= 3 and verb[-1] in _DOUBLING and verb[-2] in vowels and verb[-3] not in vowels
    one_beat = sum(a in vowels and (i == 0 or verb[i - 1] not in vowels) for i, a in enumerate(verb)) == 1
    return verb + verb[-1] if short and (one_beat or verb in listed("stressed_end")) else verb


def gerund(verb: str) -> str:
    """ "sit" -> "sitting"."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return verb[:-1] + "ing"
    return _stem(verb) + "ing"


def _forms(verb: str) -> Iterator[tuple[str, Form]]:
    yield verb, "base"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield verb + "es", "s"
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        yield verb[:-1] + "ies", "s"
    else:
        yield verb + "s", "s"
    yield gerund(verb), "ing"
    if verb.endswith("e"):
        yield verb + "d", "ed"
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        yield verb[:-1] + "ied", "ed"
    else:
        yield _stem(verb) + "ed", "ed"


@lru_cache(maxsize=1)
def verb_forms() -> dict[str, VerbForm]:
    """Every known verb form. A base form wins over the form of another verb ("lay"), but not over a past of "be"."""
    found: dict[str, VerbForm] = {}
    for verb in dict.fromkeys(sections()["verb"]):
        for word, form in _forms(verb):
            if form == "base":
                found[word] = VerbForm(verb, form)
            else:
                found.setdefault(word, VerbForm(verb, form))
    for word, verb in mapping("irregular_verb").items():
        if word not in found or found[word].form != "base":
            found[word] = VerbForm(verb, "ed")
    found.update(
        siting=VerbForm("sit", "ing"),
        travelling=VerbForm("travel", "ing"),
        travelled=VerbForm("travel", "ed"),
        laying=VerbForm("lie", "ing"),
        lays=VerbForm("lie", "s"),
        lay=VerbForm("lie", "base"),
        lied=VerbForm("lie", "ed"),
        signalling=VerbForm("signal", "ing"),
    )
    return found


@lru_cache(maxsize=1)
def adjectives() -> frozenset[str]:
    """Words that can describe."""
    return listed("colour", "material", "shape", "size", "texture", "state")


@lru_cache(maxsize=1)
def nouns() -> frozenset[str]:
    """Words that can be the head of a noun phrase although another section has them too, in the singular."""
    return listed(
        "noun",
        "person",
        "animal",
        "garment",
        "part",
        "container",
        "collection",
        "unit",
        "place",
        "vehicle",
        "fruit",
        "tantum",
        "invariant",
        "mass",
        "style",
    )


@lru_cache(maxsize=1)
def compounds() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Fixed names of several words, by their first word, longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for name in (
        *sections()["compound"],
        *sections()["place"],
        *sections()["style"],
        *sections()["garment"],
        *sections()["style_leading"],
    ):
        words = tuple(name.split())
        if len(words) > 1:
            found.setdefault(words[0], []).append(words)
    return {first: tuple(sorted(set(names), key=lambda n: (-len(n), n))) for first, names in found.items()}


@lru_cache(maxsize=20_000)
def verb(word: str) -> VerbForm | None:
    """The reading of a word as a verb, if it is a known one."""
    return verb_forms().get(word) or (_rare_verb(word) if len(word) > 3 else None)


def _rare_verb(word: str) -> VerbForm | None:
    """A verb that the lists do not have, and that is no noun."""
    if word in nouns() or word in listed("function", "adverb") or word in adjectives():
        return None
    for ending, form in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word and ending:
            continue
        stems = (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else "", stem[:-1])
        for lemma in stems if ending else (word,):
            if len(lemma) > 2 and code("words.txt", lemma) == "V" and (word, form) in _forms(lemma):
                return VerbForm(lemma, form)
    return None


_ED_NOUNS = ("bed", "shed", "sled", "seed", "weed", "reed", "speed", "thread", "bread", "head", "field", "child")


@lru_cache(maxsize=1)
def _adjective_ends() -> tuple[str, ...]:
    return sections()["adjective_end"]


_NO_ADJECTIVES = ("function", "determiner", "no_adjective", "adverbial", "bare_place", "cue_adverb", "adverb")


@lru_cache(maxsize=20_000)
def describes(word: str) -> bool:
    """Whether a word can be an adjective: a known one, or one by its ending."""
    if word in adjectives():
        return True
    if word in nouns() or verb(word) or (len(word) < 5 and not word[:1].isdigit()):
        return False
    if code("words.txt", word) in ("J", "j") and word not in listed(*_NO_ADJECTIVES):
        return True
    if code("nouns.txt", word) and not code("words.txt", word) and "-" not in word:
        return False
    if word.endswith(_adjective_ends()) and word not in listed("no_adjective"):
        return True
    if word[0].isdigit() and not word.isdigit():
        return True
    if word.endswith("er") and {word[:-2], word[:-1], word[:-3], word[:-3] + "y"} & listed("size", "state", "texture"):
        return True
    if word.endswith("est") and len(word) > 5 and word not in listed("no_superlative"):
        return True
    if "-" in word:
        tail = word.rsplit("-", 1)[1]
        return (tail in adjectives() and tail not in nouns()) or participle_like(tail)
    return word.endswith("ed") and not word.endswith(_ED_NOUNS)


@lru_cache(maxsize=20_000)
def participle_like(word: str) -> bool:
    """Whether a word ends as a participle does."""
    form = verb(word)
    if form:
        return form.form in ("ing", "ed")
    if word in nouns() or word.endswith(_ED_NOUNS):
        return False
    return (word.endswith("ing") and len(word) > 5) or (word.endswith("ed") and len(word) > 4)
