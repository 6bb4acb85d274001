"""Chooses in-context examples for a prompt: like it and unlike each other, within a count and a token budget.

Likeness is local and cheap: which phenomena a prompt shows (counts, negation, support …) and which words and word pairs
it uses, weighted by how rare they are in the library. Diversity is maximal marginal relevance (Carbonell and Goldstein
1998): each next example gains by likeness to the prompt and loses by likeness to what is chosen already.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from planner.scene import Canvas
from prompts.load import example_files

_PHENOMENA = {
    "counts": r"\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|pair|couple|twins?",
    "plurals": r"several|many|some|few|rows?|stacks?|stacked|circle|ring|grid|pyramid|piles?|group|flock|herd|bunch|"
               r"line",
    "attributes": r"red|orange|yellow|green|blue|purple|pink|brown|black|white|grey|gray|gold(?:en)?|silver|wooden|"
                  r"metal|glass|stone|leather|striped|round|square|each|every|both|all|respectively",
    "differentiation": r"one (?:is )?.{1,60}\b(?:another|the other|the second|and one)|the third|the last|different",
    "negation": r"no|not|without|never|nothing|nobody|empty|free of|missing|none|lacks?|\w+n't|bare",
    "plane": r"left|right|above|below|over|beneath|underneath|under|next to|beside|near|between",
    "depth": r"in front of|behind|hid(?:den|es|ing)|obscur\w+|occlud\w+|partly|peek\w*",
    "contact": r"on|in|inside|atop|wear\w*|hold\w*|rid(?:es|ing)|carr\w+|hugs|sits|sitting|lies|resting|dressed",
    "several": r"between|among|amid|surround\w*|around|in the middle of|flanked|encircled|ringed",
    "comparison": r"\w+er than|more|fewer|less|twice|as (?:big|large|tall|wide|long) as|same (?:size|height)",
    "mention": r"it|its|they|them|their|he|she|him|his|her|which|the same|itself|each other",
    "background": r"beach|sky|night|forest|street|room|kitchen|field|meadow|sea|ocean|mountains?|snow|desert|city|park|"
                  r"garden|library|sunset|dawn|harbou?r|stage",
    "places": r"corner|top|bottom|upper|lower|centre|center|far|foreground|background|edge|side|distance",
    "orientation": r"fac(?:es|ing)|look\w*|turned|upside down|back to|running|jump\w*|danc\w*|sleeping|chas\w+|tilted|"
                   r"walk\w*|leads|leans|drinks|fl(?:y|ies|ying)|swimming",
    "lettering": r"says|reads|reading|written|letters|words?|titled|label\w*|\"|“",
    "style": r"paint\w*|photo\w*|watercolou?r|style|render\w*|illustration|sketch|drawing|cinematic|detailed|lighting|"
             r"poster|film|lens|pixel|anime|print|minimalist|oil|4k|8k",
    "chat": r"please|pls|thx|thanks|hi|hey|hello|can you|could you|i want|i would like|i'd like|i need|make me|draw me|"
            r"show me|give me|my",
    "tags": r"(?:[^,.;]{2,40},\s*){4,40}[^,.;]{2,40}|masterpiece|best quality|trending|artstation|--\w+",
    "people": r"man|woman|boy|girl|men|women|lady|child(?:ren)?|kids?|person|people|chef|nurse|king|queen|knight|"
              r"wearing|wears|dress\w*|hair|beard|eyes|coat|hat|shirt|jacket|boots|gloves|scarf|apron",
    "story": r"\w+[.!?]\s+\w+",
    "view": r"from above|top[- ]down|bird'?s[- ]eye|overhead|flat lay|aerial|close[- ]?up|from below|seen from",
    "printed": r"poster|screen|painting of|picture of|photo of|photograph of|postcard|mural|tattoo|print|printed|logo|"
               r"sticker|billboard|t-shirt|window|mirror",
    "scale": r"giant|gigantic|tiny|huge|enormous|miniature|itself|impossibl\w+|upside down|towering",
}
PHENOMENA: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for name, words in _PHENOMENA.items()
}
"""What a prompt can show, and the words that give it away."""


_READ_OF_A_PROMPT = 4000
"""Characters of a prompt that choose its examples."""
MOST_TOKENS = 1_200
"""Of all examples together."""
_LIKENESS = 0.7
"""How much likeness counts against diversity."""


@dataclass(frozen=True, eq=False)
class Example:
    """A prompt and the plan that answers it, as a language model would write it."""

    name: str
    prompt: str
    shows: frozenset[str]
    canvas: Canvas
    plan: Mapping[str, Any]

    @cached_property
    def reply(self) -> str:
        """The plan as the JSON text of a reply."""
        return json.dumps(self.plan, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def tokens(self) -> int:
        """About how many tokens the example costs."""
        return tokens_in(self.prompt) + tokens_in(self.reply)


def tokens_in(text: str) -> int:
    """About how many tokens a text has, rather too many than too few: a third of its bytes."""
    return len(text.encode("utf-8", "replace")) // 3 + 1


@cache
def library() -> tuple[Example, ...]:
    """All examples that ship."""
    return tuple(Example(name, data["prompt"], frozenset(data["shows"]), Canvas(**data["canvas"]), data["plan"])
                 for name, data in example_files())


def phenomena(prompt: str) -> frozenset[str]:
    """What a prompt seems to show, told from its words."""
    return frozenset(name for name, pattern in PHENOMENA.items() if pattern.search(prompt))


def chosen(prompt: str, count: int, *, tokens: int = MOST_TOKENS, likeness: float = _LIKENESS) -> list[Example]:
    """At most `count` examples for `prompt`, the one most like it last."""
    weights, vectors = _index(library())
    head = prompt[:_READ_OF_A_PROMPT]
    wanted = _vector(_features(head, phenomena(head)), weights)
    alike = {example: _cosine(wanted, vector) for example, vector in vectors.items()}
    known = dict.fromkeys(vectors, 0.0)
    picked: list[Example] = []
    while len(picked) < count:
        left = [e for e in vectors if e.tokens <= tokens and e not in picked]
        if not left:
            break
        best = max(left, key=lambda e: likeness * alike[e] - (1 - likeness) * known[e])
        picked.append(best)
        tokens -= best.tokens
        known = {e: max(known[e], _cosine(vector, vectors[best])) for e, vector in vectors.items()}
    return sorted(picked, key=lambda e: alike[e])


@cache
def _index(examples: tuple[Example, ...]) -> tuple[dict[str, float], dict[Example, dict[str, float]]]:
    """The weight of every feature, and the vector of every example."""
    weights = _rarity(_features(e.prompt, e.shows) for e in examples)
    return weights, {e: _vector(_features(e.prompt, e.shows), weights) for e in examples}


def _features(prompt: str, shows: Iterable[str]) -> Counter[str]:
    words = re.findall(r"\w+", prompt.lower())
    found = Counter(words)
    found.update(f"{a} {b}" for a, b in pairwise(words))
    found.update({f"<{phenomenon}>": 3 for phenomenon in shows})
    return found


def _rarity(documents: Iterable[Counter[str]]) -> dict[str, float]:
    """Inverse document frequency: a word that every example uses says nothing."""
    many = list(documents)
    seen = Counter(feature for document in many for feature in document)
    return {feature: math.log((1 + len(many)) / (1 + n)) for feature, n in seen.items()}


def _vector(features: Counter[str], weights: Mapping[str, float]) -> dict[str, float]:
    """Unit vector over the features that the library knows."""
    raw = {feature: n * weights[feature] for feature, n in features.items() if weights.get(feature)}
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {feature: value / length for feature, value in raw.items()} if length else {}


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    small, large = (a, b) if len(a) < len(b) else (b, a)
    return sum(value * large.get(feature, 0.0) for feature, value in small.items())
