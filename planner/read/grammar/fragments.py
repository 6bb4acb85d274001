"""Fragments: what a prompt says of the picture itself (requests, medium, style, parameters), and what is left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planner.read.grammar.classes import bodily, klass
from planner.read.grammar.corrections import corrected
from planner.read.grammar.lexicon import adjectives, describes, listed, nouns, participle_like, sections, verb
from planner.read.grammar.opening import (
    asks,
    is_preface,
    leaves_open,
    request,
    without_filler,
    without_frame,
    without_further,
)
from planner.read.grammar.plurals import singular
from planner.read.grammar.quantity import words_at
from planner.read.grammar.setting import is_drawn, is_setting, occasion
from planner.read.grammar.tokens import Token, tokenise
from planner.scene import Canvas, Span

_BREAKS = frozenset(",.;|\n()[]{}!?:")
_ENDS = frozenset(".!?;\n")
_FLAG = re.compile(r"(?<!\S)(?:--|—|–)(?P<name>[a-z]+)\b(?P<value>(?:(?!\s(?:--|—|–)[a-z]).)*)", re.IGNORECASE)
_LORA = re.compile(r"<(?:lora|lyco|hypernet|embedding)[^<>\n]{0,200}>", re.IGNORECASE)
_WEIGHT = re.compile(r"[(\[]([^()\[\]:\n]{1,200}):\s?(\d{1,2}(?:\.\d+)?)\s*[)\]]")
_RATIO = re.compile(r"(\d{1,4})\s*[:x/×]\s*(\d{1,4})")
_CAMERA = re.compile(
    r"^(\d+mm|f/?\d[\d.]*|\d{1,2}k|iso|\d+-bit|\d+/\d+|[\d.]+|\d{2,4}s|[a-z]?\d+[a-z]|\d+fps|\d+d|[a-z]\d+)$")
_WEATHER = frozenset({"snowing", "raining", "storming", "hailing", "drizzling", "foggy", "sunny", "night", "windy"})
_SOLID = frozenset({"person", "animal", "vehicle", "building", "furniture", "garment", "container", "food"})
_TALL = 2048
"""Pixels that "--ar" numbers are scaled up to."""


@dataclass(slots=True)
class Fragments:
    """The tokens that tell of things, and what the rest says."""

    tokens: list[Token]
    style: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    weights: list[tuple[Span, float]] = field(default_factory=list)
    lettering: list[str] = field(default_factory=list)
    canvas: Canvas | None = None
    drawn: str = ""
    """What the first noun is said to be drawn as ("a cartoon cat")."""
    tags: bool = False
    """Whether the prompt is a list of tags, where no noun has an article."""


def split(prompt: str) -> Fragments:
    """Takes the prompt apart."""
    found = Fragments([])
    text = _without_parameters(prompt, found)
    parts = list(_segments(corrected(without_frame(tokenise(text)))))
    found.tags = _is_tag_list([part for part, _ in parts])
    opens, content = True, False
    for part, mark in parts:
        kept = _read_part(part, prompt, found, opens=opens, first=not content, mark=mark)
        content |= bool(kept)
        found.tokens.extend(kept)
        ends = mark is not None and mark.low in _ENDS
        if mark is not None and found.tokens and (kept or ends):
            found.tokens.append(mark)
        opens = ends or (opens and not kept)
    _take_names(found, [part for part, _ in parts], text)
    return found


def _take_names(found: Fragments, parts: Sequence[Sequence[Token]], text: str) -> None:
    """The last tag, or one between tags of style, that has a word of no dictionary is a name: "…, richard scarry"."""
    if len(parts) < 4:
        return
    begins = {token.start for token in found.tokens}
    things = [bool(part) and part[0].start in begins for part in parts]
    for k in range(len(parts) - 1, 2, -1):
        part = parts[k]
        if not things[k] or not (2 <= len(part) <= 4) or any(things[k + 1:]):
            continue
        lows = [token.low for token in part if token.kind == "word"]
        small = listed("function", "determiner", "cue_preposition", "locating")
        plain = len(lows) >= len(part) - 1 and not set(lows) & small and not any(map(participle_like, lows))
        if plain and klass(lows[0]) == "unknown" and not describes(lows[0]) and verb(lows[0]) is None and not (
                klass(singular(lows[-1])) in _SOLID and bodily(lows[-1])):
            _style(part, text, found)
            found.tokens = [t for t in found.tokens if not part[0].start <= t.start <= part[-1].start]
        return

def _without_parameters(prompt: str, found: Fragments) -> str:
    """The prompt with parameters, weights and foreign settings blanked out; no character moves."""
    def flag(match: re.Match[str]) -> str:
        name, value = match["name"].lower(), match["value"].strip()
        if name in ("ar", "aspect") and (ratio := _RATIO.search(value)) and all(map(int, ratio.groups())):
            found.canvas = _canvas(int(ratio[1]), int(ratio[2]))
        elif name == "no":
            found.absent += [word.strip() for word in re.split(r",| and ", value) if word.strip()]
        return " " * len(match[0])

    def lora(match: re.Match[str]) -> str:
        found.unread.append(match[0])
        return " " * len(match[0])

    def weight(match: re.Match[str]) -> str:
        found.weights.append(((match.start(1), match.end(1)), min(10.0, max(0.01, float(match[2])))))
        return "," + match[1] + "," + " " * (len(match[0]) - len(match[1]) - 2)

    return _WEIGHT.sub(weight, _FLAG.sub(flag, _LORA.sub(lora, prompt)))


def _canvas(across: int, down: int) -> Canvas:
    scale = 512 / min(across, down)
    return Canvas(width=min(_TALL * 4, round(across * scale)), height=min(_TALL * 4, round(down * scale)))


def _segments(tokens: Sequence[Token]) -> Iterator[tuple[list[Token], Token | None]]:
    """The tokens between marks, each run with the mark that ends it."""
    run: list[Token] = []
    for token in tokens:
        if token.kind == "mark" and token.low in _BREAKS:
            yield run, token
            run = []
        else:
            run.append(token)
    yield run, None


def _is_tag_list(parts: Sequence[Sequence[Token]]) -> bool:
    """Whether most of many fragments are short, and without an article at their head or a finite verb."""
    some = [part for part in parts if part]
    bare = [part for part in some if len(part) <= 6 and part[0].low not in ("a", "an", "the", "and", "he", "she", "it")
            and not any(token.low in ("is", "are", "has", "i", "you") for token in part)]
    return len(some) >= 5 and 3 * len(bare) >= 2 * len(some)


def _read_part(part: list[Token], text: str, found: Fragments, *, opens: bool, first: bool,
               mark: Token | None) -> list[Token]:
    """One fragment: notes what it says of the picture; returns the tokens that tell of things."""
    part = without_filler(part, opens=opens or first)
    if opens or first or asks(part):
        part = without_filler(part[request(part):], opens=True)
    part = without_further(part)
    if part and first and mark is not None and mark.low == ":" and is_preface(part):
        return []
    if not part or leaves_open(part):
        return []
    if opens or first:
        lead = _lead(part) or occasion(part)
        if lead and is_setting(part[:lead]):
            found.background.append(re.sub(r"^(an?|the) ", "", _said(part[:lead], text), flags=re.IGNORECASE))
            part = part[_after_lead(part, lead):]
        elif lead:
            told = next((k for k in range(1, lead) if part[k].low == "for" and part[k + 1].low in ("my", "our")), lead)
            _style(part[:told], text, found)
            part = part[_after_lead(part, lead):]
        elif first and _is_medium(part, tags=found.tags):
            _style(part, text, found)
            return []
    part = _without_drawn(part, found, first=first)
    if not part:
        return []
    lows = [token.low for token in part]
    if lows[:2] == ["it", "is"] and len(part) <= 4 and lows[2:3] and lows[2] in _WEATHER:
        found.background.append(lows[2])
        return []
    if lows[:2] == ["make", "it"] and all(describes(low) or low in listed("adverb") for low in lows[2:]):
        if set(lows) & listed("colour", "size", "material", "shape", "texture"):
            return part[2:]
        _style(part[2:], text, found)
        return []
    if lows[:2] == ["look", "like"] and 3 <= len(part) <= 6:
        _style(part[2:], text, found)
        return []
    if _is_backdrop(part):
        found.background.append(_said(part, text))
        return []
    if _is_style(part, found, first=first, mark=mark):
        _style(part, text, found)
        return []
    return part


def _style(part: Sequence[Token], text: str, found: Fragments) -> None:
    found.lettering += [token.text for token in part if token.kind == "quote"]
    words = re.sub(r"^(an?|the) ", "", _said(part, text), flags=re.IGNORECASE)
    if words and words.lower() not in listed("no_style"):
        found.style.append(words)


def _said(part: Sequence[Token], text: str) -> str:
    return text[part[0].start:part[-1].end].strip() if part else ""


# The medium

def _lead(part: Sequence[Token]) -> int:
    """The end of a leading medium: "a realistic photo of" -> 3 (the token "of")."""
    begun = 0
    if any(token.low in ("framed", "hanging", "crumpled", "torn", "unfinished") for token in part[:8]):
        return 0
    while begun < len(part) and part[begun].low in ("there", "is", "this", "it", "'s"):
        begun += 1
    for end in range(begun + 1, min(begun + 10, len(part))):
        if _medium_ends(part, begun, end):
            follows = any(words_at(part, end, after) for after in sections()["after_lead"])
            if words_at(part, end, "from") and (seen := [k for k in (end + 2, end + 3) if words_at(part, k, "of")]):
                return seen[0]
            if words_at(part, end, "for") and (purpose := _purpose(part, end)):
                return purpose
            verbal = verb(part[end - 1].low)
            bare = end - begun > 1 and part[end].low in ("a", "an", "two", "three") and verbal is None
            if (follows or bare) and not _counted(part[begun:end]):
                return end
        elif not _names_medium(part[end - 1]):
            return 0
    return 0


def _medium_ends(part: Sequence[Token], begun: int, end: int) -> bool:
    two = " ".join(token.low for token in part[max(begun, end - 2):end])
    return bool({part[end - 1].low, singular(part[end - 1].low), two} & listed("style_leading"))


def _purpose(part: Sequence[Token], end: int) -> int:
    """The end of "for my son", "for a gardening blog" after a medium."""
    k = end + 1
    while k < len(part) and part[k].low not in listed("after_lead"):
        k += 1
    return k if k - end <= 6 else 0


def _is_medium(part: Sequence[Token], *, tags: bool) -> bool:
    """Whether a whole first fragment only names the picture: "a zoo poster", "book cover"."""
    dated = next((k for k in range(1, len(part)) if part[k].low == "from" and part[-1].kind == "number"), 0)
    part = part[:dated] if dated else part
    if _counted(part) or not _medium_ends(part, 0, len(part)):
        purpose = next((k for k, token in enumerate(part) if token.low == "for"), 0)
        return bool(purpose and _medium_ends(part, 0, purpose) and not _counted(part) and len(part) - purpose <= 9
                    and all(map(_names_medium, part[:purpose])))
    small = listed("cue_preposition", "locating", "bare_place")
    placed = any(token.low in small or verb(token.low) for token in part[:-1])
    alone = len(part) > 1 or part[0].low not in nouns() or tags
    return not placed and alone and all(_names_medium(token) for token in part)


def _names_medium(token: Token) -> bool:
    """Whether a word can stand before the medium ("a realistic black and white photo of")."""
    form = verb(token.low)
    if form and form.form == "ing" and not describes(token.low) and klass(token.low) == "unknown":
        return False
    return token.kind in ("word", "number") and (
        token.low not in listed("function") or token.low in ("a", "an", "the", "and"))


def _after_lead(part: Sequence[Token], lead: int) -> int:
    """Where the picture's content begins after "a photo": behind "of", "that shows" and the like."""
    for words in sections()["after_lead"]:
        end = words_at(part, lead, words)
        if end:
            return end
    return lead


def _counted(part: Sequence[Token]) -> bool:
    return bool(part) and (part[0].low in listed("counter") - {"a", "an", "the"} or (
        part[0].kind == "number" and part[0].low.isdigit()))


def _without_drawn(part: list[Token], found: Fragments, *, first: bool) -> list[Token]:
    """"a cartoon cat": a cat, in the style of a cartoon; the same word before a later noun says the same."""
    if first:
        k = next((k for k, token in enumerate(part) if token.low in listed("drawn") or not (
            token.low in listed("counter") or token.kind == "number" or describes(token.low))), 0)
        if k + 1 < len(part) and part[k].low in listed("drawn") and is_drawn(part, k + 1):
            found.drawn = part[k].low
            found.style.append(part[k].text)
    if not found.drawn:
        return part
    return [token for k, token in enumerate(part) if token.low != found.drawn or not is_drawn(part, k + 1)]


# Style

def _is_backdrop(part: Sequence[Token]) -> bool:
    """"white background", "blurry cafe in the background": what lies behind everything."""
    plain = part[-1].low in ("background", "backround", "backdrop", "bg") and not any(
        token.low in ("in", "on", "with", "no", "behind") for token in part)
    return plain and len(part) <= 6 and (len(part) > 1)


def _is_style(part: Sequence[Token], found: Fragments, *, first: bool, mark: Token | None) -> bool:
    """Whether a fragment between marks is about how the picture looks."""
    lows = [token.low.replace("colour", "color") for token in part]
    if any(token.kind == "quote" for token in part) or lows[0] in ("and", "with", "no", "without"):
        return False
    if mark is not None and mark.low == ":":
        return False
    text = " ".join(lows)
    if any(text.startswith(start) for start in sections()["style_start"]):
        return True
    if re.match(r"^(art(work)? )?by [^\d]+$", text) and len(lows) <= 12 and not (
            len(lows) > 1 and lows[1] in listed("counter")):
        return True
    if _is_camera(lows) and not (first and len(lows) > 4):
        return True
    if lows[0] in listed("counter") and lows[-1] not in ("style", "vibe", "vibes"):
        return False
    if len(lows) == 1 and lows[0] in listed("season"):
        return False
    if lows[0] in ("all", "each") and lows[-1] in ("color", "colors", "size", "sizes", "shape", "shapes"):
        return False
    if lows[0] in ("something", "anything") and all(map(describes, lows[1:])):
        return True
    if first and len(lows) > 4:
        return False
    solid = len(lows) > 1 and klass(lows[-1]) in _SOLID and not listed("style_word") & {lows[-1], " ".join(lows[-2:])}
    if _covered(lows) and not (first and len(lows) == 1 and lows[0] in nouns()) and not solid:
        return True
    if found.tags and not first and len(lows) == 1 and lows[0].endswith(sections()["adjective_end"]) and (
            klass(lows[0]) in ("abstract", "person", "unknown")):
        return True
    bare = all(describes(low) or low == "and" or (low.endswith("y") and klass(low) == "unknown") for low in lows)
    if found.tags and not first and bare and not set(lows) & listed("colour", "material", "size", "shape"):
        return True
    return _looks(lows, first=first) or (found.tags and not first and _is_name(part))


def _is_camera(lows: Sequence[str]) -> bool:
    if lows[0] in listed("determiner") or len(lows) > 5 or (len(lows) == 1 and lows[0].isdigit()):
        return False
    return bool(set(lows) & listed("camera")) or all(
        _CAMERA.match(low) or low in ("lens", "film", "s", "f", "/") for low in lows)


def _looks(lows: Sequence[str], *, first: bool) -> bool:
    """Whether the fragment's head says how a picture looks: "soft morning light", "pastel palette", "pixar vibes"."""
    small = listed("cue_preposition", "locating", "determiner", "pronoun")
    acts = any(form.form != "base" for low in lows[:-1] if (form := verb(low)) and not describes(low))
    if len(lows) > 6 or acts or any(low in small for low in lows):
        return False
    head = lows[-1]
    if head in listed("look"):
        return not first or len(lows) > 1
    form = verb(head)
    acts = form is not None and form.form == "ing" and form.lemma in listed("intransitive", "stative", "gesture")
    if len(lows) > 1 or first or acts or head in adjectives() | listed("position"):
        return False
    mere = klass(head) in ("abstract", "event", "style") and not bodily(head)
    return mere or (verb(head) is not None and klass(head) == "unknown")


def _is_name(part: Sequence[Token]) -> bool:
    """Whether a tag of one to three words that no dictionary has is the name of an artist or a site."""
    lows = [token.low for token in part]
    small = listed("function", "bare_place", "adverb", "cue_adverb", "locating", "pronoun", "determiner")
    if len(lows) > 3 or any(token.kind != "word" or token.low in small or participle_like(token.low) for token in part):
        return False
    strange = [low for low in lows if klass(singular(low)) == "unknown" and not describes(low) and verb(low) is None]
    return lows[-1] in strange or (len(lows) == 2 and lows[0] in strange and klass(lows[-1]) in ("person", "abstract"))


def _covered(lows: Sequence[str]) -> bool:
    """Whether style words make up the fragment: one phrase of the list, and beside it only words that describe."""
    styles, filler = listed("style_word"), listed("style_filler")
    k, hits, others = 0, 0, 0
    while k < len(lows):
        size = next((n for n in (5, 4, 3, 2, 1) if k + n <= len(lows) and " ".join(lows[k:k + n]) in styles), 0)
        if size:
            hits, k = hits + size, k + size
        else:
            others += not (describes(lows[k]) or lows[k].endswith("ly") or lows[k] in filler)
            k += 1
    return hits > 0 and others <= hits and others <= 2
