"""A number word that stands directly before a noun, and another number of these things in a model's scene.

The sentence may mean it otherwise ("each of them has two apples"), so a doubt is asked about once and is never a reason
to refuse a scene.
"""

from __future__ import annotations

import re
from collections import Counter

from planner.plain import shown
from planner.read.model.quotes import Quotes
from planner.scene import Scene

_LONGEST = 2000
"""Characters. Longer prompts tell stories, in which things are counted more than once."""
_NUMBERS = {word: n for n, word in enumerate(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1)}
_MOST = 20
_UNSURE = re.compile(r"\b(?:each|every|both|per|another|other|others|more|about|around|almost|or|to|up|at)\b", re.I)


def doubts(prompt: str, scene: Scene) -> tuple[str, ...]:
    """Questions about the counts of `scene`, which a model has read from `prompt`; none where words make it unsure."""
    if len(prompt) > _LONGEST or _UNSURE.search(prompt):
        return ()
    quotes, counted = Quotes(prompt), Counter(thing.noun.lower() for thing in scene.things)
    return tuple(f"the description seems to speak of {wanted} × {shown(noun)}, and {listed} are listed; correct this, "
                 "or leave it if the description says otherwise"
                 for noun, listed in counted.items()
                 if len(noun.split()) == 1 and (wanted := _stated(prompt, quotes, noun)) not in (0, listed))


def _stated(prompt: str, quotes: Quotes, noun: str) -> int:
    """The number directly before the only place that names the noun; 0 where there is none, or "rows of" them."""
    places = quotes.heads(noun)
    if len(places) != 1:
        return 0
    *_, last, before = ["", "", *prompt[:places[0][0]].lower().split()[-2:]]
    number = _NUMBERS.get(before, int(before) if before.isdecimal() and len(before) < 3 else 0)
    return number if number <= _MOST and last != "of" else 0
