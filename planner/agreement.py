"""How claims speak: a name with its article, and a verb that agrees with it."""

from __future__ import annotations

_PLURAL = frozenset((
    "pants", "jeans", "trousers", "shorts", "leggings", "tights", "overalls", "pajamas", "pyjamas", "clothes",
    "glasses", "sunglasses", "eyeglasses", "spectacles", "goggles", "binoculars", "headphones", "scissors", "pliers",
    "tongs", "tweezers", "fries", "chopsticks", "handcuffs", "suspenders", "stairs", "people", "teeth", "feet",
))
_DETERMINERS = frozenset((
    "a", "an", "the", "one", "another", "some", "just", "only", "exactly", "this", "that", "these", "those",
    "his", "her", "hers", "its", "their", "my", "our", "your",
))
_MANY = {"is": "are", "has": "have", "holds": "hold", "wears": "wear", "rides": "ride"}


def bare(words: list[str]) -> list[str]:
    """The words of a thing without what stands for an article in front: "just one", "his"."""
    while len(words) > 1 and words[0].lower() in _DETERMINERS:
        words = words[1:]
    return words


def plural(names: list[str]) -> bool:
    """Whether names joined by "and" take a plural verb: several do, and what is only spoken of in the plural."""
    words = [word for word in names[0].lower().split() if not word.isdigit()] if names else []
    return len(names) > 1 or (bool(words) and words[-1] in _PLURAL)


def agreed(verb: str, many: bool) -> str:
    """The verb for one or for many."""
    return _MANY.get(verb, verb) if many else verb
