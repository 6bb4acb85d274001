"""What stands around a mention, and whether it is a thing at all: scenery, mere words, or the picture itself."""

from __future__ import annotations

from planner.read.grammar.actor import Actor
from planner.read.grammar.cast import Cast
from planner.read.grammar.classes import bodily, codes, is_part, klass
from planner.read.grammar.lexicon import listed
from planner.read.grammar.mention import Mention
from planner.read.grammar.quantity import Quantity
from planner.read.grammar.story import Story

LOCATIONS = frozenset({"in", "on", "at", "other", "near", "above", "middle", "among", "around"})
_ABSTRACT_ENDS = ("ness", "ity", "ism", "tude", "ence", "ance", "acy", "ship", "hood")
_NO_BODIES = frozenset({"abstract", "event", "amount"})


def is_trait(m: Mention) -> bool:
    """"different colours", "a different size": what is said of things, no thing."""
    return m.head in ("color", "colour", "size", "shape") and m.det in ("all", "a", "") and bool(m.attributes)


class Outlook:
    """What is in view where a mention stands."""

    def __init__(self, cast: Cast, story: Story) -> None:
        self.cast = cast
        self.story = story
        self.near: list[Actor] = []
        self.main: list[Actor] = []
        self.subjects: list[Actor] = []
        self.lettered = False
        """Whether quoted words follow."""
        self.spelled_out = False
        """Whether a colon came just before: what follows says again what was said."""
        self.in_list = False
        """Whether it is one of several subjects."""
        self.numbered: dict[str, Quantity] = {}
        """How many things of a name the text says there are ("there are three chairs"), wherever it says so."""
        self.awaited: dict[str, list[Actor]] = {}
        """Those of them that "every chair" named before their number came."""
        self.recounted = False
        """Whether the mention said how many there are of what was named before ("apples, five of them")."""
        self.spoken_of = False
        """Whether something is said of it in its clause ("its door is open"), so that it is no mere aside."""
        self.rows: list[list[Actor]] = []
        """The rows that were told of, from the top or the left ("two rows of three cups")."""
        self.ordinal: list[Actor] = []
        """What was last told by "the first …", where there is no group."""
        self.contained = False
        """Whether it is said to be inside a thing ("a city in a bottle"), so that it is no scenery."""
        self.alone = False
        """Whether the mention stands between marks by itself."""
        self.tags = False
        """Whether the prompt is a list of tags, where a place without an article is the scenery."""
        self.told_apart = ""
        """A relation that tells the mention from a known thing of its name ("the vase to the right of the clock")."""

    def stuff(self, m: Mention, kind: str) -> bool:
        """Whether the mention is scenery here: a sky is always, a hill only where something is on it."""
        names = {m.noun, m.head}
        if (self.contained and not kind) or (m.head == "square" and self.cast.colours(m.attributes)):
            return False
        if self.alone and not kind and not m.counted and not m.plural and klass(m.head) == "place" and not (
                names & listed("natural", "part")):
            return True
        if kind in ("with", "have") and m.plural and is_part(m.noun):
            return False
        if m.noun in listed("season") and not m.quantity and not m.plural and m.det in ("", "the"):
            return kind in LOCATIONS or (self.alone and (bool(kind) or m.noun not in listed("noun")))
        place = klass(m.head) == "place" and m.head not in listed("noun", "furniture", "container")
        if (m.quantity and m.quantity.n > 1) or not (names & listed("place", "stuff") or place):
            return False
        bare = not kind and not m.counted and not m.plural and not names & listed("compound", "natural")
        if self.tags and self.alone and bare and (place or names & listed("place")):
            return True
        if m.noun != m.head and m.head in listed("exact_place"):
            return False
        if m.noun != m.head and m.noun in listed("compound") and m.noun not in listed("place"):
            return False
        if kind == "above" and names & listed("upright"):
            return False
        landmark = names & listed("landmark") or (place and not names & listed("place", "stuff"))
        return not landmark or kind in LOCATIONS

    def words_only(self, m: Mention) -> bool:
        """Whether the mention names nothing that could be seen as one thing."""
        if m.noun in listed("compound") or m.head in listed("bears_text"):
            return False
        if " " in m.noun and bodily(m.head) and klass(m.head) not in _NO_BODIES:
            return False
        event = klass(m.noun) == "event" and not bodily(m.noun) and m.head not in listed("noun")
        if event and not m.plural and not self.cast.colours(m.attributes):
            return True
        if m.noun in listed("game"):
            return not m.counted and not m.plural
        if m.noun not in listed("abstract") and m.head not in listed("abstract"):
            solid = bool(codes(m.head)) and bodily(m.head)
            solid |= m.head in listed("no_abstract")
            return m.head.endswith(_ABSTRACT_ENDS) and not solid and not m.quantity
        coloured = bool(self.cast.colours(m.attributes))
        if m.head in listed("weak_noun") or not {m.noun, m.head} & listed("noun"):
            return m.head not in listed("weak_noun") or not coloured
        return not m.counted and not m.plural and not coloured

    def _the_picture(self, m: Mention, kind: str) -> bool:
        """Whether the picture itself is meant."""
        if m.noun not in listed("image") or m.attributes or m.tail:
            return False
        return m.definite or (not m.counted and kind in LOCATIONS) or m.noun == "scene"
