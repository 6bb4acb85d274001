"""Objects: what a noun phrase means to the relation, verb or "with" that waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.read.cast import Actor, Cast
from planner.read.lexicon import listed, mapping
from planner.read.mention import Mention
from planner.read.plurals import plural
from planner.read.resolve import Resolver
from planner.read.story import Story
from planner.relations import TABLE

_EACH = frozenset({"wearing", "holding", "riding"})
_HAVING = frozenset({"with", "have", "has", "had", "having", "whose", "featuring", "including"})
_LADEN = frozenset({"covered", "filled", "topped"})
_STANDS_FOR = {"at": "near", "around": "near", "surrounds": "near", "flanking": "next_to",
               "corner": "on", "contains": "in"}


@dataclass(slots=True)
class Pending:
    """A relation that has its subjects and waits for its objects."""

    kind: str
    subjects: list[Actor]
    words: str
    negated: bool = False
    reverse: bool = False
    """Whether what follows is the subject ("held by")."""
    fronted: bool = False
    """Whether the subject comes later ("on the table there is")."""
    alone: str = ""
    """What it says of the subjects if the object is mere scenery."""
    place: bool = False

    @property
    def having(self) -> bool:
        """Whether it says that the subjects have the objects."""
        return self.kind in ("with", "have")


class Binder:
    """Binds objects to pending relations."""

    def __init__(self, cast: Cast, story: Story, resolver: Resolver) -> None:
        self.cast = cast
        self.story = story
        self.resolver = resolver
        self.pending: Pending | None = None
        self.each: list[Actor] = []
        self.main: list[Actor] = []
        self.topic: list[Actor] = []
        """The main subjects before the present ones."""
        self.meant: list[Actor] = []
        """Whom "it" has meant in this sentence."""
        self.subjects: list[Actor] = []
        self.near: list[Actor] = []
        self.previous: list[Actor] = []
        self.last_subjects: list[Actor] = []
        self.last_mention: list[Actor] = []
        self.with_owner: list[Actor] = []
        self.fronted: list[tuple[str, list[Actor], str]] = []
        self.chained = False
        self.negated = False
        self.respectively = False
        self.in_hand = False
        self.placed = False
        """Whether a place follows the object ("with a window above them"), so that it is no mere part."""

    def things(self, actors: Sequence[Actor]) -> list[Actor]:
        """Those that are no scenery."""
        return [a for a in actors if not a.stuff]

    def look(self) -> None:
        """Tells the resolver who is in view."""
        self.resolver.near, self.resolver.main, self.resolver.subjects = self.near, self.main, self.subjects
        self.previous = self.near

    def arranged(self, m: Mention, actors: Sequence[Actor]) -> None:
        """"a row of cups" says that they stand in a row."""
        if kind := mapping("arranging").get(m.collection, ""):
            self.story.link(kind, actors, (), m.collection)

    def bind_all(self, pending: Pending, mentions: list[Mention]) -> None:
        """Gives the pending relation its objects."""
        self.look()
        self.resolver.subjects, self.resolver.in_list = pending.subjects or self.subjects, False
        objects = [actor for m in mentions for actor in self._object(pending, m)]
        if self.respectively and len(objects) == len(pending.subjects) > 1:
            for subject, thing in zip(pending.subjects, objects, strict=True):
                self.bind(Pending(pending.kind, [subject], pending.words), [thing])
        elif objects:
            self.bind(pending, objects)
        self.chained = not pending.fronted
        self.near = objects or self.near
        self.pending = None

    # One object phrase

    def _object(self, pending: Pending, m: Mention) -> list[Actor]:
        """The actors of one object phrase, with what follows from it for each subject."""
        denied = pending.negated and (pending.having or pending.kind in _EACH)
        if denied or pending.kind == "without" or m.det == "no":
            self.resolver.absent(m, pending.subjects)
            return []
        if self._formation(pending, m):
            return []
        if self._only_describes(pending, m):
            self._describe(pending, m)
            return []
        if pending.words == "for" and not m.counted:
            self.story.unread.append(f"for {self.cast.words(m)}")
            return []
        if pending.kind == "in" and m.head in listed("garment") and any(a.living for a in pending.subjects):
            pending.kind = "wearing"
        if self._hand(pending, m):
            return []
        if owners := self._own_body(pending, m):
            return owners
        return self._found(pending, m)

    def _found(self, pending: Pending, m: Mention) -> list[Actor]:
        times = self._times(pending, m)
        has = pending.words in _HAVING or pending.kind == "wearing"
        if has and m.plural and m.quantity is None and not m.det:
            m.quantity = self.cast.natural_pairs(m, self.things(pending.subjects)[: 1 if times > 1 else None])
        before, found = self.last_mention, self.resolver.resolve(m, pending.kind, times)
        if m.det in ("each", "every") and len(found) > 1:
            one = [a for a in pending.subjects if a not in found] or before
            if len(one) == 1 and set(one) <= set(pending.subjects):
                return self._one_each(replace(pending, subjects=one), [a for a in found if a not in one])
        self.arranged(m, found)
        self.last_mention = found or self.last_mention
        if times > 1 and found and len(found) % times == 0:
            per = len(found) // times
            for s, subject in enumerate(self.things(pending.subjects)):
                self._relate(pending, [subject], found[s * per : (s + 1) * per], m)
            self.near = found
            return []
        if pending.having and found:
            self._relate(pending, pending.subjects, found, m)
        return found

    def _one_each(self, pending: Pending, found: list[Actor]) -> list[Actor]:
        """"a flag on each of them": as many flags."""
        flags = [*pending.subjects, *self.cast.copies(pending.subjects[0], len(found) - 1)]
        for flag, holder in zip(flags, found, strict=False):
            self._emit(pending.kind, [flag], [holder], pending)
        return []

    def _formation(self, pending: Pending, m: Mention) -> bool:
        """"in a row", "in a neat circle": how the subjects stand, no further thing."""
        forms = pending.kind == "other" and pending.words in ("form", "forms", "forming", "formed", "make", "making")
        within = pending.kind == "in" or pending.words.endswith(" in") or forms
        if not within or m.head not in mapping("formation") or m.det not in ("a", "an", "the", ""):
            return False
        kind = mapping("formation").get(plural(m.head) if m.plural else m.head, mapping("formation")[m.head])
        if not kind and m.head in listed("place"):
            return False
        words = f"{pending.words if forms else 'in'} {self.cast.words(m)}"
        if m.cells:
            pending.subjects = self.resolver.fill(pending.subjects, m.cells)
        if kind:
            self.story.link(kind, pending.subjects, (), words)
        else:
            self.story.unread.append(words)
        return True

    def _only_describes(self, pending: Pending, m: Mention) -> bool:
        """Whether the object is no thing of its own but a trait of the subject."""
        kind = pending.kind
        if kind in ("made", "like"):
            return True
        if kind in _LADEN:
            substance = self.resolver.stuff(m, "in") or m.noun in listed("mass")
            return substance if m.counted else not m.plural or kind != "filled"
        if pending.having and m.noun in listed("mass"):
            return not m.counted and not m.attributes
        if kind == "have" and m.noun in listed("meal"):
            return not m.counted
        if kind == "other" and m.noun in listed("image") and pending.words.startswith(("tak", "snap", "shoot")):
            return True
        if kind == "holding" and m.head in listed("part"):
            return m.plural and not m.counted and not m.attributes
        return kind == "other" and not m.headless and self.resolver.words_only(m)

    def _describe(self, pending: Pending, m: Mention) -> None:
        said = " ".join([*m.attributes, m.noun]) if pending.kind == "made" else f"{pending.words} {self.cast.words(m)}"
        for actor in pending.subjects:
            actor.describe([said])

    def _hand(self, pending: Pending, m: Mention) -> bool:
        """"in one hand", "in the other": where somebody holds it, no thing of its own."""
        if pending.kind != "in":
            return False
        if m.headless and m.other and self.in_hand:
            return True
        self.in_hand = m.head in ("hand", "arm", "paw", "mouth") and not m.attributes
        alive = any(a.living for a in (*self.with_owner, *pending.subjects, *self.main))
        return self.in_hand and alive and m.det not in listed("possessive")

    def _own_body(self, pending: Pending, m: Mention) -> list[Actor]:
        """"a parrot on his shoulder": on him."""
        if m.head not in listed("part") or m.attributes or m.det not in listed("possessive"):
            return []
        if pending.having or pending.kind in ("other", "holding"):
            return []
        owners = self.cast.pronoun(m.det, self.with_owner or self.subjects, self.main)
        if set(owners) & set(pending.subjects):
            return []
        if pending.kind == "in" and self.in_hand:
            pending.kind, pending.reverse = "holding", True
        return owners

    def _times(self, pending: Pending, m: Mention) -> int:
        """How often the object is there: once for each subject where the words spread it over them."""
        subjects = self.things(pending.subjects)
        if len(subjects) < 2 or self.respectively or m.headless or m.definite or m.owner is not None:
            return 1
        if self.each and all(a in self.each for a in subjects):
            m.plural = m.plural and (m.quantity is not None or m.det != "their")
            return len(subjects)
        many = m.head in listed("tantum") or (m.plural and m.head not in listed("pairwise"))
        bare = many and m.quantity is None and m.det in ("", "their")
        garment = m.head in listed("garment")
        single = m.det in ("a", "an") and (garment or pending.kind == "wearing")
        worn = (pending.kind in _EACH or (pending.having and garment)) and (single or bare)
        if worn or (bare and m.det == "their"):
            m.plural = False
            return len(subjects)
        return 1

    # Relations

    def _relate(self, pending: Pending, subjects: Sequence[Actor], objects: Sequence[Actor], m: Mention) -> None:
        """One subject's own objects: its parts, its clothes, or what it is with."""
        kind, owners = pending.kind, self.things(subjects)
        if pending.having:
            kind = "other"
            if pending.words in _HAVING and owners:
                if m.head in listed("part") and owners[0].head not in listed("part") and not self.placed:
                    for i, part in enumerate(objects):
                        part.whole = owners[i * len(owners) // len(objects)]
                    return
                if m.head in listed("garment") and owners[0].living:
                    kind = "wearing"
        self._emit(kind, subjects, objects, pending)

    def bind(self, pending: Pending, objects: list[Actor]) -> None:
        """Relates the subjects to the objects, now or when the subject comes."""
        if pending.having:
            return
        if pending.fronted:
            self.fronted.append((self._settled(pending.kind, [], objects), objects, pending.words))
            return
        self._emit(pending.kind, pending.subjects, objects, pending)
        self.last_subjects = pending.subjects

    def _settled(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor]) -> str:
        """The row of the table for a kind that depends on how many there are."""
        n, several = len(self.things(objects)), len(self.things(subjects)) > 1
        if kind == "middle":
            by_number = ("at_center", "on", "between")
            return by_number[n] if n < 3 else "near" if several else "among"
        if kind == "among" and n == 2:
            return "between"
        if (kind in ("among", "surrounded_by") and several and n > 1) or (kind == "between" and n < 2):
            return "near"
        return kind if kind in TABLE else _STANDS_FOR.get(kind, "other")

    def _emit(self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], pending: Pending) -> None:
        """Nothing stands left of itself: of "a table and a lamp left of the table", the lamp does."""
        if kind in TABLE and TABLE[kind].arity == "pair" and set(objects) & set(subjects):
            last = max(n for n, actor in enumerate(subjects) if actor in objects)
            subjects = subjects[last + 1:] or [actor for actor in subjects if actor not in objects] or subjects
        if pending.reverse:
            subjects, objects = objects, subjects
        n, m = len(self.things(subjects)), len(self.things(objects))
        if pending.alone and objects and not m:
            self.story.link(pending.alone, subjects, (), pending.words, negated=pending.negated)
        elif kind in ("surrounds", "around") and n > 2 and m == 1:
            self.story.link("surrounded_by", objects, subjects, pending.words, negated=pending.negated)
        elif kind == "flanking" and n in (1, 2) and m:
            subjects = [*subjects, *self.cast.copies(subjects[0], 1)] if n == 1 else subjects
            self.story.link("left_of", subjects[:1], objects, pending.words)
            self.story.link("right_of", subjects[1:], objects, pending.words)
        elif kind == "holding" and n and subjects[0].head in listed("container", "furniture"):
            self.tell("in" if subjects[0].head in listed("container") else "on", objects, subjects, pending.words)
        elif kind == "contains" or kind in _LADEN:
            flat = all(a.head in listed("furniture", "flat") for a in subjects)
            inner = "in" if kind in ("contains", "filled") and not flat else "on"
            self.tell(inner, objects, subjects, pending.words, pending.negated)
        else:
            settled = self._settled(kind, subjects, objects)
            if settled == "other" and objects and not m:
                self._towards(pending, objects)
            else:
                self.tell(settled, subjects, objects, pending.words, pending.negated)

    def _towards(self, pending: Pending, objects: Sequence[Actor]) -> None:
        """What is done towards scenery ("looking at the sea") describes who does it."""
        if not pending.place and pending.words not in _HAVING:
            for actor in pending.subjects:
                actor.describe([f"{pending.words} {objects[0].phrase}"])

    def tell(
        self, kind: str, subjects: Sequence[Actor], objects: Sequence[Actor], words: str, negated: bool = False
    ) -> None:
        """Adds a relation; what a stack stands on carries its lowest member."""
        if kind in ("on", "in") and not negated:
            subjects = self.story.lowest(subjects)
        self.story.link(kind, subjects, objects, words, negated=negated)
